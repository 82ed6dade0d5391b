"""The hot path of a quiz: what many people do at the same moment. No ORM objects here."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import bindparam, exists
from sqlmodel import select

from bot.rules.quiz import QuestionType
from bot.store.core.columns import insert, table_of
from bot.store.core.statements import Hot, StoreSession
from bot.store.questions import Question
from bot.store.quiz import Quiz, QuizAnswer, QuizSlot, QuizState


class Slot(Struct, frozen=True):
    """What checking one answer needs. `stands`: it may be answered now, in a group the one that stands there."""

    id: int
    quiz_id: int
    unit_id: int
    running: bool
    stands: bool
    in_group: bool
    closes_at: datetime | None
    total: int
    kind: QuestionType
    answer: list[Any]


class Next(Struct, frozen=True):
    """The next question for one member."""

    prompt_id: int
    position: int
    kind: QuestionType
    stem: str
    options: tuple[str, ...]


_slot = table_of(QuizSlot)
_quiz = table_of(Quiz)
_question = table_of(Question)
_answer = table_of(QuizAnswer)

_SLOT_COLUMNS = [
    *(_slot.c[name] for name in ("id", "quiz_id")),
    *(_quiz.c[name] for name in ("unit_id", "state", "position")),
    _slot.c.position.label("place"),
    *(_quiz.c[name] for name in ("in_group", "closes_at", "total")),
    *(_question.c[name] for name in ("kind", "answer")),
]
_FIND_SLOT = Hot(
    select(*_SLOT_COLUMNS)
    .join(_quiz, _quiz.c.id == _slot.c.quiz_id)
    .join(_question, _question.c.id == _slot.c.question_id)
    .where(_slot.c.id == bindparam("slot_id"))
    .with_for_update(read=True, of=_quiz)
)
"""Whoever ends the quiz or goes on in the group waits for those who answer at this moment, and they for them."""
_RECORD = Hot(
    insert(QuizAnswer)
    .values({name: bindparam(name) for name in ("quiz_id", "slot_id", "member_id", "points")})
    .on_conflict_do_nothing()
)
_NEXT_COLUMNS = [
    *(_slot.c[name] for name in ("prompt_id", "position")),
    *(_question.c[name] for name in ("kind", "stem", "options")),
]
_NEXT = Hot(
    select(*_NEXT_COLUMNS)
    .join(_question, _question.c.id == _slot.c.question_id)
    .where(
        _slot.c.quiz_id == bindparam("quiz"),
        ~exists().where(
            _answer.c.quiz_id == bindparam("quiz"), _answer.c.slot_id == _slot.c.id,
            _answer.c.member_id == bindparam("member"),
        ),
    )
    .order_by(_slot.c.position)
    .limit(1)
)  # fmt: skip


def find_slot(session: StoreSession, slot_id: int) -> Slot | None:
    """The question of a quiz behind a prompt; the quiz stays as it is until this transaction ends."""
    row = session.one(_FIND_SLOT, slot_id=slot_id)
    if row is None:
        return None
    ident, quiz_id, unit_id, state, standing, place, in_group, *rest = row
    stands = not in_group or place == standing
    return Slot(ident, quiz_id, unit_id, state is QuizState.RUNNING, stands, bool(in_group), *rest)


def record(session: StoreSession, slot: Slot, member_id: int, points: int) -> bool:
    """Keep a first answer; False when this member has answered the question before."""
    return (
        session.run(_RECORD, quiz_id=slot.quiz_id, slot_id=slot.id, member_id=member_id, points=points) == 1
    )


def next_for(session: StoreSession, quiz_id: int, member_id: int) -> Next | None:
    """The first question that the member has not answered."""
    row = session.one(_NEXT, quiz=quiz_id, member=member_id)
    return None if row is None else Next(row[0], row[1], row[2], row[3], tuple(row[4]))
