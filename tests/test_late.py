"""What was timed for the 3rd while the program was down until the 6th: somebody is asked, and nothing goes out by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from itertools import count

import pytest
from sqlmodel import col, select

from bot.clock import SHANGHAI, ShiftedClock
from bot.config import Settings
from bot.features import FEATURES
from bot.messages import Message
from bot.router import Matter, Timed
from bot.rules.lateness import MESSAGE, SAME_DAY, message_too_late, too_late
from bot.store import delivery
from bot.store.core.statements import StoreSession
from bot.store.delivery import Delivery, OutgoingMessage
from bot.store.people import Audience, Member, Unit
from bot.store.prompts import Prompt
from tests.conftest import started
from tests.support.cast import FERRY_SECRETARY, MEMBERS, OFFICE, ROADS, SECRETARY
from tests.support.chat import Chat
from tests.support.databases import Holds
from tests.support.wording import says, sentence

BEFORE = datetime(2026, 11, 2, 19, 0, tzinfo=SHANGHAI)
THIRD = datetime(2026, 11, 3, 8, 30, tzinfo=SHANGHAI)
SIXTH = datetime(2026, 11, 6, 10, 0, tzinfo=SHANGHAI)
WHENEVER = {
    "attendance.absences", "attendance.close", "attendance.settle",
    "binding.group_lost", "binding.group_moved", "binding.group_trouble", "late.ask", "late.message", "mine.forget",
    "poll.tell", "practice.daily", "quiz.results", "rating.close", "theme_day.month",
}  # fmt: skip
"""Jobs whose sense does not pass: they end something, plan something, or look at what is so when they run."""
Program = Callable[[], "AbstractProgram"]


class AbstractProgram:
    """Named for the type alone: `async with program() as chat`."""

    async def __aenter__(self) -> Chat: ...  # type: ignore[empty-body]

    async def __aexit__(self, *_: object) -> None: ...


@pytest.fixture
def holds() -> Holds:
    return Holds.CAST


@pytest.fixture
def program(settings: Settings, clock: ShiftedClock) -> Program:
    """The program, each time it is started anew on the same database."""

    @asynccontextmanager
    async def run() -> AsyncIterator[Chat]:
        async with started(settings, clock) as app:
            yield Chat(app, clock, _ids=ids)

    clock.set(BEFORE)
    ids = count()
    return run  # type: ignore[return-value]


async def look(chat: Chat) -> None:
    """What the program does in its first minutes."""
    for _ in range(2):
        await chat.app.schedule.run_due()
        await chat.app.delivery.drain()


async def asked(chat: Chat, who: str = SECRETARY) -> list[Message]:
    await look(chat)
    return [one for one in await chat.inbox(who) if says(one.text, "late.ask")]


async def notice_for_the_third(chat: Chat) -> None:
    await chat.say(SECRETARY, "通知 三号上午开会")
    await chat.tap(SECRETARY, "notices.do_when")
    await chat.tap(SECRETARY, "notices.tomorrow")
    assert says(await chat.tap(SECRETARY, "notices.do_send"), "notices.scheduled", at="11-03 08:30")


async def test_a_notice_for_the_third_is_asked_about_on_the_sixth(program: Program, clock: ShiftedClock) -> None:
    async with program() as chat:
        await notice_for_the_third(chat)
    clock.set(SIXTH)
    async with program() as chat:
        (question,) = await asked(chat)
        assert await chat.inbox(MEMBERS[0]) == []
        assert sentence("receipts.state_overdue", at="11-03 08:30") in await chat.say(SECRETARY, "通知情况")
        assert "三号上午开会" in question.text
        assert "11-03 08:30" in question.text
        assert [one.label for one in question.choices] == [
            sentence(f"late.do_{one}") for one in ("now", "later", "drop")
        ]
        assert await asked(chat) == [question], "asked once"
        assert says(await chat.tap(MEMBERS[1], "late.do_now", question), "help.stale_button")
        assert says(await chat.tap(FERRY_SECRETARY, "late.do_now", question), "help.stale_button")
        assert says(await chat.tap(SECRETARY, "late.do_now", question), "late.done")
        assert "三号上午开会" in (await chat.inbox(MEMBERS[0]))[0].text
        assert says(await chat.tap(SECRETARY, "late.do_drop", question), "late.settled")
        assert len(await chat.inbox(MEMBERS[0])) == 1


async def test_another_time_or_not_at_all(program: Program, clock: ShiftedClock) -> None:
    async with program() as chat:
        for _ in range(2):
            await notice_for_the_third(chat)
    clock.set(SIXTH)
    async with program() as chat:
        first, second = await asked(chat)
        assert says(await chat.tap(SECRETARY, "late.do_drop", first), "late.dropped")
        await chat.tap(SECRETARY, "late.do_later", second)
        assert says(await chat.say(SECRETARY, "昨天"), "notices.time_unclear")
        assert says(await chat.say(SECRETARY, "11月6日9点"), "notices.time_past")
        assert says(await chat.say(SECRETARY, "明天 8:30"), "late.planned", at="11-09 08:00"), "no day of rest"
        assert sentence("receipts.state_scheduled", at="11-09 08:00") in await chat.say(SECRETARY, "通知情况")
        await look(chat)
        assert await chat.inbox(MEMBERS[0]) == []
        await chat.go_to(SIXTH.replace(day=9, hour=8, minute=1))
        assert len(await chat.inbox(MEMBERS[0])) == 1
        assert len(await asked(chat)) == 2, "nothing is asked again"


async def test_up_again_on_the_same_day_it_goes_out_as_planned(program: Program, clock: ShiftedClock) -> None:
    async with program() as chat:
        await notice_for_the_third(chat)
    clock.set(THIRD + SAME_DAY - timedelta(hours=1))
    async with program() as chat:
        assert await asked(chat) == []
        assert len(await chat.inbox(MEMBERS[0])) == 1


async def test_the_end_of_a_poll_is_asked_about_and_told_to_nobody_before(
    program: Program, clock: ShiftedClock
) -> None:
    async with program() as chat:
        await chat.say(SECRETARY, "表决 全年学习计划")
        await chat.tap(SECRETARY, "poll.deadline_tomorrow")
        await chat.tap(SECRETARY, "poll.where_both")
        await chat.inbox(MEMBERS[0])
        await chat.say(MEMBERS[0], "1")
    clock.set(SIXTH)
    async with program() as chat:
        before = len(await chat.group_inbox())
        (question,) = await asked(chat)
        assert "全年学习计划" in question.text
        assert len(await chat.group_inbox()) == before
        assert says(await chat.tap(SECRETARY, "late.do_drop", question), "late.dropped")
        assert len(await chat.group_inbox()) == before
        assert "全年学习计划" in await chat.say(MEMBERS[0], "投票结果"), "counted, and told to who asks"


async def test_whoever_holds_the_post_then_is_asked(program: Program, clock: ShiftedClock) -> None:
    async with program() as chat:
        await notice_for_the_third(chat)

        def hand_over(session: StoreSession) -> None:
            people = select(Member.name, Member.id).where(col(Member.name).in_([SECRETARY, MEMBERS[2]]))
            ids = dict(session.exec(people).all())
            session.connection().exec_driver_sql(
                f"UPDATE post SET member_id = {ids[MEMBERS[2]]} WHERE member_id = {ids[SECRETARY]}"
            )

        await chat.app.store.write(hand_over)
    clock.set(SIXTH)
    async with program() as chat:
        (question,) = await asked(chat, MEMBERS[2])
        assert await asked(chat) == []
        assert says(await chat.tap(SECRETARY, "late.do_now", question), "help.stale_button")


async def queued(program: Program, key: str, audience: Callable[[StoreSession], Audience], **how: object) -> int:
    """A message that was to go out on the morning of the 3rd; the program ends before."""
    async with program() as chat:

        def put(session: StoreSession) -> int | None:
            return delivery.notify(session, audience(session), Message("先看材料"), key, THIRD, **how)  # type: ignore[arg-type]

        return await chat.app.store.write(put) or 0


def roads(session: StoreSession) -> Audience:
    return Audience(units=(session.exec(select(Unit.id).where(col(Unit.name) == ROADS)).one() or 0,))


def one(session: StoreSession) -> Audience:
    return Audience(members=(session.exec(select(Member.id).where(col(Member.name) == MEMBERS[0])).one() or 0,))


async def test_a_message_that_waited_for_the_morning_is_asked_about(program: Program, clock: ShiftedClock) -> None:
    """A study push at night, for example: quiet hours held it, and then nothing ran."""
    keys = ("study_push:1", "study_push:2", "study_push:3")
    for key in keys:
        await queued(program, key, roads)
    clock.set(SIXTH)
    async with program() as chat:
        now, later, drop = await asked(chat)
        assert await chat.inbox(MEMBERS[0]) == []
        assert says(await chat.tap(FERRY_SECRETARY, "late.do_now", now), "help.stale_button")
        assert says(await chat.tap(SECRETARY, "late.do_drop", drop), "late.dropped")
        assert says(await chat.tap(SECRETARY, "late.do_now", now), "late.done")
        assert says(await chat.tap(SECRETARY, "late.do_drop", now), "late.settled")
        await chat.tap(SECRETARY, "late.do_later", later)
        assert says(await chat.say(SECRETARY, "11月9日8点半"), "late.planned", at="11-09 08:30")
        assert len(await chat.inbox(MEMBERS[0])) == 1
        await chat.go_to(datetime(2026, 11, 9, 8, 31, tzinfo=SHANGHAI))
        assert len(await chat.inbox(MEMBERS[0])) == 2
        assert len(await asked(chat)) == 3


async def test_what_was_named_a_last_moment_is_asked_about_after_it(program: Program, clock: ShiftedClock) -> None:
    await queued(program, "theme_day:1:notice:2026-11-03", roads, expires_at=THIRD + timedelta(hours=6))
    clock.set(THIRD + timedelta(hours=7))
    async with program() as chat:
        assert len(await asked(chat)) == 1
        assert await chat.inbox(MEMBERS[0]) == []


async def test_half_of_a_broadcast_is_asked_about_and_nobody_hears_it_twice(
    program: Program, clock: ShiftedClock
) -> None:
    ident = await queued(program, "notice:9:send", roads)
    clock.set(THIRD)
    async with program() as chat:
        await chat.app.delivery.drain()

        def cut(session: StoreSession) -> int:
            """As after a kill in the middle: half of the copies are still queued."""
            session.connection().exec_driver_sql(
                f"UPDATE delivery SET state = 'queued' WHERE outgoing_id = {ident} AND id > (SELECT min(id) + 6 FROM delivery)"
            )
            session.connection().exec_driver_sql(f"UPDATE outgoing SET phase = 'sending' WHERE id = {ident}")
            left = select(Delivery.id).where(col(Delivery.outgoing_id) == ident, col(Delivery.state) == "queued")
            return len(session.exec(left).all())

        left = await chat.app.store.write(cut)
    clock.set(SIXTH)
    async with program() as chat:
        (question,) = await asked(chat)

        def queued_still(session: StoreSession) -> int:
            waits = select(Delivery.id).where(col(Delivery.outgoing_id) == ident, col(Delivery.state) == "queued")
            return len(session.exec(waits).all())

        assert await chat.app.store.read(queued_still) == left > 0
        await chat.tap(SECRETARY, "late.do_now", question)
        await chat.app.delivery.drain()
        assert await chat.app.store.read(queued_still) == 0
        assert len([got for got in await chat.inbox(MEMBERS[0]) if got.text == "先看材料"]) == 1


async def test_an_answer_to_one_person_goes_out_and_says_that_it_is_late(program: Program, clock: ShiftedClock) -> None:
    await queued(program, "leave:1:decided", one)
    clock.set(SIXTH)
    async with program() as chat:
        assert await asked(chat) == []
        (got,) = await chat.inbox(MEMBERS[0])
        assert got.text == sentence("late.note", at="11-03 08:30") + "\n先看材料"


def test_every_kind_of_job_says_until_when_it_makes_sense() -> None:
    kinds = {kind: job for load in FEATURES.values() for kind, job in load().jobs.items()}
    assert all(isinstance(job, Timed) for job in kinds.values())
    assert {kind for kind, job in kinds.items() if job.last is None} == WHENEVER
    assert all((job.last is None) == (job.matter is None) for job in kinds.values())
    with pytest.raises(ValueError, match="too late"):
        Timed(lambda subject, ctx: None, SAME_DAY)
    with pytest.raises(ValueError, match="too late"):
        Timed(lambda subject, ctx: None, None, lambda subject, ctx: Matter((), ""))


def test_the_last_sensible_moment() -> None:
    at = THIRD
    assert not too_late(at, SAME_DAY, at + SAME_DAY)
    assert too_late(at, SAME_DAY, at + SAME_DAY + timedelta(seconds=1))
    assert not too_late(at, None, at + timedelta(days=999))
    assert not message_too_late(at, None, at + MESSAGE)
    assert message_too_late(at, None, at + MESSAGE + timedelta(seconds=1))
    assert message_too_late(at, at + timedelta(minutes=1), at + timedelta(minutes=1))
    assert not message_too_late(at, at + timedelta(days=9), at + timedelta(days=8))


async def test_of_the_offices_notice_the_office_is_asked(program: Program, clock: ShiftedClock) -> None:
    async with program() as chat:
        await chat.say(OFFICE, "通知 三号上午开会")
        await chat.tap(OFFICE, "notices.do_when")
        await chat.tap(OFFICE, "notices.tomorrow")
        assert says(await chat.tap(OFFICE, "notices.do_send"), "notices.scheduled")
    clock.set(SIXTH)
    async with program() as chat:
        (question,) = await asked(chat, OFFICE)
        assert await asked(chat) == []
        assert says(await chat.tap(SECRETARY, "late.do_now", question), "help.stale_button")
        assert says(await chat.tap(OFFICE, "late.do_now", question), "late.done")


async def test_what_nobody_decided_is_forgotten_in_its_time(program: Program, clock: ShiftedClock) -> None:
    """Keeping times hold for it too (PI-10), and its question goes with it."""
    ident = await queued(program, "study_push:1", roads)
    clock.set(SIXTH)
    async with program() as chat:
        assert len(await asked(chat)) == 1

        def left(session: StoreSession) -> tuple[int, int]:
            prompts = session.exec(select(Prompt.id).where(col(Prompt.route).startswith("late."))).all()
            messages = session.exec(select(OutgoingMessage.id).where(col(OutgoingMessage.id) == ident)).all()
            return len(prompts), len(messages)

        for months, kept in ((1, (1, 1)), (13, (0, 0))):
            clock.set(SIXTH + timedelta(days=31 * months))
            await chat.app.nightly()
            assert await chat.app.store.read(left) == kept
