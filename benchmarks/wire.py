"""The bytes of WebSocket (RFC 6455) and HTTP/1.1, as little as a load generator needs."""

from __future__ import annotations

import asyncio
import base64
import os
import struct
from collections.abc import Callable

_TEXT, _CLOSE, _PING, _PONG = 0x1, 0x8, 0x9, 0xA


def frame(payload: bytes, opcode: int = _TEXT) -> bytes:
    """Return one masked client frame; the mask is zero, which is valid and costs nothing."""
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", 0x80 | opcode, 0x80 | size)
    elif size < 65536:
        head = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, size)
    else:
        head = struct.pack("!BBQ", 0x80 | opcode, 0x80 | 127, size)
    return head + b"\0\0\0\0" + payload


class WebSocketClient(asyncio.Protocol):
    """A client that hands every text frame to `hear` and answers pings. Fragmented messages are refused."""

    def __init__(self, host: str, path: str, headers: dict[str, str], hear: Callable[[str], None]) -> None:
        self._request = {"Host": host, "Upgrade": "websocket", "Connection": "Upgrade"} | headers
        self._path, self._hear, self._buffer = path, hear, bytearray()
        self._transport: asyncio.Transport | None = None
        self.open: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the handshake."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        headers = self._request | {"Sec-WebSocket-Key": key, "Sec-WebSocket-Version": "13"}
        lines = [
            f"GET {self._path} HTTP/1.1",
            *(f"{name}: {value}" for name, value in headers.items()),
            "",
            "",
        ]
        transport.write("\r\n".join(lines).encode())

    def send(self, text: str) -> None:
        """Send one text frame."""
        assert self._transport is not None
        self._transport.write(frame(text.encode()))

    def data_received(self, data: bytes) -> None:
        """Read the handshake's answer, then frames."""
        self._buffer += data
        if not self.open.done():
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = bytes(self._buffer[:end])
            del self._buffer[: end + 4]
            if not head.startswith(b"HTTP/1.1 101"):
                self.open.set_exception(ConnectionError(head.split(b"\r\n")[0].decode()))
                return
            self.open.set_result(None)
        while self._take_frame():
            pass

    def _take_frame(self) -> bool:
        buffer = self._buffer
        if len(buffer) < 2:
            return False
        size, start = buffer[1] & 0x7F, 2
        if size == 126 and len(buffer) >= 4:
            size, start = struct.unpack_from("!H", buffer, 2)[0], 4
        elif size == 127 and len(buffer) >= 10:
            size, start = struct.unpack_from("!Q", buffer, 2)[0], 10
        elif size > 125:
            return False
        if len(buffer) < start + size:
            return False
        final, opcode = buffer[0] & 0x80, buffer[0] & 0x0F
        payload = bytes(buffer[start : start + size])
        del buffer[: start + size]
        assert self._transport is not None
        if not final:
            raise ConnectionError("fragmented message")
        if opcode == _TEXT:
            self._hear(payload.decode())
        elif opcode == _PING:
            self._transport.write(frame(payload, _PONG))
        elif opcode == _CLOSE:
            self._transport.close()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """Let a waiting caller see a handshake that broke off."""
        if not self.open.done():
            self.open.set_exception(exc or ConnectionError("closed during the handshake"))

    def close(self) -> None:
        """Close the connection."""
        if self._transport is not None:
            self._transport.write(frame(struct.pack("!H", 1000), _CLOSE))
            self._transport.close()


def body_of(buffer: bytearray) -> tuple[bytes, bytes] | None:
    """Take one whole HTTP/1.1 message, head and body, off the buffer; None when it is not all there."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = bytes(buffer[:end])
    size = 0
    at = head.lower().find(b"content-length:")
    if at >= 0:
        size = int(head[at + 15 :].split(b"\r\n", 1)[0])
    if len(buffer) < end + 4 + size:
        return None
    body = bytes(buffer[end + 4 : end + 4 + size])
    del buffer[: end + 4 + size]
    return head, body


class HttpClient(asyncio.Protocol):
    """A keep-alive poster: one request at a time, the response's body goes to `hear`."""

    def __init__(self, hear: Callable[[str], None]) -> None:
        self._hear, self._buffer = hear, bytearray()
        self._transport: asyncio.Transport | None = None
        self.answered = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def post(self, host: str, target: str, headers: dict[str, str], body: str) -> None:
        """Send one request; `answered` is set by its response."""
        assert self._transport is not None
        self.answered.clear()
        data = body.encode()
        extra = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"POST {target} HTTP/1.1\r\nHost: {host}\r\n{extra}Content-Length: {len(data)}\r\n\r\n"
        self._transport.write(head.encode() + data)

    def data_received(self, data: bytes) -> None:
        """Hand over every whole response; an HTTP error is an empty answer."""
        self._buffer += data
        while (message := body_of(self._buffer)) is not None:
            head, body = message
            self._hear(body.decode() if head.startswith(b"HTTP/1.1 200") else "")
            self.answered.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wake a waiting caller."""
        self.answered.set()

    def close(self) -> None:
        """Close the connection."""
        if self._transport is not None:
            self._transport.close()
