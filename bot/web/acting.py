"""Who acts on a page, and for which unit: decided inside the transaction of what they do."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from bot.messages import Address, Role
from bot.router import Context, Library, Refused, no_right
from bot.store import people
from bot.store.core import turns
from bot.store.core.statements import StoreSession
from bot.store.people import Person
from bot.web.access import Access
from bot.web.page import Look, Result, Visit


def act(
    session: StoreSession, look: Callable[[Visit, Context], Any], visit: Visit, account: str, role: Role,
    library: Library, access: Access,
) -> Any:  # fmt: skip
    """Identify, authorise and run one page function inside the caller's transaction."""
    person, unit = _identified(session, account, role)
    ctx = Context(session, access.clock.now(), library, Address("local", account), person, None, unit)
    return look(visit, ctx)


def anybody(visit: Visit, ctx: Context) -> None:
    """Asks for no more than the page's role."""


def _identified(session: StoreSession, account: str, role: Role) -> tuple[Person | None, int]:
    """The person and the unit for which they act, 0 for none. Raises Refused for whom the page is not for."""
    person = people.identify(session, "local", account)
    if person is None and role is not Role.ANYONE:
        raise Refused("web.sign_in_first")
    unit = person.branch_id if person else 0
    if person is not None and role not in (Role.ANYONE, Role.MEMBER):
        led = people.units_led(session, person.id, role)
        if not led:
            raise no_right(role)
        unit = unit if unit in led else led[0]
    return person, unit


def one_at_a_time(look: Look) -> Look:
    """The form's function, run when nobody else acts for a unit."""

    @wraps(look)
    def taken(visit: Visit, ctx: Context) -> Result:
        turns.take(ctx.session)
        return look(visit, ctx)

    return taken
