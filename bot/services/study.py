"""What chat and pages share of study materials: which are meant for somebody."""

from __future__ import annotations

from bot.router import Context
from bot.store import study


def names_of(ctx: Context) -> set[str]:
    """The names of this person's group, branch and everything above: what a material may be meant for."""
    person = ctx.member
    return study.names_around(ctx.session, person.group_id or person.branch_id)
