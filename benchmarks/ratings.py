"""Ratings: counting ballots, an election beside a homomorphic one, opening the sealed box."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from benchmarks import measure
from benchmarks.ballots import MARKS, Ballots, Result, counted, differences, draw, truth
from benchmarks.targets import CASTING, ELECTION, OPENING, TALLY
from benchmarks.targets.rating import BoothTarget, ChromiumOpening, ElectionTarget, OpeningTarget, TallyTarget
from benchmarks.verdict import Run, mismatched, per_round
from benchmarks.workloads import Bench, Process, free_port

if TYPE_CHECKING:
    from benchmarks.ours.sealed import SealedBox
    from benchmarks.run import Report

VOTERS, TARGETS, ITEMS = 10_000, 25, 4
COUNTED = 5
BALLOTS, QUESTIONS = 50, 5
HALL, QUESTIONS_EACH = 1_000, 6
BROWSER_ROWS = 2_000
"""What Chromium opens; one target's rows of a smaller box."""


def count(bench: Bench, target: TallyTarget, ballots: Ballots, expected: Result) -> Run:
    """Count a fresh copy of the ballots: once in a process that has just started, then COUNTED times for the CPU.

    Every count, total and rank must be as expected each time.
    """
    with bench.fresh(f"tally-{target.name}-{ballots.marks}", lambda at: target.prepare(at, ballots)) as folder:
        process = Process(target.command(folder), folder / "target.log")
        try:
            process.read()
            started = time.monotonic()
            results = [json.loads(process.ask())]
            wall = time.monotonic() - started
            before = measure.settled_cpu_seconds(process.pid)
            results += [json.loads(process.ask()) for _ in range(COUNTED)]
            cpu = measure.settled_cpu_seconds(process.pid) - before
        finally:
            process.kill()
    figures = {"first_ms": wall * 1000, "all_cpu_ms": cpu * 1000 / COUNTED}
    wrong = sum(differences(expected, each) for each in results)
    return _complete(target.name, ballots.marks, counted(results[-1]), wrong, figures)


def hold(bench: Bench, target: ElectionTarget, ballots: Ballots) -> Run:
    """Encrypt, then decrypt and count one election; the sums must be those of the ballots."""
    expected = [_together(classes) for classes in truth(ballots)["counts"]]
    with bench.fresh(f"election-{target.name}", lambda at: target.prepare(at, ballots)) as folder:
        process = Process(target.command(folder), folder / "target.log")
        try:
            process.read()
            begun = measure.settled_cpu_seconds(process.pid)
            process.ask()
            sealed = measure.settled_cpu_seconds(process.pid)
            found = json.loads(process.ask())
            done = measure.settled_cpu_seconds(process.pid)
        finally:
            process.kill()
    figures = {
        "seal_ms": (sealed - begun) * 1000 / ballots.voters,
        "open_ms": (done - sealed) * 1000 / ballots.voters,
        "cpu_ms": (done - begun) * 1000 / ballots.voters,
    }
    marked, given = (sum(map(sum, counts)) for counts in (expected, found))
    wrong = sum(one != other for one, other in zip(expected, found, strict=True))
    return _complete(target.name, marked, given, wrong, figures)


def unseal(target: OpeningTarget, box: SealedBox, targets: Iterable[int], rows: int) -> Run:
    """Open the rows of these targets, `rows` of each; what comes out must be what was sealed."""
    chosen = list(targets)
    process = Process(target.command(box.folder), box.folder / "target.log")
    try:
        process.read()
        before, started = measure.settled_cpu_seconds(process.pid), time.monotonic()
        found = [(digest, failed) for digest, failed in json.loads(process.ask(json.dumps(chosen)))]
        wall = time.monotonic() - started
        cpu = measure.settled_cpu_seconds(process.pid) - before
    finally:
        process.kill()
    expected, total = [box.truth()[one] for one in chosen], len(chosen) * rows
    wrong = sum(one != other for one, other in zip(expected, found, strict=True))
    return _complete(target.name, total, total, wrong, {"cpu_ms": cpu * 1000 / total, "rate": total / wall})


def cast(bench: Bench, target: BoothTarget, box: SealedBox, voters: int) -> Run:
    """Let everybody get the sheet and post it at once; end the server with SIGKILL and read what it kept."""
    targets, items = len(box.truth()), box.items()
    with bench.fresh(
        f"casting-{target.name}-{voters}", lambda at: target.prepare(at, voters, targets, items)
    ) as folder:
        port = free_port()
        process = Process(target.command(folder, port), folder / "target.log", speaks=False)
        words = [sys.executable, "-m", "benchmarks.crowd", str(port), str(box.folder), str(voters)]
        crowd = Process(words, folder / "crowd.log")
        try:
            crowd.read()
            before = measure.settled_cpu_seconds(process.pid)
            seen = json.loads(crowd.ask())
            cpu = measure.settled_cpu_seconds(process.pid) - before
        finally:
            process.kill()
            crowd.kill()
        rows, synchronous = target.rows(folder), target.synchronous(folder)
    if seen["refused"]:
        print(f"{'casting':10} {target.name:16}  refused: {seen['refused']}")
    return Run(
        target.name,
        sent=voters,
        acknowledged=seen["acknowledged"],
        outstanding=voters - seen["acknowledged"],
        surplus=0,
        rows=len(rows),
        mismatched=mismatched(dict(enumerate(box.sheets())), rows),
        durable=True,
        synchronous=synchronous,
        figures={"cpu_ms": cpu * 1000 / voters, "rate": voters / seen["wall_s"], "p99_ms": seen["p99_ms"]},
    )


def _complete(name: str, sent: int, found: int, wrong: int, figures: dict[str, float]) -> Run:
    """A run that reads only: nothing is acknowledged apart from what it found."""
    return Run(name, sent, found, 0, 0, found, wrong, durable=False, synchronous=0, figures=figures)


def _together(classes: Any) -> list[int]:
    """How often each grade came, over all classes of a target with one item."""
    return [sum(items[0][mark] for items in classes) for mark in range(1, len(MARKS) - 1)]


def tally(report: Report) -> None:
    """A million marks counted and ranked."""
    names = [name for name in report.targets if name in TALLY]
    ballots = draw(VOTERS, TARGETS, ITEMS)
    expected = truth(ballots)
    rounds = report.rounds("tally", names, lambda name, _: count(report.bench, TALLY[name], ballots, expected))
    walls = per_round(rounds, report.subject, "first_ms")
    report.metrics["tally.seconds"] = statistics.median(walls) / 1000
    for other in names[1:]:
        report.compare(f"tally.cpu.{other}", rounds, other, report.subject, "all_cpu_ms")


def election(report: Report) -> None:
    """CPU per ballot, sealed and counted; beside it an election that is counted under encryption."""
    names = []
    for name in (name for name in report.targets if name in ELECTION):
        if missing := ELECTION[name].missing():
            print(f"{'election':10} {name:16}  skipped: {missing}")
        else:
            names.append(name)
    ballots = draw(BALLOTS, QUESTIONS, 1, void=False)
    rounds = report.rounds("election", names, lambda name, _: hold(report.bench, ELECTION[name], ballots), 1)
    for other in names[1:]:
        report.compare(f"election.cpu.{other}", rounds, other, report.subject, "cpu_ms")


def opening(report: Report) -> None:
    """Every sealed row of 10,000 sheets opened, a part of the targets each round; then some in a browser."""
    from benchmarks.ours.sealed import sealed_box

    box = sealed_box(draw(VOTERS, TARGETS, ITEMS))
    count = min(report.size.rounds, TARGETS)

    def measured(name: str, seed: int) -> Run:
        number = seed // 1000 % count
        return unseal(OPENING[name], box, range(number, TARGETS, count), VOTERS)

    names = [name for name in report.targets if name in OPENING]
    rounds = report.rounds("opening", names, measured)
    for other in names[1:]:
        report.compare(f"opening.rate.{other}", rounds, report.subject, other, "rate")
        report.compare(f"opening.cpu.{other}", rounds, other, report.subject, "cpu_ms")
    in_browser(report)


def casting(report: Report) -> None:
    """A thousand members in a hall."""
    from benchmarks.ours.sealed import sealed_box

    box = sealed_box(draw(HALL, TARGETS, QUESTIONS_EACH))
    names = [name for name in report.targets if name in CASTING]
    rounds = report.rounds("casting", names, lambda name, _: cast(report.bench, CASTING[name], box, HALL))
    rates = per_round(rounds, report.subject, "rate")
    report.metrics["casting.seconds"] = HALL / statistics.median(rates)
    for other in names[1:]:
        report.compare(f"casting.cpu.{other}", rounds, other, report.subject, "cpu_ms")
        report.compare(f"casting.p99.{other}", rounds, report.subject, other, "p99_ms")


def in_browser(report: Report) -> None:
    """The same module that the teller's page uses; a figure to state, not a goal."""
    from benchmarks.ours.browser import missing
    from benchmarks.ours.sealed import sealed_box

    target = ChromiumOpening()
    if sentence := missing():
        print(f"{'in_browser':10} {target.name:16}  skipped: {sentence}")
        return
    box = sealed_box(draw(BROWSER_ROWS, 1, ITEMS))
    report.rounds("in_browser", [target.name], lambda *_: unseal(target, box, [0], BROWSER_ROWS), 1)
