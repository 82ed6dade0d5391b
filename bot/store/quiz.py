"""Theme-day quizzes: the questions drawn, the answers while it runs, counts by question for good (FM-8)."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction

from msgspec import Struct
from sqlalchemy import Integer, distinct, func
from sqlalchemy import cast as sql_cast
from sqlmodel import Field, col, delete, select

from bot.rules.quiz import IN_GROUP, TYPED, QuestionType, right_share
from bot.store.core import turns
from bot.store.core.columns import WITHOUT_ROWID, Moment, Row, Word
from bot.store.core.statements import StoreSession
from bot.store.people import Audience, Fact, count
from bot.store.questions import Question, drawable


class QuizState(StrEnum):
    """draft -> running -> closed; a draft that was not wanted is dropped."""

    DRAFT = "draft"
    RUNNING = "running"
    CLOSED = "closed"


class Quiz(Row, table=True):
    """A quiz of a unit. `seed` makes the draw repeatable; `position` is the question that stands in the group
    (from 1); `expected` and `participants` are counts. Kept as long as its meeting's minutes."""

    id: int | None = Field(default=None, primary_key=True)
    unit_id: int = Field(foreign_key="unit.id", index=True)
    meeting_id: int | None = Field(default=None, foreign_key="meeting.id", index=True)
    title: str
    total: int
    seed: int = 0
    in_group: bool = False
    state: QuizState = Field(default=QuizState.DRAFT, sa_type=Word(QuizState))
    made_by: int = Field(foreign_key="member.id")
    made_at: datetime = Field(sa_type=Moment)
    closes_at: datetime | None = Field(default=None, sa_type=Moment)
    position: int = 1
    expected: int = 0
    participants: int = 0


class QuizSlot(Row, table=True):
    """A question in its place (from 1) in a quiz; the two counts are written when the quiz closes. Kept as long
    as its quiz."""

    __tablename__ = "quiz_slot"

    id: int | None = Field(default=None, primary_key=True)
    quiz_id: int = Field(foreign_key="quiz.id", index=True)
    position: int
    question_id: int = Field(foreign_key="question.id")
    prompt_id: int = 0
    answered: int = 0
    right: int = 0


class QuizAnswer(Row, table=True):
    """How right a member's first answer was, in percent; the answer itself is not kept. Deleted
    `privacy.practice_days` (90) days after the quiz: only the counts stay."""

    __tablename__ = "quiz_answer"
    __table_args__ = WITHOUT_ROWID

    quiz_id: int = Field(foreign_key="quiz.id", primary_key=True)
    slot_id: int = Field(foreign_key="quiz_slot.id", primary_key=True)
    member_id: int = Field(foreign_key="member.id", primary_key=True)
    points: int


class Share(Struct, frozen=True):
    """One question: how many answered, how many of them wholly right."""

    position: int
    stem: str
    right: int
    answered: int

    @property
    def percent(self) -> int | None:
        """The share of right answers in whole per cent, halves rounded up; None when too few answered to hide who they
        were."""
        share = right_share(self.right, self.answered)
        return None if share is None else int(share * 100 + Fraction(1, 2))


class QuizResult(Struct, frozen=True):
    """A closed quiz for the records: counts only; `questions` are (stem, right, answered)."""

    title: str
    participants: int
    expected: int
    questions: tuple[tuple[str, int, int], ...]


def draft(session: StoreSession, quiz: Quiz) -> Quiz:
    """Keep a draft and draw its questions; a draft made earlier for the unit is dropped."""
    drop_drafts(session, quiz.unit_id)
    session.add(quiz)
    session.flush()
    return redraw(session, quiz, 0)


def redraw(session: StoreSession, quiz: Quiz, seed: int) -> Quiz:
    """Draw the questions of a draft anew: the same seed and bank give the same draw. What is typed comes last."""
    session.execute(delete(QuizSlot).where(col(QuizSlot.quiz_id) == quiz.id))
    found = drawable(session, list(QuestionType))
    drawn = random.Random(f"{quiz.id}:{seed}").sample(found, min(quiz.total, len(found)))
    typed = set(drawable(session, TYPED))
    ordered = sorted(drawn, key=lambda ident: ident in typed)
    _place(session, quiz, ordered)
    quiz.seed = seed
    session.add(quiz)
    session.flush()
    return quiz


def fit_to_group(session: StoreSession, quiz: Quiz) -> None:
    """Leave only what a group can answer by one tap, filled up from the bank."""
    fitting = drawable(session, IN_GROUP)
    kept = [question.id or 0 for _, question in placed(session, quiz.id or 0) if question.kind in IN_GROUP]
    others = [ident for ident in fitting if ident not in kept]
    more = random.Random(f"{quiz.id}:{quiz.seed}").sample(
        others, min(max(quiz.total - len(kept), 0), len(others))
    )
    session.execute(delete(QuizSlot).where(col(QuizSlot.quiz_id) == quiz.id))
    _place(session, quiz, kept + more)


def placed(session: StoreSession, quiz_id: int) -> list[tuple[QuizSlot, Question]]:
    """The questions of a quiz in order."""
    query = select(QuizSlot, Question).join(Question, col(Question.id) == col(QuizSlot.question_id))
    return list(session.exec(query.where(col(QuizSlot.quiz_id) == quiz_id).order_by(col(QuizSlot.position))))


def running(session: StoreSession, unit_id: int) -> Quiz | None:
    """The quiz that the unit is taking now."""
    query = select(Quiz).where(col(Quiz.unit_id) == unit_id, col(Quiz.state) == QuizState.RUNNING)
    return session.exec(query.order_by(col(Quiz.id).desc())).first()


def running_in(session: StoreSession, units: list[int]) -> Quiz | None:
    """The newest quiz that runs in one of these units."""
    query = select(Quiz).where(col(Quiz.unit_id).in_(units), col(Quiz.state) == QuizState.RUNNING)
    return session.exec(query.order_by(col(Quiz.id).desc())).first()


def latest(session: StoreSession, unit_id: int) -> Quiz | None:
    """The unit's running or last closed quiz."""
    query = select(Quiz).where(col(Quiz.unit_id) == unit_id, col(Quiz.state) != QuizState.DRAFT)
    return session.exec(query.order_by(col(Quiz.id).desc())).first()


def draft_of(session: StoreSession, unit_id: int, member_id: int) -> Quiz | None:
    """The draft that this member made for the unit."""
    query = select(Quiz).where(col(Quiz.unit_id) == unit_id, col(Quiz.state) == QuizState.DRAFT)
    return session.exec(query.where(col(Quiz.made_by) == member_id)).first()


def participants(session: StoreSession, quiz: Quiz) -> int:
    """How many members have answered at least one question."""
    if quiz.state is QuizState.CLOSED:
        return quiz.participants
    query = select(func.count(distinct(col(QuizAnswer.member_id)))).where(col(QuizAnswer.quiz_id) == quiz.id)
    return session.exec(query).one()


def shares(session: StoreSession, quiz: Quiz) -> list[Share]:
    """The counts of each question, in order; `Share.percent` hides those that too few answered."""
    tally = {slot.id: (slot.answered, slot.right) for slot, _ in placed(session, quiz.id or 0)}
    if quiz.state is not QuizState.CLOSED:
        tally.update(_tally(session, quiz.id or 0))
    return [
        Share(slot.position, question.stem, tally[slot.id][1], tally[slot.id][0])
        for slot, question in placed(session, quiz.id or 0)
    ]


def start(session: StoreSession, quiz: Quiz, in_group: bool, closes_at: datetime) -> None:
    """A draft becomes the unit's running quiz."""
    quiz.in_group, quiz.closes_at, quiz.state = in_group, closes_at, QuizState.RUNNING
    quiz.total = len(placed(session, quiz.id or 0))
    quiz.expected = count(session, Audience(units=(quiz.unit_id,)))
    session.add(quiz)
    session.flush()


def close(session: StoreSession, quiz: Quiz) -> None:
    """Write the counts and close, once everybody who answers at this moment has answered."""
    turns.hold(session, Quiz, quiz.id or 0)
    quiz.participants = participants(session, quiz)
    tally = _tally(session, quiz.id or 0)
    for slot, _ in placed(session, quiz.id or 0):
        slot.answered, slot.right = tally.get(slot.id, (0, 0))
        session.add(slot)
    quiz.state = QuizState.CLOSED
    session.add(quiz)
    session.flush()


def takers(session: StoreSession, quiz_id: int, after: int, most: int) -> list[int]:
    """The next members who took part, by id."""
    query = select(QuizAnswer.member_id).where(
        col(QuizAnswer.quiz_id) == quiz_id, col(QuizAnswer.member_id) > after
    )
    return list(session.exec(query.distinct().order_by(col(QuizAnswer.member_id)).limit(most)))


def own_points(session: StoreSession, quiz_id: int, member_id: int) -> dict[int, int]:
    """Slot -> percent, of one member, for that member only."""
    query = select(QuizAnswer.slot_id, QuizAnswer.points).where(
        col(QuizAnswer.quiz_id) == quiz_id, col(QuizAnswer.member_id) == member_id
    )
    return dict(session.exec(query).all())


def of_meeting(session: StoreSession, meeting_id: int) -> list[QuizResult]:
    """The closed quizzes of a meeting, for its minutes and the month record."""
    query = select(Quiz).where(col(Quiz.meeting_id) == meeting_id, col(Quiz.state) == QuizState.CLOSED)
    return [
        QuizResult(
            quiz.title, quiz.participants, quiz.expected,
            tuple((one.stem, one.right, one.answered) for one in shares(session, quiz)),
        )
        for quiz in session.exec(query.order_by(col(Quiz.id)))
    ]  # fmt: skip


def about_member(session: StoreSession, member_id: int) -> list[Fact]:
    """What is stored about the member's quizzes (PI-4)."""
    query = select(func.count(distinct(col(QuizAnswer.quiz_id)))).where(
        col(QuizAnswer.member_id) == member_id
    )
    found = session.exec(query).one()
    return [Fact("quiz.fact_quizzes", {"count": found})] if found else []


def drop_drafts(session: StoreSession, unit_id: int) -> None:
    """Forget drafts of a unit."""
    drafts = select(Quiz.id).where(col(Quiz.unit_id) == unit_id, col(Quiz.state) == QuizState.DRAFT)
    session.execute(delete(QuizSlot).where(col(QuizSlot.quiz_id).in_(drafts)))
    session.execute(delete(Quiz).where(col(Quiz.unit_id) == unit_id, col(Quiz.state) == QuizState.DRAFT))


def forget_old(session: StoreSession, now: datetime, practice_days: int) -> None:
    """Nightly: of quizzes older than `practice_days`, drop what names a member (PI-10)."""
    old = select(Quiz.id).where(col(Quiz.made_at) < now - timedelta(days=practice_days))
    session.execute(delete(QuizAnswer).where(col(QuizAnswer.quiz_id).in_(old)))


def _place(session: StoreSession, quiz: Quiz, question_ids: list[int]) -> None:
    for position, ident in enumerate(question_ids, 1):
        session.add(QuizSlot(quiz_id=quiz.id or 0, position=position, question_id=ident))
    session.flush()


def _tally(session: StoreSession, quiz_id: int) -> dict[int | None, tuple[int, int]]:
    right = func.sum(sql_cast(col(QuizAnswer.points) == 100, Integer))
    query = select(QuizAnswer.slot_id, func.count(), right).where(col(QuizAnswer.quiz_id) == quiz_id)
    return {
        slot: (answered, int(right or 0))
        for slot, answered, right in session.exec(query.group_by(col(QuizAnswer.slot_id)))
    }
