"""Talking to the bot in tests: said -> answered, through the whole program."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from itertools import count

from sqlmodel import col, select

from bot.app import App
from bot.clock import ShiftedClock
from bot.messages import Address, Choice, Inbound, Message, Reply, from_json
from bot.store.core.statements import StoreSession
from bot.store.delivery import Delivery, OutgoingMessage
from tests.support.cast import ROADS, group_of
from tests.support.wording import is_labelled


@dataclass(slots=True)
class Chat:
    """Speaks for the cast on one channel. `last` is each person's last answer, for tapping its buttons."""

    app: App
    clock: ShiftedClock
    channel: str = "local"
    last: dict[str, Message] = field(default_factory=dict)
    _ids: count[int] = field(default_factory=count)

    async def event(
        self, who: str, text: str = "", token: str = "", group: str = "", event_id: str = ""
    ) -> Reply:
        """One raw event; `group` names a branch to speak in its group chat."""
        address = Address(self.channel, group_of(group) if group else who, bool(group))
        ident = event_id or f"e{next(self._ids)}"
        reply = await self.app.handle(
            Inbound(self.channel, who, address, ident, text, token, addressed=not group)
        )
        if reply.message is not None:
            self.last[who] = reply.message
        return reply

    async def say(self, who: str, text: str, group: str = "") -> str:
        """Say something; the text of the answer ("" for none)."""
        reply = await self.event(who, text, group=group)
        return reply.message.text if reply.message else ""

    async def tap(
        self, who: str, label: str, /, message: Message | None = None, group: str = "", **values: object
    ) -> str:
        """Tap a button, on `message` or on the last answer; the answer's text. `label` is its sentence's key, with
        `values`, or part of what somebody wrote on it."""
        reply = await self.event(who, token=button(message or self.last[who], label, **values).token, group=group)
        return reply.message.text if reply.message else ""

    async def inbox(self, who: str) -> list[Message]:
        """Everything that was sent to a person's private chat, oldest first, after all that is due has gone out."""
        await self.app.delivery.drain()
        return await self.app.store.read(_sent, self.channel, who)

    async def group_inbox(self, branch: str = ROADS) -> list[Message]:
        """Everything that was sent to a branch's group chat."""
        return await self.inbox(group_of(branch))

    async def go_to(self, moment: datetime) -> None:
        """Set the clock, run what is due and send it."""
        self.clock.set(moment)
        await self.app.schedule.run_due()
        await self.app.delivery.drain()


def button(message: Message, label: str, /, **values: object) -> Choice:
    """The first button that is labelled so: by its sentence's key, or by part of what somebody wrote on it."""
    found = [choice for choice in message.choices if is_labelled(choice.label, label, **values)]
    assert found, f"no button {label!r} among {[choice.label for choice in message.choices]}"
    return found[0]


def _sent(session: StoreSession, channel: str, chat: str) -> list[Message]:
    query = (
        select(OutgoingMessage)
        .join(Delivery, col(Delivery.outgoing_id) == col(OutgoingMessage.id))
        .where(col(Delivery.channel) == channel, col(Delivery.chat) == chat, col(Delivery.state) == "sent")
        .order_by(col(Delivery.id))
    )
    return [from_json(outgoing.message) for outgoing in session.exec(query)]
