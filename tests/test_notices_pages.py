"""The console of notices and a notice's own page."""

from __future__ import annotations

import io
import json
import re

import segno

from bot.messages import Address
from bot.router import Context
from bot.store import people
from bot.store.core.statements import StoreSession
from bot.web.page import Visit
from bot.web.pages import notices as notice_pages
from tests.support.cast import FERRY, FERRY_MEMBER, FERRY_SECRETARY, MEMBERS, OFFICE, SECRETARY
from tests.support.chat import Chat
from tests.support.pages import Pages
from tests.support.wording import says, sentence

TEXT = "周五下午三点开主题党日。"


async def test_write_preview_send_and_watch(chat: Chat, pages: Pages) -> None:
    form = await pages.enter(SECRETARY, "/notices")
    group = sentence("notices.to_group", name="第一党小组")
    draft = await pages.send(form, "/notices", text=TEXT, audience=group, confirm="1")
    assert says(draft.text, "notices.preview", audience=group, people=sentence("notices.reach_all", people=3))
    assert TEXT in draft.text
    assert await chat.inbox(MEMBERS[0]) == []
    path = draft.url.path
    page = await pages.send(draft, path, action="send")
    assert says((await pages.send(draft, path, action="send")).text, "notices.sent_already")
    got = (await chat.inbox(MEMBERS[0]))[-1]
    assert len(await chat.inbox(MEMBERS[0])) == 1
    await chat.tap(MEMBERS[0], "receipts.got_it", got)
    page = await pages.http.get(path)
    assert MEMBERS[1] in page.text
    assert MEMBERS[0] not in page.text
    assert page.text.index(MEMBERS[1]) < page.text.index("<progress")
    listed = await pages.http.get("/notices")
    assert sentence("notices.page_progress", done=1, all=3) in listed.text
    assert (await pages.send(page, path, action="chase")).status_code == 200
    assert len(await chat.inbox(MEMBERS[1])) == 2
    assert len(await chat.inbox(MEMBERS[0])) == 1


def code_of(address: str) -> bytes:
    """The QR code of an address, as a picture."""
    drawn = io.BytesIO()
    segno.make(address, error="m").save(drawn, kind="png", scale=8, border=4)
    return drawn.getvalue()


async def test_the_text_for_forwarding_has_a_picture_that_leads_to_the_notice(chat: Chat, pages: Pages) -> None:
    await chat.say(SECRETARY, f"通知 {TEXT}")
    await chat.tap(SECRETARY, "notices.do_send")
    page = await pages.enter(SECRETARY, "/notices/1")
    [source] = re.findall(r'<img src="([^"]+)"', page.text)
    picture = await pages.http.get(source)
    assert picture.headers["content-type"] == "image/png"
    address = f"{chat.app.settings.server.public_url}/n/1"
    assert address in page.text
    assert picture.content == code_of(address)
    await chat.say(SECRETARY, "通知情况")
    assert address in await chat.tap(SECRETARY, "receipts.do_kit")
    [file] = chat.last[SECRETARY].attachments
    assert (file.mime, file.data) == ("image/png", picture.content)
    await pages.enter(FERRY_SECRETARY, "/console")
    assert (await pages.http.get(source)).status_code == 403


async def test_bad_forms(chat: Chat, pages: Pages) -> None:
    form = await pages.enter(SECRETARY, "/notices")
    assert says((await pages.send(form, "/notices", text="  ")).text, "notices.empty")
    assert says((await pages.send(form, "/notices", text="长" * 10_000)).text, "notices.too_long", limit=3000)
    assert says((await pages.send(form, "/notices", text="内部文件，注意保存")).text, "notices.secret")
    assert says((await pages.send(form, "/notices", text=TEXT, audience="第九党小组")).text, "help.stale_button")
    assert says((await pages.send(form, "/notices", text=TEXT, branch=[FERRY])).text, "help.stale_button")
    assert says((await pages.send(form, "/notices", text=TEXT, at="2026-11-01T08:00")).text, "notices.time_past")
    assert says((await pages.send(form, "/notices", text=TEXT, at="soon")).text, "notices.time_unclear")
    assert says((await pages.http.get("/notices")).text, "notices.page_none")
    stale = await pages.http.post("/notices", data={"text": TEXT, "csrf": "x"})
    assert stale.status_code == 403


async def test_the_office_picks_branches(chat: Chat, pages: Pages) -> None:
    form = await pages.enter(OFFICE, "/notices")
    assert f'value="{FERRY}"' in form.text
    draft = await pages.send(form, "/notices", text=TEXT, branch=[FERRY], confirm="1")
    await pages.send(draft, draft.url.path, action="send")
    assert len(await chat.inbox(FERRY_MEMBER)) == 1
    assert await chat.inbox(MEMBERS[0]) == []


async def test_others_see_neither_draft_nor_report(chat: Chat, pages: Pages) -> None:
    form = await pages.enter(SECRETARY, "/notices")
    path = (await pages.send(form, "/notices", text=TEXT)).url.path
    assert says((await pages.enter(FERRY_SECRETARY, path)).text, "notices.not_yours")
    assert (await pages.enter(MEMBERS[0], "/notices")).status_code == 403
    await chat.say(SECRETARY, f"通知 {TEXT}")
    await chat.tap(SECRETARY, "notices.do_send")
    for who in (FERRY_SECRETARY, MEMBERS[0]):
        page = await pages.enter(who, "/notices/2")
        assert page.status_code == 403
        assert (await pages.http.get("/notices/2/events")).status_code == 403
    assert (await pages.enter(SECRETARY, "/notices/999")).status_code == 403


async def test_a_member_opens_and_confirms_on_the_page(chat: Chat, pages: Pages) -> None:
    await chat.say(SECRETARY, f"通知 {TEXT}")
    await chat.tap(SECRETARY, "notices.do_send")
    page = await pages.enter(MEMBERS[0], "/n/1")
    assert TEXT in page.text
    await pages.send(page, "/n/1", action="opened")
    assert says(await chat.say(SECRETARY, "通知情况"), "receipts.counts", opened=1)
    assert says((await pages.send(page, "/n/1", action="confirm")).text, "receipts.thanks")
    assert sentence("receipts.confirmed", done=1, all=13) in await chat.say(SECRETARY, "通知情况")
    assert says((await pages.enter(FERRY_MEMBER, "/n/1")).text, "notices.page_not_found")


async def test_live_counts_name_nobody(chat: Chat, pages: Pages) -> None:
    await chat.say(SECRETARY, f"通知 {TEXT}")
    await chat.tap(SECRETARY, "notices.do_send")
    await chat.inbox(MEMBERS[0])
    watch = next(page.watch for page in notice_pages.PAGES if page.watch)
    assert watch is not None
    await chat.say(SECRETARY, "通知情况")

    def values(session: StoreSession) -> str:
        person = people.identify(session, "local", SECRETARY)
        ctx = Context(session, chat.clock.now(), chat.app.library, Address("local", SECRETARY), person)
        return json.dumps(dict(watch(Visit({"id": "1"}, {}), ctx)))

    assert json.loads(await chat.app.store.read(values)) == {
        "addressed": 13,
        "sent": 0,
        "opened": 0,
        "confirmed": 0,
        "unopened": 13,
    }
