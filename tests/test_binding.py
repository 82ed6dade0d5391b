"""Conversations about binding: said -> answered."""

from __future__ import annotations

import re
from datetime import timedelta

from sqlmodel import col, select

from bot.clock import ShiftedClock
from bot.store.core.statements import StoreSession
from bot.store.people import Member
from tests.support.cast import MEMBERS, OFFICE, ROADS, SECRETARY
from tests.support.chat import Chat
from tests.support.wording import says, sentence

CODE = r"[A-Z0-9]{8}"
EVERYBODY = sentence("binding.everybody")


async def test_an_unknown_account_learns_how_to_bind_and_nothing_else(chat: Chat) -> None:
    for said, answer in (
        ("你好", "binding.how"),
        ("帮助", "binding.how"),
        ("签到 开始", "binding.unknown"),
        ("2", "binding.how"),
    ):
        assert await chat.say("stranger", said) == sentence(answer), said


async def test_a_code_binds_once_after_consent(chat: Chat) -> None:
    await chat.say(MEMBERS[0], "解绑")
    assert says(await chat.tap(MEMBERS[0], "binding.unbind_yes"), "binding.gone")
    codes = await chat.say(SECRETARY, f"绑定码 {MEMBERS[0]}")
    code = re.findall(CODE, codes)[0]
    assert says(await chat.say("newcomer", code.lower()), "binding.privacy")
    assert MEMBERS[0] in await chat.tap("newcomer", "binding.agree")
    assert (await chat.say("newcomer", "帮助")).startswith(sentence("help.head", name=MEMBERS[0]))
    assert says(await chat.say("another", code), "binding.wrong_code")


async def test_a_code_is_taken_as_people_send_it(chat: Chat) -> None:
    line = (await chat.say(SECRETARY, f"绑定码 {MEMBERS[0]}")).splitlines()[-1]
    code = re.findall(CODE, line)[0]
    wide = "".join(chr(ord(char) + 0xFEE0) for char in code)
    for said in (line, wide, f"{code[:4]} {code[4:]}", f"我的绑定码是{code}。", f"绑定 {wide}"):
        assert says(await chat.say("newcomer", said), "binding.privacy"), said
    assert not says(await chat.say("newcomer", f"{code} {code}"), "binding.privacy")
    assert says(await chat.say("newcomer", f"绑定码 {code}"), "binding.unknown")
    assert MEMBERS[0] in await chat.say("newcomer", f"同意绑定 {wide}")


async def test_guessing_codes_is_limited(chat: Chat) -> None:
    answers = [await chat.say("guesser", f"ABCDEFG{digit}") for digit in "23456789ABCD"]
    assert all(says(answer, "binding.wrong_code") for answer in answers[:5])
    assert all(says(answer, "binding.too_many") for answer in answers[5:])


async def test_secretary_gives_codes_only_for_the_own_branch(chat: Chat) -> None:
    assert says(await chat.say(SECRETARY, "绑定码 渡口党员"), "binding.nobody", name="渡口党员")
    assert "渡口党员" in await chat.say(OFFICE, "绑定码 渡口党员")
    assert says(await chat.say(MEMBERS[1], f"绑定码 {EVERYBODY}"), "help.no_right")


async def test_codes_are_not_taken_in_a_group(chat: Chat) -> None:
    assert says(await chat.say("stranger", "绑定 ABCD2345", group=ROADS), "binding.private_only")


async def test_a_code_expires(chat: Chat, clock: ShiftedClock) -> None:
    await chat.say(MEMBERS[0], "解绑")
    await chat.tap(MEMBERS[0], "binding.unbind_yes")
    code = re.findall(CODE, await chat.say(SECRETARY, f"绑定码 {MEMBERS[0]}"))[0]
    clock.set(clock.now() + timedelta(hours=73))
    assert says(await chat.say("late", code), "binding.wrong_code")


async def test_who_comes_back_under_another_row_binds_the_same_account(chat: Chat) -> None:
    def goes_and_comes(session: StoreSession) -> None:
        old = session.exec(select(Member).where(col(Member.name) == MEMBERS[0])).one()
        old.left_on = chat.clock.now().date()
        session.add_all([old, Member(name="归来者", branch_id=old.branch_id, stage=old.stage)])

    await chat.app.store.write(goes_and_comes)
    code = re.findall(CODE, await chat.say(SECRETARY, "绑定码 归来者"))[0]
    assert says(await chat.say(MEMBERS[0], code), "binding.privacy")
    assert says(await chat.tap(MEMBERS[0], "binding.agree"), "binding.bound", name="归来者", branch=ROADS)
    assert "归来者" in await chat.say(MEMBERS[0], "帮助")


async def test_unbinding_signs_the_web_pages_out_too(chat: Chat) -> None:
    await chat.say(MEMBERS[0], "网页")
    await chat.say(MEMBERS[0], "解绑")
    await chat.tap(MEMBERS[0], "binding.unbind_yes")
    assert says(await chat.say(SECRETARY, f"绑定码 {EVERYBODY}"), "binding.code_line", name=MEMBERS[0], branch=ROADS)
