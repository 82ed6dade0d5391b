"""The security headers of every response."""

from __future__ import annotations

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_CSP = (
    "default-src 'self'; img-src 'self' data:; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
_HEADERS = (
    (b"content-security-policy", _CSP.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
)


_ONLY_HTTPS = (b"strict-transport-security", b"max-age=31536000")
"""Of this host alone: what else the domain has is not ours to decide."""

Headers = tuple[tuple[bytes, bytes], ...]


def headers(https: bool) -> Headers:
    """The headers of every response. Our own pages are told where a form comes from, others nothing."""
    return (*_HEADERS, _ONLY_HTTPS) if https else _HEADERS


def secured(response: Response, added: Headers) -> Response:
    """The response with the security headers; for the one that is made outside all middleware, after an exception."""
    response.raw_headers.extend(added)
    return response


class SecurityHeaders:
    """Adds the security headers to every response."""

    def __init__(self, app: ASGIApp, added: Headers) -> None:
        self._app, self._added = app, added

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *self._added]
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)
