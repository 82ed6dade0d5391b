"""Groups that are not reached are counted and told; their topic is kept; one that moved and was bound again is one group."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlmodel import col, select

from bot.clock import ShiftedClock
from bot.commands.doctor import examine
from bot.config import Settings
from bot.content import load_content
from bot.messages import Address, Message
from bot.store import delivery, expansion, groups, prompts
from bot.store.core.statements import StoreSession
from bot.store.delivery import Delivery, State
from bot.store.people import Audience, GroupChat, Unit
from tests.support.cast import FERRY, FERRY_SECRETARY, MEMBERS, ROADS, SECRETARY, group_of
from tests.support.chat import Chat
from tests.support.fake_telegram import ME, Failure
from tests.support.pages import Pages
from tests.support.shipped import ROOT
from tests.support.telegram_chat import TelegramChat, telegram_chat
from tests.support.wording import says, sentence

BOT = f"@{ME['username']}"
NO_RIGHT = Failure(400, "Bad Request: not enough rights to send text messages to the chat")
CLOSED = Failure(400, "Bad Request: TOPIC_CLOSED")


@pytest.fixture
async def talk(settings: Settings, clock: ShiftedClock) -> AsyncIterator[TelegramChat]:
    async with telegram_chat(settings, clock) as chat:
        yield chat


def refuse(talk: TelegramChat, group: int, failure: Failure | None) -> None:
    """From now on nothing can be written in the group."""
    talk.fake.fails = lambda method, fields, number: failure if fields.get("chat_id") == group else None


async def notice(talk: TelegramChat, text: str) -> None:
    """A notice to everybody and to the group."""
    await talk.say(SECRETARY, f"通知 {text}")
    await talk.tap(SECRETARY, "notices.do_groups")
    await talk.tap(SECRETARY, "notices.do_send")
    await talk.go_to(talk.clock.now() + timedelta(minutes=1))


async def vote(talk: TelegramChat) -> None:
    """A vote in the group and with everybody."""
    await talk.say(SECRETARY, "投票 周末植树去哪里")
    await talk.say(SECRETARY, "城南苗圃 / 江边公园")
    await talk.tap(SECRETARY, "poll.kind_single")
    await talk.tap(SECRETARY, "poll.deadline_hour")
    await talk.tap(SECRETARY, "poll.where_both")
    await talk.go_to(talk.clock.now() + timedelta(minutes=1))


async def told(talk: TelegramChat, key: str) -> int:
    """How often the secretary was told this about the group."""
    await talk.go_to(talk.clock.now() + timedelta(minutes=1))
    return sum(says(one.text, f"binding.trouble.{key}", unit=ROADS) for one in await talk.inbox(SECRETARY))


async def test_a_group_where_the_bot_may_not_write_is_counted_and_told_once(talk: TelegramChat) -> None:
    group = talk.number(group_of(ROADS))
    refuse(talk, group, NO_RIGHT)
    await notice(talk, "周五交学习笔记")
    status = await talk.say(SECRETARY, "通知情况")
    assert says(status, "receipts.groups", sent=0, all=1)
    assert says(status, "receipts.groups_missed", count=1, names=ROADS)
    assert await told(talk, "no_right") == 1
    await vote(talk)
    assert says(await talk.say(SECRETARY, "投票情况"), "receipts.groups_missed", count=1, names=ROADS)
    assert await told(talk, "no_right") == 1
    listed = await talk.say(SECRETARY, "投递不明")
    assert says(listed, "unknown.head", count=2)
    assert listed.count(sentence("unknown.group", unit=ROADS)) == 2
    texts = load_content(ROOT / "content").texts
    findings = await asyncio.to_thread(examine, talk.app.settings, ROOT / "content", texts, talk.clock.now())
    assert [ROADS in one.sentence for one in findings if one.item == "cli.doctor.groups" and not one.ok] == [True]
    refuse(talk, group, None)
    label = sentence("unknown.button", number=2, label=sentence("unknown.do_again"))
    assert says(await talk.tap(SECRETARY, label), "unknown.sent_again")
    await talk.go_to(talk.clock.now() + timedelta(minutes=1))
    assert any("周五交学习笔记" in one["text"] for one in talk.fake.sent(str(group)))
    assert says(await talk.say(SECRETARY, "通知情况"), "receipts.groups", sent=1, all=1)
    assert says(await talk.say(SECRETARY, "投递不明"), "unknown.head", count=1)
    refuse(talk, group, NO_RIGHT)
    await notice(talk, "周六清扫")
    assert await told(talk, "no_right") == 2


async def test_messages_go_to_the_topic_in_which_the_group_was_bound(talk: TelegramChat) -> None:
    refuse(talk, 0, None)
    here, there = ({"message_thread_id": number, "is_topic_message": True} for number in (7, 9))
    group = talk.number(group_of(ROADS))

    async def said(words: str, **topic: object) -> str:
        await talk.push(talk.said(SECRETARY, f"{BOT} {words}", ROADS, **topic))
        shown = talk.newest("", ROADS)
        assert shown.get("message_thread_id") == topic.get("message_thread_id")
        return str(shown["text"])

    assert says(await said("绑定本群", **here), "binding.group_topic")
    assert says(await said("绑定本群", **here), "binding.group_already")
    await notice(talk, "周五交学习笔记")
    await vote(talk)
    sent = [one for one in talk.fake.sent(str(group)) if says(one["text"], "poll.card") or "学习笔记" in one["text"]]
    assert [one.get("message_thread_id") for one in sent] == [7, 7]
    await talk.tap(MEMBERS[0], "江边", group=ROADS)
    refuse(talk, group, CLOSED)
    await notice(talk, "周六清扫")
    assert await told(talk, "topic_closed") == 1
    refuse(talk, group, None)
    assert says(await said("绑定本群", **there), "binding.group_topic")
    await notice(talk, "周日休息")
    assert talk.newest("", ROADS)["message_thread_id"] == 9
    assert says(await said("主题党日", **here), "theme_day.none_yet")
    assert says(await said("绑定本群"), "binding.group_topic")
    await notice(talk, "周一开会")
    assert "message_thread_id" not in talk.newest("", ROADS)
    assert await told(talk, "topic_closed") == 1


async def test_a_reply_thread_is_no_topic(talk: TelegramChat) -> None:
    thread = {"message_thread_id": 7}
    await talk.push(talk.said(FERRY_SECRETARY, f"{BOT} 绑定本群", "新的群", **thread))
    assert says(talk.newest("", "新的群")["text"], "binding.group_bound")
    assert "message_thread_id" not in talk.newest("", "新的群")


@pytest.mark.parametrize("heard", [False, True])
async def test_a_group_that_moved_and_was_bound_again_by_hand_is_one_group(
    talk: TelegramChat, caplog: pytest.LogCaptureFixture, heard: bool
) -> None:
    old, new = talk.number(group_of(ROADS)), talk.number("g:new")
    upgraded = Failure(400, "Bad Request: group chat was upgraded to a supergroup chat", moved_to=new)
    refuse(talk, old, upgraded)
    talk.numbers[group_of(ROADS)] = new
    assert says(await talk.say(SECRETARY, f"{BOT} 绑定本群", group=ROADS), "binding.group_bound")
    with caplog.at_level(logging.WARNING):
        await vote(talk)
        if heard:
            message = {"message_id": 5, "date": 1, "from": {"id": 8, "is_bot": True, "first_name": "G"}}
            came = {**message, "chat": {"id": new, "type": "supergroup", "title": "G"}, "migrate_from_chat_id": old}
            assert await talk.push(talk.update(message=came)) == 200
        await notice(talk, "周五交学习笔记")
    cards = [one["text"] for one in talk.fake.sent(str(new)) if says(one["text"], "poll.card")]
    assert len(cards) == 1
    assert sum("学习笔记" in one["text"] for one in talk.fake.sent(str(new))) == 1
    assert len(talk.fake.failed()) == 1
    assert says(await talk.say(SECRETARY, "通知情况"), "receipts.groups", sent=1, all=1)
    assert says(await talk.tap(MEMBERS[0], "江边", group=ROADS), "poll.noted", chosen="江边公园")
    assert [one.chat for one in await talk.app.store.read(bound)] == [str(new)]
    assert "failed" not in caplog.text
    assert "Traceback" not in caplog.text


def bound(session: StoreSession) -> list[GroupChat]:
    unit = session.exec(select(Unit.id).where(col(Unit.name) == ROADS)).one()
    return list(session.exec(select(GroupChat).where(col(GroupChat.unit_id) == unit)))


OLD, NEW = Address("local", group_of(ROADS), True), Address("local", "g:moved", True)


async def test_of_two_copies_the_one_that_came_farthest_stays(chat: Chat) -> None:
    states = [(old, new) for old in State for new in State]

    def fill(session: StoreSession) -> None:
        now, unit = chat.clock.now(), session.exec(select(Unit.id).where(col(Unit.name) == ROADS)).one() or 0
        groups.bind(session, NEW, unit, now)
        asked = prompts.ask(session, "help.show", 1, "题", ("一", "二"))
        for number, (old, new) in enumerate(states):
            ident = delivery.notify(session, Audience((unit,), chats=True), Message("x"), f"x:{number}", now) or 0
            expansion.expand(session, ident, now)
            for row in session.exec(select(Delivery).where(col(Delivery.outgoing_id) == ident)):
                row.state = old if row.chat == OLD.chat else new
                session.add(row)
        session.flush()
        for address in (OLD, NEW):
            prompts.show(session, address, prompts.EVERYBODY, asked, now)
        prompts.show(session, OLD, 1, asked, now, answered=True)
        prompts.show(session, NEW, 1, asked, now)
        for _ in range(2):
            groups.move(session, OLD, NEW.chat, now)

    def kept(session: StoreSession) -> list[tuple[str, State]]:
        rows = session.exec(select(Delivery.chat, Delivery.state).order_by(col(Delivery.outgoing_id)))
        return [(where, State(state)) for where, state in rows]

    def answered(session: StoreSession) -> list[tuple[str, int, bool]]:
        found = session.exec(select(prompts.OpenPrompt).order_by(col(prompts.OpenPrompt.member_id)))
        return [(one.chat, one.member_id, one.answered) for one in found]

    await chat.app.store.write(fill)
    rows = await chat.app.store.read(kept)
    assert {where for where, _ in rows} == {NEW.chat}
    assert len(rows) == len(states)
    for (_, state), pair in zip(rows, states, strict=True):
        assert state in pair
        if State.SENT in pair:
            assert state is State.SENT
        elif State.QUEUED in pair:
            assert state in (State.QUEUED, State.SENDING, State.UNKNOWN, State.REPLACED)
    key = prompts.chat_key(NEW)
    assert await chat.app.store.read(answered) == [(key, 0, False), (key, 1, True)]
    assert [one.chat for one in await chat.app.store.read(bound)] == [NEW.chat]


async def test_a_group_that_moves_to_where_it_is_or_twice_stays_bound(chat: Chat) -> None:
    for old, new in ((OLD, OLD), (OLD, NEW), (OLD, NEW), (NEW, OLD)):
        await chat.app.store.write(groups.move, old, new.chat, chat.clock.now())
        assert [one.chat for one in await chat.app.store.read(bound)] == [new.chat]


async def test_a_number_that_belongs_to_another_unit_takes_nothing_over(chat: Chat) -> None:
    def move(session: StoreSession) -> None:
        now, unit = chat.clock.now(), session.exec(select(Unit.id).where(col(Unit.name) == ROADS)).one() or 0
        ident = delivery.notify(session, Audience((unit,), chats=True), Message("只给公路的"), "x:1", now) or 0
        expansion.expand(session, ident, now)
        groups.move(session, OLD, group_of(FERRY), now)

    await chat.app.store.write(move)
    await chat.go_to(chat.clock.now() + timedelta(minutes=1))
    assert await chat.group_inbox(FERRY) == []
    assert says((await chat.inbox(SECRETARY))[-1].text, "binding.group_left", unit=ROADS)
    assert await chat.app.store.read(bound) == []


async def test_the_pages_count_groups(chat: Chat, pages: Pages) -> None:
    def fail(session: StoreSession) -> None:
        for row in session.exec(select(Delivery).where(col(Delivery.is_group))):
            row.state, row.finished_at = State.FAILED, chat.clock.now()
            session.add(row)

    await chat.say(SECRETARY, "投票 周末植树去哪里")
    await chat.say(SECRETARY, "城南苗圃 / 江边公园")
    for tapped in ("poll.kind_single", "poll.deadline_hour", "poll.where_both"):
        await chat.tap(SECRETARY, tapped)
    await chat.say(SECRETARY, "通知 周五交学习笔记")
    await chat.tap(SECRETARY, "notices.do_groups")
    await chat.tap(SECRETARY, "notices.do_send")
    assert says((await pages.enter(SECRETARY, "/notices")).text, "notices.page_title")
    await chat.app.delivery.drain()
    page = (await pages.enter(SECRETARY, "/notices/1")).text
    assert says(page, "receipts.groups", sent=0, all=1)
    assert says(page, "receipts.groups_unopened", count=1), "nobody looks at this web chat"
    await chat.app.store.write(fail)
    assert not says((await pages.enter(MEMBERS[0], "/polls")).text, "receipts.groups_missed", count=1, names=ROADS)
    for path in ("/notices/1", "/notices", "/polls"):
        shown = (await pages.enter(SECRETARY, path)).text
        assert says(shown, "receipts.groups", sent=0, all=1)
        assert says(shown, "receipts.groups_missed", count=1, names=ROADS)
    shown = (await pages.enter(SECRETARY, "/unknown")).text
    assert sentence("unknown.failed") in shown
    assert sentence("unknown.group", unit=ROADS) in shown
