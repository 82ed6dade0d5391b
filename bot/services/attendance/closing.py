"""The end of a sign-in: the list is written down, and who missed the event is told how to catch up."""

from __future__ import annotations

from datetime import timedelta

from bot.messages import Choice, Message
from bot.router import Context, Matter
from bot.rules.attendance import MISSED, make_up_due
from bot.rules.people import Post
from bot.services.attendance.picture import day_text, grace, picture
from bot.store import attendance, meetings, posts, sign_in
from bot.store.meetings import Meeting
from bot.store.people import Audience


def close_now(ctx: Context, meeting: Meeting) -> str:
    """Close a sign-in; after the last session of its event, write the list down and tell who missed it. Closed
    before the start, nobody has missed anything: it can be opened again. The sentence that says so."""
    if sign_in.close(ctx.session, meeting.id or 0, ctx.now):
        ctx.audit("close sign-in", str(meeting.id))
    event = sign_in.event_of(meeting)
    later = [one for one in sign_in.sessions_of(ctx.session, event) if one.starts_at > ctx.now]
    if not later:
        settle(event, ctx)
        return ctx.text("attendance.closed_by_hand")
    at = later[-1].ends_at + timedelta(minutes=ctx.settings.attendance.open_minutes)
    ctx.schedule(f"attendance:settle:{event}:{at:%m%d%H%M}", at, "attendance.settle", event)
    early = meeting.starts_at > ctx.now
    return ctx.text("attendance.closed_early" if early else "attendance.closed_by_hand")


def close_in_time(subject: int, ctx: Context) -> None:
    """Job: the time of a sign-in is over."""
    meeting, found = meetings.find(ctx.session, subject), sign_in.find(ctx.session, subject)
    if meeting is None or found is None or found.closed_at is not None or found.closes_at > ctx.now:
        return
    close_now(ctx, meeting)
    told = posts.nearest(ctx.session, meeting.unit_id, Post.SECRETARY)
    text = ctx.text("attendance.closed_in_time") + "\n" + picture(ctx, meeting, names=True)
    ctx.notify(Audience(members=tuple(told)), Message(text), f"attendance:{subject}:closed", immediate=True)


def settle(subject: int, ctx: Context) -> None:
    """Job, or at the close: write the list down and ask those who missed the event to catch up (AT-5)."""
    meeting = meetings.find(ctx.session, subject)
    if meeting is None or not attendance.settle(ctx.session, subject):
        return
    lines = attendance.register(ctx.session, subject, grace(ctx))
    who = posts.reachable(ctx.session, [one.member_id for one in lines if one.member_id and one.status in MISSED])
    day = meeting.starts_at.date()
    due = make_up_due(day, ctx.settings.attendance.makeup_days)
    text = ctx.text("attendance.catch_up", day=day_text(ctx, day), title=meeting.title, due=day_text(ctx, due))
    phrase = ctx.library.content.texts.phrases("make_up.begin")[0]
    if who:
        message = Message(text, (Choice.command(phrase),))
        ctx.notify(Audience(members=tuple(who)), message, f"attendance:{subject}:catch_up")
    ctx.schedule(f"attendance:missed:{subject}", ctx.polite(ctx.now + timedelta(days=1)), "attendance.missed", subject)


def missed(subject: int, ctx: Context) -> None:
    """Job, a day after the close: a private note about who missed two in a row without leave (AT-8); never to the
    person whom it is about."""
    meeting = meetings.find(ctx.session, subject)
    names = attendance.missed_twice(ctx.session, subject, grace(ctx))
    if meeting is None or not names:
        return
    notes: dict[tuple[int, ...], list[str]] = {}
    for member_id, name in names.items():
        nearest = posts.nearest(ctx.session, meeting.unit_id, Post.DISCIPLINE_COMMISSIONER, but=member_id)
        notes.setdefault(tuple(nearest), []).append(name)
    notes.pop((), None)
    for told, some in notes.items():
        to = ":".join(map(str, told))
        message = Message(ctx.text("attendance.missed_twice", names=ctx.text("attendance.comma").join(some)))
        ctx.notify(Audience(members=told), message, f"attendance:{subject}:missed_twice:{to}")


def missed_matter(subject: int, ctx: Context) -> Matter | None:
    """What is asked about this note when its time passed while nothing ran; no names."""
    meeting = meetings.find(ctx.session, subject)
    if meeting is None or not attendance.missed_twice(ctx.session, subject, grace(ctx)):
        return None
    return Matter((meeting.unit_id,), f"attendance:{subject}:missed_twice", meeting.title)
