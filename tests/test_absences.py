"""Months without attendance are told to the secretary alone, once for each stage (AT-9)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlmodel import col, select

from bot.clock import SHANGHAI
from bot.rules.attendance import months_since
from bot.rules.people import Post as PostKind
from bot.store import absences
from bot.store.core.statements import StoreSession
from bot.store.leave import Category, Leave, LeaveState
from bot.store.make_up import MakeUp, MakeUpState, Way
from bot.store.meetings import Meeting, MeetingState
from bot.store.people import Member, Post, Unit
from bot.store.sign_in import Attendance, SignIn
from tests.support.cast import (
    ACTIVIST,
    DISCIPLINE,
    EXEMPT,
    MEMBERS,
    OFFICE,
    PROBATIONARY,
    ROADS,
    SECRETARY,
)
from tests.support.chat import Chat
from tests.support.wording import says, sentence

ME = MEMBERS[0]
EVERYBODY = (SECRETARY, DISCIPLINE, *MEMBERS, PROBATIONARY, ACTIVIST, EXEMPT)


def at(month: int, day: int = 5, hour: int = 15) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=SHANGHAI)


def member(session: StoreSession, name: str) -> int:
    return session.exec(select(Member.id).where(col(Member.name) == name)).one() or 0


def held(session: StoreSession, month: int, *absent: str, of: str = ROADS) -> int:
    """A meeting on the 5th with its list written down; everybody came but these. The exempt one never comes."""
    unit = session.exec(select(Unit.id).where(col(Unit.name) == of)).one() or 0
    meeting = Meeting(unit_id=unit, title="主题党日", starts_at=at(month), state=MeetingState.HELD)
    session.add(meeting)
    session.flush()
    number = meeting.id or 0
    session.add(
        SignIn(
            meeting_id=number,
            opened_at=at(month),
            closes_at=at(month, hour=16),
            closed_at=at(month, hour=16),
            settled=True,
        )
    )
    for name in EVERYBODY:
        came = name not in (*absent, EXEMPT)
        row = Attendance(meeting_id=number, member_id=member(session, name), exempt=name == EXEMPT)
        row.signed_in_at = at(month) if came else None
        session.add(row)
    session.flush()
    return number


async def hold(chat: Chat, month: int, *absent: str) -> int:
    return await chat.app.store.write(held, month, *absent)


async def night(chat: Chat, moment: datetime) -> None:
    """The nightly work at this moment, and what it leads to once people are awake."""
    chat.clock.set(moment.replace(hour=3, minute=30))
    await chat.app.store.write(absences.plan, chat.clock.now())
    await chat.app.schedule.run_due()
    await chat.go_to(moment.replace(hour=10))


async def told(chat: Chat, who: str = SECRETARY) -> list[str]:
    notes = ("attendance.long_absent", "attendance.missed_twice")
    return [one.text for one in await chat.inbox(who) if any(says(one.text, note) for note in notes)]


async def test_the_secretary_is_told_at_three_and_at_five_months_once_each(chat: Chat) -> None:
    await hold(chat, 1)
    for month in (3, 4, 5):
        await hold(chat, month, ME)
    await night(chat, at(6, 4))
    assert await told(chat) == []
    for day in (5, 8, 9):
        await night(chat, at(6, day))
    [said] = await told(chat)
    since = sentence("attendance.day", day=date(2026, 3, 5))
    assert says(said, "attendance.long_absent", name=ME, since=since, count=3, months=3)
    for month in (6, 7):
        await hold(chat, month, ME)
    await night(chat, at(7, 6))
    assert len(await told(chat)) == 1
    await night(chat, at(8, 5))
    await night(chat, at(8, 6))
    assert [says(text, "attendance.long_absent", months=5) for text in await told(chat)] == [False, True]
    assert says((await told(chat))[1], "attendance.long_absent", count=5)
    for who in (ME, DISCIPLINE, OFFICE, MEMBERS[1]):
        assert await told(chat, who) == []
    assert await chat.group_inbox() == []


async def test_coming_once_begins_anew(chat: Chat) -> None:
    for month in (1, 2, 3):
        await hold(chat, month, ME)
    await hold(chat, 4)
    await hold(chat, 5, ME)
    await night(chat, at(6, 8))
    assert await told(chat) == []


async def test_leave_and_make_ups_are_respected(chat: Chat) -> None:
    numbers = [await hold(chat, month, ME, MEMBERS[1], MEMBERS[2]) for month in (1, 2, 3, 4)]

    def excuse(session: StoreSession) -> None:
        session.add(
            Leave(
                event_id=numbers[2], member_id=member(session, ME), category=Category.DUTY_TRAVEL, asked_at=at(3, 4),
                state=LeaveState.APPROVED,
            )
        )  # fmt: skip
        session.add(
            Leave(
                event_id=numbers[2], member_id=member(session, MEMBERS[1]), category=Category.DUTY_TRAVEL,
                asked_at=at(3, 4), state=LeaveState.PENDING,
            )
        )  # fmt: skip
        session.add(
            MakeUp(
                event_id=numbers[3], member_id=member(session, MEMBERS[2]), way=Way.NOTES, sent_at=at(4, 6),
                state=MakeUpState.CONFIRMED, decided_at=at(4, 7), decided_by=member(session, SECRETARY),
            )
        )  # fmt: skip

    await chat.app.store.write(excuse)
    await night(chat, at(5, 6))
    [said] = await told(chat)
    assert MEMBERS[1] in said


async def test_the_exempt_activists_and_those_who_have_left_are_left_out(chat: Chat) -> None:
    for month in (1, 2, 3, 4):
        await hold(chat, month, ME, MEMBERS[1], ACTIVIST, PROBATIONARY)

    def change(session: StoreSession) -> None:
        now_exempt, gone = (session.get_one(Member, member(session, name)) for name in (ME, MEMBERS[1]))
        now_exempt.attendance_exempt, gone.left_on = True, date(2026, 4, 20)
        session.add_all([now_exempt, gone])

    await chat.app.store.write(change)
    await night(chat, at(5, 6))
    [said] = await told(chat)
    assert PROBATIONARY in said


async def test_signing_in_elsewhere_counts_and_one_miss_is_no_run(chat: Chat) -> None:
    for month in (1, 2):
        await hold(chat, month, ME, MEMBERS[1])
    await hold(chat, 3, ME)

    def group_meeting(session: StoreSession) -> None:
        group = session.exec(select(Unit.id).where(col(Unit.name) == "第一党小组")).one() or 0
        meeting = Meeting(unit_id=group, title="党小组会", starts_at=at(2, 20), state=MeetingState.HELD)
        session.add(meeting)
        session.flush()
        session.add(Attendance(meeting_id=meeting.id or 0, member_id=member(session, ME), signed_in_at=at(2, 20)))

    await chat.app.store.write(group_meeting)
    await night(chat, at(7, 6))
    assert await told(chat) == []


async def test_about_the_secretary_the_deputy_is_told_once_there_is_one(chat: Chat) -> None:
    for month in (1, 2, 3):
        await hold(chat, month, SECRETARY)
    await night(chat, at(4, 8))

    def elect(session: StoreSession) -> None:
        unit = session.exec(select(Unit.id).where(col(Unit.name) == ROADS)).one() or 0
        session.add(Post(member_id=member(session, DISCIPLINE), unit_id=unit, kind=PostKind.DEPUTY_SECRETARY))

    await chat.app.store.write(elect)
    await night(chat, at(4, 9))
    assert await told(chat) == []
    [said] = await told(chat, DISCIPLINE)
    assert SECRETARY in said


@pytest.mark.parametrize(
    ("day", "today", "months"),
    [
        (date(2026, 3, 5), date(2026, 6, 4), 2),
        (date(2026, 3, 5), date(2026, 6, 5), 3),
        (date(2025, 11, 30), date(2026, 2, 28), 2),
        (date(2025, 11, 30), date(2026, 3, 1), 3),
        (date(2026, 3, 5), date(2026, 3, 5), 0),
    ],
)
def test_months(day: date, today: date, months: int) -> None:
    assert months_since(day, today) == months
    assert months_since(day, today + timedelta(days=31)) > months
