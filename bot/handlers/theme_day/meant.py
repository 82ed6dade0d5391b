"""Whose theme day is meant."""

from __future__ import annotations

from bot.messages import Role
from bot.router import Context, Refused
from bot.store import people, theme_day
from bot.store.people import Unit, UnitKind


def branch_of(ctx: Context, *roles: Role) -> tuple[Unit, str]:
    """The branch that is meant (named first, or the one acted for) and the words that follow."""
    named, rest = theme_day.split_branch(ctx.session, ctx.args)
    if named is not None:
        if not any(ctx.may(role, named.id or 0) for role in roles):
            raise Refused("help.not_yours")
        return named, rest
    unit = people.unit(ctx.session, ctx.unit_id)
    if unit.kind is not UnitKind.BRANCH:
        raise Refused("theme_day.name_branch")
    return unit, rest
