"""The start page of everybody who is signed in: what they can do here, and what was sent to them."""

from __future__ import annotations

from bot.messages import Role
from bot.router import Context
from bot.services.quiz.answering import units_of
from bot.store import notices, people, quiz, quiz_answers
from bot.store.notices import Notice, NoticeState
from bot.store.receipts import NoticeReceipt
from bot.web.page import Page, View, Visit


def show(visit: Visit, ctx: Context) -> View:
    """The pages, the quiz that waits for an answer, and the newest notices."""
    running = quiz.running_in(ctx.session, units_of(ctx))
    waits = (
        running is not None
        and not running.in_group
        and quiz_answers.next_for(ctx.session, running.id or 0, ctx.member.id) is not None
    )
    values = {
        "name": ctx.member.name,
        "branch": people.unit(ctx.session, ctx.member.branch_id).name,
        "quiz_title": running.title if running is not None and waits else "",
        "notices": [
            {"id": notice.id, "title": notice.title, "at": notice.sent_at, "state": _state(notice, receipt)}
            for notice, receipt in notices.received(ctx.session, ctx.member.id)
        ],
    }
    return View("console/console.html", values)


def _state(notice: Notice, receipt: NoticeReceipt) -> str:
    if receipt.confirmed_at:
        return "confirmed"
    if notice.needs_confirm and notice.state is NoticeState.SENT:
        return "waiting"
    return "opened" if receipt.opened_at else "unread"


PAGES = (Page("/console", Role.MEMBER, get=show, menu=(Role.MEMBER,)),)
