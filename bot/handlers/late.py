"""What was timed and did not happen in time: somebody who leads the unit says what becomes of it."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from bot.messages import Address, Inbound, Message, Role
from bot.router import Context, Feature, Matter, Refused, Route, Timed
from bot.rules import reminders
from bot.rules.lateness import ALWAYS
from bot.rules.moments import MomentWords, parse_moment
from bot.rules.people import Post
from bot.store import delivery, due, late, people, posts, prompts, unknown
from bot.store.core import turns
from bot.store.delivery import QUEUED, OutgoingMessage, Phase
from bot.store.due import Due
from bot.store.people import Audience

NOW, LATER, DROP = range(3)
(_JOB, _WHEN), (_MESSAGE, _WHEN_MESSAGE) = late.ABOUT_JOB, late.ABOUT_MESSAGE
_FEW = 5
"""A message to no more people than these, named one by one, is an answer to them: it says that it is late, and goes."""
_UNITS = 20


def ask_job(row_id: int, ctx: Context) -> None:
    """Job: ask about a job that is too late, unless its matter is over."""
    row = due.waiting(ctx.session, row_id)
    job = ctx.library.job(row.kind) if row else None
    matter = job.matter(row.subject, ctx) if row and job and job.matter else None
    if row is None or matter is None:
        due.decided(ctx.session, row_id)
        return
    _ask(ctx, _JOB, row_id, matter, row.at)


def ask_message(outgoing_id: int, ctx: Context) -> None:
    """Job: ask about a message that is too late; a private answer goes out and says so instead."""
    outgoing = late.waiting(ctx.session, outgoing_id)
    if outgoing is None:
        return
    audience = Audience.from_json(outgoing.audience)
    few = not audience.units and len(audience.members) <= _FEW
    if few and (outgoing.expires_at is None or outgoing.expires_at > ctx.now):
        late.say(ctx.session, outgoing, ctx.text("late.note", at=_minute(outgoing.due_at)))
        late.release(ctx.session, outgoing_id, ctx.now if outgoing.immediate else ctx.polite(ctx.now))
        return
    _ask(ctx, _MESSAGE, outgoing_id, _message_matter(ctx, outgoing), outgoing.due_at)


def _ask(ctx: Context, route: str, subject: int, matter: Matter, at: datetime) -> None:
    asked = _asked(ctx, matter)
    if not asked:
        ctx.audit("late, nobody to ask", f"{route}:{subject}")
        return
    title = ctx.text("late.title", what=_what(ctx, matter))
    options = tuple(ctx.text(f"late.do_{name}") for name in ("now", "later", "drop"))
    text = ctx.text("late.ask", what=_what(ctx, matter), at=_minute(at))
    message = Message(text, ctx.ask(route, subject, title, options, changeable=True))
    ctx.notify(Audience(members=tuple(asked)), message, f"late:{route}:{subject}:{int(at.timestamp())}")


def decided(inbound: Inbound, ctx: Context) -> Message:
    """What becomes of a job."""
    row, _ = _job(ctx)
    if inbound.options == (LATER,):
        return _ask_time(ctx, _WHEN)
    due.decided(ctx.session, row.id or 0)
    prompts.close(ctx.session, _JOB, row.id or 0)
    job = ctx.library.job(row.kind)
    assert job is not None
    work = job.run if inbound.options == (NOW,) else job.drop
    ctx.audit("late now" if inbound.options == (NOW,) else "late dropped", f"{row.kind}:{row.subject}")
    ctx.session.info.pop(QUEUED, None)
    if work is not None:
        work(row.subject, replace(ctx, address=Address("", ""), person=None, chat_unit=None, unit_id=0, asked=None))
    if inbound.options == (DROP,):
        return Message(ctx.text("late.dropped"))
    return Message(ctx.text("late.done" if ctx.session.info.get(QUEUED) else "late.nothing"))


def typed(inbound: Inbound, ctx: Context) -> Message:
    """Another time for a job."""
    row, _ = _job(ctx)
    at = _moment(ctx, inbound.text)
    due.again(ctx.session, row.id or 0, at)
    prompts.close(ctx.session, _JOB, row.id or 0)
    ctx.audit("late later", f"{row.kind}:{row.subject}")
    return Message(ctx.text("late.planned", at=_minute(at)))


def message_decided(inbound: Inbound, ctx: Context) -> Message:
    """What becomes of a message."""
    outgoing = _message(ctx)
    ident = outgoing.id or 0
    if inbound.options == (LATER,):
        return _ask_time(ctx, _WHEN_MESSAGE)
    ctx.audit("late now" if inbound.options == (NOW,) else "late dropped", f"outgoing:{ident}")
    prompts.close(ctx.session, _MESSAGE, ident)
    if inbound.options == (DROP,):
        delivery.set_phase(ctx.session, ident, Phase.CANCELLED)
        return Message(ctx.text("late.dropped"))
    late.release(ctx.session, ident, ctx.now if outgoing.immediate else ctx.polite(ctx.now))
    return Message(ctx.text("late.done"))


def message_typed(inbound: Inbound, ctx: Context) -> Message:
    """Another time for a message."""
    outgoing = _message(ctx)
    at = _moment(ctx, inbound.text)
    prompts.close(ctx.session, _MESSAGE, outgoing.id or 0)
    late.release(ctx.session, outgoing.id or 0, at)
    ctx.audit("late later", f"outgoing:{outgoing.id}")
    return Message(ctx.text("late.planned", at=_minute(at)))


def _job(ctx: Context) -> tuple[Due, Matter]:
    """The job that waits for a decision, for somebody who is asked about it."""
    turns.take(ctx.session)
    row = due.waiting(ctx.session, ctx.question.subject)
    job = ctx.library.job(row.kind) if row else None
    matter = job.matter(row.subject, ctx) if row and job and job.matter else None
    if row is None or matter is None:
        raise Refused("late.settled")
    _require(ctx, matter)
    return row, matter


def _message(ctx: Context) -> OutgoingMessage:
    turns.take(ctx.session)
    outgoing = late.waiting(ctx.session, ctx.question.subject)
    if outgoing is None:
        raise Refused("late.settled")
    _require(ctx, _message_matter(ctx, outgoing))
    return outgoing


def _require(ctx: Context, matter: Matter) -> None:
    if ctx.member.id not in _asked(ctx, matter):
        raise Refused("help.not_yours")


def _asked(ctx: Context, matter: Matter) -> list[int]:
    """The members whom the matter names, else whoever holds the post at this moment: the secretary of each unit, else
    the Party office."""
    if named := posts.reachable(ctx.session, matter.members):
        return named
    found = {one for unit_id in matter.units for one in posts.nearest(ctx.session, unit_id, Post.SECRETARY)}
    return sorted(found) or posts.holders(ctx.session, None, Post.PARTY_OFFICE)


def _message_matter(ctx: Context, outgoing: OutgoingMessage) -> Matter:
    audience = Audience.from_json(outgoing.audience)
    units = audience.units[:_UNITS]
    if not units:
        found = (people.person(ctx.session, member_id) for member_id in audience.members[:500])
        units = tuple(sorted({one.branch_id for one in found if one}))[:_UNITS]
    return Matter(units, outgoing.key, unknown.title_of(ctx.session, outgoing.key))


def _what(ctx: Context, matter: Matter) -> str:
    """The kind of message and the title of its matter; nothing of its content."""
    kind = reminders.find(ctx.library.content.reminders, matter.key)
    name = kind.name if kind else ctx.text("late.something")
    return ctx.text("late.matter", kind=name, title=matter.title) if matter.title else name


def _ask_time(ctx: Context, route: str) -> Message:
    waiting = ctx.ask_text(route, ctx.question.subject, ctx.text("notices.when_title"))
    return Message(ctx.text("notices.ask_time"), awaits=waiting)


def _moment(ctx: Context, text: str) -> datetime:
    at = parse_moment(text, ctx.now, MomentWords.read(ctx.text))
    if at is None:
        raise Refused("notices.time_unclear")
    if at <= ctx.now:
        raise Refused("notices.time_past", at=_minute(at))
    return ctx.polite(at)


def _minute(moment: datetime) -> str:
    return moment.strftime("%m-%d %H:%M")


FEATURE = Feature(
    "late",
    routes=(
        Route(_JOB, decided, Role.MEMBER, newest=True, closed="late.settled"),
        Route(_WHEN, typed, Role.MEMBER),
        Route(_MESSAGE, message_decided, Role.MEMBER, newest=True, closed="late.settled"),
        Route(_WHEN_MESSAGE, message_typed, Role.MEMBER),
    ),
    jobs={due.ASK: Timed(ask_job, ALWAYS), late.JOB: Timed(ask_message, ALWAYS)},
)
