"""Polite words and slips of the pen: neither is taken for a command that merely shares a character with it."""

from __future__ import annotations

import pytest

from tests.support.cast import MEMBERS, SECRETARY
from tests.support.chat import Chat

ME = MEMBERS[0]


@pytest.mark.parametrize("said", ["好的", "好", "好的。", "谢谢", "谢谢！", "嗯", "OK", "知道了"])
async def test_a_polite_word_with_nothing_open_is_answered_in_kind(chat: Chat, said: str) -> None:
    assert "有事随时叫我" in await chat.say(ME, said)
    assert chat.last[ME].choices == ()


async def test_a_polite_word_is_no_answer_to_what_is_open(chat: Chat) -> None:
    await chat.say(SECRETARY, "通知 周五交材料。")
    await chat.tap(SECRETARY, "发送")
    notice = (await chat.inbox(ME))[-1]
    assert "没看懂" in await chat.say(ME, "好的")
    assert "已记下您收到" in await chat.tap(ME, "收到", notice)
    assert "有事随时叫我" in await chat.say(ME, "好的")


async def test_received_with_nothing_open_says_what_is_still_to_be_confirmed(chat: Chat) -> None:
    assert await chat.say(ME, "收到") == "没有等您回“收到”的通知。"
    assert await chat.say(ME, "收到，谢谢") == "没有等您回“收到”的通知。"


@pytest.mark.parametrize("said", ["是的", "再见", "到"])
async def test_one_character_in_common_is_no_likeness(chat: Chat, said: str) -> None:
    assert "没看懂。发“帮助”" in await chat.say(ME, said)
    assert chat.last[ME].choices == ()


@pytest.mark.parametrize(
    ("said", "meant"),
    [("我今天要请假", "请假"), ("我要签到", "签到"), ("通知情", "我的通知"), ("签道", "签到"), ("帮住", "帮助")],
)
async def test_two_characters_in_common_or_the_first_are_offered(chat: Chat, said: str, meant: str) -> None:
    assert "您是不是要" in await chat.say(ME, said)
    assert meant in [choice.label for choice in chat.last[ME].choices]
