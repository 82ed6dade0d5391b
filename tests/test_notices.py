"""Conversations about notices: said -> answered."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlmodel import col, select

from bot.clock import SHANGHAI
from bot.messages import Message
from bot.store import expansion, nightly
from bot.store.audit import AuditEntry
from bot.store.binding import unbind
from bot.store.core.statements import StoreSession
from bot.store.delivery import Delivery, OutgoingMessage, Phase, State, set_phase
from bot.store.notices import Notice
from bot.store.receipts import NoticeReceipt
from tests.support.cast import (
    ACTIVIST,
    COMMITTEE,
    EXEMPT,
    FERRY,
    FERRY_MEMBER,
    FERRY_SECRETARY,
    MEMBERS,
    OFFICE,
    ROADS,
    ROWS,
    SECRETARY,
)
from tests.support.chat import Chat, button
from tests.support.wording import says, sentence

TEXT = "周五下午三点开主题党日，请带笔记本。"


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI)


async def sent(chat: Chat, text: str = TEXT, who: str = SECRETARY) -> str:
    await chat.say(who, f"通知 {text}")
    return await chat.tap(who, "notices.do_send")


def previewed(shown: str, audience: str, people: int) -> bool:
    """Whether the preview says to whom, and that all of them have an account."""
    return says(shown, "notices.preview", audience=audience, people=sentence("notices.reach_all", people=people))


async def newest(chat: Chat, who: str) -> Message:
    return (await chat.inbox(who))[-1]


def all_notices(session: StoreSession) -> list[Notice]:
    found = list(session.exec(select(Notice).order_by(col(Notice.id))))
    session.expunge_all()
    return found


async def test_the_preview_shows_what_members_will_see_and_sends_once_confirmed(chat: Chat) -> None:
    assert says(await chat.say(SECRETARY, "通知"), "notices.ask_text")
    shown = await chat.say(SECRETARY, TEXT)
    assert previewed(shown, sentence("notices.to_everybody", name=ROADS), 13)
    assert TEXT in shown
    assert await chat.inbox(MEMBERS[0]) == []
    assert says(await chat.tap(SECRETARY, "notices.do_send"), "notices.sent", people=13)
    got = await newest(chat, MEMBERS[0])
    assert got.text == sentence("notices.as_sent", unit=ROADS, text=TEXT)
    assert [choice.label for choice in got.choices] == [sentence("receipts.got_it")]
    assert await chat.inbox(FERRY_MEMBER) == []


async def test_one_tap_or_one_word_confirms_and_a_second_is_kind(chat: Chat) -> None:
    await sent(chat)
    got = await newest(chat, MEMBERS[0])
    assert says(await chat.tap(MEMBERS[0], "receipts.got_it", got), "receipts.thanks")
    assert says(await chat.tap(MEMBERS[0], "receipts.got_it", got), "receipts.thanks_again")
    await chat.inbox(MEMBERS[1])
    assert says(await chat.say(MEMBERS[1], sentence("receipts.got_it")), "receipts.thanks")
    assert says(await chat.say(MEMBERS[2], "1"), "receipts.thanks")


async def test_a_button_that_was_passed_on_confirms_nothing(chat: Chat) -> None:
    await sent(chat)
    got = await newest(chat, MEMBERS[0])
    assert says(await chat.tap(FERRY_MEMBER, "receipts.got_it", got), "help.stale_button")
    assert says(await chat.tap("stranger", "receipts.got_it", got), "help.stale_button")


async def test_status_names_the_missing_first_and_only_to_the_secretary(chat: Chat) -> None:
    await chat.app.store.write(unbind, "local", EXEMPT, chat.clock.now())
    await sent(chat)
    await chat.tap(MEMBERS[0], "receipts.got_it", await newest(chat, MEMBERS[0]))
    said = await chat.say(SECRETARY, "通知情况")
    lines = said.splitlines()
    assert lines[1] == sentence("receipts.missing", count=12)
    assert lines[2] == sentence("receipts.without_account", count=1, names=EXEMPT)
    assert says(lines[3], "receipts.unopened", count=11), "nobody has opened the web chat since"
    assert MEMBERS[0] not in said
    assert lines[4].count("▓") == 0
    assert sentence("receipts.confirmed", done=1, all=13) in said
    assert says(said, "receipts.counts", sent=1)
    assert says(said, "receipts.lying", count=11)
    for who in (MEMBERS[1], FERRY_MEMBER):
        assert says(await chat.say(who, "通知情况"), "help.no_right")
    assert says(await chat.say(FERRY_SECRETARY, "通知情况"), "receipts.none_yet")
    assert says(await chat.say(SECRETARY, "通知情况", group=ROADS), "help.private_only")


async def test_only_those_who_are_missing_are_reminded_and_only_once(chat: Chat) -> None:
    await sent(chat)
    await chat.tap(MEMBERS[0], "receipts.got_it", await newest(chat, MEMBERS[0]))
    await chat.say(SECRETARY, "通知情况")
    report = chat.last[SECRETARY]
    assert says(await chat.tap(SECRETARY, "receipts.do_chase"), "receipts.chased", count=11)
    assert len(await chat.inbox(MEMBERS[0])) == 1
    reminder = (await chat.inbox(MEMBERS[1]))[1]
    assert TEXT in reminder.text
    assert says(await chat.tap(MEMBERS[1], "receipts.got_it", reminder), "receipts.thanks")
    again = await chat.tap(SECRETARY, "receipts.do_chase", report)
    assert says(again, "receipts.chased_already")
    assert "/n/" in again
    assert len(await chat.inbox(MEMBERS[2])) == 2


async def test_the_exempt_get_the_notice_and_are_never_chased(chat: Chat) -> None:
    """AT-2: the secretary sees them among the missing and learns how to reach them."""
    await sent(chat)
    await chat.inbox(EXEMPT)
    said = await chat.say(SECRETARY, "通知情况")
    assert says(said, "receipts.missing", count=13)
    assert sentence("receipts.exempt", count=1, names=EXEMPT) in said
    answer = await chat.tap(SECRETARY, "receipts.do_chase")
    assert says(answer, "receipts.chased", count=12)
    assert says(answer, "receipts.chased_exempt", count=1)
    assert len(await chat.inbox(EXEMPT)) == 1
    assert len(await chat.inbox(MEMBERS[0])) == 2


async def test_when_only_the_exempt_are_missing_nobody_is_chased(chat: Chat) -> None:
    await sent(chat)
    for name in [row.name for row in ROWS if row.branch == ROADS and row.name != EXEMPT]:
        await chat.tap(name, "receipts.got_it", await newest(chat, name))
    await chat.say(SECRETARY, "通知情况")
    assert says(await chat.tap(SECRETARY, "receipts.do_chase"), "receipts.only_by_phone")
    assert len(await chat.inbox(EXEMPT)) == 1


async def test_a_reminder_asked_for_at_night_waits_and_spares_who_answered_meanwhile(chat: Chat) -> None:
    await sent(chat)
    await chat.inbox(MEMBERS[0])
    await chat.go_to(at(2, 21))
    await chat.say(SECRETARY, "通知情况")
    assert "11-03 08:00" in await chat.tap(SECRETARY, "receipts.do_chase")
    await chat.tap(MEMBERS[0], "receipts.got_it", await newest(chat, MEMBERS[0]))
    await chat.go_to(at(3, 8, 1))
    assert len(await chat.inbox(MEMBERS[0])) == 1
    assert len(await chat.inbox(MEMBERS[1])) == 2


@pytest.mark.parametrize("text", ["机密★一年 会议材料", "身份证 11010519491231002X", "内部文件，注意保存"])
async def test_text_with_secrecy_marks_is_refused_and_not_stored(chat: Chat, text: str) -> None:
    assert says(await chat.say(SECRETARY, f"通知 {text}"), "notices.secret")
    await chat.say(SECRETARY, "通知")
    assert says(await chat.say(SECRETARY, text), "notices.secret")
    assert await chat.app.store.read(all_notices) == []

    def entries(session: StoreSession) -> list[tuple[str, str, int | None]]:
        return [(entry.action, entry.subject, entry.member_id) for entry in session.exec(select(AuditEntry))]

    logged = [entry for entry in await chat.app.store.read(entries) if entry[0] == "refused text"]
    assert len(logged) == 2
    assert all(subject.startswith("SC-6/") and member is None for _, subject, member in logged)


async def test_bad_texts(chat: Chat) -> None:
    await chat.say(SECRETARY, "通知")
    assert says(await chat.say(SECRETARY, "长" * 10_000), "help.too_long")
    assert says(await chat.say(SECRETARY, "长" * 3_500), "notices.too_long", limit=3000)
    assert says(await chat.say(SECRETARY, "   "), "help.empty")
    assert says(await chat.say(SECRETARY, TEXT), "notices.preview")
    assert says(await chat.say(MEMBERS[0], f"通知 {TEXT}"), "help.no_right")
    assert await chat.say(SECRETARY, f"通知 {TEXT}", group=ROADS) == ""
    assert says(await chat.say(SECRETARY, "通知", group=ROADS), "help.private_only")


async def test_changes_before_sending(chat: Chat) -> None:
    await chat.say(SECRETARY, f"通知 {TEXT}")
    shown = await chat.tap(SECRETARY, "notices.do_no_confirm")
    assert says(shown, "notices.preview", confirm=sentence("notices.without_confirm"))
    shown = await chat.tap(SECRETARY, "notices.do_confirm")
    assert says(shown, "notices.preview", confirm=sentence("notices.with_confirm"))
    await chat.tap(SECRETARY, "notices.do_text")
    assert "改过的内容" in await chat.say(SECRETARY, "改过的内容")
    await chat.tap(SECRETARY, "notices.do_audience")
    assert says(await chat.say(SECRETARY, "第九党小组"), "help.unknown")
    group = sentence("notices.to_group", name="第一党小组")
    assert previewed(await chat.say(SECRETARY, group), group, 3)
    assert says(await chat.tap(SECRETARY, "notices.do_send"), "notices.sent", people=3)
    assert len(await chat.inbox(MEMBERS[0])) == 1
    assert await chat.inbox(MEMBERS[5]) == []
    assert await chat.inbox(ACTIVIST) == []


async def test_typed_times(chat: Chat) -> None:
    await chat.say(SECRETARY, f"通知 {TEXT}")
    await chat.tap(SECRETARY, "notices.do_when")
    await chat.tap(SECRETARY, "notices.other_time")
    assert says(await chat.say(SECRETARY, "尽快吧"), "notices.time_unclear")
    assert says(await chat.say(SECRETARY, "今天8:30"), "notices.time_past")
    assert says(await chat.say(SECRETARY, "2030-01-01 8:00"), "notices.time_far")
    assert says(await chat.say(SECRETARY, "下午2点半"), "notices.preview", when="11-02 14:30")
    assert says(await chat.tap(SECRETARY, "notices.do_send"), "notices.scheduled", at="11-02 14:30", people=13)
    await chat.go_to(at(2, 14, 29))
    assert await chat.inbox(MEMBERS[0]) == []
    await chat.go_to(at(2, 14, 31))
    assert len(await chat.inbox(MEMBERS[0])) == 1


async def test_tomorrow_morning_and_taking_it_back(chat: Chat) -> None:
    await chat.say(SECRETARY, f"通知 {TEXT}")
    await chat.tap(SECRETARY, "notices.do_when")
    assert "11-03 08:30" in await chat.tap(SECRETARY, "notices.tomorrow")
    assert "11-03 08:30" in await chat.tap(SECRETARY, "notices.do_send")
    await chat.tap(SECRETARY, "通知情况")
    assert says(await chat.tap(SECRETARY, "receipts.do_cancel"), "receipts.state_cancelled")
    await chat.go_to(at(3, 9))
    assert await chat.inbox(MEMBERS[0]) == []


async def test_quiet_hours_move_it(chat: Chat) -> None:
    await chat.go_to(at(6, 20, 30))
    assert sentence("notices.when_moved", at="11-09 08:00") in await chat.say(SECRETARY, f"通知 {TEXT}")
    await chat.tap(SECRETARY, "notices.do_send")
    await chat.go_to(at(7, 10))
    assert await chat.inbox(MEMBERS[0]) == []
    await chat.go_to(at(9, 8, 1))
    assert len(await chat.inbox(MEMBERS[0])) == 1


async def test_two_devices_sending_at_once_send_once(chat: Chat) -> None:
    await chat.say(SECRETARY, f"通知 {TEXT}")
    token = button(chat.last[SECRETARY], "notices.do_send").token
    replies = await asyncio.gather(*(chat.event(SECRETARY, token=token) for _ in range(4)))
    texts = [reply.message.text for reply in replies if reply.message]
    assert sum(says(text, "notices.sent") for text in texts) == 1
    assert len(await chat.inbox(MEMBERS[0])) == 1


async def test_drafts_and_reports_of_others_are_out_of_reach(chat: Chat) -> None:
    await chat.say(SECRETARY, f"通知 {TEXT}")
    draft = chat.last[SECRETARY]
    assert says(await chat.tap(FERRY_SECRETARY, "notices.do_send", draft), "help.stale_button")
    assert says(await chat.tap(MEMBERS[0], "notices.do_send", draft), "help.stale_button")
    await chat.tap(SECRETARY, "notices.do_send")
    await chat.say(SECRETARY, "通知情况")
    report = chat.last[SECRETARY]
    for label in ("receipts.do_chase", "receipts.do_kit", "receipts.do_close"):
        assert says(await chat.tap(FERRY_SECRETARY, label, report), "help.stale_button")
    assert len(await chat.inbox(MEMBERS[0])) == 1


async def test_the_office_writes_to_all_or_to_chosen_branches(chat: Chat) -> None:
    shown = await chat.say(OFFICE, f"通知 {TEXT}")
    assert previewed(shown, sentence("notices.to_everybody", name=COMMITTEE), 16)
    await chat.tap(OFFICE, "notices.do_audience")
    await chat.tap(OFFICE, "notices.some_branches")
    choice = chat.last[OFFICE]
    await chat.tap(OFFICE, FERRY, choice)
    shown = await chat.tap(OFFICE, "help.submit", choice)
    assert previewed(shown, FERRY, 2)
    await chat.tap(OFFICE, "notices.do_audience")
    shown = await chat.tap(OFFICE, "notices.to_secretaries")
    assert previewed(shown, sentence("notices.to_secretaries", name=COMMITTEE), 2)
    await chat.tap(OFFICE, "notices.do_send")
    assert len(await chat.inbox(SECRETARY)) == 1
    assert await chat.inbox(FERRY_MEMBER) == []


async def test_the_group_chat_confirms_too_and_lists_nobody(chat: Chat) -> None:
    await chat.say(SECRETARY, f"通知 {TEXT}")
    shown = await chat.tap(SECRETARY, "notices.do_groups")
    assert says(shown, "notices.preview", groups=sentence("notices.in_groups"))
    await chat.tap(SECRETARY, "notices.do_send")
    posted = (await chat.group_inbox())[0]
    assert TEXT in posted.text
    answer = await chat.tap(MEMBERS[3], "receipts.got_it", posted, group=ROADS)
    assert says(answer, "receipts.thanks")
    assert MEMBERS[3] not in answer
    assert says(await chat.tap(FERRY_MEMBER, "receipts.got_it", posted, group=ROADS), "receipts.not_for_you")
    assert sentence("receipts.confirmed", done=1, all=13) in await chat.say(SECRETARY, "通知情况")


async def test_a_narrow_audience_is_not_posted_in_the_group(chat: Chat) -> None:
    await chat.say(SECRETARY, f"通知 {TEXT}")
    await chat.tap(SECRETARY, "notices.do_groups")
    await chat.tap(SECRETARY, "notices.do_audience")
    shown = await chat.tap(SECRETARY, "notices.to_committee")
    assert says(shown, "notices.preview", groups=sentence("notices.not_in_groups"))
    labels = [choice.label for choice in chat.last[SECRETARY].choices]
    assert sentence("notices.do_groups") not in labels
    assert sentence("notices.do_no_groups") not in labels
    await chat.tap(SECRETARY, "notices.do_send")
    assert await chat.group_inbox() == []


async def test_closed_receipts_say_so(chat: Chat) -> None:
    await sent(chat)
    got = await newest(chat, MEMBERS[0])
    await chat.say(SECRETARY, "通知情况")
    assert says(await chat.tap(SECRETARY, "receipts.do_close"), "receipts.state_closed")
    assert says(await chat.tap(MEMBERS[0], "receipts.got_it", got), "receipts.over")


async def test_pausing_and_resuming(chat: Chat) -> None:
    await chat.app.delivery.stop()
    await sent(chat)
    await chat.say(SECRETARY, "通知情况")
    report = chat.last[SECRETARY]
    assert says(await chat.tap(SECRETARY, "receipts.do_pause", report), "receipts.state_paused")
    await chat.app.delivery.start()
    assert await chat.inbox(MEMBERS[0]) == []
    await chat.tap(SECRETARY, "receipts.do_resume")
    assert len(await chat.inbox(MEMBERS[0])) == 1
    assert says(await chat.tap(SECRETARY, "receipts.do_pause", report), "receipts.not_now")


async def test_a_paused_notice_can_be_taken_back(chat: Chat) -> None:
    await chat.app.delivery.stop()
    await sent(chat)
    await chat.say(SECRETARY, "通知情况")
    await chat.tap(SECRETARY, "receipts.do_pause")
    assert says(await chat.tap(SECRETARY, "receipts.do_cancel"), "receipts.state_cancelled")
    await chat.app.delivery.start()
    assert await chat.inbox(MEMBERS[0]) == []


async def test_only_those_are_to_be_called_who_have_no_account(chat: Chat) -> None:
    await chat.say(SECRETARY, f"通知 {TEXT}")
    assert not says(await chat.tap(SECRETARY, "notices.do_send"), "notices.sent_to_some")
    await chat.say(SECRETARY, "通知情况")
    assert not says(await chat.tap(SECRETARY, "receipts.do_chase"), "receipts.chased_without_account")
    await chat.app.store.write(unbind, "local", MEMBERS[0], chat.clock.now())
    await chat.say(SECRETARY, f"通知 {TEXT}")
    assert says(await chat.tap(SECRETARY, "notices.do_send"), "notices.sent_to_some", without=1)
    await chat.say(SECRETARY, "通知情况")
    assert says(await chat.tap(SECRETARY, "receipts.do_chase"), "receipts.chased_without_account", count=1)


async def test_nobody_with_an_account_means_phone_calls(chat: Chat) -> None:
    await chat.app.store.write(unbind, "local", FERRY_MEMBER, chat.clock.now())
    await chat.app.store.write(unbind, "local", SECRETARY, chat.clock.now())
    await chat.say(FERRY_SECRETARY, f"通知 {TEXT}")
    assert says(chat.last[FERRY_SECRETARY].text, "notices.reach", without=1)
    await chat.tap(FERRY_SECRETARY, "notices.do_send")
    await chat.tap(FERRY_SECRETARY, "receipts.got_it", await newest(chat, FERRY_SECRETARY))
    await chat.say(FERRY_SECRETARY, "通知情况")
    answer = await chat.tap(FERRY_SECRETARY, "receipts.do_chase")
    assert FERRY_MEMBER in answer
    assert says(answer, "receipts.only_by_phone")


async def test_my_notices_lists_what_waits(chat: Chat) -> None:
    assert says(await chat.say(MEMBERS[0], "我的通知"), "receipts.nothing_waiting")
    await sent(chat, "第一件事")
    await sent(chat, "第二件事")
    await chat.inbox(MEMBERS[0])
    assert says(await chat.say(MEMBERS[0], "我的通知"), "receipts.waiting", count=2)
    assert says(await chat.tap(MEMBERS[0], "receipts.got_one", title="第一件事"), "receipts.thanks")
    said = await chat.say(MEMBERS[0], "我的通知")
    assert "第二件事" in said
    assert "第一件事" not in said


async def test_old_drafts_and_old_notices_are_forgotten(chat: Chat) -> None:
    await chat.say(SECRETARY, "通知 没发出去的草稿")
    await sent(chat)
    privacy = chat.app.settings.privacy
    await chat.app.store.write(nightly.forget_old, chat.clock.now() + timedelta(days=8), privacy)
    assert [notice.text for notice in await chat.app.store.read(all_notices)] == [TEXT]
    await chat.app.store.write(nightly.forget_old, chat.clock.now() + timedelta(days=400), privacy)
    assert await chat.app.store.read(all_notices) == []
    assert await chat.app.store.read(_receipts) == 0


async def test_a_cancelled_draft_is_gone(chat: Chat) -> None:
    await chat.say(SECRETARY, f"通知 {TEXT}")
    draft = chat.last[SECRETARY]
    assert says(await chat.tap(SECRETARY, "notices.do_cancel", draft), "notices.dropped")
    assert says(await chat.tap(SECRETARY, "notices.do_send", draft), "notices.preview_over")
    assert await chat.app.store.read(all_notices) == []


def _receipts(session: StoreSession) -> int:
    return len(session.exec(select(NoticeReceipt)).all())


async def test_the_outgoing_message_names_no_other_member(chat: Chat) -> None:
    await sent(chat)

    def texts(session: StoreSession) -> list[str]:
        return [str(outgoing.message["text"]) for outgoing in session.exec(select(OutgoingMessage))]

    (text,) = await chat.app.store.read(texts)
    assert not any(name in text for name in (SECRETARY, *MEMBERS))


async def test_a_typed_number_never_sends_what_was_previewed_before_another_question(chat: Chat) -> None:
    await chat.say(SECRETARY, f"通知 {TEXT}")
    await chat.say(SECRETARY, "投票 周末植树去哪里")
    await chat.say(SECRETARY, "城南苗圃 / 江边公园")
    assert says(await chat.say(SECRETARY, "1"), "poll.ask_deadline")
    assert await chat.inbox(MEMBERS[0]) == []


async def test_what_is_still_queued_goes_with_a_cancelled_notice(chat: Chat) -> None:
    await sent(chat)

    def cancel(session: StoreSession) -> set[State]:
        outgoing = session.exec(select(OutgoingMessage.id)).one() or 0
        while not expansion.expand(session, outgoing, chat.clock.now()):
            pass
        assert set_phase(session, outgoing, Phase.PAUSED)
        assert set_phase(session, outgoing, Phase.CANCELLED)
        session.flush()
        return set(session.exec(select(Delivery.state).where(col(Delivery.outgoing_id) == outgoing)))

    assert await chat.app.store.write(cancel) == {State.CANCELLED}
