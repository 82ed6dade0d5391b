"""A branch of many members with an account each, for tests of delivery."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import col, select

from bot.store import binding
from bot.store.core.statements import StoreSession
from bot.store.people import Member, Unit
from bot.store.roster import apply
from bot.store.roster_units import Answers
from tests.support.cast import COMMITTEE, Row

BRANCH = "大支部"


def gather(session: StoreSession, size: int, now: datetime, channel: str = "telegram") -> int:
    """Put `size` members on the roster, account and chat 10001, 10002, ...; the id of their branch."""
    answers = Answers(new=(BRANCH,))
    apply(session, COMMITTEE, [Row(f"党员{number:04}", BRANCH) for number in range(size)], answers=answers)
    branch = session.exec(select(Unit).where(col(Unit.name) == BRANCH)).one()
    members = session.exec(select(Member).where(col(Member.branch_id) == branch.id).order_by(col(Member.id)))
    for number, member in enumerate(members.all(), 10_001):
        binding.bind(session, member.id or 0, channel, str(number), str(number), now)
    return branch.id or 0
