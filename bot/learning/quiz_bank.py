"""Reads content/quiz/*.toml: every mistake is reported with file, line and field, all of them at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_type_hints

from msgspec import Struct
from msgspec.structs import fields

from bot.learning.folder import files_of
from bot.rules.quiz import QuestionType, normalise_fill
from bot.rules.secrecy import find_marks
from bot.shapes import Misfit, converted
from bot.store.questions import NewQuestion, Verification
from bot.toml_files import ContentError, read_toml

BLANK = re.compile(r"_{2,}")
_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_HEADER = re.compile(r"^\s*\[\[\s*question\s*\]\]")
_LIMITS = {"stem": 280, "explanation": 190, "source": 200, "subject": 16}
_MOST_OPTIONS, _LONGEST_OPTION = 8, 60


class _Fields(Struct, frozen=True):
    """What a question says, before its answer is compared with its options."""

    id: str
    type: QuestionType
    subject: str
    difficulty: int
    stem: str
    answer: tuple[Any, ...]
    explanation: str
    source: str
    verification: Verification
    expires_with: tuple[str, ...]
    options: dict[str, str] | None = None


_TYPES = get_type_hints(_Fields)


def load_bank(folder: Path, marks: Sequence[str] = ()) -> tuple[NewQuestion, ...]:
    """All questions of the folder, in the order of files and lines; raises ContentError with all mistakes, and for a
    folder without files. `marks` are those of content/secrecy.toml; numbers of persons
    are found without them."""
    questions: list[NewQuestion] = []
    mistakes: list[str] = []
    places: dict[str, str] = {}
    for path in files_of(folder, ".toml"):
        data = read_toml(path)
        lines = path.read_text(encoding="utf-8").splitlines()
        for key in data.keys() - {"meta", "question"}:
            mistakes.append(f"{path}: {key}: unknown section")
        listed = data.get("question")
        if not isinstance(listed, list) or not listed:
            mistakes.append(f"{path}:1: question: the file holds no [[question]]")
            continue
        for number, entry in enumerate(listed):
            reader = _Entry(path, lines, number, entry)
            found = reader.read()
            reader.check_marks(marks)
            if reader.code in places:
                reader.wrong("id", f"is used before, in {places[reader.code]}")
            elif reader.code:
                places[reader.code] = reader.at("id")
            mistakes += reader.mistakes
            if found is not None:
                questions.append(found)
    if mistakes:
        raise ContentError("\n".join(mistakes))
    return tuple(questions)


@dataclass(slots=True)
class _Entry:
    """One [[question]] being read; `number` counts from 0 in its file."""

    path: Path
    lines: list[str]
    number: int
    entry: Mapping[str, Any]
    mistakes: list[str] = field(default_factory=list)

    @property
    def code(self) -> str:
        found = self.entry.get("id") if isinstance(self.entry, Mapping) else None
        return found if isinstance(found, str) else ""

    def at(self, key: str) -> str:
        """`file:line` of a field, or of the question's head when the field is missing."""
        heads = [line for line, text in enumerate(self.lines, 1) if _HEADER.match(text)]
        if self.number >= len(heads):
            return f"{self.path}:1"
        first = heads[self.number]
        last = heads[self.number + 1] if self.number + 1 < len(heads) else len(self.lines) + 1
        for line in range(first, last):
            if re.match(rf'\s*"?{re.escape(key)}"?\s*=', self.lines[line - 1]):
                return f"{self.path}:{line}"
        return f"{self.path}:{first}"

    def wrong(self, key: str, what: str) -> None:
        self.mistakes.append(f"{self.at(key)}: {self.code or f'question {self.number + 1}'}: {key} {what}")

    def read(self) -> NewQuestion | None:
        """The question, or None after noting its mistakes."""
        found = self._fields()
        if found is None:
            return None
        self._check(found)
        if self.mistakes:
            return None
        options = self._options(found)
        answer = self._answer(found, options)
        if self.mistakes:
            return None
        return NewQuestion(
            code=found.id, kind=found.type, subject=found.subject.strip(), difficulty=found.difficulty,
            stem=found.stem.strip(), options=tuple(options.values()), answer=answer,
            explanation=found.explanation.strip(), source=found.source.strip(), verification=found.verification,
            expires_with=found.expires_with,
        )  # fmt: skip

    def check_marks(self, marks: Sequence[str]) -> None:
        """Note every field whose text must not enter a chat (SC-6)."""
        for key, value in self.entry.items() if isinstance(self.entry, Mapping) else ():
            if hits := find_marks("\n".join(_texts(value)), marks, phones=1):
                self.wrong(key, f"hits {', '.join(hits)}")

    def _fields(self) -> _Fields | None:
        """All fields, each read for itself, so that all mistakes are told at once."""
        if not isinstance(self.entry, Mapping):
            self.wrong("question", "must be a table")
            return None
        for key in self.entry.keys() - _TYPES.keys():
            self.wrong(key, "is no field of a question")
        values: dict[str, Any] = {}
        for one in fields(_Fields):
            if one.name in self.entry:
                try:
                    values[one.name] = converted(self.entry[one.name], _TYPES[one.name])
                except Misfit as misfit:
                    self.wrong(one.name, str(misfit))
            elif one.required:
                self.wrong(one.name, "is missing")
        return None if self.mistakes else _Fields(**values)

    def _check(self, found: _Fields) -> None:
        for key in ("id", "subject", "stem", "explanation", "source"):
            if not getattr(found, key).strip():
                self.wrong(key, "is empty")
        if not _CODE.fullmatch(found.id):
            self.wrong("id", "may hold lower-case letters, digits and hyphens, 40 at most")
        if not 1 <= found.difficulty <= 5:
            self.wrong("difficulty", "must be 1 to 5")
        if not all(found.expires_with):
            self.wrong("expires_with", "must hold names of rule sets")
        for key, most in _LIMITS.items():
            if len(getattr(found, key)) > most:
                self.wrong(key, f"is longer than {most} characters")

    def _options(self, found: _Fields) -> dict[str, str]:
        options = found.options
        if not found.type.form.lettered:
            if options is not None:
                self.wrong("options", f"do not belong to {found.type}")
            return {}
        if options is None or not 2 <= len(options) <= _MOST_OPTIONS:
            self.wrong("options", f"must be 2 to {_MOST_OPTIONS} options by letter")
            return {}
        if list(options) != [chr(ord("A") + place) for place in range(len(options))]:
            self.wrong("options", "must be lettered A, B, C in order")
        texts = list(options.values())
        if not all(0 < len(text.strip()) <= _LONGEST_OPTION for text in texts):
            self.wrong("options", f"must be texts of 1 to {_LONGEST_OPTION} characters")
        elif len(set(texts)) != len(texts):
            self.wrong("options", "must differ")
        return options

    def _answer(self, found: _Fields, options: dict[str, str]) -> tuple[Any, ...]:
        """Indices of the right options (true/false: 0 is true), or the accepted variants of each blank."""
        given, form = found.answer, found.type.form
        if form.typed:
            return self._blanks(found)
        if form.words:
            if len(given) != 1 or type(given[0]) is not bool:
                self.wrong("answer", "must be [true] or [false]")
                return ()
            return (0 if given[0] else 1,)
        letters = list(options)
        if not given or any(letter not in letters for letter in given) or len(set(given)) != len(given):
            self.wrong("answer", "must name options by their letters, each once")
            return ()
        if not form.several and len(given) != 1:
            self.wrong("answer", "must be one letter")
        return tuple(sorted(letters.index(letter) for letter in given))

    def _blanks(self, found: _Fields) -> tuple[tuple[str, ...], ...]:
        try:
            given = converted(found.answer, tuple[tuple[str, ...], ...])
        except Misfit as misfit:
            self.wrong("answer", f"must be one list of accepted texts for each blank: {misfit}")
            return ()
        if not all(variants and all(map(normalise_fill, variants)) for variants in given):
            self.wrong("answer", "must be one list of accepted texts for each blank")
            return ()
        blanks = len(BLANK.findall(found.stem))
        if blanks != len(given):
            self.wrong("answer", f"has {len(given)} lists, but the stem has {blanks} blanks")
        return given


def _texts(value: object) -> Iterator[str]:
    """All texts in a field, however deep."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif value is not None:
        yield str(value)
