"""The local web chat: one WebSocket, several people side by side. Needs no account anywhere.

Frames are JSON objects with an `op`. A browser says `join`, `say`, `tap` and (operator) `people`; the server
says `joined`, `ack` (the answer to one event), `message` (a delivery, or what the bot says in a group),
`talk` (what another person said in a group), `people` and `error`. A signed-in browser speaks for its own
account; the demo's operator may speak for any. An event sent again after a lost connection carries the same
id and gets the same ack.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from typing import Any

from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.channels.base import Handle
from bot.channels.local.connection import Connection, first_shown
from bot.channels.local.frames import NAME, Frame, as_json, choices_json, dump, parse, read_event
from bot.channels.local.lately import Lately
from bot.channels.local.places import Places
from bot.channels.local.standing import SIGN_IN, Standings
from bot.channels.local.values import Door, FindPeople, NoteOpened, OpenPane
from bot.messages import Caps, Inbound, Outcome, Outgoing, Receipt, Reply
from bot.render import render, shortened

_PAGES = 10_000
_PENDING = 256
_MALFORMED = 20
_RECENT = 1_000
_RECENT_CHARS = 8_000
_LONGEST_TALK = 4_000
_FOREIGN, _BAD_FRAMES, _TOO_MANY, _TRY_LATER = 4403, 4400, 4429, 1013
_log = logging.getLogger(__name__)


class LocalChannel:
    """The channel behind the web chat. Who stands at the `door` is looked at again at whatever they do and hear. Of
    `strangers`, whose account is nobody's, only so many have a socket at once."""

    name = NAME
    caps = Caps(buttons=40, link_buttons=True, files=True, max_chars=20_000)

    def __init__(
        self, door: Door, open_pane: OpenPane, note_opened: NoteOpened, find_people: FindPeople, strangers: int
    ) -> None:
        self._door, self._open_pane = door, open_pane
        self._note_opened, self._find_people = note_opened, find_people
        self._standings = Standings(door)
        self._watch: asyncio.Task[None] | None = None
        self._handle: Handle | None = None
        self._by_chat: dict[str, set[Connection]] = {}
        self._places = Places(strangers)
        self._lately = Lately()
        self._recent: OrderedDict[tuple[str, str], str] = OrderedDict()

    def routes(self) -> list[BaseRoute]:
        return [WebSocketRoute("/local/ws", self._serve)]

    async def start(self, handle: Handle) -> None:
        self._handle = handle
        self._watch = asyncio.create_task(self._standings.watch())

    def end(self, key_hash: str) -> None:
        """A web session was signed out: its sockets are closed."""
        self._standings.end(key_hash)

    async def stop(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
        for connection in {one for group in self._by_chat.values() for one in group}:
            await connection.socket.close(1001)

    async def send(self, outgoing: Outgoing) -> Receipt:
        """Show the message where the chat is open; it also stays in the store and is shown when a pane opens. Until a
        browser has been given it, it counts as unopened."""
        chat, shown = outgoing.address.chat, False
        self._lately.note(outgoing)
        if outgoing.address.group:
            await self._standings.check(self._by_chat.get(chat, ()))
        if viewers := tuple(self._by_chat.get(chat, ())):
            text = self._frame_of(outgoing)
            shown = await first_shown([(viewer, viewer.show(text)) for viewer in viewers])
        return Receipt(Outcome.SENT, message_id=outgoing.key, unopened=not shown)

    async def _say(self, chat: str, message: dict[str, Any], but: Connection) -> None:
        await self._show(chat, {"op": "message", "chat": chat, "message": message}, but)

    async def _show(self, chat: str, frame: dict[str, Any], but: Connection) -> None:
        """Show to all in a group what one of them has said, unless that one is no longer in it."""
        if not await self._standings.check({but, *self._by_chat.get(chat, ())}) or but.closing:
            return
        if viewers := self._by_chat.get(chat):
            text = dump(frame)
            for connection in tuple(viewers):
                if connection is not but:
                    connection.push(text)

    async def _serve(self, socket: WebSocket) -> None:
        if not self._door.is_ours(socket):
            await socket.close(_FOREIGN)
            return
        visitor = await self._door.authenticate(socket)
        await socket.accept()
        if visitor is None:
            await socket.close(SIGN_IN)
            return
        address = self._door.address(socket)
        place = visitor.account, address if await self._standings.is_stranger(visitor) else None
        if not self._places.take(*place):
            await socket.close(_TOO_MANY)
            return
        connection = Connection(socket, visitor, address)
        self._standings.add(connection)
        try:
            await self._talk(connection)
        finally:
            self._leave(connection)
            self._places.leave(*place)

    async def _talk(self, connection: Connection) -> None:
        """Until either side ends it; a writer that ended (slow reader) ends the reading too."""
        tasks = (asyncio.create_task(connection.write_forever()), asyncio.create_task(self._read(connection)))
        connection.writer = tasks[0]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if connection.closing:
            await connection.close()

    def _leave(self, connection: Connection) -> None:
        self._standings.discard(connection)
        for chat in connection.chats:
            viewers = self._by_chat.get(chat, set())
            viewers.discard(connection)
            if not viewers:
                self._by_chat.pop(chat, None)

    async def _read(self, connection: Connection) -> None:
        answering: set[asyncio.Task[None]] = set()
        while True:
            try:
                text = await connection.socket.receive_text()
            except (WebSocketDisconnect, KeyError, RuntimeError):
                return
            if len(answering) >= _PENDING:
                await asyncio.wait(answering, return_when=asyncio.FIRST_COMPLETED)
            task = asyncio.create_task(self._answered(connection, parse(text)))
            answering.add(task)
            task.add_done_callback(answering.discard)

    async def _answered(self, connection: Connection, frame: Frame) -> None:
        """Where nothing can be looked up the browser comes back later, with what was not acknowledged."""
        try:
            await self._answer(connection, frame)
        except Exception as error:
            _log.error("%s not answered: %s", frame.op, type(error).__name__)
            connection.drop(_TRY_LATER)

    async def _answer(self, connection: Connection, frame: Frame) -> None:
        account = frame.account or connection.visitor.account
        operator = connection.visitor.operator
        op = frame.op
        if op in ("join", "people") and not await self._standings.check([connection]):
            connection.refuse(frame.id, "failed")
            return
        if connection.closing:
            return
        if (account != connection.visitor.account or op == "people") and not operator:
            connection.refuse(frame.id, "forbidden")
        elif op == "join":
            await self._join(connection, account)
        elif op == "people":
            await self._people(connection, frame)
        elif op in ("say", "tap") and (inbound := self._event_in(connection, frame, account)) is not None:
            if inbound.chat.group and (account, inbound.chat.chat) not in connection.joined:
                connection.refuse(frame.id, "not_joined")
            else:
                await self._event(connection, inbound)
        else:
            connection.malformed += 1
            connection.refuse(frame.id, "malformed")
            if connection.malformed > _MALFORMED:
                connection.drop(_BAD_FRAMES)

    @staticmethod
    def _event_in(connection: Connection, frame: Frame, account: str) -> Inbound | None:
        return read_event(frame, account, connection.visitor.key_hash, connection.peer)

    async def _people(self, connection: Connection, frame: Frame) -> None:
        found = await self._find_people(frame.text[:40], min(max(0, frame.page), _PAGES))
        people = [
            {"account": one.account, "name": one.name, "branch": one.branch, "posts": list(one.posts)}
            for one in found.people
        ]
        reply = {
            "op": "people",
            "id": frame.id,
            "people": people,
            "more": found.more,
            "panes": list(found.panes),
        }
        connection.push(dump(reply))

    async def _join(self, connection: Connection, account: str) -> None:
        pane = await self._open_pane(account)
        connection.names[account] = pane.name
        if account == connection.visitor.account:
            connection.standing = None if connection.visitor.operator else pane.standing
        new = {chat for chat, _ in pane.chats} - connection.chats
        missed = self._lately.missed(new, {past.message_id for past in pane.history})
        for chat, _ in pane.chats:
            self._by_chat.setdefault(chat, set()).add(connection)
            connection.chats.add(chat)
            connection.joined.add((account, chat))
        history = [
            {
                "chat": past.chat,
                "at": past.at.isoformat() if past.at else None,
                "message": as_json(render(past.message, self.caps), past.message_id),
            }
            for past in pane.history
        ]
        chats = [{"chat": chat, "title": title} for chat, title in pane.chats]
        frame = {
            "op": "joined",
            "as": account,
            "name": pane.name,
            "branch": pane.branch,
            "chats": chats,
            "history": history,
        }
        joined = connection.show(dump(frame))
        for outgoing in missed:
            connection.push(self._frame_of(outgoing))
        if await joined and pane.unopened:
            await self._note_opened(pane.unopened)

    def _frame_of(self, outgoing: Outgoing) -> str:
        message = as_json(render(outgoing.message, self.caps), outgoing.key)
        return dump({"op": "message", "chat": outgoing.address.chat, "message": message})

    async def _event(self, connection: Connection, inbound: Inbound) -> None:
        assert self._handle is not None
        chat = inbound.chat
        if not connection.kept:
            await self._door.keep(connection.visitor.account, connection.visitor.key_hash)
            connection.kept = True
        if chat.group and inbound.text:
            name = connection.names.get(inbound.account, "")
            talk = {
                "op": "talk",
                "id": inbound.event_id,
                "chat": chat.chat,
                "from": inbound.account,
                "name": name,
            }
            await self._show(chat.chat, {**talk, "text": shortened(inbound.text, _LONGEST_TALK)}, but=connection)
        if connection.closing:
            return
        connection.talked = True
        reply = await self._handle(inbound)
        if reply.ended:
            connection.drop(SIGN_IN)
            return
        key = (inbound.account, inbound.event_id)
        text = self._recent.get(key) if reply.duplicate else None
        connection.push(text or self._ack(inbound, reply))
        if chat.group and inbound.text and reply.message is not None:
            await self._say(
                chat.chat, as_json(render(reply.message, self.caps), f"r:{inbound.event_id}"), but=connection
            )

    def _ack(self, inbound: Inbound, reply: Reply) -> str:
        """The answer to the event's own browser, kept for a while in case it asks again."""
        ack: dict[str, Any] = {
            "op": "ack",
            "id": inbound.event_id,
            "as": inbound.account,
            "chat": inbound.chat.chat,
        }
        if reply.duplicate:
            ack["duplicate"] = True
        if reply.message is not None:
            ack["message"] = as_json(render(reply.message, self.caps), f"r:{inbound.event_id}")
        if reply.settled is not None:
            ack["settled"] = {"message": inbound.message_id, "choices": choices_json(reply.settled)}
        text = dump(ack)
        if not reply.duplicate and len(text) <= _RECENT_CHARS:
            self._recent[(inbound.account, inbound.event_id)] = text
            if len(self._recent) > _RECENT:
                self._recent.popitem(last=False)
        return text
