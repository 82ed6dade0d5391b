"""What people write into the forms of an election, read and checked."""

from __future__ import annotations

import logging
from datetime import date

from bot.messages import Role
from bot.router import Context, Refused
from bot.rules.election import ReportState
from bot.rules.secrecy import find_marks
from bot.store import election as store
from bot.store.election import Contest, Election, Round

_log = logging.getLogger(__name__)
_FIRST_YEAR = 1921
"""No Party branch was elected before."""
LONGEST_NAME = 20
LONGEST_LISTED = 60
"""A name with the branch that tells it from a namesake's."""
LONGEST_NUMBER = 40
LONGEST_TEXT = 120
LONGEST_CORRECTION = 300


def clean(ctx: Context, text: str, most: int, what: str) -> str:
    """One line of plain text, refused when it is too long or must not be here (SC-6)."""
    plain = " ".join(text.split())
    if len(plain) > most:
        raise Refused("election.too_long", what=ctx.text(f"election.field.{what}"), limit=most)
    if found := find_marks(plain, ctx.library.content.marks, phones=1):
        _log.warning("refused a text: %s", ", ".join(found))
        raise Refused("election.secret")
    return plain


def needed(ctx: Context, text: str, most: int, what: str) -> str:
    """The same, and it must not be empty."""
    plain = clean(ctx, text, most, what)
    if not plain:
        raise Refused("election.missing", what=ctx.text(f"election.field.{what}"))
    return plain


def number(ctx: Context, text: str, what: str, *, most: int = 9999) -> int:
    """A whole number from 0 to `most`."""
    plain = text.strip()
    if not (plain.isascii() and plain.isdigit() and len(plain) < 6 and int(plain) <= most):
        raise Refused("election.not_a_number", what=ctx.text(f"election.field.{what}"), most=most)
    return int(plain)


def day(ctx: Context, text: str, what: str) -> date:
    """A date as a browser sends it. A year of which only the end was typed is none."""
    try:
        found = date.fromisoformat(text.strip())
    except ValueError:
        found = date.min
    if found.year < _FIRST_YEAR:
        raise Refused("election.not_a_date", what=ctx.text(f"election.field.{what}"))
    return found


def election_of(ctx: Context, election_id: int) -> Election:
    """An election that this person prepares: the secretary of the unit or of one above it."""
    found = store.find_election(ctx.session, election_id)
    if found is None:
        raise Refused("web.not_found")
    ctx.require(Role.SECRETARY, found.unit_id)
    return found


def contest_of(ctx: Context, contest_id: int) -> tuple[Election, Contest]:
    """A contest of such an election."""
    found = store.find_contest(ctx.session, contest_id)
    if found is None:
        raise Refused("web.not_found")
    return election_of(ctx, found.election_id), found


def context_of(ctx: Context, round_id: int) -> tuple[Election, Contest, Round]:
    """A round with what it belongs to; the caller says who may see it."""
    found = store.find_round(ctx.session, round_id)
    contest = store.find_contest(ctx.session, found.contest_id) if found else None
    election = store.find_election(ctx.session, contest.election_id) if contest else None
    if found is None or contest is None or election is None:
        raise Refused("web.not_found")
    return election, contest, found


def unreported(ctx: Context, election: Election) -> None:
    """Refuse a change of what was reported: numbers, names and papers stay as they went to the superior, and are only
    corrected (EL-25, RC-2). Whoever reports waits for changes that are under way, and they for the report."""
    store.lock_election(ctx.session, election)
    if election.announced_on is not None:
        raise Refused("election.over")
    if reported(ctx, election):
        raise Refused("election.reported_already")


def reported(ctx: Context, election: Election) -> bool:
    """Whether the result has been reported to the superior."""
    steps = store.reports(ctx.session, election.id or 0)
    return any(one.state is not ReportState.COUNTED for one in steps)


def not_ahead(ctx: Context, election: Election) -> None:
    """Refuse to vote or to count before the day of the meeting has come."""
    if election.held_on is not None and election.held_on > ctx.today:
        raise Refused("election.day_to_come", day=election.held_on)
