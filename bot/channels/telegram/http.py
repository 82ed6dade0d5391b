"""The wire to the Bot API: one aiohttp session for our own calls and for the library's `Bot`.

Calls that carry messages are JSON posted straight through the session, at the cost of a bare post: 0.24 to
0.27 ms of CPU, where a bare post takes 0.21 to 0.25. The library's way to the same wire builds request and
answer objects that nobody here reads: 0.43 ms for `Bot.do_api_request`, 0.63 ms for `Bot.send_message`. `Bot`
serves the calls made once at start.

The base address contains the bot's token: no text of an exception that may name an address is kept or logged.
"""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
from msgspec import Struct
from msgspec.json import Decoder, Encoder
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData
from yarl import URL

from bot.incoming import clean
from bot.messages import Attachment, Outcome, Receipt, Trouble

CONNECT_SECONDS = 8.0
READ_SECONDS = 20.0
_CONNECTIONS = 64
_HEADERS = {"Content-Type": "application/json"}
_ENCODER, _DECODER = Encoder(), Decoder()
_NOT_WRITTEN = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
_LOST = (aiohttp.ClientError, asyncio.TimeoutError, OSError)
_OURS = frozenset({401, 404})
_TROUBLES = (
    (Trouble.TOPIC_CLOSED, ("topic closed",)),
    (Trouble.TOPIC_GONE, ("thread not found", "topic deleted", "topic id invalid")),
    (Trouble.NO_RIGHT, ("not enough rights", "no rights", "restricted", "write forbidden", "administrator rights",
                        "admin required", "send plain forbidden", "can't write")),
    (Trouble.GONE, ("kicked", "not a member", "not found", "deactivated", "deleted", "blocked", "peer id invalid")),
)  # fmt: skip


class Call(Struct, frozen=True):
    """One Bot API call; `file` is uploaded in the part named `field`."""

    method: str
    payload: dict[str, Any]
    file: Attachment | None = None
    field: str = ""


class Answer(Struct, frozen=True):
    """What came back: `receipt` says how it ended, `result` is Telegram's object when it ended well."""

    receipt: Receipt
    result: Any = None

    @property
    def ok(self) -> bool:
        """True when Telegram did it."""
        return self.receipt.outcome is Outcome.SENT


class Api:
    """The session and the addresses. `call` never raises for anything that the network or Telegram does."""

    def __init__(self, api_url: str, token: str, proxy: str = "") -> None:
        self._base, self._token = f"{api_url.rstrip('/')}/bot{token}/", token
        self._proxy = proxy or None
        self._urls: dict[str, URL] = {}
        self._session: aiohttp.ClientSession | None = None

    @property
    def session(self) -> aiohttp.ClientSession:
        """Made at first use, inside the running loop."""
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=_CONNECTIONS),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=timeout(READ_SECONDS),
                proxy=self._proxy,
                skip_auto_headers=("User-Agent", "Accept-Encoding"),
            )
        return self._session

    async def call(self, call: Call, wait: float = 0.0) -> Answer:
        """One call; `wait` is how many seconds longer than usual Telegram may take (long polling)."""
        url = self._urls.get(call.method)
        if url is None:
            url = self._urls[call.method] = URL(self._base + call.method, encoded=True)
        limits = timeout(READ_SECONDS + wait) if wait else None
        try:
            if call.file is None:
                body = _ENCODER.encode(call.payload)
                posting = self.session.post(url, data=body, headers=_HEADERS, **_given(limits))
            else:
                posting = self.session.post(url, data=_form(call, call.file), **_given(limits))
            async with posting as response:
                return read_answer(response.status, await response.read())
        except _NOT_WRITTEN as error:
            return Answer(Receipt(Outcome.RETRY, reason=type(error).__name__))
        except _LOST as error:
            return Answer(Receipt(Outcome.UNKNOWN, reason=type(error).__name__))

    def clean(self, text: str) -> str:
        """The text without the token."""
        return text.replace(self._token, "***")

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()


class AiohttpRequest(BaseRequest):
    """The library's requests over the same session. It owns no connections."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def initialize(self) -> None:
        """Nothing to prepare: the session is made at first use."""

    async def shutdown(self) -> None:
        """Nothing to close: the session belongs to `Api`."""

    @property
    def read_timeout(self) -> float:
        return READ_SECONDS

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Status and body; raises the library's NetworkError or TimedOut, without the address."""
        seconds = read_timeout if isinstance(read_timeout, int | float) else READ_SECONDS
        data: Any = None
        if request_data is not None and request_data.multipart_data:
            data = aiohttp.FormData(request_data.json_parameters)
            for name, (filename, content, mime) in request_data.multipart_data.items():
                data.add_field(name, content, filename=filename, content_type=mime)
        elif request_data is not None:
            data = request_data.json_parameters
        try:
            limits = timeout(seconds)
            async with self._api.session.request(method, url, data=data, timeout=limits) as response:
                return response.status, await response.read()
        except TimeoutError:
            raise TimedOut from None
        except (aiohttp.ClientError, OSError) as error:
            raise NetworkError(type(error).__name__) from None


def timeout(read: float) -> aiohttp.ClientTimeout:
    """Connecting has its own limit, so that a timeout while reading is known as such."""
    return aiohttp.ClientTimeout(total=None, connect=CONNECT_SECONDS, sock_read=read)


def read_answer(status: int, body: bytes) -> Answer:
    """Telegram's answer as a receipt.

    A server error may follow a message that was delivered, so it is UNKNOWN. A refused token (401, 404) says
    nothing about the recipient and is worth another try once the operator has put it right.
    """
    try:
        data = _DECODER.decode(body)
        code = int(data.get("error_code", status))
    except (ValueError, AttributeError, TypeError, RecursionError):
        return Answer(Receipt(Outcome.UNKNOWN, reason=f"unreadable answer, status {status}"))
    if data.get("ok") is True:
        result = data.get("result")
        number = result.get("message_id", "") if isinstance(result, dict) else ""
        return Answer(Receipt(Outcome.SENT, message_id=str(number)), result)
    reason = clean(f"{code} {data.get('description', '')}"[:200])
    if code == 429:
        return Answer(Receipt(Outcome.RATE_LIMITED, retry_after=_retry_after(data), reason=reason))
    if code in _OURS:
        return Answer(Receipt(Outcome.RETRY, reason=reason))
    if moved := _moved_to(data):
        return Answer(Receipt(Outcome.RETRY, reason=reason, moved_to=moved))
    if not 400 <= code < 500:
        return Answer(Receipt(Outcome.UNKNOWN, reason=reason))
    return Answer(Receipt(Outcome.REJECTED, reason=reason, trouble=_trouble(reason)))


def _trouble(reason: str) -> Trouble:
    """What is wrong with a group, by the words of Telegram's answer."""
    said = reason.lower().replace("_", " ")
    return next((trouble for trouble, words in _TROUBLES if any(word in said for word in words)), Trouble.OTHER)


def _parameter(data: dict[str, Any], name: str) -> object:
    parameters = data.get("parameters")
    return parameters.get(name) if isinstance(parameters, dict) else None


def _moved_to(data: dict[str, Any]) -> str:
    found = _parameter(data, "migrate_to_chat_id")
    return str(found) if isinstance(found, int) else ""


def _retry_after(data: dict[str, Any]) -> float:
    found = _parameter(data, "retry_after")
    return float(found) if isinstance(found, int | float) and found > 0 else 1.0


def _form(call: Call, file: Attachment) -> aiohttp.FormData:
    form = aiohttp.FormData(quote_fields=False)  # Telegram shows a percent-encoded name as it is
    for name, value in call.payload.items():
        form.add_field(name, value if isinstance(value, str) else _ENCODER.encode(value).decode())
    name = "".join(one for one in file.name if one.isprintable())
    form.add_field(call.field, file.data, filename=name, content_type=file.mime)
    return form


def _given(limits: aiohttp.ClientTimeout | None) -> dict[str, Any]:
    return {"timeout": limits} if limits else {}
