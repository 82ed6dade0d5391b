"""The database is away or damaged: every route says so in a plain sentence, and goes on when it is back."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import create_engine, make_url, text
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from bot.app import App
from bot.signing import sign_in_path
from bot.store import sessions
from bot.store.sessions import Visitor
from bot.web.access import COOKIE
from bot.web.connections import Limits
from tests.support.cast import SECRETARY
from tests.support.chat import Chat
from tests.support.serving import served
from tests.support.wording import says


@contextmanager
def away(app: App) -> Iterator[None]:
    """Meanwhile no new connection finds the database, and those that were open are gone."""
    url = make_url(app.settings.store.url)
    if url.get_backend_name() == "sqlite":
        place = Path(url.database or "")
        kept = [(part, part.read_bytes()) for part in place.parent.glob(f"{place.name}*")]
        for part, data in kept:
            _overwrite(part, (b"no database " * (len(data) // 12 + 1))[: len(data)])
        _forget(app)
        yield
        _forget(app)
        for part, data in kept:
            _overwrite(part, data)
        return
    admin = create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as other:
        other.execute(text(f'ALTER DATABASE "{url.database}" ALLOW_CONNECTIONS false'))
        other.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :n"), {"n": url.database}
        )
        yield
        other.execute(text(f'ALTER DATABASE "{url.database}" ALLOW_CONNECTIONS true'))
    admin.dispose()


def _overwrite(part: Path, data: bytes) -> None:
    """Write over a file in place: the one that is mapped must not become shorter, or its reader is killed."""
    with part.open("r+b" if part.exists() else "wb") as file:
        file.write(data)


def _forget(app: App) -> None:
    """Connections that are kept for later see the file as it is now."""
    app.store.engine.dispose()


async def test_every_route_says_it_in_a_sentence(chat: Chat, app: App, caplog: pytest.LogCaptureFixture) -> None:
    key = await app.store.write(sessions.open_session, Visitor(SECRETARY), app.clock.now())
    link = sign_in_path(app.library.signer, SECRETARY, "/chat", app.clock.now())
    async with served(app.web, Limits(100, 100)) as server:
        place = f"127.0.0.1:{server.port}"
        async with httpx.AsyncClient(base_url=f"http://{place}", timeout=60) as http:
            http.headers["cookie"] = f"{COOKIE}={key}"
            with away(app), caplog.at_level(logging.ERROR):
                for method, path in (
                    ("GET", "/chat"), ("GET", link), ("POST", link), ("POST", "/out"), ("GET", "/notices"),
                    ("POST", "/notices"), ("GET", "/notices/1/events"), ("POST", "/ratings/1/upload"),
                ):  # fmt: skip
                    answer = await http.request(method, path, headers={"origin": f"http://{place}"})
                    assert answer.status_code == 503, (method, path)
                    assert says(answer.text, "help.store_unavailable"), (method, path)
                with pytest.raises(InvalidStatus) as refused:
                    await connect(f"ws://{place}/local/ws", additional_headers={"Cookie": f"{COOKIE}={key}"})
                assert refused.value.response.status_code == 503
                assert says(refused.value.response.body.decode(), "help.store_unavailable")
            assert not any(record.exc_info for record in caplog.records)
            assert (await http.get("/notices")).status_code == 200


async def test_a_socket_is_told_once(app: App) -> None:
    """What is said a second time is a fault in the server's log."""
    path, headers = "/local/ws", [(b"host", b"127.0.0.1"), (b"cookie", f"{COOKIE}=x".encode())]
    scope = {"type": "websocket", "path": path, "raw_path": path.encode(), "root_path": "", "query_string": b""}
    scope |= {"scheme": "ws", "headers": headers, "subprotocols": [], "extensions": {"websocket.http.response": {}}}
    told: list[MutableMapping[str, Any]] = []

    async def connects() -> dict[str, str]:
        return {"type": "websocket.connect"}

    async def tell(message: MutableMapping[str, Any]) -> None:
        told.append(message)

    with away(app):
        await app.web(scope, connects, tell)
    assert [one["type"].rpartition(".")[2] for one in told] == ["start", "body"]
    assert told[0]["status"] == 503


async def test_an_open_chat_says_it_and_is_taken_up_again(chat: Chat, app: App) -> None:
    key = await app.store.write(sessions.open_session, Visitor(SECRETARY), app.clock.now())
    async with served(app.web, Limits(100, 100)) as server:
        address, headers = f"ws://127.0.0.1:{server.port}/local/ws", {"Cookie": f"{COOKIE}={key}"}
        async with connect(address, additional_headers=headers) as socket:
            await socket.send(json.dumps({"op": "join", "as": SECRETARY}))
            assert json.loads(await socket.recv())["op"] == "joined"
            with away(app):
                await socket.send(json.dumps({"op": "say", "id": "1", "chat": SECRETARY, "text": "帮助"}))
                told = json.loads(await _next(socket))
                assert says(told["message"]["text"], "help.store_unavailable")
                await socket.send(json.dumps({"op": "join", "as": SECRETARY}))
                assert json.loads(await _next(socket))["op"] == "error"
            await socket.send(json.dumps({"op": "say", "id": "2", "chat": SECRETARY, "text": "帮助"}))
            told = json.loads(await _next(socket))
            assert not says(told["message"]["text"], "help.store_unavailable")


async def _next(socket: ClientConnection) -> str | bytes:
    async with asyncio.timeout(60):
        return await socket.recv()
