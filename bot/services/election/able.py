"""Whom a name means, and whether they may stand, watch or serve: members with rights, in the whole roster (EL-6)."""

from __future__ import annotations

from bot.router import Context, Refused
from bot.rules.election import Named, close_to, meant
from bot.store import election as store
from bot.store.election import Election, Eligible


def member_named(ctx: Context, election: Election, name: str) -> Eligible | None:
    """The member of the unit with the right to elect and to stand who has this name."""
    found = meant(name, store.people_of(ctx.session, election.unit_id))
    return Eligible(found[0].id, found[0].name) if len(found) == 1 and found[0].able else None


def able(ctx: Context, unit_id: int) -> set[int]:
    """The members of the unit who have rights now."""
    return {one.id for one in store.eligible(ctx.session, unit_id)}


def in_unit(ctx: Context, unit_id: int, name: str) -> Eligible:
    """The member of the unit with rights who has this name; refused for anybody else (EL-6, EL-16)."""
    one = _one(name, meant(name, store.people_of(ctx.session, unit_id)))
    if one is None:
        raise Refused("election.no_such_member", name=name)
    if not one.able:
        raise Refused("election.may_not_serve", name=name)
    return Eligible(one.id, one.name)


def anywhere(ctx: Context, unit_id: int, name: str, refusal: str = "election.may_not_stand") -> Eligible | None:
    """The member with this name and with rights: of the unit, else of any other; None for a name that is on no roster.
    Refused when whoever has the name has no rights, when several have it, or when it is somebody's with something else
    behind it."""
    own = meant(name, store.people_of(ctx.session, unit_id))
    everybody = [] if own else store.people_called(ctx.session, name)
    one = _one(name, own or meant(name, everybody))
    if one is None:
        _no_other(name, close_to(name, everybody), refusal)
        return None
    if not one.able:
        raise Refused(refusal, name=name)
    namesakes = len(meant(one.name, everybody)) > 1
    return Eligible(one.id, f"{one.name} {one.branch}" if namesakes else one.name)


def _no_other(name: str, close: list[Named], refusal: str) -> None:
    """Refuse a name that is on no roster but begins with one that is: nobody without rights comes in as a stranger."""
    if close and not any(one.able for one in close):
        raise Refused(refusal, name=name)
    if close:
        listed = " / ".join(f"{one.name} {one.branch}" for one in close)
        raise Refused("election.close_to", name=name, listed=listed, example=f"{close[0].name} {close[0].branch}")


def _one(name: str, found: list[Named]) -> Named | None:
    """The one whom a name means. Namesakes who all lack rights are as good as one of them."""
    if len(found) > 1 and any(one.able for one in found):
        listed = " / ".join(f"{one.name} {one.branch}" for one in found)
        raise Refused("election.which_one", name=name, listed=listed, example=f"{found[0].name} {found[0].branch}")
    return found[0] if found else None
