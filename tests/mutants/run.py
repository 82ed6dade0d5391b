"""Puts each fault of mutants.toml into a copy of the tree and shows that a test fails.

`python -m tests.mutants.run [--only ID ...] [--jobs N] [--keep-going]`
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import TypedDict

ROOT = Path(__file__).parents[2]
SECONDS = 300
MISSING = -1000
FAILED = re.compile(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", re.MULTILINE)
KILLED = "killed"


class Mutant(TypedDict):
    """One fault: `new` stands in `file` instead of `old`, and one of `tests` fails. `why` says what goes wrong."""

    id: str
    area: str
    file: str
    old: str
    new: str
    tests: list[str]
    why: str


def read_mutants(only: list[str]) -> list[Mutant]:
    """All mutants, or those that `only` names. Exits for an unknown or a double id."""
    mutants: list[Mutant] = tomllib.loads(Path(__file__).with_name("mutants.toml").read_text("utf-8"))["mutant"]
    names = [mutant["id"] for mutant in mutants]
    if wrong := [name for name in dict.fromkeys((*names, *only)) if names.count(name) != 1]:
        sys.exit(f"The list does not hold these mutants exactly once: {', '.join(wrong)}")
    return [mutant for mutant in mutants if not only or mutant["id"] in only]


def copy_tree(target: Path) -> None:
    """Copy every file that git knows or would add, as it is in the working tree."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0"):
        if name and (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)


def run_tests(tree: Path, tests: list[str], seconds: int | None = None) -> tuple[int | None, str]:
    """Run test files in a copy until one test fails; pytest's exit code, None when `seconds` were over, and what pytest
    printed."""
    options = ["-x", "-q", "-p", "no:cacheprovider", "-n", "0"]
    command = [sys.executable, "-m", "pytest", *options, "-k", "not postgresql", *tests]
    settings = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    settings.pop("PYTHONPATH", None)
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
        process = subprocess.Popen(command, cwd=tree, env=settings, stdout=said, stderr=said, start_new_session=True)
        try:
            code: int | None = process.wait(seconds)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        said.seek(0)
        return code, said.read()


def judge(trees: SimpleQueue[Path], mutant: Mutant) -> str:
    """Put one mutant into a copy, run its tests and take it out again; the verdict."""
    tree = trees.get()
    path = tree / mutant["file"]
    text = path.read_text("utf-8") if path.is_file() else ""
    code: int | None = MISSING
    said = ""
    if text.count(mutant["old"]) == 1:
        path.write_text(text.replace(mutant["old"], mutant["new"]), "utf-8")
        code, said = run_tests(tree, mutant["tests"], SECONDS)
        path.write_text(text, "utf-8")
    trees.put(tree)
    found = FAILED.search(said)
    killed = f"{KILLED} by {found[1] if found else 'a test without a name'}"
    verdicts = {MISSING: "the mutant no longer applies", None: "the time was over", 0: "SURVIVED", 1: killed}
    return verdicts.get(code, f"the tests did not run (pytest's exit code is {code})")


def main() -> None:
    """Print a verdict for each mutant; exit with 1 unless every mutant was killed."""
    parser = argparse.ArgumentParser(prog="tests.mutants.run")
    parser.add_argument("--only", nargs="+", default=[], metavar="ID", help="run only these mutants")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="run so many mutants at once")
    parser.add_argument("--keep-going", action="store_true", help="go on after a mutant that no test killed")
    given = parser.parse_args()
    mutants, jobs, killed = read_mutants(given.only), max(1, given.jobs), 0
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder, ThreadPoolExecutor(jobs) as pool:
        trees: SimpleQueue[Path] = SimpleQueue()
        for number in range(jobs):
            copy_tree(Path(folder, str(number)))
            trees.put(Path(folder, str(number)))
        code, said = run_tests(Path(folder, "0"), sorted({test for mutant in mutants for test in mutant["tests"]}))
        if code != 0:
            sys.exit(f"{said}\nThe tests fail without a mutant.")
        for mutant, verdict in zip(mutants, pool.map(partial(judge, trees), mutants), strict=True):
            print(f"{mutant['id']:40}{verdict}", flush=True)
            killed += verdict.startswith(KILLED)
            if not given.keep_going and not verdict.startswith(KILLED):
                pool.shutdown(cancel_futures=True)
                break
    print(f"{killed} of {len(mutants)} killed")
    sys.exit(0 if killed == len(mutants) else 1)


if __name__ == "__main__":
    main()
