"""Expiring tokens: web links and codes that the server can check without a table."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

LINK = "sign-in link"
LINK_HOURS = 12
_IN = re.compile(r"/in/[\w.~-]+")
_GUEST = "guest of the web chat"
_CODE_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


class BadToken(Exception):
    """The token was not made here, was made for something else, or has expired."""


class Signer(Struct, frozen=True):
    """Signs short texts with HMAC-SHA256 under one secret (at least 32 bytes)."""

    secret: bytes

    def __post_init__(self) -> None:
        if len(self.secret) < 32:
            raise ValueError("the signing secret needs at least 32 bytes")

    def sign(self, purpose: str, text: str, expires: datetime) -> str:
        """A URL-safe token for `text`, valid for `purpose` until `expires`."""
        body = f"{int(expires.timestamp())}:{secrets.token_hex(6)}:{text}".encode()
        return f"{_b64(body)}.{_b64(self._mac(purpose, body)[:16])}"

    def read(self, purpose: str, token: str, now: datetime) -> str:
        """The signed text; raises BadToken. Only the spelling that `sign` gave is a token: whoever remembers tokens
        that were used remembers their spelling."""
        head, _, tail = token.partition(".")
        try:
            body, mac = _unb64(head), _unb64(tail)
        except ValueError:
            raise BadToken("malformed") from None
        if token != f"{_b64(body)}.{_b64(mac)}":
            raise BadToken("malformed")
        if not hmac.compare_digest(mac, self._mac(purpose, body)[:16]):
            raise BadToken("forged")
        expires, _, text = body.decode().split(":", 2)
        if now.timestamp() > int(expires):
            raise BadToken("expired")
        return text

    def rolling_code(self, purpose: str, now: datetime, seconds: int, digits: int = 4) -> str:
        """The code of the present time window of `seconds` (the sign-in code on the big screen)."""
        return self._window_code(purpose, int(now.timestamp()) // seconds, digits)

    def check_rolling(self, purpose: str, code: str, now: datetime, seconds: int, digits: int = 4) -> bool:
        """True for the code of this window or of the one before it."""
        window = int(now.timestamp()) // seconds
        given = code.encode("utf-8", "replace")
        return any(
            hmac.compare_digest(given, self._window_code(purpose, number, digits).encode())
            for number in (window, window - 1)
        )

    def fingerprint(self, purpose: str, text: str) -> str:
        """A keyed hash for looking a code up without storing it."""
        return self._mac(purpose, text.encode()).hex()

    def derived(self, purpose: str) -> bytes:
        """A key of 32 bytes for one purpose; the secret cannot be told from it."""
        return self._mac("key:" + purpose, b"")

    def _window_code(self, purpose: str, window: int, digits: int) -> str:
        mac = self._mac("rolling:" + purpose, str(window).encode())
        return str(int.from_bytes(mac[:8], "big") % 10**digits).zfill(digits)

    def _mac(self, purpose: str, body: bytes) -> bytes:
        return hmac.new(self.secret, purpose.encode() + b"\0" + body, hashlib.sha256).digest()


def sign_in_path(signer: Signer, account: str, next_page: str, now: datetime, *, operator: bool = False) -> str:
    """`/in/<token>`: signs a browser in as a local account, once, within LINK_HOURS. `Handed` is what it says."""
    expires = now + hours(LINK_HOURS)
    text = f"{int(operator)}|{account}|{expires.timestamp():.6f}|{next_page}"
    return "/in/" + signer.sign(LINK, text, expires)


class Handed(Struct, frozen=True):
    """What a one-time link says: for which account (or for the demo's operator), until when, and where it leads."""

    operator: bool
    account: str
    expires_at: datetime
    next_page: str


def read_sign_in(signer: Signer, token: str, now: datetime) -> Handed:
    """The token of a one-time link, read; raises BadToken."""
    parts = signer.read(LINK, token, now).split("|", 3)
    if len(parts) != 4:
        raise BadToken("expired")  # it was made before links carried their moment
    operator, account, expires, next_page = parts
    return Handed(operator == "1", account, datetime.fromtimestamp(float(expires), now.tzinfo), next_page)


def guest_key(signer: Signer, account: str, expires: datetime) -> str:
    """What the browser of somebody unknown holds: it names their account, and nothing of it is stored."""
    return signer.sign(_GUEST, account, expires)


def guest_of(signer: Signer, key: str, now: datetime) -> str:
    """The account that a guest's key names; "" for any other key, and once it has expired."""
    try:
        return signer.read(_GUEST, key, now) if "." in key else ""
    except BadToken:
        return ""


def new_code(length: int = 8) -> str:
    """A random code of unmistakable capitals and digits (no 0, O, 1, I, L)."""
    return "".join(secrets.choice(_CODE_ALPHABET) for _ in range(length))


def without_tokens(value: Any) -> Any:
    """A text, or all texts in lists and mappings, with the chat in place of every one-time link."""
    if isinstance(value, str):
        return _IN.sub("/chat", value)
    if isinstance(value, list):
        return [without_tokens(one) for one in value]
    return {name: without_tokens(one) for name, one in value.items()} if isinstance(value, dict) else value


def hours(count: float) -> timedelta:
    """A lifetime of `count` hours."""
    return timedelta(hours=count)


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
