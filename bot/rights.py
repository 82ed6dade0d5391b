"""Who may use a route, and where."""

from __future__ import annotations

from bot.messages import Role
from bot.router import Refused, Route, Where, no_right
from bot.store import people
from bot.store.core.statements import StoreSession
from bot.store.people import Person


def acts_for(session: StoreSession, route: Route, person: Person | None, unit: int | None, group: bool) -> int | None:
    """Check place and role where the route declares them; the unit that the person acts for, if not their own. `unit`
    is the one that a group chat belongs to. Raises Refused."""
    if route.where is Where.PRIVATE and group:
        raise Refused("help.private_only")
    if route.where is Where.GROUP and not group:
        raise Refused("help.group_only")
    if route.role is Role.ANYONE:
        return None
    if person is None:
        raise Refused("binding.unknown")
    if group and unit is None:
        raise Refused("binding.group_unbound")
    if route.role is Role.MEMBER:
        return None
    if unit is not None:
        if not any(people.may(session, person.id, role, unit) for role in route.roles):
            raise Refused("help.not_yours")
        return None
    for role in route.roles:
        if led := people.units_led(session, person.id, role):
            return person.branch_id if person.branch_id in led else led[0]
    raise no_right(*route.roles)
