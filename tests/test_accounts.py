"""Where a member's messages go: to the chat in which they spoke last, and on along that order; on two real channels."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlmodel import col, select

from bot.clock import ShiftedClock
from bot.config import Settings
from bot.messages import Choice, Message
from bot.store import access, binding, delivery
from bot.store.core.engine import open_store
from bot.store.core.schema import bring_up_to_date, upgrade
from bot.store.core.statements import StoreSession
from bot.store.delivery import Delivery, OutgoingMessage, State
from bot.store.people import Account, Audience, Member
from tests.support.cast import MEMBERS, ROADS, SECRETARY
from tests.support.chat import Chat
from tests.support.databases import Databases, Holds
from tests.support.fake_telegram import FORBIDDEN
from tests.support.telegram_chat import TelegramChat, telegram_chat
from tests.support.wording import says

SOMEBODY = MEMBERS[0]


@pytest.fixture
async def talk(settings: Settings, clock: ShiftedClock) -> AsyncIterator[TelegramChat]:
    async with telegram_chat(settings, clock) as chat:
        yield chat


def member_of(session: StoreSession, name: str) -> int:
    return session.exec(select(Member.id).where(col(Member.name) == name)).one() or 0


async def bind(talk: TelegramChat, channel: str, account: str, who: str = SOMEBODY) -> int:
    member = await talk.app.store.read(member_of, who)
    await talk.app.store.write(binding.bind, member, channel, account, account, talk.clock.now())
    return member


async def reached(talk: TelegramChat, member: int, key: str) -> list[tuple[str, str, State]]:
    """Where a message to the member went, attempt by attempt: (channel, chat, state)."""
    said = Message("明天开会")
    await talk.app.store.write(delivery.notify, Audience(members=(member,)), said, key, talk.clock.now())
    await talk.app.delivery.drain()

    def rows(session: StoreSession) -> list[tuple[str, str, State]]:
        query = (
            select(Delivery.channel, Delivery.chat, Delivery.state)
            .join(OutgoingMessage, col(OutgoingMessage.id) == col(Delivery.outgoing_id))
            .where(col(OutgoingMessage.key) == key)
            .order_by(col(Delivery.id))
        )
        return [(channel, chat, state) for channel, chat, state in session.exec(query)]

    return await talk.app.store.read(rows)


async def test_messages_go_where_the_member_spoke_last(talk: TelegramChat) -> None:
    web, phone = Chat(talk.app, talk.clock), str(talk.number(SOMEBODY))
    here, there = [("local", "desk", State.SENT)], [("telegram", phone, State.SENT)]
    member = await bind(talk, "local", "desk")
    assert await reached(talk, member, "n:bound") == here, "the newest account has spoken last"
    await talk.say(SOMEBODY, "帮助")
    assert await reached(talk, member, "n:said") == there
    assert says(await web.say("desk", "7"), "help.no_question"), "a refusal, of which nothing else is kept"
    assert await reached(talk, member, "n:refused") == here
    await talk.say(SOMEBODY, "不是命令")
    assert await reached(talk, member, "n:unknown") == there
    said = await web.event("desk", token=Choice.command("帮助").token)
    assert said.message is not None
    assert await reached(talk, member, "n:tapped") == here


async def test_a_code_typed_in_a_new_chat_brings_messages_there(talk: TelegramChat) -> None:
    member = await talk.app.store.read(member_of, SOMEBODY)
    fingerprint = talk.app.library.signer.fingerprint("bind code", "AB12CD34")
    await talk.app.store.write(access.put_code, fingerprint, member, talk.clock.now().replace(year=2027))
    web = Chat(talk.app, talk.clock)
    await web.say("desk", "AB12CD34")
    assert says(await web.tap("desk", "binding.agree"), "binding.bound")
    assert await reached(talk, member, "n:1") == [("local", "desk", State.SENT)]


async def test_opening_a_link_or_a_page_is_no_use_of_a_chat(talk: TelegramChat) -> None:
    member, phone = await talk.app.store.read(member_of, SECRETARY), str(talk.number(SECRETARY))
    assert "/in/" in str((await reply(talk, SECRETARY, "网页")).links), "the pages' account is made here"
    assert await reached(talk, member, "n:1") == [("telegram", phone, State.SENT)]
    await Chat(talk.app, talk.clock).say(f"m{member}", "帮助")
    assert await reached(talk, member, "n:2") == [("telegram", phone, State.SENT)], "nor is what is said behind them"
    talk.fake.fails = lambda method, fields, _: FORBIDDEN
    assert await reached(talk, member, "n:3") == [("telegram", phone, State.FAILED)], "and nothing falls back to them"


async def reply(talk: TelegramChat, who: str, text: str) -> Message:
    chat = Chat(talk.app, talk.clock, "telegram")
    return (await chat.event(str(talk.number(who)), text)).message or Message("")


async def test_the_account_behind_the_pages_is_used_where_it_is_the_only_one(talk: TelegramChat) -> None:
    member = await talk.app.store.read(member_of, SOMEBODY)
    phone = str(talk.number(SOMEBODY))
    web = f"m{member}"
    await talk.app.store.write(binding.unbind, "telegram", phone, talk.clock.now())
    await talk.app.store.write(binding.give_web_account, member, web, talk.clock.now())
    assert await reached(talk, member, "n:alone") == [("local", web, State.SENT)]
    await bind(talk, "telegram", phone)
    assert await reached(talk, member, "n:bound") == [("telegram", phone, State.SENT)]


async def test_of_one_channel_only_the_newest_account_and_money_last(talk: TelegramChat) -> None:
    phone = str(talk.number(SOMEBODY))
    for account in ("old", "new"):
        member = await bind(talk, "local", account)
    await bind(talk, "sms", "13800000000")
    talk.fake.fails = lambda method, fields, _: FORBIDDEN if fields.get("chat_id") == int(phone) else None
    assert await reached(talk, member, "n:1") == [("local", "new", State.SENT)], "never first by a paid message"
    await talk.say(SOMEBODY, "帮助")
    assert [row[:2] for row in await reached(talk, member, "n:2")] == [("telegram", phone), ("local", "new")]
    await Chat(talk.app, talk.clock).say("old", "帮助")
    assert await reached(talk, member, "n:3") == [("local", "old", State.SENT)]


async def test_who_unbinds_the_first_account_is_reached_on_the_one_used_before(talk: TelegramChat) -> None:
    phone = str(talk.number(SOMEBODY))
    for account in ("old", "new"):
        member = await bind(talk, "local", account)
    await talk.app.store.write(binding.unbind, "local", "new", talk.clock.now())
    assert await reached(talk, member, "n:1") == [("local", "old", State.SENT)]
    await talk.app.store.write(binding.unbind, "local", "old", talk.clock.now())
    assert await reached(talk, member, "n:2") == [("telegram", phone, State.SENT)]

    def ranks(session: StoreSession) -> list[int]:
        return list(session.exec(select(Account.rank).where(col(Account.member_id) == member)))

    assert await talk.app.store.read(ranks) == [0]


async def test_group_talk_that_is_not_for_the_bot_is_no_use_of_a_chat(talk: TelegramChat) -> None:
    member = await bind(talk, "local", "desk")
    await talk.say(SOMEBODY, "大家好，今天天气不错", group=ROADS)
    assert await reached(talk, member, "n:1") == [("local", "desk", State.SENT)]


def test_an_older_database_gets_the_order_of_its_accounts(
    database_kind: str, databases: Databases, tmp_path: Path
) -> None:
    """Nothing is known of earlier use but when each account was bound."""
    url = databases.make(database_kind, tmp_path / "old.db", Holds.NOTHING)
    store = open_store(url)
    upgrade(store.engine, "0005")
    accounts = [
        ("telegram", "7", 1, 0),
        ("local", "m1", 1, 1),
        ("local", "old", 1, 2),
        ("local", "new", 1, 3),
        ("local", "m2", 2, 0),
    ]
    with store.engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO unit (id, kind, name, path, has_committee) VALUES (1, 'branch', 'x', '/1/', true)"
        )
        for number in (1, 2):
            connection.exec_driver_sql(
                "INSERT INTO member (id, name, branch_id, stage, voting_rights, attendance_exempt) "
                f"VALUES ({number}, 'n{number}', 1, 'full_member', true, false)"
            )
        for channel, account, member, rank in accounts:
            connection.exec_driver_sql(
                "INSERT INTO account (channel, account, member_id, chat, rank, bound_at) "
                f"VALUES ('{channel}', '{account}', {member}, '{account}', {rank}, '2026-01-0{rank + 1} 00:00:00')"
            )
    bring_up_to_date(store.engine)
    with store.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT account, rank FROM account ORDER BY member_id, rank, account").all()
    store.close()
    databases.drop(url)
    assert [tuple(row) for row in rows] == [("m1", -1), ("old", -1), ("new", 0), ("7", 1), ("m2", 0)]
