"""The fake Bot API server: python-telegram-bot parses all that it says, and it refuses what the real one does."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, Message
from telegram.error import Forbidden, InvalidToken, RetryAfter

from bot.channels.telegram.http import AiohttpRequest, Api, Call
from tests.support.fake_telegram import FORBIDDEN, TOKEN, TOO_MANY, FakeTelegram, fake_telegram


@pytest.fixture
async def fake() -> AsyncIterator[FakeTelegram]:
    async with fake_telegram() as running:
        yield running


@pytest.fixture
async def bot(fake: FakeTelegram) -> AsyncIterator[Bot]:
    """The library's own client, over our own requests."""
    api = Api(fake.url, TOKEN)
    request = AiohttpRequest(api)
    yield Bot(TOKEN, base_url=fake.url + "/bot", request=request, get_updates_request=request)
    await api.close()


async def test_every_answer_is_parsed_by_the_library(fake: FakeTelegram, bot: Bot) -> None:
    assert (await bot.get_me()).username == "azalea_test_bot"
    assert await bot.set_webhook("https://azalea.example/telegram/webhook", secret_token="s")
    assert await bot.delete_webhook()
    keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("好", callback_data="v:1:0")]])
    said = await bot.send_message(7, "你好", reply_markup=keyboard)
    assert said.reply_markup == keyboard
    assert (await bot.send_photo(-100, b"png", caption="图")).caption == "图"
    assert (await bot.send_document(7, b"docx", filename="记录.docx")).document is not None
    edited = await bot.edit_message_text("再见", 7, said.message_id)
    assert isinstance(edited, Message)
    assert edited.text == "再见"
    cleared = await bot.edit_message_reply_markup(7, said.message_id)
    assert isinstance(cleared, Message)
    assert cleared.reply_markup is None
    assert await bot.answer_callback_query("1", "好")
    await fake.updates.put({"update_id": 4, "message": fake.sent("7")[0]})
    assert [update.update_id for update in await bot.get_updates(timeout=1)] == [4]


@pytest.mark.parametrize(
    ("method", "fields"),
    [
        ("sendMessage", {"chat_id": 7, "text": "长" * 4097}),
        ("sendMessage", {"chat_id": 7, "text": " "}),
        ("sendMessage", {"chat_id": 7}),
        ("sendMessage", {"chat_id": 7, "text": "x", "reply_markup": {"inline_keyboard": [[{"text": "x", "callback_data": "签" * 22}]]}}),
        ("sendMessage", {"chat_id": 7, "text": "x", "reply_markup": {"inline_keyboard": [[{"text": "x", "url": "http://127.0.0.1/a"}]]}}),
        ("answerCallbackQuery", {"callback_query_id": "1", "text": "长" * 201}),
        ("editMessageReplyMarkup", {"chat_id": 7, "message_id": 1}),
        ("sendPhoto", {"chat_id": 7}),
    ],
)  # fmt: skip
async def test_it_refuses_what_the_real_server_refuses(
    fake: FakeTelegram, method: str, fields: dict[str, object]
) -> None:
    api = Api(fake.url, TOKEN)
    answer = await api.call(Call(method, fields))
    await api.close()
    assert answer.receipt.reason.startswith("400 Bad Request: ")
    assert fake.messages == {}


async def test_failures_on_demand_are_the_errors_that_the_library_knows(fake: FakeTelegram, bot: Bot) -> None:
    fake.fails = lambda method, fields, number: TOO_MANY if number == 1 else FORBIDDEN
    with pytest.raises(RetryAfter) as limited:
        await bot.send_message(7, "x")
    assert "Retry in 1 seconds" in limited.value.message
    with pytest.raises(Forbidden):
        await bot.send_message(7, "x")
    assert fake.delivered == {}


async def test_a_wrong_token_is_refused(fake: FakeTelegram) -> None:
    api = Api(fake.url, "1:WRONG")
    request = AiohttpRequest(api)
    with pytest.raises(InvalidToken):
        await Bot(
            "1:WRONG", base_url=fake.url + "/bot", request=request, get_updates_request=request
        ).get_me()
    await api.close()
