"""Loads and validates `content/` at start; its sentences are read by bot/texts.py."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache, partial
from pathlib import Path

from msgspec import Struct
from msgspec.structs import asdict

from bot import shipped
from bot.rules.calendar import Calendar, YearPlan
from bot.rules.dates import DateWords
from bot.rules.rating_plan import KindPlan, read_plans
from bot.rules.reminders import Reminder
from bot.rules.strokes import Strokes, StrokesError, read_strokes
from bot.rules.theme_day import AgendaItem, AgendaPlan
from bot.texts import Texts, collect, texts_of
from bot.toml_files import ContentError, line_of, read_as, read_toml, read_with


class AnswerWords(Struct, frozen=True):
    """Words for option numbers, from 1: numerals everywhere, yes/no words where there are two options."""

    numerals: Mapping[str, int]
    two_options: Mapping[str, int]
    fillers: tuple[str, ...]


class _Days(Struct, frozen=True):
    off: frozenset[date]
    work: frozenset[date]


class _Fillers(Struct, frozen=True):
    words: tuple[str, ...]


class _Answers(Struct, frozen=True):
    numerals: dict[str, int]
    yes_no: dict[str, int]
    fillers: _Fillers


class _Marks(Struct, frozen=True):
    marks: tuple[str, ...]


class _DatePatterns(Struct, frozen=True):
    dates: tuple[str, ...]
    months: tuple[str, ...]
    times: tuple[str, ...]
    day_of_month: tuple[str, ...]
    nth_weekday: tuple[str, ...]
    last_weekday: tuple[str, ...]


class _Dates(Struct, frozen=True):
    numbers: tuple[str, ...]
    weekdays: dict[str, int]
    patterns: _DatePatterns


class _Item(Struct, frozen=True):
    kind: str
    title: str
    minutes: int

    def __post_init__(self) -> None:
        AgendaItem(self.kind, self.title, self.minutes)


class _Agenda(Struct, frozen=True):
    fixed: tuple[_Item, ...]
    suggested: tuple[_Item, ...]


class _Surnames(Struct, frozen=True):
    compound: tuple[str, ...]


class _Reminders(Struct, frozen=True):
    reminder: tuple[Reminder, ...] = ()


class Content(Struct, frozen=True):
    """Everything read from `content/` at start. Study material and quiz banks are imported into the store."""

    folder: Path
    texts: Texts
    calendar: Calendar
    answers: AnswerWords
    marks: tuple[str, ...]
    dates: DateWords
    agenda: AgendaPlan
    labels: Mapping[str, str]
    reminders: Mapping[str, Reminder]
    ratings: Mapping[str, KindPlan]

    def file(self, name: str) -> Path:
        """A file of the folder, the shipped one where the bureau has none."""
        return shipped.found(self.folder, name)

    @property
    def strokes(self) -> Strokes:
        """By which names on a ballot are ordered (EL-12); a large table, read at first use."""
        return load_strokes(self.folder)


def load_content(folder: Path) -> Content:
    """Read and validate the folder; what it lacks is read from the shipped one. Raises ContentError."""
    found = partial(shipped.found, folder)
    return Content(
        folder,
        texts_of(folder),
        load_calendar(folder / "calendar", shipped.CONTENT / "calendar"),
        _answer_words(found("answers.toml")),
        load_marks(found("secrecy.toml")),
        _date_words(found("dates.toml")),
        load_agenda(found("theme_day/agenda.toml")),
        load_labels(found("documents.toml")),
        load_reminders(found("reminders.toml")),
        load_ratings(found("rating.toml")),
    )


def load_calendar(folder: Path, *others: Path) -> Calendar:
    """Read `calendar/<year>.toml`: `off` and `work` lists of dates (CA-5). The other folders give the years that this
    one lacks."""
    years: dict[int, YearPlan] = {}
    files = {path.name: path for place in (*reversed(others), folder) for path in place.glob("*.toml")}
    for _, path in sorted(files.items()):
        if not path.stem.isdigit():
            raise ContentError(f"{path}: the file name must be a year")
        listed = read_as(_Days, path)
        years[int(path.stem)] = YearPlan(listed.off, listed.work)
    try:
        return Calendar.from_years(years)
    except ValueError as error:
        raise ContentError(f"{folder}: {error}") from None


def _answer_words(path: Path) -> AnswerWords:
    found = read_as(_Answers, path)
    return AnswerWords(found.numerals, {**found.numerals, **found.yes_no}, found.fillers.words)


def load_marks(path: Path) -> tuple[str, ...]:
    """Read the secrecy marks (SC-6) of content/secrecy.toml; raises ContentError."""
    marks = read_as(_Marks, path).marks
    if not marks:
        raise ContentError(f"{path}:{line_of(path, 'marks')}: marks must be a list of patterns")
    _patterns(path, "marks", marks)
    return marks


def _patterns(path: Path, key: str, listed: Iterable[str]) -> tuple[re.Pattern[str], ...]:
    found = []
    for one in listed:
        try:
            found.append(re.compile(one))
        except re.error as error:
            raise ContentError(f"{path}:{line_of(path, key)}: {key}: {one!r}: {error}") from None
    return tuple(found)


def _date_words(path: Path) -> DateWords:
    found = read_as(_Dates, path)
    numbers = {word: number for number, word in enumerate(found.numbers, 1)}
    patterns = {name: _patterns(path, name, listed) for name, listed in asdict(found.patterns).items()}
    return DateWords(numbers, found.weekdays, **patterns)


def load_agenda(path: Path) -> AgendaPlan:
    """Read `theme_day/agenda.toml`: the tables `fixed` and `suggested` (TD-3, TD-4)."""
    found = read_as(_Agenda, path)
    fixed = tuple(AgendaItem(one.kind, one.title, one.minutes, True) for one in found.fixed)
    return AgendaPlan(fixed, tuple(AgendaItem(one.kind, one.title, one.minutes) for one in found.suggested))


def load_reminders(path: Path) -> dict[str, Reminder]:
    """Read `reminders.toml`: the kinds of messages, none twice and none without its three answers (FM-10)."""
    found: dict[str, Reminder] = {}
    for number, one in enumerate(read_as(_Reminders, path).reminder, 1):
        for name, text in asdict(one).items():
            if not text.strip():
                raise ContentError(f"{path}: reminder {number} ({one.kind}): {name} is empty")
        if one.kind in found:
            raise ContentError(f"{path}: reminder {one.kind} is there twice")
        found[one.kind] = one
    return found


def load_ratings(path: Path) -> dict[str, KindPlan]:
    """Read `rating.toml`: for each kind of rating the sheet that a new round begins with (DOMAIN 4.2)."""
    return read_with(path, read_plans)


def load_labels(path: Path) -> dict[str, str]:
    """Read `documents.toml`, the words of the documents, as {"minutes.title": text, …}."""
    labels: dict[str, str] = {}
    for section, words in read_toml(path).items():
        if not isinstance(words, Mapping):
            raise ContentError(f"{path}:{line_of(path, section)}: {section} must be a table")
        collect(path, section, words, labels)
    return labels


@cache
def load_strokes(folder: Path) -> Strokes:
    """Read `strokes.txt` and `surnames.toml`, by which names on a ballot are ordered (EL-12)."""
    path = shipped.found(folder, "surnames.toml")
    compound = read_as(_Surnames, path).compound
    if not all(len(one) == 2 for one in compound):
        raise ContentError(f"{path}:{line_of(path, 'compound')}: compound must be a list of surnames of two characters")
    path = shipped.found(folder, "strokes.txt")
    try:
        return read_strokes(path.read_text(encoding="utf-8"), compound)
    except (OSError, UnicodeDecodeError, StrokesError) as error:
        raise ContentError(f"{path}: {error}") from None
