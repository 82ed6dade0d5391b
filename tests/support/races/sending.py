"""Notices: composed, sent, confirmed, chased; copies of which nobody knows whether they arrived."""

from __future__ import annotations

from bot.messages import Message
from bot.store import delivery, notices, people, prompts
from bot.store.core.statements import StoreSession
from bot.store.delivery import Delivery, OutgoingMessage, Phase, State
from bot.store.notices import Notice
from bot.store.people import Audience
from bot.store.receipts import key_of
from tests.support.races import Line, Round, line
from tests.support.races.members import Pair
from tests.support.shipped import START

TEXT = "周五下午三点开主题党日，请带笔记本。"


@line("notices.compose", "notices.text")
async def text_twice(r: Round) -> Pair:
    await r.say("书", "通知")
    return r.says("书", TEXT), r.says("书", TEXT)


@line("notices.preview")
async def sent_twice(r: Round) -> Pair:
    await r.say("书", f"通知 {TEXT}")
    return r.taps("书", "notices.do_send"), r.taps("书", "notices.do_send")


@line("notices.preview", "/notices/{id}")
async def sent_and_dropped(r: Round) -> Pair:
    await r.say("书", f"通知 {TEXT}")
    number = await r.newest(Notice)
    return r.taps("书", "notices.do_send"), r.forms("书", f"/notices/{number}", action="drop")


@line("notices.send", "receipts.manage")
async def cancelled_while_it_is_sent(r: Round) -> Pair:
    await r.say("书", f"通知 {TEXT}")
    number = await r.newest(Notice)
    await r.tap("书", "notices.do_when")
    await r.tap("书", "notices.tomorrow")
    await r.tap("书", "notices.do_send")
    await r.say("书", "通知情况")
    return r.taps("书", "receipts.do_cancel"), r.job("notices.send", number)


@line("notices.retext", "/notices/{id}")
async def rewritten_and_sent(r: Round) -> Pair:
    await r.say("书", f"通知 {TEXT}")
    number = await r.newest(Notice)
    await r.tap("书", "notices.do_text")
    return r.says("书", "改到周六上午九点。"), r.forms("书", f"/notices/{number}", action="send")


@line("notices.audience", "notices.preview")
async def readdressed_and_sent(r: Round) -> Pair:
    await r.say("书", f"通知 {TEXT}")
    preview = r.last["书"]
    await r.tap("书", "notices.do_audience")
    return r.taps("书", r.last["书"].choices[1].label), r.taps("书", "notices.do_send", preview)


@line("notices.branches", "notices.audience")
async def branches_ticked_twice(r: Round) -> Pair:
    await r.say("办", f"通知 {TEXT}")
    number = await r.newest(Notice, author_id=r.branch.people["办"])
    await r.write(_branches, number, r.branch.id)
    asked = await r.asked("notices.branches", number)
    await r.pick("办", asked, 0)
    return r.picks("办", asked, -1), r.picks("办", asked, -1)


def _branches(session: StoreSession, number: int, unit_id: int) -> None:

    name = people.unit(session, unit_id).name
    prompts.ask(session, "notices.branches", number, "x", (name,), multiple=True, changeable=True)


@line("notices.when", "notices.typed")
async def timed_twice(r: Round) -> Pair:
    await r.say("书", f"通知 {TEXT}")
    await r.tap("书", "notices.do_when")
    when = r.last["书"]
    await r.tap("书", "notices.other_time")
    return r.says("书", "明天15点"), r.taps("书", "notices.tomorrow", when)


def _sent(session: StoreSession, r: Round) -> int:
    """A notice that was sent to everybody of the branch."""

    made = notices.draft(session, r.branch.id, r.branch.people["书"], TEXT, "全体", START)
    ident = made.id or 0
    made.state, made.sent_at = notices.NoticeState.SENT, START
    prompts.ask(session, "receipts.confirm", ident, made.title, ("收到",))
    notices.address(session, made)
    audience = Audience((r.branch.id,))
    made.outgoing_id = delivery.notify(session, audience, Message(TEXT), key_of(ident, "send"), START)
    session.add(made)
    session.flush()
    return ident


@line("receipts.confirm", "/n/{id}")
async def confirmed_on_page_and_in_chat(r: Round) -> Pair:
    number = await r.write(_sent, r)
    asked = await r.asked("receipts.confirm", number)
    return r.picks("甲", asked, 0), r.forms("甲", f"/n/{number}", action="confirm")


@line("receipts.confirm", "receipts.manage")
async def confirmed_while_it_is_closed(r: Round) -> Pair:
    number = await r.write(_sent, r)
    asked = await r.asked("receipts.confirm", number)
    await r.say("书", "通知情况")
    return r.picks("甲", asked, 0), r.taps("书", "receipts.do_close")


@line("receipts.manage", "receipts.chase", "/notices/{id}")
async def chased_twice(r: Round) -> Pair:
    number = await r.write(_sent, r)
    await r.say("书", "通知情况")
    return r.taps("书", "receipts.do_chase"), r.forms("副", f"/notices/{number}", action="chase")


@line("receipts.manage")
async def paused_and_closed(r: Round) -> Pair:
    await r.write(_sent, r)
    await r.say("书", "通知情况")
    await r.say("副", "通知情况")
    return r.taps("书", "receipts.do_pause"), r.taps("副", "receipts.do_close")


@line("unknown.decide", "/unknown")
async def an_unknown_copy_decided_twice(r: Round) -> Pair:
    await r.write(_lost, r)
    await r.say("书", "投递不明")
    await r.say("副", "投递不明")
    return r.taps("书", r.last["书"].choices[0].label), r.taps("副", r.last["副"].choices[1].label)


def _lost(session: StoreSession, r: Round) -> None:
    """A copy of a notice of which nobody knows whether it arrived."""

    notice = session.get_one(Notice, _sent(session, r))
    outgoing = session.get_one(OutgoingMessage, notice.outgoing_id)
    outgoing.phase, outgoing.expanded = Phase.DONE, True
    session.add(
        Delivery(outgoing_id=outgoing.id or 0, member_id=r.branch.people["甲"], channel="local",
                 chat=r.branch.account("甲"), batch=0, state=State.UNKNOWN, finished_at=START)
    )  # fmt: skip
    session.add(outgoing)


async def _late(r: Round) -> int:
    """A message that was held because its time was over; the question what becomes of it."""
    number = await r.write(_held_back, r)
    return await r.asked("late.decide_message", number)


def _held_back(session: StoreSession, r: Round) -> int:
    notice = session.get_one(Notice, _sent(session, r))
    number = notice.outgoing_id or 0
    delivery.set_phase(session, number, Phase.PAUSED)
    prompts.ask(session, "late.decide_message", number, "x", ("a", "b", "c"), changeable=True)
    return number


@line("late.decide_message")
async def a_late_message_decided_twice(r: Round) -> Pair:
    asked = await _late(r)
    return r.picks("书", asked, 0), r.picks("副", asked, 2)


@line("late.when_message", "late.decide_message")
async def a_late_message_put_off_and_dropped(r: Round) -> Pair:
    asked = await _late(r)
    await r.pick("书", asked, 1)
    return r.says("书", "明天15点"), r.picks("副", asked, 2)


LINES = [one for one in globals().values() if isinstance(one, Line)]
