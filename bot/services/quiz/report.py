"""How a quiz went, in words: counts for the secretary, a member's own result for that member only (FM-8)."""

from __future__ import annotations

from bot.messages import Message
from bot.router import Context, Matter
from bot.services.groups import missed
from bot.services.quiz.card import report_button, right_answer
from bot.store import posts, quiz
from bot.store.people import Audience
from bot.store.questions import Question
from bot.store.quiz import Quiz, QuizSlot, QuizState, Share

_CELLS = 10


def status(ctx: Context, one: Quiz) -> str:
    """Participation and the share of right answers by question, drawn as bars; nobody's name (8.6)."""
    took = quiz.participants(ctx.session, one)
    state = ctx.text(f"quiz.state_{one.state}")
    lines = [ctx.text("quiz.status", title=one.title, state=state, took=took, expected=one.expected)]
    lines += [_bar(ctx, share) for share in quiz.shares(ctx.session, one)]
    if one.in_group:
        lines += missed(ctx, f"quiz:{one.id}:{one.position}:ask")
    return "\n".join(lines)


def send_summary(ctx: Context, closed: Quiz) -> None:
    """The counts go to whoever is in charge of the unit now; where nobody who can be reached is, to those above it."""
    told = posts.in_charge(ctx.session, closed.unit_id, closed.made_by)
    told = told or posts.above_or_office(ctx.session, closed.unit_id)
    if told:
        summary = Message(status(ctx, closed))
        ctx.notify(Audience(members=tuple(told)), summary, f"quiz:{closed.id}:summary", immediate=True)


def running_quiz(quiz_id: int, ctx: Context) -> Matter | None:
    """What is asked about a quiz whose end passed while nothing ran."""
    found = ctx.session.get(Quiz, quiz_id)
    running = found is not None and found.state is QuizState.RUNNING
    return Matter((found.unit_id,), f"quiz:{quiz_id}:summary") if found and running else None


def _bar(ctx: Context, share: Share) -> str:
    if share.percent is None:
        return ctx.text("quiz.too_few", position=share.position, answered=share.answered)
    full = round(share.percent / 100 * _CELLS)
    bar = "\u2588" * full + "\u2591" * (_CELLS - full)
    return ctx.text("quiz.bar", position=share.position, bar=bar, percent=share.percent, right=share.right,
                    answered=share.answered)  # fmt: skip


def own_result(ctx: Context, closed: Quiz, found: list[tuple[QuizSlot, Question]], member_id: int) -> Message:
    """A member's own result: how many were right, and the right answer of every other."""
    points = quiz.own_points(ctx.session, closed.id or 0, member_id)
    right = sum(one == 100 for one in points.values())
    lines = [ctx.text("quiz.result", title=closed.title, right=right, total=len(found), answered=len(points))]
    missed = [(slot, one) for slot, one in found if points.get(slot.id or 0, 0) < 100]
    for slot, one in missed:
        lines.append(ctx.text("quiz.explained", position=slot.position, stem=one.stem))
        lines.append(right_answer(ctx, one))
    lines.append(ctx.text("quiz.only_you"))
    return Message("\n".join(lines), (report_button(ctx, missed[0][1].id or 0),) if len(missed) == 1 else ())
