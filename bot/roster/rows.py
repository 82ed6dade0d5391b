"""One row of a roster: cells to a RosterRow, or the reasons why not."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.roster.header import Column, Header
from bot.roster.values import Level, RosterRow, RowError
from bot.roster.words import GENERAL_BRANCH_POSTS, RosterWords, squeeze
from bot.rules.people import COMMITTEE_POSTS, Stage
from bot.rules.secrecy import find_marks, joined_digits

FULL_MEMBER_POSTS = frozenset((*map(str, COMMITTEE_POSTS), "committee_member", *GENERAL_BRANCH_POSTS))
MAX_NAME = 30
MAX_HINT = 20

_LONG_NUMBER = re.compile(r"(?<!\d)\d{15,19}[Xx]?(?![\dA-Za-z])")
_TELEPHONE = re.compile(r"(?<!\d)0\d{2,3}-?\d{7,8}(?!\d)")
_ROUNDED = re.compile(r"(?<![\dA-Za-z.])\d(?:[.\u00b7]\d+)?[Ee]\+?(?:1[0-9]|[2-9][0-9])(?![\dA-Za-z])")
"""What Excel shows of a phone or identity number that it took for a figure."""
_DIGITS_IN_NAMES = 5
_MOBILE = re.compile(r"1[3-9]\d{9}")
_LANDLINE = re.compile(r"(?:0\d{2,3})?[2-9]\d{6,7}")
_PHONE_SEPARATORS = re.compile(r"[/,;\u3001 ]+")
_NOT_IN_NAMES = re.compile(r"[#=@<>/\\:*?\"|,;\u3001\u3002]")
_FORMULA_ERROR = re.compile(r"#(?:N/A|NULL!|DIV/0!|VALUE!|REF!|NAME\?|NUM!|SPILL!|CALC!)")


def person_key(text: str, words: RosterWords) -> str:
    """A name without padding spaces ("Li  Lei" keeps one) and with one kind of middle dot."""
    for dot in words.name_dots:
        text = text.replace(dot, "\u00b7")
    return text if text.isascii() else text.replace(" ", "")


def holds_number(text: str, words: RosterWords) -> bool:
    """True for a number of a person, or a mark, in what is no column of phones (PI-3, SC-6)."""
    joined = joined_digits(text)
    return bool(
        find_marks(text, words.marks, phones=1)
        or _ROUNDED.search(text)
        or _LONG_NUMBER.search(joined)
        or _TELEPHONE.search(joined)
    )


class RowReader:
    """Reads the cells of single rows; findings are collected in ``errors`` in row order."""

    def __init__(self, header: Header, words: RosterWords) -> None:
        self.header = header
        self.words = words
        self.errors: list[RowError] = []

    def read(self, number: int, cells: Mapping[str, str]) -> RosterRow | None:
        """The person in this row, or None with the reasons added to ``errors``."""
        before = len(self.errors)
        leaking = [field for field, text in cells.items() if self._leaks(field, text)]
        for field in leaking:
            self._add(number, field, "forbidden_value")
        failing = [field for field, text in cells.items() if _FORMULA_ERROR.fullmatch(text)]
        for field in failing:
            self._add(number, field, "formula_error", cells[field])
        if leaking or failing:
            return None
        name = self._name(number, cells)
        branch = self._unit(cells, "branch")
        if not branch:
            self._add(number, "branch", "missing_branch")
        stage = self._stage(number, cells)
        row = RosterRow(
            row_number=number,
            name=name,
            general_branch=self._unit(cells, "general_branch") or None,
            branch=branch,
            group=self._unit(cells, "group") or None,
            stage=stage,
            posts=self._posts(number, cells, stage),
            phone=self._phone(number, cells),
            voting_rights=self._voting(number, cells, stage),
            attendance_exempt=self._yes_no(number, cells, "attendance_exempt", default=False),
            number=cells.get("number") or None,
        )
        failed = any(error.level is Level.ERROR for error in self.errors[before:])
        return None if failed else row

    def _leaks(self, field: str, text: str) -> bool:
        """True for a number of a person where none belongs (PI-3, SC-6): only the phone column may hold phones."""
        if not text:
            return False
        if field == "phone":
            joined = text.replace(" ", "").replace("-", "")
            return bool(find_marks(text, self.words.marks) or _LONG_NUMBER.search(joined))
        return holds_number(text, self.words)

    def _add(self, number: int, field: str, reason: str, value: str = "", level: Level = Level.ERROR) -> None:
        column = self.header.columns.get(field, Column(-1, self.words.field_titles.get(field, ""), False))
        hint = value if len(value) <= MAX_HINT else value[: MAX_HINT - 1] + "\u2026"
        self.errors.append(RowError(number, column.title, reason, hint, level))

    def _unit(self, cells: Mapping[str, str], field: str) -> str:
        text = cells.get(field, "")
        return text if text.isascii() else text.replace(" ", "")

    def _name(self, number: int, cells: Mapping[str, str]) -> str:
        name = person_key(cells.get("name", ""), self.words)
        if not name:
            self._add(number, "name", "missing_name")
        elif (
            len(name) > MAX_NAME
            or _NOT_IN_NAMES.search(name)
            or not any(map(str.isalpha, name))
            or sum(map(str.isdigit, name)) >= _DIGITS_IN_NAMES
        ):
            self._add(number, "name", "bad_name", re.sub(r"\d", "*", name))
        return name

    def _stage(self, number: int, cells: Mapping[str, str]) -> str:
        text = cells.get("stage", "")
        if not text:
            self._add(number, "stage", "missing_stage")
            return ""
        stage = self.words.stages.get(squeeze(text))
        if stage is None:
            self._add(number, "stage", "unknown_stage", text)
        return stage or ""

    def _posts(self, number: int, cells: Mapping[str, str], stage: str) -> tuple[str, ...]:
        text = cells.get("posts", "")
        whole = squeeze(text)
        parts = [whole] if whole in self.words.posts or whole in self.words.no_post else [
            squeeze(part) for part in self.words.post_splitter.split(text)]  # fmt: skip
        posts: list[str] = []
        for part in parts:
            if not part or part in self.words.no_post:
                continue
            post = self.words.posts.get(part)
            if post is None and self.header.columns["posts"].unsure:
                self._add(number, "posts", "office_title", part, Level.WARNING)
            elif post is None:
                self._add(number, "posts", "unknown_post", part)
            elif post not in posts:
                posts.append(post)
                if post in FULL_MEMBER_POSTS and stage not in ("", Stage.FULL_MEMBER):
                    self._add(number, "posts", "post_needs_full_member", part)
        return tuple(posts)

    def _phone(self, number: int, cells: Mapping[str, str]) -> str | None:
        text = cells.get("phone", "")
        if not text or squeeze(text) in self.words.no_post:
            return None
        joined = text.replace("-", "")
        candidates = [joined.replace(" ", ""), *_PHONE_SEPARATORS.split(joined)]
        stripped = (re.sub(r"^(?:\+86|0086|86(?=1\d{10}$))", "", one) for one in candidates)
        if mobiles := dict.fromkeys(one for one in stripped if _MOBILE.fullmatch(one)):
            if len(mobiles) > 1:
                self._add(number, "phone", "several_phones", level=Level.WARNING)
            return next(iter(mobiles))
        if any(_LANDLINE.fullmatch(candidate) for candidate in candidates):
            self._add(number, "phone", "landline_phone", level=Level.WARNING)
        else:
            self._add(number, "phone", "bad_phone", candidates[0][:3] + "****")
        return None

    def _voting(self, number: int, cells: Mapping[str, str], stage: str) -> bool:
        may_vote = stage == Stage.FULL_MEMBER
        wanted = self._yes_no(number, cells, "voting_rights", default=may_vote)
        if wanted and stage and not may_vote:
            self._add(number, "voting_rights", "voting_not_allowed", level=Level.WARNING)
        return wanted and may_vote

    def _yes_no(self, number: int, cells: Mapping[str, str], field: str, *, default: bool) -> bool:
        text = cells.get(field, "")
        if not text:
            return default
        answer = self.words.yes_no.get(squeeze(text))
        if answer is None:
            # What was written instead may be about someone's health: it is not repeated (PI-3).
            self._add(number, field, "unknown_yes_no")
            return default
        return answer
