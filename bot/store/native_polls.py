"""Which prompt and chat a platform's own poll stands for: its answers name only the poll."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct
from sqlmodel import Field, col, delete, or_, select

from bot.clock import Clock
from bot.messages import Address
from bot.store.columns import Moment, Row, insert
from bot.store.engine import Store
from bot.store.hot import StoreSession
from bot.store.prompts import Prompt


class NativePoll(Row, table=True):
    """A poll shown by the platform itself. Kept 60 days, as long as a prompt stands open."""

    __tablename__ = "native_poll"

    channel: str = Field(primary_key=True)
    poll_id: str = Field(primary_key=True)
    chat: str
    is_group: bool
    prompt_id: int
    multiple: bool
    sent_at: datetime = Field(sa_type=Moment, index=True)


class RunningPoll(Row, table=True):
    """A native poll that still looks open to people. Deleted once the platform was told to stop it."""

    __tablename__ = "running_poll"

    channel: str = Field(primary_key=True)
    poll_id: str = Field(primary_key=True)
    chat: str
    message_id: str
    prompt_id: int


class Noted(Struct, frozen=True):
    """Where a poll was sent, for which prompt, and whether several options may be chosen."""

    chat: Address
    prompt: int
    multiple: bool


class Running(Struct, frozen=True):
    """A poll on its platform: its id, and the message that shows it."""

    poll_id: str
    chat: str
    message_id: str


def remember(session: StoreSession, poll_id: str, noted: Noted, message_id: str, now: datetime) -> None:
    """Note that this poll was sent, in which message."""
    values = {
        "channel": noted.chat.channel,
        "poll_id": poll_id,
        "chat": noted.chat.chat,
        "is_group": noted.chat.group,
        "prompt_id": noted.prompt,
        "multiple": noted.multiple,
        "sent_at": now,
    }
    session.execute(insert(NativePoll).values(values).on_conflict_do_nothing())
    shown = {name: values[name] for name in ("channel", "poll_id", "chat", "prompt_id")}
    session.execute(insert(RunningPoll).values({**shown, "message_id": message_id}).on_conflict_do_nothing())


def find(session: StoreSession, channel: str, poll_id: str) -> Noted | None:
    """What was noted of a poll."""
    poll = session.get(NativePoll, (channel, poll_id))
    if poll is None:
        return None
    return Noted(Address(channel, poll.chat, poll.is_group), poll.prompt_id, poll.multiple)


def over(session: StoreSession, channel: str, now: datetime) -> list[Running]:
    """The polls that still look open although their question is closed."""
    query = (
        select(RunningPoll)
        .outerjoin(Prompt, col(Prompt.id) == col(RunningPoll.prompt_id))
        .where(col(RunningPoll.channel) == channel)
        .where(or_(col(Prompt.id).is_(None), col(Prompt.closed), col(Prompt.closes_at) <= now))
    )
    return [Running(one.poll_id, one.chat, one.message_id) for one in session.exec(query)]


def stopped(session: StoreSession, channel: str, poll_id: str) -> None:
    """The platform shows this poll as closed, or no longer at all."""
    found = session.get(RunningPoll, (channel, poll_id))
    if found is not None:
        session.delete(found)


def forget_old(session: StoreSession, now: datetime) -> None:
    """Nightly: drop polls after 60 days."""
    session.execute(delete(NativePoll).where(col(NativePoll.sent_at) < now - timedelta(days=60)))


class Polls:
    """The polls of one channel, for code that may not touch a session."""

    def __init__(self, store: Store, clock: Clock, channel: str) -> None:
        self._store, self._clock, self._channel = store, clock, channel

    async def remember(self, poll_id: str, chat: Address, message_id: str, prompt: int, multiple: bool) -> None:
        """Note a poll that was sent."""
        noted = Noted(chat, prompt, multiple)
        await self._store.write(remember, poll_id, noted, message_id, self._clock.now())

    async def find(self, poll_id: str) -> Noted | None:
        """What was noted of it; None for a poll that is not ours."""
        return await self._store.read(find, self._channel, poll_id)

    async def over(self) -> list[Running]:
        """The polls whose question is closed and that have to be stopped."""
        return await self._store.read(over, self._channel, self._clock.now())

    async def stopped(self, poll_id: str) -> None:
        """Note that a poll was stopped."""
        await self._store.write(stopped, self._channel, poll_id)
