"""Loads and validates `content/` at start. Every sentence and command word that users see lives there."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import tomli
from msgspec import Struct

from bot.incoming import cleaned
from bot.rules.calendar import Calendar, YearPlan
from bot.rules.dates import DateWords
from bot.rules.rating_plan import KindPlan, read_plans
from bot.rules.reminders import Reminder
from bot.rules.strokes import Strokes, StrokesError, read_strokes
from bot.rules.theme_day import AgendaItem, AgendaPlan


class ContentError(Exception):
    """A file under `content/` cannot be used; the text names file, line and field."""


class Texts(Struct, frozen=True):
    """All sentences by `feature.key`, and the phrases of each command by route name."""

    sentences: Mapping[str, str]
    commands: Mapping[str, tuple[str, ...]]

    def __call__(self, key: str, /, **values: object) -> str:
        """The sentence with its values filled in; an unknown key or a missing value raises ContentError."""
        try:
            return self.sentences[key].format(**values)
        except KeyError as missing:
            raise ContentError(f"text {key}: {missing} is not there") from None

    def phrases(self, route: str) -> tuple[str, ...]:
        """What a member may type to call a route; the first is the one shown in help."""
        return self.commands.get(route, ())


class AnswerWords(Struct, frozen=True):
    """Words for option numbers, from 1: numerals everywhere, yes/no words where there are two options."""

    numerals: Mapping[str, int]
    two_options: Mapping[str, int]
    fillers: tuple[str, ...]


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

    @property
    def strokes(self) -> Strokes:
        """By which names on a ballot are ordered (EL-12); a large table, read at first use."""
        return load_strokes(self.folder)


def load_content(folder: Path) -> Content:
    """Read and validate the folder; raises ContentError."""
    return Content(
        folder,
        load_texts(folder / "texts"),
        load_calendar(folder / "calendar"),
        _answer_words(folder / "answers.toml"),
        load_marks(folder / "secrecy.toml"),
        _date_words(folder / "dates.toml"),
        load_agenda(folder / "theme_day" / "agenda.toml"),
        load_labels(folder / "documents.toml"),
        load_reminders(folder / "reminders.toml"),
        load_ratings(folder / "rating.toml"),
    )


def load_calendar(folder: Path) -> Calendar:
    """Read `calendar/<year>.toml`: `off` and `work` lists of dates (CA-5)."""
    years: dict[int, YearPlan] = {}
    for path in sorted(folder.glob("*.toml")):
        data = read_toml(path)
        days: dict[str, frozenset[date]] = {}
        for key in ("off", "work"):
            listed = data.get(key)
            if not isinstance(listed, list) or not all(type(day) is date for day in listed):
                raise ContentError(f"{path}:{line_of(path, key)}: {key} must be a list of dates")
            days[key] = frozenset(listed)
        if not path.stem.isdigit():
            raise ContentError(f"{path}: the file name must be a year")
        years[int(path.stem)] = YearPlan(**days)
    try:
        return Calendar.from_years(years)
    except ValueError as error:
        raise ContentError(f"{folder}: {error}") from None


def _answer_words(path: Path) -> AnswerWords:
    data = read_toml(path)
    try:
        numerals = {str(word): int(number) for word, number in data["numerals"].items()}
        yes_no = {str(word): int(number) for word, number in data["yes_no"].items()}
        fillers = tuple(str(word) for word in data["fillers"]["words"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ContentError(f"{path}: numerals, yes_no and fillers.words are needed ({error})") from None
    return AnswerWords(numerals, {**numerals, **yes_no}, fillers)


def load_marks(path: Path) -> tuple[str, ...]:
    """Read the secrecy marks (SC-6) of content/secrecy.toml; raises ContentError."""
    marks = read_toml(path).get("marks")
    if not isinstance(marks, list) or not marks:
        raise ContentError(f"{path}: marks must be a list of patterns")
    for mark in marks:
        try:
            re.compile(mark)
        except re.error as error:
            raise ContentError(f"{path}:{line_of(path, 'marks')}: {mark!r}: {error}") from None
    return tuple(marks)


def _date_words(path: Path) -> DateWords:
    data = read_toml(path)
    try:
        numbers = {str(word): number for number, word in enumerate(data["numbers"], 1)}
        weekdays = {str(word): int(number) for word, number in data["weekdays"].items()}
        names = ("dates", "months", "times", "day_of_month", "nth_weekday", "last_weekday")
        patterns = {name: tuple(re.compile(one) for one in data["patterns"][name]) for name in names}
    except (KeyError, TypeError, ValueError, AttributeError, re.error) as error:
        raise ContentError(f"{path}: numbers, weekdays and patterns are needed ({error})") from None
    return DateWords(numbers, weekdays, **patterns)


def load_agenda(path: Path) -> AgendaPlan:
    """Read `theme_day/agenda.toml`: the tables `fixed` and `suggested` (TD-3, TD-4)."""
    data = read_toml(path)
    items: dict[str, tuple[AgendaItem, ...]] = {}
    for name in ("fixed", "suggested"):
        try:
            items[name] = tuple(
                AgendaItem(str(row["kind"]), str(row["title"]), int(row["minutes"]), name == "fixed")
                for row in data[name]
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ContentError(
                f"{path}: {name} needs kind, title and minutes in every item ({error})"
            ) from None
    return AgendaPlan(**items)


def load_reminders(path: Path) -> dict[str, Reminder]:
    """Read `reminders.toml`: the kinds of messages, none twice and none without its three answers (FM-10)."""
    found: dict[str, Reminder] = {}
    names = Reminder.__struct_fields__
    for number, row in enumerate(read_toml(path).get("reminder", []), 1):
        if set(row) != set(names) or not all(isinstance(row[name], str) and row[name].strip() for name in names):
            raise ContentError(f"{path}: reminder {number} ({row.get('kind')}) needs {', '.join(names)}, all texts")
        if row["kind"] in found:
            raise ContentError(f"{path}: reminder {row['kind']} is there twice")
        found[row["kind"]] = Reminder(**row)
    return found


def load_ratings(path: Path) -> dict[str, KindPlan]:
    """Read `rating.toml`: for each kind of rating the sheet that a new round begins with (DOMAIN 4.2)."""
    try:
        return read_plans(read_toml(path))
    except ValueError as error:
        raise ContentError(f"{path}: {error}") from None


def load_labels(path: Path) -> dict[str, str]:
    """Read `documents.toml`, the words of the documents, as {"minutes.title": text, …}."""
    labels: dict[str, str] = {}
    for section, words in read_toml(path).items():
        if not isinstance(words, Mapping):
            raise ContentError(f"{path}:{line_of(path, section)}: {section} must be a table")
        _collect(path, section, words, labels)
    return labels


@cache
def load_strokes(folder: Path) -> Strokes:
    """Read `strokes.txt` and `surnames.toml`, by which names on a ballot are ordered (EL-12)."""
    path = folder / "surnames.toml"
    compound = read_toml(path).get("compound")
    if not isinstance(compound, list) or not all(isinstance(one, str) and len(one) == 2 for one in compound):
        raise ContentError(f"{path}:{line_of(path, 'compound')}: compound must be a list of surnames of two characters")
    path = folder / "strokes.txt"
    try:
        return read_strokes(path.read_text(encoding="utf-8"), compound)
    except (OSError, UnicodeDecodeError, StrokesError) as error:
        raise ContentError(f"{path}: {error}") from None


def read_toml(path: Path) -> dict[str, Any]:
    """Parse a TOML file; raises ContentError with the line of a syntax error."""
    try:
        return cleaned(tomli.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ContentError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ContentError(f"{path}: not UTF-8") from None
    except tomli.TOMLDecodeError as error:
        raise ContentError(f"{path}: {error}") from None


def line_of(path: Path, key: str) -> int:
    """The line on which `key = …` stands in a TOML file (1 when it cannot be found)."""
    pattern = re.compile(rf'^\s*"?{re.escape(key)}"?\s*=')
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if pattern.match(line):
            return number
    return 1


def load_texts(folder: Path) -> Texts:
    """Read `content/texts/*.toml`. `[commands]` holds route -> phrases; all else is sentences, nested by dots."""
    sentences: dict[str, str] = {}
    commands: dict[str, tuple[str, ...]] = {}
    taken: dict[str, str] = {}
    for path in sorted(folder.glob("*.toml")):
        data = read_toml(path)
        for route, phrases in data.pop("commands", {}).items():
            name = f"{path.stem}.{route}"
            commands[name] = _phrases(path, route, phrases)
            for phrase in commands[name]:
                if phrase in taken:
                    raise ContentError(
                        f"{path}:{line_of(path, route)}: {phrase!r} already calls {taken[phrase]}"
                    )
                taken[phrase] = name
        _collect(path, path.stem, data, sentences)
    if not sentences:
        raise ContentError(f"{folder}: no texts found")
    return Texts(sentences, commands)


def fields_of(template: str) -> set[str]:
    """The names of the values that a sentence needs (`{day.month}` needs `day`)."""
    names = (name for _, name, _, _ in string.Formatter().parse(template) if name is not None)
    return {re.split(r"[.\[]", name)[0] for name in names}


def _phrases(path: Path, route: str, phrases: object) -> tuple[str, ...]:
    if not isinstance(phrases, list) or not all(isinstance(phrase, str) and phrase for phrase in phrases):
        raise ContentError(f"{path}:{line_of(path, route)}: commands.{route} must be a list of phrases")
    return tuple(phrases)


def _collect(path: Path, prefix: str, data: Mapping[str, object], into: dict[str, str]) -> None:
    for key, value in data.items():
        name = f"{prefix}.{key}"
        if isinstance(value, Mapping):
            _collect(path, name, value, into)
            continue
        if wrong := _wrong(value):
            raise ContentError(f"{path}:{line_of(path, key)}: {name}{wrong}")
        into[name] = str(value)


def _wrong(value: object) -> str:
    """What is wrong with a sentence; nothing when it can be filled in."""
    if not isinstance(value, str):
        return " must be a text"
    if "{" not in value and "}" not in value:
        return ""
    try:
        return ": name the value inside {}" if "" in fields_of(value) else ""
    except ValueError as error:
        return f": {error}"
