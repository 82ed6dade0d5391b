"""The verdicts of the benchmark: what is void, what a round says, what a goal makes of it."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.targets.limit import LimitApp, LocalWire
from benchmarks.verdict import (
    Goal,
    Outcome,
    Run,
    goals_from,
    in_order,
    judge,
    mismatched,
    per_round,
    ratios,
    recall_precision,
    void_reasons,
)
from benchmarks.workloads import Bench, Load, answers

GOOD = Run("x", 500, 500, 0, 0, 500, 0, True, 2, {"cpu_ms": 0.2})
MORE = Goal("a", floor=25, stretch=50, better="more", text="")
LESS = Goal("b", floor=5, stretch=2, better="less", text="")


def test_a_complete_run_counts() -> None:
    assert void_reasons(GOOD) == []


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"outstanding": 1}, "outstanding"),
        ({"acknowledged": 499}, "acknowledged"),
        ({"acknowledged": 499, "rows": 499}, "sent"),
        ({"rows": 501}, "rows"),
        ({"mismatched": 1}, "contents"),
        ({"surplus": 1}, "too many"),
        ({"synchronous": 1}, "synchronous"),
    ],
)
def test_each_defect_makes_a_run_void(change: dict[str, int], word: str) -> None:
    reasons = void_reasons(replace(GOOD, **change))  # type: ignore[arg-type]
    assert any(word in reason for reason in reasons)


def test_a_yardstick_without_a_store_needs_no_synchronous() -> None:
    assert void_reasons(replace(GOOD, durable=False, synchronous=0)) == []


def test_mismatched_counts_other_contents_and_strangers_but_not_missing_rows() -> None:
    sent = {"a": "1", "b": "2", "c": "3"}
    assert mismatched(sent, {"a": "1", "b": "4", "stranger": "1"}) == 2
    assert mismatched(sent, {"a": "1"}) == 0


def test_a_round_goes_there_and_back() -> None:
    assert in_order(["ours", "limit", "peer"]) == ["ours", "limit", "peer", "peer", "limit", "ours"]


def test_ratios_are_of_each_round_s_means() -> None:
    def run(target: str, cost: float) -> Run:
        return replace(GOOD, target=target, figures={"cpu_ms": cost})

    rounds = [
        [run("ours", 0.1), run("peer", 4.0), run("peer", 6.0), run("ours", 0.3)],
        [run("ours", 0.5), run("peer", 5.0), run("peer", 5.0), run("ours", 0.5)],
    ]
    assert per_round(rounds, "peer", "cpu_ms") == [5.0, 5.0]
    assert ratios(rounds, "peer", "ours", "cpu_ms") == pytest.approx([25.0, 10.0])


@pytest.mark.parametrize(
    ("goal", "value", "outcome"),
    [
        (MORE, 50, Outcome.STRETCH),
        (MORE, 49.9, Outcome.FLOOR),
        (MORE, 25, Outcome.FLOOR),
        (MORE, 24.9, Outcome.RED),
        (LESS, 2, Outcome.STRETCH),
        (LESS, 5, Outcome.FLOOR),
        (LESS, 5.1, Outcome.RED),
        (MORE, float("nan"), Outcome.RED),
        (LESS, float("nan"), Outcome.RED),
    ],
)
def test_a_goal_is_reached_at_its_threshold(goal: Goal, value: float, outcome: Outcome) -> None:
    assert judge(goal, {goal.metric: value}) is outcome


def test_a_goal_without_a_figure_is_not_measured() -> None:
    assert judge(MORE, {"other": 1}) is Outcome.NOT_MEASURED


def test_the_goals_file_is_sound() -> None:
    path = Path(__file__).resolve().parents[1] / "benchmarks" / "goals.toml"
    goals = {goal.metric: goal for goal in goals_from(tomllib.loads(path.read_text(encoding="utf-8")))}
    assert (goals["answers.cpu.nonebot_orm"].floor, goals["answers.cpu.nonebot_orm"].stretch) == (25, 50)
    assert all(goal.text for goal in goals.values())


def test_a_stretch_easier_than_its_floor_is_refused() -> None:
    entry = {"floor": 2, "stretch": 3, "better": "less", "text": ""}
    with pytest.raises(ValueError, match="stretch"):
        goals_from({"a": entry})
    with pytest.raises(ValueError, match="better"):
        goals_from({"a": entry | {"better": "bigger"}})


def run_the_limit(folder: Path, *switches: str) -> Run:
    target = LimitApp("limit", LocalWire(), *switches)
    load = Load(members=100, warm=10, events=60, burst=20, patience_s=2)
    return answers(Bench(folder), target, load, seed=1)


def test_the_limit_records_what_the_world_sends(tmp_path: Path) -> None:
    run = run_the_limit(tmp_path)
    assert void_reasons(run) == []
    assert (run.sent, run.rows) == (90, 90)
    assert run.figures["cpu_ms"] > 0


def test_a_dropped_reply_is_seen(tmp_path: Path) -> None:
    assert "1 outstanding" in void_reasons(run_the_limit(tmp_path, "--drop", "30"))


def test_recall_and_precision_over_all_terms() -> None:
    assert recall_precision([{1, 2}, {3, 4}], [{1, 2}, {3, 5}]) == (0.75, 0.75)
    assert recall_precision([set()], [set()]) == (1.0, 1.0)
    assert recall_precision([{1}], [set()]) == (0.0, 1.0)
