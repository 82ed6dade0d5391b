"""The rights of a member over their own data (PI-4): see it, have it corrected, stop using the bot."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta

from bot.messages import Attachment, Inbound, Message, Role
from bot.router import Context, Feature, Matter, Refused, Route, Timed
from bot.rules.lateness import ALWAYS, WEEK
from bot.rules.secrecy import find_marks
from bot.store import (
    attendance,
    audit,
    election,
    notices,
    people,
    poll,
    practice,
    prompts,
    quiz,
    rating,
    records,
    study,
    theme_day,
)
from bot.store import mine as store
from bot.store.core import turns
from bot.store.core.statements import StoreSession
from bot.store.mine import CorrectionRequest, RequestKind, RequestState
from bot.store.people import Audience, Fact, Person

ABOUT: tuple[Callable[[StoreSession, int], list[Fact]], ...] = (
    store.about_member,
    attendance.about_member,
    notices.about_member,
    practice.about_member,
    quiz.about_member,
    poll.about_member,
    study.about_member,
    theme_day.about_member,
    records.about_member,
    election.about_member,
    rating.about_member,
)
"""Every function that knows something about a member, in the order in which it is shown."""

ANSWER_DAYS = 15
_REMIND_DAYS = 10
_LONGEST = 500
_MOST_OPEN = 5
_IN_CHAT = 15


def show(inbound: Inbound, ctx: Context) -> Message:
    """All that is stored about this member; a long answer is also a file."""
    lines = [
        ctx.text("mine.line", fact=_in_words(ctx, fact))
        for about in ABOUT
        for fact in about(ctx.session, ctx.member.id)
    ]
    head = ctx.text("mine.head", name=ctx.member.name)
    rights = ctx.text("mine.rights", days=ANSWER_DAYS)
    if len(lines) <= _IN_CHAT:
        return Message("\n".join([head, *lines, rights]))
    more = ctx.text("mine.more", count=len(lines) - _IN_CHAT)
    body = "\n".join([head, *lines, rights, ctx.text("mine.as_of", at=ctx.now.strftime("%Y-%m-%d %H:%M"))])
    file = Attachment(ctx.text("mine.file"), "text/plain; charset=utf-8", ("\ufeff" + body + "\n").encode())
    return Message("\n".join([head, *lines[:_IN_CHAT], more, rights]), attachments=(file,))


def _in_words(ctx: Context, fact: Fact) -> str:
    """The sentence of a fact. A channel is called as in `mine.channel`, else as it calls itself."""
    channel = str(fact.values.get("channel", ""))
    called = ctx.library.content.texts.sentences.get(f"mine.channel.{channel}", channel)
    return ctx.text(fact.key, **{**fact.values, "channel": called})


def correct(inbound: Inbound, ctx: Context) -> Message:
    """Ask to have something corrected, deleted or explained."""
    if ctx.args.strip():
        return _requested(ctx, ctx.args)
    title = ctx.text("mine.correct_title")
    return Message(ctx.text("mine.ask_what"), awaits=ctx.ask_text("mine.what", ctx.member.id, title))


def what(inbound: Inbound, ctx: Context) -> Message:
    """The text that `correct` asked for."""
    return _requested(ctx, _own_words(inbound, ctx))


def suggest(inbound: Inbound, ctx: Context) -> Message:
    """Suggest something or complain, under one's own name, to the office alone (FM-7)."""
    if ctx.args.strip():
        return _requested(ctx, ctx.args, RequestKind.SUGGESTION)
    title = ctx.text("mine.suggest_title")
    return Message(ctx.text("mine.ask_suggestion"), awaits=ctx.ask_text("mine.suggested", ctx.member.id, title))


def suggested(inbound: Inbound, ctx: Context) -> Message:
    """The text that `suggest` asked for."""
    return _requested(ctx, _own_words(inbound, ctx), RequestKind.SUGGESTION)


def _own_words(inbound: Inbound, ctx: Context) -> str:
    if ctx.asked is None or ctx.asked.subject != ctx.member.id:
        raise Refused("help.stale_button")
    return inbound.text


def _requested(ctx: Context, typed: str, kind: RequestKind = RequestKind.CORRECTION) -> Message:
    if hit := _secret(ctx, typed):
        return Message(hit)
    text = _checked(typed)
    turns.of_member(ctx.session, ctx.member.id)
    if store.open_requests(ctx.session, ctx.member.id) >= _MOST_OPEN:
        raise Refused("mine.too_many", count=_MOST_OPEN)
    calendar = ctx.library.content.calendar
    due_on = calendar.add_working_days(ctx.today, ANSWER_DAYS)
    ident = store.request(ctx.session, ctx.member.id, kind, text, ctx.now, due_on)
    ctx.audit(f"ask {kind}", str(ident))
    remind = datetime.combine(calendar.add_working_days(ctx.today, _REMIND_DAYS), time(9), ctx.now.tzinfo)
    ctx.schedule(f"correction:{ident}", remind, "mine.overdue", ident)
    answerers = store.office(ctx.session, ctx.member)
    if kind is RequestKind.CORRECTION:
        answerers = (*store.secretaries(ctx.session, ctx.member), *answerers)
    if not answerers:
        return Message(ctx.text("mine.nobody_to_ask", contact=ctx.settings.privacy.contact))
    request = store.find(ctx.session, ident)
    assert request is not None
    task = _task(ctx, request, ctx.member, "task")
    ctx.notify(Audience(members=answerers), task, f"correction:{ident}:asked")
    return Message(ctx.text(f"mine.requested_{kind}", until=due_on.strftime("%m-%d")))


def _task(ctx: Context, request: CorrectionRequest, person: Person, stage: str) -> Message:
    branch = people.unit(ctx.session, person.branch_id).name
    title = ctx.text(f"mine.title_{request.kind}", name=person.name)
    actions = ("reply",) if request.kind is RequestKind.SUGGESTION else ("done", "refuse")
    options = tuple(ctx.text(f"mine.do_{action}") for action in actions)
    until = request.due_on.strftime("%m-%d")
    key = f"mine.{stage}_{request.kind}"
    text = ctx.text(key, name=person.name, branch=branch, text=request.text, until=until)
    return Message(text, ctx.ask("mine.answer", request.id or 0, title, options, changeable=True))


def answer(inbound: Inbound, ctx: Context) -> Message:
    """Done, or not to be done: the latter needs a reason. A suggestion is answered in words."""
    request = _open_request(ctx)
    corrected = request.kind is RequestKind.CORRECTION
    if corrected and inbound.options[0] == 0:
        return _settled(ctx, request, RequestState.DONE, "")
    what = "reason" if corrected else "reply"
    awaits = ctx.ask_text("mine.reason", request.id or 0, ctx.text(f"mine.{what}_title"))
    return Message(ctx.text(f"mine.ask_{what}"), awaits=awaits)


def reason(inbound: Inbound, ctx: Context) -> Message:
    """Why it is not corrected, or the answer to a suggestion; the member is told (art 50)."""
    request = _open_request(ctx)
    if hit := _secret(ctx, inbound.text):
        return Message(hit)
    state = RequestState.REFUSED if request.kind is RequestKind.CORRECTION else RequestState.DONE
    return _settled(ctx, request, state, _checked(inbound.text))


def _open_request(ctx: Context) -> CorrectionRequest:
    request = store.find(ctx.session, ctx.asked.subject) if ctx.asked else None
    person = people.person(ctx.session, request.member_id) if request else None
    if request is None or person is None:
        raise Refused("help.stale_button")
    by_secretary = request.kind is RequestKind.CORRECTION and ctx.may(Role.SECRETARY, person.branch_id)
    others = person.id != ctx.member.id
    if not (others and (by_secretary or ctx.may(Role.OFFICE, person.branch_id))):
        raise Refused("help.not_yours")
    if request.state is not RequestState.OPEN:
        raise Refused("mine.answered_already")
    return request


def _settled(ctx: Context, request: CorrectionRequest, state: RequestState, text: str) -> Message:
    ident, member_id, asked, kind = request.id or 0, request.member_id, request.text, request.kind
    if not store.answer(ctx.session, ident, state, text, ctx.member.id, ctx.now):
        raise Refused("mine.answered_already")
    prompts.close(ctx.session, "mine.answer", ident)
    prompts.close(ctx.session, "mine.reason", ident)
    ctx.audit(f"answer {kind}", str(ident))
    told = ctx.text(f"mine.told_{kind}_{state}", text=asked, answer=text, contact=ctx.settings.privacy.contact)
    ctx.notify(Audience(members=(member_id,)), Message(told), f"correction:{ident}:answered")
    return Message(ctx.text(f"mine.settled_{kind}_{state}"))


def overdue(subject: int, ctx: Context) -> None:
    """Five working days before the end: tell the office, if nobody has answered. A suggestion never goes to the
    secretary, whom it may be about."""
    request = store.find(ctx.session, subject)
    person = people.person(ctx.session, request.member_id) if request else None
    if request is None or person is None or request.state is not RequestState.OPEN:
        return
    if members := _reminded(ctx, request, person):
        task = _task(ctx, request, person, "again")
        ctx.notify(Audience(members=members), task, f"correction:{subject}:reminder")


def unanswered(subject: int, ctx: Context) -> Matter | None:
    """What is asked about this reminder when its time passed while nothing ran: those whom it would have reached."""
    request = store.find(ctx.session, subject)
    person = people.person(ctx.session, request.member_id) if request else None
    if request is None or person is None or request.state is not RequestState.OPEN:
        return None
    return Matter((), f"correction:{subject}:reminder", members=_reminded(ctx, request, person))


def _reminded(ctx: Context, request: CorrectionRequest, person: Person) -> tuple[int, ...]:
    members = store.office(ctx.session, person)
    if request.kind is RequestKind.CORRECTION:
        members = members or store.secretaries(ctx.session, person)
    return members


def leave(inbound: Inbound, ctx: Context) -> Message:
    """Explain what leaving means, and ask."""
    options = (ctx.text("mine.do_leave"), ctx.text("mine.do_stay"))
    choices = ctx.ask("mine.left", ctx.member.id, ctx.text("mine.leave_title"), options, changeable=True)
    return Message(ctx.text("mine.leave_ask"), choices)


def left(inbound: Inbound, ctx: Context) -> Message:
    """Delete the person's accounts on every platform at once; the branch's records stay (PI-10)."""
    member = ctx.member
    if ctx.asked is None or ctx.asked.subject != member.id:
        raise Refused("help.stale_button")
    if inbound.options[0] != 0:
        return Message(ctx.text("mine.stayed"))
    told = (*store.secretaries(ctx.session, member), *store.office(ctx.session, member))
    ctx.audit("leave", str(member.id))
    store.leave(ctx.session, member.id)
    stamp = int(ctx.now.timestamp())
    ctx.schedule(f"leave:{member.id}:{stamp}", ctx.now + timedelta(days=1), "mine.forget", member.id)
    if told:
        branch = people.unit(ctx.session, member.branch_id).name
        text = ctx.text("mine.left_told", name=member.name, branch=branch)
        ctx.notify(Audience(members=told), Message(text), f"leave:{member.id}:{stamp}")
    return Message(ctx.text("mine.gone"))


def forget(subject: int, ctx: Context) -> None:
    """A day after leaving: what the last conversation left behind goes too."""
    store.forget_traces(ctx.session, subject)


def _secret(ctx: Context, text: str) -> str:
    """The sentence that refuses identity numbers and marks (PI-3, SC-6), or ""; only the rule is logged."""
    hits = find_marks(text, ctx.library.content.marks)
    if not hits:
        return ""
    audit.record(ctx.session, ctx.now, None, "refused text", " ".join(hits))
    return ctx.text("mine.secret")


def _checked(typed: str) -> str:
    text = typed.strip()
    if not text:
        raise Refused("help.empty")
    if len(text) > _LONGEST:
        raise Refused("mine.too_long", limit=_LONGEST)
    return text


FEATURE = Feature(
    "mine",
    routes=(
        Route("mine.show", show, Role.MEMBER),
        Route("mine.correct", correct, Role.MEMBER, takes_args=True, everyday=True),
        Route("mine.what", what, Role.MEMBER),
        Route("mine.suggest", suggest, Role.MEMBER, takes_args=True, everyday=True),
        Route("mine.suggested", suggested, Role.MEMBER),
        Route("mine.answer", answer, Role.SECRETARY, or_role=Role.OFFICE, closed="mine.answered_already"),
        Route("mine.reason", reason, Role.SECRETARY, or_role=Role.OFFICE),
        Route("mine.leave", leave, Role.MEMBER),
        Route("mine.left", left, Role.MEMBER),
    ),
    jobs={"mine.overdue": Timed(overdue, WEEK, unanswered), "mine.forget": Timed(forget, ALWAYS)},
)
