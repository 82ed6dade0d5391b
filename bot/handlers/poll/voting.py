"""Answering a poll. Many do it at the same moment, so nothing here loads an object it does not need."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache

from bot.messages import Inbound, Message
from bot.router import Context, Refused
from bot.rules.people import has_vote
from bot.rules.secrecy import find_marks
from bot.store import poll as store
from bot.store.poll import Ballot, PollKind, PollState

LONGEST_ENTRY = 40


def vote(inbound: Inbound, ctx: Context) -> Message:
    """Write the vote; until the deadline a new one replaces it. The group is not told who voted for what."""
    ballot = _open_ballot(ctx)
    if not inbound.options or not all(0 <= one < len(ctx.question.options) for one in inbound.options):
        raise Refused("help.out_of_range")
    store.vote(ctx.session, ctx.question.subject, ctx.member.id, inbound.options)
    if ctx.address.group and not inbound.token:
        return Message(ctx.text("poll.noted_group"))
    chosen = ctx.text("poll.comma").join(ctx.question.options[one] for one in inbound.options)
    return Message(ctx.text("poll.noted", chosen=chosen, until=_until(ctx, ballot)))


def fill(inbound: Inbound, ctx: Context) -> Message:
    """Ask for the entry, in private."""
    if ctx.address.group:
        raise Refused("poll.entry_private")
    _open_ballot(ctx)
    text = ctx.text("poll.ask_entry", title=ctx.question.title)
    return Message(text, awaits=ctx.ask_text("poll.entry", ctx.question.subject, ctx.question.title))


def entry(inbound: Inbound, ctx: Context) -> Message:
    """Write the entry: one short line without anything that must not enter a chat (SC-6)."""
    ballot = _open_ballot(ctx)
    said = " ".join(inbound.text.split())
    if not said or len(said) > LONGEST_ENTRY:
        raise Refused("poll.entry_long")
    if find_marks(said, ctx.library.content.marks):
        raise Refused("poll.secret")
    store.vote(ctx.session, ctx.question.subject, ctx.member.id, entry=said)
    return Message(ctx.text("poll.entry_noted", entry=said, until=_until(ctx, ballot)))


def _open_ballot(ctx: Context) -> Ballot:
    """The poll, if it is open and this person may answer it (EL-6 for a motion)."""
    asked, member = ctx.asked, ctx.member
    ballot = store.ballot(ctx.session, asked.subject) if asked else None
    if asked is None or ballot is None:
        raise Refused("help.stale_button")
    if member.branch_id != ballot.unit_id and not ctx.belongs(ballot.unit_id):
        raise Refused("poll.not_yours")
    over = ballot.closes_at is None or ballot.closes_at <= ctx.now
    if ballot.state is not PollState.OPEN or over:
        raise Refused("poll.over", title=asked.title)
    if ballot.kind is PollKind.MOTION and not has_vote(member.stage, member.voting_rights):
        raise Refused("poll.no_vote")
    meeting = ballot.meeting_id if ballot.kind is PollKind.MOTION else None
    if meeting is not None and not _there(ctx, meeting):
        raise Refused("poll.not_there")
    return ballot


def _there(ctx: Context, meeting: int) -> bool:
    from bot.store.voting import may_vote_at

    return may_vote_at(ctx.session, meeting, ctx.member.id)


def _until(ctx: Context, ballot: Ballot) -> str:
    assert ballot.closes_at is not None
    return _moment(ballot.closes_at, ctx.today)


@lru_cache(maxsize=64)
def _moment(closes_at: datetime, today: date) -> str:
    return closes_at.strftime("%H:%M" if closes_at.date() == today else "%m-%d %H:%M")
