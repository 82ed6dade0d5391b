"""The imports of question banks and study materials: checked files -> the store, in one transaction each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from bot.clock import SystemClock
from bot.config import Settings
from bot.content import load_marks
from bot.learning.material import SOURCES, load_materials
from bot.learning.quiz_bank import load_bank
from bot.process.apart import TooMuch, apart_at_once
from bot.shipped import found
from bot.store import questions, study
from bot.store.core.engine import Store, run_sync
from bot.store.core.opening import begun_store
from bot.toml_files import ContentError

P = ParamSpec("P")
T = TypeVar("T")
READ_SECONDS = 120.0
"""How long the files of an import may take to read, in seconds of the processor."""


@contextmanager
def opened(settings: Settings) -> Iterator[Store]:
    """The store, up to date, for one command."""
    store = begun_store(settings, SystemClock().now())
    try:
        yield store
    finally:
        store.close()


def _read(folder: Path, load: Callable[Concatenate[Path, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Load a folder's files in a process of its own. Raises ContentError."""
    try:
        return apart_at_once(READ_SECONDS, load, folder, *args, **kwargs)
    except TooMuch:
        raise ContentError(f"{folder}: takes too long or too much memory to read") from None


def import_bank(
    settings: Settings, content: Path, folder: Path, now: datetime, *, retire_others: bool = False
) -> questions.Imported:
    """`import questions [FOLDER]`: what the folder holds is added. Raises ContentError with every mistake."""
    bank = _read(folder, load_bank, load_marks(found(content, "secrecy.toml")))
    with opened(settings) as store:
        return run_sync(store, questions.import_questions, bank, now, retire_others=retire_others)


def replace_rules(settings: Settings, name: str) -> int:
    """`import questions --replaced NAME`: a rule set was revised; its questions need review and are not drawn
    until the bank is imported with new ones (EX-3). Returns how many."""
    with opened(settings) as store:
        return run_sync(store, questions.rule_set_replaced, name)


def import_materials(
    settings: Settings, content: Path, folder: Path, now: datetime, *, retire_others: bool = False
) -> study.Imported:
    """`import materials [FOLDER]`: the same for study material; keywords are made in a process of their own."""
    sources = found(content, f"study/{SOURCES}")
    materials = _read(folder, load_materials, load_marks(found(content, "secrecy.toml")), sources)
    with opened(settings) as store:
        return run_sync(store, study.import_materials, materials, now, retire_others=retire_others)
