"""What secretaries, the committee and the office do in the chat."""

from __future__ import annotations

from datetime import timedelta

from bot.store import study
from bot.store.core.statements import StoreSession
from bot.store.meetings import Meeting, MeetingState
from bot.store.poll import PollKind
from bot.store.study import NewMaterial
from tests.support.races import Line, Round, line
from tests.support.races.members import Pair, held, managed, missed, polled
from tests.support.shipped import START


@line("poll.start", "poll.title")
async def title_twice(r: Round) -> Pair:
    await r.say("书", "投票")
    return r.says("书", "去哪里植树"), r.says("书", "哪天植树好")


@line("poll.options")
async def options_twice(r: Round) -> Pair:
    await r.say("书", "投票 去哪里")
    return r.says("书", "苗圃 / 江边"), r.says("书", "苗圃 / 东山 / 江边")


@line("poll.kind")
async def kind_twice(r: Round) -> Pair:
    await r.say("书", "投票 去哪里")
    await r.say("书", "苗圃 / 江边")
    return r.taps("书", "poll.kind_single"), r.taps("书", "poll.kind_multiple")


@line("poll.deadline", "poll.motion", "poll.entries")
async def deadline_twice(r: Round) -> Pair:
    await r.say("书", "表决 同意修路方案")
    return r.taps("书", "poll.deadline_hour"), r.taps("书", "poll.deadline_tomorrow")


@line("poll.typed_deadline")
async def typed_deadline_twice(r: Round) -> Pair:
    await r.say("书", "接龙 谁带工具")
    await r.tap("书", "poll.deadline_typed")
    return r.says("书", "明天12点"), r.says("书", "明天15点")


@line("poll.where")
async def published_twice(r: Round) -> Pair:
    await r.say("书", "表决 同意修路方案")
    await r.tap("书", "poll.deadline_hour")
    return r.taps("书", "poll.where_both"), r.taps("书", "poll.where_private")


@line("poll.where")
async def published_and_dropped(r: Round) -> Pair:
    await r.say("书", "表决 同意修路方案")
    await r.tap("书", "poll.deadline_hour")
    return r.taps("书", "poll.where_both"), r.taps("书", "poll.where_none")


@line("poll.manage")
async def ended_and_chased(r: Round) -> Pair:
    asked = await managed(r, await polled(r, PollKind.MOTION))
    return r.picks("书", asked, 1), r.picks("副", asked, 0)


@line("quiz.prepare")
async def drawn_twice(r: Round) -> Pair:
    return r.says("书", "测验 3"), r.says("副", "测验 3")


@line("quiz.start", "/quiz")
async def quiz_started_twice(r: Round) -> Pair:
    await r.say("书", "测验 3")
    return r.taps("书", "quiz.to_members"), r.taps("书", "quiz.to_group")


@line("quiz.start", "/quiz")
async def quiz_started_on_page_and_in_chat(r: Round) -> Pair:
    await r.say("书", "测验 3")
    return r.taps("书", "quiz.to_members"), r.forms("书", "/quiz", action="members")


@line("quiz.end", "/quiz")
async def quiz_ended_twice(r: Round) -> Pair:
    await r.say("书", "测验 3")
    await r.tap("书", "quiz.to_members")
    return r.says("书", "测验 结束"), r.forms("书", "/quiz", action="end")


@line("quiz.next")
async def quiz_goes_on_twice(r: Round) -> Pair:
    await r.say("书", "测验 3")
    await r.tap("书", "quiz.to_group")
    return r.says("书", "测验 下一题"), r.says("副", "测验 下一题")


@line("attendance.open", "attendance.create")
async def a_meeting_made_twice(r: Round) -> Pair:
    await r.say("书", "签到 开始")
    return r.says("书", "支部党员大会"), r.says("书", "支部党员大会")


@line("attendance.open")
async def opened_twice(r: Round) -> Pair:
    await r.write(soon, r.branch.id)
    return r.says("书", "签到 开始"), r.says("副", "签到 开始")


@line("attendance.again", "attendance.close")
async def reopened_twice(r: Round) -> Pair:
    asked = await r.ask("attendance.again", await r.write(missed, r.branch), "重新开始", "另开一场")
    return r.picks("书", asked, 0), r.picks("副", asked, 0)


@line("attendance.open", "attendance.close", "attendance.settle")
async def closed_by_hand_while_its_time_ends(r: Round) -> Pair:
    meeting = await r.write(soon, r.branch.id)
    await r.say("书", "签到 开始")
    return r.says("书", "签到 结束"), r.job("attendance.close", meeting)


@line("attendance.close", "/attendance/{meeting}")
async def closed_twice(r: Round) -> Pair:
    meeting = await r.write(held, r.branch.id)
    return r.says("书", "签到 结束"), r.forms("副", f"/attendance/{meeting}", do="close")


@line("sign_in.observer", "/attendance/{meeting}")
async def an_observer_twice(r: Round) -> Pair:
    meeting = await r.write(held, r.branch.id)
    return r.says("书", "列席 客人"), r.forms("副", f"/attendance/{meeting}", do="observer", name="客人")


def soon(session: StoreSession, unit_id: int) -> int:
    """A meeting of the branch that begins in half an hour."""
    at = START + timedelta(minutes=30)
    meeting = Meeting(unit_id=unit_id, title="会", starts_at=at, state=MeetingState.ANNOUNCED)
    session.add(meeting)
    session.flush()
    return meeting.id or 0


def _material(session: StoreSession) -> int:
    new = NewMaterial(code="m1", title="学习材料", source="党章", url="", approver="党委", statement="", markdown="正文",
                      plain="正文", cleared_by=(), targets=(), keywords=())  # fmt: skip
    study.import_materials(session, [new], START)
    from sqlmodel import select

    return session.exec(select(study.Material.id)).first() or 0


@line("study.read", "/study/{material}")
async def read_on_page_and_in_chat(r: Round) -> Pair:
    number = await r.write(_material)
    await r.say("甲", f"学习 {number}")
    return r.taps("甲", "study.read"), r.forms("甲", f"/study/{number}")


@line("study.push", "study.pick")
async def picked_twice(r: Round) -> Pair:
    await r.write(_material)
    await r.say("书", "推送学习")
    return r.taps("书", "学习材料"), r.taps("书", "学习材料")


@line("study.send")
async def pushed_twice(r: Round) -> Pair:
    await r.write(_material)
    await r.say("书", "推送学习")
    await r.tap("书", "学习材料")
    return r.taps("书", "study.to_members"), r.taps("书", "study.to_group")


LINES = [one for one in globals().values() if isinstance(one, Line)]
