"""An answer that somebody types in the group while a quiz is answered there by taps."""

from __future__ import annotations

from bot.messages import Message
from bot.router import Context
from bot.services.quiz.card import reopen
from bot.store.people import Audience
from bot.store.questions import Question
from bot.store.quiz import QuizSlot
from bot.store.quiz_answers import Slot


def typed_in_group(ctx: Context, slot: Slot) -> Message:
    """Send the question to the member alone, once, with the way to answer it; the answer that was typed is not counted
    (FM-8). The group reads only that taps count: a member to whom the bot cannot write finds the buttons by that. The
    question stays open."""
    placed, asked = ctx.session.get(QuizSlot, slot.id), ctx.question
    question = ctx.session.get(Question, placed.question_id) if placed else None
    if placed is not None and question is not None:
        head = ctx.text("quiz.typed_in_group") + ctx.text("quiz.head", position=placed.position, total=slot.total)
        message = reopen(ctx, asked.id, head, question.kind, question.stem, tuple(question.options))
        key = f"quiz:{slot.quiz_id}:{placed.position}:typed:{ctx.member.id}"
        ctx.notify(Audience(members=(ctx.member.id,)), message, key, expires_at=slot.closes_at, immediate=True)
    return Message(ctx.text("quiz.not_typed_here"), awaits=asked.id)
