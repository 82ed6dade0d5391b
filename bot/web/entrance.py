"""One-time links and signing out."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.signing import BadToken
from bot.web.access import Access
from bot.web.browser import OPERATOR_COOKIE, from_us
from bot.web.templating import Templates

AFTERWARDS = ("/rating/code",)
"""Where signing out may lead instead of the chat."""

class Entrance:
    """Where browsers come in and go out."""

    def __init__(self, access: Access, page: Templates) -> None:
        self._access, self._page = access, page

    async def sign_in(self, request: Request) -> Response:
        """A one-time link: GET says whose it is (link previews must not use it up), POST signs in, but not from
        another site's form. A link to a page of one person's own is refused where somebody else is signed in, until
        they have left."""
        token = request.path_params["token"]
        try:
            link = await self._access.read_link(token, request.cookies)
            pressed = request.method == "POST" and self._from_us(request)
            if pressed and (not link.other or "leave" in await request.form()):
                return await self._enter(token, request)
        except BadToken as error:
            return self._page("sentence.html", {"sentence": self._page.texts(f"web.link_{error.args[0]}")}, 403)
        return self._page("sign_in/sign_in.html", {"name": link.name, "other": link.other}, 403 if link.other else 200)

    async def sign_out(self, request: Request) -> Response:
        """End this browser's session and go to the chat, or to the page of ours that the form names. An operator who
        leaves a member's page stays one. Another site's form signs nobody out."""
        if not self._from_us(request):
            return RedirectResponse("/chat", 303)
        wanted = str((await request.form()).get("to", ""))
        key = self._access.cookies.read(request.cookies)
        here = await self._access.visitor(key)
        await self._access.close(key)
        response = RedirectResponse(wanted if wanted in AFTERWARDS else "/chat", 303)
        self._access.cookies.drop(response)
        if here is None or here.operator:
            self._access.cookies.drop(response, OPERATOR_COOKIE)
        return response

    async def _enter(self, token: str, request: Request) -> Response:
        signed_in = await self._access.redeem(token)
        response = RedirectResponse(signed_in.next_page, 303)
        self._access.cookies.write(response, signed_in.key)
        key, chatter = await self._access.chatter(request.cookies)
        if chatter is not None and chatter.operator:
            self._access.cookies.write(response, key, OPERATOR_COOKIE)
        else:
            await self._access.close(key, signed_in.key)
        return response

    def _from_us(self, request: Request) -> bool:
        return from_us(request, self._access.library.settings.server.public_url)
