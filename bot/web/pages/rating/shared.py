"""What the owner's pages of a rating share: finding the round, plain values for templates, refusals of the store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlmodel import col, select

from bot.clock import SHANGHAI
from bot.router import Context, Refused
from bot.rules.secrecy import find_marks
from bot.services.rating.roll import Known
from bot.store import people, rating
from bot.store.people import Member, Unit
from bot.store.rating import RatingError, RatingRound

LONGEST_TITLE = 60


def round_of(ctx: Context, round_id: int) -> RatingRound:
    """The round, for who may run or approve it; to everybody else it does not exist."""
    found = rating.get(ctx.session, round_id)
    if found is None or not (
        rating.may_run(ctx.session, found, ctx.member.id) or rating.may_approve(ctx.session, found, ctx.member.id)
    ):
        raise Refused("rating_console.not_found")
    return found


def own_round(ctx: Context, round_id: int) -> RatingRound:
    """The round, for who runs it."""
    found = round_of(ctx, round_id)
    if not rating.may_run(ctx.session, found, ctx.member.id):
        raise Refused("rating_console.not_found")
    return found


def values_of(found: RatingRound) -> dict[str, object]:
    """What every template says about a round."""
    return {
        "id": found.id,
        "title": found.title,
        "kind": str(found.kind),
        "mode": str(found.mode),
        "state": str(found.state),
        "ranked": found.ranked,
        "min_group": found.min_group,
        "meeting": found.meeting_id is not None,
    }


def short(manifest_hash: str) -> str:
    """The fingerprint of a manifest as people compare it: "0123 4567 89ab cdef"."""
    return in_fours(manifest_hash[:16])


@contextmanager
def refusing() -> Iterator[None]:
    """What the store refuses within becomes a sentence."""
    try:
        yield
    except RatingError as error:
        raise Refused(error.key, **error.values) from None


def in_fours(code: str) -> str:
    """A code as it is read out, typed and compared."""
    return " ".join(code[at : at + 4] for at in range(0, len(code), 4))


def moment(text: str) -> datetime | None:
    """A date and time as a browser sends it, in Shanghai; None where nothing is given. What cannot be read is refused:
    it does not take away the time that was set."""
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)
    except ValueError:
        raise Refused("rating_console.setup.closes_unclear") from None


def known_under(ctx: Context, unit_id: int) -> list[Known]:
    """Everybody on the roster of a unit and of those below it, by branch and then as listed."""
    path = people.unit(ctx.session, unit_id).path
    query = (
        select(Member.id, Member.name, Unit.name)
        .join(Unit, col(Unit.id) == col(Member.branch_id))
        .where(col(Member.left_on).is_(None), col(Unit.path).startswith(path, autoescape=True))
        .order_by(col(Unit.id), col(Member.id))
    )
    return [Known(ident or 0, name, branch) for ident, name, branch in ctx.session.exec(query)]


def top_of(ctx: Context, unit_id: int) -> int:
    """The committee above a unit, or the unit itself."""
    return people.unit(ctx.session, unit_id).line[0]


def checked(ctx: Context, text: str) -> str:
    """Text that others will read: refused when it looks secret or like an identity number (SC-6)."""
    if find_marks(text, ctx.library.content.marks, phones=1):
        raise Refused("rating_console.secret")
    return text
