"""What makes a run void, what a round says, what a goal makes of it. Pure functions."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

FULL = 2


@dataclass(frozen=True, slots=True)
class Run:
    """One target run once; `figures` are cpu_ms (per event), rate (events/s), p99_ms and the like."""

    target: str
    sent: int
    acknowledged: int
    outstanding: int
    surplus: int
    rows: int
    mismatched: int
    durable: bool
    synchronous: int
    figures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Goal:
    """A metric and its two thresholds; `better` is `more` or `less`."""

    metric: str
    floor: float
    stretch: float
    better: str
    text: str


class Outcome(StrEnum):
    """What became of a goal."""

    STRETCH = "stretch"
    FLOOR = "floor"
    RED = "RED"
    NOT_MEASURED = "not measured"


def void_reasons(run: Run) -> list[str]:
    """Return why the run proves nothing; an empty list says that its figures count."""
    reasons = []
    if run.outstanding:
        reasons.append(f"{run.outstanding} outstanding")
    if run.acknowledged != run.rows:
        reasons.append(f"{run.acknowledged} acknowledged but {run.rows} rows")
    if run.rows != run.sent:
        reasons.append(f"{run.sent} sent but {run.rows} rows")
    if run.mismatched:
        reasons.append(f"{run.mismatched} rows with other contents than sent")
    if run.surplus:
        reasons.append(f"{run.surplus} answers too many")
    if run.durable and run.synchronous != FULL:
        reasons.append(f"synchronous is {run.synchronous}, not {FULL} (FULL)")
    return reasons


def mismatched(sent: Mapping[Any, Any], rows: Mapping[Any, Any]) -> int:
    """Count the rows that nobody sent or that say something else."""
    return sum(1 for key, value in rows.items() if sent.get(key) != value)


def in_order(names: Sequence[str]) -> list[str]:
    """Return a round's order: there and back, so that a drift of the machine hits all alike."""
    return [*names, *reversed(names)]


def per_round(rounds: Sequence[Sequence[Run]], target: str, figure: str) -> list[float]:
    """Return one mean of the figure per round for a target."""
    return [statistics.fmean(run.figures[figure] for run in each if run.target == target) for each in rounds]


def ratios(rounds: Sequence[Sequence[Run]], over: str, under: str, figure: str) -> list[float]:
    """Return, per round, the figure of `over` divided by that of `under`."""
    pairs = zip(per_round(rounds, over, figure), per_round(rounds, under, figure), strict=True)
    return [above / below for above, below in pairs]


def goals_from(document: Mapping[str, Any]) -> list[Goal]:
    """Read goals.toml; an unknown word in `better` or a stretch on the wrong side of the floor fails."""
    goals = [Goal(metric=metric, **values) for metric, values in document.items()]
    for goal in goals:
        if goal.better not in {"more", "less"}:
            raise ValueError(f"{goal.metric}: better must be 'more' or 'less', not {goal.better!r}")
        if (goal.stretch - goal.floor) * (1 if goal.better == "more" else -1) < 0:
            raise ValueError(f"{goal.metric}: the stretch is easier than the floor")
    return goals


def judge(goal: Goal, measured: Mapping[str, float]) -> Outcome:
    """Compare a metric with its goal; a value that is not a number is red."""
    value = measured.get(goal.metric)
    if value is None:
        return Outcome.NOT_MEASURED
    sign = 1 if goal.better == "more" else -1
    if sign * value >= sign * goal.stretch:
        return Outcome.STRETCH
    return Outcome.FLOOR if sign * value >= sign * goal.floor else Outcome.RED


def recall_precision(expected: Sequence[set[int]], found: Sequence[set[int]]) -> tuple[float, float]:
    """Return recall and precision over all terms together; nothing expected or nothing found counts as 1."""
    hits = sum(len(want & got) for want, got in zip(expected, found, strict=True))
    wanted, given = sum(map(len, expected)), sum(map(len, found))
    return (hits / wanted if wanted else 1.0), (hits / given if given else 1.0)
