"""The Telegram channel through the wire: webhook in, fake Bot API out."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot import config
from bot.app import App
from bot.channels.telegram import TelegramChannel
from bot.clock import ShiftedClock
from bot.config import Settings
from bot.messages import Inbound, Reply
from tests.support.cast import FERRY_MEMBER, MEMBERS, ROADS, SECRETARY
from tests.support.fake_telegram import (
    ME,
    TOKEN,
    TOO_MANY,
    Failure,
    FakeTelegram,
    fake_telegram,
)
from tests.support.shipped import ROOT, shipped_content
from tests.support.telegram_chat import HEADER, TelegramChat, on_telegram, telegram_chat
from tests.support.telegram_parts import Heard
from tests.support.wording import says


@pytest.fixture
async def fake() -> AsyncIterator[FakeTelegram]:
    async with fake_telegram() as running:
        yield running


@pytest.fixture
async def talk(settings: Settings, clock: ShiftedClock) -> AsyncIterator[TelegramChat]:
    async with telegram_chat(settings, clock) as chat:
        yield chat


@pytest.fixture
def plain() -> Settings:
    """The shipped configuration; no store is opened."""
    return config.load(ROOT / "config.toml", {})


async def test_binding_and_help_over_telegram(talk: TelegramChat) -> None:
    assert says(await talk.say("newcomer", "/start"), "binding.how")
    await talk.say(MEMBERS[0], "解绑")
    assert says(await talk.tap(MEMBERS[0], "binding.unbind_yes"), "binding.gone")
    codes = await talk.say(SECRETARY, f"绑定码 {MEMBERS[0]}")
    code = re.findall(r"[A-Z0-9]{8}", codes)[0]
    assert says(await talk.say("newcomer", f"/start {code}"), "binding.privacy")
    assert MEMBERS[0] in await talk.tap("newcomer", "binding.agree")
    assert says(await talk.tap("newcomer", "帮助"), "help.line", phrase="解绑")


async def test_a_choice_settles_the_buttons_of_its_message(talk: TelegramChat) -> None:
    await talk.say(MEMBERS[0], "解绑")
    shown = talk.fake.sent(str(talk.number(MEMBERS[0])))[-1]
    labels = [row[0]["text"] for row in shown["reply_markup"]["inline_keyboard"]]
    await talk.tap(MEMBERS[0], labels[1])
    after = [row[0]["text"] for row in shown["reply_markup"]["inline_keyboard"]]
    assert after == ["✓ " + labels[1]]
    again = await talk.say(MEMBERS[0], labels[1])
    assert says(again, "help.answered_already") or says(await talk.say(MEMBERS[0], "1"), "help.unknown")


async def test_in_a_group_only_who_tapped_sees_the_answer(talk: TelegramChat) -> None:
    group = str(talk.number(f"g:{ROADS}"))
    shown = {"message_id": 3, "date": 1, "chat": {"id": int(group), "type": "supergroup", "title": "G"}}
    await talk.push(talk.tapped(MEMBERS[0], "v:999:0", shown))
    toast_shown = talk.fake.of("answerCallbackQuery")[-1].fields
    assert says(toast_shown["text"], "help.stale_button")
    assert toast_shown["show_alert"] is False
    assert talk.fake.sent(group) == []


async def test_group_talk_is_only_answered_when_the_bot_is_meant(talk: TelegramChat) -> None:
    assert await talk.say(MEMBERS[0], "今天天气真好", group=ROADS) == ""
    assert says(await talk.say(MEMBERS[0], f"@{ME['username']} 今天天气真好", group=ROADS), "help.unknown")
    assert MEMBERS[0] in await talk.say(MEMBERS[0], f"/help@{ME['username']}", group=ROADS)
    assert await talk.say(MEMBERS[0], "/help@another_bot", group=ROADS) == ""
    answer = talk.fake.sent(str(talk.number(f"g:{ROADS}")))[-1]
    replied = talk.said(MEMBERS[0], "今天天气真好", ROADS, reply_to_message=answer)
    before = len(talk.fake.messages)
    await talk.push(replied)
    assert len(talk.fake.messages) == before + 1
    assert talk.fake.of("sendMessage")[-1].fields["reply_parameters"]["message_id"] == replied["message"]["message_id"]


async def test_bots_and_anonymous_administrators_are_ignored(talk: TelegramChat) -> None:
    bot = talk.said(MEMBERS[0], "帮助")
    bot["message"]["from"]["is_bot"] = True
    anonymous = talk.said(
        MEMBERS[0], "/help", ROADS, sender_chat={"id": -1_000_009, "type": "supergroup", "title": "G"}
    )
    left = {"id": 1, "is_bot": False, "first_name": "x"}
    member = {"user": left, "status": "kicked", "until_date": 0}
    blocked = talk.update(
        my_chat_member={
            "chat": {"id": 1, "type": "private"}, "from": left, "date": 1,
            "old_chat_member": {"user": left, "status": "member"}, "new_chat_member": member,
        }
    )  # fmt: skip
    for update in (bot, anonymous, blocked, talk.update(chat_boost_of_tomorrow={"x": 1})):
        assert await talk.push(update) == 200
    assert talk.channel.ignored == 4
    assert talk.fake.messages == {}


async def test_a_repeated_update_is_handled_once(talk: TelegramChat) -> None:
    update = talk.said(MEMBERS[0], "帮助")
    for _ in range(3):
        assert await talk.push(update) == 200
    assert len(talk.fake.sent(str(talk.number(MEMBERS[0])))) == 1


@pytest.mark.parametrize(
    "update",
    [
        None, [], "x", {}, {"update_id": 1, "message": {"text": "x"}}, {"update_id": 2, "message": []},
        {"update_id": 3, "callback_query": {"id": "1"}}, {"update_id": 4, "my_chat_member": {"chat": 1}},
        {"update_id": 5, "message": {"message_id": 1, "date": "soon", "chat": {"id": 1, "type": "private"}}},
    ],
)  # fmt: skip
async def test_a_malformed_update_is_acknowledged_and_counted(
    fake: FakeTelegram, plain: Settings, update: object
) -> None:
    heard = Heard()
    channel = TelegramChannel(on_telegram(plain, fake.url, "http://127.0.0.1").telegram, "http://127.0.0.1")
    await channel.start(heard)
    await channel.accept(update)
    assert (channel.malformed, heard.inbound) == (1, [])
    await channel.stop()


async def test_the_webhook_wants_the_secret_a_body_of_sane_size_and_json(talk: TelegramChat) -> None:
    update = talk.said(MEMBERS[0], "帮助")
    assert await talk.push(update, secret="wrong") == 403
    assert await talk.push(update, secret="") == 403
    url, headers = talk.fake.webhook["url"], {HEADER: talk.fake.webhook["secret_token"]}
    async with talk.http.post(url, data=b"{not json", headers=headers) as response:
        assert response.status == 200
    async with talk.http.post(url, data=b"[" * 100_000, headers=headers) as response:
        assert response.status == 200
    assert talk.channel.malformed == 2
    async with talk.http.post(url, data=b"x" * 300_000, headers=headers) as response:
        assert response.status == 413
    async with talk.http.get(url, headers=headers) as response:
        assert response.status == 404
    assert talk.fake.messages == {}


async def test_the_bot_registers_its_webhook_with_the_secret(talk: TelegramChat) -> None:
    hook = talk.fake.webhook
    assert hook["url"].endswith("/telegram/webhook")
    assert hook["allowed_updates"] == ["message", "edited_message", "callback_query", "my_chat_member"]


async def test_an_answer_waits_out_too_many_requests(talk: TelegramChat) -> None:
    talk.fake.fails = lambda method, fields, number: TOO_MANY if not talk.fake.failed() else None
    assert MEMBERS[0] in await talk.say(MEMBERS[0], "帮助")
    assert len(talk.fake.sent(str(talk.number(MEMBERS[0])))) == 1


async def test_long_polling_handles_each_update_once_and_confirms_it(settings: Settings, clock: ShiftedClock) -> None:
    async with telegram_chat(settings, clock, "polling") as talk:
        assert talk.fake.webhook == {}
        broken = {"update_id": 1, "message": []}
        for update in (broken, talk.said(MEMBERS[0], "帮助"), talk.said(FERRY_MEMBER, "帮助")):
            update["update_id"] += 50
            await talk.fake.updates.put(update)
        last = update["update_id"]
        async with asyncio.timeout(20):
            while talk.fake.confirmed <= last:
                await asyncio.sleep(0.02)
        await talk.channel.idle()
        assert talk.channel.malformed == 1
        assert [len(talk.fake.sent(str(talk.number(who)))) for who in (MEMBERS[0], FERRY_MEMBER)] == [1, 1]


async def test_numbers_that_begin_anew_after_a_quiet_week_are_heard(
    settings: Settings, clock: ShiftedClock, caplog: pytest.LogCaptureFixture
) -> None:
    def shown() -> list[int]:
        return [len(talk.fake.sent(str(talk.number(who)))) for who in MEMBERS[:3]]

    async def heard(number: int, who: str, *, wanted: list[int]) -> None:
        await talk.fake.updates.put({**talk.said(who, "帮助"), "update_id": number})
        async with asyncio.timeout(20):
            while shown() != wanted:
                await asyncio.sleep(0.02)

    async with telegram_chat(settings, clock, "polling") as talk:
        await heard(910_000, MEMBERS[0], wanted=[1, 0, 0])
        await heard(5, MEMBERS[1], wanted=[1, 1, 0])
        await heard(6, MEMBERS[2], wanted=[1, 1, 1])
        assert caplog.text.count("numbered anew") == 1
        talk.fake.hasty, asked, began = True, len(talk.fake.asked), time.monotonic()
        await talk.fake.updates.put({"update_id": 7, "message": []})
        async with asyncio.timeout(20):
            while len(talk.fake.asked) < asked + 4:
                await asyncio.sleep(0.02)
        assert time.monotonic() - began > 0.9
        assert caplog.text.count("answered at once") == 1
        assert shown() == [1, 1, 1]


async def test_no_number_is_kept_over_a_failure(settings: Settings, clock: ShiftedClock) -> None:
    """Who cannot reach Telegram for longer than a week comes back to lower numbers, which a higher one would drop."""
    async with telegram_chat(settings, clock, "polling") as talk:
        talk.fake.fails = lambda method, fields, _: (
            Failure(502, "Bad Gateway")
            if method == "getUpdates" and fields.get("offset", "0") not in (0, "0")
            else None
        )
        for number, who in ((910_000, MEMBERS[0]), (5, MEMBERS[1])):
            await talk.fake.updates.put({**talk.said(who, "帮助"), "update_id": number})
            async with asyncio.timeout(20):
                while not talk.fake.sent(str(talk.number(who))):
                    await asyncio.sleep(0.02)
        assert len(talk.fake.sent(str(talk.number(MEMBERS[0])))) == 1


async def test_a_number_that_was_used_before_belongs_to_another_event(talk: TelegramChat) -> None:
    """A new bot, or one after a quiet week, gives out numbers that stand among those handled in the last days."""
    first = talk.said(MEMBERS[0], "帮助")
    later = talk.said(MEMBERS[0], "帮助")
    later = {
        "update_id": first["update_id"],
        "message": {**later["message"], "date": first["message"]["date"] + 86_400},
    }
    for update in (first, later, first, later):
        assert await talk.push(update) == 200
    assert len(talk.fake.sent(str(talk.number(MEMBERS[0])))) == 2


async def test_a_polled_update_that_could_not_be_handled_is_tried_again_before_it_is_confirmed(
    fake: FakeTelegram, plain: Settings
) -> None:
    tries: list[str] = []

    async def fails_once(inbound: Inbound) -> Reply:
        tries.append(inbound.text)
        if len(tries) == 1:
            raise ConnectionError
        return Reply()

    channel = TelegramChannel(on_telegram(plain, fake.url, mode="polling").telegram, "")
    await channel.start(fails_once)
    chat = {"id": 7, "type": "private", "first_name": "王"}
    said = {"message_id": 1, "date": 1, "chat": chat, "from": {**chat, "is_bot": False}, "text": "帮助"}
    await fake.updates.put({"update_id": 50, "message": said})
    async with asyncio.timeout(20):
        while fake.confirmed <= 50:
            await asyncio.sleep(0.02)
    await channel.stop()
    assert tries == ["帮助", "帮助"]


ODD = ("{}", "[]", "1", '{"ok": true}', '{"ok": true, "result": []}', '{"ok": true, "result": {}}', "<html>")


async def test_what_is_not_telegram_answers(
    settings: Settings, clock: ShiftedClock, caplog: pytest.LogCaptureFixture
) -> None:
    """Something in between, such as a proxy that wants a name and a password."""

    answers = list(ODD)

    async def say(request: web.Request) -> web.Response:
        return web.Response(text=answers[0], content_type="application/json")

    between = web.Application()
    between.router.add_route("*", "/{any:.*}", say)
    async with TestServer(between) as server:
        app = App(on_telegram(settings, str(server.make_url("")), "http://127.0.0.1:1"), shipped_content(), clock)
        await app.start()
        channel = app.channels["telegram"]
        while answers.pop(0) and answers:
            await channel.start(app.handle)
        await app.stop()
    assert caplog.text.count("not ready, will try again") == len(ODD)


async def test_the_program_starts_without_telegram_and_goes_on_trying(
    fake: FakeTelegram, settings: Settings, clock: ShiftedClock, caplog: pytest.LogCaptureFixture
) -> None:
    down = Failure(502, "Bad Gateway")
    fake.fails = lambda method, fields, number: down if number == 1 else None
    with caplog.at_level(logging.DEBUG):
        app = App(on_telegram(settings, fake.url, "http://127.0.0.1:1"), shipped_content(), clock)
        await app.start()
        assert fake.webhook == {}
        async with asyncio.timeout(20):
            while not fake.webhook:
                await asyncio.sleep(0.02)
        await app.stop()
    assert "not ready, will try again" in caplog.text
    assert TOKEN not in caplog.text
