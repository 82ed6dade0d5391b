"""One run of one target: fresh copy, process, load, measurement, comparison of what was sent and kept."""

from __future__ import annotations

import compileall
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from benchmarks import measure
from benchmarks.targets.base import ROOT, AnswerTarget, BroadcastTarget, SearchTarget, chat
from benchmarks.verdict import Run, mismatched
from benchmarks.world import HOST, events

CONNECTIONS, WINDOW = 8, 8


@dataclass(frozen=True, slots=True)
class Load:
    """How much an answers run does."""

    members: int = 10_000
    warm: int = 200
    events: int = 5_000
    burst: int = 300
    patience_s: float = 20.0


class Bench:
    """Keeps prepared stores and gives each run a fresh copy, on the disk that the repository is on; every module is
    compiled before the first run."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._runs = 0
        for package in ("bot", "benchmarks"):
            compileall.compile_dir(ROOT / package, quiet=1, rx=re.compile(r"[/\\]\.venv[/\\]"))

    @contextmanager
    def fresh(self, key: str, prepare: Callable[[Path], None]) -> Iterator[Path]:
        """Yield a flushed copy of what `prepare(folder)` makes once per key; it is removed afterwards."""
        prepared = self._folder / f"prepared-{key}"
        if not prepared.exists():
            prepared.mkdir(parents=True)
            prepare(prepared)
        self._runs += 1
        copy = self._folder / f"run-{self._runs}"
        shutil.copytree(prepared, copy)
        for file in copy.rglob("*"):
            if file.is_file():
                with file.open("rb+") as stream:
                    os.fsync(stream.fileno())
        try:
            yield copy
        finally:
            shutil.rmtree(copy, ignore_errors=True)


class Process:
    """A child with pipes for lines; `ask` sends one and reads one."""

    def __init__(self, command: Sequence[str], log: Path, speaks: bool = True) -> None:
        self._log = log
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment["PYTHONPATH"] = str(ROOT)
        with log.open("ab") as said:
            out = subprocess.PIPE if speaks else said
            self._child = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=out, stderr=said, text=True, cwd=ROOT, env=environment
            )
        self.pid = self._child.pid

    def read(self) -> str:
        """Return the next line; a child that ended instead raises with its last words."""
        line = _pipe(self._child.stdout).readline()
        if not line:
            logs = (
                f"\n--- {log.name}\n{log.read_text(errors='replace')[-3000:]}"
                for log in self._log.parent.glob("*.log")
            )
            raise RuntimeError(f"{self._child.args!r} ended{''.join(logs)}")
        return line

    def ask(self, line: str = "go") -> str:
        """Send a line, return the next one."""
        self.tell(line)
        return self.read()

    def tell(self, line: str = "go") -> None:
        """Send a line."""
        pipe = _pipe(self._child.stdin)
        pipe.write(line + "\n")
        pipe.flush()

    def finish(self) -> None:
        """Wait for its own end."""
        self._child.communicate(timeout=60)

    def kill(self) -> None:
        """End it and its children as a power cut would, so that only committed rows remain."""
        if self._child.poll() is not None:
            return
        for pid in measure.tree(self.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._child.communicate()


def _pipe(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None
    return pipe


def free_port() -> int:
    """Return a port that nobody listens on. It lies below those that the system gives to whoever asks for any, so that
    nobody is given it before it is used."""
    while True:
        port = random.randrange(10_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind((HOST, port))
            return port


def answers(bench: Bench, target: AnswerTarget, load: Load, seed: int, label: str = "") -> Run:
    """Warm up, send the measured events, then the burst; kill the target and read its rows."""
    measured = int(load.events * target.share)
    with bench.fresh(
        f"answers-{target.name}-{load.members}", lambda at: target.prepare(at, load.members)
    ) as folder:
        port = free_port()
        world = Process(_world(target, load, measured, port, seed), folder / "world.log")
        world.read()
        started = time.monotonic()
        process = Process(target.command(folder, port), folder / "target.log", speaks=False)
        try:
            first = json.loads(world.read())
            before = measure.settled_cpu_seconds(process.pid)
            rss = measure.rss_mb(process.pid)
            main = json.loads(world.ask())
            cpu = measure.settled_cpu_seconds(process.pid) - before
            burst = json.loads(world.ask())
            measure.settled_cpu_seconds(process.pid)
        finally:
            process.kill()
            world.kill()
        rows, sent = target.rows(folder), events(load.members, load.warm + measured + load.burst, seed)
        synchronous = target.synchronous(folder)
    return Run(
        target=label or target.name,
        sent=len(sent),
        acknowledged=first["answered"] + main["answered"] + burst["answered"],
        outstanding=burst["outstanding"],
        surplus=burst["surplus"],
        rows=len(rows),
        mismatched=mismatched({event.account: event.text for event in sent}, rows),
        durable=True,
        synchronous=synchronous,
        figures=_figures(load, main, burst, cpu)
        or {"start_s": first["last_answer"] - started, "rss_mb": rss},
    )


def _figures(load: Load, main: dict[str, float], burst: dict[str, float], cpu_s: float) -> dict[str, float]:
    figures = {}
    if load.events:
        figures = {
            "cpu_ms": cpu_s / max(main["answered"], 1) * 1000,
            "rate": main["answered"] / main["wall_s"],
        }
    return figures | ({"p99_ms": burst["p99_ms"]} if load.burst else {})


def _world(target: AnswerTarget, load: Load, measured: int, port: int, seed: int) -> list[str]:
    numbers = {
        "port": port,
        "members": load.members,
        "warm": load.warm,
        "events": measured,
        "burst": load.burst,
    }
    more = {"connections": CONNECTIONS, "window": WINDOW, "seed": seed, "patience": load.patience_s}
    options = [word for name, value in (numbers | more).items() for word in (f"--{name}", str(value))]
    return [sys.executable, "-m", "benchmarks.world", "answers", "--target", target.name, *options]


def broadcast(bench: Bench, target: BroadcastTarget, recipients: int, label: str = "") -> Run:
    """Send to all at a fake Bot API; compare the sender's rows with what the fake gave out."""
    with bench.fresh(
        f"broadcast-{target.name}-{recipients}", lambda at: target.prepare(at, recipients)
    ) as folder:
        api = Process([sys.executable, "-m", "benchmarks.world", "botapi"], folder / "world.log")
        address = f"http://{HOST}:{json.loads(api.read())['port']}"
        process = Process(target.command(folder, address), folder / "target.log")
        try:
            process.read()
            before, rss = measure.settled_cpu_seconds(process.pid), measure.rss_mb(process.pid)
            measure.reset_peak(process.pid)
            started = time.monotonic()
            process.ask()
            wall = time.monotonic() - started
            cpu = measure.settled_cpu_seconds(process.pid) - before
            growth = measure.peak_mb(process.pid) - rss
            process.tell()
            process.finish()
            report = json.loads(api.ask())
        finally:
            process.kill()
            api.kill()
        rows, synchronous = target.rows(folder), target.synchronous(folder)
    given = {number: numbers[0] for number, numbers in report["sent"]}
    return Run(
        target=label or target.name,
        sent=recipients,
        acknowledged=len(given),
        outstanding=len({chat(number) for number in range(recipients)} - given.keys()),
        surplus=sum(len(numbers) - 1 for _, numbers in report["sent"]),
        rows=len(rows),
        mismatched=mismatched(given, rows) + report["wrong"],
        durable=target.durable,
        synchronous=synchronous,
        figures={"cpu_ms": cpu / recipients * 1000, "rate": recipients / wall, "growth_mb": growth},
    )


def search_table(path: Path) -> tuple[list[str], list[str]]:
    """Return the documents, drawn as the file says, and the terms."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    draw, words, characters = random.Random(table["seed"]), table["words"], table["characters"]
    weights = [1 / (rank + 10) for rank in range(len(words))]

    def word() -> str:
        if draw.random() < 1 / 30:
            return str(draw.choices(words, weights)[0])
        return "".join(draw.choices(characters, k=draw.choice((2, 2, 3))))

    documents = ["".join(word() for _ in range(80)) for _ in range(table["documents"])]
    return documents, list(table["terms"])


def search(
    bench: Bench, target: SearchTarget, documents: Sequence[str], terms: Sequence[str]
) -> tuple[list[set[int]], float]:
    """Return what the target finds for each term, and the median milliseconds of its two-character terms."""
    with bench.fresh(f"search-{target.name}", lambda at: target.prepare(at, documents)) as folder:
        process = Process(target.command(folder), folder / "target.log")
        try:
            process.read()
            found = [set(json.loads(process.ask(json.dumps(term)))) for term in terms]
            times = []
            for term in [term for term in terms if len(term) == 2] * 3:
                started = time.perf_counter()
                process.ask(json.dumps(term))
                times.append((time.perf_counter() - started) * 1000)
        finally:
            process.kill()
    return found, sorted(times)[len(times) // 2]
