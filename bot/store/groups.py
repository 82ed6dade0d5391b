"""Group chats of platforms: the unit that one belongs to, where in it messages go, and why they do not arrive."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import ColumnElement, and_, bindparam, exists
from sqlalchemy.orm import aliased
from sqlmodel import col, delete, select, update

from bot.messages import Address, Trouble
from bot.store import due, prompts
from bot.store.core import turns
from bot.store.core.columns import insert, table_of
from bot.store.core.statements import Hot, StoreSession
from bot.store.delivery import Delivery, OutgoingMessage, State, with_resends
from bot.store.people import GroupChat, Unit
from bot.store.prompts import OpenPrompt

TROUBLE_JOB, LOST_JOB, MOVED_JOB = "binding.group_trouble", "binding.group_lost", "binding.group_moved"
_STRONGEST = (
    State.SENT, State.REPLACED, State.UNKNOWN, State.SENDING, State.QUEUED, State.FAILED, State.CANCELLED,
)  # fmt: skip


class Progress(Struct, frozen=True):
    """How many groups a message was for, how many have it, the units ("": bound no longer) of those that surely or
    perhaps have not; and in how many it lies in a chat that nobody has opened since."""

    groups: int
    sent: int
    missed: tuple[str, ...]
    unopened: int = 0


_group = table_of(GroupChat)
_TOPIC = Hot(
    select(_group.c.topic).where(_group.c.channel == bindparam("channel"), _group.c.chat == bindparam("chat"))
)


def bind(session: StoreSession, address: Address, unit_id: int, now: datetime) -> bool:
    """Join a group chat to a unit; False where it belongs to one already."""
    values = {"channel": address.channel, "chat": address.chat, "unit_id": unit_id, "topic": address.topic}
    fresh = {"title": "", "trouble": Trouble.NONE, "bound_at": now}
    return session.changed(insert(GroupChat).values({**values, **fresh}).on_conflict_do_nothing()) == 1


def change_topic(session: StoreSession, address: Address) -> bool:
    """Messages go to this part of the chat from now on; False where they did before."""
    moved = update(GroupChat).where(_is(address), col(GroupChat.topic) != address.topic)
    return session.changed(moved.values(topic=address.topic, trouble=Trouble.NONE, trouble_at=None)) == 1


def unbind(session: StoreSession, address: Address) -> None:
    """Forget which unit a group chat belonged to. Nothing more goes there, and what did not arrive, or may not have, is
    no longer asked about."""
    _call_off(session, address)
    session.execute(delete(GroupChat).where(_is(address)))


def topic_of(session: StoreSession, address: Address) -> str:
    """The part of the chat in which it was bound."""
    row = session.one(_TOPIC, channel=address.channel, chat=address.chat)
    return "" if row is None else str(row[0])


def reached(session: StoreSession, address: Address) -> None:
    """A message has arrived there."""
    well = update(GroupChat).where(_is(address), col(GroupChat.trouble) != Trouble.NONE)
    session.execute(well.values(trouble=Trouble.NONE, trouble_at=None))


def not_reached(session: StoreSession, address: Address, trouble: Trouble, delivery_id: int, now: datetime) -> None:
    """A message was refused there: have whoever leads the unit told, once for each trouble until it is over."""
    news = update(GroupChat).where(_is(address), col(GroupChat.trouble) != trouble)
    if session.changed(news.values(trouble=trouble, trouble_at=now)):
        due.plan(session, f"group_trouble:{delivery_id}", now, TROUBLE_JOB, delivery_id)


def in_trouble(session: StoreSession) -> list[str]:
    """The units whose groups take no message now."""
    query = select(Unit.name).join(GroupChat, col(GroupChat.unit_id) == col(Unit.id))
    query = query.where(col(GroupChat.trouble) != Trouble.NONE).order_by(col(Unit.id))
    return list(dict.fromkeys(session.exec(query)))


def progress(session: StoreSession, key: str) -> Progress:
    """How far the message with this key has come in groups, copies that were sent again included."""
    outgoing_id = session.exec(select(OutgoingMessage.id).where(col(OutgoingMessage.key) == key)).first()
    home = (col(GroupChat.channel) == col(Delivery.channel)) & (col(GroupChat.chat) == col(Delivery.chat))
    query = (
        select(Delivery, Unit.name)
        .outerjoin(GroupChat, home)
        .outerjoin(Unit, col(Unit.id) == col(GroupChat.unit_id))
        .where(col(Delivery.outgoing_id).in_(with_resends(session, outgoing_id)), col(Delivery.is_group))
        .order_by(col(Delivery.id))
    )
    last = {(row.channel, row.chat): (row, unit or "") for row, unit in session.exec(query)}
    missed = tuple(unit for row, unit in last.values() if row.state in (State.FAILED, State.UNKNOWN))
    sent = [row.unopened for row, _ in last.values() if row.state is State.SENT]
    return Progress(len(last), sent.count(False), missed, sent.count(True))


def move(session: StoreSession, address: Address, chat: str, now: datetime) -> None:
    """A group chat has another number: its unit, what was sent there and what stands open there go along. Where the new
    number was bound by hand before, the two become one, and each message stays with the copy that came farthest. Where
    it belongs to another unit, nothing goes along: what was still to go out is called off, and the unit told."""
    if chat == address.chat:
        return
    turns.wait(session)
    there = replace(address, chat=chat, topic="")
    old, new = (session.get(GroupChat, (one.channel, one.chat), populate_existing=True) for one in (address, there))
    unit_id = old.unit_id if old is not None else 0
    taken = new is not None and new.unit_id != unit_id
    if taken:
        _call_off(session, address)
        session.execute(delete(OpenPrompt).where(col(OpenPrompt.chat) == prompts.chat_key(address)))
    else:
        _move_prompts(session, prompts.chat_key(address), prompts.chat_key(there))
        _move_deliveries(session, address, there)
    if old is not None:
        session.execute(delete(GroupChat).where(_is(address)))
        kind = "lost" if taken else "moved"
        job = LOST_JOB if taken else MOVED_JOB
        due.plan(session, f"group_{kind}:{address.channel}:{address.chat}", now, job, unit_id)
        if new is None:
            bind(session, there, unit_id, old.bound_at)
    session.expire_all()


def _call_off(session: StoreSession, address: Address) -> None:
    still = (*_sent_to(address), col(Delivery.state).in_([State.QUEUED, State.UNKNOWN, State.FAILED]))
    session.execute(update(Delivery).where(*still).values(state=State.CANCELLED))


def _move_prompts(session: StoreSession, old: str, new: str) -> None:
    """What stands open in both stays once; where it was answered in one of them, it is answered."""
    twin = aliased(OpenPrompt)
    same = and_(col(twin.member_id) == col(OpenPrompt.member_id), col(twin.prompt_id) == col(OpenPrompt.prompt_id))
    answered = exists().where(col(twin.chat) == old, same, col(twin.answered))
    session.execute(delete(OpenPrompt).where(col(OpenPrompt.chat) == new, answered))
    session.execute(delete(OpenPrompt).where(col(OpenPrompt.chat) == old, exists().where(col(twin.chat) == new, same)))
    session.execute(update(OpenPrompt).where(col(OpenPrompt.chat) == old).values(chat=new))


def _move_deliveries(session: StoreSession, old: Address, new: Address) -> None:
    here, there = aliased(Delivery), aliased(Delivery)
    both = (
        select(here.id, here.state, there.id, there.state)
        .join(there, col(there.outgoing_id) == col(here.outgoing_id))
        .where(col(here.channel) == old.channel, col(here.chat) == old.chat, col(here.is_group))
        .where(col(there.channel) == new.channel, col(there.chat) == new.chat, col(there.is_group))
    )
    weaker = [
        theirs if _STRONGEST.index(state) < _STRONGEST.index(other) else mine
        for mine, state, theirs, other in session.execute(both)
    ]
    for first in range(0, len(weaker), 500):
        session.execute(delete(Delivery).where(col(Delivery.id).in_(weaker[first : first + 500])))
    session.execute(update(Delivery).where(*_sent_to(old)).values(chat=new.chat))


def _is(address: Address) -> ColumnElement[bool]:
    return and_(col(GroupChat.channel) == address.channel, col(GroupChat.chat) == address.chat)


def _sent_to(address: Address) -> tuple[ColumnElement[bool], ...]:
    group = col(Delivery.is_group).is_(True)
    return (col(Delivery.channel) == address.channel, col(Delivery.chat) == address.chat, group)
