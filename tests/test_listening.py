"""Where the program listens, and through which proxy it speaks to others."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import httpx
import pytest

from benchmarks.workloads import free_port
from bot.channels.telegram.http import Api, Call
from bot.clock import SystemClock
from bot.config import ConfigError, load
from bot.process.listening import PortTaken, authority, listen
from bot.server import running
from tests.support.commands import run_command
from tests.support.shipped import ROOT
from tests.support.wording import says


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """The shipped configuration, listening on an address of IPv6."""
    port = str(free_port())
    text = (ROOT / "config.toml").read_text(encoding="utf-8").replace("8080", port)
    text = text.replace('"127.0.0.1"', '"::1"').replace("http://127.0.0.1", "http://[::1]")
    text = text.replace("var/", f"{tmp_path}/var/")
    (tmp_path / "config.toml").write_text(text, encoding="utf-8")
    (tmp_path / "content").symlink_to(ROOT / "content")
    return tmp_path


async def test_the_program_serves_on_ipv6(place: Path) -> None:
    settings = load(place / "config.toml", {})
    async with running(settings, ROOT / "content", SystemClock()), httpx.AsyncClient() as http:
        for _ in range(100):
            try:
                answer = await http.get(settings.server.public_url + "/chat")
                break
            except httpx.ConnectError:
                await asyncio.sleep(0.1)
        assert answer.status_code == 200
        taken = await asyncio.to_thread(run_command, place, "run")
        assert says(taken.stdout, "cli.port_taken", address=f"[::1]:{settings.server.port}")


def test_an_address_that_is_none_of_ours_is_refused_by_name(place: Path) -> None:
    text = (place / "config.toml").read_text(encoding="utf-8")
    for host in ("192.0.2.1", "nowhere.invalid", "2001:db8::1", "a..b"):
        (place / "config.toml").write_text(text.replace('"::1"', f'"{host}"'), encoding="utf-8")
        refused = run_command(place, "run")
        assert refused.returncode == 1
        assert "server.host" in refused.stdout, host
        assert "Traceback" not in refused.stderr


def test_any_address_listens_to_both_families() -> None:
    with listen("::", 0) as listener:
        port = listener.getsockname()[1]
        for host in ("127.0.0.1", "::1"):
            socket.create_connection((host, port), timeout=10).close()
        with pytest.raises(PortTaken, match=r"\[::\]"):
            listen("::", port)
    assert authority("example.org", 80) == "example.org:80"
    with pytest.raises(ConfigError, match=r"server\.host"):
        listen("192.0.2.1", 0)


async def test_calls_go_through_the_proxy() -> None:
    asked: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(b'HTTP/1.1 200 OK\r\ncontent-length: 26\r\n\r\n{"ok": true, "result": {}}')
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        api = Api("http://api.invalid", "1:abc", f"http://me:pass@127.0.0.1:{port}")
        try:
            assert (await api.call(Call("getMe", {}))).ok
        finally:
            await api.close()
    assert asked[0].startswith("POST http://api.invalid/bot1:abc/getMe ")
    assert "Proxy-Authorization: Basic bWU6cGFzcw==" in asked[0]
