"""Conversations about make-ups and what is missed twice: said -> answered."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from bot.store import attendance
from tests.support.cast import (
    DISCIPLINE,
    EXEMPT,
    MEMBERS,
    ORGANIZER,
    PROBATIONARY,
    PUBLICITY,
    ROADS,
    SECRETARY,
    group_of,
)
from tests.support.chat import Chat
from tests.support.meetings import MEETING, code, opened, plan
from tests.support.shipped import START
from tests.support.wording import says, sentence


async def test_a_make_up_is_confirmed_by_a_person_and_never_by_oneself(chat: Chat) -> None:
    meeting = await opened(chat)
    await chat.say(SECRETARY, "签到 结束")
    await chat.go_to(datetime(2026, 11, 3, 9, 0, tzinfo=START.tzinfo))
    told = [one for one in await chat.inbox(ORGANIZER) if says(one.text, "attendance.catch_up")]
    assert len(told) == 1
    assert says(told[0].text, "attendance.catch_up", due=sentence("attendance.day", day=date(2026, 11, 16)))
    assert not any(says(one.text, "attendance.catch_up") for one in await chat.inbox(EXEMPT))
    await chat.tap(ORGANIZER, "补课", told[0])
    await chat.tap(ORGANIZER, "make_up.way_talk")
    assert says(await chat.say(ORGANIZER, "好"), "make_up.note_length", shortest=4, longest=500)
    assert says(await chat.say(ORGANIZER, "谈了一份机密★文件的内容"), "attendance.secret")
    assert says(await chat.say(ORGANIZER, "11月3日与书记谈了学习体会。"), "make_up.sent")
    assert says(await chat.say(ORGANIZER, "补课"), "make_up.waiting_for_answer")
    request = next(one for one in await chat.inbox(SECRETARY) if "谈了学习体会" in one.text)
    assert says(await chat.tap(ORGANIZER, "make_up.yes", request), "help.stale_button")
    assert says(await chat.tap(SECRETARY, "make_up.no", request), "make_up.you_returned")
    await chat.say(ORGANIZER, "补课")
    await chat.tap(ORGANIZER, "make_up.way_notes")
    await chat.say(ORGANIZER, "读了党章总纲，有三点体会。")
    assert "三点体会" in await chat.say(SECRETARY, "补课 确认")
    assert says(await chat.tap(SECRETARY, "make_up.yes"), "make_up.you_confirmed", name=ORGANIZER)
    lines = await chat.app.store.read(attendance.register, meeting)
    assert [line.name for line in lines if line.made_up] == [ORGANIZER]
    assert says(await chat.say(ORGANIZER, "补课"), "make_up.nothing")
    assert says(await chat.say(EXEMPT, "补课"), "make_up.nothing")


async def test_a_make_up_is_due_after_fourteen_days(chat: Chat) -> None:
    await opened(chat)
    await chat.say(SECRETARY, "签到 结束")
    await chat.go_to(MEETING + timedelta(days=15))
    assert says(await chat.say(MEMBERS[0], "补课"), "make_up.overdue")


async def test_two_missed_in_a_row_are_told_to_the_discipline_commissioner_only(chat: Chat) -> None:
    """AT-8."""
    await missed_twice(chat, MEMBERS[0])
    assert await notes(chat, DISCIPLINE) == [note(MEMBERS[0])]
    for other in (SECRETARY, ORGANIZER, MEMBERS[0]):
        assert await notes(chat, other) == []
    assert await notes(chat, group_of(ROADS)) == []


async def test_who_missed_two_in_a_row_is_not_sent_the_note_about_themselves(chat: Chat) -> None:
    """AT-8: of the discipline commissioner the secretary is told."""
    await missed_twice(chat, DISCIPLINE, MEMBERS[0])
    assert await notes(chat, DISCIPLINE) == [note(MEMBERS[0])]
    assert await notes(chat, SECRETARY) == [note(DISCIPLINE)]


async def missed_twice(chat: Chat, *absent: str) -> None:
    """Two meetings to which everybody came but these, and the days after."""
    for week in range(2):
        at = MEETING + timedelta(weeks=week)
        meeting = await chat.app.store.write(plan, at, f"第{week + 1}次会")
        await chat.go_to(at)
        await chat.say(SECRETARY, "签到 开始")
        for name in {SECRETARY, ORGANIZER, PUBLICITY, DISCIPLINE, *MEMBERS, PROBATIONARY}.difference(absent):
            assert says(await chat.say(name, f"签到 {code(chat, meeting)}"), "sign_in.done")
        await chat.say(SECRETARY, "签到 结束")
        await chat.go_to(at + timedelta(days=2))


async def notes(chat: Chat, who: str) -> list[str]:
    """The notes in somebody's inbox."""
    return [one.text for one in await chat.inbox(who) if says(one.text, "attendance.missed_twice")]


def note(name: str) -> str:
    """The note that names this person and nobody else."""
    return sentence("attendance.missed_twice", names=name)
