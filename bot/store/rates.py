"""How fast a platform may be used: one GCRA row a rule, shared by every worker."""

from __future__ import annotations

from sqlalchemy import Float, bindparam, case, or_, type_coerce
from sqlalchemy.types import NullType
from sqlmodel import Field, select

from bot.store.core.columns import Row, insert, table_of
from bot.store.core.statements import Hot, StoreSession

LONGEST_HOLD = 900.0
"""No place is ever booked or held further ahead (seconds): a row that says so is from before the clock was set back."""


class SendRate(Row, table=True):
    """A limiter: when its next place is free, in seconds of the epoch. One row a rule, kept for good."""

    __tablename__ = "send_rate"

    key: str = Field(primary_key=True)
    free_at: float


_rate = table_of(SendRate)
_NOW, _SPAN = bindparam("moment", type_=Float()), bindparam("span", type_=Float())
_LAPSED = or_(_rate.c.free_at < _NOW, _rate.c.free_at > _NOW + LONGEST_HOLD)
_AS_IT_COMES = type_coerce(_rate.c.free_at, NullType())
_FREE_AT = Hot(select(_AS_IT_COMES).where(_rate.c.key == bindparam("rate_key")))
_BOOK = Hot(
    insert(SendRate)
    .values(key=bindparam("rate_key"), free_at=_NOW + _SPAN)
    .on_conflict_do_update(
        index_elements=["key"],
        set_={"free_at": case((_LAPSED, _NOW), else_=_rate.c.free_at) + _SPAN},
    )
    .returning(_AS_IT_COMES)
)
_HOLD = Hot(
    insert(SendRate)
    .values(key=bindparam("rate_key"), free_at=_NOW)
    .on_conflict_do_update(
        index_elements=["key"], set_={"free_at": case((_rate.c.free_at < _NOW, _NOW), else_=_rate.c.free_at)}
    )
)


def wait_for(session: StoreSession, key: str, now: float) -> float:
    """Seconds from `now` until the next place under a rule is free; nothing is booked."""
    row = session.one(_FREE_AT, rate_key=key)
    wait = 0.0 if row is None else float(row[0]) - now
    return wait if 0.0 < wait <= LONGEST_HOLD else 0.0


def reserve(session: StoreSession, key: str, sends: int, per_second: float, now: float) -> float:
    """Book `sends` places under a rule; seconds from `now` until the first of them. The others follow at
    1 / `per_second`."""
    span = sends / per_second
    row = session.one(_BOOK, rate_key=key, moment=now, span=span)
    return 0.0 if row is None else max(float(row[0]) - span - now, 0.0)


def hold(session: StoreSession, key: str, until: float) -> None:
    """No place is free before `until` (the platform said "later")."""
    session.run(_HOLD, rate_key=key, moment=until)
