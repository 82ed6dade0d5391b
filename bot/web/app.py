"""Builds the Starlette app: sign-in, static files, the pages of every feature, the platforms' own routes."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from functools import partial, wraps
from pathlib import Path
from urllib.parse import quote

from msgspec.structs import replace
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route, Router
from starlette.types import Receive, Scope, Send

from bot.body import BodyLimits, TooLarge
from bot.incoming import cleaned
from bot.messages import Attachment, Role, Unmade
from bot.router import Context, Refused
from bot.store.core.engine import StoreUnavailable
from bot.store.sessions import Visitor
from bot.web.access import PERSONAL, Access
from bot.web.acting import act, anybody, one_at_a_time
from bot.web.browser import COOKIE, OPERATOR_COOKIE, is_https
from bot.web.entrance import Entrance
from bot.web.forms import Files, fields_of, files_of, read_form
from bot.web.headers import SecurityHeaders, headers, secured
from bot.web.menu import menu_of
from bot.web.page import Json, Look, Page, Ready, Redirect, Result, View, Visit, Watch
from bot.web.statics import Statics
from bot.web.streamed import Streamed
from bot.web.templating import Templates

LoadPages = Callable[[], Sequence[Page]]
WATCH_SECONDS = 1.0
STREAMS = 20
"""Event streams that one account may have open."""


def build_web(
    access: Access, pages: LoadPages, platform_routes: Sequence[BaseRoute], wake: Callable[[], None]
) -> Starlette:
    """The whole web application. `wake` is called after every form, in case something is to be sent."""
    web = Web(access, wake)
    routes: list[BaseRoute] = [
        Route("/in/{token}", web.entrance.sign_in, methods=["GET", "POST"]),
        Route("/", web.home),
        Route("/chat", web.chat),
        Route("/out", web.entrance.sign_out, methods=["POST"]),
        Mount("/static", Statics(directory=Path(__file__).parent / "static")),
        *platform_routes,
        Mount("/", Pages(web, pages)),
    ]
    app = Starlette(
        routes=routes,
        middleware=[Middleware(SecurityHeaders, web.headers), Middleware(BodyLimits)],
        exception_handlers={
            404: web.not_found,
            500: web.broken,
            TooLarge: web.too_large,
            ClientDisconnect: web.gone,
            StoreUnavailable: web.unavailable,
        },
    )
    app.router.redirect_slashes = False
    return app


def _visit_of(request: Request) -> Visit:
    """What an address says, cleaned."""
    return Visit(cleaned(request.path_params), cleaned(dict(request.query_params)))


class Pages:
    """The pages of all features, loaded when the first of them is asked for; the bot goes on answering meanwhile."""

    def __init__(self, web: Web, load: LoadPages) -> None:
        self._web, self._load = web, load
        self._loading = asyncio.Lock()
        self._router: Router | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._loading:
            router = self._router = self._router or await self._loaded()
        await router(scope, receive, send)

    async def _loaded(self) -> Router:
        pages = await asyncio.to_thread(self._load)
        self._web.menu = [page for page in pages if page.menu]
        return Router([route for page in pages for route in self._web.routes(page)], redirect_slashes=False)


class Web:
    """Turns requests into visits and results into responses."""

    def __init__(self, access: Access, wake: Callable[[], None]) -> None:
        self._access, self._wake = access, wake
        self.menu: Sequence[Page] = ()
        self._streams: Counter[str] = Counter()
        self._files = Files()
        self._library = access.library
        self._page = Templates(access.library.content.texts)
        self.headers = headers(is_https(access.library.settings.server.public_url))
        self.entrance = Entrance(access, self._page)

    async def home(self, request: Request) -> Response:
        """The bare address leads to the chat."""
        return RedirectResponse("/chat", 303)

    async def chat(self, request: Request) -> Response:
        """The local chat. A browser that nobody knows becomes a guest, who can only type a binding code; nothing is
        stored for it."""
        key, visitor = await self._access.chatter(request.cookies)
        if visitor is None:
            key, visitor = self._access.guest()
        response = self._page("chat/chat.html", {"visitor": visitor, "csrf": self._access.csrf(key)})
        self._access.cookies.write(response, key, OPERATOR_COOKIE if visitor.operator else COOKIE)
        return response

    async def not_found(self, request: Request, error: Exception) -> Response:
        """An address with a slash at its end leads to the one without it, on whatever host the browser is."""
        plain = "/" + request.url.path.strip("/")
        if request.method == "GET" and request.url.path.endswith("/") and plain != "/":
            return RedirectResponse(plain + (f"?{request.url.query}" if request.url.query else ""), 303)
        return self._sentence("web.not_found", status=404)

    async def broken(self, request: Request, error: Exception) -> Response:
        return secured(self._sentence("web.broken", status=500), self.headers)

    async def too_large(self, request: Request, error: Exception) -> Response:
        return self._refusing(request)("web.too_large", 413)

    async def gone(self, request: Request, error: Exception) -> Response:
        """Whoever sent this body went away, or was sent away, in its middle: nobody reads the answer."""
        return Response(status_code=400)

    async def unavailable(self, request: HTTPConnection, error: Exception) -> Response:
        """The store is at fault, whatever the route; a WebSocket gets the same answer in place of its opening."""
        return self._refusing(request)("help.store_unavailable", 503)

    def _refusing(self, request: HTTPConnection) -> Callable[..., Response]:
        """How this browser or script is told no."""
        return self._error if "application/json" in request.headers.get("accept", "") else self._sentence

    def routes(self, page: Page) -> Iterator[BaseRoute]:
        """The routes of a page: itself, and what it streams."""
        if methods := [name for name, look in (("GET", page.get), ("POST", page.post)) if look]:
            yield Route(page.path, self.endpoint(page), methods=methods)
        if page.watch:
            yield Route(page.path + "/events", self.stream(page.watch, page.role))

    def endpoint(self, page: Page) -> Callable[[Request], Awaitable[Response]]:
        """The Starlette endpoint of a page."""

        async def serve(request: Request) -> Response:
            known = self._access.cookies.read(request.cookies)
            key = known or secrets.token_urlsafe(32)
            comes = self._access.visitor if page.path.startswith(PERSONAL) else self._access.comes
            visitor = await comes(known)
            writes = request.method == "POST"
            refuse = self._refusing(request)
            if visitor is None and page.role is not Role.ANYONE:
                return refuse("web.sign_in_first", 401)
            address = self._access.peers.of(request)
            if writes and page.codes and not await self._access.guesses.turn(address, key):
                return refuse("web.too_many_codes", 429)
            if page.keys and visitor is not None and not visitor.fresh:
                return refuse("web.idle_too_long", 401)
            look = page.post if writes else page.get
            assert look is not None
            stores = writes and page.file_form is None
            if stores and not page.crowd:
                look = one_at_a_time(look)
            look = self._with_menu(look, page.path)
            account = visitor.account if visitor else ""
            run = self._access.store.write if stores else self._access.store.read
            asker = account, page.role, self._library, self._access
            visit = _visit_of(request)
            try:
                if writes:
                    admit = page.file_form.admit if page.file_form else anybody
                    let_in = partial(self._access.store.read, act, admit, visit, *asker)
                    form = await read_form(request, page, let_in, partial(self._access.csrf_fits, key))
                    files = await self._files.read(page.file_form, await files_of(form), self._library)
                    visit = replace(visit, form=fields_of(form), files=files)
                result = await run(act, look, visit, *asker)
            except Refused as refused:
                return refuse(refused.key, 403, **refused.values)
            if writes:
                self._wake()
            if isinstance(result, View) and result.wrong_code and await self._access.wrong_code(address, key):
                return refuse("web.too_many_codes", 429)
            ready = await asyncio.to_thread(result.made) if isinstance(result, Unmade) else result
            response = self._response(ready, key)
            if not known and not (isinstance(result, Redirect) and result.key):
                self._access.cookies.write(response, key)
            return response

        return serve

    def stream(self, watch: Watch, role: Role) -> Callable[[Request], Awaitable[Response]]:
        """A server-sent event stream of what `watch` reads, one event whenever it changes."""

        async def serve(request: Request) -> Response:
            key = self._access.cookies.read(request.cookies)
            here = await self._access.visitor(key)
            if here is None:
                return Response(status_code=401)
            if self._streams[here.account] >= STREAMS:
                return self._refusing(request)("web.too_many_streams", 429)
            visit = _visit_of(request)

            async def read(visitor: Visitor) -> str:
                values: Mapping[str, object] = await self._access.store.read(
                    act, watch, visit, visitor.account, role, self._library, self._access
                )
                return json.dumps(values, ensure_ascii=False)

            async def read_again() -> str:
                """For whoever the browser is by now: it may have been signed out since."""
                visitor = await self._access.visitor(key)
                if visitor is None:
                    raise Refused("web.sign_in_first")
                return await read(visitor)

            self._streams[here.account] += 1
            release = partial(self._released, here.account)
            try:
                return Streamed(_events(await read(here), read_again), release)
            except Refused:
                release()
                return Response(status_code=403)
            except BaseException:
                release()
                raise

        return serve

    def _released(self, account: str) -> None:
        self._streams -= Counter({account: 1})

    def _with_menu(self, look: Look, path: str) -> Look:
        """The page function, its view completed with the navigation of this visitor."""

        @wraps(look)
        def shown(visit: Visit, ctx: Context) -> Result:
            result = look(visit, ctx)
            if not isinstance(result, View):
                return result
            return replace(result, values={**result.values, "menu": menu_of(self.menu, ctx, path)})

        return shown

    def _response(self, result: Ready, key: str) -> Response:
        if isinstance(result, Redirect):
            response = RedirectResponse(result.path, 303)
            if result.key:
                self._access.cookies.write(response, result.key)
            return response
        if isinstance(result, Json):
            return JSONResponse(dict(result.values), headers={"cache-control": "no-store"})
        if isinstance(result, Attachment):
            disposition = f"attachment; filename*=UTF-8''{quote(result.name)}"
            headers = {"content-disposition": disposition, "cache-control": "no-store"}
            return Response(result.data, media_type=result.mime, headers=headers)
        return self._page(result.template, {**result.values, "csrf": self._access.csrf(key)}, result.status)

    def _sentence(self, key: str, status: int, **values: object) -> HTMLResponse:
        return self._page("sentence.html", {"sentence": self._library.content.texts(key, **values)}, status)

    def _error(self, key: str, status: int, **values: object) -> JSONResponse:
        return JSONResponse({"error": self._library.content.texts(key, **values)}, status)


async def _events(text: str, read: Callable[[], Awaitable[str]]) -> AsyncIterator[str]:
    """One event whenever the text changes, until it can no longer be read."""
    last = ""
    while True:
        yield f"data: {text}\n\n" if text != last else ": \n\n"
        last = text
        await asyncio.sleep(WATCH_SECONDS)
        try:
            text = await read()
        except (Refused, StoreUnavailable):
            return
