"""Reading the form of a page: after its sender is known to be let in, and no more of it than the page takes."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from bot.body import body_of
from bot.router import Refused
from bot.web.page import Page, Upload

_TOKEN = re.compile(rb'(?:^|&)csrf=([\w%-]*)(?=&|$)|\bname="csrf"\r\n\r\n([\w-]*)\r\n')

Fits = Callable[[Sequence[str]], bool]


async def read_form(request: Request, page: Page, admit: Callable[[], Awaitable[None]], fits: Fits) -> FormData:
    """The form, once `admit` has let its sender in and `fits` its CSRF token.

    A large form is not read before either is known: its token must stand in its beginning, which browsers send in the
    order of the page. Raises what `admit` raises, Refused for a token that does not fit, and TooLarge."""
    body = body_of(request.scope)
    if not body.small:
        await admit()
        beginning, whole = await body.beginning()
        if not whole and not fits([(one or other).decode() for one, other in _TOKEN.findall(beginning)]):
            raise Refused("web.stale_form")
    body.allow(page.max_form)
    form = await request.form(max_files=int(page.files), max_fields=2_000, max_part_size=page.max_form)
    if not fits(fields_of(form).get("csrf", [])):
        await form.close()
        raise Refused("web.stale_form")
    return form


def fields_of(form: FormData) -> dict[str, list[str]]:
    """The fields by their names, in the order of the form."""
    values: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        if isinstance(value, str):
            values.setdefault(name, []).append(value)
    return values


async def files_of(form: FormData) -> dict[str, Upload]:
    """The files by the names of their fields."""
    return {
        name: Upload(one.filename or "", await one.read())
        for name, one in form.multi_items()
        if isinstance(one, UploadFile)
    }
