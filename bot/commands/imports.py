"""The import commands: files -> checked rows -> the store, in one transaction each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table
from rich.text import Text

from bot.config import Settings
from bot.content import Texts, load_content
from bot.learning.material import load_materials
from bot.learning.quiz_bank import load_bank
from bot.roster import Roster, RosterWords, load_roster_words, read_roster
from bot.roster.values import Level
from bot.store import questions, study
from bot.store import roster as rows
from bot.store.engine import Store, open_store, run_sync
from bot.store.hot import StoreSession
from bot.store.schema import bring_up_to_date


class RosterImport:
    """`import roster FILE`: reads, reports every finding, shows what would change, asks, writes all or nothing."""

    def __init__(self, settings: Settings, content: Path, texts: Texts, console: Console) -> None:
        self._settings, self._texts, self._console = settings, texts, console
        self._words: RosterWords = load_roster_words(content / "roster.toml")

    def run(self, file: Path, dry_run: bool, agreed: Callable[[], bool], left_on: date | None = None) -> bool:
        """False when the file has errors (nothing is written then). With `left_on`, members of the file's
        branches whom it does not name left on that day."""
        roster = read_roster(file, self._words)
        self._report(roster)
        if roster.has_errors:
            self._say("cli.roster_errors", count=sum(one.level is Level.ERROR for one in roster.errors))
            return False
        with opened(self._settings) as store:
            try:
                run_sync(store, _dry_run, self._settings.bureau.committee, roster.rows)
            except _DryRun as would:
                self._show(would.applied, left_on is not None)
            if dry_run:
                self._say("cli.roster_dry")
            elif agreed():
                shown = track(roster.rows, description=self._texts("cli.importing"), console=self._console)
                run_sync(store, rows.apply, self._settings.bureau.committee, shown, left_on=left_on)
                self._say("cli.roster_done")
        return True

    def _report(self, roster: Roster) -> None:
        if roster.errors:
            table = Table(*(self._texts(f"cli.roster_{name}") for name in ("place", "column", "reason")))
            for error in roster.errors:
                where = (
                    self._texts("cli.roster_row", row=error.row)
                    if error.row
                    else self._texts("cli.roster_file")
                )
                table.add_row(where, Text(error.column), Text(self._words.explain(error)))
            self._console.print(table)
        warnings = sum(error.level is Level.WARNING for error in roster.errors)
        if warnings:
            self._say("cli.roster_warnings", count=warnings)
        if roster.ignored_columns:
            self._say("cli.roster_ignored")
            for column in roster.ignored_columns:
                self._console.print("  " + self._words.explain_ignored(column), markup=False, highlight=False)

    def _show(self, applied: rows.Applied, others_left: bool) -> None:
        self._say(
            "cli.roster_plan", added=applied.added, updated=applied.updated, unchanged=applied.unchanged,
            units=applied.units,
        )  # fmt: skip
        if applied.moved:
            moves = [self._texts("cli.roster_move", name=m.name, before=m.before, after=m.after) for m in applied.moved]
            self._say("cli.roster_moved", count=len(moves), names=" ".join(moves[:30]))
        if applied.unsure:
            self._say("cli.roster_unsure", count=len(applied.unsure), names=" ".join(applied.unsure[:30]))
        if applied.missing:
            key = "cli.roster_leaving" if others_left else "cli.roster_missing"
            self._say(key, count=len(applied.missing), names=" ".join(applied.missing[:30]))

    def _say(self, key: str, **values: object) -> None:
        self._console.print(self._texts(key, **values), highlight=False, markup=False, soft_wrap=True)


class _DryRun(Exception):
    """Carries the result out of a transaction that must be undone."""

    def __init__(self, applied: rows.Applied) -> None:
        super().__init__()
        self.applied = applied


def _dry_run(session: StoreSession, committee: str, listed: Iterable[rows.Row]) -> None:
    raise _DryRun(rows.apply(session, committee, listed))


@contextmanager
def opened(settings: Settings) -> Iterator[Store]:
    """The store, up to date, for one command."""
    store = open_store(settings.store.url)
    try:
        bring_up_to_date(store.engine)
        yield store
    finally:
        store.close()


def import_bank(settings: Settings, content: Path, folder: Path | None, now: datetime) -> questions.Imported:
    """`import questions [FOLDER]`: the bank becomes what the folder says. Raises ContentError with every mistake."""
    bank = load_bank(folder or content / "quiz")
    with opened(settings) as store:
        return run_sync(store, questions.import_questions, bank, now)


def replace_rules(settings: Settings, name: str) -> int:
    """`import questions --replaced NAME`: a rule set was revised; its questions need review and are not drawn
    until the bank is imported with new ones (EX-3). Returns how many."""
    with opened(settings) as store:
        return run_sync(store, questions.rule_set_replaced, name)


def import_materials(settings: Settings, content: Path, folder: Path | None, now: datetime) -> study.Imported:
    """`import materials [FOLDER]`: the same for study material; keywords are made in a process of their own."""
    materials = load_materials(folder or content / "study", load_content(content).marks)
    with opened(settings) as store:
        return run_sync(store, study.import_materials, materials, now)
