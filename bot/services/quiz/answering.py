"""Who may take a quiz, and an answer to one of its questions."""

from __future__ import annotations

from bot.router import Context, Refused
from bot.store import questions, quiz_answers
from bot.store.people import unit
from bot.store.quiz_answers import Slot


def units_of(ctx: Context) -> list[int]:
    """The units whose quizzes this member may take: their group, branch and everything above it."""
    person = ctx.member
    path = unit(ctx.session, person.branch_id).line
    return [*path, person.group_id] if person.group_id else path


def still_asked(ctx: Context, slot: Slot, title: str) -> None:
    """Refuse an answer of somebody whose quiz it is not, and one that comes after the quiz or the question is over."""
    if not ctx.belongs(slot.unit_id):
        raise Refused("quiz.not_yours")
    if not slot.running or (slot.closes_at is not None and slot.closes_at <= ctx.now):
        raise Refused("quiz.over")
    if not slot.stands:
        raise Refused("quiz.question_over", title=title)


def count(ctx: Context, slot: Slot, options: tuple[int, ...], text: str) -> bool:
    """Take one answer; whether it is this member's first to the question, which alone counts."""
    half = ctx.settings.quiz.half_for_subset
    points = questions.points(slot.kind, slot.answer, options, text, half)
    return quiz_answers.record(ctx.session, slot, ctx.member.id, points)
