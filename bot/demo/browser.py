"""One person's browser: redeems the one-time links of the chat, reads pages, sends their forms."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from html import unescape
from types import TracebackType
from typing import Any, Self

import aiohttp

from bot.demo.stage import StageError

Fields = Mapping[str, str | Sequence[str]]


class Browser:
    """A session with a cookie jar of its own; `page` is the page that it is at."""

    def __init__(self, home: str) -> None:
        self._home = home
        self._http = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        self.page = ""
        self.path = ""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.close()

    async def enter(self, link: str) -> None:
        """Open a one-time link and press its button."""
        await self._see(await self._http.get(link))
        await self._see(await self._http.post(link, data={"csrf": self.hidden("csrf")}))

    async def go(self, path: str) -> None:
        """Open a page."""
        await self._see(await self._http.get(self._home + path))

    async def send(self, path: str, fields: Fields, file: tuple[str, bytes] | None = None) -> None:
        """Send a form of this page, and a file with it."""
        form = aiohttp.FormData()
        for name, value in {"csrf": self.hidden("csrf"), **fields}.items():
            for one in [value] if isinstance(value, str) else value:
                form.add_field(name, one)
        if file is not None:
            form.add_field("file", file[1], filename=file[0])
        await self._see(await self._http.post(self._home + path, data=form))

    async def post(self, path: str, fields: Fields) -> dict[str, Any]:
        """What a script of this page sends, and the values that come back."""
        data = {"csrf": self.hidden("csrf") or self.data("csrf"), **fields}
        headers = {"accept": "application/json"}
        async with self._http.post(self._home + path, data=data, headers=headers) as response:
            answer: dict[str, Any] = await response.json()
        if response.status != 200:
            raise StageError(f"{path}: {answer.get('error')}")
        return answer

    async def fetch(self, path: str, *, by_form: bool = False) -> bytes:
        """A file, behind a link or behind a form of this page."""
        method, form = ("POST", {"csrf": self.hidden("csrf")}) if by_form else ("GET", None)
        async with self._http.request(method, self._home + path, data=form) as response:
            data = await response.read()
        if response.status != 200:
            raise StageError(f"{path}: {response.status}")
        return data

    def hidden(self, name: str) -> str:
        """The value of the first field of this name; empty when there is none."""
        found = re.search(rf'name="{name}" value="([^"]*)"', self.page)
        return unescape(found[1]) if found else ""

    def data(self, name: str) -> str:
        """The value of the first `data-` attribute of this name."""
        found = re.search(rf'data-{name}="([^"]*)"', self.page)
        return unescape(found[1]) if found else ""

    def words(self) -> str:
        """What can be read on the page: its main part without markup and what is hidden, a line each."""
        main = re.search(r"<main.*</main>", self.page, re.DOTALL)
        shown = re.sub(r"<(\w+)[^>]* hidden\b[^>]*>.*?</\1>", "", main[0] if main else "", flags=re.DOTALL)
        lines = unescape(re.sub(r"<[^>]+>", "\n", shown)).splitlines()
        return "\n".join(line.strip() for line in lines if line.strip())

    def values(self, name: str) -> Any:
        """The JSON in a `data-` attribute."""
        return json.loads(self.data(name))

    async def _see(self, response: aiohttp.ClientResponse) -> None:
        self.page, self.path = await response.text(), response.url.path
        if response.status != 200:
            raise StageError(f"{self.path}: {response.status} {unescape(re.sub('<[^>]+>', ' ', self.page))[-300:]}")
