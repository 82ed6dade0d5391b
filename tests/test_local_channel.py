"""The web chat's protocol over a real WebSocket: joining, talking, tapping, groups, limits."""

from __future__ import annotations

import asyncio
import json
import secrets
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from bot.app import App
from bot.channels.local import connection as limits
from bot.channels.local.places import OF_ACCOUNT, OF_ADDRESS, Places
from bot.messages import Address, Attachment, Message, Outgoing
from bot.store import delivery, sessions
from bot.store.people import Audience
from bot.store.sessions import Visitor
from bot.web.access import COOKIE
from tests.support.cast import FERRY_MEMBER, MEMBERS, ROADS, SECRETARY, group_of
from tests.support.chat import Chat
from tests.support.wording import says, sentence

GROUP = group_of(ROADS)


@dataclass(slots=True)
class Line:
    """One browser's WebSocket."""

    socket: ClientConnection
    seen: list[dict[str, Any]] = field(default_factory=list)

    async def send(self, **frame: object) -> None:
        await self.socket.send(json.dumps(frame))

    async def wait(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The next frame that fits; frames before it are kept in `seen`."""
        async with asyncio.timeout(20):
            while True:
                frame: dict[str, Any] = json.loads(await self.socket.recv())
                self.seen.append(frame)
                if wanted(frame):
                    return frame

    async def op(self, name: str) -> dict[str, Any]:
        return await self.wait(lambda frame: frame["op"] == name)

    async def ask(self, **frame: object) -> dict[str, Any]:
        """Send an event and wait for what has its id."""
        await self.send(**frame)
        return await self.wait(lambda got: got.get("id") == frame["id"] and got["op"] != "talk")


@dataclass(slots=True)
class Door:
    """Opens WebSockets to the running server."""

    app: App
    chat: Chat
    host: str
    opened: list[ClientConnection] = field(default_factory=list)

    async def enter(self, account: str, *, operator: bool = False, origin: str = "") -> Line:
        key = await self.app.store.write(
            sessions.open_session, Visitor(account, operator), self.app.clock.now()
        )
        return await self.knock({"Cookie": f"{COOKIE}={key}"}, origin)

    async def knock(self, headers: dict[str, str], origin: str = "") -> Line:
        line = await connect(
            f"ws://{self.host}/local/ws", additional_headers=headers, origin=origin or None, max_size=None
        )
        self.opened.append(line)
        return Line(line)


@pytest.fixture
async def door(app: App, chat: Chat) -> AsyncIterator[Door]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        server = uvicorn.Server(uvicorn.Config(app.web, log_level="warning", lifespan="off"))
        running = asyncio.create_task(server.serve([listener]))
        while not server.started:
            await asyncio.sleep(0.01)
        entry = Door(app, chat, f"127.0.0.1:{listener.getsockname()[1]}")
        yield entry
        for line in entry.opened:
            line.transport.abort()
        server.should_exit = server.force_exit = True
        await running


async def test_a_member_joins_asks_and_taps(door: Door) -> None:
    line = await door.enter(MEMBERS[0])
    await line.send(op="join")
    joined = await line.op("joined")
    assert (joined["name"], joined["branch"]) == (MEMBERS[0], ROADS)
    assert [chat["chat"] for chat in joined["chats"]] == [MEMBERS[0], GROUP]
    asked = await line.ask(op="say", id="1", chat=MEMBERS[0], text="解绑")
    choices = asked["message"]["choices"]
    tapped = await line.ask(op="tap", id="2", chat=MEMBERS[0], token=choices[1]["token"], message="r:1")
    assert tapped["settled"] == {
        "message": "r:1",
        "choices": [{"label": "✓ " + sentence("binding.unbind_no"), "token": choices[1]["token"]}],
    }
    assert says(tapped["message"]["text"], "binding.kept")


async def test_the_same_event_again_gets_the_same_answer_and_happens_once(door: Door) -> None:
    first = await (await door.enter(SECRETARY)).ask(
        op="say", id="7", chat=SECRETARY, text=f"绑定码 {MEMBERS[1]}"
    )
    again = await (await door.enter(SECRETARY)).ask(
        op="say", id="7", chat=SECRETARY, text=f"绑定码 {MEMBERS[1]}"
    )
    assert again == first


async def test_group_talk_and_what_the_bot_says_there_reach_everybody_in_it(door: Door) -> None:
    one, two = await door.enter(MEMBERS[0]), await door.enter(MEMBERS[1])
    for line in (one, two):
        await line.send(op="join")
        await line.op("joined")
    answer = await one.ask(op="say", id="g1", chat=GROUP, text="帮助")
    talk = await two.op("talk")
    assert (talk["from"], talk["name"], talk["text"]) == (MEMBERS[0], MEMBERS[0], "帮助")
    said = await two.op("message")
    assert said["message"] == answer["message"]
    quiet = await one.ask(op="say", id="g2", chat=GROUP, text="大家好")
    assert "message" not in quiet


async def test_a_delivery_reaches_the_open_chat_and_the_next_one_that_joins(door: Door) -> None:
    line = await door.enter(MEMBERS[0])
    await line.send(op="join")
    await line.op("joined")
    picture = Attachment("码.png", "image/png", b"\x89PNG")
    await door.app.channels["local"].send(
        Outgoing(Address("local", MEMBERS[0]), Message("看图", attachments=(picture,)), "k1")
    )
    got = await line.op("message")
    assert got["message"]["id"] == "k1"
    assert got["message"]["files"] == [{"name": "码.png", "mime": "image/png", "data": "iVBORw=="}]


async def test_what_is_sent_while_a_browser_joins_is_shown_once(door: Door) -> None:
    """It is in no history yet: its row says that it was sent only after the channel has sent it."""
    channel, here = door.app.channels["local"], Address("local", MEMBERS[0])
    await channel.send(Outgoing(here, Message("正在路上"), "k1"))
    await channel.send(Outgoing(Address("local", FERRY_MEMBER), Message("给别人"), "k2"))
    line = await door.enter(MEMBERS[0])
    await line.send(op="join")
    joined = await line.op("joined")
    assert joined["history"] == []
    assert (await line.op("message"))["message"]["text"] == "正在路上"
    await channel.send(Outgoing(here, Message("之后"), "k3"))
    assert (await line.op("message"))["message"]["text"] == "之后"


async def test_history_shows_answered_questions_as_answered(door: Door) -> None:
    chat = door.chat
    await chat.say(SECRETARY, "表决 全年学习计划")
    await chat.tap(SECRETARY, "poll.deadline_hour")
    await chat.tap(SECRETARY, "poll.where_both")
    await chat.inbox(MEMBERS[0])
    await chat.say(MEMBERS[0], "1")
    line = await door.enter(MEMBERS[0])
    await line.send(op="join")
    past = [one for one in (await line.op("joined"))["history"] if one["chat"] == MEMBERS[0]]
    assert past[-1]["at"].startswith("2026-11-02T09:")
    yes, no, abstain = (sentence(f"poll.motion_{one}") for one in ("yes", "no", "abstain"))
    assert [choice["label"] for choice in past[-1]["message"]["choices"]] == [f"✓ {yes}", no, abstain]
    await chat.say(SECRETARY, "投票情况")
    await chat.tap(SECRETARY, "poll.end_now")
    await line.send(op="join")
    past = [one for one in (await line.op("joined"))["history"] if "全年" in one["message"]["text"]]
    assert [choice["label"] for choice in past[-1]["message"]["choices"]] == [f"✓ {yes}"]


async def test_nobody_speaks_for_others_or_into_foreign_groups(door: Door) -> None:
    line = await door.enter(FERRY_MEMBER)
    await line.send(op="join")
    await line.op("joined")
    assert (await line.ask(op="say", id="1", **{"as": SECRETARY}, chat=SECRETARY, text="帮助"))[
        "error"
    ] == "forbidden"
    assert (await line.ask(op="people", id="2", text=""))["error"] == "forbidden"
    assert (await line.ask(op="say", id="3", chat=GROUP, text="我来了"))["error"] == "not_joined"
    assert (await line.ask(op="say", id="4", chat=SECRETARY, text="帮助"))["error"] == "malformed"


async def test_the_operator_finds_people_and_speaks_for_them(door: Door) -> None:
    line = await door.enter("operator", operator=True)
    everybody = await line.ask(op="people", id="p1", text="", page=0)
    assert everybody["panes"] == [SECRETARY, *MEMBERS[:2]]
    assert everybody["people"][0] == {
        "account": SECRETARY,
        "name": SECRETARY,
        "branch": ROADS,
        "posts": [sentence("chat.post.secretary")],
    }
    found = await line.ask(op="people", id="p2", text="渡口", page=0)
    assert sorted(one["name"] for one in found["people"]) == ["渡口书记", "渡口党员"]
    assert (await line.ask(op="people", id="p3", text="%", page=0))["people"] == []
    assert (await line.ask(op="people", id="p4", text="", page=9))["people"] == []
    answer = await line.ask(op="say", id="1", **{"as": MEMBERS[0]}, chat=MEMBERS[0], text="帮助")
    assert MEMBERS[0] in answer["message"]["text"]


BROKEN = (
    "",
    "{",
    "[1]",
    '"x"',
    "[" * 50_000,
    '{"op":"say"}',
    '{"op":"say","id":7,"chat":"x","text":"y"}',
    '{"op":"fly","id":"1"}',
    '{"op":"tap","id":"1","chat":"' + "x" * 80 + '","token":"c:"}',
    "x" * 70_000,
)


async def test_malformed_frames_are_answered_and_many_close_the_line(door: Door) -> None:
    line = await door.enter(MEMBERS[0])
    for text in BROKEN:
        await line.socket.send(text)
        assert (await line.op("error"))["error"] == "malformed"
    assert "message" in await line.ask(op="say", id="1", chat=MEMBERS[0], text="帮助")
    for _ in BROKEN:
        await line.socket.send("nonsense")
        await line.op("error")
    await line.socket.send("nonsense")
    await line.socket.wait_closed()
    assert line.socket.close_code == 4400


async def test_a_text_that_was_cut_within_a_character_is_heard_without_the_half(door: Door) -> None:
    """JavaScript counts halves: a browser may send one, and no database and no other browser takes it."""
    here, there = [await door.enter(who) for who in MEMBERS[:2]]
    for line in (here, there):
        await line.send(op="join")
        await line.op("joined")
    frame = json.dumps({"op": "say", "id": "half", "chat": GROUP, "text": "帮助\ud83d"})
    assert "\\ud83d" in frame
    await here.socket.send(frame)
    assert (await here.wait(lambda got: got.get("id") == "half"))["op"] == "ack"
    assert (await there.op("talk"))["text"] == "帮助"
    assert says((await there.op("message"))["message"]["text"], "help.line", phrase="帮助")


async def test_another_site_and_unknown_browsers_are_turned_away(door: Door) -> None:
    for origin in ("https://elsewhere.example", "null", f"http://{door.host}.example"):
        with pytest.raises(InvalidStatus) as refused:
            await door.enter(MEMBERS[0], origin=origin)
        assert refused.value.response.status_code == 403
    assert "message" in await (await door.enter(MEMBERS[0], origin=f"http://{door.host}")).ask(
        op="say", id="1", chat=MEMBERS[0], text="帮助"
    )
    stranger = await door.knock({"Cookie": f"{COOKIE}=unknown"})
    with pytest.raises(ConnectionClosed) as closed:
        await stranger.op("joined")
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401


async def test_an_account_opens_only_so_many_lines(door: Door) -> None:
    for _ in range(20):
        await (await door.enter(MEMBERS[0])).ask(op="fly", id="1")
    one_more = await door.enter(MEMBERS[0])
    with pytest.raises(ConnectionClosed) as closed:
        await one_more.op("joined")
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4429


def test_strangers_leave_places_for_those_who_are_known() -> None:
    places = Places(strangers=OF_ADDRESS + 5)
    assert all(places.take(f"guest-{number}", "a") for number in range(OF_ADDRESS))
    assert not places.take("guest-x", "a")
    assert [places.take(f"guest-b{number}", "b") for number in range(7)] == [True] * 5 + [False] * 2
    assert all(places.take("m1", None) for _ in range(OF_ACCOUNT))
    assert not places.take("m1", None)
    places.leave("guest-1", "a")
    assert places.take("guest-x", "a")


async def test_a_browser_that_does_not_read_is_dropped(door: Door) -> None:
    line = await door.enter(MEMBERS[0])
    await line.send(op="join")
    await line.op("joined")
    line.socket.transport.pause_reading()
    channel = door.app.channels["local"]
    big = Message(
        "文件",
        attachments=(Attachment("大.bin", "application/octet-stream", secrets.token_bytes(1_500_000)),),
    )
    for number in range(limits.MAX_CHARS // 2_000_000 + 4):
        await channel.send(Outgoing(Address("local", MEMBERS[0]), big, f"k{number}"))
        await asyncio.sleep(0)
    line.socket.transport.resume_reading()
    with pytest.raises(ConnectionClosed):
        await line.wait(lambda frame: False)
    again = await door.enter(MEMBERS[0])
    assert "message" in await again.ask(op="say", id="1", chat=MEMBERS[0], text="帮助")


async def test_a_guest_can_only_bind(door: Door) -> None:
    line = await door.enter("guest-1")
    await line.send(op="join")
    assert (await line.op("joined"))["chats"] == [{"chat": "guest-1", "title": ""}]
    assert says((await line.ask(op="say", id="1", chat="guest-1", text="签到"))["message"]["text"], "binding.unknown")


async def test_a_notice_has_arrived_in_the_web_chat_when_a_browser_has_been_given_it(door: Door) -> None:
    chat = door.chat
    line = await door.enter(MEMBERS[0])
    await line.send(op="join")
    await line.op("joined")
    await chat.say(SECRETARY, "通知 明天开会")
    await chat.tap(SECRETARY, "notices.do_send")
    await door.app.delivery.drain()
    assert (await line.op("message"))["message"]["text"].endswith("明天开会")
    report = await chat.say(SECRETARY, "通知情况")
    assert says(report, "receipts.counts", sent=1)
    assert says(report, "receipts.lying", count=12)
    assert says(report, "receipts.silent", count=1, names=MEMBERS[0])
    later = await door.enter(MEMBERS[1])
    assert says(await chat.say(SECRETARY, "通知情况"), "receipts.counts", sent=1), "a page without a look is no look"
    await later.send(op="join")
    assert any("明天开会" in one["message"]["text"] for one in (await later.op("joined"))["history"])
    async with asyncio.timeout(20):
        while not says(await chat.say(SECRETARY, "通知情况"), "receipts.counts", sent=2):
            await asyncio.sleep(0.02)


async def test_a_browser_that_takes_nothing_has_been_given_nothing(door: Door) -> None:
    """Its connection stays open, but it reads no more: what is sent to it meanwhile counts as unopened."""
    line = await door.enter(MEMBERS[0])
    await line.send(op="join")
    await line.op("joined")
    line.socket.transport.pause_reading()
    large = Message(secrets.token_hex(9_000))  # is not made smaller on the way
    there = door.app.channels["local"]
    sent = [await there.send(Outgoing(Address("local", MEMBERS[0]), large, f"k{number}")) for number in range(20)]
    async with asyncio.timeout(20):
        while not sent[-1].unopened:
            sent.append(await there.send(Outgoing(Address("local", MEMBERS[0]), large, f"k{len(sent)}")))
    assert not sent[0].unopened
    line.socket.transport.abort()


async def test_everything_that_was_not_opened_is_shown_to_who_comes_back(door: Door) -> None:
    for number in range(45):
        await door.app.store.write(
            delivery.notify, Audience(units=(1,)), Message(f"第{number}条"), f"n:{number}", door.app.clock.now()
        )
    await door.app.delivery.drain()
    line, shown = await door.enter(MEMBERS[0]), [0]
    while shown[-1] != 40:
        await line.send(op="join")
        shown.append(len([one for one in (await line.op("joined"))["history"] if "条" in one["message"]["text"]]))
    assert set(shown[1:-1]) == {45}, "until the first look is noted"


async def test_a_group_of_the_web_chat_has_a_message_when_somebody_has_looked(door: Door) -> None:
    chat = door.chat
    await chat.say(SECRETARY, "通知 明天开会")
    await chat.tap(SECRETARY, "notices.do_groups")
    await chat.tap(SECRETARY, "notices.do_send")
    await door.app.delivery.drain()
    report = await chat.say(SECRETARY, "通知情况")
    assert says(report, "receipts.groups", sent=0, all=1)
    assert says(report, "receipts.groups_unopened", count=1)
    line = await door.enter(MEMBERS[0])
    await line.send(op="join")
    await line.op("joined")
    async with asyncio.timeout(20):
        while not says(await chat.say(SECRETARY, "通知情况"), "receipts.groups", sent=1, all=1):
            await asyncio.sleep(0.02)
