"""The Telegram channel through the wire: webhook in, fake Bot API out."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot import config
from bot.app import App
from bot.channels.telegram import TelegramChannel
from bot.channels.telegram.outbound import calls, poll_prompt, public, split, toast
from bot.clock import ShiftedClock
from bot.config import Settings
from bot.messages import (
    Address,
    Attachment,
    Choice,
    Inbound,
    Link,
    Message,
    Outcome,
    Outgoing,
    Poll,
    Receipt,
    Reply,
)
from bot.store import native_polls
from tests.support.cast import FERRY_MEMBER, MEMBERS, ROADS, SECRETARY
from tests.support.fake_telegram import (
    CHAT_NOT_FOUND,
    FORBIDDEN,
    ME,
    TOKEN,
    TOO_MANY,
    Failure,
    FakeTelegram,
    fake_telegram,
)
from tests.support.telegram_chat import HEADER, ROOT, TelegramChat, on_telegram, telegram_chat

HELLO = Message("你好")


class Book:
    """A poll book in memory, for tests of the channel alone."""

    def __init__(self) -> None:
        self.noted: dict[str, tuple[Address, int, bool]] = {}

    async def remember(self, poll_id: str, chat: Address, prompt: int, multiple: bool) -> None:
        self.noted[poll_id] = (chat, prompt, multiple)

    async def find(self, poll_id: str) -> None:
        return None


class Heard:
    """Stands behind a channel in place of the program: keeps what came in, answers from a list."""

    def __init__(self, *replies: Reply) -> None:
        self.inbound: list[Inbound] = []
        self._replies = list(replies)

    async def __call__(self, inbound: Inbound) -> Reply:
        self.inbound.append(inbound)
        return self._replies.pop(0) if self._replies else Reply()


@pytest.fixture
async def fake() -> AsyncIterator[FakeTelegram]:
    async with fake_telegram() as running:
        yield running


@pytest.fixture
async def talk(settings: Settings, clock: ShiftedClock) -> AsyncIterator[TelegramChat]:
    async with telegram_chat(settings, clock) as chat:
        yield chat


@pytest.fixture
async def channel(fake: FakeTelegram, plain: Settings) -> AsyncIterator[TelegramChannel]:
    """A channel that only sends."""
    made = TelegramChannel(on_telegram(plain, fake.url).telegram, "http://127.0.0.1", Book())
    yield made
    await made.stop()


@pytest.fixture
def plain() -> Settings:
    """The shipped configuration; no store is opened."""
    return config.load(ROOT / "config.toml", {})


async def send(channel: TelegramChannel, message: Message, chat: str = "7") -> Receipt:
    return await channel.send(Outgoing(Address("telegram", chat, chat.startswith("-")), message))


# --- conversations -------------------------------------------------------------------------------------------


async def test_binding_and_help_over_telegram(talk: TelegramChat) -> None:
    assert "绑定码" in await talk.say("newcomer", "/start")
    await talk.say(MEMBERS[0], "解绑")
    assert "已解绑" in await talk.tap(MEMBERS[0], "解绑")
    codes = await talk.say(SECRETARY, f"绑定码 {MEMBERS[0]}")
    code = re.findall(r"：([A-Z0-9]{8})", codes)[0]
    assert "联系人" in await talk.say("newcomer", f"/start {code}")
    assert MEMBERS[0] in await talk.tap("newcomer", "同意")
    assert "解绑" in await talk.tap("newcomer", "帮助")


async def test_a_choice_settles_the_buttons_of_its_message(talk: TelegramChat) -> None:
    await talk.say(MEMBERS[0], "解绑")
    shown = talk.fake.sent(str(talk.number(MEMBERS[0])))[-1]
    labels = [row[0]["text"] for row in shown["reply_markup"]["inline_keyboard"]]
    await talk.tap(MEMBERS[0], labels[1])
    after = [row[0]["text"] for row in shown["reply_markup"]["inline_keyboard"]]
    assert after == ["✓ " + labels[1]]
    assert "已经答过" in await talk.say(MEMBERS[0], labels[1]) or "没看懂" in await talk.say(MEMBERS[0], "1")


async def test_in_a_group_only_who_tapped_sees_the_answer(talk: TelegramChat) -> None:
    group = str(talk.number(f"g:{ROADS}"))
    shown = {"message_id": 3, "date": 1, "chat": {"id": int(group), "type": "supergroup", "title": "G"}}
    await talk.push(talk.tapped(MEMBERS[0], "v:999:0", shown))
    toast_shown = talk.fake.of("answerCallbackQuery")[-1].fields
    assert "按钮已经不能用了" in toast_shown["text"]
    assert toast_shown["show_alert"] is False
    assert talk.fake.sent(group) == []


async def test_group_talk_is_only_answered_when_the_bot_is_meant(talk: TelegramChat) -> None:
    assert await talk.say(MEMBERS[0], "今天天气真好", group=ROADS) == ""
    assert "没看懂" in await talk.say(MEMBERS[0], f"@{ME['username']} 今天天气真好", group=ROADS)
    assert MEMBERS[0] in await talk.say(MEMBERS[0], f"/help@{ME['username']}", group=ROADS)
    assert await talk.say(MEMBERS[0], "/help@another_bot", group=ROADS) == ""
    answer = talk.fake.sent(str(talk.number(f"g:{ROADS}")))[-1]
    replied = talk.said(MEMBERS[0], "今天天气真好", ROADS, reply_to_message=answer)
    before = len(talk.fake.messages)
    await talk.push(replied)
    assert len(talk.fake.messages) == before + 1
    assert (
        talk.fake.of("sendMessage")[-1].fields["reply_parameters"]["message_id"]
        == replied["message"]["message_id"]
    )


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
    edited = talk.update(edited_message=talk.said(MEMBERS[0], "帮助")["message"])
    for update in (bot, anonymous, blocked, edited, talk.update(chat_boost_of_tomorrow={"x": 1})):
        assert await talk.push(update) == 200
    assert talk.channel.ignored == 5
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
        {"update_id": 3, "callback_query": {"id": "1"}}, {"update_id": 4, "poll_answer": {"poll_id": 1}},
        {"update_id": 5, "message": {"message_id": 1, "date": "soon", "chat": {"id": 1, "type": "private"}}},
    ],
)  # fmt: skip
async def test_a_malformed_update_is_acknowledged_and_counted(
    fake: FakeTelegram, plain: Settings, update: object
) -> None:
    heard = Heard()
    channel = TelegramChannel(
        on_telegram(plain, fake.url, "http://127.0.0.1").telegram, "http://127.0.0.1", Book()
    )
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
        assert response.status == 405
    assert talk.fake.messages == {}


async def test_the_bot_registers_its_webhook_with_the_secret(talk: TelegramChat) -> None:
    hook = talk.fake.webhook
    assert hook["url"].endswith("/telegram/webhook")
    assert hook["allowed_updates"] == ["message", "callback_query", "poll_answer", "my_chat_member"]


async def test_an_answer_waits_out_too_many_requests(talk: TelegramChat) -> None:
    talk.fake.fails = lambda method, fields, number: TOO_MANY if not talk.fake.failed() else None
    assert MEMBERS[0] in await talk.say(MEMBERS[0], "帮助")
    assert len(talk.fake.sent(str(talk.number(MEMBERS[0])))) == 1


async def test_long_polling_handles_each_update_once_and_confirms_it(
    settings: Settings, clock: ShiftedClock
) -> None:
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


async def test_the_program_starts_without_telegram_and_goes_on_trying(
    fake: FakeTelegram, settings: Settings, clock: ShiftedClock, caplog: pytest.LogCaptureFixture
) -> None:
    down = Failure(502, "Bad Gateway")
    fake.fails = lambda method, fields, number: down if number == 1 else None
    with caplog.at_level(logging.DEBUG):
        app = App(on_telegram(settings, fake.url, "http://127.0.0.1:1"), ROOT / "content", clock)
        await app.start()
        assert fake.webhook == {}
        async with asyncio.timeout(20):
            while not fake.webhook:
                await asyncio.sleep(0.02)
        await app.stop()
    assert "not ready, will try again" in caplog.text
    assert TOKEN not in caplog.text


# --- native polls --------------------------------------------------------------------------------------------


def asked(labels: tuple[str, ...], multiple: bool = False) -> tuple[Choice, ...]:
    buttons = tuple(Choice.option(5, number, label) for number, label in enumerate(labels))
    return (*buttons, Choice.option(5, -1, "选好了")) if multiple else buttons


def test_a_poll_is_native_where_it_fits() -> None:
    message = Message("请看题", asked(("对", "错")), poll=Poll("对吗？", (0,), explanation="因为对"))
    [call] = calls(message, "7")
    assert call.method == "sendPoll"
    assert call.payload["type"] == "quiz"
    assert call.payload["correct_option_ids"] == [0]
    assert call.payload["is_anonymous"] is False
    assert call.payload["description"] == "请看题"
    [several] = calls(replace(message, choices=asked(("一", "二", "三"), True), poll=Poll("哪些？")), "7")
    assert several.payload["allows_multiple_answers"] is True
    assert [option["text"] for option in several.payload["options"]] == ["一", "二", "三"]


@pytest.mark.parametrize(
    ("labels", "question"),
    [
        (("只有一个",), "问"),
        (tuple(str(number) for number in range(13)), "问"),
        (("长" * 101, "短"), "问"),
        (("一", "二"), "问" * 301),
    ],
)
def test_a_poll_that_does_not_fit_gets_buttons(labels: tuple[str, ...], question: str) -> None:
    [call] = calls(Message("请选", asked(labels), poll=Poll(question)), "7")
    assert call.method == "sendMessage"
    assert len(call.payload["reply_markup"]["inline_keyboard"]) == len(labels)


def test_a_poll_stands_for_one_whole_prompt_only() -> None:
    assert poll_prompt(Message("x", asked(("一", "二"), True))) == (5, True)
    assert poll_prompt(Message("x", asked(("一", "二"))[::-1])) is None
    assert poll_prompt(Message("x", (Choice.option(1, 0, "一"), Choice.option(2, 1, "二")))) is None
    assert poll_prompt(Message("x", (Choice.command("帮助"),))) is None
    assert poll_prompt(HELLO) is None


@pytest.mark.parametrize("multiple", [False, True])
async def test_answers_to_a_native_poll_arrive_as_choices_even_after_a_restart(
    settings: Settings, clock: ShiftedClock, multiple: bool
) -> None:
    async with telegram_chat(settings, clock) as talk:
        chat = Address("telegram", str(talk.number(MEMBERS[0])))
        poll = Message("", asked(("一", "二", "三"), multiple), poll=Poll("哪些？"))
        receipt = await talk.channel.send(Outgoing(chat, poll))
        assert receipt.outcome is Outcome.SENT
        heard = Heard(Reply(Message("记下了")))
        restarted = TelegramChannel(
            talk.app.settings.telegram,
            "http://127.0.0.1",
            native_polls.Polls(talk.app.store, clock, "telegram"),
        )
        await restarted.start(heard)
        sent = talk.fake.messages[chat.chat, int(receipt.message_id)]["poll"]
        vote = {"poll_id": sent["id"], "user": {"id": 8, "is_bot": False, "first_name": "x"}}
        ids = [1, 2] if multiple else [1]
        answer = {**vote, "option_ids": ids, "option_persistent_ids": [f"o{n}" for n in ids]}
        await restarted.accept(talk.update(poll_answer=answer))
        retracted = {**vote, "option_ids": [], "option_persistent_ids": []}
        await restarted.accept(talk.update(poll_answer=retracted))
        await restarted.accept(talk.update(poll_answer={**answer, "poll_id": "404"}))
        await restarted.stop()
        [inbound] = heard.inbound
        assert (inbound.account, inbound.chat, inbound.token) == (
            "8",
            chat,
            "v:5:-1" if multiple else "v:5:1",
        )
        assert inbound.options == ((1, 2) if multiple else ())
        assert restarted.ignored == 2
        assert [one["text"] for one in talk.fake.sent("8")] == ["记下了"]


# --- sending -------------------------------------------------------------------------------------------------


async def test_every_way_that_a_send_ends(fake: FakeTelegram, channel: TelegramChannel) -> None:
    wrong = Failure(500, "Internal Server Error")
    for failure, outcome in (
        (FORBIDDEN, Outcome.REJECTED), (CHAT_NOT_FOUND, Outcome.REJECTED), (TOO_MANY, Outcome.RATE_LIMITED),
        (wrong, Outcome.UNKNOWN), (Failure(401, "Unauthorized"), Outcome.RETRY),
        (Failure(drop=True), Outcome.UNKNOWN), (Failure(drop=True, delivered=True), Outcome.UNKNOWN),
    ):  # fmt: skip
        fake.fails = lambda method, fields, number, now=failure: now  # type: ignore[misc]
        receipt = await send(channel, HELLO)
        assert receipt.outcome is outcome, failure
        assert TOKEN not in receipt.reason
    fake.fails = None
    receipt = await send(channel, HELLO)
    assert receipt == Receipt(Outcome.SENT, message_id=str(fake.sent("7")[-1]["message_id"]))
    assert (await send(channel, HELLO, "not a number")).outcome is Outcome.REJECTED
    assert (await send(channel, Message(""))).outcome is Outcome.REJECTED


async def test_too_many_requests_name_the_pause(fake: FakeTelegram, channel: TelegramChannel) -> None:
    fake.fails = lambda method, fields, number: Failure(
        429, "Too Many Requests: retry after 17", retry_after=17
    )
    assert (await send(channel, HELLO)).retry_after == 17


async def test_nothing_listens_and_no_such_host_are_worth_another_try(
    plain: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        for url in ("http://127.0.0.1:1", "http://no-such-host.invalid"):
            channel = TelegramChannel(on_telegram(plain, url).telegram, "http://127.0.0.1", Book())
            receipt = await send(channel, HELLO)
            assert receipt.outcome is Outcome.RETRY
            assert TOKEN not in receipt.reason
            await channel.start(Heard())
            await channel.stop()
    assert TOKEN not in caplog.text


def test_long_texts_are_split_at_line_ends() -> None:
    text = "\n".join(f"第{number}行" + "字" * 90 for number in range(100))
    pieces = split(text)
    assert all(len(piece) <= 4096 for piece in pieces)
    assert "\n".join(pieces) == text
    assert [len(piece) for piece in split("字" * 9000)] == [4096, 4096, 808]
    sent = calls(Message(text, (Choice.command("帮助"),)), "7")
    assert ["reply_markup" in call.payload for call in sent] == [False] * (len(sent) - 1) + [True]


async def test_a_long_message_that_breaks_off_is_unknown(
    fake: FakeTelegram, channel: TelegramChannel
) -> None:
    fake.fails = lambda method, fields, number: FORBIDDEN if number == 2 else None
    receipt = await send(channel, Message("字" * 5000))
    assert receipt.outcome is Outcome.UNKNOWN
    assert receipt.reason.startswith("piece 2 of 2: 403")


async def test_files_go_with_the_text_or_after_it(fake: FakeTelegram, channel: TelegramChannel) -> None:
    picture, paper = (
        Attachment("a.png", "image/png", b"png"),
        Attachment("b.docx", "application/docx", b"docx"),
    )
    await send(channel, Message("图", (Choice.command("帮助"),), attachments=(picture,)))
    await send(channel, Message("两个", attachments=(picture, paper)))
    shape = [(call.method, call.files, call.fields.get("caption")) for call in fake.calls]
    assert shape == [
        ("sendPhoto", ("photo",), "图"), ("sendMessage", (), None),
        ("sendPhoto", ("photo",), None), ("sendDocument", ("document",), None),
    ]  # fmt: skip
    assert "reply_markup" in fake.sent("7")[0]


async def test_links_are_buttons_where_telegram_takes_them(
    fake: FakeTelegram, channel: TelegramChannel
) -> None:
    links = (Link("打开", "https://azalea.example/t/1"), Link("本机", "http://127.0.0.1:8080/t/1"))
    assert (await send(channel, Message("通知", links=links))).outcome is Outcome.SENT
    [shown] = fake.sent("7")
    assert shown["text"] == "通知\n本机 http://127.0.0.1:8080/t/1"
    assert shown["reply_markup"]["inline_keyboard"] == [
        [{"text": "打开", "url": "https://azalea.example/t/1"}]
    ]
    assert not any(
        public(url) for url in ("ftp://a.example/", "http://10.0.0.1/", "http://bureau/", "http://[::1]/", "")
    )


def test_toasts_are_short() -> None:
    assert toast("") == {}
    assert toast("好") == {"text": "好", "show_alert": False}
    long = toast("长" * 300)
    assert len(long["text"]) == 200
    assert long["show_alert"] is True


async def test_a_link_button_stays_when_the_choice_is_made(fake: FakeTelegram, plain: Settings) -> None:
    heard = Heard(Reply(settled=(Choice.option(5, 0, "✓ 一"),)))
    channel = TelegramChannel(on_telegram(plain, fake.url).telegram, "http://127.0.0.1", Book())
    await channel.start(heard)
    await send(channel, Message("请选", asked(("一", "二")), (Link("打开", "https://azalea.example/"),)))
    [shown] = fake.sent("7")
    query = {
        "id": "1",
        "from": {"id": 7, "is_bot": False, "first_name": "x"},
        "chat_instance": "1",
        "data": "v:5:0",
    }
    await channel.accept({"update_id": 1, "callback_query": {**query, "message": shown}})
    await channel.idle()
    await channel.stop()
    labels = [row[0]["text"] for row in shown["reply_markup"]["inline_keyboard"]]
    assert labels == ["✓ 一", "打开"]
    assert heard.inbound[0].message_id == str(shown["message_id"])
