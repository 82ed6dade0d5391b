"""Delivery through the wire: a real store, the real channel, a fake Bot API server that counts."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import col, func, select

from bot.clock import SHANGHAI, ShiftedClock, SystemClock
from bot.config import Settings
from bot.messages import Choice, Message, Outcome, Receipt
from bot.store import binding, delivery, expansion, prompts, rates, sending
from bot.store.core.engine import open_store
from bot.store.core.schema import bring_up_to_date
from bot.store.core.statements import StoreSession
from bot.store.delivery import Counts, Delivery, OutgoingMessage, Phase, State
from bot.store.people import Audience, Member, Unit
from tests.support.cast import FERRY, MEMBERS, ROADS
from tests.support.crowd import gather
from tests.support.fake_telegram import FORBIDDEN, TOO_MANY, Failure, fake_telegram
from tests.support.shipped import ROOT
from tests.support.telegram_chat import TelegramChat, telegram_chat

HELLO = Message("明天下午三点，主题党日。")
SIZE = 500


@pytest.fixture
async def talk(settings: Settings, clock: ShiftedClock) -> AsyncIterator[TelegramChat]:
    async with telegram_chat(settings, clock) as chat:
        yield chat


async def queue(
    talk: TelegramChat,
    audience: Audience,
    key: str = "notice:1:first",
    message: Message = HELLO,
    **how: object,
) -> int:
    """Queue a message that is due now; its id (0: this key was used before)."""
    found = await talk.app.store.write(delivery.notify, audience, message, key, talk.clock.now(), **how)  # type: ignore[arg-type]
    return found or 0


async def crowd(talk: TelegramChat, size: int) -> Audience:
    return Audience(units=(await talk.app.store.write(gather, size, talk.clock.now()),))


async def counts(talk: TelegramChat, ident: int) -> Counts:
    return await talk.app.store.read(delivery.counts, ident)


def unsure(session: StoreSession, outgoing_id: int) -> list[str]:
    """The chats of the copies of which nobody knows whether they arrived, oldest first."""
    copies = select(Delivery.chat).where(col(Delivery.outgoing_id) == outgoing_id)
    return list(session.exec(copies.where(col(Delivery.state) == State.UNKNOWN).order_by(col(Delivery.id))))


async def phase(talk: TelegramChat, ident: int) -> Phase:
    query = select(OutgoingMessage.phase).where(col(OutgoingMessage.id) == ident)
    return await talk.app.store.read(lambda session: session.exec(query).one())


def member_of(session: StoreSession, name: str) -> int:
    return session.exec(select(Member.id).where(col(Member.name) == name)).one() or 0


async def test_a_broadcast_reaches_everybody_once(talk: TelegramChat) -> None:
    ident = await queue(talk, await crowd(talk, SIZE))
    await talk.app.delivery.drain()
    assert await counts(talk, ident) == Counts(sent=SIZE)
    assert len(talk.fake.delivered) == SIZE
    assert set(talk.fake.delivered.values()) == {1}
    assert await phase(talk, ident) is Phase.DONE


async def test_too_many_requests_pause_and_nobody_gets_it_twice(talk: TelegramChat) -> None:
    talk.fake.fails = lambda method, fields, number: TOO_MANY if 20 <= number < 30 else None
    ident = await queue(talk, await crowd(talk, 60))
    async with asyncio.timeout(60):
        while await phase(talk, ident) is not Phase.DONE:
            await talk.app.delivery.drain()
            await asyncio.sleep(0.1)
    assert await counts(talk, ident) == Counts(sent=60)
    assert set(talk.fake.delivered.values()) == {1}
    assert len(talk.fake.failed()) == 10


async def test_who_blocked_the_bot_is_reached_on_the_next_account(talk: TelegramChat) -> None:
    member = await talk.app.store.read(member_of, MEMBERS[0])
    await talk.app.store.write(binding.bind, member, "local", "laptop", "laptop", talk.clock.now())
    await talk.say(MEMBERS[0], "帮助")
    number = await talk.app.store.write(prompts.ask, "binding.unbound", member, "解除绑定", ("是", "否"))
    choices = tuple(Choice.option(number, option, label) for option, label in enumerate(("是", "否")))
    chat = talk.number(MEMBERS[0])
    talk.fake.fails = lambda method, fields, _: FORBIDDEN if fields.get("chat_id") == chat else None
    ident = await queue(talk, Audience(members=(member,)), message=Message("请选", choices))
    await talk.app.delivery.drain()
    assert await counts(talk, ident) == Counts(sent=1)
    states = await talk.app.store.read(
        lambda session: session.execute(
            select(Delivery.channel, Delivery.state).order_by(col(Delivery.id))
        ).all()
    )
    assert [tuple(row) for row in states] == [("telegram", State.FAILED), ("local", State.SENT)]
    opened = await talk.app.store.read(
        lambda session: session.exec(select(prompts.OpenPrompt.chat).order_by(prompts.OpenPrompt.chat)).all()
    )
    assert opened == ["local:laptop", f"telegram:{chat}"]


async def test_who_has_no_other_account_is_counted_as_failed(talk: TelegramChat) -> None:
    talk.fake.fails = lambda method, fields, number: FORBIDDEN
    ident = await queue(talk, await crowd(talk, 3))
    await talk.app.delivery.drain()
    assert await counts(talk, ident) == Counts(failed=3)
    assert await phase(talk, ident) is Phase.DONE


async def test_what_may_have_arrived_is_listed_and_never_sent_again(talk: TelegramChat) -> None:
    lost = {
        10_002: Failure(drop=True, delivered=True),
        10_003: Failure(drop=True),
        10_004: Failure(500, "Oops"),
    }
    talk.fake.fails = lambda method, fields, number: lost.get(fields.get("chat_id", 0))
    ident = await queue(talk, await crowd(talk, 5))
    await talk.app.delivery.drain()
    talk.fake.fails = None
    await talk.app.delivery.drain()
    assert await counts(talk, ident) == Counts(sent=2, unknown=3)
    assert await talk.app.store.read(unsure, ident) == ["10002", "10003", "10004"]
    assert talk.fake.delivered == {"10001": 1, "10002": 1, "10005": 1}


async def test_a_platform_that_is_switched_off_is_passed_over(talk: TelegramChat) -> None:
    member = await talk.app.store.read(member_of, MEMBERS[0])
    await talk.app.store.write(binding.unbind, "telegram", str(talk.number(MEMBERS[0])), talk.app.clock.now())
    for channel in ("pigeon", "local"):
        await talk.app.store.write(binding.bind, member, channel, "here", "here", talk.clock.now())
    ident = await queue(talk, Audience(members=(member,)))
    await talk.app.delivery.drain()
    assert await counts(talk, ident) == Counts(sent=1)


async def test_quiet_hours_move_what_can_wait(talk: TelegramChat) -> None:
    everyone = await crowd(talk, 3)
    talk.clock.set(datetime(2026, 11, 2, 21, 0, tzinfo=SHANGHAI))
    waits = await queue(talk, everyone, "a")
    urgent = await queue(talk, everyone, "b", immediate=True)
    await talk.app.delivery.drain()
    assert await counts(talk, urgent) == Counts(sent=3)
    assert await counts(talk, waits) == Counts()
    await talk.go_to(datetime(2026, 11, 3, 7, 59, tzinfo=SHANGHAI))
    assert await counts(talk, waits) == Counts()
    await talk.go_to(datetime(2026, 11, 3, 8, 0, 1, tzinfo=SHANGHAI))
    assert await counts(talk, waits) == Counts(sent=3)


async def test_the_same_matter_and_stage_goes_out_once(talk: TelegramChat) -> None:
    everyone = await crowd(talk, 2)
    assert await queue(talk, everyone, "same")
    assert await queue(talk, everyone, "same") == 0
    await talk.app.delivery.drain()
    assert talk.fake.delivered == {"10001": 1, "10002": 1}


async def test_pause_resume_and_cancel(talk: TelegramChat) -> None:
    everyone, store = await crowd(talk, 30), talk.app.store
    ident = await queue(talk, everyone)
    await store.write(delivery.set_phase, ident, Phase.PAUSED)
    await talk.app.delivery.drain()
    assert talk.fake.delivered == {}
    assert await store.write(delivery.set_phase, ident, Phase.WAITING)
    await talk.app.delivery.drain()
    assert await counts(talk, ident) == Counts(sent=30)
    assert not await store.write(delivery.set_phase, ident, Phase.CANCELLED)
    other = await queue(talk, everyone, "other")
    await store.write(delivery.set_phase, other, Phase.CANCELLED)
    await talk.app.delivery.drain()
    assert await counts(talk, other) == Counts()
    assert not await store.write(delivery.set_phase, other, Phase.WAITING)


async def test_a_cancelled_message_takes_its_queued_copies_with_it(talk: TelegramChat) -> None:
    await talk.app.delivery.stop()
    ident, store = await queue(talk, await crowd(talk, 3)), talk.app.store
    while not await store.write(expansion.expand, ident, talk.clock.now()):
        pass
    assert await counts(talk, ident) == Counts(queued=3)
    assert await store.write(delivery.set_phase, ident, Phase.CANCELLED)
    assert await counts(talk, ident) == Counts(cancelled=3)
    for after in (Phase.WAITING, Phase.PAUSED, Phase.CANCELLED):
        assert not await store.write(delivery.set_phase, ident, after)
    assert await phase(talk, ident) is Phase.CANCELLED


async def test_a_worker_whose_lease_ran_out_writes_nothing(talk: TelegramChat) -> None:
    """Whatever it says of its copies then, they stay unknown, and nobody gets one on another account."""
    await talk.app.delivery.stop()
    ident, store, now = await queue(talk, await crowd(talk, 2)), talk.app.store, talk.clock.now()
    while not await store.write(expansion.expand, ident, now):
        pass
    (job,) = await store.read(sending.open_jobs, ident, now)
    token, rows = await store.write(sending.claim, job, 2, now, timedelta(seconds=1))
    assert len(rows) == 2
    later = now + timedelta(minutes=1)
    assert await store.write(sending.expire_leases, later) == 2
    said = [(rows[0], Receipt(Outcome.SENT)), (rows[1], Receipt(Outcome.REJECTED))]
    for told in (said, [(row, Receipt(Outcome.RETRY)) for row in rows]):
        for held in (token, "another"):
            assert await store.write(sending.finish, held, told, later) == 0
    assert await counts(talk, ident) == Counts(unknown=2)


async def test_what_is_paused_or_called_off_does_not_stay_in_memory(talk: TelegramChat) -> None:
    ident = await queue(talk, Audience(units=await talk.app.store.read(_branches), chats=True))
    talk.fake.fails = lambda method, fields, number: Failure(429, "Too Many Requests", 600)
    await talk.app.delivery.drain()
    assert (await counts(talk, ident)).queued == 2
    await talk.app.store.write(delivery.set_phase, ident, Phase.CANCELLED)
    await talk.app.delivery.drain()
    assert talk.app.delivery._messages == {}


async def test_a_pause_in_the_middle_keeps_the_rest(talk: TelegramChat) -> None:
    reached = asyncio.Event()
    ident = await queue(talk, await crowd(talk, 300))
    talk.fake.fails = lambda method, fields, number: reached.set() if number == 40 else None
    sending = asyncio.create_task(talk.app.delivery.drain())
    await reached.wait()
    await talk.app.store.write(delivery.set_phase, ident, Phase.PAUSED)
    await sending
    stopped = await counts(talk, ident)
    assert stopped.queued > 0
    assert stopped.sent + stopped.queued == 300
    await talk.app.store.write(delivery.set_phase, ident, Phase.WAITING)
    await talk.app.delivery.drain()
    assert await counts(talk, ident) == Counts(sent=300)
    assert set(talk.fake.delivered.values()) == {1}


async def test_what_came_too_late_is_not_sent(talk: TelegramChat) -> None:
    ident = await queue(talk, await crowd(talk, 2), expires_at=talk.clock.now() - timedelta(seconds=1))
    await talk.app.delivery.drain()
    assert talk.fake.delivered == {}
    assert await phase(talk, ident) is Phase.PAUSED, "until somebody has decided"


async def test_group_chats_get_one_copy_each(talk: TelegramChat) -> None:
    units = await talk.app.store.read(_branches)
    await queue(talk, Audience(units=units, chats=True))
    assert [message.text for message in await talk.group_inbox(ROADS)] == [HELLO.text]
    assert [message.text for message in await talk.group_inbox(FERRY)] == [HELLO.text]


def test_places_are_booked_one_after_another(store_url: str) -> None:
    async def book() -> list[float]:
        store = open_store(store_url)
        bring_up_to_date(store.engine)
        waits = [await store.write(rates.reserve, "telegram", 10, 30.0, 1000.0) for _ in range(4)]
        waits.append(await store.read(rates.wait_for, "telegram", 1000.0))
        waits.append(await store.write(rates.reserve, "telegram", 1, 30.0, 1100.0))
        await store.write(rates.hold, "telegram", 1130.0)
        await store.write(rates.hold, "telegram", 1120.0)
        waits.append(await store.write(rates.reserve, "telegram", 1, 30.0, 1100.0))
        waits.append(await store.write(rates.reserve, "telegram:-5", 1, 20 / 60, 1100.0))
        store.close()
        return waits

    booked = asyncio.run(book())
    assert booked == pytest.approx([0, 1 / 3, 2 / 3, 1, 4 / 3, 0, 30, 0])


def test_a_clock_that_was_set_back_does_not_stop_the_sending(store_url: str) -> None:
    async def book() -> None:
        store = open_store(store_url)
        bring_up_to_date(store.engine)
        await store.write(rates.reserve, "telegram", 3, 30.0, 100_000.0)
        assert await store.read(rates.wait_for, "telegram", 100_000.0 - 8 * 3600) == 0
        assert await store.write(rates.reserve, "telegram", 3, 30.0, 100_000.0 - 8 * 3600) == 0
        assert await store.read(rates.wait_for, "telegram", 100_000.0 - 8 * 3600) == pytest.approx(0.1)
        await store.write(rates.hold, "telegram", 100_600.0)
        assert await store.read(rates.wait_for, "telegram", 100_000.0) == pytest.approx(600)
        store.close()

    asyncio.run(book())


def test_two_workers_at_once_never_book_the_same_place(store_url: str) -> None:
    async def book() -> list[float]:
        store = open_store(store_url)
        bring_up_to_date(store.engine)
        waits = await asyncio.gather(*(store.write(rates.reserve, "k", 10, 10.0, 1000.0) for _ in range(20)))
        store.close()
        return sorted(waits)

    assert asyncio.run(book()) == pytest.approx([float(second) for second in range(20)])


async def test_a_killed_process_loses_nothing_and_doubles_nothing(store_url: str, tmp_path: Path) -> None:
    now = SystemClock().now()
    store = open_store(store_url)
    bring_up_to_date(store.engine)
    unit = await store.write(gather, SIZE, now)
    ident = await store.write(delivery.notify, Audience(units=(unit,)), HELLO, "crash", now, immediate=True)
    store.close()
    async with fake_telegram() as fake:
        command = [sys.executable, "-m", "tests.support.broadcaster", store_url, fake.url, str(tmp_path)]
        first = await asyncio.create_subprocess_exec(*command, cwd=ROOT)
        while len(fake.delivered) < 150:
            assert first.returncode is None
            await asyncio.sleep(0.002)
        first.kill()
        await first.wait()
        at_the_kill = len(fake.delivered)
        second = await asyncio.create_subprocess_exec(*command, cwd=ROOT)
        async with asyncio.timeout(90):
            assert await second.wait() == 0
        delivered = fake.delivered
    store = open_store(store_url)
    result = await store.read(delivery.counts, ident or 0)
    unknown = set(await store.read(unsure, ident or 0))
    rows = await store.read(lambda session: session.exec(select(func.count()).select_from(Delivery)).one())
    store.close()
    assert at_the_kill < SIZE
    assert rows == SIZE
    assert result == Counts(sent=SIZE - len(unknown), unknown=len(unknown))
    assert set(delivered.values()) == {1}
    everybody = {str(number) for number in range(10_001, 10_001 + SIZE)}
    assert everybody - set(delivered) <= unknown
    assert len(unknown) <= 30


def _branches(session: StoreSession) -> tuple[int, ...]:
    return tuple(session.exec(select(Unit.id).where(col(Unit.name).in_([ROADS, FERRY]))).all())  # type: ignore[arg-type]
