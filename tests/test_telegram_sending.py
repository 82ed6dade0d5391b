"""Sending over Telegram: outcomes, long texts, files, links; through the wire to a fake."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator

import pytest

from bot import config
from bot.channels.telegram import TelegramChannel
from bot.channels.telegram.outbound import calls, public, split, toast
from bot.clock import ShiftedClock
from bot.config import Settings
from bot.messages import (
    Address,
    Attachment,
    Choice,
    Link,
    Message,
    Outcome,
    Outgoing,
    Receipt,
    Reply,
)
from tests.support.fake_telegram import (
    CHAT_NOT_FOUND,
    FORBIDDEN,
    TOKEN,
    TOO_MANY,
    Failure,
    FakeTelegram,
    fake_telegram,
)
from tests.support.shipped import ROOT
from tests.support.telegram_chat import TelegramChat, on_telegram, telegram_chat
from tests.support.telegram_parts import Heard

HELLO = Message("你好")


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
    made = TelegramChannel(on_telegram(plain, fake.url).telegram, "http://127.0.0.1")
    yield made
    await made.stop()


@pytest.fixture
def plain() -> Settings:
    """The shipped configuration; no store is opened."""
    return config.load(ROOT / "config.toml", {})


async def send(channel: TelegramChannel, message: Message, chat: str = "7") -> Receipt:
    return await channel.send(Outgoing(Address("telegram", chat, chat.startswith("-")), message))


def asked(labels: tuple[str, ...], multiple: bool = False) -> tuple[Choice, ...]:
    buttons = tuple(Choice.option(5, number, label) for number, label in enumerate(labels))
    return (*buttons, Choice.option(5, -1, "选好了")) if multiple else buttons


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
            channel = TelegramChannel(on_telegram(plain, url).telegram, "http://127.0.0.1")
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
    sent = calls(Message(text, (Choice.command("帮助"),)), Address("telegram", "7"))
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
    channel = TelegramChannel(on_telegram(plain, fake.url).telegram, "http://127.0.0.1")
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
