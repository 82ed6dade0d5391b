"""What became of a message in groups, in words: members count elsewhere, groups here."""

from __future__ import annotations

from bot.router import Context
from bot.store import groups


def reached(ctx: Context, key: str) -> list[str]:
    """How many groups have the message with this key, and the units whose groups have not; nothing where it is for no
    group."""
    found = groups.progress(ctx.session, key)
    if not found.groups:
        return []
    lines = [ctx.text("receipts.groups", sent=found.sent, all=found.groups)]
    if found.unopened:
        lines.append(ctx.text("receipts.groups_unopened", count=found.unopened))
    if found.missed:
        names = [unit or ctx.text("receipts.group_unbound") for unit in found.missed]
        joined = ctx.text("notices.comma").join(names)
        lines.append(ctx.text("receipts.groups_missed", count=len(names), names=joined))
    return lines


def missed(ctx: Context, *keys: str) -> list[str]:
    """The same of each of these messages, but nothing where all groups have it or still wait."""
    return [line for key in keys if groups.progress(ctx.session, key).missed for line in reached(ctx, key)]
