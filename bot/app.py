"""The only wiring: features, pages, channels and jobs, and the life of the process."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from msgspec import structs
from starlette.applications import Starlette
from starlette.websockets import WebSocket

from bot import dispatch
from bot.channels.base import Channel
from bot.channels.local import Door, LocalChannel, People
from bot.clock import Clock
from bot.config import Settings
from bot.content import Content
from bot.delivery import Delivery, Rate
from bot.features import FEATURES, pages
from bot.messages import Inbound, Message, Reply
from bot.pane import Pane
from bot.process.open_files import room_for_connections
from bot.render import fit, losses
from bot.router import Library, Refused
from bot.routes import Router
from bot.schedule import Schedule
from bot.services.rating.wiping import Tidying
from bot.signing import Signer
from bot.store import audit, local, people, signed_in
from bot.store.core.engine import Store, StoreUnavailable
from bot.store.core.opening import begun_store
from bot.store.core.secret import kept_secret
from bot.store.sessions import Visitor
from bot.web.access import Access
from bot.web.app import build_web
from bot.web.browser import from_us

_log = logging.getLogger(__name__)


class App:
    """One process: store, engine, schedule, channels and web, from start to stop."""

    def __init__(self, settings: Settings, content: Content, clock: Clock) -> None:
        self.settings = structs.replace(settings, secret=kept_secret(settings))
        self.clock = clock
        self.store: Store = begun_store(self.settings, clock.now())
        self.router = Router(FEATURES, content.texts)
        signer = Signer(self.settings.secret.encode())
        self.library = Library(content, self.settings, signer, self.router.menu, self.router.job, self._lost)
        self.access = Access(self.store, self.library, clock)
        self.channels = {channel.name: channel for channel in self._make_channels()}
        quiet = self.settings.delivery
        rates = {
            "local": Rate(quiet.local_per_second),
            "telegram": Rate(quiet.telegram_per_second, quiet.telegram_group_per_minute),
        }
        self.delivery = Delivery(self.store, self.channels, rates, clock, content, quiet)
        self.tidying = Tidying(self.store)
        self.schedule = Schedule(self.store, self.router, self.library, clock, self._wake)
        self.web: Starlette = build_web(
            self.access, pages, [r for c in self.channels.values() for r in c.routes()], self._wake
        )

    async def start(self) -> None:
        """Begin to receive, to send and to keep time."""
        await self.store.write(audit.hold, self.clock.now())
        await self.delivery.start()
        await self.tidying.start()
        self.schedule.start(self.nightly)
        for channel in self.channels.values():
            await channel.start(self.handle)

    async def stop(self) -> None:
        """Stop what makes work before what does it; waits for what is being sent and written."""
        self.schedule.stop()
        await self.delivery.stop()
        await self.tidying.stop()
        for channel in self.channels.values():
            await channel.stop()
        self.store.close()

    def _lost(self, message: Message) -> frozenset[str]:
        """What of a message some channel cannot carry."""
        return frozenset(kind for channel in self.channels.values() for kind in losses(message, channel.caps))

    async def handle(self, inbound: Inbound) -> Reply:
        """Answer one event. Never raises: a refusal or a fault becomes a short sentence. While somebody guesses codes,
        whoever is unknown waits: in the web chat before their words are looked at, elsewhere for the answer, since a
        platform hands one thing over after the other."""
        guesses, who = self.access.guesses, f"{inbound.channel}:{inbound.account}"
        too_many = Reply(Message(self.library.content.texts("binding.too_many")))
        pause = guesses.pause(inbound.peer, who)
        if pause and (not inbound.addressed or await self._is_known(inbound)):
            pause = 0.0
        if pause and inbound.session:
            if not await guesses.turn(inbound.peer, who):
                return too_many
            pause = 0.0
        reply = await self._answered(inbound)
        if reply.wrong_codes:
            over = reply.wrong_codes - self.settings.binding.tries_per_hour
            if await self.access.wrong_code(inbound.peer, who, over):
                reply = too_many
        return structs.replace(reply, pause=pause) if pause else reply

    async def _is_known(self, inbound: Inbound) -> bool:
        with suppress(StoreUnavailable):
            return await self.store.read(people.identify, inbound.channel, inbound.account) is not None
        return False

    async def _answered(self, inbound: Inbound) -> Reply:
        texts = self.library.content.texts
        inbound = inbound.cleaned()
        try:
            reply = await self.store.write(
                dispatch.handle, inbound, self.router, self.library, self.clock.now()
            )
            if reply.message is not None and reply.message.unmade:
                reply = structs.replace(reply, message=await asyncio.to_thread(reply.message.made))
            if reply.message is not None and (channel := self.channels.get(inbound.channel)):
                reply = structs.replace(reply, message=fit(reply.message, channel.caps, texts))
        except Refused as refused:
            if refused.elsewhere:
                await self._note_use(inbound)
            return Reply(Message(texts(refused.key, **refused.values)))
        except StoreUnavailable:
            return Reply(Message(texts("help.store_unavailable")))
        except Exception:
            reference = secrets.token_hex(3)
            _log.exception("event failed, reference %s", reference)
            return Reply(Message(texts("help.broken", reference=reference)))
        if reply.queued:
            self.delivery.wake()
        return reply

    async def _note_use(self, inbound: Inbound) -> None:
        """A "no" leaves nothing in the store but this: where the person speaks now."""
        with suppress(StoreUnavailable):
            await self.store.write(dispatch.note_use, inbound)

    def _wake(self) -> None:
        """Something was done that may have left messages to send or sheets to wipe."""
        self.delivery.wake()
        self.tidying.wake()

    def _make_channels(self) -> list[Channel]:
        channels: list[Channel] = [
            self._local_channel(),
        ]
        if self.settings.telegram.mode != "off":
            from bot.channels.telegram import TelegramChannel

            channels.append(TelegramChannel(self.settings.telegram, self.settings.server.public_url))
        return channels

    def _local_channel(self) -> LocalChannel:
        access = self.access
        door = Door(
            self._is_ours, access.peers.of, self._visitor, access.keep_guest, self._standing, access.used
        )  # fmt: skip
        channel = LocalChannel(door, self._pane, self._opened, self._people, room_for_connections() // 2)
        access.ended = channel.end
        return channel

    async def _standing(self, keys: Sequence[str]) -> Mapping[str, object] | None:
        try:
            return await self.store.read(signed_in.standing, keys, self.clock.now())
        except StoreUnavailable:
            return None

    async def _visitor(self, socket: WebSocket) -> Visitor | None:
        return (await self.access.chatter(socket.cookies))[1]

    def _is_ours(self, socket: WebSocket) -> bool:
        return from_us(socket, self.settings.server.public_url)

    async def _pane(self, account: str) -> Pane:
        return await self.store.read(local.pane, account)

    async def _opened(self, deliveries: tuple[int, ...]) -> None:
        await self.store.write(local.opened, deliveries)

    async def _people(self, text: str, page: int) -> People:
        found, more = await self.store.read(local.find_people, text, page)
        words = self.library.content.texts
        people = tuple(
            structs.replace(one, posts=tuple(words(f"chat.post.{key}") for key in one.posts)) for one in found
        )
        return People(people, more, await self.store.read(local.first_panes))

    async def nightly(self) -> None:
        """Do what the last night's work still lacks: the store's part, the backup."""
        from bot.store import nightly
        from bot.store.core.backup import write_backup

        now, folder = self.clock.now(), Path(self.settings.store.backup_folder)
        night = nightly.last_night(now)
        if await self.store.write(nightly.work, night, now, self.settings.privacy):
            self.tidying.wake()
        if not nightly.saved_since(folder, night):
            await asyncio.to_thread(write_backup, self.store.engine, folder / nightly.backup_name(now), now)
            nightly.prune_backups(folder, self.settings.store.backups_kept)
