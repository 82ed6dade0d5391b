"""What the store says at the end of the demo, asked table by table, without the functions that the bot uses."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from decimal import Decimal

from sqlalchemy import func, text
from sqlmodel import col, select

from bot.demo.stage import Frame
from bot.store import attendance, rating
from bot.store.core.statements import StoreSession
from bot.store.meetings import Meeting
from bot.store.people import Account, Member
from bot.store.rating import RatingRound


def everybody(session: StoreSession) -> list[int]:
    """All members without an account, in the order in which codes are given out."""
    bound = select(Account.member_id)
    query = select(Member.id).where(~col(Member.id).in_(bound)).order_by(col(Member.branch_id), col(Member.id))
    return [ident or 0 for ident in session.exec(query)]


async def count_bound(binding_now: Iterable[Awaitable[Frame]]) -> int:
    """How many of these were bound."""
    return sum(bool(answer["text"]) for answer in await asyncio.gather(*binding_now))


def numbers(session: StoreSession, branch_id: int) -> dict[str, object]:
    """The summary's numbers by label."""
    found: dict[str, object] = {"bound": session.exec(select(func.count()).select_from(Account)).one()}
    found |= {
        label: int(session.execute(text(query), {"branch": branch_id}).scalar_one())
        for label, query in _QUERIES.items()
    }
    meeting = session.exec(select(Meeting).where(col(Meeting.unit_id) == branch_id)).one()
    tally = attendance.tally(session, meeting.id or 0)
    found["present"] = tally.came
    found["rate"] = _share(tally.came, tally.expected)
    found["coverage"] = _share(tally.covered, tally.expected)
    return found


def voter(session: StoreSession, round_id: int, member_id: int) -> int:
    """The row of a member on the roll of a rating."""
    query = text("SELECT id FROM rating_voter WHERE round_id = :round AND member_id = :member")
    return int(session.execute(query, {"round": round_id, "member": member_id}).scalar_one())


def review(session: StoreSession, round_id: int) -> dict[str, object]:
    """The review's numbers by label."""
    found = session.get_one(RatingRound, round_id)
    rows = session.execute(text("SELECT sum(rows) FROM rating_count WHERE round_id = :round"), {"round": round_id})
    sealed = session.execute(text(f"SELECT count(*) FROM sqlite_master WHERE name = 'rating_envelope_{round_id}'"))
    totals = rating.rows_file(session, found)["totals"]
    return {
        "review_cast": sum(found.cast),
        "review_paper": sum(found.paper_returned),
        "review_rows": int(rows.scalar_one()),
        "review_total": Decimal(str(totals[0]["total"])),
        "review_left": int(sealed.scalar_one()),
    }


def _share(part: int, whole: int) -> Decimal:
    return Decimal((2000 * part + whole) // (2 * whole)) / 10


_SENT = "SELECT count(*) FROM delivery JOIN outgoing ON outgoing.id = outgoing_id WHERE state = 'sent' AND key LIKE "
_QUERIES = {
    "notice_sent": _SENT + "'notice\\:%\\:send'",
    "chased": _SENT + "'notice\\:%\\:chase'",
    "notice_confirmed": "SELECT count(*) FROM notice_receipt WHERE confirmed_at IS NOT NULL",
    "read": "SELECT count(*) FROM reading",
    "leave": "SELECT count(*) FROM leave WHERE state = 'approved'",
    "reminded": _SENT + "'theme_day\\:%\\:notice\\:%'",
    "reminded_short": _SENT + "'theme_day\\:%\\:short\\:%'",
    "quiz_people": "SELECT count(DISTINCT member_id) FROM quiz_answer",
    "quiz_answers": "SELECT count(*) FROM quiz_answer",
    "voted": "SELECT count(*) FROM poll_vote",
    "yes": "SELECT count(*) FROM poll_vote WHERE choice = 1",
    "made_up": "SELECT count(*) FROM make_up WHERE state = 'confirmed'",
    "minutes": "SELECT count(*) FROM minutes WHERE signed_at IS NOT NULL",
}
