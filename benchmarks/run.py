"""The benchmark: `python -m benchmarks.run [--quick] [--peers] [--controls]`. See README.md.

Ends with 0 when every measured goal reaches its floor, 1 when one does not, 2 when a run is void.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import sys
import time
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from benchmarks import ratings, workloads
from benchmarks.targets import (
    ANSWERS,
    BROADCAST,
    CASTING,
    CONTROLS,
    ELECTION,
    OPENING,
    PEERS,
    SEARCH,
    TALLY,
)
from benchmarks.targets.peers import ensure
from benchmarks.verdict import (
    Goal,
    Outcome,
    Run,
    goals_from,
    in_order,
    judge,
    per_round,
    ratios,
    recall_precision,
    void_reasons,
)

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"
YARDSTICK = "limit"
UNITS = {"cpu_ms": "ms CPU/event", "rate": "events/s", "p99_ms": "ms p99", "growth_mb": "MB growth"} | {
    "start_s": "s to the first answer",
    "rss_mb": "MB idle",
    "first_ms": "ms for the first count",
    "all_cpu_ms": "ms CPU/count",
    "seal_ms": "ms CPU/ballot to encrypt",
    "open_ms": "ms CPU/ballot to open and count",
}
Measure = Callable[[str, int], Run]


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured; the defaults are the full benchmark."""

    rounds: int = 5
    load: workloads.Load = field(default_factory=workloads.Load)
    recipients: int = 10_000
    flat: tuple[int, int] = (500, 100_000)
    members: tuple[int, int] = (1_000, 1_000_000)


QUICK = Size(rounds=3, load=workloads.Load(events=2_000), recipients=800)


@dataclass(slots=True)
class Report:
    """What has been measured so far."""

    bench: workloads.Bench
    size: Size
    targets: list[str]
    metrics: dict[str, float] = field(default_factory=dict)
    void: list[str] = field(default_factory=list)
    runs: dict[str, list[list[Run]]] = field(default_factory=dict)

    @property
    def subject(self) -> str:
        """The target that the goals are about."""
        return self.targets[0]

    def rounds(
        self, workload: str, names: Sequence[str], measure: Measure, count: int = 0
    ) -> list[list[Run]]:
        """Run every name there and back, round after round; print each target's medians."""
        rounds: list[list[Run]] = []
        for number in range(count or self.size.rounds):
            rounds.append([])
            for place, name in enumerate(in_order(names)):
                run = measure(name, 1000 * number + place)
                rounds[-1].append(run)
                self.void += [
                    f"{workload}, {name}, round {number + 1}: {reason}" for reason in void_reasons(run)
                ]
        self.runs[workload] = rounds
        for name in names:
            print(
                f"{workload:10} {name:16}"
                + "".join(_median(rounds, name, figure) for figure in rounds[0][0].figures)
            )
        return rounds

    def compare(self, metric: str, rounds: list[list[Run]], over: str, under: str, figure: str) -> None:
        """Keep and print the median of the rounds' ratios."""
        each = ratios(rounds, over, under, figure)
        self.metrics[metric] = statistics.median(each)
        shown = " ".join(f"{ratio:.3g}" for ratio in each)
        print(f"{'':10} {metric} = {self.metrics[metric]:.3g}   (rounds: {shown})")


def _median(rounds: list[list[Run]], name: str, figure: str) -> str:
    values = per_round(rounds, name, figure)
    return f"  {statistics.median(values):.4g} [{min(values):.3g}-{max(values):.3g}] {UNITS[figure]}"


def answers(report: Report) -> None:
    """CPU per recorded answer, answers per second, the burst."""
    names = [name for name in report.targets if name in ANSWERS]
    load, subject = report.size.load, report.subject
    rounds = report.rounds(
        "answers", names, lambda name, seed: workloads.answers(report.bench, ANSWERS[name], load, seed)
    )
    for other in names[1:]:
        report.compare(f"answers.cpu.{other}", rounds, other, subject, "cpu_ms")
        report.compare(f"answers.rate.{other}", rounds, subject, other, "rate")
        report.compare(f"answers.burst_p99.{other}", rounds, subject, other, "p99_ms")


def startup(report: Report) -> None:
    """Start to the first recorded answer, and the memory after it."""
    names = [name for name in report.targets if name in ANSWERS]
    load = workloads.Load(warm=1, events=0, burst=0)
    rounds = report.rounds(
        "startup", names, lambda name, seed: workloads.answers(report.bench, ANSWERS[name], load, seed)
    )
    for other in names[1:]:
        report.compare(f"startup.time.{other}", rounds, report.subject, other, "start_s")
    report.metrics["startup.rss_mb"] = statistics.median(per_round(rounds, report.subject, "rss_mb"))


def members(report: Report) -> None:
    """The same events with few and with many members in the store."""
    few, many = (str(count) for count in report.size.members)
    target = ANSWERS[report.subject]

    def measure(name: str, seed: int) -> Run:
        load = workloads.Load(members=int(name), warm=100, events=int(800 / target.share), burst=0)
        return workloads.answers(report.bench, target, load, seed, name)

    report.compare("members.cpu", report.rounds("members", [few, many], measure), many, few, "cpu_ms")


def broadcast(report: Report) -> None:
    """A message to everybody, with its row."""
    names = [name for name in report.targets if name in BROADCAST]

    def measure(name: str, seed: int) -> Run:
        recipients = int(report.size.recipients * BROADCAST[name].share)
        return workloads.broadcast(report.bench, BROADCAST[name], recipients)

    rounds = report.rounds("broadcast", names, measure)
    for other in names[1:]:
        report.compare(f"broadcast.cpu.{other}", rounds, other, report.subject, "cpu_ms")
    report.metrics["broadcast.growth_mb"] = statistics.median(per_round(rounds, report.subject, "growth_mb"))


def flat(report: Report) -> None:
    """The cost of a message to few and to many."""
    few, many = (str(count) for count in report.size.flat)
    target = BROADCAST[report.subject]
    rounds = report.rounds(
        "flat", [few, many], lambda name, _: workloads.broadcast(report.bench, target, int(name), name), 1
    )
    report.compare("flat.cpu", rounds, many, few, "cpu_ms")


def search(report: Report) -> None:
    """Recall and precision against the substring itself; the time of two-character terms."""
    documents, terms = workloads.search_table(HERE / "search_terms.toml")
    expected = [{number for number, text in enumerate(documents) if term in text} for term in terms]
    names = [name for name in report.targets if name in SEARCH]
    times: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(report.size.rounds):
        for name in in_order(names):
            found, median = workloads.search(report.bench, SEARCH[name], documents, terms)
            times[name].append(median)
            if name == report.subject:
                recall, precision = recall_precision(expected, found)
                report.metrics["search.recall"] = min(recall, report.metrics.get("search.recall", 1))
                report.metrics["search.precision"] = min(precision, report.metrics.get("search.precision", 1))
    for name in names:
        each = times[name]
        shown = (
            f"{statistics.median(each):.4g} [{min(each):.3g}-{max(each):.3g}] ms p50 of two-character terms"
        )
        print(f"{'search':10} {name:16}  {shown}")
    for other in names[1:]:
        ratio = statistics.median(times[other]) / statistics.median(times[report.subject])
        report.metrics[f"search.p50.{other}"] = ratio


WORKLOADS: dict[str, tuple[Callable[[Report], None], Sequence[str]]] = {
    "answers": (answers, list(ANSWERS)),
    "startup": (startup, list(ANSWERS)),
    "broadcast": (broadcast, list(BROADCAST)),
    "search": (search, list(SEARCH)),
    "members": (members, list(ANSWERS)),
    "flat": (flat, list(BROADCAST)),
    "tally": (ratings.tally, list(TALLY)),
    "election": (ratings.election, list(ELECTION)),
    "opening": (ratings.opening, list(OPENING)),
    "casting": (ratings.casting, list(CASTING)),
}
QUICK_WORKLOADS = ("answers", "broadcast")


def conclude(report: Report, goals: Sequence[Goal]) -> int:
    """Print the goals and what was void; return the exit code."""
    outcomes = {goal.metric: judge(goal, report.metrics) for goal in goals}
    print()
    for goal in goals:
        value = report.metrics.get(goal.metric)
        shown = "-" if value is None else f"{value:.3g}"
        wanted = f"(floor {goal.floor:g}, stretch {goal.stretch:g})"
        print(f"{outcomes[goal.metric]:13} {shown:>8}  {wanted}  {goal.text}")
    for reason in report.void:
        print(f"VOID          {reason}")
    if report.void:
        return 2
    return 1 if Outcome.RED in outcomes.values() else 0


def keep(report: Report, code: int) -> None:
    """Write the figures of every run to results/."""
    RESULTS.mkdir(exist_ok=True)
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "system": platform.platform()}
    document = {
        "code": code,
        "machine": machine,
        "metrics": report.metrics,
        "void": report.void,
        "load": os.getloadavg(),
    }
    runs = {name: [[asdict(run) for run in each] for each in rounds] for name, rounds in report.runs.items()}
    path = RESULTS / time.strftime("%Y%m%dT%H%M%SZ.json", time.gmtime())
    path.write_text(json.dumps(document | {"targets": report.targets, "runs": runs}, indent=1))


def controls(bench: workloads.Bench, goals: Sequence[Goal]) -> int:
    """Show that the limit unchanged is green and that each defect put into it is not; 0 when all is so."""
    load = workloads.Load(events=2_000, patience_s=2.0)
    wrong = 0
    for name, expected in CONTROLS.items():
        report = Report(bench, replace(QUICK, rounds=2, load=load), [name, YARDSTICK])
        answers(report)
        code = conclude(report, [goal for goal in goals if goal.metric in report.metrics])
        wrong += code != expected
        print(
            f"--> {name}: {code}, {'as it must be' if code == expected else f'BUT IT MUST BE {expected}'}\n"
        )
    return 1 if wrong else 0


def main() -> int:
    """Read the arguments, measure, judge."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run")
    parser.add_argument("--quick", action="store_true", help="at most 60 s: the subject against the limit")
    parser.add_argument(
        "--peers", action="store_true", help="the peers too; their environments are made on demand"
    )
    parser.add_argument("--controls", action="store_true", help="prove that the defects are seen, then end")
    known = sorted({*ANSWERS, *BROADCAST, *SEARCH, *TALLY, *ELECTION, *OPENING, *CASTING})
    parser.add_argument("--targets", nargs="+", choices=known, default=["ours"], help="the first is judged")
    parser.add_argument("--workloads", nargs="+", choices=list(WORKLOADS))
    parser.add_argument("--rounds", type=int)
    options = parser.parse_args()
    size = QUICK if options.quick else Size()
    size = replace(size, rounds=options.rounds or size.rounds)
    targets = list(dict.fromkeys([*options.targets, YARDSTICK, *(PEERS if options.peers else ())]))
    chosen = options.workloads or (QUICK_WORKLOADS if options.quick else list(WORKLOADS))
    unable = [name for name in chosen if targets[0] not in WORKLOADS[name][1] and not options.controls]
    if unable:
        parser.error(f"{targets[0]} has no target for {', '.join(unable)}; say --targets or --workloads")
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    goals = goals_from(tomllib.loads((HERE / "goals.toml").read_text(encoding="utf-8")))
    for name in (name for name in targets if name in PEERS):
        ensure(name)
    folder = RESULTS / f"work-{os.getpid()}"
    try:
        bench = workloads.Bench(folder)
        if options.controls:
            return controls(bench, goals)
        report = Report(bench, size, targets)
        for name in chosen:
            WORKLOADS[name][0](report)
        code = conclude(report, goals)
        keep(report, code)
        return code
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
