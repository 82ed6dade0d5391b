"""Who is asking: one-time links, session cookies, CSRF tokens."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from bot.clock import Clock
from bot.router import Library
from bot.signing import LINK, LINK_HOURS, BadToken
from bot.store import access
from bot.store.access import Visitor
from bot.store.engine import Store

COOKIE = "azalea"
OPERATOR_COOKIE = "azalea_operator"


@dataclass(frozen=True, slots=True)
class SignIn:
    """A fresh session: the cookie's value, and the page to go on to."""

    key: str
    next_page: str


class Access:
    """Signs browsers in and recognises them."""

    def __init__(self, store: Store, library: Library, clock: Clock) -> None:
        self._store, self.library, self.clock = store, library, clock

    @property
    def store(self) -> Store:
        return self._store

    async def redeem(self, token: str) -> SignIn:
        """Use a one-time link; raises BadToken when it is forged, expired or used."""
        now = self.clock.now()
        operator, account, next_page = self.library.signer.read(LINK, token, now).split("|", 2)
        expires = now + timedelta(hours=LINK_HOURS)
        if not await self._store.write(access.redeem, token, expires):
            raise BadToken("used")
        visitor = Visitor(account, operator == "1")
        return SignIn(await self._store.write(access.open_session, visitor, now), next_page)

    async def guest(self, account: str) -> str:
        """A session for somebody unknown: they can only type a binding code. The cookie's value."""
        return await self._store.write(access.open_session, Visitor(account), self.clock.now())

    async def visitor(self, key: str) -> Visitor | None:
        """Whose session a cookie opens."""
        if not key:
            return None
        return await self._store.read(access.visitor, key, self.clock.now())

    async def chatter(self, cookies: Mapping[str, str]) -> tuple[str, Visitor | None]:
        """The key and who uses the chat: the operator stays one while a member's page is open beside it."""
        key = cookies.get(OPERATOR_COOKIE, "")
        found = await self.visitor(key)
        if found is not None and found.operator:
            return key, found
        key = cookies.get(COOKIE, "")
        return key, await self.visitor(key)

    def csrf(self, key: str) -> str:
        """The token that every form of this session carries."""
        return self.library.signer.fingerprint("csrf", key)[:32]

    def csrf_fits(self, key: str, given: str) -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(self.csrf(key).encode(), given.encode("utf-8", "replace"))
