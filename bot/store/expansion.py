"""An audience becomes delivery rows, slice by slice, so that a broadcast never loads its audience."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, literal, select
from sqlmodel import col

from bot.messages import Message, from_json
from bot.store import people, prompts
from bot.store.columns import Moment, insert
from bot.store.delivery import Delivery, OutgoingMessage, Phase, State
from bot.store.hot import StoreSession
from bot.store.people import Account, Audience, Member

SLICE = 1000


def expand(session: StoreSession, outgoing_id: int, now: datetime) -> bool:
    """Let a message begin, and write the rows of the next slice of its audience; True when all is written.

    Members without an account get no row: the feature counts them and shows them to the secretary.
    """
    outgoing = session.get(OutgoingMessage, outgoing_id, with_for_update=True)
    if outgoing is None or outgoing.phase not in (Phase.WAITING, Phase.SENDING):
        return True
    outgoing.phase = Phase.SENDING
    session.add(outgoing)
    if outgoing.expanded:
        return True
    audience = Audience.from_json(outgoing.audience)
    message = from_json(outgoing.message)
    if audience.chats:
        _expand_chats(session, outgoing_id, audience, message, now)
        outgoing.expanded = True
        return True
    last = _expand_members(session, outgoing_id, audience, message, outgoing.batches, outgoing.cursor, now)
    outgoing.expanded = last is None
    outgoing.cursor = outgoing.cursor if last is None else last
    outgoing.batches += 1
    return outgoing.expanded


def _expand_chats(
    session: StoreSession, outgoing_id: int, audience: Audience, message: Message, now: datetime
) -> None:
    for address in people.chats_of(session, audience.units):
        session.execute(
            insert(Delivery)
            .values(
                outgoing_id=outgoing_id,
                member_id=0,
                channel=address.channel,
                chat=address.chat,
                is_group=True,
                batch=0,
            )
            .on_conflict_do_nothing()
        )
        for prompt in message.prompts:
            prompts.show(session, address, prompts.EVERYBODY, prompt, now)


def _expand_members(
    session: StoreSession,
    outgoing_id: int,
    audience: Audience,
    message: Message,
    batch: int,
    cursor: int,
    now: datetime,
) -> int | None:
    within = (people.in_audience(audience), col(Member.id) > cursor)
    window = select(col(Member.id)).where(*within).order_by(col(Member.id)).limit(SLICE).subquery()
    last = session.execute(select(func.max(window.c.id))).scalar()
    if last is None:
        return None
    reached = (*within, col(Member.id) <= last, col(Account.rank) == 0)
    rows = (
        select(
            literal(outgoing_id), col(Member.id), col(Account.channel), col(Account.chat),
            literal(False), literal(batch), literal(str(State.QUEUED)), literal(""),
            literal(0), literal(""), literal(""), literal(""),
        )
        .join(Account, col(Account.member_id) == col(Member.id))
        .where(*reached)
    )  # fmt: skip
    names = ["outgoing_id", "member_id", "channel", "chat", "is_group", "batch", "state", "token", "attempt",
             "outcome", "reason", "message_id"]  # fmt: skip
    session.execute(insert(Delivery).from_select(names, rows).on_conflict_do_nothing())
    for prompt in message.prompts:
        shown = (
            select(
                col(Account.channel) + ":" + col(Account.chat), col(Member.id), literal(prompt),
                literal(now, Moment()), literal(False), literal(0),
            )
            .join(Account, col(Account.member_id) == col(Member.id))
            .where(*reached)
        )  # fmt: skip
        fields = ["chat", "member_id", "prompt_id", "opened_at", "answered", "marks"]
        session.execute(insert(prompts.OpenPrompt).from_select(fields, shown).on_conflict_do_nothing())
    return int(last)
