"""Which prompt and chat a platform's own poll stands for: its answers name only the poll."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Field, SQLModel, col, delete

from bot.clock import Clock
from bot.messages import Address
from bot.store.columns import Moment, insert
from bot.store.engine import Store
from bot.store.hot import StoreSession


class NativePoll(SQLModel, table=True):
    """A poll shown by the platform itself. Kept 60 days, as long as a prompt stands open."""

    __tablename__ = "native_poll"

    channel: str = Field(primary_key=True)
    poll_id: str = Field(primary_key=True)
    chat: str
    is_group: bool
    prompt_id: int
    multiple: bool
    sent_at: datetime = Field(sa_type=Moment, index=True)


@dataclass(frozen=True, slots=True)
class Noted:
    """Where a poll was sent, for which prompt, and whether several options may be chosen."""

    chat: Address
    prompt: int
    multiple: bool


def remember(session: StoreSession, poll_id: str, noted: Noted, now: datetime) -> None:
    """Note that this poll was sent."""
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


def find(session: StoreSession, channel: str, poll_id: str) -> Noted | None:
    """What was noted of a poll."""
    poll = session.get(NativePoll, (channel, poll_id))
    if poll is None:
        return None
    return Noted(Address(channel, poll.chat, poll.is_group), poll.prompt_id, poll.multiple)


def forget_old(session: StoreSession, now: datetime) -> None:
    """Nightly: drop polls after 60 days."""
    session.execute(delete(NativePoll).where(col(NativePoll.sent_at) < now - timedelta(days=60)))


class Polls:
    """The polls of one channel, for code that may not touch a session."""

    def __init__(self, store: Store, clock: Clock, channel: str) -> None:
        self._store, self._clock, self._channel = store, clock, channel

    async def remember(self, poll_id: str, chat: Address, prompt: int, multiple: bool) -> None:
        """Note a poll that was sent."""
        await self._store.write(remember, poll_id, Noted(chat, prompt, multiple), self._clock.now())

    async def find(self, poll_id: str) -> Noted | None:
        """What was noted of it; None for a poll that is not ours."""
        return await self._store.read(find, self._channel, poll_id)
