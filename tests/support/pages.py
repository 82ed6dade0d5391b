"""One person's browser, without scripts."""

from __future__ import annotations

import re

import httpx

from bot.app import App
from bot.signing import sign_in_path


class Pages:
    """Signs in by a one-time link and sends forms."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app.web), base_url="http://127.0.0.1", follow_redirects=True
        )

    async def enter(self, who: str, path: str) -> httpx.Response:
        """Sign in as somebody and arrive at a page."""
        return await self.http.post(sign_in_path(self.app.library.signer, who, path, self.app.clock.now()))

    async def send(self, page: httpx.Response, path: str, **fields: str | list[str]) -> httpx.Response:
        """Send a form of a page, with the page's own values where no other is given."""
        token = re.findall(r'name="csrf" value="([^"]+)"', page.text)
        return await self.http.post(path, data={"csrf": token[0] if token else "", **fields})
