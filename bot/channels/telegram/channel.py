"""The Telegram channel: receives by webhook or long polling, answers at once, sends what delivery says."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import weakref
from collections.abc import Awaitable, Callable

from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from telegram import Bot, Update, User
from telegram.error import TelegramError

from bot.body import TooLarge, body_of
from bot.channels.base import Handle
from bot.channels.telegram.http import AiohttpRequest, Answer, Api, Call
from bot.channels.telegram.inbound import ALLOWED, NAME, Said, Tapped, read
from bot.channels.telegram.outbound import CAPS, calls, keyboard, toast
from bot.channels.telegram.pastes import Pastes
from bot.channels.telegram.polling import LONGEST_PAUSE, Polling
from bot.config import Telegram
from bot.messages import COMMAND, Address, Message, Outcome, Outgoing, Receipt, Reply

_log = logging.getLogger(__name__)
PATH = "/telegram/webhook"
MAX_BODY = 262_144
_SECRET_HEADER = "x-telegram-bot-api-secret-token"
_BAD_UPDATE = (TypeError, KeyError, ValueError, AttributeError, RecursionError, OverflowError, OSError)
_TRIES = 4
_GOODBYE_SECONDS = 5.0


class TelegramChannel:
    """One bot account. `malformed` counts updates that could not be read, `ignored` those of no concern."""

    name = NAME
    caps = CAPS

    def __init__(self, settings: Telegram, public_url: str) -> None:
        self._settings = settings
        self._hook = public_url.rstrip("/") + PATH
        self._api = Api(settings.api_url, settings.token, settings.proxy)
        request = AiohttpRequest(self._api)
        base = settings.api_url.rstrip("/") + "/bot"
        logging.getLogger("telegram").setLevel(logging.INFO)  # its debug lines name the token and the secret
        self._bot = Bot(settings.token, base_url=base, request=request, get_updates_request=request)
        self._handle: Handle | None = None
        self._me: User | None = None
        self._receiving: asyncio.Task[None] | None = None
        self._answering: set[asyncio.Task[None]] = set()
        self._turns: weakref.WeakValueDictionary[str, asyncio.Lock] = weakref.WeakValueDictionary()
        self._pastes = Pastes()
        self.malformed = 0
        self.ignored = 0

    def routes(self) -> list[BaseRoute]:
        if self._settings.mode != "webhook":
            return []
        return [Route(PATH, self._webhook, methods=["POST"])]

    async def start(self, handle: Handle) -> None:
        """Introduce the bot; where Telegram cannot be reached, go on trying while everything else runs."""
        self._handle = handle
        introduced = await self._introduce()
        if not introduced or self._settings.mode == "polling":
            self._receiving = asyncio.create_task(self._receive(introduced), name="telegram-receive")

    async def stop(self) -> None:
        """Stop receiving, finish the answers that are on their way, close the connections."""
        if self._receiving is not None:
            self._receiving.cancel()
            await asyncio.gather(self._receiving, return_exceptions=True)
        if self._answering:
            await asyncio.wait(set(self._answering), timeout=_GOODBYE_SECONDS)
        for task in self._answering:
            task.cancel()
        await self._api.close()

    async def idle(self) -> None:
        """Return when no answer is on its way."""
        while self._answering:
            await asyncio.wait(set(self._answering))

    async def send(self, outgoing: Outgoing) -> Receipt:
        """Send one message. A long one goes out in pieces; when a later piece fails the outcome is UNKNOWN,
        for a second attempt would repeat the first piece."""
        message, address = outgoing.message, outgoing.address
        try:
            wanted = calls(message, address)
        except ValueError:
            return Receipt(Outcome.REJECTED, reason="not a Telegram chat")
        if not wanted:
            return Receipt(Outcome.REJECTED, reason="nothing to show")
        first = await self._api.call(wanted[0])
        if not first.ok:
            return first.receipt
        for number, call in enumerate(wanted[1:], 2):
            answer = await self._insist(call)
            if not answer.ok:
                reason = f"piece {number} of {len(wanted)}: {answer.receipt.reason}"
                return Receipt(Outcome.UNKNOWN, reason=reason)
        return first.receipt

    async def accept(self, data: object) -> None:
        """Handle one update, as JSON gave it, and start answering; what it changed is committed on return."""
        try:
            update = Update.de_json(data, None)  # type: ignore[arg-type]
            event = read(update, self._me)
        except _BAD_UPDATE as error:
            self.malformed += 1
            _log.warning("telegram: a malformed update (%s)", type(error).__name__)
            return
        if event is None:
            self.ignored += 1
        elif isinstance(event, Said):
            reply = await self._said(event)
            self._answer(event.inbound.chat.chat, reply.pause, lambda: self._say(event, reply))
        else:
            reply = await self._handled(event)
            self._answer(event.inbound.chat.chat, reply.pause, lambda: self._settle(event, reply))

    async def _said(self, event: Said) -> Reply:
        """Handle what was said. Where it is the other part of a text that was just said, the program is told so."""
        if not event.at:
            return await self._handled(event)
        part, before = self._pastes.note(event.inbound, event.at)
        reply = None
        try:
            if before is not None:
                await before.answered.wait()
                if event.inbound.addressed or before.prompts:
                    event = Said(replace(event.inbound, rest_of=before.prompts))
            reply = await self._handled(event)
            return reply
        finally:
            part.settle(reply)

    async def _handled(self, event: Said | Tapped) -> Reply:
        assert self._handle is not None
        return await self._handle(event.inbound)

    async def _webhook(self, request: Request) -> Response:
        given = request.headers.get(_SECRET_HEADER, "").encode()
        if not hmac.compare_digest(given, self._settings.webhook_secret.encode()):
            return PlainTextResponse("forbidden", 403)
        try:
            body_of(request.scope).allow(MAX_BODY)
            body = await request.body()
        except TooLarge:
            self.malformed += 1
            return PlainTextResponse("too large", 413)
        try:
            data = json.loads(body)
        except (ValueError, RecursionError):
            data = None
        await self.accept(data)
        return PlainTextResponse("")

    async def _introduce(self) -> bool:
        """Learn the bot's own name and say how updates shall come; False, and a log line, on failure."""
        try:
            self._me = await self._bot.get_me()
            if self._settings.mode == "webhook":
                await self._bot.set_webhook(
                    self._hook, allowed_updates=ALLOWED, secret_token=self._settings.webhook_secret
                )
            else:
                await self._bot.delete_webhook()
        except TelegramError as error:
            _log.error("telegram: not ready, will try again: %s", self._api.clean(str(error)))
            return False
        except _BAD_UPDATE as error:  # what answers is something in between
            _log.error("telegram: not ready, will try again: an unreadable answer (%s)", type(error).__name__)
            return False
        _log.info("telegram: ready as @%s, %s", self._me.username, self._settings.mode)
        return True

    async def _receive(self, introduced: bool) -> None:
        pause = 1.0
        while not introduced:
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
            introduced = await self._introduce()
        if self._settings.mode == "polling":
            await Polling(self._api, self.accept).run()

    def _answer(self, chat: str, pause: float, work: Callable[[], Awaitable[None]]) -> None:
        """Answer in the background, after a pause and in order within a chat; Telegram's call is acknowledged
        meanwhile."""
        turn = self._turns.setdefault(chat, asyncio.Lock())

        async def in_turn() -> None:
            async with turn:
                await asyncio.sleep(pause)
                await work()

        task = asyncio.create_task(in_turn())
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _say(self, event: Said, reply: Reply) -> None:
        if reply.message is not None:
            chat = event.inbound.chat
            await self._show(reply.message, chat, event.inbound.message_id if chat.group else "")

    async def _settle(self, event: Tapped, reply: Reply) -> None:
        """In private the buttons change and the answer follows as a message; in a group only the person who
        tapped sees the answer (PI-6), unless the button was a command said aloud."""
        inbound, message = event.inbound, reply.message
        aloud = not inbound.chat.group or inbound.token.startswith(COMMAND + ":")
        note = toast(message.text) if message is not None and not aloud else {}
        await self._insist(Call("answerCallbackQuery", {"callback_query_id": event.callback_id, **note}))
        if reply.settled is not None:
            rows = keyboard(reply.settled) + [list(row) for row in event.urls]
            shown = {"chat_id": int(inbound.chat.chat), "message_id": int(inbound.message_id)}
            markup = {"reply_markup": {"inline_keyboard": rows}}
            await self._insist(Call("editMessageReplyMarkup", {**shown, **markup}))
        if message is not None and aloud:
            await self._show(message, inbound.chat)

    async def _show(self, message: Message, chat: Address, reply_to: str = "") -> None:
        for call in calls(message, chat, reply_to):
            answer = await self._insist(call)
            if not answer.ok:
                return

    async def _insist(self, call: Call) -> Answer:
        """A call that is worth waiting for: again after a rate limit or where nothing was written."""
        answer = await self._api.call(call)
        for _ in range(_TRIES - 1):
            if answer.receipt.outcome not in (Outcome.RATE_LIMITED, Outcome.RETRY):
                break
            await asyncio.sleep(min(max(answer.receipt.retry_after, 0.2), LONGEST_PAUSE))
            answer = await self._api.call(call)
        if not answer.ok and "not modified" not in answer.receipt.reason:
            _log.warning("telegram: %s: %s", call.method, self._api.clean(answer.receipt.reason))
        return answer
