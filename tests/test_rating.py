"""Ratings in the chat: the way to the sheet, the reminder, what is told at each stage; and that no grade stays here."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
from sqlalchemy import inspect, text
from sqlmodel import col, select

from bot.rules.rating import sealing
from bot.store import due, rating
from bot.store.core.statements import StoreSession
from bot.store.people import Post
from bot.store.prompts import OpenPrompt
from bot.store.rating import RoundMode, RoundState
from bot.web.access import COOKIE
from tests.support import rating as rounds
from tests.support.cast import (
    ACTIVIST,
    FERRY_MEMBER,
    FERRY_SECRETARY,
    MEMBERS,
    OFFICE,
    ORGANIZER,
    ROADS,
    SECRETARY,
)
from tests.support.chat import Chat
from tests.support.pages import Pages
from tests.support.wording import says, sentence

KEY = sealing.make_key()
VOTERS = MEMBERS[:3]


async def draft(chat: Chat) -> int:
    """A rating of the roads branch that is being prepared, with three of its members on the roll."""

    def made(session: StoreSession) -> int:
        found = rounds.draft(session, chat.app, chat.clock.now(), members={"同行": VOTERS})
        teller = rounds.member_id(session, FERRY_SECRETARY)
        rounds.bring_key(session, found, teller, KEY, chat.clock.now())
        return found.id or 0

    return await chat.app.store.write(made)


async def opened(chat: Chat, **given: object) -> rounds.Opened:
    """The same, open, with everybody there."""

    def made(session: StoreSession) -> rounds.Opened:
        members = {"同行": VOTERS}
        return rounds.open_round(session, chat.app, chat.clock.now(), KEY, members=members, **given)

    return await chat.app.store.write(made)


async def cast(chat: Chat, made: rounds.Opened, *voters: int) -> None:
    for voter in voters:
        sheet = made.seal([b"\x01" * made.items] * made.targets)
        await chat.app.store.write(rating.cast, made.id, voter, sheet, made.manifest_hash, chat.clock.now())


def state(session: StoreSession, round_id: int) -> RoundState:
    found = rating.get(session, round_id)
    assert found is not None
    return found.state


def links(chat: Chat, who: str) -> list[str]:
    return [link.label for link in chat.last[who].links]


async def test_nothing_to_fill_in(chat: Chat) -> None:
    assert await chat.say(MEMBERS[0], "评议") == sentence("rating.nothing")
    assert says(await chat.say(SECRETARY, "评议"), "rating.start_here")
    assert links(chat, SECRETARY) == [sentence("rating.console")]
    assert says(await chat.say(MEMBERS[0], "评议 张三 优秀"), "rating.how_to_ask")
    assert says(await chat.say(MEMBERS[0], "评议", group=ROADS), "rating.in_group_none")


async def test_too_early_too_late_and_not_on_the_roll(chat: Chat) -> None:
    number = await draft(chat)
    assert says(await chat.say(MEMBERS[0], "评议"), "rating.later")
    assert says(await chat.say(ACTIVIST, "评议"), "rating.nothing")

    def open_it(session: StoreSession) -> None:
        found = rating.get(session, number)
        assert found is not None
        rounds.approve_twice(session, found, chat.clock.now())

    await chat.app.store.write(open_it)
    assert says(await chat.say(MEMBERS[0], "评议"), "rating.absent")
    assert links(chat, MEMBERS[0]) == []

    def end(session: StoreSession) -> None:
        found = rating.get(session, number)
        assert found is not None
        rating.close(session, found, None, chat.clock.now())

    await chat.app.store.write(end)
    assert says(await chat.say(MEMBERS[0], "评议"), "rating.over")


async def test_the_link_opens_the_sheet_once(chat: Chat, pages: Pages) -> None:
    made = await opened(chat)
    said = await chat.say(VOTERS[0], "测评")
    assert says(said, "rating.open_one")
    assert says(said, "rating.sealed")
    assert links(chat, VOTERS[0]) == [sentence("rating.link")]
    path = chat.last[VOTERS[0]].links[0].url.removeprefix(chat.app.settings.server.public_url)
    page = await pages.http.post(path)
    assert page.url.path == f"/rating/{made.id}"
    assert page.status_code == 200
    assert (await pages.http.post(path)).status_code == 403


async def test_a_new_code_signs_the_lost_phone_out(chat: Chat, pages: Pages) -> None:
    made = await opened(chat)
    voter = await chat.app.store.read(_voter_of, made.id, VOTERS[0])
    await chat.say(VOTERS[0], "评议")
    path = chat.last[VOTERS[0]].links[0].url.removeprefix(chat.app.settings.server.public_url)
    assert (await pages.http.post(path)).status_code == 200
    owner = Pages(chat.app)
    page = await owner.enter(SECRETARY, f"/ratings/{made.id}")
    code = await owner.send(page, f"/ratings/{made.id}", action="presence", do=f"code-{voter}")
    assert says(code.text, "rating_console.running.code_about")
    await owner.http.aclose()
    assert (await pages.http.get(f"/rating/{made.id}")).status_code == 401


async def test_a_grade_typed_here_is_answered_and_not_kept(chat: Chat) -> None:
    await opened(chat)
    await chat.say(VOTERS[0], "评议")
    for typed in ("好", "较好", "1", "评议 甲书记 差"):
        assert says(await chat.say(VOTERS[0], typed), "rating.never_in_chat"), typed
    assert says(await chat.say(VOTERS[0], "好"), "rating.never_in_chat")

    def kept(session: StoreSession) -> list[tuple[bool, int]]:
        return [(one.answered, one.marks) for one in session.exec(select(OpenPrompt))]

    assert set(await chat.app.store.read(kept)) <= {(False, 0)}

    def written(session: StoreSession) -> str:
        names = inspect(session.connection()).get_table_names()
        return " ".join(str(row) for name in names for row in session.execute(text(f'SELECT * FROM "{name}"')))

    everything = await chat.app.store.read(written)
    assert "甲书记" in everything
    assert "甲书记 差" not in everything


async def test_a_named_rating_says_so(chat: Chat) -> None:
    await opened(chat, mode=RoundMode.NAMED)
    assert says(await chat.say(VOTERS[0], "评议"), "rating.named")


async def test_paper_instead(chat: Chat) -> None:
    made = await opened(chat)

    def give(session: StoreSession) -> None:
        found = rating.get(session, made.id)
        voter = rating.voter_for(session, made.id, rounds.member_id(session, VOTERS[0]), "")
        assert found is not None
        assert voter is not None
        rating.mark_paper(session, found, voter.id)

    await chat.app.store.write(give)
    assert says(await chat.say(VOTERS[0], "评议"), "rating.on_paper")
    assert links(chat, VOTERS[0]) == []


async def test_the_owner_sees_the_turnout_and_tellers_their_page(chat: Chat) -> None:
    made = await opened(chat)
    await cast(chat, made, *made.voters["领导"])
    said = await chat.say(SECRETARY, "评议")
    assert says(said, "rating.owner_turnout", cast=5, present=14)
    assert sentence("rating.console") in links(chat, SECRETARY)
    assert says(await chat.say(FERRY_MEMBER, "评议"), "rating.teller_open")
    assert links(chat, FERRY_MEMBER) == [sentence("rating.teller")]
    for who in (OFFICE, ORGANIZER, MEMBERS[4]):
        assert "5" not in await chat.say(who, "评议")


async def test_a_group_hears_only_that_it_runs(chat: Chat) -> None:
    await opened(chat)
    answer = await chat.event(VOTERS[0], "评议", group=ROADS)
    assert answer.message is not None
    assert answer.message.text == sentence("rating.in_group")
    assert not answer.message.links
    assert (await chat.event(VOTERS[0], "评议 张三 优秀", group=ROADS)).message is None
    assert (await chat.event(VOTERS[0], "好", group=ROADS)).message is None


async def test_one_reminder_to_those_there_who_have_not_cast(chat: Chat) -> None:
    made = await opened(chat)
    by_member = {name: await chat.app.store.read(_voter_of, made.id, name) for name in VOTERS}
    await cast(chat, made, by_member[VOTERS[0]])

    def away(session: StoreSession) -> None:
        found = rating.get(session, made.id)
        assert found is not None
        rating.mark_present(session, found, [by_member[VOTERS[2]]], False)

    await chat.app.store.write(away)
    assert says(await chat.say(VOTERS[1], "评议 提醒"), "help.no_right")
    assert says(await chat.say(FERRY_SECRETARY, "评议 提醒"), "rating.remind_nothing")
    assert await chat.say(SECRETARY, "评议 提醒") == sentence("rating.reminded", count=1)
    assert says((await chat.inbox(VOTERS[1]))[-1].text, "rating.reminder")
    for who in (VOTERS[0], VOTERS[2]):
        assert not any(says(one.text, "rating.reminder") for one in await chat.inbox(who))
    assert says(await chat.say(SECRETARY, "评议提醒"), "rating.reminded_before")
    await cast(chat, made, by_member[VOTERS[1]])
    assert says(await chat.say(SECRETARY, "评议 提醒"), "rating.remind_unreached")


def _voter_of(session: StoreSession, round_id: int, name: str) -> int:
    voter = rating.voter_for(session, round_id, rounds.member_id(session, name), "")
    assert voter is not None
    return voter.id


async def test_the_reminder_asks_which_of_several(chat: Chat) -> None:
    await opened(chat)
    await opened(chat)
    assert await chat.say(SECRETARY, "评议 提醒") == sentence("rating.remind_which")
    assert says(await chat.tap(SECRETARY, "试评"), "rating.reminded", count=3)
    stolen = chat.last[SECRETARY]
    assert says(stolen.text, "rating.reminded", count=3)


async def test_approvals_and_opening_are_told(chat: Chat, pages: Pages) -> None:
    number = await draft(chat)
    path = f"/ratings/{number}"
    await _approve(pages, SECRETARY, path)
    assert says((await chat.inbox(ORGANIZER))[-1].text, "rating.to_approve", name=SECRETARY)
    assert not any("试评" in one.text for one in await chat.inbox(MEMBERS[4]))
    assert says(await chat.say(ORGANIZER, "评议"), "rating.waits_for_approval")
    assert links(chat, ORGANIZER) == [sentence("rating.approve")]
    assert says(await chat.say(SECRETARY, "评议"), "rating.owner", state=sentence("rating_console.state.draft"))
    assert says(await chat.say(FERRY_MEMBER, "评议"), "rating.teller_proved")
    await _approve(pages, ORGANIZER, path)
    assert await chat.app.store.read(state, number) is RoundState.OPEN
    assert says((await chat.inbox(VOTERS[0]))[-1].text, "rating.started")
    assert (await chat.group_inbox())[-1].text == sentence("rating.in_group")
    assert not any("试评" in one.text for one in await chat.inbox(MEMBERS[4]))


async def _approve(pages: Pages, who: str, path: str) -> None:
    page = await pages.enter(who, path)
    fingerprint = page.text.split('name="hash" value="')[1].split('"')[0]
    assert (await pages.send(page, path, action="approve", hash=fingerprint)).status_code == 200


async def test_it_closes_in_time_also_late_and_only_once(chat: Chat) -> None:
    made = await opened(chat)
    await cast(chat, made, *made.everybody())
    ends = chat.clock.now() + timedelta(minutes=30)

    def plan(session: StoreSession) -> None:
        found = rating.get(session, made.id)
        assert found is not None
        rating.set_closing(session, found, ends)

    await chat.app.store.write(plan)
    await chat.app.store.write(_schedule, made.id, ends)
    await chat.go_to(ends - timedelta(minutes=1))
    assert await chat.app.store.read(state, made.id) is RoundState.OPEN
    await chat.go_to(ends + timedelta(hours=3))
    assert await chat.app.store.read(state, made.id) is RoundState.CLOSED
    assert says((await chat.inbox(SECRETARY))[-1].text, "rating.closed_in_time", cast=14)
    assert says((await chat.inbox(FERRY_MEMBER))[-1].text, "rating.to_tellers")
    count = len(await chat.inbox(SECRETARY))
    await chat.app.store.write(_schedule, made.id, ends + timedelta(hours=4))
    await chat.go_to(ends + timedelta(hours=5))
    assert len(await chat.inbox(SECRETARY)) == count


async def test_the_end_is_told_to_who_holds_the_post_then(chat: Chat) -> None:
    made = await opened(chat)
    await cast(chat, made, *made.everybody())
    ends = chat.clock.now() + timedelta(minutes=30)

    def succeed(session: StoreSession) -> None:
        found = rating.get(session, made.id)
        assert found is not None
        rating.set_closing(session, found, ends)
        [old] = session.exec(select(Post).where(col(Post.unit_id) == found.unit_id, col(Post.kind) == "secretary"))
        session.delete(old)
        session.add(Post(member_id=rounds.member_id(session, VOTERS[1]), unit_id=found.unit_id, kind=old.kind))

    await chat.app.store.write(succeed)
    await chat.app.store.write(_schedule, made.id, ends)
    await chat.go_to(ends + timedelta(hours=3))
    assert says((await chat.inbox(VOTERS[1]))[-1].text, "rating.closed_in_time", cast=14)
    assert not any(says(one.text, "rating.closed_in_time") for one in await chat.inbox(SECRETARY))


def _schedule(session: StoreSession, number: int, at: datetime) -> None:
    due.plan(session, f"rating:{number}:{at}", at, "rating.close", number)


async def test_too_few_sheets_are_told_without_a_number(chat: Chat, pages: Pages) -> None:
    made = await opened(chat)
    await cast(chat, made, made.voters["领导"][0])
    page = await pages.enter(SECRETARY, f"/ratings/{made.id}")
    asked = await pages.send(page, f"/ratings/{made.id}", action="close", sure="1")
    page = await pages.send(asked, f"/ratings/{made.id}", action="close", sure="1", asked="1", destroy="1")
    assert says(page.text, "rating.void_reason.few_sheets")
    reason = sentence("rating.void_reason.few_sheets")
    assert says((await chat.inbox(SECRETARY))[-1].text, "rating.void", reason=reason)
    assert says((await chat.inbox(FERRY_MEMBER))[-1].text, "rating.void", reason=reason)
    assert not any("试评" in one.text for one in await chat.inbox(VOTERS[0]))


@pytest.mark.parametrize("grade", [1, 4])
async def test_publication_is_told_to_owner_and_tellers_without_grades(chat: Chat, pages: Pages, grade: int) -> None:
    made = await opened(chat)
    sheet = made.seal([bytes([grade]) * made.items] * made.targets)
    for voter in made.everybody():
        await chat.app.store.write(rating.cast, made.id, voter, sheet, made.manifest_hash, chat.clock.now())
    page = await pages.enter(SECRETARY, f"/ratings/{made.id}")
    await pages.send(page, f"/ratings/{made.id}", action="close", sure="1")
    boxes = await chat.app.store.read(rounds.open_box, made.id, KEY)
    for teller in rounds.TELLERS:
        await _open(chat, pages, teller, made.id, boxes)
    assert await chat.app.store.read(state, made.id) is RoundState.PUBLISHED
    for who in (SECRETARY, *rounds.TELLERS):
        assert (await chat.inbox(who))[-1].text == sentence("rating.published", title="试评")
    assert not any(says(one.text, "rating.published") for one in await chat.inbox(VOTERS[0]))


async def _open(
    chat: Chat, pages: Pages, teller: str, number: int, boxes: dict[tuple[int, int], bytes]
) -> None:
    """What a teller's browser posts."""
    await pages.enter(teller, f"/ratings/{number}/open")
    listed = [
        {"target": target, "class_index": index, "rows": sealing.b64u(rows)} for (target, index), rows in boxes.items()
    ]
    token = pages.app.access.csrf(pages.http.cookies[COOKIE])
    path = f"/ratings/{number}/open"
    answer = await pages.http.post(path, data={"csrf": token, "boxes": json.dumps(listed)})
    assert answer.status_code == 200, answer.text


async def test_the_help_has_its_lines(chat: Chat) -> None:
    assert says(await chat.say(MEMBERS[0], "帮助"), "help.line", phrase="评议", what=sentence("rating.what.show"))
    assert "评议 提醒" in await chat.say(SECRETARY, "帮助")
    assert "评议 提醒" not in await chat.say(MEMBERS[0], "帮助")
