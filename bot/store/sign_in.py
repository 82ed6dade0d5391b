"""Sign-in: when it is open, and one row for each person of a meeting's attendance list (AT-1, AT-7)."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy import UniqueConstraint, and_, bindparam, func, or_, update
from sqlmodel import Field, col, select

from bot.rules.meeting import Duty
from bot.rules.people import COMMITTEE_POSTS, Stage, is_member
from bot.store import people
from bot.store.access import Attempt
from bot.store.core.columns import Moment, Row, insert, table_of
from bot.store.core.statements import Hot, StoreSession
from bot.store.meetings import Meeting, MeetingState
from bot.store.people import Audience, Member, Person, Unit
from bot.store.posts import holds_post

TRIES = "sign-in"


class SignIn(Row, table=True):
    """The sign-in of a meeting: open from `opened_at` until `closes_at`, or until it was closed by hand.
    `settled`: the attendance list is written down. Names no person; kept as long as its meeting."""

    __tablename__ = "sign_in"

    meeting_id: int = Field(primary_key=True, foreign_key="meeting.id")
    opened_at: datetime = Field(sa_type=Moment)
    closes_at: datetime = Field(sa_type=Moment, index=True)
    closed_at: datetime | None = Field(default=None, sa_type=Moment)
    settled: bool = False


class Attendance(Row, table=True):
    """One person on the list of a meeting: when they signed in and who did it for them. Without a time:
    written down at the close, or a guest. A guest (`observer`) may be no member: then only a name. Kept 3
    years (PI-10)."""

    __table_args__ = (UniqueConstraint("meeting_id", "member_id"),)

    id: int | None = Field(default=None, primary_key=True)
    meeting_id: int = Field(foreign_key="meeting.id", index=True)
    member_id: int | None = Field(default=None, foreign_key="member.id", index=True)
    name: str = ""
    signed_in_at: datetime | None = Field(default=None, sa_type=Moment)
    on_behalf_by: int | None = Field(default=None, foreign_key="member.id")
    exempt: bool = False
    observer: bool = False


class OpenSignIn(Struct, frozen=True):
    """A sign-in that a person may use, for the hot path. `late_from` is the later of start and opening."""

    meeting_id: int
    title: str
    late_from: datetime
    closes_at: datetime
    observer: bool


_sign_in = table_of(SignIn)
_attendance = table_of(Attendance)
_meeting = table_of(Meeting)
_unit = table_of(Unit)
_attempt = table_of(Attempt)
_home = table_of(Unit).alias("home")

_EXPECTED_AT = (
    sa.select(
        _meeting.c.id, _meeting.c.title, _meeting.c.starts_at, _meeting.c.duties, _meeting.c.unit_id,
        _sign_in.c.opened_at, _sign_in.c.closes_at, _attendance.c.observer,
    )
    .join(_sign_in, _sign_in.c.meeting_id == _meeting.c.id)
    .join(_unit, _unit.c.id == _meeting.c.unit_id)
    .join(_home, _home.c.id == bindparam("home_id"))
    .outerjoin(
        _attendance,
        and_(_attendance.c.meeting_id == _meeting.c.id, _attendance.c.member_id == bindparam("member_id")),
    )
    .where(
        _sign_in.c.closed_at.is_(None),
        _sign_in.c.closes_at > bindparam("now", type_=Moment()),
        or_(
            func.substr(_home.c.path, 1, func.length(_unit.c.path)) == _unit.c.path,
            _attendance.c.observer.is_(True),
        ),
    )
    .order_by(_meeting.c.starts_at, _meeting.c.id)
)  # fmt: skip
_OPEN_FOR = Hot(_EXPECTED_AT)
_KEPT_OPEN = Hot(_EXPECTED_AT.with_for_update(read=True, of=_sign_in))
"""Whoever closes a sign-in waits for those who sign in at this moment, and they for whoever closes it."""
_ENTER = Hot(
    insert(Attendance)
    .values(
        {
            name: bindparam(name)
            for name in ("meeting_id", "member_id", "signed_in_at", "on_behalf_by", "exempt")
        }
        | {"name": "", "observer": False}
    )
    .on_conflict_do_update(
        index_elements=["meeting_id", "member_id"],
        set_={"signed_in_at": bindparam("signed_in_at"), "on_behalf_by": bindparam("on_behalf_by")},
        where=_attendance.c.signed_in_at.is_(None),
    )
)
_ENTERED = Hot(
    select(_attendance.c.signed_in_at).where(
        _attendance.c.meeting_id == bindparam("meeting_id"), _attendance.c.member_id == bindparam("member_id")
    )
)
_WRONG = Hot(
    select(_attempt.c.tries).where(
        _attempt.c.what == TRIES, _attempt.c.who == bindparam("who"), _attempt.c.bucket == bindparam("bucket")
    ).with_for_update()
)


def find(session: StoreSession, meeting_id: int) -> SignIn | None:
    """The sign-in of a meeting, open or closed."""
    return session.get(SignIn, meeting_id)


def is_open(found: SignIn | None, now: datetime) -> bool:
    """Whether people may sign in at this moment."""
    return found is not None and found.closed_at is None and found.closes_at > now


def open_for(session: StoreSession, person: Person, now: datetime, *, keep: bool = False) -> list[OpenSignIn]:
    """The open sign-ins at which this person is expected, or invited as an observer; earliest start first. With `keep`
    they stay open until this transaction ends."""
    statement = _KEPT_OPEN if keep else _OPEN_FOR
    rows = session.rows(statement, home_id=person.group_id or person.branch_id, member_id=person.id, now=now)
    return [
        OpenSignIn(ident, title, max(starts_at, opened_at), closes_at, bool(observer))
        for ident, title, starts_at, duties, unit_id, opened_at, closes_at, observer in rows
        if observer
        or (
            is_member(person.stage)
            and (not for_committee(duties) or holds_post(session, unit_id, person.id, *COMMITTEE_POSTS))
        )
    ]


def enter(
    session: StoreSession,
    meeting_id: int,
    member_id: int,
    now: datetime,
    *,
    exempt: bool,
    by: int | None = None,
) -> bool:
    """Sign somebody in, once; False when they had signed in before. `by` is who did it for them."""
    return (
        session.run(
            _ENTER,
            meeting_id=meeting_id,
            member_id=member_id,
            signed_in_at=now,
            on_behalf_by=by,
            exempt=exempt,
        )
        == 1
    )


def entered_at(session: StoreSession, meeting_id: int, member_id: int) -> datetime | None:
    """When this person signed in."""
    row = session.one(_ENTERED, meeting_id=meeting_id, member_id=member_id)
    return None if row is None else row[0]


def wrong_codes(session: StoreSession, who: str, now: datetime) -> int:
    """How many wrong codes this person sent in this hour."""
    row = session.one(_WRONG, who=who, bucket=int(now.timestamp()) // 3600)
    return 0 if row is None else int(row[0])


def start(session: StoreSession, meeting_id: int, now: datetime, closes_at: datetime) -> bool:
    """Open the sign-in; False when it had been opened before."""
    done = session.changed(
        insert(SignIn)
        .values(meeting_id=meeting_id, opened_at=now, closes_at=closes_at, settled=False)
        .on_conflict_do_nothing()
    )
    return done == 1


def reopen(session: StoreSession, found: SignIn, closes_at: datetime) -> None:
    """Open a closed one again; lateness still counts from the first opening."""
    found.closed_at, found.closes_at, found.settled = None, closes_at, False
    session.add(found)
    session.flush()


def latest(session: StoreSession, unit_id: int, since: datetime) -> Meeting | None:
    """The meeting, started after `since`, whose sign-in the unit works with: the newest of its own, else the
    newest of a unit below."""
    unit = people.unit(session, unit_id)
    query = (
        select(Meeting)
        .join(SignIn, col(SignIn.meeting_id) == col(Meeting.id))
        .join(Unit, col(Unit.id) == col(Meeting.unit_id))
        .where(col(Unit.path).startswith(unit.path), col(Meeting.starts_at) > since)
        .order_by(col(SignIn.closed_at).is_not(None), col(Unit.path), col(Meeting.starts_at).desc())
    )
    return session.exec(query.limit(1)).first()


def undo(session: StoreSession, meeting_id: int, member_id: int) -> bool:
    """Take back a sign-in on somebody's behalf; what people did themselves stays."""
    done = session.changed(
        update(Attendance)
        .where(
            col(Attendance.meeting_id) == meeting_id,
            col(Attendance.member_id) == member_id,
            col(Attendance.on_behalf_by).is_not(None),
        )
        .values(signed_in_at=None, on_behalf_by=None)
    )
    return done == 1


def invite(session: StoreSession, meeting_id: int, member_id: int | None, name: str) -> bool:
    """Put an observer on the list; False when they are on it. Without a member id only the name is known."""
    who = col(Attendance.member_id) == member_id if member_id else col(Attendance.name) == name
    query = select(Attendance.id).where(col(Attendance.meeting_id) == meeting_id, who)
    if session.exec(query).first() is not None:
        return False
    session.add(
        Attendance(meeting_id=meeting_id, member_id=member_id, name="" if member_id else name, observer=True)
    )
    session.flush()
    return True


def close(session: StoreSession, meeting_id: int, now: datetime) -> bool:
    """Close the sign-in; False when it was closed before."""
    done = session.changed(
        update(SignIn)
        .where(col(SignIn.meeting_id) == meeting_id, col(SignIn.closed_at).is_(None))
        .values(closed_at=now)
        .execution_options(synchronize_session="fetch")
    )
    return done == 1


def event_of(meeting: Meeting) -> int:
    """The event a meeting belongs to: the first of its A/B sessions, by whose id it goes."""
    return meeting.second_of or meeting.id or 0


def sessions_of(session: StoreSession, event_id: int) -> list[Meeting]:
    """The event's sessions, cancelled ones left out; one, unless it was split into A and B."""
    query = select(Meeting).where(
        or_(col(Meeting.id) == event_id, col(Meeting.second_of) == event_id),
        col(Meeting.state) != MeetingState.CANCELLED,
    )
    return list(session.exec(query.order_by(col(Meeting.starts_at))))


def for_committee(duties: list[str]) -> bool:
    """True for a meeting that is the committee's alone."""
    return duties == [str(Duty.COMMITTEE_MEETING)]


def expected(session: StoreSession, meeting: Meeting) -> list[Member]:
    """Who belongs at the meeting now: full and probationary members of the unit, also exempt ones (AT-1)."""
    audience = Audience(
        units=(meeting.unit_id,),
        stages=(Stage.FULL_MEMBER, Stage.PROBATIONARY_MEMBER),
        posts=tuple(COMMITTEE_POSTS) if for_committee(meeting.duties) else (),
    )
    return list(session.exec(select(Member).where(people.in_audience(audience)).order_by(col(Member.id))))
