"""Secretaries and deputies whom the superior appointed after a vacancy: noted in the ledger of terms (EL-5)."""

from __future__ import annotations

from datetime import date

from bot.handlers.election.terms import may_write
from bot.handlers.election.words import LONGEST_NAME, LONGEST_NUMBER, needed
from bot.router import Context, Refused
from bot.rules.election import Office
from bot.store import election as store
from bot.store.election import Appointment

OFFICES = (Office.SECRETARY, Office.DEPUTY)
"""Members of the committee are always elected."""


def appoint(ctx: Context, unit_id: int, office: str, name: str, appointed_on: date, approval_no: str) -> None:
    """Note that the superior filled a post, on which day and under which number. The term ends when it would have, and
    the roster is changed where rosters are."""
    may_write(ctx, unit_id)
    if office not in OFFICES:
        raise Refused("help.out_of_range")
    plain = needed(ctx, name, LONGEST_NAME, "name")
    if appointed_on > ctx.today:
        raise Refused("election.appointed_later")
    row = Appointment(
        unit_id=unit_id,
        office=Office(office),
        name=plain,
        member_id=store.names(ctx.session, unit_id).get(plain),
        appointed_on=appointed_on,
        approval_no=needed(ctx, approval_no, LONGEST_NUMBER, "approval_no"),
        noted_by=ctx.member.id,
    )
    ctx.session.add(row)
    ctx.session.flush()
    ctx.audit("election appointment", f"{unit_id}:{row.id}:{office}")


def take_back(ctx: Context, unit_id: int, appointment_id: int) -> None:
    """Delete what was noted by mistake."""
    may_write(ctx, unit_id)
    row = ctx.session.get(Appointment, appointment_id)
    if row is None or row.unit_id != unit_id:
        raise Refused("help.stale_button")
    ctx.session.delete(row)
    ctx.audit("election appointment taken back", f"{unit_id}:{appointment_id}:{row.office}")
