"""The quiz on pages: the secretary's console with live counts, and a page to take it with large targets."""

from __future__ import annotations

from collections.abc import Mapping

from bot.messages import Role
from bot.router import Context, Refused
from bot.rules.answers import whole
from bot.services.groups import missed
from bot.services.quiz.answering import count, still_asked, units_of
from bot.services.quiz.card import options_of
from bot.services.quiz.running import ANSWER, begin, finish, make_draft, step
from bot.store import prompts, quiz, quiz_answers
from bot.store.quiz import Quiz
from bot.web.kept import Typed, kept
from bot.web.page import Page, Redirect, View, Visit


def console(visit: Visit, ctx: Context) -> View:
    """The unit's running or last quiz, and the form to draw a new one."""
    found = quiz.latest(ctx.session, ctx.unit_id)
    draft = quiz.draft_of(ctx.session, ctx.unit_id, ctx.member.id)
    values = {
        "quiz": _shown(found) if found else None,
        "running": found is not None and found.state is quiz.QuizState.RUNNING,
        "took": quiz.participants(ctx.session, found) if found else 0,
        "shares": quiz.shares(ctx.session, found) if found else [],
        "draft": [one.stem for _, one in quiz.placed(ctx.session, draft.id or 0)] if draft else [],
        "number": ctx.settings.quiz.questions,
        "typed": Typed(),
        "missed": missed(ctx, f"quiz:{found.id}:{found.position}:ask") if found and found.in_group else [],
    }
    return View("quiz/quiz.html", values)


def _steer(visit: Visit, ctx: Context) -> Redirect:
    """Draw, start, go on or end; the same steps as in the chat."""
    action = visit.field("action")
    draft = quiz.draft_of(ctx.session, ctx.unit_id, ctx.member.id)
    running = quiz.running(ctx.session, ctx.unit_id)
    if action == "draw" and running is None:
        make_draft(ctx, ctx.unit_id, visit.field("number"))
    elif action in ("members", "group") and draft is not None:
        begin(ctx, draft, action == "group")
    elif action == "drop" and draft is not None:
        quiz.drop_drafts(ctx.session, ctx.unit_id)
    elif action == "next" and running is not None and running.in_group:
        step(ctx, running)
    elif action == "end" and running is not None:
        finish(ctx, running)
    else:
        raise Refused("quiz.nothing_runs")
    return Redirect("/quiz")


steer = kept(_steer, console, 403, do="action")


def live(visit: Visit, ctx: Context) -> Mapping[str, object]:
    """Counts only, while the quiz runs."""
    found = quiz.latest(ctx.session, ctx.unit_id)
    if found is None:
        return {"took": 0, "expected": 0, "shares": []}
    took = quiz.participants(ctx.session, found)
    return {
        "took": took,
        "expected": found.expected,
        "shares": [one.percent for one in quiz.shares(ctx.session, found)],
    }


def take(visit: Visit, ctx: Context) -> View:
    """The next question that this member has not answered."""
    running = _running(ctx)
    following = quiz_answers.next_for(ctx.session, running.id or 0, ctx.member.id)
    labels = options_of(ctx, following.kind, following.options) if following else ()
    return View("quiz/take.html", {"quiz": _shown(running), "question": following, "labels": labels})


def answer(visit: Visit, ctx: Context) -> Redirect:
    """One answer; what counts in the chat counts here."""
    running = _running(ctx)
    asked = prompts.find(ctx.session, whole(visit.field("prompt")), ctx.now)
    if asked is None or asked.route != ANSWER:
        raise Refused("help.stale_button")
    if asked.closed:
        raise Refused("quiz.over")
    chosen = sorted(set(visit.numbers("option")))
    given = visit.field("text")[:200]
    if asked.free_text != (not chosen) or (asked.free_text and not given):
        return Redirect("/quiz/take")
    if not asked.free_text and (chosen[-1] >= len(asked.options) or (len(chosen) > 1 and not asked.multiple)):
        raise Refused("help.stale_button")
    slot = quiz_answers.find_slot(ctx.session, asked.subject)
    if slot is None or slot.quiz_id != running.id:
        raise Refused("help.stale_button")
    still_asked(ctx, slot, asked.title)
    count(ctx, slot, tuple(chosen), given)
    return Redirect("/quiz/take")


def _running(ctx: Context) -> Quiz:
    running = quiz.running_in(ctx.session, units_of(ctx))
    if running is None or running.in_group:
        raise Refused("quiz.none_runs")
    return running


def _shown(one: Quiz) -> dict[str, object]:
    """What templates need: they are filled after the session has gone."""
    return {"title": one.title, "total": one.total, "expected": one.expected, "in_group": one.in_group}


PAGES = (
    Page("/quiz", Role.SECRETARY, get=console, post=steer, watch=live, menu=(Role.SECRETARY,)),
    Page("/quiz/take", Role.MEMBER, get=take, post=answer, crowd=True),
)
