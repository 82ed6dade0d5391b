"""A Bot API server for tests: real HTTP on 127.0.0.1, the limits of the real one, and failures on demand.

Its answers are checked against python-telegram-bot's own parsing (tests/test_telegram_fake.py). The one
independent fake that is published, telemelya, needs a Redis server and knows private chats only.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from aiohttp import web

from tests.support.telegram_fields import Bad, Failure, Files, caption, error, markup, need, read_call, topic

TOKEN = "123456:AAaaBBbbCCccDDddEEeeFFffGGggHHhhIIi"
ME = {"id": 123456, "is_bot": True, "first_name": "Azalea", "username": "azalea_test_bot",
      "can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": False}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Called:
    """One call that arrived: the method, its fields, the names of uploaded files and what was answered."""

    method: str
    fields: dict[str, Any]
    files: tuple[str, ...]
    answer: dict[str, Any]

    @property
    def chat(self) -> str:
        """The chat that it was for."""
        return str(self.fields.get("chat_id", ""))


FORBIDDEN = Failure(403, "Forbidden: bot was blocked by the user")
CHAT_NOT_FOUND = Failure(400, "Bad Request: chat not found")
TOO_MANY = Failure(429, "Too Many Requests: retry after 1", retry_after=1)
Fails = Callable[[str, dict[str, Any], int], Failure | None]


@dataclass(slots=True)
class FakeTelegram:
    """The server's state; `uploads` holds documents by their file id. `asked` are the numbers that long polling asked for,
    `hasty` answers it at once also where there is nothing.
    `fails(method, fields, number)` may name a failure for the n-th call (from 1)."""

    url: str = ""
    calls: list[Called] = field(default_factory=list)
    fails: Fails | None = None
    webhook: dict[str, Any] = field(default_factory=dict)
    updates: asyncio.Queue[dict[str, Any]] = field(default_factory=asyncio.Queue)
    delivered: Counter[str] = field(default_factory=Counter)
    messages: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    uploads: dict[str, bytes] = field(default_factory=dict)
    confirmed: int = 0
    asked: list[int] = field(default_factory=list)
    hasty: bool = False
    _pending: list[dict[str, Any]] = field(default_factory=list)
    _numbers: count[int] = field(default_factory=lambda: count(1))
    _seen: int = 0

    def of(self, method: str, chat: str = "") -> list[Called]:
        """The calls of a method that succeeded, oldest first."""
        return [one for one in self.calls if one.method == method and one.answer["ok"] and chat in ("", one.chat)]

    def failed(self) -> list[Called]:
        """The calls that were refused."""
        return [one for one in self.calls if not one.answer["ok"]]

    def sent(self, chat: str) -> list[dict[str, Any]]:
        """The messages that stand in a chat, oldest first, as they look now."""
        return [message for (where, _), message in self.messages.items() if where == chat]

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One call."""
        method = request.match_info["method"]
        fields, files = await read_call(request)
        self._seen += 1
        failure = self.fails(method, fields, self._seen) if self.fails else None
        if request.match_info["token"] != TOKEN:
            failure = Failure(401, "Unauthorized")
        if failure and (failure.hang or failure.drop):
            if failure.delivered:
                self._note(method, fields, files, self._try(method, fields, files))
            if failure.hang:
                await asyncio.sleep(3600)
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if method == "getUpdates" and failure is None:
            return web.json_response({"ok": True, "result": await self._next_updates(fields)})
        answer = error(failure) if failure else self._try(method, fields, files)
        self._note(method, fields, files, answer)
        return web.json_response(answer, status=200 if answer["ok"] else answer["error_code"])

    def _note(self, method: str, fields: dict[str, Any], files: Files, answer: dict[str, Any]) -> None:
        self.calls.append(Called(method, fields, tuple(files), answer))
        if answer["ok"] and method.startswith("send"):
            self.delivered[str(fields["chat_id"])] += 1

    def _try(self, method: str, fields: dict[str, Any], files: Files) -> dict[str, Any]:
        work = getattr(self, re.sub("([A-Z])", lambda found: "_" + found[1].lower(), f"_{method}"), None)
        try:
            if work is None:
                raise Bad("Not Found", 404)
            return {"ok": True, "result": work(fields, files)}
        except Bad as bad:
            return error(Failure(bad.code, f"{'Bad Request: ' if bad.code == 400 else ''}{bad}"))
        except KeyError as missing:
            return error(Failure(400, f"Bad Request: {missing} is missing"))

    async def _next_updates(self, fields: dict[str, Any]) -> list[dict[str, Any]]:
        """A number to come ahead of all that wait hands out nothing and forgets nothing, and is answered at once."""
        offset = int(fields.get("offset", 0))
        self.asked.append(offset)
        self.confirmed = max(self.confirmed, offset)
        while not self.updates.empty():
            self._pending.append(self.updates.get_nowait())
        rest = [one for one in self._pending if _number(one) >= offset]
        if self._pending and not rest and offset > _number(self._pending[-1]) + 1:
            return []
        self._pending = rest
        if not self._pending and not self.hasty:
            with suppress(TimeoutError):
                wait = min(float(fields.get("timeout", 0)), 30.0)
                async with asyncio.timeout(wait):
                    self._pending.append(await self.updates.get())
        return [one for one in self._pending if _number(one) >= offset]

    def _get_me(self, fields: dict[str, Any], files: Files) -> dict[str, Any]:
        return ME

    def _set_webhook(self, fields: dict[str, Any], files: Files) -> bool:
        if not str(fields["url"]).startswith(("https://", "http://127.0.0.1")):
            raise Bad("bad webhook: An HTTPS URL must be provided for webhook")
        self.webhook = fields
        return True

    def _delete_webhook(self, fields: dict[str, Any], files: Files) -> bool:
        self.webhook = {}
        return True

    def _send_message(self, fields: dict[str, Any], files: Files) -> dict[str, Any]:
        text = fields["text"]
        if not text.strip():
            raise Bad("message text is empty")
        if len(text) > 4096:
            raise Bad("message is too long")
        return self._keep(fields, {"text": text})

    def _send_photo(self, fields: dict[str, Any], files: Files) -> dict[str, Any]:
        need(files, "photo")
        size = {"file_id": "f", "file_unique_id": "u", "width": 10, "height": 10}
        return self._keep(fields, {"photo": [size], **caption(fields)})

    def _send_document(self, fields: dict[str, Any], files: Files) -> dict[str, Any]:
        need(files, "document")
        name, content = files["document"]
        number = f"f{len(self.uploads)}"
        self.uploads[number] = content
        document = {"file_id": number, "file_unique_id": number, "file_name": name, "file_size": len(content)}
        return self._keep(fields, {"document": document, **caption(fields)})

    def _edit_message_text(self, fields: dict[str, Any], files: Files) -> dict[str, Any]:
        message = self._find(fields)
        message.update(text=fields["text"], edit_date=int(time.time()))
        return message

    def _edit_message_reply_markup(self, fields: dict[str, Any], files: Files) -> dict[str, Any]:
        message, rows = self._find(fields), markup(fields)
        if message.get("reply_markup") == rows.get("reply_markup"):
            raise Bad("message is not modified: specified new message content and reply markup are exactly the same")
        message.pop("reply_markup", None)
        message.update(rows, edit_date=int(time.time()))
        return message

    def _answer_callback_query(self, fields: dict[str, Any], files: Files) -> bool:
        if not fields["callback_query_id"]:
            raise Bad("query is too old and response timeout expired or query ID is invalid")
        if len(fields.get("text", "")) > 200:
            raise Bad("MESSAGE_TOO_LONG")
        return True

    def _find(self, fields: dict[str, Any]) -> dict[str, Any]:
        try:
            return self.messages[str(fields["chat_id"]), int(fields["message_id"])]
        except KeyError:
            raise Bad("message to edit not found") from None

    def _keep(self, fields: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        chat, number = int(fields["chat_id"]), next(self._numbers)
        kind = {"type": "private", "first_name": "P"} if chat > 0 else {"type": "supergroup", "title": "G"}
        message = {
            "message_id": number, "date": int(time.time()), "chat": {"id": chat, **kind}, "from": ME,
            **body, **markup(fields), **topic(fields),
        }  # fmt: skip
        self.messages[str(chat), number] = message
        return message


def _number(update: dict[str, Any]) -> int:
    return int(update.get("update_id", 0))


@asynccontextmanager
async def fake_telegram() -> AsyncIterator[FakeTelegram]:
    """A running server on a free port."""
    fake = FakeTelegram()
    app = web.Application(client_max_size=50_000_000)
    app.router.add_route("*", "/bot{token}/{method}", fake.serve)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    fake.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield fake
    await runner.cleanup()


__all__ = [
    "CHAT_NOT_FOUND", "FORBIDDEN", "ME", "TOKEN", "TOO_MANY", "Bad", "Called", "Failure", "FakeTelegram", "fake_telegram",
]  # fmt: skip
