"""Who is asking: one-time links, session cookies, CSRF tokens."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from msgspec import Struct

from bot.clock import Clock
from bot.router import Library
from bot.signing import BadToken, Handed, guest_key, guest_of, read_sign_in
from bot.store import access, binding, people, sessions
from bot.store.core.engine import Store, StoreUnavailable
from bot.store.core.statements import StoreSession
from bot.store.sessions import GUEST as GUEST
from bot.store.sessions import Visitor
from bot.web.browser import COOKIE as COOKIE
from bot.web.browser import OPERATOR_COOKIE, Cookies
from bot.web.guesses import Guesses
from bot.web.peer import Peers

PERSONAL = "/rating/"
"""Pages of one person's own: a link to one does not quietly take the place of somebody else who is signed in."""


class SignIn(Struct, frozen=True):
    """A fresh session: the cookie's value, and the page to go on to."""

    key: str
    next_page: str


class Link(Struct, frozen=True):
    """A one-time link that was read but not used: whose it is ("" for the operator), and who else is signed in here
    ("" for nobody, or where that is no matter)."""

    name: str
    other: str


class Access:
    """Signs browsers in and recognises them. `ended` is told of each session that was signed out, by its key's hash."""

    def __init__(self, store: Store, library: Library, clock: Clock) -> None:
        self._store, self.library, self.clock = store, library, clock
        self.cookies = Cookies(library.settings.server.public_url)
        self.peers = Peers(library.settings.server.proxies)
        self.guesses = Guesses()
        self.ended: Callable[[str], None] = lambda key_hash: None

    @property
    def store(self) -> Store:
        return self._store

    async def read_link(self, token: str, cookies: Mapping[str, str]) -> Link:
        """What a one-time link says, seen from a browser; raises BadToken when it is forged, expired or void. An
        operator of the demo may open anybody's."""
        handed = read_sign_in(self.library.signer, token, self.clock.now())
        if handed.operator:
            return Link("", "")
        _, here = await self.chatter(cookies)
        alone = handed.next_page.startswith(PERSONAL) and here is not None and not here.operator
        return await self._store.read(_read_link, handed, here.account if alone and here else "", self.library)

    async def redeem(self, token: str) -> SignIn:
        """Use a one-time link; raises BadToken when it is forged, expired, void or used. Other browsers of the same
        person stay signed in: a console must not go dark because its owner votes on a phone."""
        now = self.clock.now()
        handed = read_sign_in(self.library.signer, token, now)
        key, problem = await self._store.write(_redeem, token, handed, now)
        if problem:
            raise BadToken(problem)
        return SignIn(key, handed.next_page)

    async def close(self, key: str, after: str = "") -> None:
        """End the session of a cookie: what is open in this browser, and the links that its person was handed and has
        not used; but for these where it is the same person who came in by another one, the session `after`."""
        if key:
            await self._store.write(_sign_out, key, after, self.clock.now())
            self.ended(sessions.hash_of(key))

    def guest(self) -> tuple[str, Visitor]:
        """The cookie's value for somebody unknown, who can only type a binding code, and who they are. Nothing is
        stored before they say something."""
        account, now = GUEST + secrets.token_hex(6), self.clock.now()
        key = guest_key(self.library.signer, account, now + timedelta(days=sessions.SESSION_DAYS))
        return key, Visitor(account, key_hash=sessions.hash_of(key), kept=False)

    async def keep_guest(self, account: str, key_hash: str) -> None:
        """A guest says something: from now on their session can be ended."""
        await self._store.write(sessions.keep, account, key_hash, self.clock.now())

    async def visitor(self, key: str) -> Visitor | None:
        """Whose session a cookie opens."""
        if not key:
            return None
        now = self.clock.now()
        return await self._store.read(_visitor, key, guest_of(self.library.signer, key, now), now)

    async def comes(self, key: str) -> Visitor | None:
        """The same where a person opens a page or the chat: this use puts the end of the session off."""
        return await self._noted(await self.visitor(key))

    async def used(self, hashes: Sequence[str]) -> None:
        """Somebody talks in the chat by these sessions."""
        now = self.clock.now()
        with suppress(StoreUnavailable):
            if aging := await self._store.read(sessions.aging, hashes, now):
                await self._store.write(_all_used, aging, now)

    async def _noted(self, found: Visitor | None) -> Visitor | None:
        if found is not None and found.aging:
            with suppress(StoreUnavailable):
                await self._store.write(sessions.used, found.key_hash, self.clock.now())
        return found

    async def chatter(self, cookies: Mapping[str, str]) -> tuple[str, Visitor | None]:
        """The key and who uses the chat: the operator stays one while a member's page is open beside it."""
        key = self.cookies.read(cookies, OPERATOR_COOKIE)
        found = await self.visitor(key)
        if found is None or not found.operator:
            key = self.cookies.read(cookies)
            found = await self.visitor(key)
        return key, await self._noted(found)

    async def wrong_code(self, address: str, account: str, over: int = 0) -> bool:
        """Count a wrong code; True where its address has sent too many. The store is told when all have."""
        near = self.guesses.wrong(address, account, over)
        if total := self.guesses.to_report():
            with suppress(StoreUnavailable):
                await self._store.write(access.note_guessing, total, self.clock.now())
        return near

    def csrf(self, key: str) -> str:
        """The token that every form of this session carries."""
        return self.library.signer.fingerprint("csrf", key)[:32]

    def csrf_fits(self, key: str, given: Sequence[str]) -> bool:
        """Whether a form carries the token; one that carries another beside it does not, for who reads it next may take
        that one. Compares in constant time."""
        wanted = self.csrf(key).encode()
        return bool(given) and all(hmac.compare_digest(wanted, one.encode("utf-8", "replace")) for one in given)


def _visitor(session: StoreSession, key: str, guest: str, now: datetime) -> Visitor | None:
    """The session that is kept; or a guest by what their key says, as long as the account is nobody's."""
    found = sessions.visitor(session, key, now)
    if found is not None or not guest or binding.is_bound(session, "local", guest):
        return found
    return Visitor(guest, key_hash=sessions.hash_of(key), kept=False)


def _all_used(session: StoreSession, hashes: Sequence[str], now: datetime) -> None:
    for key_hash in hashes:
        sessions.used(session, key_hash, now)


def _redeem(session: StoreSession, token: str, handed: Handed, now: datetime) -> tuple[str, str]:
    """The key of a fresh session, or why there is none."""
    if _is_void(session, handed):
        return "", "void"
    if not access.redeem(session, token, handed.expires_at):
        return "", "used"
    return sessions.open_session(session, Visitor(handed.account, handed.operator), now), ""


def _is_void(session: StoreSession, handed: Handed) -> bool:
    """A link is for who has the account now, and since it was handed out has neither unbound nor signed out."""
    if handed.operator:
        return False
    known = people.identify(session, "local", handed.account) is not None
    return not known or access.link_is_void(session, handed.account, handed.expires_at)


def _sign_out(session: StoreSession, key: str, after: str, now: datetime) -> None:
    gone, here = (sessions.visitor(session, one, now) for one in (key, after))
    sessions.close_session(session, key)
    person, comes = (people.identify(session, "local", one.account) if one else None for one in (gone, here))
    if person is not None and (comes is None or comes.id != person.id):
        binding.void_links(session, person.id, now)


def _read_link(session: StoreSession, handed: Handed, here: str, library: Library) -> Link:
    """`here` is the account that is signed in, or empty. Raises BadToken for a void link."""
    if _is_void(session, handed):
        raise BadToken("void")
    owner, other = (people.identify(session, "local", one) if one else None for one in (handed.account, here))
    name = owner.name if owner else ""
    if here == handed.account or (owner and other and owner.id == other.id):
        return Link(name, "")
    if other is None:
        return Link(name, library.content.texts("web.somebody") if here and not here.startswith(GUEST) else "")
    return Link(name, other.name)
