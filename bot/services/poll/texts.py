"""How a poll reads: its card, its buttons, its result."""

from __future__ import annotations

from datetime import timedelta

from bot.messages import Choice
from bot.router import Context
from bot.rules.meeting import verdict
from bot.store import binding, meetings
from bot.store import poll as store
from bot.store.meetings import Meeting
from bot.store.people import Member
from bot.store.poll import Poll, PollKind, PollResult

_BAR = 10
_BEFORE = timedelta(hours=1)


def running(ctx: Context, unit_id: int) -> Meeting | None:
    """The unit's meeting that is on now, or starts within the hour."""
    meeting = meetings.current(ctx.session, unit_id, ctx.now)
    on = meeting and meeting.starts_at - _BEFORE <= ctx.now < meeting.ends_at
    return meeting if on else None


def until(ctx: Context, poll: Poll) -> str:
    """The deadline in words."""
    assert poll.closes_at is not None
    return poll.closes_at.strftime("%H:%M" if poll.closes_at.date() == ctx.today else "%m-%d %H:%M")


def head(ctx: Context, poll: Poll) -> str:
    return ctx.text(f"poll.head_{poll.kind}")


def card(ctx: Context, poll: Poll, *, in_group: bool = False, with_options: bool = False) -> str:
    """What everybody reads before the first tap: that it is named, how to answer, until when. Of several options one
    ticks as many as one likes in private, not in a group."""
    how = {PollKind.MOTION: "motion", PollKind.ENTRIES: "entries"}.get(poll.kind)
    how = how or (("multiple_group" if in_group else "multiple") if poll.multiple else "single")
    text = ctx.text(
        "poll.card",
        head=head(ctx, poll),
        title=poll.title,
        how=ctx.text(f"poll.how_{how}"),
        until=until(ctx, poll),
    )
    return "\n".join([text, *(f"· {option}" for option in poll.options)]) if with_options else text


def buttons(ctx: Context, poll: Poll) -> tuple[Choice, ...]:
    """The prompt that everybody answers."""
    entries = poll.kind is PollKind.ENTRIES
    options = (ctx.text("poll.fill"),) if entries else tuple(poll.options)
    route = "poll.fill" if entries else "poll.vote"
    return ctx.ask(
        route,
        poll.id or 0,
        poll.title,
        options,
        multiple=poll.multiple,
        changeable=True,
        closes_at=poll.closes_at,
    )


def result(ctx: Context, poll: Poll, found: PollResult) -> str:
    """Counts with drawn bars, and what they mean for a motion; no names (PI-6)."""
    values = {"head": head(ctx, poll), "title": poll.title, "voters": found.voters, "due": found.due}
    if poll.kind is PollKind.ENTRIES:
        return ctx.text("poll.result_entries", **values)
    bars = [_bar(ctx, label, count, found.voters) for label, count in found.options]
    if found.motion:
        bars.append(_verdict(ctx, found))
    return ctx.text("poll.result", **values, bars="\n".join(bars))


def for_secretary(ctx: Context, poll: Poll) -> str:
    """Who answered what, who did not, who of them cannot be reached, and who is not chased (AT-2)."""
    cast = store.votes(ctx.session, poll.id or 0)
    if poll.kind is PollKind.ENTRIES:
        lines = [ctx.text("poll.entry_line", name=name, entry=entry) for name, _, entry in cast]
    else:
        lines = [
            ctx.text("poll.named", label=label, names=_names(ctx, [row[0] for row in cast if row[1] >> number & 1]))
            for number, label in enumerate(poll.options)
        ]
    absent = store.missing(ctx.session, poll)
    if not absent:
        return "\n".join([*lines, ctx.text("poll.missing_none")])
    lines.append(ctx.text("poll.missing", count=len(absent), names=_names(ctx, [one.name for one in absent])))
    if deaf := _without_account(ctx, poll, absent):
        lines.append(ctx.text("poll.unbound", count=len(deaf), names=_names(ctx, deaf)))
    if exempt := [one.name for one in absent if one.attendance_exempt]:
        lines.append(ctx.text("poll.exempt", count=len(exempt), names=_names(ctx, exempt)))
    return "\n".join(lines)


def _without_account(ctx: Context, poll: Poll, absent: list[Member]) -> list[str]:
    ids = {member.id for member in absent}
    return [name for ident, name, _ in binding.without_account(ctx.session, poll.unit_id) if ident in ids]


def _names(ctx: Context, names: list[str]) -> str:
    return ctx.text("poll.comma").join(names) or ctx.text("poll.nobody")


def _bar(ctx: Context, label: str, count: int, voters: int) -> str:
    full = (2 * _BAR * count + voters) // (2 * voters) if voters else 0
    drawn = ctx.text("poll.bar_full") * full + ctx.text("poll.bar_empty") * (_BAR - full)
    return ctx.text("poll.bar", label=label, bar=drawn, count=count)


def _verdict(ctx: Context, found: PollResult) -> str:
    """MD-1 and MD-3, where a sign-in says how many are present."""
    yes = min(found.options[0][1], found.due)
    values = {"due": found.due, "present": found.present, "yes": yes}
    if found.present is None:
        return ctx.text("poll.no_meeting", **values)
    return ctx.text(f"poll.{verdict(found.due, found.present, yes)}", **values)
