"""A whole meeting, absence, and the register afterwards: said -> answered."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import col, select

from bot.messages import Address, Inbound, Message
from bot.rules.attendance import Status
from bot.store import attendance, binding, nightly
from bot.store.core.statements import StoreSession
from bot.store.people import Member
from bot.store.roster import apply
from tests.support.cast import (
    COMMITTEE,
    DISCIPLINE,
    EXEMPT,
    FERRY_MEMBER,
    MEMBERS,
    ORGANIZER,
    PROBATIONARY,
    PUBLICITY,
    ROADS,
    ROWS,
    SECRETARY,
    Row,
)
from tests.support.chat import Chat
from tests.support.meetings import MEETING, attendance_of, code, leave_platform, opened, plan, status
from tests.support.shipped import START
from tests.support.wording import says, sentence


def _bind(session: StoreSession, names: list[str], now: datetime) -> None:
    for member in session.exec(select(Member).where(col(Member.name).in_(names))):
        binding.bind(session, member.id or 0, "local", member.name, member.name, now)


async def test_the_example_of_the_brief(chat: Chat) -> None:
    """24 members, 2 exempt: expected 22; 17 present, 1 late, 3 on leave, 1 absent, 2 caught up (AT-6)."""
    names = [f"同志{number:02}" for number in range(1, 13)]
    rows = [*ROWS, *(Row(name, ROADS, attendance_exempt=number == 0) for number, name in enumerate(names))]
    await chat.app.store.write(apply, COMMITTEE, rows)
    await chat.app.store.write(_bind, names, chat.clock.now())
    meeting = await opened(chat)
    answer = await chat.say(SECRETARY, "签到 情况")
    absent_word = sentence("attendance.not_yet")
    assert says(answer, "attendance.numbers", expected=22, absent_word=absent_word, absent=22, exempt=2)
    on_leave = MEMBERS[:3]
    for name in on_leave:
        await chat.say(name, "请假")
        answer = await chat.tap(name, "leave.category_duty_travel")
        assert says(answer, "leave.sent", reason=sentence("leave.category_duty_travel"))
    for name in on_leave:
        request = next(one for one in await chat.inbox(SECRETARY) if name in one.text)
        assert says(await chat.tap(SECRETARY, "leave.yes", request), "leave.you_approved", name=name)
    present = [SECRETARY, ORGANIZER, PUBLICITY, DISCIPLINE, *MEMBERS[3:5], PROBATIONARY, *names[1:11]]
    assert len(present) == 17
    for name in present:
        assert says(await chat.say(name, code(chat, meeting)), "sign_in.done")
    await chat.go_to(MEETING + timedelta(minutes=20))
    assert says(await chat.say(names[11], code(chat, meeting)), "sign_in.late")
    assert says(await chat.say(EXEMPT, f"签到 {code(chat, meeting)}"), "sign_in.late")
    assert says(await chat.say(SECRETARY, "签到 结束"), "attendance.coverage", percent="81.8")
    await chat.go_to(datetime(2026, 11, 3, 9, 0, tzinfo=START.tzinfo))
    for name in on_leave[:2]:
        await chat.say(name, "补课")
        await chat.tap(name, "make_up.way_notes")
        assert says(await chat.say(name, "学习了党章第一章，结合工作谈体会。"), "make_up.sent")
    for name in on_leave[:2]:
        request = next(one for one in await chat.inbox(ORGANIZER) if name in one.text)
        assert says(await chat.tap(ORGANIZER, "make_up.yes", request), "make_up.you_confirmed", name=name)
    shown = await chat.say(SECRETARY, "签到 情况")
    assert says(shown, "attendance.numbers", expected=22, came=18, late=1, leave=3, pending=0, exempt=2)
    assert says(shown, "attendance.numbers", absent_word=sentence("attendance.absent"), absent=1)
    assert says(shown, "attendance.rate", percent="81.8")
    assert says(shown, "attendance.coverage", percent="90.9")
    assert "█" in shown
    counted = await chat.app.store.read(attendance.tally, meeting)
    assert (counted.expected, counted.present, counted.late, counted.made_up) == (22, 17, 1, 2)


async def test_two_sessions_are_one_event(chat: Chat) -> None:
    """AT-1: signing in at A or B counts; nobody is asked to catch up before B is over."""
    first = await chat.app.store.write(plan, MEETING, "上半场")
    second = await chat.app.store.write(plan, MEETING + timedelta(days=1), "下半场", first)
    await chat.go_to(MEETING)
    await chat.say(SECRETARY, "签到 开始")
    await chat.say(MEMBERS[0], f"签到 {code(chat, first)}")
    await chat.say(SECRETARY, "签到 结束")
    await chat.go_to(MEETING + timedelta(days=1))
    assert not any(says(one.text, "attendance.catch_up") for one in await chat.inbox(MEMBERS[1]))
    await chat.say(SECRETARY, "签到 开始")
    await chat.say(MEMBERS[1], f"签到 {code(chat, second)}")
    assert says(await chat.say(SECRETARY, "签到 结束"), "attendance.numbers", came=2)
    for name in MEMBERS[:2]:
        assert await status(chat, first, name) is Status.PRESENT
        assert await status(chat, second, name) is Status.PRESENT


async def test_the_list_stays_as_it_was_on_that_day(chat: Chat) -> None:
    """AT-1: who joins later was not expected."""
    meeting = await opened(chat, timedelta())
    await chat.say(SECRETARY, "签到 结束")
    await chat.app.store.write(apply, COMMITTEE, [*ROWS, Row("新同志", ROADS)])
    assert says(await chat.say(SECRETARY, "签到 情况"), "attendance.numbers", expected=11)
    assert (await chat.app.store.read(attendance.tally, meeting)).expected == 11
    row = (await chat.app.store.read(attendance_of, MEMBERS[0]))[0]
    facts = await chat.app.store.read(attendance.about_member, row.member_id or 0)
    assert [fact.key for fact in facts] == ["attendance.fact_not_there"]


async def test_those_without_an_account_are_counted_for_the_secretary(chat: Chat) -> None:
    await chat.app.store.write(plan, MEETING)
    await chat.app.store.write(leave_platform, MEMBERS[0])
    await chat.go_to(MEETING)
    assert says(await chat.say(SECRETARY, "签到 开始"), "attendance.unreached", count=1)


async def test_forged_and_stale_answers_are_refused(chat: Chat) -> None:
    await chat.app.store.write(plan, MEETING)
    await chat.say(MEMBERS[0], "请假")
    asked: Message = chat.last[MEMBERS[0]]
    assert says(await chat.tap(FERRY_MEMBER, "leave.category_illness", asked), "help.stale_button")
    forged = Inbound("local", MEMBERS[0], Address("local", MEMBERS[0]), "forged", token="v:99999:0")
    reply = await chat.app.handle(forged)
    assert reply.message is not None
    assert says(reply.message.text, "help.stale_button")


async def test_old_attendance_is_deleted_and_shown_to_its_member(chat: Chat) -> None:
    """PI-4, PI-10."""
    meeting = await opened(chat)
    await chat.say(MEMBERS[0], f"签到 {code(chat, meeting)}")
    row = (await chat.app.store.read(attendance_of, MEMBERS[0]))[0]
    facts = await chat.app.store.read(attendance.about_member, row.member_id or 0)
    texts = [chat.app.library.content.texts(fact.key, **fact.values) for fact in facts]
    assert any(says(text, "attendance.fact", title="十一月主题党日", at="14:55") for text in texts)
    later = chat.clock.now() + timedelta(days=3 * 366 + 1)
    await chat.app.store.write(nightly.forget_old, later, chat.app.settings.privacy)
    assert await chat.app.store.read(attendance_of, MEMBERS[0]) == []
