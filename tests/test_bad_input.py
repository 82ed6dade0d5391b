"""Whatever is said, the answer is a short Chinese sentence that says what to do, and nothing else changes."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import timedelta

from sqlalchemy import inspect, text

from bot.app import App
from bot.clock import ShiftedClock
from bot.messages import Address, Inbound, Message
from bot.store import prompts
from bot.store.core.statements import StoreSession
from tests.support.cast import FERRY, FERRY_MEMBER, FERRY_SECRETARY, MEMBERS, OFFICE, ROADS, SECRETARY
from tests.support.chat import Chat
from tests.support.wording import says, sentence

CHINESE = re.compile(r"[\u4e00-\u9fff]")
BOOKKEEPING = {"inboundevent", "openprompt", "auditentry", "attempt", "prompt", "alembic_version"}
NONSENSE = [
    "嗯嗯啊啊",
    "",
    "   \n\t ",
    "长" * 10_000,
    "😀😀😀",
    "\x00\x01\x02",
    "a\u202eb\u200b\ufeff",
    "' OR 1=1; DROP TABLE member; --",
    "{name} %s {0} {}",
    "<script>alert(1)</script>",
    "/start",
    "９９",
    "２",
    "-1",
    "99999999999999999999",
    "v:1:0",
    "c:帮助",
]


def rows(session: StoreSession) -> dict[str, int]:
    """How many rows every table has, but those that keep the books of a conversation."""
    names = set(inspect(session.connection()).get_table_names()) - BOOKKEEPING
    counts = " UNION ALL ".join(f"SELECT '{name}', count(*) FROM \"{name}\"" for name in sorted(names))
    return dict(session.execute(text(counts)).all())


def is_kind(answer: str) -> bool:
    """A sentence for people: Chinese, not long, no trace of code in it."""
    return bool(CHINESE.search(answer)) and len(answer) < 1500 and "Traceback" not in answer and "Error" not in answer


async def test_nonsense_is_answered_kindly_and_changes_nothing(chat: Chat, app: App) -> None:
    for said in NONSENSE:
        for who in (MEMBERS[0], SECRETARY, "stranger"):
            before = await app.store.read(rows)
            assert is_kind(await chat.say(who, said)), (who, said)
            assert await app.store.read(rows) == before


async def test_a_forged_or_stale_button_says_so(chat: Chat, app: App) -> None:
    for token in ("v:1:0", "v:999999:0", "v:1:99", "v:-1:0", "v:1", "x", "v::", "v:1:0:0", "c:", "c:乱写", "v:1e9:0"):
        before = await app.store.read(rows)
        reply = await chat.event(MEMBERS[0], token=token)
        assert reply.message is not None
        assert is_kind(reply.message.text)
        assert await app.store.read(rows) == before


async def started_notice(chat: Chat) -> Message:
    """The secretary's notice as a member got it."""
    await chat.say(SECRETARY, "通知 明天开会，请准时。")
    await chat.tap(SECRETARY, "notices.do_send")
    return (await chat.inbox(MEMBERS[0]))[-1]


async def test_a_number_without_a_question_and_one_out_of_range(chat: Chat) -> None:
    assert says(await chat.say(MEMBERS[0], "2"), "help.no_question")
    await started_notice(chat)
    assert says(await chat.say(MEMBERS[0], "7"), "help.out_of_range")
    assert says(await chat.say(MEMBERS[0], "７"), "help.out_of_range")


async def test_full_width_and_chinese_numerals_count(chat: Chat) -> None:
    await started_notice(chat)
    for who, said in zip(MEMBERS, ("１", "一", "1", sentence("receipts.got_it"), "第一个"), strict=False):
        assert says(await chat.say(who, said), "receipts.thanks"), said


async def test_two_open_questions_ask_which(chat: Chat) -> None:
    await started_notice(chat)
    await chat.say(SECRETARY, "通知 第二件事：请看材料。")
    await chat.tap(SECRETARY, "notices.do_send")
    await chat.inbox(MEMBERS[0])
    assert says(await chat.say(MEMBERS[0], "1"), "help.which")
    assert len(chat.last[MEMBERS[0]].choices) == 2
    assert says(await chat.tap(MEMBERS[0], "第二件事"), "receipts.thanks")
    assert says(await chat.say(MEMBERS[0], "1"), "receipts.thanks")


async def test_the_same_answer_from_two_devices_at_once_counts_once(chat: Chat, app: App) -> None:
    notice = await started_notice(chat)
    token = notice.choices[0].token
    replies = await asyncio.gather(*(chat.event(MEMBERS[0], token=token) for _ in range(8)))
    answers = [reply.message.text if reply.message else "" for reply in replies]
    assert all(says(answer, "receipts.thanks") or says(answer, "receipts.thanks_again") for answer in answers)
    count = text("SELECT count(*) FROM notice_receipt WHERE confirmed_at IS NOT NULL")
    assert await app.store.read(lambda session: session.execute(count).scalar_one()) == 1


async def test_a_repeated_event_is_handled_once(chat: Chat) -> None:
    notice = await started_notice(chat)
    first = await chat.event(MEMBERS[0], token=notice.choices[0].token, event_id="same")
    again = await chat.event(MEMBERS[0], token=notice.choices[0].token, event_id="same")
    assert first.message is not None
    assert not first.duplicate
    assert again.duplicate
    assert again.message is None


async def test_a_member_of_another_branch_and_an_unbound_person_cannot_answer(chat: Chat, app: App) -> None:
    notice = await started_notice(chat)
    before = await app.store.read(rows)
    token = notice.choices[0].token
    for who in (FERRY_MEMBER, FERRY_SECRETARY, "stranger"):
        reply = await chat.event(who, token=token)
        assert reply.message is not None
        assert is_kind(reply.message.text)
    assert await app.store.read(rows) == before
    pending = text("SELECT count(*) FROM notice_receipt WHERE confirmed_at IS NOT NULL")
    assert await app.store.read(lambda session: session.execute(pending).scalar_one()) == 0


async def test_a_secretary_cannot_act_in_the_group_of_another_branch(chat: Chat) -> None:
    assert says(await chat.say(SECRETARY, "签到 开始", group=FERRY), "help.not_yours")
    assert says(await chat.say(MEMBERS[0], "签到 开始", group=ROADS), "help.not_yours")
    assert says(await chat.say("stranger", "绑定 ABCD2345", group=ROADS), "binding.private_only")


async def test_members_cannot_do_what_secretaries_do(chat: Chat) -> None:
    for said in ("通知 开会", "绑定码 全部", "投递不明", "主题党日 日子"):
        assert says(await chat.say(MEMBERS[0], said), "help.no_right"), said
    for said in ("签到 开始", "测验", "投票", "推送学习", "主题党日 计划"):
        assert says(await chat.say(MEMBERS[0], said), "help.only_secretary"), said
    for said in ("记录", "签到 情况", "补课 确认"):
        assert says(await chat.say(MEMBERS[0], said), "help.only_committee"), said


async def test_nobody_is_sent_to_their_own_office_in_vain(chat: Chat) -> None:
    for said, answer in (
        ("投票", "help.only_secretary"),
        ("推送学习", "help.only_secretary"),
        ("签到 开始", "help.only_secretary"),
        ("签到 情况", "help.only_committee"),
        ("记录 签字", "help.only_secretary"),
    ):
        assert await chat.say(OFFICE, said) == sentence(answer), said
    assert says(await chat.say(OFFICE, "绑定本群", group="nowhere"), "help.only_secretary")


async def test_group_talk_is_neither_answered_nor_kept(chat: Chat, app: App) -> None:
    before = await app.store.read(rows)
    for said in ("大家中午吃什么", "3", "我觉得不行", "😀", "通知 大家明天带伞", "更正 是三点", "学习 得不错", "同意", "接龙 1 张三"):
        assert await chat.say(MEMBERS[0], said, group=ROADS) == ""
    assert await app.store.read(rows) == before


async def test_a_group_that_belongs_to_nobody_says_what_to_do(chat: Chat) -> None:
    reply = await chat.app.handle(
        Inbound("local", MEMBERS[0], Address("local", "g:nowhere", True), "e-nowhere", "签到 1234")
    )
    assert reply.message is not None
    assert says(reply.message.text, "binding.group_unbound")


async def test_a_clock_that_jumps_back_or_forward_breaks_nothing(chat: Chat, clock: ShiftedClock) -> None:
    notice = await started_notice(chat)
    now = clock.now()
    clock.set(now - timedelta(days=2))
    assert is_kind(await chat.say(MEMBERS[0], "1"))
    clock.set(now + timedelta(days=400))
    reply = await chat.event(MEMBERS[1], token=notice.choices[0].token)
    assert reply.message is not None
    assert is_kind(reply.message.text)
    assert is_kind(await chat.say(OFFICE, "帮助"))


async def test_a_full_disk_is_told_and_the_answer_can_be_given_again(chat: Chat, app: App) -> None:
    if app.store.engine.dialect.name != "sqlite":
        await started_notice(chat)
        assert says(await chat.say(MEMBERS[0], "1"), "receipts.thanks")
        return
    await started_notice(chat)

    def limit(session: StoreSession, pages: int) -> int:
        return int(session.execute(text(f"PRAGMA max_page_count={pages}")).scalar_one())

    await app.store.write(limit, await app.store.write(limit, 1))
    answers = [await chat.say(SECRETARY, f"通知 第{number}条：" + "内容" * 300) for number in range(60)]
    full = [answer for answer in answers if says(answer, "help.store_unavailable")]
    assert full
    assert all(is_kind(answer) for answer in full)
    await app.store.write(limit, 1_000_000)
    assert says(await chat.say(SECRETARY, "通知 现在好了"), "notices.preview")


async def test_a_closed_question_says_so(chat: Chat, app: App) -> None:
    notice = await started_notice(chat)
    found = await app.store.read(lambda session: session.execute(text("SELECT route, subject FROM prompt WHERE route = 'receipts.confirm'")).one())
    await app.store.write(prompts.close, found[0], found[1])
    reply = await chat.event(MEMBERS[0], token=notice.choices[0].token)
    assert reply.message is not None
    assert says(reply.message.text, "receipts.over")


async def test_a_tap_that_comes_too_late_is_told_the_next_step(chat: Chat) -> None:
    await chat.say(SECRETARY, "通知 明天开会")
    draft = chat.last[SECRETARY]
    await chat.tap(SECRETARY, "notices.do_send")
    assert says(await chat.tap(SECRETARY, "notices.do_send", draft), "notices.preview_over")
    await chat.say(SECRETARY, "投票 周末植树去哪里")
    await chat.say(SECRETARY, "城南/江边")
    await chat.tap(SECRETARY, "poll.kind_single")
    await chat.tap(SECRETARY, "poll.deadline_hour")
    await chat.tap(SECRETARY, "poll.where_private")
    card = (await chat.inbox(MEMBERS[0]))[-1]
    await chat.say(SECRETARY, "投票情况")
    await chat.tap(SECRETARY, "poll.end_now")
    assert says(await chat.tap(MEMBERS[0], "城南", card), "poll.over")


async def test_titles_and_options_are_kept_from_who_may_not_answer(chat: Chat) -> None:
    await chat.say(SECRETARY, "通知 城南支路封闭")
    draft = chat.last[SECRETARY]
    await chat.tap(SECRETARY, "notices.do_cancel")
    await chat.say(OFFICE, "通知 明天开会")
    await chat.tap(OFFICE, "notices.do_audience")
    await chat.tap(OFFICE, "notices.some_branches")
    several = chat.last[OFFICE]
    for who in ("stranger", MEMBERS[0]):
        for message in (draft, several):
            reply = await chat.event(who, token=message.choices[0].token)
            assert reply.message is not None
            assert is_kind(reply.message.text)
            assert "城南支路" not in reply.message.text
            assert not reply.settled


async def _asked_of_others(chat: Chat) -> dict[int, int]:
    """A secretary asks the branch this and that, some of it is over; how many options each question has."""
    await chat.say(SECRETARY, "投票 植树秘密一去哪里")
    await chat.say(SECRETARY, "秘密甲/秘密乙")
    await chat.tap(SECRETARY, "poll.kind_single")
    await chat.tap(SECRETARY, "poll.deadline_hour")
    await chat.tap(SECRETARY, "poll.where_private")
    await chat.say(SECRETARY, "投票 秘密二里学什么")
    await chat.say(SECRETARY, "秘密丙/秘密丁")
    await chat.tap(SECRETARY, "poll.kind_multiple")
    await chat.tap(SECRETARY, "poll.deadline_hour")
    await chat.tap(SECRETARY, "poll.where_private")
    await chat.say(SECRETARY, "表决 秘密三")
    await chat.tap(SECRETARY, "poll.deadline_hour")
    await chat.tap(SECRETARY, "poll.where_private")
    await chat.say(SECRETARY, "通知 秘密四明天开会")
    await chat.tap(SECRETARY, "notices.do_send")
    await chat.inbox(MEMBERS[0])
    query = text("SELECT id, options FROM prompt")
    found = {row[0]: row[1] for row in await chat.app.store.read(lambda session: session.execute(query).all())}
    return {number: len(json.loads(one) if isinstance(one, str) else one) for number, one in found.items()}


async def test_a_made_up_button_shows_nothing_of_what_others_are_asked(chat: Chat) -> None:
    asked = await _asked_of_others(chat)
    for over in (False, True):
        if over:
            await chat.app.store.write(lambda session: session.execute(text("UPDATE prompt SET closed = true")))
        for number, options in asked.items():
            for option in (-3, -2, -1, *range(options + 2)):
                for who in ("guest-0123456789ab", FERRY_MEMBER):
                    reply = await chat.event(who, token=f"v:{number}:{option}")
                    said = reply.message
                    assert said is not None
                    assert not reply.settled
                    assert "秘密" not in repr(said), (number, option)
                    assert said.text == sentence("help.stale_button"), (number, option)


async def test_an_option_that_a_question_does_not_have_is_none(chat: Chat) -> None:
    notice = await started_notice(chat)
    prompt = notice.choices[0].token.rpartition(":")[0]
    for option in (-3, -2, -1, 1, 2, 99):
        reply = await chat.event(MEMBERS[0], token=f"{prompt}:{option}")
        assert reply.message is not None
        assert says(reply.message.text, "help.stale_button"), option


async def test_an_answer_that_begins_like_a_command_is_still_the_answer(chat: Chat) -> None:
    await chat.say(SECRETARY, "主题党日 日子 第三个星期五")
    await chat.say(SECRETARY, "主题党日 计划")
    assert sentence("theme_day.line_topic", topic="学习 冬季保畅要求") in await chat.say(SECRETARY, "学习 冬季保畅要求")
    assert says(await chat.say(SECRETARY, "主题党日 计划 12月"), "theme_day.head", month=12)
    assert sentence("theme_day.line_topic", topic=sentence("theme_day.missing")) in chat.last[SECRETARY].text
    assert says(await chat.say(SECRETARY, "帮助"), "help.head")


async def test_a_stray_number_does_not_send_an_abandoned_draft(chat: Chat, clock: ShiftedClock) -> None:
    await chat.say(SECRETARY, "通知 写到一半的通知")
    await chat.say(SECRETARY, "投票 周末去哪里")
    await chat.say(SECRETARY, "城南/江边")
    assert not says(await chat.say(SECRETARY, "1"), "notices.sent")
    clock.set(clock.now() + timedelta(days=2))
    for said in ("1", "a", sentence("notices.do_send")):
        assert not says(await chat.say(SECRETARY, said), "notices.sent")
    assert await chat.inbox(MEMBERS[0]) == []


async def test_what_no_database_takes_is_left_out(chat: Chat) -> None:
    preview = await chat.say(SECRETARY, "通知 明天\x00开会\ud83d，请准时\x07。")
    assert "明天开会，请准时。" in preview


async def test_a_label_is_known_with_a_stop_behind_it(chat: Chat) -> None:
    await started_notice(chat)
    for who, typed in zip(MEMBERS, ("{}", "{}。", "{}！", " {}~ ", "{}!!"), strict=False):
        assert says(await chat.say(who, typed.format(sentence("receipts.got_it"))), "receipts.thanks")


async def test_a_label_can_be_typed(chat: Chat) -> None:
    await chat.say(SECRETARY, "表决 通过全年学习计划")
    await chat.tap(SECRETARY, "poll.deadline_hour")
    await chat.tap(SECRETARY, "poll.where_private")
    await chat.inbox(MEMBERS[0])
    assert says(await chat.say(MEMBERS[0], sentence("poll.motion_yes")), "poll.noted", chosen=sentence("poll.motion_yes"))


async def test_the_help_of_the_office_shows_what_it_may_do(chat: Chat) -> None:
    shown = await chat.say(OFFICE, "帮助")
    for phrase in ("通知", "绑定码", "通知情况"):
        assert says(shown, "help.line", phrase=phrase)
    assert not says(shown, "help.line", phrase="签到 开始")
