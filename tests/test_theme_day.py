"""Conversations about the theme day: said -> answered. It is Monday 2026-11-02, 09:00."""

from __future__ import annotations

from datetime import datetime

import pytest

from bot.clock import SHANGHAI
from bot.store import study
from tests.support.cast import (
    DISCIPLINE,
    EXEMPT,
    FERRY_MEMBER,
    FERRY_SECRETARY,
    MEMBERS,
    OFFICE,
    ORGANIZER,
    PUBLICITY,
    ROADS,
    SECRETARY,
)
from tests.support.chat import Chat
from tests.support.wording import says, sentence


def at(month: int, day: int, hour: int = 9, minute: int = 1) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=SHANGHAI)


async def plan(chat: Chat, month: str = "12", topic: str = "冬季保畅", who: str = SECRETARY) -> str:
    """Plan a month up to the preview; the preview's text."""
    await chat.say(who, f"主题党日 计划 {month}")
    await chat.say(who, topic)
    return await chat.say(who, "三楼会议室")


async def announce(chat: Chat, month: str = "12", topic: str = "冬季保畅", who: str = SECRETARY) -> str:
    await plan(chat, month, topic, who)
    return await chat.tap(who, "theme_day.button_announce")


async def test_plan_preview_announce(chat: Chat) -> None:
    asked = await chat.say(SECRETARY, "主题党日 计划")
    assert sentence("theme_day.when", day=sentence("theme_day.day", weekday="四", month=11, day=5), start="15:00", end="17:00") in asked
    assert says(asked, "theme_day.item_timed")
    assert says(asked.splitlines()[-1], "theme_day.head")
    assert says((await chat.say(SECRETARY, "  冬季 保畅 ")).splitlines()[-1], "theme_day.line_place")
    preview = await chat.say(SECRETARY, "三楼会议室")
    assert sentence("theme_day.line_topic", topic="冬季 保畅") in preview
    assert says(await chat.tap(SECRETARY, "theme_day.button_announce"), "theme_day.announced")
    shown = await chat.say(MEMBERS[0], "主题党日")
    assert "三楼会议室" in shown
    assert [choice.label for choice in chat.last[MEMBERS[0]].choices] == ["请假"]
    assert "三楼会议室" in await chat.say(MEMBERS[0], "主题党日", group=ROADS)
    assert not chat.last[MEMBERS[0]].choices


async def test_before_it_is_announced_members_see_the_date_only(chat: Chat) -> None:
    assert says(await chat.say(MEMBERS[0], "主题党日"), "theme_day.none_yet")
    await plan(chat, "11")
    shown = await chat.say(MEMBERS[0], "主题党日")
    assert says(shown, "theme_day.only_planned")
    assert not says(shown, "theme_day.line_topic")


async def test_variable_items_come_after_the_fixed_ones(chat: Chat) -> None:
    await plan(chat)
    await chat.tap(SECRETARY, "theme_day.button_items")
    await chat.tap(SECRETARY, "走访慰问")
    await chat.tap(SECRETARY, "theme_day.own_item")
    assert says(await chat.tap(SECRETARY, "help.submit"), "theme_day.ask_item")
    preview = await chat.say(SECRETARY, "讨论除雪安排")
    assert says(preview, "theme_day.item_timed", number=5, title="党务公开")
    assert "6. 到" not in preview
    assert sentence("theme_day.item_timed", number=6, title="走访慰问困难党员群众", minutes=60) in preview
    assert sentence("theme_day.item", number=7, title="讨论除雪安排") in preview
    await chat.tap(SECRETARY, "theme_day.button_items")
    await chat.tap(SECRETARY, "theme_day.no_items")
    assert not says(await chat.tap(SECRETARY, "help.submit"), "theme_day.item_timed")


@pytest.mark.parametrize("month", ["2026-10", "13", "每月", "2028-1"])
async def test_months_that_cannot_be_planned(chat: Chat, month: str) -> None:
    answer = await chat.say(SECRETARY, f"主题党日 计划 {month}")
    assert any(hint in answer for hint in ("12月", "近一些"))
    assert says(await chat.say(MEMBERS[0], "主题党日"), "theme_day.none_yet")


async def test_a_year_without_a_notice_is_provisional(chat: Chat) -> None:
    assert says(await chat.say(SECRETARY, "主题党日 计划 2027-1"), "theme_day.line_provisional")
    assert not says(await chat.say(SECRETARY, "主题党日 计划 12"), "theme_day.line_provisional")


async def test_a_rest_day_moves_inside_the_month_and_stays_visible(chat: Chat) -> None:
    await chat.say(SECRETARY, "主题党日 日子 每月5日")
    shown = await chat.say(SECRETARY, "主题党日 计划 12")
    assert sentence("theme_day.day", month=12, day=7, weekday="一") in shown
    assert says(shown, "theme_day.line_moved", nominal=sentence("theme_day.day", weekday="六", month=12, day=5))


async def test_only_the_own_branch_is_planned(chat: Chat) -> None:
    assert says(await chat.say(MEMBERS[0], "主题党日 计划"), "help.only_secretary")
    await plan(chat)
    menu = chat.last[SECRETARY]
    assert says(await chat.tap(FERRY_SECRETARY, "theme_day.button_topic", menu), "help.not_yours")
    assert says(await chat.say(FERRY_SECRETARY, f"主题党日 计划 {ROADS} 12"), "help.not_yours")
    assert says(await chat.say(FERRY_SECRETARY, f"主题党日 日子 {ROADS} 每月9日"), "help.not_yours")
    assert says(await chat.tap(FERRY_MEMBER, "theme_day.button_announce", menu), "help.only_secretary")


async def test_it_is_announced_once(chat: Chat) -> None:
    await plan(chat)
    menu = chat.last[SECRETARY]
    assert says(await chat.tap(SECRETARY, "theme_day.button_announce", menu), "theme_day.announced")
    assert says(await chat.tap(SECRETARY, "theme_day.button_announce", menu), "theme_day.already_announced")


@pytest.mark.parametrize("topic", ["学习秘密★10年文件", "内部资料，注意保存", "联系 110101199003070038"])
async def test_a_topic_with_marks_is_refused_and_not_stored(chat: Chat, topic: str) -> None:
    await chat.say(SECRETARY, "主题党日 计划")
    assert says(await chat.say(SECRETARY, topic), "theme_day.secret")
    assert sentence("theme_day.line_topic", topic=sentence("theme_day.missing")) in await chat.say(SECRETARY, "主题党日 计划")


async def test_a_topic_has_a_limit(chat: Chat) -> None:
    await chat.say(SECRETARY, "主题党日 计划")
    assert says(await chat.say(SECRETARY, "长" * 61), "theme_day.too_long", limit=60)
    assert says(await chat.say(SECRETARY, "长" * 60), "theme_day.line_place")


async def test_materials_are_named_by_their_titles(chat: Chat) -> None:
    await chat.app.store.write(
        study.import_materials, [material("党章第一章"), material("党章第二章")], at(11, 2)
    )
    await plan(chat)
    assert says(await chat.tap(SECRETARY, "theme_day.button_materials"), "theme_day.ask_materials")
    assert says(await chat.say(SECRETARY, "不存在的材料"), "theme_day.no_such_material")
    assert says(await chat.say(SECRETARY, "党章"), "theme_day.which_material")
    assert sentence("theme_day.line_materials", titles="党章第一章、党章第二章") in await chat.say(SECRETARY, "党章第一章\n党章第二章")
    await chat.tap(SECRETARY, "theme_day.button_materials")
    assert not says(await chat.say(SECRETARY, "无"), "theme_day.line_materials")


def material(title: str) -> study.NewMaterial:
    return study.NewMaterial(
        title,
        title,
        "共产党员网",
        "",
        ORGANIZER,
        (SECRETARY, ORGANIZER),
        "可公开",
        (),
        (),
        f"# {title}",
        title,
    )


async def test_the_same_topic_as_another_branch_is_warned_about_and_may_be_kept(chat: Chat) -> None:
    await announce(chat, topic="交通安全学习", who=FERRY_SECRETARY)
    assert says(await plan(chat, topic="交通 安全学习！"), "theme_day.same_topic_branch", branch="渡运党支部")
    assert says(await chat.tap(SECRETARY, "theme_day.button_same"), "theme_day.ask_same_reason")
    preview = await chat.say(SECRETARY, "按局党委统一安排")
    assert not says(preview, "theme_day.same_topic_branch")
    assert says(await chat.tap(SECRETARY, "theme_day.button_announce"), "theme_day.announced")


async def test_last_months_topic_is_warned_about(chat: Chat) -> None:
    await announce(chat, month="11", topic="冬季保畅")
    assert says(await plan(chat, month="12", topic="冬季保畅"), "theme_day.same_topic_before")
    await chat.tap(SECRETARY, "theme_day.button_topic")
    assert not says(await chat.say(SECRETARY, "冬季安全生产"), "theme_day.same_topic_before")


async def test_another_date_keeps_the_nominal_one_and_the_reason(chat: Chat) -> None:
    await plan(chat, month="11")
    moved = await chat.say(SECRETARY, "主题党日 改期 11-12 9:30 防汛值班")
    assert says(moved, "theme_day.moved")
    assert says(moved, "theme_day.moved")


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("", "新日子"), ("11-12", "原因"), ("某天 值班", "没看懂日期"), ("2-30 值班", "没看懂日期"), ("12-3 值班", "只能改在11月"),
        ("10-30 值班", "已经过了"), ("11-5 值班", "不用改"), ("11-12 秘密★会议", "没有保存"),
    ],
)  # fmt: skip
async def test_moves_that_are_refused(chat: Chat, said: str, answer: str) -> None:
    await plan(chat, month="11")
    assert answer in await chat.say(SECRETARY, f"主题党日 改期 {said}".strip())
    assert sentence("theme_day.day", month=11, day=5, weekday="四") in await chat.say(SECRETARY, "主题党日 计划")


async def test_nothing_to_move(chat: Chat) -> None:
    assert says(await chat.say(SECRETARY, "主题党日 改期 11-12 值班"), "theme_day.none_planned")


async def test_a_rest_day_is_asked_about(chat: Chat) -> None:
    await plan(chat, month="11")
    assert says(await chat.say(SECRETARY, "主题党日 改期 11-14 志愿服务"), "theme_day.ask_rest_day")
    assert says(await chat.tap(SECRETARY, "theme_day.rest_day_no"), "theme_day.not_moved")
    await chat.say(SECRETARY, "主题党日 改期 11-14 志愿服务")
    asked = chat.last[SECRETARY]
    assert says(await chat.tap(FERRY_SECRETARY, "theme_day.rest_day_yes", asked), "help.not_yours")
    assert sentence("theme_day.day", month=11, day=14, weekday="六") in await chat.tap(SECRETARY, "theme_day.rest_day_yes", asked)
    assert says(await chat.tap(SECRETARY, "theme_day.rest_day_yes", asked), "help.stale_button")


async def test_policies(chat: Chat) -> None:
    assert sentence("theme_day.policy_day", number=5) in await chat.say(SECRETARY, "主题党日 日子")
    await plan(chat, month="12")
    answer = await chat.say(SECRETARY, "主题党日 日子 第二个星期五")
    assert sentence("theme_day.policy_nth", number=2, weekday="五") in answer
    assert says(answer, "theme_day.policy_moved")
    assert says(await chat.say(SECRETARY, "主题党日 日子 星期天吧"), "theme_day.how_policy")
    assert says(await chat.say(OFFICE, "主题党日 日子 最后一个星期五"), "theme_day.name_branch")
    assert says(await chat.say(OFFICE, f"主题党日 日子 {ROADS} 最后一个星期五"), "theme_day.policy_last", weekday="五")
    assert says(await chat.say(SECRETARY, "主题党日 计划 12"), "theme_day.policy_moved")


async def test_reminders_go_out_in_their_order_and_once(chat: Chat) -> None:
    await announce(chat)  # 2026-12-07, a Monday
    await chat.go_to(at(12, 1))
    assert not [one for one in await chat.inbox(MEMBERS[0]) if "主题党日" in one.text]
    await chat.go_to(at(12, 2))
    await chat.go_to(at(12, 3))
    notices = [one for one in await chat.inbox(MEMBERS[0]) if "主题党日" in one.text]
    assert len(notices) == 1
    assert "三楼会议室" in notices[0].text
    assert notices[0].choices[0].label == "请假"
    await chat.go_to(at(12, 4))
    assert says((await chat.inbox(MEMBERS[0]))[-1].text, "theme_day.remind_short")
    assert len(await chat.inbox(MEMBERS[0])) == len(await chat.inbox(EXEMPT)) + 1
    assert not await chat.inbox(FERRY_MEMBER)
    await chat.go_to(at(12, 8))
    assert says((await chat.inbox(PUBLICITY))[-1].text, "theme_day.remind_record")
    assert not [one for one in await chat.inbox(SECRETARY) if says(one.text, "theme_day.remind_record")]


@pytest.mark.parametrize("signed_in", [True, False])
async def test_make_ups_are_counted_where_there_was_a_sign_in(chat: Chat, signed_in: bool) -> None:
    await announce(chat)  # 2026-12-07, 15:00
    await chat.go_to(at(12, 7, 14, 50))
    if signed_in:
        await chat.say(SECRETARY, "签到 开始")
        for name in MEMBERS:
            assert says(await chat.say(SECRETARY, f"代签 {name}"), "sign_in.on_behalf")
    await chat.go_to(at(12, 10))
    told = [one.text for one in await chat.inbox(ORGANIZER) if "没有补课" in one.text]
    assert len(told) == signed_in
    assert all(says(text, "theme_day.remind_make_up", count=5) for text in told)


async def test_a_moved_day_takes_its_reminders_along(chat: Chat) -> None:
    await announce(chat)
    await chat.say(SECRETARY, "主题党日 改期 12-15 检查")
    await chat.go_to(at(12, 4))
    assert not await chat.inbox(MEMBERS[0])
    await chat.go_to(at(12, 10))
    assert len(await chat.inbox(MEMBERS[0])) == 1
    told = await chat.say(SECRETARY, "主题党日 改期 12-16 检查顺延")
    assert says(told, "theme_day.moved_told")
    await chat.go_to(at(12, 15))
    texts = [one.text for one in await chat.inbox(MEMBERS[0])]
    assert [text[:6] for text in texts[1:]] == ["主题党日有变", "提醒：主题党"]


async def test_an_announcement_at_short_notice_is_told_at_once_and_not_twice_a_day(chat: Chat) -> None:
    await chat.go_to(at(11, 4, 8, 30))
    await announce(chat, month="11")
    await chat.go_to(at(11, 4, 8, 32))
    await chat.go_to(at(11, 4, 9, 5))
    assert len(await chat.inbox(MEMBERS[0])) == 1


async def test_an_open_topic_goes_to_the_committee_and_an_unannounced_day_to_the_secretary(
    chat: Chat,
) -> None:
    await chat.say(SECRETARY, "主题党日 计划 12")
    await chat.go_to(at(11, 26))
    assert says((await chat.inbox(DISCIPLINE))[-1].text, "theme_day.remind_topic")
    assert not await chat.inbox(MEMBERS[0])
    await chat.go_to(at(12, 2))
    assert says((await chat.inbox(SECRETARY))[-1].text, "theme_day.remind_announce")
    assert not await chat.inbox(MEMBERS[0])
    await announce(chat)
    await chat.go_to(at(12, 2, 10))
    assert len(await chat.inbox(MEMBERS[0])) == 1


async def test_the_first_of_a_month_plans_the_next(chat: Chat) -> None:
    await chat.say(SECRETARY, "主题党日 日子 每月10日")
    await chat.go_to(at(12, 1, 8, 31))
    assert says(await chat.say(MEMBERS[0], "主题党日"), "theme_day.day", month=12, day=10)
    await chat.go_to(at(12, 11))
    assert says(await chat.say(MEMBERS[0], "主题党日"), "theme_day.day", month=1, day=11)
    await chat.go_to(datetime(2027, 1, 1, 8, 31, tzinfo=SHANGHAI))
    await chat.go_to(datetime(2027, 1, 13, 9, 0, tzinfo=SHANGHAI))
    assert says(await chat.say(MEMBERS[0], "主题党日"), "theme_day.day", month=2, day=10)


async def test_a_second_session_is_part_of_the_same_event(chat: Chat) -> None:
    await plan(chat, month="11")
    assert "11-06" in await chat.say(SECRETARY, "主题党日 第二场")
    assert says(await chat.say(SECRETARY, "主题党日 第二场 12-6 15:00"), "theme_day.outside_month", month=11)
    shown = await chat.say(SECRETARY, "主题党日 第二场 11-06 15:00")
    assert says(shown, "theme_day.second_set")
    await chat.say(SECRETARY, "主题党日 计划")
    await chat.tap(SECRETARY, "theme_day.button_announce")
    await chat.go_to(at(11, 5, 18))
    assert says(await chat.say(MEMBERS[0], "主题党日"), "theme_day.line_second")
    await chat.go_to(at(11, 6, 9))
    assert not [one for one in await chat.inbox(PUBLICITY) if "会议记录请" in one.text]
    await chat.go_to(at(11, 9))
    assert [one for one in await chat.inbox(PUBLICITY) if says(one.text, "theme_day.remind_record")]


async def test_a_second_session_that_was_held_stays_where_it_is(chat: Chat) -> None:
    await plan(chat, month="11")
    await chat.say(SECRETARY, "主题党日 第二场 11-03 15:00")
    assert says(await chat.say(SECRETARY, "主题党日 第二场 11-04 15:00"), "theme_day.day", month=11, day=4)
    await chat.go_to(at(11, 4, 14, 45))
    await chat.say(SECRETARY, "签到 开始")
    assert says(await chat.say(SECRETARY, "主题党日 第二场 11-06 15:00"), "theme_day.second_begun")
    await chat.go_to(at(11, 4, 19))
    assert says(await chat.say(SECRETARY, "主题党日 第二场 11-06 15:00"), "theme_day.second_begun")
    assert says(await chat.say(SECRETARY, "主题党日 计划"), "theme_day.line_second")


async def test_a_late_start_still_finds_a_day_in_the_month(chat: Chat) -> None:
    await chat.go_to(at(11, 17))
    shown = await chat.say(ORGANIZER, "主题党日 计划")
    assert says(shown, "help.only_secretary")
    shown = await chat.say(SECRETARY, "主题党日 计划")
    assert says(shown, "theme_day.line_when")
    assert says(shown, "theme_day.line_passed", nominal=sentence("theme_day.day", weekday="四", month=11, day=5))
    assert "不是工作日" not in shown
