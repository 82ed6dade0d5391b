"""What members do: voting, quizzes, practice, signing in, leave, make-ups, binding, their own data."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from sqlmodel import col, insert

from bot.messages import Address
from bot.store import due, groups, leave, mine, prompts, sign_in
from bot.store.core.statements import StoreSession
from bot.store.leave import Category
from bot.store.make_up import MakeUp, MakeUpState, Way
from bot.store.meetings import Meeting, MeetingState
from bot.store.mine import RequestKind
from bot.store.poll import Poll, PollKind, PollState
from bot.store.sign_in import Attendance, SignIn
from tests.support.races import Input, Line, Round, line
from tests.support.races.branches import Branch
from tests.support.shipped import START

Pair = tuple[Input, Input]


async def polled(r: Round, kind: PollKind = PollKind.VOTE, multiple: bool = False) -> int:
    """A poll of the branch that everybody may answer; its number."""
    return await r.write(_polled, r.branch, kind, multiple)


def _polled(session: StoreSession, branch: Branch, kind: PollKind, multiple: bool) -> int:
    options = {PollKind.VOTE: ["苗圃", "江边", "东山"], PollKind.MOTION: ["同意", "反对", "弃权"]}.get(kind, [])
    ends = START + timedelta(hours=1)
    poll = Poll(unit_id=branch.id, made_by=branch.people["书"], kind=kind, state=PollState.OPEN, title="去哪里",
                options=options, multiple=multiple, in_group=kind is not PollKind.ENTRIES, made_at=START,
                closes_at=ends)  # fmt: skip
    session.add(poll)
    session.flush()
    ident = poll.id or 0
    route, shown = ("poll.vote", tuple(options)) if options else ("poll.fill", ("填写",))
    prompts.ask(session, route, ident, "去哪里", shown, multiple=multiple, changeable=True, closes_at=ends)
    due.plan(session, f"poll:{ident}:close", ends, "poll.close", ident)
    return ident


def held(session: StoreSession, unit_id: int) -> int:
    """A meeting of the branch whose sign-in is open."""
    meeting = Meeting(unit_id=unit_id, title="会", place="室", starts_at=START, state=MeetingState.ANNOUNCED)
    session.add(meeting)
    session.flush()
    sign_in.start(session, meeting.id or 0, START, START + timedelta(hours=1))
    return meeting.id or 0


async def managed(r: Round, number: int) -> int:
    """The question by which a poll is chased (0) or ended (1)."""
    return await r.ask("poll.manage", number, "提醒", "结束")


def missed(session: StoreSession, branch: Branch) -> int:
    """A meeting to which nobody came."""
    meeting = held(session, branch.id)
    sign_in.close(session, meeting, START)
    session.execute(sa.update(SignIn).where(col(SignIn.meeting_id) == meeting).values(settled=True))
    lines = [{"meeting_id": meeting, "member_id": one, "name": "", "exempt": False, "observer": False}
             for one in branch.people.values()]  # fmt: skip
    session.execute(insert(Attendance), lines)
    return meeting


def code(r: Round, meeting: int) -> str:
    app = r.arena.apps[0]
    return app.library.signer.rolling_code(
        f"sign-in:{meeting}", r.arena.clock.now(), app.settings.attendance.code_seconds
    )


@line("poll.vote", "poll.manage")
async def vote_while_it_is_ended(r: Round) -> Pair:
    number = await polled(r)
    return r.picks("甲", await r.asked("poll.vote", number), 0), r.picks("书", await managed(r, number), 1)


@line("poll.vote", "poll.close")
async def vote_while_its_time_ends(r: Round) -> Pair:
    number = await polled(r)
    return r.picks("甲", await r.asked("poll.vote", number), 0), r.job("poll.close", number)


@line("poll.manage", "poll.close")
async def end_a_vote_while_its_time_ends(r: Round) -> Pair:
    number = await polled(r)
    return r.picks("书", await managed(r, number), 1), r.job("poll.close", number)


@line("poll.vote")
async def vote_twice(r: Round) -> Pair:
    asked = await r.asked("poll.vote", await polled(r))
    return r.picks("甲", asked, 0), r.picks("甲", asked, 1)


@line("poll.vote")
async def tick_two(r: Round) -> Pair:
    asked = await r.asked("poll.vote", await polled(r, multiple=True))
    await r.pick("甲", asked, 2)
    return r.picks("甲", asked, 0), r.picks("甲", asked, 1)


@line("poll.fill", "poll.entry")
async def an_entry_twice(r: Round) -> Pair:
    await r.pick("甲", await r.asked("poll.fill", await polled(r, PollKind.ENTRIES)), 0)
    return r.says("甲", "带锹一把"), r.says("甲", "带桶一个")


@line("sign_in.code", "attendance.close")
async def sign_in_while_it_closes(r: Round) -> Pair:
    meeting = await r.write(held, r.branch.id)
    return r.says("甲", f"签到 {code(r, meeting)}"), r.says("书", "签到 结束")


@line("sign_in.code", "/s/{meeting}")
async def sign_in_by_chat_and_page(r: Round) -> Pair:
    meeting = await r.write(held, r.branch.id)
    typed = code(r, meeting)
    return r.says("甲", f"签到 {typed}"), r.forms("甲", f"/s/{meeting}", code=typed)


@line("sign_in.on_behalf", "sign_in.code")
async def sign_in_by_oneself_and_by_the_secretary(r: Round) -> Pair:
    meeting = await r.write(held, r.branch.id)
    return r.says("甲", f"签到 {code(r, meeting)}"), r.says("书", f"代签 {r.branch.account('甲')}")


@line("leave.ask", "leave.reason")
async def ask_for_leave_twice(r: Round) -> Pair:
    await r.write(meeting_ahead, r.branch.id)
    await r.say("甲", "请假")
    return r.taps("甲", "leave.category_illness"), r.taps("甲", "leave.category_family")


@line("leave.withdraw", "leave.decide")
async def withdraw_while_it_is_decided(r: Round) -> Pair:
    asked = await left(r)
    return r.says("甲", "撤回请假"), r.picks("书", asked, 0)


@line("leave.decide", "/attendance/{meeting}")
async def decide_a_leave_twice(r: Round) -> Pair:
    asked = await left(r)
    return r.picks("书", asked, 0), r.picks("副", asked, 1)


@line("leave.ask_late", "leave.reason")
async def ask_for_leave_afterwards(r: Round) -> Pair:
    await r.write(missed, r.branch)
    await r.say("甲", "补假")
    return r.taps("甲", "leave.category_illness"), r.taps("甲", "leave.category_family")


def meeting_ahead(session: StoreSession, unit_id: int) -> int:
    at = START + timedelta(hours=6)
    meeting = Meeting(unit_id=unit_id, title="会", starts_at=at, state=MeetingState.ANNOUNCED)
    session.add(meeting)
    session.flush()
    return meeting.id or 0


async def left(r: Round) -> int:
    """A leave that was asked for; the question to the approvers."""
    return await r.ask("leave.decide", await r.write(_left, r.branch), "批准", "不批准")


def _left(session: StoreSession, branch: Branch) -> int:
    meeting = meeting_ahead(session, branch.id)
    return leave.request(session, meeting, branch.people["甲"], Category.ILLNESS, START) or 0


@line("make_up.begin", "make_up.way")
async def choose_a_way_twice(r: Round) -> Pair:
    await r.write(missed, r.branch)
    await r.say("甲", "补课")
    return r.taps("甲", "make_up.way_talk"), r.taps("甲", "make_up.way_notes")


def made_up(session: StoreSession, branch: Branch, state: MakeUpState) -> int:
    """How a member catches up on a meeting, still to be described or waiting for a decision."""
    row = MakeUp(event_id=missed(session, branch), member_id=branch.people["甲"], way=Way.TALK, state=state)
    if state is MakeUpState.SENT:
        row.note, row.sent_at = "与书记谈了学习体会。", START
    session.add(row)
    session.flush()
    return row.id or 0


@line("make_up.note")
async def send_a_note_twice(r: Round) -> Pair:
    await r.ask("make_up.note", await r.write(made_up, r.branch, MakeUpState.DRAFT))
    return r.says("甲", "与书记谈了学习体会。"), r.says("甲", "读了会议记录，谈了体会。")


@line("make_up.decide", "/attendance/{meeting}")
async def decide_a_make_up_twice(r: Round) -> Pair:
    asked = await r.ask("make_up.decide", await r.write(made_up, r.branch, MakeUpState.SENT), "是", "否")
    return r.picks("书", asked, 0), r.picks("组", asked, 1)


@line("binding.new_codes", "binding.code", "binding.agree")
async def one_code_binds_one_account(r: Round) -> Pair:
    typed = (await r.say("书", f"绑定码 {r.branch.account('甲')}")).rpartition("：")[2].strip()

    def agree(who: str) -> Input:
        async def send(via: int) -> str:
            return (await r.event(who, f"同意绑定 {typed}", via=via, account=f"{who}n{r.branch.number}")).text

        return send

    return agree("x"), agree("y")


@line("binding.agree")
async def one_account_takes_two_codes(r: Round) -> Pair:
    codes = [(await r.say("书", f"绑定码 {r.branch.account(who)}")).rpartition("：")[2].strip() for who in "甲乙"]

    def agree(typed: str) -> Input:
        async def send(via: int) -> str:
            return (await r.event("x", f"同意绑定 {typed}", via=via, account=f"xn{r.branch.number}")).text

        return send

    return agree(codes[0]), agree(codes[1])


@line("binding.new_codes")
async def new_codes_twice(r: Round) -> Pair:
    return r.says("书", f"绑定码 {r.branch.account('甲')}"), r.says("副", f"绑定码 {r.branch.account('甲')}")


@line("binding.unbind", "binding.unbound", "mine.left")
async def unbind_and_leave_at_once(r: Round) -> Pair:
    await r.say("甲", "解绑")
    unbind = r.last["甲"]
    await r.say("甲", "退出")
    return r.taps("甲", "binding.unbind_yes", unbind), r.taps("甲", "mine.do_leave")


@line("binding.bind_group", "binding.group_left")
async def bind_a_group_twice(r: Round) -> Pair:
    await r.write(groups.unbind, Address("local", r.branch.group, True))

    def bind(who: str) -> Input:
        return lambda via: r.say(who, "绑定本群", via, group=True)

    return bind("书"), bind("副")


@line("mine.leave", "mine.left")
async def leave_twice(r: Round) -> Pair:
    await r.say("甲", "退出")
    return r.taps("甲", "mine.do_leave"), r.taps("甲", "mine.do_leave")


@line("mine.correct", "mine.what", "mine.suggest", "mine.suggested")
async def ask_for_a_correction_twice(r: Round) -> Pair:
    await r.say("甲", "更正")
    return r.says("甲", "我的小组写错了"), r.says("甲", "我的名字写错了")


def _corrected(session: StoreSession, branch: Branch) -> int:
    """A wish of a member to have something corrected."""
    return mine.request(session, branch.people["甲"], RequestKind.CORRECTION, "小组写错了", START, START.date())


@line("mine.correct")
async def no_more_requests_than_allowed(r: Round) -> Pair:
    for _ in range(4):
        await r.write(_corrected, r.branch)
    return r.says("甲", "更正 小组写错了"), r.says("甲", "更正 名字写错了")


@line("mine.answer", "mine.reason")
async def answer_a_correction_twice(r: Round) -> Pair:
    asked = await r.ask("mine.answer", await r.write(_corrected, r.branch), "已改", "不改", changeable=True)
    await r.pick("副", asked, 1)
    return r.picks("书", asked, 0), r.says("副", "名册由上级改")


@line("help.cancel")
async def cancel_while_it_is_answered(r: Round) -> Pair:
    await r.say("书", "通知")
    return r.says("书", "取消"), r.says("书", "取消")


LINES = [one for one in globals().values() if isinstance(one, Line)]
