"""`python -m bot …` in a process of its own, forked from one that has loaded what the commands need: loading it takes
most of a command's time."""

from __future__ import annotations

import multiprocessing
import os
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.support.shipped import ROOT

PATIENCE = 100.0
"""Seconds after which a command is ended and called stuck."""
_ENVIRONMENT = {"COLUMNS": "1000", "NO_COLOR": "1", "PYTHONPATH": str(ROOT)}
"""A terminal on which no sentence is broken; a program that a command starts finds `bot` from any folder."""
_LOADED = ["bot.cli", "bot.app", "bot.commands", "bot.commands.doctor", "bot.commands.imports", "bot.commands.retally",
           "bot.commands.roster_import",
           "bot.store.tables", "bot.store.core.backup", "openpyxl", "docx", "alembic.command"]  # fmt: skip


def run_command(folder: Path, *arguments: str, answer: str = "") -> subprocess.CompletedProcess[str]:
    """Run `python -m bot ARGUMENTS` in a folder; `answer` is what is typed. Raises TimeoutExpired after PATIENCE."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_LOADED)
    with tempfile.TemporaryDirectory() as name:
        streams = [Path(name) / each for each in ("stdin", "stdout", "stderr")]
        streams[0].write_text(answer, encoding="utf-8")
        process = context.Process(target=_run, args=(folder, arguments, streams))
        process.start()
        process.join(PATIENCE)
        if process.exitcode is None:
            process.kill()
            raise subprocess.TimeoutExpired(arguments, PATIENCE)
        said, wrong = (each.read_text(encoding="utf-8") for each in streams[1:])
    return subprocess.CompletedProcess(arguments, process.exitcode, said, wrong)


def _run(folder: Path, arguments: Sequence[str], streams: Sequence[Path]) -> None:
    for number, (path, mode) in enumerate(zip(streams, ("r", "w", "w"), strict=True)):
        with path.open(mode) as opened:
            os.dup2(opened.fileno(), number)
    sys.stdin, sys.stdout, sys.stderr = (
        open(number, mode, encoding="utf-8") for number, mode in enumerate(("r", "w", "w"))  # noqa: SIM115
    )
    os.environ.update(_ENVIRONMENT)
    os.chdir(folder)
    sys.argv = ["bot", *arguments]
    runpy.run_module("bot", run_name="__main__")
