"""The imports of question banks and study materials: checked files -> the store, in one transaction each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path

from bot.clock import SystemClock
from bot.config import Settings
from bot.content import load_marks
from bot.learning.material import SOURCES, load_materials
from bot.learning.quiz_bank import load_bank
from bot.store import audit, questions, study
from bot.store.engine import Store, run_sync
from bot.store.schema import bring_up_to_date
from bot.store.secret import keyed_store


@contextmanager
def opened(settings: Settings) -> Iterator[Store]:
    """The store, up to date, for one command."""
    store = keyed_store(settings)
    try:
        bring_up_to_date(store.engine, partial(audit.start, SystemClock().now()))
        yield store
    finally:
        store.close()


def import_bank(
    settings: Settings, content: Path, folder: Path, now: datetime, *, retire_others: bool = False
) -> questions.Imported:
    """`import questions [FOLDER]`: what the folder holds is added. Raises ContentError with every mistake."""
    bank = load_bank(folder, load_marks(content / "secrecy.toml"))
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
    materials = load_materials(folder, load_marks(content / "secrecy.toml"), content / "study" / SOURCES)
    with opened(settings) as store:
        return run_sync(store, study.import_materials, materials, now, retire_others=retire_others)
