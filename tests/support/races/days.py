"""Theme days and records: planning, changing, writing down, signing."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec.structs import asdict

from bot.clock import SHANGHAI
from bot.rules.meeting import Duty
from bot.store import sign_in
from bot.store.core.statements import StoreSession
from bot.store.meetings import Meeting, MeetingState
from bot.store.records import MinutesRow
from tests.support.races import Line, Round, line
from tests.support.races.branches import Branch
from tests.support.races.members import Pair, left
from tests.support.shipped import START


async def planned(r: Round) -> None:
    """The secretary's plan of December with topic and place, which the secretary looks at."""
    await r.write(_planned, r, 12)
    await r.say("书", "主题党日 计划 12")


def _planned(session: StoreSession, r: Round, month: int) -> None:
    content = r.arena.apps[0].library.content
    agenda = [asdict(item) for item in content.agenda.fixed]
    session.add(
        Meeting(unit_id=r.branch.id, title="主题党日", topic=f"冬季保畅{r.branch.number}", place="三楼会议室",
                starts_at=datetime(2026, month, 5 if month == 11 else 4, 15, tzinfo=SHANGHAI), minutes=120,
                duties=[str(Duty.THEME_DAY)], agenda=agenda)
    )  # fmt: skip


@line("theme_day.plan")
async def a_month_planned_twice(r: Round) -> Pair:
    return r.says("书", "主题党日 计划 12"), r.says("副", "主题党日 计划 12")


@line("theme_day.set_topic")
async def a_topic_twice(r: Round) -> Pair:
    await r.say("书", "主题党日 计划 12")
    number = r.branch.number
    return r.says("书", f"冬季保畅{number}"), r.says("书", f"冬季安全{number}")


@line("theme_day.set_place")
async def a_place_twice(r: Round) -> Pair:
    await r.say("书", "主题党日 计划 12")
    await r.say("书", f"冬季保畅{r.branch.number}")
    return r.says("书", "三楼会议室"), r.says("书", "二楼会议室")


@line("theme_day.menu", "/theme-day")
async def announced_twice(r: Round) -> Pair:
    await planned(r)
    return r.taps("书", "theme_day.button_announce"), r.forms("副", "/theme-day", month="2026-12", do="announce")


@line("theme_day.set_bring", "theme_day.menu")
async def bring_and_announce(r: Round) -> Pair:
    await planned(r)
    shown = r.last["书"]
    await r.tap("书", "theme_day.button_bring", shown)
    return r.says("书", "笔记本"), r.taps("书", "theme_day.button_announce", shown)


@line("theme_day.items")
async def items_twice(r: Round) -> Pair:
    await planned(r)
    await r.tap("书", "theme_day.button_items")
    shown = r.last["书"]
    await r.tap("书", shown.choices[0].label, shown)
    return r.taps("书", "help.submit", shown), r.taps("书", "help.submit", shown)


@line("theme_day.set_item", "theme_day.items")
async def own_items_twice(r: Round) -> Pair:
    await planned(r)
    await r.tap("书", "theme_day.button_items")
    shown = r.last["书"]
    await r.tap("书", "theme_day.own_item", shown)
    await r.tap("书", "help.submit", shown)
    return r.says("书", "参观展览"), r.says("书", "义务劳动")


@line("theme_day.set_materials")
async def materials_twice(r: Round) -> Pair:
    await planned(r)
    await r.tap("书", "theme_day.button_materials")
    return r.says("书", "没有的材料"), r.says("书", "没有的材料")


@line("theme_day.move", "theme_day.rest_day")
async def moved_to_two_days(r: Round) -> Pair:
    await planned(r)
    await r.tap("书", "theme_day.button_announce")
    return r.says("书", "主题党日 改期 12月9日 防汛"), r.says("副", "主题党日 改期 12月10日 值班")


@line("theme_day.rest_day")
async def a_rest_day_answered_twice(r: Round) -> Pair:
    await planned(r)
    await r.say("书", "主题党日 改期 12月12日 值班")
    return r.taps("书", "theme_day.rest_day_yes"), r.taps("书", "theme_day.rest_day_no")


@line("theme_day.second")
async def a_second_session_twice(r: Round) -> Pair:
    await planned(r)
    return r.says("书", "主题党日 第二场 12月9日"), r.says("副", "主题党日 第二场 12月10日")


@line("theme_day.policy")
async def a_policy_twice(r: Round) -> Pair:
    return r.says("书", "主题党日 日子 每月10日"), r.says("副", "主题党日 日子 每月15日")


@line("theme_day.set_same_reason", "theme_day.menu")
async def a_reason_twice(r: Round) -> Pair:
    await r.write(_planned, r, 11)
    await planned(r)
    await r.tap("书", r.last["书"].choices[0].label)
    return r.says("书", "接着学上个月的"), r.says("书", "上个月人没有到齐")


@line("/theme-day")
async def a_day_made_twice_on_the_page(r: Round) -> Pair:
    page = "/theme-day"
    return r.forms("书", page, month="2026-12", do="make"), r.forms("副", page, month="2026-12", do="make")


def _held(session: StoreSession, unit_id: int) -> int:
    """A theme day of an hour ago with everything its minutes need but content, and a closed sign-in."""
    at = START - timedelta(hours=3)
    agenda = [{"kind": "oath", "title": "重温入党誓词", "minutes": 10, "required": True}]
    meeting = Meeting(unit_id=unit_id, title="会", topic="冬季", place="室", starts_at=at, state=MeetingState.ANNOUNCED,
                      duties=[str(Duty.THEME_DAY)], agenda=agenda)  # fmt: skip
    session.add(meeting)
    session.flush()
    ident = meeting.id or 0
    sign_in.start(session, ident, at, at + timedelta(hours=1))
    sign_in.close(session, ident, at + timedelta(hours=1))
    return ident


@line("records.show")
async def begun_twice(r: Round) -> Pair:
    await r.write(_held, r.branch.id)
    return r.says("记", "记录"), r.says("书", "记录")


@line("records.set_content")
async def content_twice(r: Round) -> Pair:
    await r.write(_held, r.branch.id)
    await r.say("记", "记录")
    await r.say("书", "记录")
    return r.says("记", "学习了党章第一章。"), r.says("书", "讨论了除雪安排。")


def _written(session: StoreSession, branch: Branch) -> int:
    """The minutes of a theme day, not signed yet."""
    meeting = _held(session, branch.id)
    session.add(
        MinutesRow(meeting_id=meeting, chair=branch.account("书"), recorder=branch.account("记"),
                   content="学习了党章第一章。")
    )  # fmt: skip
    return meeting


async def shown(r: Round) -> None:
    """Minutes that the recorder looks at."""
    await r.write(_written, r.branch)
    await r.say("记", "记录")


def _part(name: str, one: str, two: str) -> Line:
    async def twice(r: Round) -> Pair:
        await shown(r)
        await r.tap("记", f"records.button_{name}")
        return r.says("记", one), r.says("记", two)

    twice.__name__ = f"{name}_written_twice"
    return Line((f"records.set_{name}", "records.menu"), twice)


REWRITE = _part("rewrite", "学习了党章第二章。", "学习了党章第三章。")
DECISION = _part("decision", "同意修路方案", "同意除雪方案")
PEOPLE = _part("people", "主持人 记录人", "记录人 主持人")
PLACE = _part("place", "二楼会议室", "一楼会议室")
AGENDA = _part("agenda", "学习党章", "讨论除雪")
ATTACHMENT = _part("attachment", "签到表", "照片")


@line("records.set_kind", "records.menu")
async def a_kind_twice(r: Round) -> Pair:
    await shown(r)
    await r.tap("记", "records.button_kind")
    kinds = r.last["记"]
    await r.tap("记", kinds.choices[0].label, kinds)
    return r.taps("记", "help.submit", kinds), r.taps("记", "help.submit", kinds)


@line("records.sign", "records.sign_now", "/records/minutes/{meeting}")
async def signed_twice(r: Round) -> Pair:
    meeting = await r.write(_written, r.branch)
    await r.say("书", "记录 签字")
    return r.taps("书", "records.sign_yes"), r.forms("副", f"/records/minutes/{meeting}", do="sign")


@line("records.sign", "records.set_decision")
async def signed_while_it_is_written(r: Round) -> Pair:
    await shown(r)
    await r.tap("记", "records.button_decision")
    await r.say("书", "记录 签字")
    return r.taps("书", "records.sign_yes"), r.says("记", "同意修路方案")


@line("records.correct", "/records/minutes/{meeting}")
async def corrected_twice(r: Round) -> Pair:
    meeting = await r.write(_written, r.branch)
    await r.say("书", "记录 签字")
    await r.tap("书", "records.sign_yes")
    said = "地点：二楼 理由：写错了"
    return r.says("记", f"更正记录 {said}"), r.forms("书", f"/records/minutes/{meeting}", do="correct", correction=said)


@line("/attendance/{meeting}", "leave.decide")
async def a_leave_decided_on_the_page_and_in_the_chat(r: Round) -> Pair:
    from bot.store.leave import Leave

    asked = await left(r)
    meeting = await r.newest(Meeting)
    number = await r.newest(Leave, member_id=r.branch.people["甲"])
    return r.picks("书", asked, 0), r.forms("副", f"/attendance/{meeting}", do="refuse", id=str(number))


LINES = [one for one in globals().values() if isinstance(one, Line)]
