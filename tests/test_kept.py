"""A form that was refused comes back as it was typed, with the reason, on every page where people type."""

from __future__ import annotations

import html

from tests.support.cast import DISCIPLINE, SECRETARY
from tests.support.chat import Chat
from tests.support.meetings import opened
from tests.support.pages import Pages
from tests.support.wording import says
from tests.test_rating_running import running
from tests.test_records import CONTENT, hold
from tests.test_theme_day_pages import FORM, PAGE, planned


async def refused(pages: Pages, path: str, key: str, /, **fields: str | list[str]) -> str:
    """Send a form of the page; the page that follows, which says why not and has all that was typed."""
    sent = await pages.send(await pages.http.get(path), path, **fields)
    text = html.unescape(sent.text)
    assert sent.status_code in (403, 422)
    assert says(text, key)
    for name, value in fields.items():
        for one in [value] if isinstance(value, str) else value:
            assert one in text, (path, name)
    return text


async def test_a_notice_comes_back(chat: Chat, pages: Pages) -> None:
    await pages.enter(SECRETARY, "/notices")
    new: dict[str, str | list[str]] = {"do": "new", "text": "长" * 3001}
    text = await refused(pages, "/notices", "notices.too_long", groups="1", at="2026-11-05T08:30", **new)
    boxes = {name: text.split(f'name="{name}"')[1].split(">")[0] for name in ("confirm", "groups")}
    assert "checked" not in boxes["confirm"]
    assert "checked" in boxes["groups"]
    await refused(pages, "/notices", "notices.secret", **new | {"text": "机密★文件"})


async def test_a_vote_comes_back(chat: Chat, pages: Pages) -> None:
    await pages.enter(SECRETARY, "/polls")
    said = {"do": "new", "kind": "vote", "title": "去哪里参观", "where": "private", "multiple": "1"}
    text = await refused(pages, "/polls", "poll.one_option", options="只有一个", closes="2026-11-05T08:30", **said)
    assert 'value="private" selected' in text
    await pages.enter(SECRETARY, "/quiz")
    await refused(pages, "/quiz", "quiz.how_many", action="draw", number="77")


async def test_minutes_come_back(chat: Chat, pages: Pages) -> None:
    await hold(chat)
    path = "/records/minutes/1"
    await pages.enter(DISCIPLINE, path)
    said = {"rewrite": CONTENT, "decision": "通过除雪方案 赞成3", "place": "三楼会议室"}
    await refused(pages, path, "records.secret", do="save", attachment="机密★附件", **said)


async def test_a_theme_day_comes_back(chat: Chat, pages: Pages) -> None:
    unit = await planned(pages)
    said = {**FORM, "unit": unit, "date": "2026-12-12", "reason": "志愿服务"}
    text = await refused(pages, PAGE, "theme_day.rest_day_tick", do="announce", **said)
    assert f'value="{FORM["items"][0]}" checked' in text


async def test_a_guest_of_a_meeting_comes_back(chat: Chat, pages: Pages) -> None:
    meeting = await opened(chat)
    path = f"/attendance/{meeting}"
    await pages.enter(SECRETARY, path)
    await refused(pages, path, "sign_in.observer_needed", do="observer", name="长" * 41)


async def test_a_day_or_time_that_cannot_be_read_takes_nothing_away(chat: Chat, pages: Pages) -> None:
    unit = await planned(pages)
    for wrong in ({"date": "12月8日"}, {"time": "三点"}, {"date": "", "time": "15:00"}):
        said = {**FORM, "unit": unit, **wrong, "place": "另一间会议室"}
        await refused(pages, PAGE, "theme_day.unclear_moment", do="save", **said)
    made = await running(chat)
    path = f"/ratings/{made.id}"
    await pages.enter(SECRETARY, path)
    closes_at = "2026-11-02T18:00"
    await pages.send(await pages.http.get(path), path, action="deadline", closes_at=closes_at)
    text = await refused(
        pages, path, "rating_console.setup.closes_unclear", action="deadline", closes_at="11月20日18点"
    )
    assert closes_at not in text
    assert closes_at in (await pages.http.get(path)).text


async def test_a_year_that_cannot_be_is_no_fault_of_the_program(chat: Chat, pages: Pages) -> None:
    await pages.enter(SECRETARY, "/theme-day")
    for month in ("9999-12", "0001-01"):
        assert (await pages.http.get(f"/theme-day?month={month}")).status_code == 403
    await refused(pages, "/elections/unit/2", "election.not_a_date", do="term", elected_on="0026-11-02", years="3")
