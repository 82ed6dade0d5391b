"""A right ends where it is used: sockets, streams, links and dialogues after signing out, unbinding, leaving, a lost post."""

from __future__ import annotations

import asyncio
import re
from datetime import date

import pytest
from sqlmodel import col, delete, select
from websockets.exceptions import ConnectionClosed

from bot.rules.people import Post as PostKind
from bot.signing import sign_in_path
from bot.store import sessions
from bot.store.core.statements import StoreSession
from bot.store.people import Member, Post
from bot.store.roster import apply
from bot.store.sessions import Visitor
from bot.web.access import COOKIE
from tests.support.cast import COMMITTEE, FERRY, MEMBERS, OFFICE, ORGANIZER, ROADS, ROWS, SECRETARY, Row
from tests.support.chat import Chat
from tests.support.pages import Pages
from tests.support.wording import says
from tests.test_local_channel import GROUP, Door, Line
from tests.test_local_channel import door as door

HER, HIM = MEMBERS[0], MEMBERS[1]


async def entered(door: Door, who: str) -> tuple[Line, str]:
    """Somebody's socket, joined, and the key of its session."""
    key = await door.app.store.write(sessions.open_session, Visitor(who), door.app.clock.now())
    line = await door.knock({"Cookie": f"{COOKIE}={key}"})
    await line.send(op="join")
    await line.op("joined")
    return line, key


async def heard_no_more(line: Line) -> int:
    """What a socket still hears holds no answer and no talk; the code with which it is closed."""
    try:
        async with asyncio.timeout(20):
            while True:
                frame = await line.socket.recv()
                assert '"op":"error"' in str(frame), frame
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else 0


def link(chat: Chat, who: str, path: str = "/console") -> str:
    return sign_in_path(chat.app.library.signer, who, path, chat.clock.now())


def leaves(session: StoreSession, who: str) -> None:
    """A new roster of the branch, without somebody."""
    apply(
        session, COMMITTEE, [row for row in ROWS if row.branch == ROADS and row.name != who], left_on=date(2026, 11, 2)
    )


def moves(session: StoreSession, who: str) -> None:
    apply(session, COMMITTEE, [Row(who, FERRY, also="")])


def loses_post(session: StoreSession, who: str, kind: PostKind = PostKind.SECRETARY) -> None:
    ids = select(Member.id).where(col(Member.name) == who)
    session.execute(delete(Post).where(col(Post.member_id).in_(ids), col(Post.kind) == kind))


@pytest.mark.parametrize("how", ["out", "elsewhere", "leaves"])
async def test_a_socket_ends_with_the_session(door: Door, pages: Pages, how: str) -> None:
    """Signed out in this browser, by another process, or left with an import."""
    other, _ = await entered(door, ORGANIZER)
    for who, does in zip(MEMBERS, ("mine", "web", "group", "join", "hears", "nothing"), strict=True):
        line, key = await entered(door, who)
        if how == "out":
            pages.http.cookies.set("azalea", key)
            await pages.http.post("/out", follow_redirects=False)
        elif how == "elsewhere":
            await door.app.store.write(sessions.close_session, key)
        else:
            await door.app.store.write(leaves, who)
        if does in ("mine", "web"):
            await line.send(op="say", id="1", chat=who, text="我的" if does == "mine" else "网页")
        elif does == "group":
            await line.send(op="say", id="1", chat=GROUP, text="大家好")
        elif does == "join":
            await line.send(op="join")
        elif does == "hears":
            await other.ask(op="say", id="g", chat=GROUP, text="帮助")
        assert await heard_no_more(line) == 4401, does
        answer = await other.ask(op="say", id=f"2{who}", chat=ORGANIZER, text="帮助")
        assert "message" in answer
        assert not [frame for frame in other.seen if frame["op"] == "talk"], does


async def test_who_was_transferred_hears_the_old_group_no_more(door: Door) -> None:
    line, _ = await entered(door, HER)
    other, _ = await entered(door, HIM)
    await door.app.store.write(moves, HER)
    await other.ask(op="say", id="g", chat=GROUP, text="帮助")
    assert await heard_no_more(line) == 4409


async def test_unbinding_ends_what_came_by_the_account(door: Door, pages: Pages) -> None:
    """Her pages and their links, while she stays bound elsewhere."""
    chat = door.chat
    said = await chat.say(HER, "网页")
    assert said
    handed = chat.last[HER].links[0].url.removeprefix(chat.app.settings.server.public_url)
    inside = Pages(chat.app)
    assert (await inside.http.post(handed)).status_code == 200
    unused = re.sub("^.*/in/", "/in/", await _link_of(chat, HER))
    account = f"m{await chat.app.store.read(_number, HER)}"
    line, _ = await entered(door, account)
    await chat.say(HER, "解绑")
    assert says(await chat.tap(HER, "binding.unbind_yes"), "binding.gone")
    assert await heard_no_more(line) == 4401
    assert (await inside.http.get("/console")).status_code == 401
    for answer in (await pages.http.get(unused), await pages.http.post(unused)):
        assert answer.status_code == 403
        assert says(answer.text, "web.link_void")


async def test_who_binds_the_account_next_reads_nothing_of_before(door: Door) -> None:
    chat = door.chat
    await chat.say(SECRETARY, f"绑定码 {HIM}")
    code = re.findall("[A-Z0-9]{8}", chat.last[SECRETARY].text)[0]
    await chat.say(SECRETARY, "通知 只给这一位看的话")
    await chat.tap(SECRETARY, "notices.do_send")
    assert "只给这一位看的话" in (await chat.inbox(HER))[-1].text
    await chat.say(HER, "解绑")
    await chat.tap(HER, "binding.unbind_yes")
    await chat.say(HER, code)
    assert HIM in await chat.tap(HER, "binding.agree")
    line, _ = await entered(door, HER)
    joined = next(frame for frame in line.seen if frame["op"] == "joined")
    assert joined["name"] == HIM
    assert "只给这一位看的话" not in repr(joined)


async def _link_of(chat: Chat, who: str) -> str:
    await chat.say(who, "网页")
    return chat.last[who].links[0].url


def _number(session: StoreSession, who: str) -> int:
    return session.exec(select(Member.id).where(col(Member.name) == who)).one() or 0


@pytest.mark.parametrize("how", ["out", "leaves"])
async def test_links_handed_out_before_are_void(chat: Chat, pages: Pages, how: str) -> None:
    handed, unused = link(chat, HER), await _link_of(chat, HER)
    await pages.http.post(link(chat, HER), follow_redirects=False)
    if how == "out":
        await pages.http.post("/out", follow_redirects=False)
    else:
        await chat.app.store.write(leaves, HER)
    for address in (handed, re.sub("^.*/in/", "/in/", unused)):
        browser = Pages(chat.app)
        assert says((await browser.http.get(address)).text, "web.link_void")
        assert (await browser.http.post(address, follow_redirects=False)).status_code == 403
        assert "azalea" not in browser.http.cookies
    fresh = await Pages(chat.app).http.post(link(chat, HER), follow_redirects=False)
    assert fresh.status_code == (303 if how == "out" else 403)


async def test_several_links_of_one_person_open_in_one_browser(chat: Chat, pages: Pages) -> None:
    """Coming in again is no signing out; somebody else's coming in is."""
    mine = [link(chat, HER) for _ in range(3)]
    for address in mine[:2]:
        assert (await pages.http.post(address, follow_redirects=False)).status_code == 303
    await pages.http.post(link(chat, HIM), follow_redirects=False)
    assert says((await pages.http.post(mine[2], follow_redirects=False)).text, "web.link_void")


async def test_a_lost_post_ends_its_streams(chat: Chat, pages: Pages) -> None:
    await pages.enter(SECRETARY, "/quiz")
    shown = asyncio.create_task(pages.http.get("/quiz/events"))
    done, _ = await asyncio.wait({shown}, timeout=0.5)
    assert not done
    await chat.app.store.write(loses_post, SECRETARY)
    async with asyncio.timeout(20):
        assert (await shown).text.startswith("data: ")
    assert (await pages.http.get("/quiz/events")).status_code == 403


async def test_a_lost_post_ends_its_dialogues(chat: Chat) -> None:
    """What was begun as the secretary of one branch is not finished as that of another."""
    await chat.say(SECRETARY, "通知 明天开会")
    notice = chat.last[SECRETARY]
    await chat.say(SECRETARY, "表决 秋季预算")
    motion = chat.last[SECRETARY]
    await chat.say(SECRETARY, "投票 去哪里")
    await chat.app.store.write(_secretary_elsewhere)
    for message in (notice, motion):
        for choice in message.choices:
            reply = await chat.event(SECRETARY, token=choice.token)
            assert reply.message is not None
            assert any(says(reply.message.text, key) for key in ("notices.not_yours", "help.not_yours")), choice
    await chat.say(SECRETARY, "城南/江边")
    assert not await chat.inbox(MEMBERS[0])


def _secretary_elsewhere(session: StoreSession) -> None:
    apply(session, COMMITTEE, [Row(SECRETARY, FERRY, ("secretary",))])


async def test_ticks_of_a_lost_post_show_nothing(chat: Chat) -> None:
    await chat.say(OFFICE, "通知 明天开会")
    await chat.tap(OFFICE, "notices.do_audience")
    await chat.tap(OFFICE, "notices.some_branches")
    branches = chat.last[OFFICE]
    await chat.app.store.write(loses_post, OFFICE, PostKind.PARTY_OFFICE)
    for choice in branches.choices:
        reply = await chat.event(OFFICE, token=choice.token)
        assert reply.message is not None
        assert says(reply.message.text, "help.no_right")
        assert not reply.settled
