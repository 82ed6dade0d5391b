"""The words a roster may use, loaded from content/roster.toml."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import tomli
from msgspec import Struct

from bot.incoming import clean
from bot.roster.values import UNREAD, IgnoredColumn, RowError
from bot.rules.people import Post, Stage

REQUIRED_FIELDS = ("name", "branch", "stage")
FIELDS = (
    *REQUIRED_FIELDS,
    "general_branch",
    "group",
    "posts",
    "phone",
    "voting_rights",
    "attendance_exempt",
    "number",
)
STAGES = tuple(map(str, Stage))
# Rosters also list committee members without a portfolio.
POSTS = tuple(dict.fromkeys((*map(str, Post), "committee_member")))
# The same posts one unit up: bot/store/roster.py homes them on the general branch.
GENERAL_BRANCH_POSTS = (
    "general_branch_secretary",
    "general_branch_deputy_secretary",
    "general_branch_committee_member",
)
REASONS = (
    "file_missing", "not_a_spreadsheet", "old_format", "password_protected", "broken_file",
    "bad_encoding", "too_large", "too_wide", "empty", "no_header", "missing_column", "no_rows",
    "missing_name", "bad_name", "missing_branch", "missing_stage", "unknown_stage", "unknown_post",
    "office_title", "post_needs_full_member", "bad_phone", "landline_phone", "several_phones", "unknown_yes_no",
    "voting_not_allowed", "forbidden_value", "formula_error", "duplicate", "duplicate_number", "two_secretaries",
    "unit_conflict", "similar_unit", "no_general_branch", *UNREAD,
)  # fmt: skip

_INVISIBLE = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_SPACES = re.compile(r"\s+")
_BRACKETED = re.compile(r"\([^)]*\)|\[[^\]]*\]")


class RosterWordsError(ValueError):
    """content/roster.toml lacks a key or holds a wrong value; the message names file and key."""


def plain(text: str) -> str:
    """Full-width forms to half-width, invisible characters out, runs of white space to one space."""
    return _SPACES.sub(" ", _INVISIBLE.sub("", unicodedata.normalize("NFKC", clean(text)))).strip()


def squeeze(text: str) -> str:
    """``plain`` without any space, in lower case: the form in which words are compared."""
    return plain(text).replace(" ", "").lower()


def header_key(text: str) -> str:
    """A header without spaces, bracketed hints, stars and colons."""
    return _BRACKETED.sub("", squeeze(text)).strip("*:#. ")


class RosterWords(Struct, frozen=True):
    """Lookup tables for one language of rosters. Mapping keys are in ``squeeze`` form.

    ``headers`` maps a header to (field, rank): among columns of one field the lowest rank wins. ``marks`` are the
    patterns of content/secrecy.toml (SC-6).
    """

    headers: Mapping[str, tuple[str, int]]
    unsure_headers: frozenset[str]
    field_titles: Mapping[str, str]
    forbidden: tuple[tuple[str, str], ...]
    stages: Mapping[str, str]
    posts: Mapping[str, str]
    no_post: frozenset[str]
    post_splitter: re.Pattern[str]
    yes_no: Mapping[str, bool]
    ditto: frozenset[str]
    note_starts: tuple[str, ...]
    name_dots: str
    namesake: str
    unit_prefixes: tuple[str, ...]
    unit_suffixes: tuple[str, ...]
    reasons: Mapping[str, str]
    ignored: Mapping[str, str]
    marks: Sequence[str]

    def explain(self, error: RowError) -> str:
        """The sentence for the office about one finding."""
        template = self.reasons[error.reason_key]
        return template.format(row=error.row, column=error.column, value=error.value_hint)

    def explain_ignored(self, column: IgnoredColumn) -> str:
        """The sentence that says why a column was not read (PI-3)."""
        return self.ignored[column.reason_key].format(column=column.column)


class _Source:
    """A parsed TOML file whose complaints name file and key."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self.data: dict[str, Any] = tomli.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomli.TOMLDecodeError) as error:
            raise RosterWordsError(f"{path}: {error}") from error

    def fail(self, key: str, problem: str) -> RosterWordsError:
        return RosterWordsError(f"{self.path}: {key}: {problem}")

    def strings(self, key: str, value: object) -> tuple[str, ...]:
        if not isinstance(value, list) or not value or not all(isinstance(v, str) and v for v in value):
            raise self.fail(key, "expected a list of words")
        return tuple(value)

    def text(self, key: str) -> str:
        value = self.data.get(key)
        if not isinstance(value, str):
            raise self.fail(key, "expected text")
        return value

    def pattern(self, key: str, *names: str) -> str:
        value = self.text(key)
        if any("{" + name + "}" not in value for name in names):
            raise self.fail(key, "expected a pattern of " + " and ".join(names))
        return value

    def table(self, key: str, names: tuple[str, ...] = ()) -> dict[str, Any]:
        value = self.data.get(key)
        if not isinstance(value, dict):
            raise self.fail(key, "expected a table")
        for name in names:
            if name not in value:
                raise self.fail(f"{key}.{name}", "missing")
        if names and (unknown := sorted(set(value) - set(names))):
            raise self.fail(f"{key}.{unknown[0]}", "unknown key")
        return value

    def inverse(self, key: str, names: tuple[str, ...]) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, values in self.table(key, names).items():
            for word in self.strings(f"{key}.{name}", values):
                if found.setdefault(squeeze(word), name) != name:
                    raise self.fail(f"{key}.{name}", f"{word!r} is listed twice")
        return found

    def templates(self, key: str, names: tuple[str, ...]) -> dict[str, str]:
        table = self.table(key, names)
        for name, template in table.items():
            try:
                template.format(row=1, column="", value="")
            except (AttributeError, KeyError, IndexError, ValueError) as error:
                raise self.fail(f"{key}.{name}", "not a template of row, column and value") from error
        return table


def load_roster_words(path: Path, marks: Sequence[str]) -> RosterWords:
    """Read content/roster.toml; `marks` are those of content/secrecy.toml. Raises RosterWordsError naming the key."""
    source = _Source(path)
    headers, unsure, titles = _headers(source)
    forbidden = source.table("forbidden")
    words = {
        key: source.strings(key, source.data.get(key))
        for key in ("post_separators", "ditto", "unit_prefixes", "unit_suffixes", "note_starts", "yes", "no")
    }
    splitters = sorted(words["post_separators"], key=len, reverse=True)
    return RosterWords(
        headers=headers,
        unsure_headers=unsure,
        field_titles=titles,
        forbidden=tuple((squeeze(word), kind) for kind, values in forbidden.items()
                        for word in source.strings(f"forbidden.{kind}", values)),
        stages=source.inverse("stages", STAGES),
        posts=source.inverse("posts", (*POSTS, *GENERAL_BRANCH_POSTS)),
        no_post=frozenset(map(squeeze, source.strings("no_post.words", source.table("no_post").get("words")))),
        post_splitter=re.compile("|".join(re.escape(word) for word in splitters)),
        yes_no={squeeze(w): True for w in words["yes"]} | {squeeze(w): False for w in words["no"]},
        ditto=frozenset(squeeze(word) for word in words["ditto"]),
        note_starts=tuple(squeeze(word) for word in words["note_starts"]),
        name_dots=source.text("name_dots"),
        namesake=source.pattern("namesake", "name", "number"),
        unit_prefixes=words["unit_prefixes"],
        unit_suffixes=words["unit_suffixes"],
        reasons=source.templates("reasons", REASONS),
        ignored=source.templates("ignored", (*forbidden, "not_needed", "repeated")),
        marks=marks,
    )  # fmt: skip


def _headers(source: _Source) -> tuple[dict[str, tuple[str, int]], frozenset[str], dict[str, str]]:
    found: dict[str, tuple[str, int]] = {}
    titles: dict[str, str] = {}
    unsure: set[str] = set()
    for section in ("headers", "unsure_headers"):
        for field, values in source.table(section, FIELDS if section == "headers" else ()).items():
            if field not in FIELDS:
                raise source.fail(f"{section}.{field}", "unknown field")
            for word in source.strings(f"{section}.{field}", values):
                key = header_key(word)
                if key in found:
                    raise source.fail(f"{section}.{field}", f"{word!r} is listed twice")
                found[key] = (field, len(found))
                titles.setdefault(field, word)
                if section == "unsure_headers":
                    unsure.add(key)
    return found, frozenset(unsure), titles
