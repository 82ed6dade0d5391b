"""Talking to the bot over Telegram in tests: updates go to the webhook over HTTP, answers come from the fake.

`TelegramChat` says, taps and reads as `tests.support.chat.Chat` does, so the same conversations run on both.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

import aiohttp
import uvicorn
from msgspec.structs import replace
from sqlmodel import col, select

from bot.app import App
from bot.channels.telegram import TelegramChannel
from bot.clock import ShiftedClock
from bot.config import Settings
from bot.messages import Choice, Link, Message
from bot.store.core.statements import StoreSession
from bot.store.delivery import Delivery, State
from bot.store.people import Account, GroupChat
from tests.support.cast import ROADS, enrol, group_of
from tests.support.fake_telegram import ME, TOKEN, FakeTelegram, fake_telegram
from tests.support.shipped import shipped_content
from tests.support.wording import is_labelled

SECRET = "webhook-secret"
HEADER = "X-Telegram-Bot-Api-Secret-Token"


@dataclass(slots=True)
class TelegramChat:
    """Speaks for the cast over Telegram. Names stand for numbers that are given out at first use."""

    app: App
    clock: ShiftedClock
    fake: FakeTelegram
    http: aiohttp.ClientSession
    numbers: dict[str, int] = field(default_factory=dict)
    _ids: count[int] = field(default_factory=lambda: count(1))

    @property
    def channel(self) -> TelegramChannel:
        found = self.app.channels["telegram"]
        assert isinstance(found, TelegramChannel)
        return found

    def number(self, name: str) -> int:
        """The Telegram id of a person, or of a group chat (negative)."""
        place = len(self.numbers) + 1
        return self.numbers.setdefault(name, -1_002_000_000_000 - place if name.startswith("g:") else 7_000_000_000 + place)

    async def push(self, update: object, secret: str | None = None) -> int:
        """Post an update to the address that the bot registered; the status."""
        headers = {HEADER: self.fake.webhook["secret_token"] if secret is None else secret}
        async with self.http.post(self.fake.webhook["url"], json=update, headers=headers) as response:
            status = response.status
        await self.channel.idle()
        return status

    async def say(self, who: str, text: str, group: str = "") -> str:
        """Say something; the text of the answer ("" for none)."""
        return await self._answer(self.said(who, text, group), self._chat(who, group))

    async def tap(
        self, who: str, label: str, /, message: Message | None = None, group: str = "", **values: object
    ) -> str:
        """Tap the newest button that is labelled so (see `button` of `support/chat.py`); the text of the answer, or of
        the toast."""
        chat = self._chat(who, group)
        for shown in reversed(self.fake.sent(chat)):
            for choice in _message(shown).choices:
                wanted = is_labelled(choice.label, label, **values)
                if wanted and (message is None or choice in message.choices):
                    return await self._answer(self.tapped(who, choice.token, shown), chat)
        raise AssertionError(f"no button {label!r} in this chat")

    async def inbox(self, who: str) -> list[Message]:
        """What delivery sent to a chat, as it looks now, oldest first, after all that is due has gone out."""
        await self.app.delivery.drain()
        chat = str(self.number(who))
        numbers = await self.app.store.read(_delivered, chat)
        return [_message(self.fake.messages[chat, number]) for number in numbers]

    async def group_inbox(self, branch: str = ROADS) -> list[Message]:
        """What delivery sent to a branch's group chat."""
        return await self.inbox(group_of(branch))

    def newest(self, who: str, group: str = "") -> dict[str, Any]:
        """The newest message that stands in a chat, as Telegram shows it now."""
        return self.fake.sent(self._chat(who, group))[-1]

    def labels(self, who: str, group: str = "") -> list[str]:
        """The buttons under the newest message of a chat."""
        return [choice.label for choice in _message(self.newest(who, group)).choices]

    def documents(self, who: str) -> dict[str, bytes]:
        """The files that stand in a chat, by name."""
        found = [shown["document"] for shown in self.fake.sent(self._chat(who, "")) if "document" in shown]
        return {one["file_name"]: self.fake.uploads[one["file_id"]] for one in found}

    async def go_to(self, moment: datetime) -> None:
        """Set the clock, run what is due and send it."""
        self.clock.set(moment)
        await self.app.schedule.run_due()
        await self.app.delivery.drain()

    def update(self, **what: object) -> dict[str, Any]:
        """An update with a fresh number."""
        return {"update_id": next(self._ids), **what}

    def said(self, who: str, text: str, group: str = "", **more: object) -> dict[str, Any]:
        """The update of a typed message."""
        chat = int(self._chat(who, group))
        place = {"type": "private", "first_name": who} if chat > 0 else {"type": "supergroup", "title": group}
        message = {
            "message_id": 900_000 + next(self._ids),
            "date": int(time.time()),
            "chat": {"id": chat, **place},
        }
        return self.update(message={**message, "from": self._user(who), "text": text, **more})

    def tapped(self, who: str, token: str, shown: dict[str, Any]) -> dict[str, Any]:
        """The update of a tapped button."""
        query = {"id": str(next(self._ids)), "from": self._user(who), "chat_instance": "1", "data": token}
        return self.update(callback_query={**query, "message": shown})

    def _chat(self, who: str, group: str) -> str:
        return str(self.number(group_of(group) if group else who))

    def _user(self, who: str) -> dict[str, Any]:
        return {"id": self.number(who), "is_bot": False, "first_name": who}

    async def _answer(self, update: dict[str, Any], chat: str) -> str:
        """What the update brought into the chat besides deliveries, or else into the toast."""
        before = set(self.fake.messages)
        toasts = len(self.fake.of("answerCallbackQuery"))
        assert await self.push(update) == 200
        await self.app.delivery.drain()
        delivered = set(await self.app.store.read(_delivered, chat))
        fresh = [
            _message(shown).text
            for (where, number), shown in self.fake.messages.items()
            if where == chat and (where, number) not in before and number not in delivered
        ]
        shown = [one.fields.get("text", "") for one in self.fake.of("answerCallbackQuery")[toasts:]]
        return "\n".join(fresh or shown)


@asynccontextmanager
async def telegram_chat(settings: Settings, clock: ShiftedClock, mode: str = "webhook") -> AsyncIterator[TelegramChat]:
    """The whole program behind a web server, a fake Telegram, and the cast bound to it."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        async with fake_telegram() as fake, aiohttp.ClientSession() as http:
            public_url = f"http://127.0.0.1:{listening.getsockname()[1]}"
            app = App(on_telegram(settings, fake.url, public_url, mode), shipped_content(), clock)
            server = uvicorn.Server(uvicorn.Config(app.web, log_level="warning", lifespan="off", ws="none"))
            serving = asyncio.create_task(server.serve([listening]))
            await app.start()
            chat = TelegramChat(app, clock, fake, http)
            await app.store.write(enrol_on_telegram, chat, clock.now())
            yield chat
            server.should_exit = True
            await serving
            await app.stop()


def on_telegram(settings: Settings, api_url: str, public_url: str = "", mode: str = "webhook") -> Settings:
    """The settings with Telegram at the fake, fast enough for tests."""
    telegram = replace(settings.telegram, mode=mode, api_url=api_url, token=TOKEN, webhook_secret=SECRET)
    delivery = replace(settings.delivery, telegram_per_second=2000.0, telegram_group_per_minute=60_000.0)
    server = replace(settings.server, public_url=public_url or settings.server.public_url)
    return replace(settings, telegram=telegram, delivery=delivery, server=server)


def enrol_on_telegram(session: StoreSession, chat: TelegramChat, now: datetime) -> None:
    """The cast of `enrol`, each with a Telegram number."""
    enrol(session, now, "telegram")
    for account in session.exec(select(Account)).all():
        number = str(chat.number(account.account))
        account.account, account.chat = number, number
        session.add(account)
    for group in session.exec(select(GroupChat)).all():
        group.chat = str(chat.number(group.chat))
        session.add(group)


def _delivered(session: StoreSession, chat: str) -> list[int]:
    query = select(Delivery.message_id).where(
        col(Delivery.channel) == "telegram", col(Delivery.chat) == chat, col(Delivery.state) == State.SENT
    )
    return [int(number) for number in session.exec(query.order_by(col(Delivery.id)))]


def _message(shown: dict[str, Any]) -> Message:
    """A message of the fake as the program's own value."""
    buttons = [one for row in shown.get("reply_markup", {}).get("inline_keyboard", []) for one in row]
    text = shown.get("text") or shown.get("caption", "")
    return Message(
        text,
        tuple(Choice(one["text"], one["callback_data"]) for one in buttons if "callback_data" in one),
        tuple(Link(one["text"], one["url"]) for one in buttons if "url" in one),
    )


__all__ = ["ME", "SECRET", "TelegramChat", "enrol_on_telegram", "on_telegram", "telegram_chat"]
