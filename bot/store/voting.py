"""Who decides a motion: one base for polls and minutes alike (MD-1..MD-3)."""

from __future__ import annotations

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy import and_, bindparam, func
from sqlmodel import col, select

from bot.rules.people import COMMITTEE_POSTS, Stage, has_vote
from bot.store import attendance, people
from bot.store.core.columns import table_of
from bot.store.core.statements import Hot, StoreSession
from bot.store.meetings import Meeting, same_event
from bot.store.people import Audience, Member
from bot.store.posts import holds_post
from bot.store.sign_in import Attendance, SignIn, for_committee


class Base(Struct, frozen=True):
    """Ids of those with a vote who are due, the exempt only when they came (AT-1, EL-6), and of those of
    them who signed in; None where no sign-in was kept."""

    due: frozenset[int]
    present: frozenset[int] | None = None


_meeting = table_of(Meeting)
_here = table_of(Meeting).alias("here")
_sign_in = table_of(SignIn)
_attendance = table_of(Attendance)
_ROOM = Hot(
    sa.select(
        _here.c.unit_id, _here.c.duties, func.count(_sign_in.c.meeting_id), func.count(_attendance.c.id)
    )
    .select_from(_here)
    .join(_meeting, same_event(_meeting, _here))
    .outerjoin(_sign_in, _sign_in.c.meeting_id == _meeting.c.id)
    .outerjoin(
        _attendance,
        and_(
            _attendance.c.meeting_id == _meeting.c.id,
            _attendance.c.member_id == bindparam("member_id"),
            _attendance.c.signed_in_at.is_not(None),
            _attendance.c.observer.is_(False),
        ),
    )
    .where(_here.c.id == bindparam("meeting_id"))
    .group_by(_here.c.id, _here.c.unit_id)
)  # fmt: skip


def base(session: StoreSession, unit_id: int, meeting_id: int | None) -> Base:
    """The base of a motion of this unit, at this meeting or outside of any."""
    if meeting_id is None:
        stages = (Stage.FULL_MEMBER, Stage.PROBATIONARY_MEMBER)
        wanted = people.in_audience(Audience((unit_id,), stages=stages))
        found = session.exec(select(Member).where(wanted, ~col(Member.attendance_exempt)))
        return Base(frozenset(one.id or 0 for one in found if has_vote(one.stage, one.voting_rights)))
    lines = [
        one
        for one in attendance.register(session, meeting_id)
        if one.member_id and not one.observer and (one.signed_in_at or one.status != "exempt")
    ]
    listed = session.exec(select(Member).where(col(Member.id).in_([one.member_id for one in lines])))
    due = frozenset(one.id or 0 for one in listed if has_vote(one.stage, one.voting_rights))
    if not attendance.held(session, meeting_id):
        return Base(due)
    return Base(due, due & {one.member_id for one in lines if one.member_id and one.signed_in_at})


def may_vote_at(session: StoreSession, meeting_id: int, member_id: int) -> bool:
    """Whether a member of the unit may vote at this meeting: signed in where a sign-in is kept; on the
    committee where the meeting is the committee's. Hot path."""
    row = session.one(_ROOM, meeting_id=meeting_id, member_id=member_id)
    if row is None:
        return False
    unit_id, duties, kept, came = row
    if kept:
        return bool(came)
    return not for_committee(duties) or holds_post(session, unit_id, member_id, *COMMITTEE_POSTS)
