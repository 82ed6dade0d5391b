"""Voluntary practice: what one member was asked and how it went, seen by nobody else (FM-8, EX-4)."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import func
from sqlmodel import Field, col, delete, select

from bot.rules.quiz import QuestionType
from bot.store import prompts
from bot.store.core.columns import Moment, Row, insert
from bot.store.core.statements import StoreSession
from bot.store.people import Fact, Member
from bot.store.prompts import OpenPrompt, Prompt
from bot.store.questions import Question, QuestionReport, drawable

ROUTE = "practice.answer"


class PracticeAsk(Row, table=True):
    """A question put to a member, and how right the answer was, in percent (None: not answered). The
    answer itself is not kept. Deleted after `privacy.practice_days` (90) days."""

    __tablename__ = "practice_ask"

    id: int | None = Field(default=None, primary_key=True)
    member_id: int = Field(foreign_key="member.id", index=True)
    question_id: int = Field(foreign_key="question.id")
    subject: str = ""
    asked_at: datetime = Field(sa_type=Moment, index=True)
    points: int | None = None


class DailyQuestion(Row, table=True):
    """A member who asked for the question of the day. Deleted when they stop it or leave."""

    __tablename__ = "daily_question"

    member_id: int = Field(foreign_key="member.id", primary_key=True)
    since: datetime = Field(sa_type=Moment)


class OwnResult(Struct, frozen=True):
    """A member's own practice: answered, wholly right, and the stems that were last answered wrongly."""

    answered: int
    right: int
    to_repeat: tuple[str, ...]


def draw(
    session: StoreSession, member_id: int, subject: str, kinds: Iterable[QuestionType]
) -> Question | None:
    """One not seen yet; else one last answered wrongly; else the one seen longest ago. None without any."""
    last = _last_points(session, member_id)
    found = drawable(session, kinds, subject)
    if not found:
        return None
    unseen = [ident for ident in found if ident not in last]
    wrong = [ident for ident in found if ident in last and (last[ident] or 0) < 100]
    if unseen or wrong:
        luck = random.Random(f"{member_id}:{len(last)}:{len(unseen)}")
        return session.get(Question, luck.choice(unseen or wrong[:3]))
    seen = [ident for ident in last if ident in set(found)]
    return session.get(Question, seen[0])


def open_ask(session: StoreSession, member_id: int, question: Question, subject: str, now: datetime) -> int:
    """Note that the question is put to the member; the ask's id. `subject` is the member's choice."""
    row = PracticeAsk(member_id=member_id, question_id=question.id or 0, subject=subject, asked_at=now)
    session.add(row)
    session.flush()
    return row.id or 0


def last_asked(session: StoreSession, member_id: int) -> int | None:
    """The id of the question that the member answered last."""
    query = select(PracticeAsk.question_id).where(
        col(PracticeAsk.member_id) == member_id, col(PracticeAsk.points).is_not(None)
    )
    return session.exec(query.order_by(col(PracticeAsk.id).desc()).limit(1)).first()


def own_result(session: StoreSession, member_id: int) -> OwnResult:
    """The member's own result; nobody else may be shown it (EX-4)."""
    mine = (col(PracticeAsk.member_id) == member_id, col(PracticeAsk.points).is_not(None))
    answered = session.exec(select(func.count()).select_from(PracticeAsk).where(*mine)).one()
    right = session.exec(
        select(func.count()).select_from(PracticeAsk).where(*mine, col(PracticeAsk.points) == 100)
    ).one()
    wrong = [
        ident
        for ident, points in _last_points(session, member_id).items()
        if points is not None and points < 100
    ]
    stems = {
        row.id: row.stem for row in session.exec(select(Question).where(col(Question.id).in_(wrong[-5:])))
    }
    return OwnResult(answered, right, tuple(stems[ident] for ident in wrong[-5:] if ident in stems))


def subscribe(session: StoreSession, member_id: int, now: datetime) -> None:
    """The member asks for the question of the day."""
    wanted = insert(DailyQuestion).values(member_id=member_id, since=now)
    session.execute(wanted.on_conflict_do_nothing())


def unsubscribe(session: StoreSession, member_id: int) -> bool:
    """The member wants no more of them; False when there was nothing to stop."""
    return session.changed(delete(DailyQuestion).where(col(DailyQuestion.member_id) == member_id)) == 1


def subscribed(session: StoreSession, member_id: int) -> bool:
    """Does the member want the question of the day?"""
    return session.get(DailyQuestion, member_id) is not None


def about_member(session: StoreSession, member_id: int) -> list[Fact]:
    """What is stored about the member's practice (PI-4)."""
    result = own_result(session, member_id)
    facts = [Fact("practice.fact_answers", {"answered": result.answered})] if result.answered else []
    if subscribed(session, member_id):
        facts.append(Fact("practice.fact_daily", {}))
    query = select(func.count()).select_from(QuestionReport).where(col(QuestionReport.member_id) == member_id)
    if reports := session.exec(query).one():
        facts.append(Fact("practice.fact_reports", {"count": reports}))
    return facts


def forget_old(session: StoreSession, now: datetime, practice_days: int) -> None:
    """Nightly: drop practice, with the prompts shown for it, after `practice_days` (PI-10); leavers' too."""
    old = col(PracticeAsk.asked_at) < now - timedelta(days=practice_days)
    asks = select(PracticeAsk.id).where(old)
    ours = select(Prompt.id).where(col(Prompt.route) == ROUTE, col(Prompt.subject).in_(asks))
    session.execute(delete(OpenPrompt).where(col(OpenPrompt.prompt_id).in_(ours)))
    prompts.forget(session, col(Prompt.route) == ROUTE, col(Prompt.subject).in_(asks))
    session.execute(delete(PracticeAsk).where(old))
    left = select(Member.id).where(col(Member.left_on).is_not(None))
    session.execute(delete(DailyQuestion).where(col(DailyQuestion.member_id).in_(left)))


def _last_points(session: StoreSession, member_id: int) -> dict[int, int | None]:
    """Question -> the points of the last ask, the question asked longest ago first."""
    query = select(PracticeAsk.question_id, PracticeAsk.points).where(col(PracticeAsk.member_id) == member_id)
    last: dict[int, int | None] = {}
    for question, points in session.exec(query.order_by(col(PracticeAsk.id))):
        last.pop(question, None)
        last[question] = points
    return last
