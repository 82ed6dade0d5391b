"""The big screen, the page behind its QR code, and the console of an attendance list."""

from __future__ import annotations

import re
from datetime import timedelta

from bot.rules.attendance import Status
from bot.store import attendance
from tests.support.cast import FERRY_SECRETARY, MEMBERS, ORGANIZER, SECRETARY
from tests.support.chat import Chat
from tests.support.meetings import code, opened, status
from tests.support.pages import Pages
from tests.support.wording import says, sentence


async def test_the_screen_shows_the_code_and_no_names(chat: Chat, pages: Pages) -> None:
    meeting = await opened(chat)
    await chat.say(MEMBERS[0], f"签到 {code(chat, meeting)}")
    page = await pages.enter(SECRETARY, f"/screen/{meeting}")
    assert code(chat, meeting) in page.text
    assert sentence("attendance.screen_turnout", came=1, expected=11) in page.text
    assert not any(name in page.text for name in (*MEMBERS, SECRETARY))
    picture = await pages.http.get(f"/screen/{meeting}/qr")
    assert picture.headers["content-type"].startswith("image/svg+xml")
    assert "<svg" in picture.text
    await chat.go_to(chat.clock.now() + timedelta(hours=2))
    closed = f">{sentence('attendance.screen_closed')}<"
    assert re.search(f'id="closed"[^>]* hidden{closed}', page.text)
    assert re.search(f'id="closed"(?![^>]* hidden)[^>]*{closed}', (await pages.http.get(f"/screen/{meeting}")).text)


async def test_the_screen_is_for_the_own_committee(chat: Chat, pages: Pages) -> None:
    meeting = await opened(chat)
    assert (await pages.http.get(f"/screen/{meeting}")).status_code == 401
    for who in (MEMBERS[0], FERRY_SECRETARY):
        page = await pages.enter(who, f"/screen/{meeting}")
        assert page.status_code == 403
        assert code(chat, meeting) not in page.text
        assert (await pages.http.get(f"/screen/{meeting}/qr")).status_code == 403
        assert (await pages.http.get(f"/attendance/{meeting}")).status_code == 403
    assert (await pages.enter(SECRETARY, "/screen/999")).status_code == 403


async def test_the_qr_page_signs_in_with_one_button(chat: Chat, pages: Pages) -> None:
    meeting = await opened(chat)
    path = f"/s/{meeting}?c={code(chat, meeting)}"
    stranger = await pages.http.get(path)
    assert stranger.status_code == 200
    assert says(stranger.text, "attendance.send_code_to_bot")
    assert (await pages.http.post(path)).status_code == 403
    page = await pages.enter(MEMBERS[0], path)
    done = await pages.send(page, f"/s/{meeting}", code=code(chat, meeting))
    assert says(done.text, "sign_in.done")
    assert says((await pages.send(page, f"/s/{meeting}", code=code(chat, meeting))).text, "sign_in.already")
    assert await status(chat, meeting, MEMBERS[0]) is Status.PRESENT
    await pages.enter(MEMBERS[1], path)
    page = await pages.http.get(path)
    assert says((await pages.send(page, f"/s/{meeting}", code="")).text, "sign_in.wrong")
    assert (await pages.http.post(path, data={"code": code(chat, meeting)})).status_code == 403
    await chat.say(SECRETARY, "签到 结束")
    assert says((await pages.http.get(path)).text, "sign_in.closed")


async def test_the_console_does_what_the_chat_does(chat: Chat, pages: Pages) -> None:
    meeting = await opened(chat)
    await chat.say(MEMBERS[1], "请假")
    await chat.tap(MEMBERS[1], "leave.category_on_shift")
    page = await pages.enter(SECRETARY, f"/attendance/{meeting}")
    assert MEMBERS[0] in page.text
    assert sentence("attendance.not_yet") in page.text
    lines = {line.name: line for line in await chat.app.store.read(attendance.register, meeting)}
    path, member = f"/attendance/{meeting}", str(lines[MEMBERS[0]].member_id)
    assert says((await pages.send(page, path, do="on_behalf", id=member)).text, "sign_in.on_behalf")
    assert says((await pages.send(page, path, do="undo", id=member)).text, "attendance.undone")
    assert await status(chat, meeting, MEMBERS[0]) is Status.ABSENT
    assert says((await pages.send(page, path, do="undo", id="1")).text, "attendance.not_undone")
    added = await pages.send(page, path, do="observer", name="王老师")
    assert says(added.text, "sign_in.observer_added", name="王老师")
    leave = re.findall(r'value="approve">\s*<input type="hidden" name="id" value="(\d+)"', page.text)[0]
    assert says((await pages.send(page, path, do="approve", id=leave)).text, "leave.you_approved")
    assert await status(chat, meeting, MEMBERS[1]) is Status.LEAVE_APPROVED
    assert says((await pages.send(page, path, do="close")).text, "attendance.closed_early")
    assert says((await pages.send(page, path, do="made_up", id=member)).text, "attendance.marked_made_up")
    shown = await pages.http.get("/attendance")
    assert sentence("attendance.made_up") in shown.text
    assert "王老师" in shown.text


async def test_bad_forms_of_the_console(chat: Chat, pages: Pages) -> None:
    meeting = await opened(chat)
    path = f"/attendance/{meeting}"
    page = await pages.enter(SECRETARY, path)
    for fields in (
        {"do": "on_behalf", "id": "99999"},
        {"do": "approve", "id": "77"},
        {"do": "confirm", "id": "x"},
        {"do": "made_up", "id": "99999"},
        {"do": "something"},
        {},
    ):
        assert (await pages.send(page, path, **fields)).status_code == 403
    assert (await pages.http.post(path, data={"do": "close"})).status_code == 403
    committee = await pages.enter(ORGANIZER, path)
    assert sentence("attendance.close_button") not in committee.text
    assert (await pages.send(committee, path, do="close")).status_code == 403
