"""The bank of questions in the store: a row for each version of a question, and members' reports."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from msgspec import Struct
from sqlalchemy import JSON, Column, UniqueConstraint
from sqlmodel import Field, col, delete, select

from bot.rules.quiz import QuestionType, score
from bot.store.core import turns
from bot.store.core.columns import Moment, Row, Word
from bot.store.core.statements import StoreSession

_TEXTS = ("subject", "stem", "explanation", "source")


class Verification(StrEnum):
    """How far the source of a question was checked; `recall` shows no article number as certain (TBC-28)."""

    TEXT = "text"
    EXCERPT = "excerpt"
    RECALL = "recall"


class QuestionState(StrEnum):
    """Only ACTIVE questions are drawn (EX-3)."""

    ACTIVE = "active"
    NEEDS_REVIEW = "needs_review"
    STOPPED = "stopped"
    REPLACED = "replaced"
    RETIRED = "retired"


class ReportState(StrEnum):
    """draft -> open -> kept | stopped."""

    DRAFT = "draft"
    OPEN = "open"
    KEPT = "kept"
    STOPPED = "stopped"


class Question(Row, table=True):
    """A version of a question. `answer` holds indices of options (true/false: 0 is true), or for each
    blank the accepted texts. Names no person; kept as long as records refer to it."""

    __table_args__ = (UniqueConstraint("code", "version"),)

    id: int | None = Field(default=None, primary_key=True)
    code: str
    version: int = 1
    state: QuestionState = Field(default=QuestionState.ACTIVE, sa_type=Word(QuestionState), index=True)
    kind: QuestionType = Field(sa_type=Word(QuestionType))
    subject: str
    difficulty: int
    stem: str
    options: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    answer: list[Any] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    explanation: str
    source: str
    verification: Verification = Field(sa_type=Word(Verification))
    expires_with: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    imported_at: datetime = Field(sa_type=Moment)


class QuestionReport(Row, table=True):
    """What a member thinks is wrong with a question. A draft is kept a day, the rest a year."""

    __tablename__ = "question_report"

    id: int | None = Field(default=None, primary_key=True)
    question_id: int = Field(foreign_key="question.id")
    member_id: int = Field(foreign_key="member.id", index=True)
    text: str = ""
    state: ReportState = Field(default=ReportState.DRAFT, sa_type=Word(ReportState))
    made_at: datetime = Field(sa_type=Moment)


class NewQuestion(Struct, frozen=True):
    """A question of a bank file, checked (bot/learning/quiz_bank.py). `answer` as in `Question`."""

    code: str
    kind: QuestionType
    subject: str
    difficulty: int
    stem: str
    options: tuple[str, ...]
    answer: tuple[Any, ...]
    explanation: str
    source: str
    verification: Verification
    expires_with: tuple[str, ...]


class Imported(Struct, frozen=True):
    """What an import did, in questions; `replaced` names those that have another text now, `others` those in use that
    the files do not hold."""

    added: int
    changed: int
    unchanged: int
    retired: int
    replaced: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


def import_questions(
    session: StoreSession, questions: Iterable[NewQuestion], now: datetime, *, retire_others: bool = False
) -> Imported:
    """Add the questions of the files: a changed one gets a new version. With `retire_others` those that the files do
    not hold are retired.

    An unchanged question keeps its state: one that was stopped, or that needs review, is not drawn again.
    """
    turns.take(session)
    known: dict[str, Question] = {}
    for row in session.exec(select(Question).order_by(col(Question.version))):
        known[row.code] = row
    added = unchanged = 0
    replaced: list[str] = []
    named: set[str] = set()
    for new in questions:
        named.add(new.code)
        old = known.get(new.code)
        if old is not None and _content(old) == _content(new):
            unchanged += 1
            if old.state is QuestionState.RETIRED:
                old.state = QuestionState.ACTIVE
                session.add(old)
            continue
        if old is not None:
            old.state = QuestionState.REPLACED
            session.add(old)
            replaced.append(new.code)
        added += old is None
        session.add(_row(new, old.version + 1 if old else 1, now))
    gone = [row for row in known.values() if row.code not in named and row.state is not QuestionState.RETIRED]
    if retire_others:
        for row in gone:
            row.state = QuestionState.RETIRED
            session.add(row)
    session.flush()
    others = tuple(row.code for row in gone)
    return Imported(added, len(replaced), unchanged, len(gone) if retire_others else 0, tuple(replaced), others)


def rule_set_replaced(session: StoreSession, name: str) -> int:
    """A rule set was replaced: its questions need review and cannot be drawn (EX-3); how many."""
    turns.take(session)
    found = [row for row in _active(session) if name in row.expires_with]
    for row in found:
        row.state = QuestionState.NEEDS_REVIEW
        session.add(row)
    return len(found)


def subjects(session: StoreSession) -> list[str]:
    """The subjects that have questions to draw."""
    query = select(Question.subject).where(col(Question.state) == QuestionState.ACTIVE).distinct()
    return sorted(session.exec(query))


def drawable(session: StoreSession, kinds: Iterable[QuestionType], subject: str = "") -> list[int]:
    """The ids of the active questions of these kinds (and this subject), in order."""
    query = select(Question.id).where(col(Question.state) == QuestionState.ACTIVE, col(Question.kind).in_(list(kinds)))
    if subject:
        query = query.where(col(Question.subject) == subject)
    return [ident or 0 for ident in session.exec(query.order_by(col(Question.id)))]


def points(kind: QuestionType, answer: list[Any], given: tuple[int, ...], text: str, half: bool) -> int:
    """How right an answer is, in percent (EX-2): `given` are option indices, `text` fills the blanks."""
    if kind.form.tappable:
        return int(100 * score(kind, answer, given, half))
    parts = [text] if len(answer) == 1 else text.split()
    return int(100 * score(kind, answer, parts, half))


def open_report(session: StoreSession, question_id: int, member_id: int, now: datetime) -> int:
    """Begin a report; its id."""
    report = QuestionReport(question_id=question_id, member_id=member_id, made_at=now)
    session.add(report)
    session.flush()
    return report.id or 0


def forget_reports(session: StoreSession, now: datetime) -> None:
    """Nightly: drop drafts after a day, all else after a year."""
    made = col(QuestionReport.made_at)
    draft = col(QuestionReport.state) == ReportState.DRAFT
    session.execute(delete(QuestionReport).where(draft, made < now - timedelta(days=1)))
    session.execute(delete(QuestionReport).where(made < now - timedelta(days=365)))


def _active(session: StoreSession) -> list[Question]:
    return list(session.exec(select(Question).where(col(Question.state) == QuestionState.ACTIVE)))


def _content(one: Question | NewQuestion) -> tuple[object, ...]:
    return (one.kind, one.difficulty, one.verification, *(getattr(one, name) for name in _TEXTS), _lists(one))


def _lists(one: Question | NewQuestion) -> tuple[list[str], list[Any], list[str]]:
    answer = [list(part) if isinstance(part, tuple | list) else part for part in one.answer]
    return list(one.options), answer, list(one.expires_with)


def _row(new: NewQuestion, version: int, now: datetime) -> Question:
    options, answer, expires_with = _lists(new)
    return Question(
        **{name: getattr(new, name) for name in ("code", "kind", "difficulty", "verification", *_TEXTS)},
        version=version,
        options=options,
        answer=answer,
        expires_with=expires_with,
        imported_at=now,
    )
