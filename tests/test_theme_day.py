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
from tests.support.meetings import day_shown, hours_shown
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
    assert hours_shown(11, 5) in asked
    assert "重温入党誓词" in asked
    assert asked.splitlines()[-1] == sentence("theme_day.ask_topic")
    assert (await chat.say(SECRETARY, "  冬季 保畅 ")).splitlines()[-1] == sentence("theme_day.ask_place")
    preview = await chat.say(SECRETARY, "三楼会议室")
    assert sentence("theme_day.line_topic", topic="冬季 保畅") in preview
    announced = await chat.tap(SECRETARY, "theme_day.button_announce")
    assert says(announced, "theme_day.announced", when=hours_shown(11, 5))
    shown = await chat.say(MEMBERS[0], "主题党日")
    assert "三楼会议室" in shown
    assert [choice.label for choice in chat.last[MEMBERS[0]].choices] == ["请假"]
    assert "三楼会议室" in await chat.say(MEMBERS[0], "主题党日", group=ROADS)
    assert not chat.last[MEMBERS[0]].choices


async def test_before_it_is_announced_members_see_the_date_only(chat: Chat) -> None:
    assert says(await chat.say(MEMBERS[0], "主题党日"), "theme_day.none_yet")
    await plan(chat, "11")
    shown = await chat.say(MEMBERS[0], "主题党日")
    assert says(shown, "theme_day.only_planned", day=day_shown(11, 5))
    assert "保畅" not in shown


async def test_variable_items_come_after_the_fixed_ones(chat: Chat) -> None:
    await plan(chat)
    await chat.tap(SECRETARY, "theme_day.button_items")
    await chat.tap(SECRETARY, "走访慰问")
    await chat.tap(SECRETARY, "theme_day.own_item")
    assert says(await chat.tap(SECRETARY, "help.submit"), "theme_day.ask_item")
    preview = await chat.say(SECRETARY, "讨论除雪安排")
    assert says(preview, "theme_day.item_timed", number=5, title="党务公开")
    assert "到公路、站场、渡口现场办公" not in preview
    assert sentence("theme_day.item_timed", number=6, title="走访慰问困难党员群众", minutes=60) in preview
    assert sentence("theme_day.item", number=7, title="讨论除雪安排") in preview
    await chat.tap(SECRETARY, "theme_day.button_items")
    await chat.tap(SECRETARY, "theme_day.no_items")
    assert "走访" not in await chat.tap(SECRETARY, "help.submit")


async def test_months_that_cannot_be_planned(chat: Chat) -> None:
    for month, answer in (
        ("2026-10", "theme_day.past_month"), ("13", "theme_day.no_month"), ("每月", "theme_day.no_month"),
        ("2028-1", "theme_day.too_far"),
    ):
        assert says(await chat.say(SECRETARY, f"主题党日 计划 {month}"), answer)
        assert says(await chat.say(MEMBERS[0], "主题党日"), "theme_day.none_yet")


async def test_a_year_without_a_notice_is_provisional(chat: Chat) -> None:
    assert says(await chat.say(SECRETARY, "主题党日 计划 2027-1"), "theme_day.line_provisional")
    assert not says(await chat.say(SECRETARY, "主题党日 计划 12"), "theme_day.line_provisional")


async def test_a_rest_day_moves_inside_the_month_and_stays_visible(chat: Chat) -> None:
    await chat.say(SECRETARY, "主题党日 日子 每月5日")
    shown = await chat.say(SECRETARY, "主题党日 计划 12")
    assert day_shown(12, 7) in shown
    assert says(shown, "theme_day.line_moved", nominal=day_shown(12, 5))


async def test_only_the_own_branch_is_planned(chat: Chat) -> None:
    assert says(await chat.say(MEMBERS[0], "主题党日 计划"), "help.only_secretary")
    await plan(chat)
    menu = chat.last[SECRETARY]
    assert says(await chat.tap(FERRY_SECRETARY, "theme_day.button_topic", menu), "help.stale_button")
    assert says(await chat.say(FERRY_SECRETARY, f"主题党日 计划 {ROADS} 12"), "help.not_yours")
    assert says(await chat.say(FERRY_SECRETARY, f"主题党日 日子 {ROADS} 每月9日"), "help.not_yours")
    assert says(await chat.tap(FERRY_MEMBER, "theme_day.button_announce", menu), "help.stale_button")


async def test_it_is_announced_once(chat: Chat) -> None:
    await plan(chat)
    menu = chat.last[SECRETARY]
    assert says(await chat.tap(SECRETARY, "theme_day.button_announce", menu), "theme_day.announced")
    assert says(await chat.tap(SECRETARY, "theme_day.button_announce", menu), "theme_day.already_announced")


@pytest.mark.parametrize("topic", ["学习秘密★10年文件", "内部资料，注意保存", "联系 110101199003070038"])
async def test_a_topic_with_marks_is_refused_and_not_stored(chat: Chat, topic: str) -> None:
    await chat.say(SECRETARY, "主题党日 计划")
    assert says(await chat.say(SECRETARY, topic), "theme_day.secret")
    shown = await chat.say(SECRETARY, "主题党日 计划")
    assert says(shown, "theme_day.line_topic", topic=sentence("theme_day.missing"))


async def test_a_topic_has_a_limit(chat: Chat) -> None:
    await chat.say(SECRETARY, "主题党日 计划")
    assert says(await chat.say(SECRETARY, "长" * 61), "theme_day.too_long", limit=60)
    assert says(await chat.say(SECRETARY, "长" * 60), "theme_day.ask_place")


async def test_materials_are_named_by_their_titles(chat: Chat) -> None:
    await chat.app.store.write(
        study.import_materials, [material("党章第一章"), material("党章第二章")], at(11, 2)
    )
    await plan(chat)
    assert says(await chat.tap(SECRETARY, "theme_day.button_materials"), "theme_day.ask_materials")
    assert says(await chat.say(SECRETARY, "不存在的材料"), "theme_day.no_such_material")
    assert says(await chat.say(SECRETARY, "党章"), "theme_day.which_material")
    titles = sentence("theme_day.comma").join(["党章第一章", "党章第二章"])
    shown = await chat.say(SECRETARY, "党章第一章\n党章第二章")
    assert says(shown, "theme_day.line_materials", titles=titles)
    await chat.tap(SECRETARY, "theme_day.button_materials")
    shown = await chat.say(SECRETARY, sentence("theme_day.no_materials"))
    assert not says(shown, "theme_day.line_materials")


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
    assert not warned(preview)
    assert says(await chat.tap(SECRETARY, "theme_day.button_announce"), "theme_day.announced")


async def test_last_months_topic_is_warned_about(chat: Chat) -> None:
    await announce(chat, month="11", topic="冬季保畅")
    assert says(await plan(chat, month="12", topic="冬季保畅"), "theme_day.same_topic_before")
    await chat.tap(SECRETARY, "theme_day.button_topic")
    assert not warned(await chat.say(SECRETARY, "冬季安全生产"))


def warned(shown: str) -> bool:
    """Whether something is said to be the same as elsewhere."""
    return any(
        says(shown, f"theme_day.same_{what}_before") or says(shown, f"theme_day.same_{what}_branch")
        for what in ("topic", "materials")
    )


async def test_another_date_keeps_the_nominal_one_and_the_reason(chat: Chat) -> None:
    await plan(chat, month="11")
    moved = await chat.say(SECRETARY, "主题党日 改期 11-12 9:30 防汛值班")
    assert says(moved, "theme_day.when", day=day_shown(11, 12), start="09:30")
    assert says(moved, "theme_day.line_changed", nominal=day_shown(11, 5), reason="防汛值班")


async def test_moves_that_are_refused(chat: Chat) -> None:
    await plan(chat, month="11")
    for said, answer in (
        ("", sentence("theme_day.how_move")), ("11-12", sentence("theme_day.reason_needed")),
        ("某天 值班", sentence("theme_day.no_date")), ("2-30 值班", sentence("theme_day.no_date")),
        ("12-3 值班", sentence("theme_day.outside_month", month=11)), ("10-30 值班", sentence("theme_day.past")),
        ("11-5 值班", sentence("theme_day.same_date")), ("11-12 秘密★会议", sentence("theme_day.secret")),
    ):
        assert answer in await chat.say(SECRETARY, f"主题党日 改期 {said}".strip())
        assert day_shown(11, 5) in await chat.say(SECRETARY, "主题党日 计划")


async def test_nothing_to_move(chat: Chat) -> None:
    assert says(await chat.say(SECRETARY, "主题党日 改期 11-12 值班"), "theme_day.none_planned")


async def test_a_rest_day_is_asked_about(chat: Chat) -> None:
    await plan(chat, month="11")
    assert says(await chat.say(SECRETARY, "主题党日 改期 11-14 志愿服务"), "theme_day.ask_rest_day", day=day_shown(11, 14))
    assert says(await chat.tap(SECRETARY, "theme_day.rest_day_no"), "theme_day.not_moved")
    await chat.say(SECRETARY, "主题党日 改期 11-14 志愿服务")
    asked = chat.last[SECRETARY]
    assert says(await chat.tap(FERRY_SECRETARY, "theme_day.rest_day_yes", asked), "help.stale_button")
    assert day_shown(11, 14) in await chat.tap(SECRETARY, "theme_day.rest_day_yes", asked)
    assert says(await chat.tap(SECRETARY, "theme_day.rest_day_yes", asked), "help.stale_button")


async def test_policies(chat: Chat) -> None:
    assert sentence("theme_day.policy_day", number=5) in await chat.say(SECRETARY, "主题党日 日子")
    await plan(chat, month="12")
    answer = await chat.say(SECRETARY, "主题党日 日子 第二个星期五")
    friday = sentence("theme_day.weekdays")[4]
    assert sentence("theme_day.policy_nth", number=2, weekday=friday) in answer
    assert says(answer, "theme_day.policy_moved", month=12, day=day_shown(12, 11))
    assert says(await chat.say(SECRETARY, "主题党日 日子 星期天吧"), "theme_day.how_policy")
    assert says(await chat.say(OFFICE, "主题党日 日子 最后一个星期五"), "theme_day.name_branch")
    answer = await chat.say(OFFICE, f"主题党日 日子 {ROADS} 最后一个星期五")
    assert sentence("theme_day.policy_last", weekday=friday) in answer
    assert day_shown(12, 25) in await chat.say(SECRETARY, "主题党日 计划 12")


async def test_reminders_go_out_in_their_order_and_once(chat: Chat) -> None:
    await announce(chat)  # 2026-12-07, a Monday
    await chat.go_to(at(12, 1))
    assert not await chat.inbox(MEMBERS[0])
    await chat.go_to(at(12, 2))
    await chat.go_to(at(12, 3))
    notices = await chat.inbox(MEMBERS[0])
    assert len(notices) == 1
    assert "三楼会议室" in notices[0].text
    assert notices[0].choices[0].label == "请假"
    await chat.go_to(at(12, 4))
    assert says((await chat.inbox(MEMBERS[0]))[-1].text, "theme_day.remind_short")
    assert len(await chat.inbox(MEMBERS[0])) == len(await chat.inbox(EXEMPT)) + 1
    assert not await chat.inbox(FERRY_MEMBER)
    await chat.go_to(at(12, 8))
    assert says((await chat.inbox(PUBLICITY))[-1].text, "theme_day.remind_record", until=day_shown(12, 10))
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
    told = [one.text for one in await chat.inbox(ORGANIZER) if says(one.text, "theme_day.remind_make_up")]
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
    _, changed, reminder = [one.text for one in await chat.inbox(MEMBERS[0])]
    assert says(changed, "theme_day.changed_notice")
    assert says(reminder, "theme_day.remind_short")


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
    assert day_shown(12, 10) in await chat.say(MEMBERS[0], "主题党日")
    await chat.go_to(at(12, 11))
    assert day_shown(1, 11, 2027) in await chat.say(MEMBERS[0], "主题党日")
    await chat.go_to(datetime(2027, 1, 1, 8, 31, tzinfo=SHANGHAI))
    await chat.go_to(datetime(2027, 1, 13, 9, 0, tzinfo=SHANGHAI))
    assert day_shown(2, 10, 2027) in await chat.say(MEMBERS[0], "主题党日")


async def test_a_second_session_is_part_of_the_same_event(chat: Chat) -> None:
    await plan(chat, month="11")
    assert says(await chat.say(SECRETARY, "主题党日 第二场"), "theme_day.how_second")
    assert says(await chat.say(SECRETARY, "主题党日 第二场 12-6 15:00"), "theme_day.outside_month", month=11)
    shown = await chat.say(SECRETARY, "主题党日 第二场 11-06 15:00")
    assert says(shown, "theme_day.line_second", when=hours_shown(11, 6))
    await chat.say(SECRETARY, "主题党日 计划")
    await chat.tap(SECRETARY, "theme_day.button_announce")
    await chat.go_to(at(11, 5, 18))
    assert says(await chat.say(MEMBERS[0], "主题党日"), "theme_day.line_second")
    await chat.go_to(at(11, 6, 9))
    assert not [one for one in await chat.inbox(PUBLICITY) if says(one.text, "theme_day.remind_record")]
    await chat.go_to(at(11, 9))
    until = day_shown(11, 11)
    assert [one for one in await chat.inbox(PUBLICITY) if says(one.text, "theme_day.remind_record", until=until)]


async def test_a_second_session_that_was_held_stays_where_it_is(chat: Chat) -> None:
    await plan(chat, month="11")
    await chat.say(SECRETARY, "主题党日 第二场 11-03 15:00")
    assert day_shown(11, 4) in await chat.say(SECRETARY, "主题党日 第二场 11-04 15:00")
    await chat.go_to(at(11, 4, 14, 45))
    await chat.say(SECRETARY, "签到 开始")
    assert says(await chat.say(SECRETARY, "主题党日 第二场 11-06 15:00"), "theme_day.second_begun")
    await chat.go_to(at(11, 4, 19))
    refused = await chat.say(SECRETARY, "主题党日 第二场 11-06 15:00")
    assert says(refused, "theme_day.second_begun", when=hours_shown(11, 4))
    assert says(await chat.say(SECRETARY, "主题党日 计划"), "theme_day.line_second", when=hours_shown(11, 4))


async def test_a_late_start_still_finds_a_day_in_the_month(chat: Chat) -> None:
    await chat.go_to(at(11, 17))
    shown = await chat.say(ORGANIZER, "主题党日 计划")
    assert says(shown, "help.only_secretary")
    shown = await chat.say(SECRETARY, "主题党日 计划")
    assert day_shown(11, 18) in shown
    assert says(shown, "theme_day.line_passed", nominal=day_shown(11, 5))
    assert not says(shown, "theme_day.line_moved")
