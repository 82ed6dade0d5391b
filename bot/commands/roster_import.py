"""`import roster`: a file -> checked rows -> what would change, by name -> the store, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from bot.commands.imports import READ_SECONDS, opened
from bot.config import Settings
from bot.content import load_marks
from bot.process.apart import TooMuch, apart_at_once
from bot.roster import Roster, load_roster_words, read_roster
from bot.roster.values import UNREAD, Level, RowError
from bot.roster.words import plain
from bot.shipped import found
from bot.store import roster as rows
from bot.store.core.engine import Store, run_sync
from bot.store.core.statements import StoreSession
from bot.store.roster_units import Answers, Doubt, UnitsUnclear
from bot.texts import Texts


class RosterImport:
    """Reads, reports every finding, shows what would change, asks, writes all or nothing."""

    def __init__(self, settings: Settings, content: Path, texts: Texts, console: Console) -> None:
        self._settings, self._texts, self._console = settings, texts, console
        self._words = load_roster_words(found(content, "roster.toml"), load_marks(found(content, "secrecy.toml")))

    def run(
        self,
        file: Path,
        dry_run: bool,
        agreed: Callable[[], bool],
        left_on: date | None = None,
        answers: Answers = rows.NO_ANSWERS,
    ) -> bool:
        """False when nothing could be written: the file has errors, units are not explained, or people would leave by
        a file that was not read whole. With `left_on`, members of the file's branches whom it does not name left on
        that day."""
        try:
            roster = apart_at_once(READ_SECONDS, read_roster, file, self._words)
        except TooMuch:
            roster = Roster((), (RowError(0, "", "too_large", ""),), ())
        self._report(roster)
        if roster.has_errors:
            self._say("cli.roster_errors", count=sum(one.level is Level.ERROR for one in roster.errors))
            return False
        if roster.is_partial:
            self._say("cli.roster_partial")
            if left_on is not None:
                self._say("cli.roster_partial_left")
                return False
        apply = partial(
            rows.apply, committee=self._settings.bureau.committee, rows=roster.rows, left_on=left_on,
            given=roster.given & rows.FIELDS, answers=answers,
        )  # fmt: skip
        with opened(self._settings) as store:
            try:
                plan = _planned(store, apply)
            except UnitsUnclear as unclear:
                self._explain(unclear.doubts)
                return False
            self._show(plan, left_on is not None)
            if dry_run:
                self._say("cli.roster_dry")
            elif agreed():
                with self._console.status(self._texts("cli.importing")):
                    written = _written(store, apply, plan)
                self._say("cli.roster_done" if written else "cli.roster_changed_meanwhile")
                return written
        return True

    def _report(self, roster: Roster) -> None:
        if roster.errors:
            heads = (self._texts(f"cli.roster_{name}") for name in ("place", "column", "reason"))
            table = Table(*(Column(head, overflow="fold") for head in heads))
            for error in roster.errors:
                table.add_row(self._place(error), Text(error.column), Text(self._words.explain(error)))
            self._console.print(table)
        warnings = sum(error.level is Level.WARNING for error in roster.errors)
        if warnings:
            self._say("cli.roster_warnings", count=warnings)
        if roster.ignored_columns:
            self._say("cli.roster_ignored")
            for column in roster.ignored_columns:
                self._line(self._words.explain_ignored(column))
        lacking = sorted(rows.FIELDS - roster.given) if roster.rows else []
        if lacking:
            titles = [self._words.field_titles[field] for field in lacking]
            self._say("cli.roster_lacking", columns=self._texts("cli.comma").join(titles))

    def _place(self, error: RowError) -> Text:
        if error.reason_key in UNREAD:
            return Text(self._texts("cli.roster_sheet_row", sheet=error.sheet, row=error.row))
        if error.row:
            return Text(self._texts("cli.roster_row", row=error.row))
        return Text(self._texts("cli.roster_file"))

    def _explain(self, doubts: Sequence[Doubt]) -> None:
        self._say("cli.roster_units_unclear")
        for doubt in doubts:
            self._line(self._texts(f"cli.roster_unit.{doubt.problem}", name=doubt.name))
            for old in doubt.like:
                self._line("  " + self._texts("cli.roster_unit.like", name=doubt.name, old=old))

    def _show(self, plan: rows.Applied, others_left: bool) -> None:
        self._say(
            "cli.roster_plan", added=plan.added, updated=plan.updated, unchanged=plan.unchanged,
            units=len(plan.units),
        )  # fmt: skip
        if plan.units:
            self._named("cli.roster_units_new", plan.units)
        for one in plan.reformed:
            self._say("cli.roster_reformed", name=one.name, before=one.before, after=one.after)
        if plan.moved:
            moves = [self._texts("cli.roster_move", name=m.name, before=m.before, after=m.after) for m in plan.moved]
            self._named("cli.roster_moved", moves)
        if plan.returned:
            self._named("cli.roster_returned", plan.returned)
        if plan.unsure:
            self._named("cli.roster_unsure", plan.unsure)
        if plan.missing:
            self._named("cli.roster_leaving" if others_left else "cli.roster_missing", plan.missing)
        self._show_losses(plan.losses)
        if not plan.administrators:
            self._say("cli.roster_no_administrator")

    def _show_losses(self, losses: Iterable[rows.Loss]) -> None:
        by_person: dict[tuple[str, str], list[str]] = {}
        for loss in losses:
            by_person.setdefault((loss.name, loss.branch), []).append(self._loss(loss))
        if by_person:
            self._say("cli.roster_losses", count=len(by_person))
        for (name, branch), what in by_person.items():
            self._line(
                self._texts("cli.roster_loss", name=name, branch=branch, what=self._texts("cli.comma").join(what))
            )

    def _loss(self, loss: rows.Loss) -> str:
        if loss.what == "post":
            return self._texts(f"mine.fact_post_{loss.before}", unit=loss.unit)
        if loss.what == "group":
            return self._texts("mine.fact_group", group=loss.unit)
        if loss.what == "stage":
            return self._texts(f"mine.fact_stage_{loss.before}")
        return self._texts(f"cli.roster_lost.{loss.what}")

    def _named(self, key: str, names: Sequence[str]) -> None:
        self._say(key, count=len(names), names=self._texts("cli.comma").join(names))

    def _line(self, text: str) -> None:
        self._console.print("  " + text, markup=False, highlight=False, soft_wrap=True)

    def _say(self, key: str, **values: object) -> None:
        self._console.print(self._texts(key, **values), highlight=False, markup=False, soft_wrap=True)


class _Undone(Exception):
    """Carries the result out of a transaction that must be undone."""

    def __init__(self, applied: rows.Applied) -> None:
        super().__init__()
        self.applied = applied


def _planned(store: Store, apply: Callable[[StoreSession], rows.Applied]) -> rows.Applied:
    """What the import would do."""

    def undone(session: StoreSession) -> rows.Applied:
        raise _Undone(apply(session))

    try:
        return run_sync(store, undone)
    except _Undone as would:
        return would.applied


def _written(store: Store, apply: Callable[[StoreSession], rows.Applied], plan: rows.Applied) -> bool:
    """Write what was shown; False, with nothing written, when it would be something else by now."""

    def as_shown(session: StoreSession) -> None:
        applied = apply(session)
        if applied != plan:
            raise _Undone(applied)

    try:
        run_sync(store, as_shown)
    except _Undone:
        return False
    return True


def answers_of(renamed: Iterable[str], new: Iterable[str]) -> Answers | None:
    """What was said about units, from `old=new` words and names; None when a word is not of that form."""
    pairs = [(old.strip(), name.strip()) for old, _, name in (word.partition("=") for word in map(plain, renamed))]
    olds, news = {old for old, _ in pairs}, {name for _, name in pairs}
    if not all(old and name for old, name in pairs) or len(olds) < len(pairs) or len(news) < len(pairs):
        return None
    return Answers(dict(pairs), frozenset(plain(name) for name in new))
