"""Meetings whose sign-in is open, and what the register says of them."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlmodel import col, select

from bot.rules.attendance import Status
from bot.store import attendance, binding
from bot.store.core.statements import StoreSession
from bot.store.meetings import Meeting, MeetingState
from bot.store.people import Account, Member, Unit
from bot.store.sign_in import Attendance
from tests.support.cast import (
    ROADS,
    SECRETARY,
)
from tests.support.chat import Chat
from tests.support.shipped import START
from tests.support.wording import says, sentence

MEETING = START + timedelta(hours=6)


def unit_named(session: StoreSession, name: str) -> int:
    """The id of a unit."""
    return session.exec(select(Unit.id).where(col(Unit.name) == name)).one() or 0


def plan(
    session: StoreSession, at: datetime, title: str = "十一月主题党日", second_of: int | None = None
) -> int:
    """An announced meeting of the branch."""
    meeting = Meeting(
        unit_id=unit_named(session, ROADS),
        title=title,
        starts_at=at,
        second_of=second_of,
        state=MeetingState.ANNOUNCED,
    )
    session.add(meeting)
    session.flush()
    return meeting.id or 0


def attendance_of(session: StoreSession, name: str) -> list[Attendance]:
    """A member's rows, of all meetings."""
    found = session.exec(select(Member.id).where(col(Member.name) == name)).one()
    rows = session.exec(select(Attendance).where(col(Attendance.member_id) == found))
    return [Attendance.model_validate(row.model_dump()) for row in rows]


def leave_platform(session: StoreSession, name: str) -> None:
    """Unbind all accounts of a member."""
    member = session.exec(select(Member.id).where(col(Member.name) == name)).one()
    for account in session.exec(select(Account).where(col(Account.member_id) == member)):
        binding.unbind(session, account.channel, account.account, START)


def code(chat: Chat, meeting: int) -> str:
    """What the big screen shows now."""
    seconds = chat.app.settings.attendance.code_seconds
    return chat.app.library.signer.rolling_code(f"sign-in:{meeting}", chat.clock.now(), seconds)


async def status(chat: Chat, meeting: int, name: str) -> Status:
    """What the register says of somebody."""
    lines = await chat.app.store.read(attendance.register, meeting)
    return next(line.status for line in lines if line.name == name)


def day_shown(month: int, number: int, year: int = 2026) -> str:
    """How the sentences about theme days show a date."""
    weekday = sentence("theme_day.weekdays")[date(year, month, number).weekday()]
    return sentence("theme_day.day", month=month, day=number, weekday=weekday)


def hours_shown(month: int, number: int, start: str = "15:00", end: str = "17:00") -> str:
    """How the sentences about theme days show when one begins and ends."""
    return sentence("theme_day.when", day=day_shown(month, number), start=start, end=end)


async def opened(chat: Chat, before: timedelta = timedelta(minutes=5)) -> int:
    """A theme day this afternoon whose sign-in has just been opened."""
    meeting = await chat.app.store.write(plan, MEETING)
    await chat.go_to(MEETING - before)
    assert says(await chat.say(SECRETARY, "签到 开始"), "attendance.opened", title="十一月主题党日")
    await chat.inbox(SECRETARY)
    return meeting
