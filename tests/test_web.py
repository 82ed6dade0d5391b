"""What every page gets from the web application: files, limits, answers for scripts, forms without a session."""

from __future__ import annotations

import asyncio
import re
import stat
from pathlib import Path

import httpx
from msgspec.structs import replace
from starlette.types import ASGIApp
from starlette.types import Message as ASGIMessage

from bot.app import App
from bot.clock import ShiftedClock
from bot.config import Settings
from bot.features import pages
from bot.messages import Role
from bot.router import Context, Refused
from bot.signing import sign_in_path
from bot.store import sessions
from bot.store.sessions import Visitor
from bot.web.access import COOKIE
from bot.web.app import STREAMS, build_web
from bot.web.connections import Limits
from bot.web.page import Json, Page, Redirect, Result, View, Visit
from tests.support.cast import MEMBERS, SECRETARY
from tests.support.chat import Chat
from tests.support.serving import served
from tests.support.shipped import shipped_content
from tests.support.wording import says


def _form(visit: Visit, ctx: Context) -> Result:
    return View("sentence.html", {"sentence": "form"})


def _sent(visit: Visit, ctx: Context) -> Result:
    if visit.field("refuse"):
        raise Refused("web.not_found")
    file = visit.files.get("file")
    return Json({"name": file.name if file else "", "size": len(file.data) if file else 0, "word": visit.field("word")})


def _enter(visit: Visit, ctx: Context) -> Result:
    return Redirect("/whoami", sessions.open_session(ctx.session, Visitor("v1"), ctx.now))


def _whoami(visit: Visit, ctx: Context) -> Result:
    return Json({"account": ctx.address.chat})


def _breaks(visit: Visit, ctx: Context) -> Result:
    raise ZeroDivisionError


PAGES = (
    Page("/breaks", Role.ANYONE, get=_breaks),
    Page("/form", Role.ANYONE, get=_form, post=_sent, max_form=3_000, files=True),
    Page("/plain", Role.ANYONE, get=_form, post=_sent),
    Page("/enter", Role.ANYONE, get=_form, post=_enter),
    Page("/whoami", Role.ANYONE, get=_whoami),
)


def _browser(app: App) -> httpx.AsyncClient:
    web = build_web(app.access, lambda: PAGES, [], lambda: None)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=web), base_url="http://127.0.0.1", follow_redirects=True)


async def _token(http: httpx.AsyncClient, app: App, path: str) -> str:
    await http.get(path)
    return app.access.csrf(http.cookies["azalea"])


async def test_a_form_without_a_session_still_needs_its_token(app: App) -> None:
    async with _browser(app) as http:
        token = await _token(http, app, "/form")
        assert (await http.post("/form", data={"csrf": token, "word": "杜鹃"})).json()["word"] == "杜鹃"
        assert (await http.post("/form", data={"csrf": "0" * 32})).status_code == 403
        http.cookies.clear()
        assert (await http.post("/form", data={"csrf": token})).status_code == 403


async def test_one_file_where_the_page_takes_one(app: App) -> None:
    async with _browser(app) as http:
        token = await _token(http, app, "/form")
        sent = await http.post("/form", data={"csrf": token}, files={"file": ("名册.csv", b"12345")})
        assert sent.json() == {"name": "名册.csv", "size": 5, "word": ""}
        assert (await http.post("/plain", data={"csrf": token}, files={"file": ("x", b"1")})).status_code == 400


async def test_too_large_a_form_is_not_read(app: App) -> None:
    async with _browser(app) as http:
        token = await _token(http, app, "/form")
        refused = await http.post("/form", data={"csrf": token, "word": "x" * 4_000})
        assert refused.status_code == 413
        assert says(refused.text, "web.too_large")


async def test_a_script_gets_the_refusal_as_json(app: App) -> None:
    async with _browser(app) as http:
        token = await _token(http, app, "/form")
        refused = await http.post("/form", data={"csrf": token, "refuse": "1"}, headers={"accept": "application/json"})
        assert refused.status_code == 403
        assert refused.json() == {"error": app.library.content.texts("web.not_found")}
        shown = await http.post("/form", data={"csrf": token, "refuse": "1"})
        assert re.search("<main", shown.text)


async def test_a_page_may_sign_a_browser_in(app: App) -> None:
    async with _browser(app) as http:
        token = await _token(http, app, "/enter")
        assert (await http.get("/whoami")).json() == {"account": ""}
        assert (await http.post("/enter", data={"csrf": token})).json() == {"account": "v1"}
        assert (await http.get("/whoami")).json() == {"account": "v1"}


async def test_a_page_that_breaks_says_so_and_is_as_guarded_as_any_other(app: App) -> None:
    web = build_web(app.access, lambda: PAGES, [], lambda: None)
    transport = httpx.ASGITransport(app=web, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
        fine, broken = await http.get("/form"), await http.get("/breaks")
    assert broken.status_code == 500
    assert "ZeroDivisionError" not in broken.text
    for name in ("content-security-policy", "x-content-type-options", "referrer-policy", "x-frame-options"):
        assert broken.headers[name] == fine.headers[name]


def test_the_kept_secret_is_the_owners_own_and_an_empty_one_is_replaced(
    settings: Settings, clock: ShiftedClock
) -> None:
    place = Path(settings.store.backup_folder).parent / "secret"
    place.write_text("")
    found = []
    for _ in range(2):
        app = App(replace(settings, secret=""), shipped_content(), clock)
        found.append(app.settings.secret)
        app.store.close()
    assert found[0] == found[1] == place.read_text("ascii")
    assert len(found[0]) >= 48
    assert stat.S_IMODE(place.stat().st_mode) == 0o600


async def _flood(
    app: App, web: ASGIApp, path: str, cookie: str = "", begin: bytes = b"", most: int = 8_000_000
) -> tuple[int, int]:
    """POST a body of `most` bytes that nobody has announced: the status, and how many bytes of it were taken."""
    taken, statuses = 0, list[int]()

    async def receive() -> ASGIMessage:
        nonlocal taken
        chunk = begin if begin and not taken else b"x" * 65_536
        taken += len(chunk)
        return {"type": "http.request", "body": chunk, "more_body": taken < most}

    async def send(message: ASGIMessage) -> None:
        statuses.extend([message["status"]] if message["type"] == "http.response.start" else [])

    headers = [(b"content-type", b"application/x-www-form-urlencoded"), (b"cookie", f"{COOKIE}={cookie}".encode())]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "headers": headers,
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    await web(scope, receive, send)
    return statuses[0], taken


async def test_nobody_sends_more_than_a_little_before_they_are_let_in(app: App) -> None:
    link = sign_in_path(app.library.signer, "m1", "/chat", app.clock.now())
    paths = {re.sub(r"\{\w+\}", "1", page.path) for page in pages() if page.post}
    assert "/ratings/1/upload" in paths
    for path in [*sorted(paths), "/out", link, "/in/x", "/chat", "/", "/nowhere", "/static/chat/chat.js", "/local/ws"]:
        status, taken = await _flood(app, app.web, path)
        assert 300 <= status < 500, (path, status)
        assert taken <= 3 * 65_536, (path, taken)


async def test_a_right_and_a_token_come_before_a_large_form(chat: Chat, app: App) -> None:
    async def as_(who: str, path: str, token: str) -> tuple[int, int]:
        key = await app.store.write(sessions.open_session, Visitor(who), app.clock.now())
        token = token.replace("mine", app.access.csrf(key))
        return await _flood(app, app.web, path, key, f"csrf={token}&text=".encode())

    for who, path, token, status, most in (
        (MEMBERS[0], "/quiz", "mine", 403, 0),
        (SECRETARY, "/quiz", "0" * 32, 403, 2 * 65_536),
        (SECRETARY, "/quiz", "mine", 413, 300_000),
        ("stranger", "/ratings/1/upload", "mine", 403, 0),
        (MEMBERS[0], "/ratings/1/upload", "mine", 403, 0),
    ):
        found, taken = await as_(who, path, token)
        assert (found, taken <= most) == (status, True), (who, path, token, found, taken)


async def test_a_person_has_so_many_streams(app: App) -> None:
    pages = (Page("/watched", Role.ANYONE, get=_form, watch=lambda visit, ctx: {"a": 1}),)
    key = await app.store.write(sessions.open_session, Visitor("v1"), app.clock.now())
    other = await app.store.write(sessions.open_session, Visitor("v2"), app.clock.now())
    async with served(build_web(app.access, lambda: pages, [], lambda: None), Limits(1_000, 100)) as server:
        for cookie in [key] * STREAMS:
            assert await server.stream("/watched/events", cookie) == "HTTP/1.1 200 OK"
        assert await server.stream("/watched/events", key) == "HTTP/1.1 429 Too Many Requests"
        assert await server.stream("/watched/events", other) == "HTTP/1.1 200 OK"
        server.wires[0].writer.transport.abort()
        async with asyncio.timeout(30):
            while await server.stream("/watched/events", key) != "HTTP/1.1 200 OK":
                await asyncio.sleep(0.1)
