"""What the program does not take is named before anything is done: pictures, files, voices, edits, halves of a paste."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlmodel import col, select

from bot.clock import ShiftedClock
from bot.config import Settings
from bot.messages import Attachment, Caps, Message, Outcome, Outgoing, Receipt
from bot.render import fit, losses, render
from bot.store import binding
from bot.store.core.statements import StoreSession
from bot.store.mine import CorrectionRequest
from bot.store.notices import Notice
from bot.store.people import Member
from tests.support.cast import MEMBERS, ROADS, SECRETARY
from tests.support.shipped import shipped_content
from tests.support.telegram_chat import TelegramChat, telegram_chat
from tests.support.wording import says, sentence

FILE = {"file_id": "f", "file_unique_id": "u"}
PICTURE = {"photo": [{**FILE, "width": 9, "height": 9}]}
KINDS: dict[str, dict[str, Any]] = {
    "picture": PICTURE,
    "file": {"document": FILE},
    "voice": {"voice": {**FILE, "duration": 3}},
    "audio": {"audio": {**FILE, "duration": 3}},
    "video": {"video": {**FILE, "duration": 3, "width": 9, "height": 9}},
    "sticker": {"sticker": {**FILE, "type": "regular", "width": 9, "height": 9, "is_animated": False, "is_video": False}},
    "location": {"location": {"longitude": 1.0, "latitude": 2.0}},
    "contact": {"contact": {"phone_number": "1", "first_name": "x"}},
    "poll": {
        "poll": {
            "id": "1", "question": "?", "options": [], "total_voter_count": 0, "is_closed": False,
            "is_anonymous": True, "type": "regular", "allows_multiple_answers": False, "allows_revoting": False,
            "members_only": False,
        }
    },
}  # fmt: skip
SOURCE = {"forward_origin": {"type": "hidden_user", "date": 1, "sender_user_name": "某人"}}


@pytest.fixture
async def talk(settings: Settings, clock: ShiftedClock) -> AsyncIterator[TelegramChat]:
    async with telegram_chat(settings, clock) as chat:
        yield chat


async def post(talk: TelegramChat, who: str, text: str = "", group: str = "", **more: object) -> str:
    """Send what has a caption, or a text with more to it; the text of the answer."""
    update = talk.said(who, text, group, **more)
    message = update["message"]
    if "forward_origin" not in more and "entities" not in more:
        message.pop("text")
        if text:
            message["caption"] = text
    return await talk._answer(update, talk._chat(who, group))


def names(answer: str, kind: str) -> bool:
    return sentence(f"help.lost_{kind}") in answer


async def notices(talk: TelegramChat) -> list[str]:
    def texts(session: StoreSession) -> list[str]:
        return list(session.exec(select(Notice.text).order_by(col(Notice.id))))

    return await talk.app.store.read(texts)


async def test_a_notice_that_came_with_something_else_says_so_before_it_is_sent(talk: TelegramChat) -> None:
    for number, (kind, content) in enumerate(KINDS.items()):
        answer = await post(talk, SECRETARY, f"通知 第{number}件事", **content)
        assert names(answer, kind), kind
        assert says(answer, "help.without"), kind
        assert says(answer, "notices.preview"), "and the draft asks whether it shall go out so"
    await talk.say(SECRETARY, "通知")
    assert names(await post(talk, SECRETARY, "看图", **PICTURE), "picture"), "where the text was asked for"
    await talk.tap(SECRETARY, "notices.do_text")
    assert names(await post(talk, SECRETARY, "再看图", **PICTURE), "picture"), "where it is changed"
    assert names(await post(talk, SECRETARY, "通知 转来的", **SOURCE), "forward")
    struck = [{"type": "strikethrough", "offset": 3, "length": 2}]
    assert names(await post(talk, SECRETARY, "通知 周三周四开会", entities=struck), "struck")
    elsewhere = {"external_reply": {"origin": SOURCE["forward_origin"]}}
    quoted = {"quote": {"text": "老地方", "position": 0}}
    for more in (elsewhere, quoted):
        assert names(await post(talk, SECRETARY, "通知 就照这个办", **more), "quote")
    assert names(await post(talk, SECRETARY, "通知 看全息图", hologram=[FILE]), "other"), "what there is not yet"
    hidden = [{"type": "text_link", "offset": 3, "length": 2, "url": "https://example.org"}]
    assert names(await post(talk, SECRETARY, "通知 点这里", entities=hidden), "link")
    assert await talk.inbox(MEMBERS[0]) == []


async def test_nothing_else_is_done_with_what_is_not_taken_whole(talk: TelegramChat) -> None:
    for kind, content in KINDS.items():
        for caption in ("", "更正 我的党龄写错了", "帮助", "7", "随便说说"):
            answer = await post(talk, MEMBERS[0], caption, **content)
            assert says(answer, "help.not_taken", what=sentence(f"help.lost_{kind}")), (kind, caption)
    await talk.say(MEMBERS[0], "更正")
    assert names(await post(talk, MEMBERS[0], "我的党龄写错了", **PICTURE), "picture"), "an answer in own words"

    def requests(session: StoreSession) -> int:
        return len(session.exec(select(CorrectionRequest)).all())

    assert await talk.app.store.read(requests) == 0
    await talk.say(MEMBERS[0], "我的党龄写错了")
    assert await talk.app.store.read(requests) == 1, "the question stood open"


async def test_a_vote_with_a_picture_is_not_counted_and_said_so(talk: TelegramChat) -> None:
    await talk.say(SECRETARY, "表决 全年学习计划")
    await talk.tap(SECRETARY, "poll.deadline_hour")
    await talk.tap(SECRETARY, "poll.where_both")
    await talk.inbox(MEMBERS[0])
    for group in ("", ROADS):
        assert names(await post(talk, MEMBERS[0], "1", group, **PICTURE), "picture")
    assert says(await talk.say(SECRETARY, "投票情况"), "poll.status", voters=0)
    assert await post(talk, MEMBERS[0], "今天的合影", ROADS, **PICTURE) == "", "talk of the group is its own"
    assert await post(talk, MEMBERS[0], "", ROADS, **PICTURE) == ""


async def test_an_album_is_answered_once(talk: TelegramChat) -> None:
    album = {**PICTURE, "media_group_id": "77"}
    answer = await post(talk, SECRETARY, "通知 看这几张", **album)
    assert names(answer, "album")
    assert says(answer, "notices.preview")
    for _ in range(3):
        assert await post(talk, SECRETARY, **album) == ""
    other = {**PICTURE, "media_group_id": "78"}
    assert says(await post(talk, SECRETARY, **other), "help.not_taken")
    assert await post(talk, SECRETARY, "通知 又几张", **other) == "", "the answer to the first part was for all"
    assert await notices(talk) == ["看这几张"]


async def test_what_is_changed_afterwards_is_not_taken_and_said_so(talk: TelegramChat) -> None:
    assert says(await talk.say(SECRETARY, "通知 三点开会"), "notices.preview")

    async def change(text: str, group: str = "") -> str:
        message = {**talk.said(SECRETARY, text, group)["message"], "edit_date": 1_800_000_000}
        return await talk._answer(talk.update(edited_message=message), talk._chat(SECRETARY, group))

    assert says(await change("通知 四点开会"), "help.edited")
    assert await change("大家好", ROADS) == ""
    assert await notices(talk) == ["三点开会"]
    again = {
        **talk.said(SECRETARY, "四点开会")["message"],
        "edit_date": 1_800_000_001,
        **PICTURE,
        "media_group_id": "5",
    }
    again["caption"] = again.pop("text")
    await post(talk, SECRETARY, "三点开会", **PICTURE, media_group_id="5")
    assert says(await talk._answer(talk.update(edited_message=again), talk._chat(SECRETARY, "")), "help.edited")
    moving = talk.said(MEMBERS[0], "")["message"] | KINDS["location"]
    moving.pop("text")
    assert await talk._answer(talk.update(edited_message=moving), talk._chat(MEMBERS[0], "")) == "", "nobody said that"


async def test_a_paste_that_telegram_cut_is_refused_whole(talk: TelegramChat) -> None:
    long = "".join(f"第{number}段话。" for number in range(1200))[:6300]
    await talk.say(SECRETARY, "通知")
    assert says(await talk.say(SECRETARY, long[:4096]), "help.too_long")
    assert says(await talk.say(SECRETARY, long[4096:]), "help.rest")
    assert await notices(talk) == []
    assert says(await talk.say(SECRETARY, "短的通知"), "notices.preview"), "the question for the text still stands open"


async def test_a_paste_that_was_cut_at_the_end_of_a_paragraph_is_refused_whole(talk: TelegramChat) -> None:
    """Telegram's desktop program cuts where a paragraph ends, so each half would do for a notice."""
    await talk.say(SECRETARY, "通知")
    assert says(await talk.say(SECRETARY, "前" * 2500), "notices.preview")
    assert says(await talk.say(SECRETARY, "后" * 1800), "help.rest")
    assert says(await talk.tap(SECRETARY, "notices.do_send"), "notices.preview_over")
    assert await talk.inbox(MEMBERS[0]) == []


async def test_two_texts_that_would_have_fitted_into_one_are_two(talk: TelegramChat) -> None:
    assert says(await talk.say(SECRETARY, "通知 " + "长" * 2500), "notices.preview")
    assert says(await talk.say(SECRETARY, "1"), "notices.sent")
    assert len(await talk.inbox(MEMBERS[0])) == 1


async def test_the_parts_may_come_at_once_and_in_any_order(talk: TelegramChat) -> None:
    for first in (0, 1):
        parts = [talk.said(SECRETARY, "通知 " + "前" * 2500), talk.said(SECRETARY, "通知 " + "后" * 1800)]
        await asyncio.gather(talk.push(parts[first]), talk.push(parts[1 - first]))
        said = [shown["text"] for shown in talk.fake.sent(str(talk.number(SECRETARY)))[-2:]]
        assert any(says(one, "help.rest") for one in said)
        assert says(await talk.tap(SECRETARY, "notices.do_send"), "notices.preview_over")
        await talk.say(SECRETARY, "帮助")
    assert await talk.inbox(MEMBERS[0]) == []


async def test_three_parts_and_what_follows_them(talk: TelegramChat) -> None:
    for part in ("通知 " + "一" * 4000, "二" * 4096, "三"):
        answer = await talk.say(SECRETARY, part)
    assert says(answer, "help.rest")
    assert says(await talk.say(SECRETARY, "帮助"), "help.head", name=SECRETARY)


class Small:
    """A channel that takes short texts and no files; keeps what it is given."""

    name, caps = "small", Caps(max_chars=300)

    def __init__(self) -> None:
        self.given: list[Message] = []

    def routes(self) -> list[Any]:
        return []

    async def start(self, handle: object) -> None: ...

    async def stop(self) -> None: ...

    async def send(self, outgoing: Outgoing) -> Receipt:
        self.given.append(outgoing.message)
        return Receipt(Outcome.SENT)


async def test_what_a_channel_cannot_carry_is_named_to_the_sender_before_and_to_the_reader(talk: TelegramChat) -> None:
    small = Small()
    talk.app.channels["small"] = small

    def bind(session: StoreSession) -> None:
        member = session.exec(select(Member.id).where(col(Member.name) == MEMBERS[0])).one()
        binding.bind(session, member or 0, "small", "s", "s", talk.clock.now())

    await talk.app.store.write(bind)
    assert says(await talk.say(SECRETARY, "通知 短的"), "notices.preview")
    shown = await talk.say(SECRETARY, "通知 " + "长" * 500)
    assert says(shown, "help.warn_text")
    assert says(shown, "notices.preview")
    await talk.tap(SECRETARY, "notices.do_send")
    await talk.app.delivery.drain()
    (got,) = small.given
    assert says(got.text, "help.cut")
    assert len(render(got, Small.caps).text) <= 300
    assert sentence("receipts.got_it") in render(got, Small.caps).text


def test_nothing_is_cut_or_left_out_without_a_word() -> None:
    file = Attachment("名单.xlsx", "x", b"1")
    texts = shipped_content().texts
    for message in (Message("长" * 999), Message("短", attachments=(file,)), Message("长" * 999, attachments=(file,))):
        shown = fit(message, Small.caps, texts)
        assert ("files" in losses(message, Small.caps)) == bool(message.attachments) == ("名单.xlsx" in shown.text)
        assert ("text" in losses(message, Small.caps)) == (len(message.text) > 300) == says(shown.text, "help.cut")
        assert losses(shown, Small.caps) == ()
        assert render(shown, Small.caps) == shown, "nothing is left for the channel to cut"
    whole = Message("长" * 300)
    assert fit(whole, Small.caps, texts) is whole
