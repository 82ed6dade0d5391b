"""The theme day's form, without scripts. It is Monday 2026-11-02, 09:00."""

from __future__ import annotations

import html

from tests.support.cast import FERRY_SECRETARY, MEMBERS, OFFICE, SECRETARY
from tests.support.chat import Chat
from tests.support.meetings import day_shown
from tests.support.pages import Pages
from tests.support.wording import says, sentence

PAGE = "/theme-day?month=2026-12"
FORM = {
    "month": "2026-12", "topic": "冬季保畅", "place": "三楼会议室", "date": "2026-12-07", "time": "15:00",
    "items": ["走访慰问困难党员群众"], "own": "讨论除雪安排",
}  # fmt: skip


async def planned(pages: Pages) -> str:
    """The roads branch's December is planned; the branch's number."""
    page = await pages.enter(SECRETARY, PAGE)
    unit = page.text.split('name="unit" value="')[1].split('"')[0]
    await pages.send(page, "/theme-day", unit=unit, month="2026-12", do="make")
    return unit


async def test_a_day_is_planned_filled_in_and_announced(chat: Chat, pages: Pages) -> None:
    unit = await planned(pages)
    page = await pages.http.get(PAGE)
    assert day_shown(12, 7) in page.text
    page = await pages.send(page, "/theme-day", unit=unit, do="announce", **FORM)
    assert page.status_code == 200
    assert sentence("theme_day.page.state_announced") in page.text
    shown = await chat.say(MEMBERS[0], "主题党日")
    assert says(shown, "theme_day.item_timed", number=6, title="走访慰问困难党员群众")
    assert sentence("theme_day.item", number=7, title="讨论除雪安排") in shown
    again = await pages.send(page, "/theme-day", unit=unit, do="announce", **FORM)
    assert says(again.text, "theme_day.already_announced")


async def test_another_date_needs_a_reason_and_a_tick_for_a_rest_day(chat: Chat, pages: Pages) -> None:
    unit = await planned(pages)
    page = await pages.http.get(PAGE)
    for wrong, answer in (
        ({"date": "2026-12-08"}, sentence("theme_day.reason_needed")),
        ({"date": "2026-12-12", "reason": "志愿服务"}, sentence("theme_day.rest_day_tick")),
        ({"date": "2027-01-08", "reason": "值班"}, sentence("theme_day.outside_month", month=12)),
        ({"date": "2026-11-01", "reason": "值班"}, sentence("theme_day.past")),
        ({"topic": "机密★文件"}, sentence("theme_day.secret")),
        ({"materials": "没有的材料"}, sentence("theme_day.no_such_material", title="没有的材料")),
    ):  # fmt: skip
        refused = await pages.send(page, "/theme-day", unit=unit, do="save", **{**FORM, **wrong})
        assert refused.status_code == 403
        assert answer in html.unescape(refused.text)
    fields = {**FORM, "date": "2026-12-12", "reason": "志愿服务", "rest_day": "1"}
    page = await pages.send(page, "/theme-day", unit=unit, do="save", **fields)
    assert day_shown(12, 12) in page.text
    assert says(page.text, "theme_day.line_changed", nominal=day_shown(12, 5), reason="志愿服务")


async def test_a_repeated_topic_needs_a_word_before_it_is_announced(chat: Chat, pages: Pages) -> None:
    await chat.say(FERRY_SECRETARY, "主题党日 计划 12")
    await chat.say(FERRY_SECRETARY, "冬季保畅")
    unit = await planned(pages)
    page = await pages.http.get(PAGE)
    refused = await pages.send(page, "/theme-day", unit=unit, do="announce", **FORM)
    assert says(refused.text, "theme_day.same_needed")
    page = await pages.send(page, "/theme-day", unit=unit, do="save", **FORM)
    assert says(page.text, "theme_day.same_topic_branch", branch="渡运党支部")
    fields = {**FORM, "same_reason": "全局统一"}
    page = await pages.send(page, "/theme-day", unit=unit, do="announce", **fields)
    assert sentence("theme_day.page.state_announced") in page.text


async def test_only_the_own_branch(chat: Chat, pages: Pages) -> None:
    unit = await planned(pages)
    page = await pages.enter(FERRY_SECRETARY, "/theme-day")
    assert page.status_code == 200
    assert (await pages.http.get(f"/theme-day?unit={unit}")).status_code == 403
    assert (await pages.send(page, "/theme-day", unit=unit, do="announce", **FORM)).status_code == 403
    assert (await pages.http.post("/theme-day", data={"unit": unit, "do": "make"})).status_code == 403
    for who in (MEMBERS[0], OFFICE):
        assert (await pages.enter(who, "/theme-day")).status_code == 403
