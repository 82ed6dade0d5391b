"""Before the meeting: the base with its exclusions, who is there, who chairs, watches and counts (EL-7..EL-9, EL-15,
EL-16)."""

from __future__ import annotations

from datetime import date

from msgspec import Struct

from bot.messages import Role
from bot.router import Context, Refused
from bot.rules.election import Base, Exclusion, Reason, completes, due_count, has_quorum, quorum_needed, reasons
from bot.services.election.able import anywhere, in_unit, member_named
from bot.services.election.words import (
    LONGEST_NAME,
    LONGEST_NUMBER,
    LONGEST_TEXT,
    clean,
    day,
    needed,
    number,
    unreported,
)
from bot.store import election as store
from bot.store.election import Election, ElectionExclusion, ElectionRole, RoleKind


class BaseNow(Struct, frozen=True):
    """The base as it would be taken today: who has rights, how many are left out, and the least number present."""

    with_rights: int
    left_out: int
    due: int
    needed: int


def begin(ctx: Context, unit_id: int, *, by_election: bool) -> Election:
    """Start preparing an election; one at a time in a unit (EL-5)."""
    ctx.require(Role.SECRETARY, unit_id)
    if store.open_for(ctx.session, unit_id) is not None:
        raise Refused("election.one_at_a_time")
    election = Election(
        unit_id=unit_id,
        by_election=by_election,
        elected_base=Base(ctx.settings.election.elected_base),
        started_by=ctx.member.id,
        started_on=ctx.today,
    )
    ctx.session.add(election)
    ctx.session.flush()
    ctx.audit("election begun", str(election.id))
    return election


def give_up(ctx: Context, election: Election) -> None:
    """Delete an election in which nothing was counted yet."""
    listed = store.contests(ctx.session, election.id or 0)
    if any(store.all_rounds(ctx.session, one.id or 0) for one in listed):
        raise Refused("election.counted_already")
    store.drop(ctx.session, election)
    ctx.audit("election given up", str(election.id))


def votes_begun(ctx: Context, election: Election) -> bool:
    """Whether a vote of this election has been opened."""
    listed = store.contests(ctx.session, election.id or 0)
    return any(store.rounds(ctx.session, one.id or 0) for one in listed)


def set_meeting(ctx: Context, election: Election, said: dict[str, str]) -> None:
    """Date, place, chair, and what the adopted election rules say about the base (EL-15, EL-21)."""
    unreported(ctx, election)
    held_on = day(ctx, said["held_on"], "held_on") if said["held_on"] else None
    if held_on is not None and held_on > (last := _last_day(ctx, election)):
        raise Refused("election.voted_before", last=last)
    election.held_on = held_on
    election.place = clean(ctx, said["place"], LONGEST_NUMBER, "place")
    election.chair = _chair(ctx, election, said["chair"])
    if said["elected_base"] not in list(Base):
        raise Refused("help.out_of_range")
    election.elected_base = Base(said["elected_base"])
    election.clause = clean(ctx, said["clause"], LONGEST_TEXT, "clause")
    ctx.session.add(election)
    ctx.audit("election meeting", f"{election.id}:{election.held_on or ''}:{election.elected_base}")


def _last_day(ctx: Context, election: Election) -> date:
    """The last day on which the meeting can have been: any, until there was a vote; then today, or the first step that
    was noted."""
    if not votes_begun(ctx, election):
        return date.max
    return min([ctx.today, *(one.taken_on for one in store.reports(ctx.session, election.id or 0))])


def _chair(ctx: Context, election: Election, said: str) -> str:
    """Who is in the chair: a member with rights, or somebody whom no roster has (EL-15)."""
    typed = clean(ctx, said, LONGEST_NAME, "chair")
    found = anywhere(ctx, election.unit_id, typed, "election.may_not_serve") if typed else None
    return found.name if found else typed


def base_now(ctx: Context, election: Election) -> BaseNow:
    """The base from the roster and the exclusions as they stand (EL-9)."""
    able = {one.id for one in store.eligible(ctx.session, election.unit_id)}
    listed = [one for one, _ in store.exclusions(ctx.session, election.id or 0) if one.member_id in able]
    stand = [Exclusion(one.reason, one.approval_no, one.resolution) for one in listed]
    due = due_count(len(able), stand)
    return BaseNow(len(able), len(able) - due, due, quorum_needed(due))


def take_base(ctx: Context, election: Election) -> None:
    """Fix the base as it is today; it may be taken again until the first vote."""
    _before_votes(ctx, election)
    found = base_now(ctx, election)
    if not found.due:
        raise Refused("election.nobody_due")
    election.with_rights, election.due, election.base_on = found.with_rights, found.due, ctx.today
    election.present = None
    ctx.session.add(election)
    ctx.audit("election base", f"{election.id}:{found.due}")


def exclude(ctx: Context, election: Election, name: str, said: dict[str, str]) -> None:
    """Write down that a member is to be left out; without both approvals they stay in the base (EL-8, EL-9). An
    approval that was missing may be added; what was written down before is never replaced."""
    _before_votes(ctx, election)
    member = member_named(ctx, election, needed(ctx, name, LONGEST_NAME, "name"))
    if member is None:
        raise Refused("election.no_such_voter", name=name)
    if said["reason"] not in reasons(ctx.settings.election.retired_away):
        raise Refused("election.reason_needed")
    approval_no = clean(ctx, said["approval_no"], LONGEST_NUMBER, "approval_no")
    resolution = clean(ctx, said["resolution"], LONGEST_NUMBER, "resolution")
    given = (Reason(said["reason"]), approval_no, resolution)
    listed = (one for one, _ in store.exclusions(ctx.session, election.id or 0))
    row = next((one for one in listed if one.member_id == member.id), None)
    if row is not None and not completes((row.reason, row.approval_no, row.resolution), given):
        raise Refused("election.excluded_already", name=member.name)
    row = row or ElectionExclusion(election_id=election.id or 0, member_id=member.id, reason=given[0])
    row.reason, row.approval_no, row.resolution = given
    ctx.session.add(row)
    ctx.session.flush()
    _base_is_stale(ctx, election)
    ctx.audit("election exclusion", str(row.id))


def include(ctx: Context, election: Election, exclusion_id: int) -> None:
    """Take an exclusion back."""
    _before_votes(ctx, election)
    row = ctx.session.get(ElectionExclusion, exclusion_id)
    if row is None or row.election_id != election.id:
        raise Refused("help.stale_button")
    ctx.session.delete(row)
    _base_is_stale(ctx, election)
    ctx.audit("election exclusion taken back", str(exclusion_id))


def set_present(ctx: Context, election: Election, said: str) -> None:
    """How many with the right to elect are in the room (EL-7)."""
    unreported(ctx, election)
    if election.due is None:
        raise Refused("election.base_first")
    election.present = number(ctx, said, "present", most=election.due)
    ctx.session.add(election)
    ctx.audit("election present", f"{election.id}:{election.present}")


def quorum_text(ctx: Context, due: int, present: int | None) -> str:
    """Whether the meeting may elect (EL-7)."""
    values = {"due": due, "needed": quorum_needed(due), "present": present}
    if present is None:
        return ctx.text("election.quorum_open", **values)
    return ctx.text("election.quorum_met" if has_quorum(due, present) else "election.quorum_missed", **values)


def add_role(ctx: Context, election: Election, kind: str, name: str) -> None:
    """Name a scrutineer or teller: a member of the unit with rights (EL-6), never a candidate (EL-16)."""
    unreported(ctx, election)
    if kind not in list(RoleKind):
        raise Refused("help.out_of_range")
    member = in_unit(ctx, election.unit_id, needed(ctx, name, LONGEST_NAME, "name"))
    plain = member.name
    if any(one.name == plain for one in store.roles(ctx.session, election.id or 0)):
        raise Refused("election.role_twice", name=plain)
    if plain in candidate_names(ctx, election):
        raise Refused("election.role_is_candidate", name=plain)
    row = ElectionRole(election_id=election.id or 0, role=RoleKind(kind), name=plain, member_id=member.id)
    ctx.session.add(row)
    ctx.audit("election role", f"{election.id}:{kind}")


def remove_role(ctx: Context, election: Election, role_id: int) -> None:
    """Take a scrutineer or teller back."""
    unreported(ctx, election)
    row = ctx.session.get(ElectionRole, role_id)
    if row is None or row.election_id != election.id:
        raise Refused("help.stale_button")
    ctx.session.delete(row)
    ctx.audit("election role taken back", f"{election.id}:{row.role}")


def candidate_names(ctx: Context, election: Election) -> set[str]:
    """Everybody who is a candidate for anything in this election, or is on a printed ballot."""
    names: set[str] = set()
    for contest in store.contests(ctx.session, election.id or 0):
        names |= {one.name for one in store.candidates(ctx.session, contest.id or 0)}
        for vote in store.rounds(ctx.session, contest.id or 0):
            names |= set(vote.names)
    return names


def _before_votes(ctx: Context, election: Election) -> None:
    unreported(ctx, election)
    if votes_begun(ctx, election):
        raise Refused("election.base_locked")


def _base_is_stale(ctx: Context, election: Election) -> None:
    """A base taken before no longer holds."""
    election.due = election.with_rights = election.present = election.base_on = None
    ctx.session.add(election)
