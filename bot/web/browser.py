"""What browsers are told to keep, and whether a page of ours sent what comes from one."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import Response

COOKIE = "azalea"
OPERATOR_COOKIE = "azalea_operator"
_PORTS = {"http": 80, "https": 443}
_DAYS = 180
"""Kept as long as any session may last: when it ends is for the store to say."""


def is_https(public_url: str) -> bool:
    """Whether members reach us by https, if need be at a proxy in front."""
    return public_url.startswith("https://")


def from_us(connection: HTTPConnection, public_url: str) -> bool:
    """Whether a page of ours sent this form, or opened this WebSocket. Browsers say what sends; programs say nothing.
    A page that does not say where it is from is none of ours."""
    if connection.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        return False
    origin = connection.headers.get("origin")
    if origin is None:
        return True
    said, ours = _place(origin), _place(public_url)
    if said is None or ours is None:
        return False
    scheme, place = said
    if place == ours[1]:
        return scheme == ours[0]
    return said == _place(f"{scheme}://{connection.headers.get('host', '')}")


def _place(url: str) -> tuple[str, str] | None:
    """The scheme of an address, and its host with the port where that is not the scheme's own; None for what is no
    address of the web: whoever sends it may write anything."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if not parts.hostname or "@" in parts.netloc:
        return None
    return parts.scheme, parts.hostname if port in (None, _PORTS.get(parts.scheme)) else f"{parts.hostname} {port}"


class Cookies:
    """The cookies of sessions. Under https their names begin with `__Host-`: no other host of the domain, and no page
    without encryption, can set them."""

    def __init__(self, public_url: str) -> None:
        self._secure = is_https(public_url)

    def read(self, cookies: Mapping[str, str], name: str = COOKIE) -> str:
        """The key that a browser holds; empty for none."""
        return cookies.get(self._name(name), "")

    def write(self, response: Response, key: str, name: str = COOKIE) -> None:
        """Have the browser hold a key."""
        response.set_cookie(
            self._name(name), key, max_age=_DAYS * 86400, httponly=True, samesite="lax", secure=self._secure
        )

    def drop(self, response: Response, name: str = COOKIE) -> None:
        """Have the browser forget a key."""
        response.delete_cookie(self._name(name), httponly=True, samesite="lax", secure=self._secure)

    def _name(self, name: str) -> str:
        return f"__Host-{name}" if self._secure else name
