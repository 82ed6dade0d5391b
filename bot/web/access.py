"""Who is asking: one-time links, session cookies, CSRF tokens."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from datetime import timedelta

from msgspec import Struct

from bot.clock import Clock
from bot.router import Library
from bot.signing import LINK, LINK_HOURS, BadToken
from bot.store import people, sessions
from bot.store.engine import Store
from bot.store.hot import StoreSession
from bot.store.sessions import Visitor
from bot.web.browser import COOKIE as COOKIE
from bot.web.browser import OPERATOR_COOKIE, Cookies

GUEST = "guest-"
"""The accounts of browsers that nobody knows begin with this."""
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
    """Signs browsers in and recognises them."""

    def __init__(self, store: Store, library: Library, clock: Clock) -> None:
        self._store, self.library, self.clock = store, library, clock
        self.cookies = Cookies(library.settings.server.public_url)

    @property
    def store(self) -> Store:
        return self._store

    async def read_link(self, token: str, cookies: Mapping[str, str]) -> Link:
        """What a one-time link says, seen from a browser; raises BadToken when it is forged or expired. An operator of
        the demo may open anybody's."""
        operator, account, next_page = self._parts(token)
        if operator:
            return Link("", "")
        _, here = await self.chatter(cookies)
        alone = next_page.startswith(PERSONAL) and here is not None and not here.operator
        return await self._store.read(_read_link, account, here.account if alone and here else "", self.library)

    async def redeem(self, token: str) -> SignIn:
        """Use a one-time link; raises BadToken when it is forged, expired or used. Other browsers of the same person
        stay signed in: a console must not go dark because its owner votes on a phone."""
        from bot.store.access import redeem

        now = self.clock.now()
        operator, account, next_page = self._parts(token)
        expires = now + timedelta(hours=LINK_HOURS)
        if not await self._store.write(redeem, token, expires):
            raise BadToken("used")
        visitor = Visitor(account, operator)
        return SignIn(await self._store.write(sessions.open_session, visitor, now), next_page)

    async def close(self, key: str) -> None:
        """End the session of a cookie."""
        if key:
            await self._store.write(sessions.close_session, key)

    async def guest(self, account: str) -> str:
        """A session for somebody unknown: they can only type a binding code. The cookie's value."""
        return await self._store.write(sessions.open_session, Visitor(account), self.clock.now())

    async def visitor(self, key: str) -> Visitor | None:
        """Whose session a cookie opens."""
        if not key:
            return None
        return await self._store.read(sessions.visitor, key, self.clock.now())

    async def chatter(self, cookies: Mapping[str, str]) -> tuple[str, Visitor | None]:
        """The key and who uses the chat: the operator stays one while a member's page is open beside it."""
        key = self.cookies.read(cookies, OPERATOR_COOKIE)
        found = await self.visitor(key)
        if found is not None and found.operator:
            return key, found
        key = self.cookies.read(cookies)
        return key, await self.visitor(key)

    def csrf(self, key: str) -> str:
        """The token that every form of this session carries."""
        return self.library.signer.fingerprint("csrf", key)[:32]

    def csrf_fits(self, key: str, given: Sequence[str]) -> bool:
        """Whether a form carries the token; one that carries another beside it does not, for who reads it next may take
        that one. Compares in constant time."""
        wanted = self.csrf(key).encode()
        return bool(given) and all(hmac.compare_digest(wanted, one.encode("utf-8", "replace")) for one in given)

    def _parts(self, token: str) -> tuple[bool, str, str]:
        operator, account, next_page = self.library.signer.read(LINK, token, self.clock.now()).split("|", 2)
        return operator == "1", account, next_page


def _read_link(session: StoreSession, account: str, here: str, library: Library) -> Link:
    """`here` is the account that is signed in, or empty."""
    owner, other = (people.identify(session, "local", one) if one else None for one in (account, here))
    name = owner.name if owner else ""
    if here == account or (owner and other and owner.id == other.id):
        return Link(name, "")
    if other is None:
        return Link(name, library.content.texts("web.somebody") if here and not here.startswith(GUEST) else "")
    return Link(name, other.name)
