"""Polite words and slips of the pen: neither is taken for a command that merely shares a character with it."""

from __future__ import annotations

from tests.support.cast import MEMBERS, SECRETARY
from tests.support.chat import Chat
from tests.support.wording import says, sentence

ME = MEMBERS[0]


async def test_a_polite_word_with_nothing_open_is_answered_in_kind(chat: Chat) -> None:
    for said in ("好的", "好", "好的。", "谢谢", "谢谢！", "嗯", "OK", "知道了"):
        assert says(await chat.say(ME, said), "help.courtesy")
        assert chat.last[ME].choices == ()


async def test_a_polite_word_is_no_answer_to_what_is_open(chat: Chat) -> None:
    await chat.say(SECRETARY, "通知 周五交材料。")
    await chat.tap(SECRETARY, "notices.do_send")
    notice = (await chat.inbox(ME))[-1]
    assert says(await chat.say(ME, "好的"), "help.unknown")
    assert says(await chat.tap(ME, "receipts.got_it", notice), "receipts.thanks")
    assert says(await chat.say(ME, "好的"), "help.courtesy")


async def test_received_with_nothing_open_says_what_is_still_to_be_confirmed(chat: Chat) -> None:
    assert await chat.say(ME, "收到") == sentence("receipts.nothing_waiting")
    assert await chat.say(ME, "收到，谢谢") == sentence("receipts.nothing_waiting")


async def test_one_character_in_common_is_no_likeness(chat: Chat) -> None:
    for said in ("是的", "再见", "到"):
        assert says(await chat.say(ME, said), "help.unknown")
        assert chat.last[ME].choices == ()


async def test_two_characters_in_common_or_the_first_are_offered(chat: Chat) -> None:
    for said, meant in (("我今天要请假", "请假"), ("我要签到", "签到"), ("通知情", "我的通知"), ("签道", "签到"), ("帮住", "帮助")):
        assert says(await chat.say(ME, said), "help.similar")
        assert meant in [choice.label for choice in chat.last[ME].choices]
