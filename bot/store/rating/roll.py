"""The roll: who may rate, in which class, and who is there."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import bindparam, delete, func, or_
from sqlmodel import col

from bot.store.core.columns import table_of
from bot.store.core.statements import Hot, StoreSession
from bot.store.meetings import Meeting, same_event
from bot.store.people import Member
from bot.store.rating.rounds import class_named, lock, member_in, number_of
from bot.store.rating.tables import RatingRound, RatingTarget, RatingVoter
from bot.store.rating.words import RatingError, RoundState
from bot.store.sign_in import Attendance

_ACCOUNT = re.compile(r"v([1-9][0-9]{0,8})(?:\.([1-9][0-9]{0,8}))?")


class Voter(Struct, frozen=True):
    """Somebody of the roll. `present`: at the round's meeting, or ticked by the owner. `own_target`: the place on the
    sheet where they are rated themselves, None for most; they do not rate it (SR-10). `ticket`: who may cast for
    them, 0 their own accounts, else the code given out as the so-manieth. `replaced`: they came by a way that held
    until another code was given out, and cast no more."""

    id: int
    round_id: int
    member_id: int | None
    name: str
    class_index: int
    present: bool
    paper: bool
    own_target: int | None
    ticket: int
    replaced: bool = False

    @property
    def is_slip(self) -> bool:
        """True for a slip without a name."""
        return self.member_id is None and not self.name


_round = table_of(RatingRound)
_target = table_of(RatingTarget)
_voter = table_of(RatingVoter)
_member = table_of(Member)
_meeting = table_of(Meeting)
_attendance = table_of(Attendance)
_here = table_of(Meeting).alias("here")

SIGNED_IN = sa.exists(
    sa.select(_attendance.c.id)
    .join(_meeting, _meeting.c.id == _attendance.c.meeting_id)
    .join(_here, same_event(_here, _meeting))
    .where(
        _here.c.id == _round.c.meeting_id,
        _attendance.c.member_id == _voter.c.member_id,
        _attendance.c.signed_in_at.is_not(None),
    )
    .correlate(_round, _voter)
)
"""The voter signed in at the round's meeting, or at the other session of the same event."""
PRESENT = or_(_voter.c.present, SIGNED_IN)
_OWN = (
    sa.select(func.min(_target.c.position))
    .where(_target.c.round_id == _voter.c.round_id, _target.c.member_id == _voter.c.member_id)
    .correlate(_voter)
    .scalar_subquery()
)
_VOTERS = (
    sa.select(
        _voter.c.id, _voter.c.round_id, _voter.c.member_id, func.coalesce(_member.c.name, _voter.c.label),
        _voter.c.class_index, PRESENT, _voter.c.paper, _OWN, _voter.c.ticket,
    )
    .select_from(_voter)
    .join(_round, _round.c.id == _voter.c.round_id)
    .outerjoin(_member, _member.c.id == _voter.c.member_id)
    .where(_voter.c.round_id == bindparam("round_id"))
)  # fmt: skip
_ALL = Hot(_VOTERS.order_by(_voter.c.class_index, _voter.c.id))
_BY_ID = Hot(_VOTERS.where(_voter.c.id == bindparam("voter_id")))
_BY_MEMBER = Hot(_VOTERS.where(_voter.c.member_id == bindparam("member_id")))


def voters(session: StoreSession, round_id: int) -> list[Voter]:
    """The roll, by class."""
    return [_voter_of(row) for row in session.rows(_ALL, round_id=round_id)]


def voter(session: StoreSession, round_id: int, voter_id: int) -> Voter | None:
    """One of the roll."""
    row = session.one(_BY_ID, round_id=round_id, voter_id=voter_id)
    return None if row is None else _voter_of(row)


def voter_for(session: StoreSession, round_id: int, member_id: int | None, account: str) -> Voter | None:
    """Who somebody is on this roll, with the ticket by which they come: by the account of a redeemed code
    (`account_of`), else as a member, with 0. Hot path."""
    if by_code := _ACCOUNT.fullmatch(account):
        return _coming(session.one(_BY_ID, round_id=round_id, voter_id=int(by_code[1])), int(by_code[2] or 0))
    row = None if member_id is None else session.one(_BY_MEMBER, round_id=round_id, member_id=member_id)
    return _coming(row, 0)


def by_class(found: RatingRound, some: Iterable[Voter]) -> list[int]:
    """How many of these voters are in each class."""
    count = Counter(one.class_index for one in some)
    return [count[index] for index in range(len(found.classes))]


def set_roll(session: StoreSession, found: RatingRound, rows: Iterable[tuple[int | None, str, str]]) -> int:
    """Replace everybody on the roll but the slips by (member id, label, class name); how many there are then. The
    label counts where there is no member. Raises RatingError and changes nothing when a class does not exist, a
    member is unknown or twice on it, or a row names nobody."""
    lock(session, found, RoundState.DRAFT)
    given = [(member_id, label.strip(), class_named(found, name)) for member_id, label, name in rows]
    members = [member_id for member_id, _, _ in given if member_id is not None]
    known = member_in(session, members)
    for number, (member_id, label, _) in enumerate(given, 1):
        if member_id is None and not label:
            raise RatingError("roll_nobody", row=number)
        if member_id is not None and member_id not in known:
            raise RatingError("roll_unknown", row=number)
        if member_id is not None and members.count(member_id) > 1:
            raise RatingError("roll_twice", name=known[member_id].name)
    named = or_(col(RatingVoter.member_id).is_not(None), col(RatingVoter.label) != "")
    session.execute(delete(RatingVoter).where(col(RatingVoter.round_id) == found.id, named))
    session.add_all(
        RatingVoter(round_id=number_of(found), member_id=member_id, label="" if member_id else label, class_index=index)
        for member_id, label, index in given
    )
    session.flush()
    return len(given)


def add_voter(session: StoreSession, found: RatingRound, member_id: int | None, label: str, class_index: int) -> int:
    """Put one more on the roll; the voter's id. Raises RatingError for somebody unknown or already on it."""
    lock(session, found, RoundState.DRAFT)
    check_class(found, class_index)
    label = label.strip()
    if member_id is None and not label:
        raise RatingError("roll_nobody", row=1)
    if member_id is not None:
        known = member_in(session, [member_id])
        if member_id not in known:
            raise RatingError("roll_unknown", row=1)
        if session.one(_BY_MEMBER, round_id=found.id, member_id=member_id) is not None:
            raise RatingError("roll_twice", name=known[member_id].name)
    row = RatingVoter(
        round_id=number_of(found), member_id=member_id, label="" if member_id else label, class_index=class_index
    )
    session.add(row)
    session.flush()
    return row.id or 0


def move_voter(session: StoreSession, found: RatingRound, voter_id: int, class_index: int) -> None:
    """Put somebody into another class."""
    lock(session, found, RoundState.DRAFT)
    check_class(found, class_index)
    row = row_of(session, found, voter_id)
    row.class_index = class_index
    session.add(row)
    session.flush()


def drop_voter(session: StoreSession, found: RatingRound, voter_id: int) -> None:
    """Take somebody off the roll."""
    lock(session, found, RoundState.DRAFT)
    session.delete(row_of(session, found, voter_id))
    session.flush()


def mark_present(
    session: StoreSession, found: RatingRound, voter_ids: Sequence[int] | None = None, here: bool = True
) -> None:
    """Tick who is there, or take it back; None: everybody who has a name. Those who signed in at the meeting are there
    anyway."""
    lock(session, found, RoundState.DRAFT, RoundState.OPEN)
    who = (
        or_(col(RatingVoter.member_id).is_not(None), col(RatingVoter.label) != "")
        if voter_ids is None
        else col(RatingVoter.id).in_(list(voter_ids))
    )
    session.execute(
        sa.update(RatingVoter)
        .where(col(RatingVoter.round_id) == found.id, who)
        .values(present=here)
        .execution_options(synchronize_session=False)
    )
    session.expire_all()


def row_of(session: StoreSession, found: RatingRound, voter_id: int) -> RatingVoter:
    """The voter's row, locked; raises RatingError `no_voter`."""
    row = session.get(RatingVoter, voter_id, with_for_update=True)
    if row is None or row.round_id != found.id:
        raise RatingError("no_voter")
    return row


def check_class(found: RatingRound, class_index: int) -> None:
    """Raises RatingError `no_class` when there is no class with this index."""
    if not 0 <= class_index < len(found.classes):
        raise RatingError("no_class", name=class_index + 1, names=len(found.classes))


def _coming(row: tuple[object, ...] | None, ticket: int) -> Voter | None:
    found = None if row is None else _voter_of(row)
    return found and replace(found, ticket=ticket, replaced=ticket != found.ticket)


def _voter_of(row: tuple[object, ...]) -> Voter:
    ident, round_id, member_id, name, class_index, present, paper, own, ticket = row
    return Voter(ident, round_id, member_id, name, class_index, bool(present), bool(paper), own, ticket)  # type: ignore[arg-type]
