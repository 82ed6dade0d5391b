"""The navigation between pages: only those that the visitor's roles open."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from bot.messages import Role
from bot.router import Context
from bot.store import people
from bot.web.page import Page


class Entry(Struct, frozen=True):
    """A page in the navigation; `name` is its text key under `console.menu`."""

    path: str
    name: str
    here: bool


def menu_of(pages: Sequence[Page], ctx: Context, path: str) -> tuple[Entry, ...]:
    """The entries for this visitor, in the order of `pages`; `path` is the page that is shown."""
    if ctx.person is None:
        return ()
    roles = {Role.MEMBER, *people.roles_of(ctx.session, ctx.person.id)}
    return tuple(
        Entry(page.path, page.path.strip("/").replace("-", "_"), _start(page.path) == _start(path))
        for page in pages
        if not roles.isdisjoint(page.menu)
    )


def _start(path: str) -> str:
    return path.split("/")[1]
