"""Who was sent a notice, who opened it and who confirmed it: separate facts, one row a person."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct, field
from sqlalchemy import Integer, bindparam, case, func
from sqlmodel import Field, col, select, update

from bot.store.core.columns import Moment, Row, Word, table_of
from bot.store.core.statements import Hot, StoreSession
from bot.store.delivery import Delivery, OutgoingMessage, State, with_resends
from bot.store.people import Account, Member, Unit


class NoticeReceipt(Row, table=True):
    """One person's copy of a notice; written when it is sent. Deleted with its notice."""

    __tablename__ = "notice_receipt"

    notice_id: int = Field(foreign_key="notice.id", primary_key=True)
    member_id: int = Field(foreign_key="member.id", primary_key=True, index=True)
    opened_at: datetime | None = Field(default=None, sa_type=Moment)
    confirmed_at: datetime | None = Field(default=None, sa_type=Moment)


class Progress(Struct, frozen=True):
    """Counts of people: addressed, sent (delivered on some channel), opened, confirmed; and those for whom it lies in a
    chat that nobody has opened since. For the secretary."""

    addressed: int
    sent: int
    opened: int
    confirmed: int
    unopened: int = 0


class Someone(Struct, frozen=True):
    """A person who has not confirmed, with the branch's name for notices to several branches."""

    id: int
    name: str
    branch: str


class Missing(Struct, frozen=True):
    """Who has not confirmed: without an account, not known to have arrived, lying in a chat that they have not opened,
    delivered but silent, and the same of those with an exemption, whom nobody chases (AT-2)."""

    without_account: list[Someone] = field(default_factory=list)
    unsure: list[Someone] = field(default_factory=list)
    unopened: list[Someone] = field(default_factory=list)
    silent: list[Someone] = field(default_factory=list)
    exempt: list[Someone] = field(default_factory=list)

    @property
    def groups(self) -> tuple[tuple[str, list[Someone]], ...]:
        """Those groups that have somebody in them, by name, in the order in which they are shown."""
        names = ("without_account", "unsure", "unopened", "silent", "exempt")
        return tuple((name, some) for name in names if (some := getattr(self, name)))

    @property
    def everybody(self) -> tuple[int, ...]:
        return tuple(one.id for _, some in self.groups for one in some)


_receipt = table_of(NoticeReceipt)
_delivery = table_of(Delivery)
_outgoing = table_of(OutgoingMessage)
_THEIRS = (_receipt.c.notice_id == bindparam("of_notice"), _receipt.c.member_id == bindparam("of_member"))
_CONFIRM = Hot(
    update(_receipt)
    .where(*_THEIRS, _receipt.c.confirmed_at.is_(None))
    .values(
        confirmed_at=bindparam("at", type_=Moment()),
        opened_at=func.coalesce(_receipt.c.opened_at, bindparam("at", type_=Moment())),
    )
)
_OPEN = Hot(
    update(_receipt).where(*_THEIRS, _receipt.c.opened_at.is_(None)).values(opened_at=bindparam("at", type_=Moment()))
)
_MINE = Hot(select(_receipt.c.opened_at, _receipt.c.confirmed_at).where(*_THEIRS))
_STOP = Hot(
    update(_delivery)
    .where(
        _delivery.c.member_id == bindparam("of_member", type_=Integer()),
        _delivery.c.state == bindparam("waiting", State.QUEUED, type_=Word(State)),
        _delivery.c.outgoing_id.in_(
            select(_outgoing.c.id).where(_outgoing.c.key.in_([bindparam("first"), bindparam("again")]))
        ),
    )
    .values(state=bindparam("stopped", State.CANCELLED, type_=Word(State)))
)


def key_of(notice_id: int, stage: str) -> str:
    """The delivery key of a notice: `send`, `groups` or `chase` (FM-6: each once)."""
    return f"notice:{notice_id}:{stage}"


def confirm(session: StoreSession, notice_id: int, member_id: int, now: datetime) -> bool | None:
    """Note that the member has confirmed, and stop what is still queued for them.

    True the first time, False when they had confirmed before, None when the notice was not for them.
    """
    if session.run(_CONFIRM, of_notice=notice_id, of_member=member_id, at=now) == 1:
        session.run(_STOP, of_member=member_id, first=key_of(notice_id, "send"), again=key_of(notice_id, "chase"))
        return True
    return None if own(session, notice_id, member_id) is None else False


def opened(session: StoreSession, notice_id: int, member_id: int, now: datetime) -> None:
    """Note that the member has opened the notice; the first time counts."""
    session.run(_OPEN, of_notice=notice_id, of_member=member_id, at=now)


def own(session: StoreSession, notice_id: int, member_id: int) -> tuple[datetime | None, datetime | None] | None:
    """When the member opened and confirmed; None when the notice was not for them."""
    row = session.one(_MINE, of_notice=notice_id, of_member=member_id)
    return None if row is None else (row[0], row[1])


def progress(session: StoreSession, notice_id: int, outgoing_id: int | None) -> Progress:
    """How far a notice has come."""
    addressed, opened_by, confirmed = session.execute(
        select(
            func.count(),
            func.count(col(NoticeReceipt.opened_at)),
            func.count(col(NoticeReceipt.confirmed_at)),
        ).where(col(NoticeReceipt.notice_id) == notice_id)
    ).one()
    seen = case((~col(Delivery.unopened) | col(NoticeReceipt.opened_at).is_not(None), col(Delivery.member_id)))
    theirs = (col(NoticeReceipt.member_id) == col(Delivery.member_id)) & (col(NoticeReceipt.notice_id) == notice_id)
    sent, handed_over = session.execute(
        select(func.count(func.distinct(Delivery.member_id)), func.count(func.distinct(seen)))
        .outerjoin(NoticeReceipt, theirs)
        .where(col(Delivery.outgoing_id).in_(with_resends(session, outgoing_id)), col(Delivery.state) == State.SENT)
    ).one()
    return Progress(addressed, handed_over, opened_by, confirmed, sent - handed_over)


def missing(session: StoreSession, notice_id: int, outgoing_id: int | None) -> Missing:
    """Everybody addressed who has not confirmed and has not left, sorted by what to do about it."""
    query = (
        select(Member, Unit.name, NoticeReceipt.opened_at)
        .join(NoticeReceipt, col(NoticeReceipt.member_id) == col(Member.id))
        .join(Unit, col(Unit.id) == col(Member.branch_id))
        .where(
            col(NoticeReceipt.notice_id) == notice_id,
            col(NoticeReceipt.confirmed_at).is_(None),
            col(Member.left_on).is_(None),
        )
        .order_by(col(Member.branch_id), col(Member.id))
    )
    bound = select(Account.member_id).join(NoticeReceipt, col(NoticeReceipt.member_id) == col(Account.member_id))
    reachable = set(session.exec(bound.where(col(NoticeReceipt.notice_id) == notice_id)))
    copies = with_resends(session, outgoing_id)
    states = select(Delivery.member_id, Delivery.state, Delivery.unopened)
    by_member: dict[int, set[tuple[State, bool]]] = {}
    for member_id, state, unopened in session.exec(states.where(col(Delivery.outgoing_id).in_(copies))):
        by_member.setdefault(member_id, set()).add((State(state), unopened))
    found = Missing()
    for member, branch, opened_at in session.exec(query):
        ident, exempt = member.id or 0, member.attendance_exempt
        reached = by_member.get(ident, set())
        place = found.exempt if exempt else found.silent
        if ident not in reachable:
            place = found.without_account
        elif reached and not {state for state, _ in reached} & {State.SENT, State.QUEUED, State.SENDING}:
            place = found.unsure
        elif (State.SENT, True) in reached and (State.SENT, False) not in reached and opened_at is None and not exempt:
            place = found.unopened
        place.append(Someone(ident, member.name, branch))
    return found
