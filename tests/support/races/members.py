"""What members do: voting, quizzes, practice, signing in, leave, make-ups, binding, their own data."""

from __future__ import annotations

from datetime import timedelta

from bot.messages import Address
from bot.store import attendance, due, groups, prompts, sign_in
from bot.store.hot import StoreSession
from bot.store.leave import Leave
from bot.store.make_up import MakeUp
from bot.store.meetings import Meeting, MeetingState
from bot.store.poll import Poll, PollState
from tests.support.races import Input, Line, Round, line
from tests.support.races.branches import Branch
from tests.support.shipped import START

Pair = tuple[Input, Input]


async def polled(r: Round, kind: str = "poll.kind_single") -> int:
    """A vote of the branch; its number."""
    return await r.write(_polled, r.branch, kind == "poll.kind_multiple")


def _polled(session: StoreSession, branch: Branch, multiple: bool) -> int:
    options = ["苗圃", "江边", "东山"]
    ends = START + timedelta(hours=1)
    poll = Poll(unit_id=branch.id, made_by=branch.people["书"], state=PollState.OPEN, title="去哪里", options=options,
                multiple=multiple, in_group=True, made_at=START, closes_at=ends)  # fmt: skip
    session.add(poll)
    session.flush()
    ident = poll.id or 0
    prompts.ask(
        session, "poll.vote", ident, "去哪里", tuple(options), multiple=multiple, changeable=True, closes_at=ends
    )
    due.plan(session, f"poll:{ident}:close", ends, "poll.close", ident)
    return ident


def held(session: StoreSession, unit_id: int) -> int:
    """A meeting of the branch whose sign-in is open."""
    meeting = Meeting(unit_id=unit_id, title="会", place="室", starts_at=START, state=MeetingState.ANNOUNCED)
    session.add(meeting)
    session.flush()
    sign_in.start(session, meeting.id or 0, START, START + timedelta(hours=1))
    return meeting.id or 0


def missed(session: StoreSession, unit_id: int) -> int:
    """A meeting to which nobody came."""
    meeting = held(session, unit_id)
    sign_in.close(session, meeting, START)
    attendance.settle(session, meeting)
    return meeting


def code(r: Round, meeting: int) -> str:
    app = r.arena.apps[0]
    return app.library.signer.rolling_code(
        f"sign-in:{meeting}", r.arena.clock.now(), app.settings.attendance.code_seconds
    )


@line("poll.vote", "poll.manage")
async def vote_while_it_is_ended(r: Round) -> Pair:
    number = await polled(r)
    await r.say("书", "投票情况")
    return r.picks("甲", await r.asked("poll.vote", number), 0), r.taps("书", "poll.end_now")


@line("poll.vote", "poll.close")
async def vote_while_its_time_ends(r: Round) -> Pair:
    number = await polled(r)
    return r.picks("甲", await r.asked("poll.vote", number), 0), r.job("poll.close", number)


@line("poll.manage", "poll.close")
async def end_a_vote_while_its_time_ends(r: Round) -> Pair:
    number = await polled(r)
    await r.say("书", "投票情况")
    return r.taps("书", "poll.end_now"), r.job("poll.close", number)


@line("poll.vote")
async def vote_twice(r: Round) -> Pair:
    asked = await r.asked("poll.vote", await polled(r))
    return r.picks("甲", asked, 0), r.picks("甲", asked, 1)


@line("poll.vote")
async def tick_two(r: Round) -> Pair:
    asked = await r.asked("poll.vote", await polled(r, "poll.kind_multiple"))
    await r.pick("甲", asked, 2)
    return r.picks("甲", asked, 0), r.picks("甲", asked, 1)


@line("poll.fill", "poll.entry")
async def an_entry_twice(r: Round) -> Pair:
    await r.say("书", "接龙 谁带工具")
    await r.tap("书", "poll.deadline_hour")
    await r.tap("书", "poll.where_private")
    await r.pick("甲", await r.asked("poll.fill", await r.newest(Poll)), 0)
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
    await r.write(missed, r.branch.id)
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
    await r.write(meeting_ahead, r.branch.id)
    await r.say("甲", "请假")
    await r.tap("甲", "leave.category_illness")
    return await r.asked("leave.decide", await r.newest(Leave, member_id=r.branch.people["甲"]))


@line("make_up.begin", "make_up.way")
async def choose_a_way_twice(r: Round) -> Pair:
    await r.write(missed, r.branch.id)
    await r.say("甲", "补课")
    return r.taps("甲", "make_up.way_talk"), r.taps("甲", "make_up.way_notes")


@line("make_up.note")
async def send_a_note_twice(r: Round) -> Pair:
    await r.write(missed, r.branch.id)
    await r.say("甲", "补课")
    await r.tap("甲", "make_up.way_talk")
    return r.says("甲", "与书记谈了学习体会。"), r.says("甲", "读了会议记录，谈了体会。")


@line("make_up.decide", "/attendance/{meeting}")
async def decide_a_make_up_twice(r: Round) -> Pair:
    await r.write(missed, r.branch.id)
    await r.say("甲", "补课")
    await r.tap("甲", "make_up.way_talk")
    await r.say("甲", "与书记谈了学习体会。")
    asked = await r.asked("make_up.decide", await r.newest(MakeUp, member_id=r.branch.people["甲"]))
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


@line("mine.correct")
async def no_more_requests_than_allowed(r: Round) -> Pair:
    for number in range(4):
        await r.say("甲", f"更正 第{number}处写错了")
    return r.says("甲", "更正 小组写错了"), r.says("甲", "更正 名字写错了")


@line("mine.answer", "mine.reason")
async def answer_a_correction_twice(r: Round) -> Pair:
    from bot.store.mine import CorrectionRequest

    await r.say("甲", "更正 我的小组写错了")
    asked = await r.asked("mine.answer", await r.newest(CorrectionRequest, member_id=r.branch.people["甲"]))
    await r.pick("副", asked, 1)
    return r.picks("书", asked, 0), r.says("副", "名册由上级改")


@line("help.cancel")
async def cancel_while_it_is_answered(r: Round) -> Pair:
    await r.say("书", "通知")
    return r.says("书", "取消"), r.says("书", "取消")


LINES = [one for one in globals().values() if isinstance(one, Line)]
