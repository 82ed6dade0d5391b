"""Reading the form of a page: after its sender is known to be let in, and no more of it than the page takes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence

from msgspec.structs import replace
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from bot.body import body_of
from bot.incoming import clean
from bot.process.apart import TooMuch, apart
from bot.router import Library, Refused
from bot.web.page import FileForm, Page, Reading, Upload

READ_SECONDS = 10.0
_TOKEN = re.compile(rb'(?:^|&)csrf=([\w%-]*)(?=&|$)|\bname="csrf"\r\n\r\n([\w-]*)\r\n')

Fits = Callable[[Sequence[str]], bool]


async def read_form(request: Request, page: Page, admit: Callable[[], Awaitable[None]], fits: Fits) -> FormData:
    """The form, once `admit` has let its sender in and `fits` its CSRF token.

    A large form is not read before either is known: its token must stand in its beginning, which browsers send in the
    order of the page. Raises what `admit` raises, Refused for a token that does not fit, and TooLarge."""
    body = body_of(request.scope)
    if page.file_form or not body.small:
        await admit()
    if not body.small:
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
    """The fields by their names, cleaned, in the order of the form."""
    values: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        if isinstance(value, str):
            values.setdefault(clean(name), []).append(clean(value))
    return values


class Files:
    """Reads what comes with forms, one file after the other, each in a process of its own."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore()

    async def read(self, form: FileForm | None, files: dict[str, Upload], library: Library) -> dict[str, Upload]:
        """The files with what is in them; as they are where no form says how. Raises Refused for one that takes too
        long or too much memory."""
        if form is None:
            return files
        return {name: await self._read(form.read(one, library), one) for name, one in files.items() if one.name}

    async def _read(self, reading: Reading, file: Upload) -> Upload:
        try:
            async with self._turn:
                content = await apart(READ_SECONDS, reading.work, *reading.args)
        except TooMuch:
            raise Refused("web.file_too_much") from None
        return replace(file, content=content)


async def files_of(form: FormData) -> dict[str, Upload]:
    """The files by the names of their fields."""
    return {
        clean(name): Upload(clean(one.filename or ""), await one.read())
        for name, one in form.multi_items()
        if isinstance(one, UploadFile)
    }
