"""Conversations about one's own data: said -> answered."""

from __future__ import annotations

import pkgutil
from datetime import datetime, timedelta
from importlib import import_module

import pytest
from sqlmodel import col, select

from bot import channels
from bot.clock import SHANGHAI
from bot.store import nightly
from bot.store.binding import bind
from bot.store.core.statements import StoreSession
from bot.store.delivery import Delivery
from bot.store.mine import CorrectionRequest
from bot.store.people import Account, Member
from bot.store.prompts import OpenPrompt
from bot.texts import load_texts
from tests.support.cast import FERRY_SECRETARY, MEMBERS, OFFICE, PUBLICITY, ROADS, SECRETARY
from tests.support.chat import Chat
from tests.support.shipped import ROOT
from tests.support.wording import says, sentence

ME = MEMBERS[0]
WISH = "我的党小组应是第二党小组"


def at(month: int, day: int, hour: int) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=SHANGHAI)


async def test_i_see_what_is_stored_about_me(chat: Chat) -> None:
    said = await chat.say(ME, "我的")
    channel = sentence("mine.channel.local")
    assert says(said, "mine.fact_person", name=ME, branch=ROADS)
    assert says(said, "mine.fact_group", group="第一党小组")
    assert says(said, "mine.fact_stage_full_member")
    assert says(said, "mine.fact_no_phone")
    assert says(said, "mine.fact_account", account=ME, channel=channel, since="2026-11-02")
    assert says(said, "mine.rights")
    assert MEMBERS[1] not in said
    posts = await chat.say(PUBLICITY, "我的")
    assert says(posts, "mine.fact_post_publicity_commissioner", unit=ROADS)
    assert says(posts, "mine.fact_post_recorder", unit=ROADS)
    assert says(await chat.say(ME, "我的", group=ROADS), "help.private_only")


def test_every_channel_has_a_name_for_people() -> None:
    sentences = load_texts(ROOT / "content" / "texts").sentences
    for module in pkgutil.iter_modules(channels.__path__, "bot.channels."):
        if module.name != "bot.channels.base":
            made = [one for one in vars(import_module(module.name)).values() if hasattr(one, "caps")]
            assert made, module.name
            assert [one.name for one in made if not sentences.get(f"mine.channel.{one.name}")] == []


async def test_a_channel_without_a_name_is_called_as_it_calls_itself(chat: Chat) -> None:
    await chat.app.store.write(_second_account, "pigeon")
    assert says(await chat.say(ME, "我的"), "mine.fact_account", account="4711", channel="pigeon")


async def test_a_long_answer_is_also_a_file(chat: Chat) -> None:
    for number in range(12):
        await chat.say(SECRETARY, f"通知 第{number}件事")
        await chat.tap(SECRETARY, "notices.do_send")
    await chat.inbox(ME)
    said = await chat.say(ME, "我的")
    assert says(said, "mine.more")
    (file,) = chat.last[ME].attachments
    assert file.name == sentence("mine.file")
    whole = file.data.decode("utf-8-sig")
    assert all(says(whole, "receipts.fact_silent", title=f"第{number}件事") for number in range(12))


async def test_a_correction_is_answered_by_a_person(chat: Chat) -> None:
    assert says(await chat.say(ME, "更正"), "mine.ask_what")
    assert says(await chat.say(ME, WISH), "mine.requested_correction", until="11-23")
    assert says(await chat.say(ME, "我的"), "mine.fact_correction_open", text=WISH)
    task = (await chat.inbox(SECRETARY))[-1]
    assert ME in task.text
    assert WISH in task.text
    assert (await chat.inbox(OFFICE))[-1].text == task.text
    assert await chat.inbox(FERRY_SECRETARY) == []
    assert says(await chat.tap(SECRETARY, "mine.do_done", task), "mine.settled_correction_done")
    assert says((await chat.inbox(ME))[-1].text, "mine.told_correction_done", text=WISH)
    assert says(await chat.tap(OFFICE, "mine.do_done", task), "mine.answered_already")
    assert says(await chat.say(ME, "我的"), "mine.fact_correction_done", text=WISH)


async def test_a_refusal_needs_a_reason(chat: Chat) -> None:
    await chat.say(ME, f"更正 {WISH}")
    task = (await chat.inbox(OFFICE))[-1]
    assert says(await chat.tap(OFFICE, "mine.do_refuse", task), "mine.ask_reason")
    assert await chat.inbox(ME) == []
    assert says(await chat.say(OFFICE, "名册没有错，已当面核对"), "mine.settled_correction_refused")
    told = (await chat.inbox(ME))[-1].text
    assert says(told, "mine.told_correction_refused", text=WISH, answer="名册没有错，已当面核对")


async def test_only_the_own_secretary_and_the_office_may_answer(chat: Chat) -> None:
    await chat.say(ME, f"更正 {WISH}")
    task = (await chat.inbox(SECRETARY))[-1]
    assert says(await chat.tap(FERRY_SECRETARY, "mine.do_done", task), "help.stale_button")
    assert says(await chat.tap(MEMBERS[1], "mine.do_done", task), "help.stale_button")
    await chat.say(SECRETARY, "更正 我的电话是办公室的")
    own = (await chat.inbox(OFFICE))[-1]
    assert len(await chat.inbox(SECRETARY)) == 1
    assert says(await chat.tap(SECRETARY, "mine.do_done", own), "help.stale_button")


async def test_the_office_is_reminded_once_before_the_time_is_over(chat: Chat) -> None:
    await chat.say(ME, f"更正 {WISH}")
    await chat.inbox(OFFICE)
    await chat.go_to(at(11, 13, 10))
    assert len(await chat.inbox(OFFICE)) == 1
    await chat.go_to(at(11, 16, 10))
    assert says((await chat.inbox(OFFICE))[1].text, "mine.again_correction")
    await chat.go_to(at(11, 30, 10))
    assert len(await chat.inbox(OFFICE)) == 2


async def test_an_answered_request_is_not_reminded_of(chat: Chat) -> None:
    await chat.say(ME, f"更正 {WISH}")
    await chat.tap(SECRETARY, "mine.do_done", (await chat.inbox(SECRETARY))[-1])
    await chat.go_to(at(11, 16, 10))
    assert len(await chat.inbox(OFFICE)) == 1


@pytest.mark.parametrize("text", ["身份证号是 11010519491231002X", "内部文件里写错了"])
async def test_a_correction_with_forbidden_data_is_not_stored(chat: Chat, text: str) -> None:
    assert says(await chat.say(ME, f"更正 {text}"), "mine.secret")
    assert await chat.inbox(SECRETARY) == []
    assert await chat.app.store.read(_requests) == 0


async def test_bad_corrections(chat: Chat) -> None:
    assert says(await chat.say(ME, "更正 " + "字" * 501), "mine.too_long", limit=500)
    for number in range(5):
        assert says(await chat.say(ME, f"更正 第{number}处"), "mine.requested_correction")
    assert says(await chat.say(ME, "更正 再来一处"), "mine.too_many", count=5)


async def test_a_suggestion_goes_to_the_office_alone_and_is_answered_by_a_person(chat: Chat) -> None:
    assert says(await chat.say(ME, "帮助"), "mine.what.suggest")
    assert says(await chat.say(ME, "意见"), "mine.ask_suggestion")
    assert says(await chat.say(ME, "大屏上的字太小"), "mine.requested_suggestion", until="11-23")
    assert says(await chat.say(ME, "我的"), "mine.fact_suggestion_open", text="大屏上的字太小")
    task = (await chat.inbox(OFFICE))[-1]
    assert says(task.text, "mine.task_suggestion", name=ME, branch=ROADS)
    assert "大屏上的字太小" in task.text
    assert await chat.inbox(SECRETARY) == []
    assert says(await chat.tap(OFFICE, "mine.do_reply", task), "mine.ask_reply")
    assert says(await chat.say(OFFICE, "已请厂家调大，下次会上看"), "mine.settled_suggestion_done")
    told = (await chat.inbox(ME))[-1].text
    assert says(told, "mine.told_suggestion_done", text="大屏上的字太小", answer="已请厂家调大，下次会上看")
    assert says(await chat.tap(OFFICE, "mine.do_reply", task), "mine.answered_already")
    assert says(await chat.say(ME, "我的"), "mine.fact_suggestion_done", answer="已请厂家调大，下次会上看")


async def test_nobody_but_the_office_can_answer_a_suggestion(chat: Chat) -> None:
    await chat.say(ME, "投诉 书记总在晚上发通知")
    task = (await chat.inbox(OFFICE))[-1]
    assert says(await chat.tap(SECRETARY, "mine.do_reply", task), "help.stale_button")
    assert says(await chat.tap(MEMBERS[1], "mine.do_reply", task), "help.stale_button")
    await chat.go_to(at(11, 16, 10))
    assert says((await chat.inbox(OFFICE))[1].text, "mine.again_suggestion")
    assert await chat.inbox(SECRETARY) == []
    await chat.say(OFFICE, "建议 党建办也值班")
    assert len(await chat.inbox(OFFICE)) == 2


@pytest.mark.parametrize("text", ["我的身份证号是 11010519491231002X", "见内部文件"])
async def test_a_suggestion_with_forbidden_data_is_not_stored(chat: Chat, text: str) -> None:
    assert says(await chat.say(ME, f"意见 {text}"), "mine.secret")
    assert await chat.app.store.read(_requests) == 0
    in_group = await chat.say(ME, "意见 群里说", group=ROADS)
    assert says(in_group, "help.private_only") or await chat.inbox(OFFICE) == []


async def test_leaving_deletes_every_account_and_tells_the_office(chat: Chat) -> None:
    await chat.app.store.write(_second_account)
    await chat.say(SECRETARY, "通知 开会")
    await chat.tap(SECRETARY, "notices.do_send")
    await chat.inbox(ME)
    assert says(await chat.say(ME, "退出"), "mine.leave_ask")
    assert says(await chat.tap(ME, "mine.do_leave"), "mine.gone")
    assert says(await chat.say(ME, "帮助"), "binding.how")
    assert await chat.app.store.read(_accounts) == 0
    assert await chat.app.store.read(_chats) == 0
    assert says((await chat.inbox(OFFICE))[-1].text, "mine.left_told", name=ME, branch=ROADS)
    assert says((await chat.inbox(SECRETARY))[-1].text, "mine.left_told", name=ME, branch=ROADS)
    await chat.go_to(chat.clock.now() + timedelta(days=1, minutes=1))
    assert await chat.app.store.read(_open_prompts) == 0
    assert says(await chat.say(SECRETARY, "通知情况"), "receipts.without_account", count=1, names=ME)


async def test_staying_changes_nothing(chat: Chat) -> None:
    await chat.say(ME, "退出")
    asked = chat.last[ME]
    assert says(await chat.tap(ME, "mine.do_stay"), "mine.stayed")
    assert says(await chat.say(ME, "我的"), "mine.fact_stage_full_member")
    assert says(await chat.tap(MEMBERS[1], "mine.do_leave", asked), "help.stale_button")
    assert says(await chat.say(MEMBERS[1], "我的"), "mine.fact_stage_full_member")


async def test_answered_requests_are_forgotten_in_time(chat: Chat) -> None:
    await chat.say(ME, f"更正 {WISH}")
    await chat.tap(SECRETARY, "mine.do_done", (await chat.inbox(SECRETARY))[-1])
    privacy = chat.app.settings.privacy
    await chat.app.store.write(nightly.forget_old, chat.clock.now() + timedelta(days=300), privacy)
    assert await chat.app.store.read(_requests) == 1
    await chat.app.store.write(nightly.forget_old, chat.clock.now() + timedelta(days=400), privacy)
    assert await chat.app.store.read(_requests) == 0


def _me(session: StoreSession) -> int:
    return session.exec(select(Member.id).where(col(Member.name) == ME)).one() or 0


def _second_account(session: StoreSession, channel: str = "telegram") -> None:
    bind(session, _me(session), channel, "4711", "4711", at(11, 2, 9))


def _accounts(session: StoreSession) -> int:
    return len(session.exec(select(Account).where(col(Account.member_id) == _me(session))).all())


def _chats(session: StoreSession) -> int:
    return len(session.exec(select(Delivery).where(col(Delivery.chat).in_([ME, "4711"]))).all())


def _open_prompts(session: StoreSession) -> int:
    return len(session.exec(select(OpenPrompt).where(col(OpenPrompt.member_id) == _me(session))).all())


def _requests(session: StoreSession) -> int:
    return len(session.exec(select(CorrectionRequest)).all())
