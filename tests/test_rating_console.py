"""The owner's pages of a rating: the list, the preparation, the two approvals, the meeting, the big screen."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import httpx
import pytest
from sqlmodel import col, select

from bot import sealing
from bot.store import rating
from bot.store.hot import StoreSession
from bot.store.people import Account, Member, Unit
from bot.store.rating import RatingRound, RoundMode, RoundState, Target
from bot.store.roster import apply
from bot.web.access import COOKIE
from tests.support import rating as rounds
from tests.support.cast import (
    ACTIVIST,
    COMMITTEE,
    FERRY_MEMBER,
    FERRY_SECRETARY,
    MEMBERS,
    OFFICE,
    ORGANIZER,
    PROBATIONARY,
    ROADS,
    SECRETARY,
    Row,
)
from tests.support.chat import Chat
from tests.support.meetings import code as sign_in_code
from tests.support.pages import Pages
from tests.test_attendance import opened as sign_in_opened

TITLE = "2026年度民主评议党员"
KEY = sealing.make_key()


async def begun(pages: Pages, who: str = SECRETARY, **fields: str) -> httpx.Response:
    """A new rating, of members unless said otherwise; the page that prepares it."""
    page = await pages.enter(who, "/ratings")
    unit = re.findall(r'name="unit" value="(\d+)"', page.text)
    given = {"title": TITLE, "unit": unit[0] if unit else "0", "kind": "member_rating", "mode": "sealed", **fields}
    return await pages.send(page, "/ratings", **given)


async def forged(pages: Pages, path: str, **fields: str) -> httpx.Response:
    """A form of somebody who is signed in, whether or not a page offers it to them."""
    token = pages.app.access.csrf(pages.http.cookies[COOKIE])
    return await pages.http.post(path, data={"csrf": token, **fields})


def shown(page: httpx.Response) -> str:
    """The words of a page, on one line."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def hidden(page: httpx.Response, name: str) -> str:
    """The value of a hidden field."""
    return unescape(re.findall(rf'name="{name}" value="([^"]*)"', page.text)[0])


def rows_of(page: httpx.Response, form: str, field: str) -> list[str]:
    """The values of a field that comes several times in the form with this id."""
    part = page.text.split(f'id="{form}"', 1)[1].split("</form>", 1)[0]
    return [unescape(text) for text in re.findall(rf'name="{field}" value="([^"]*)"', part)]


def stored(session: StoreSession, round_id: int) -> RatingRound:
    found = rating.get(session, round_id)
    assert found is not None
    session.expunge(found)
    return found


def rated(session: StoreSession, round_id: int) -> list[Target]:
    return [Target(one.name, one.unit, one.member_id, one.note, one.weights) for one in rating.targets(session, round_id)]


def prove(session: StoreSession, round_id: int, teller: str, chat: Chat) -> None:
    """What the teller's page does: a key, and the proof that it opens."""
    found, ident, now = rating.get(session, round_id), rounds.member_id(session, teller), chat.clock.now()
    assert found is not None
    rounds.bring_key(session, found, ident, KEY, now)


def number_of(page: httpx.Response) -> int:
    return int(page.url.path.rsplit("/", 1)[1])


async def test_a_rating_of_members_is_prefilled(chat: Chat, pages: Pages) -> None:
    page = await begun(pages)
    assert page.status_code == 200
    said = shown(page)
    assert TITLE in said
    assert "只看票数分布，不算总分、不排名" in said
    assert "无记名：表在填表人的手机上加密" in said
    assert "综合评价" in page.text
    assert rows_of(page, "grades", "name") == ["优秀", "合格", "基本合格", "不合格", "弃权", ""]
    found = await chat.app.store.read(stored, number_of(page))
    assert (found.mode, found.ranked, found.min_group) == (RoundMode.SEALED, False, 5)
    targets = await chat.app.store.read(rated, found.id)
    assert len(targets) == 11
    assert PROBATIONARY not in [one.name for one in targets]
    voters = await chat.app.store.read(rating.voters, found.id)
    assert {PROBATIONARY} < {one.name for one in voters}
    assert ACTIVIST not in {one.name for one in voters}
    assert "需要两位不同的计票人" in said
    assert "我已核对" not in said


async def test_only_the_owner_finds_it(chat: Chat, pages: Pages) -> None:
    page = await begun(pages)
    path = page.url.path
    for who in (MEMBERS[0], FERRY_SECRETARY, FERRY_MEMBER, OFFICE):
        for address in (path, f"{path}/screen", f"{path}/screen/qr", f"{path}/events", f"{path}/screen/events"):
            assert (await pages.enter(who, address)).status_code == 403, (who, address)
        other = await pages.enter(who, "/ratings")
        assert TITLE not in other.text
        for action in ("options", "close", "approve", "drop"):
            refused = await forged(pages, path, action=action)
            assert refused.status_code == 403
            assert "不归您管" in refused.text
        assert (await forged(pages, f"{path}/upload", action="voters")).status_code == 403
    colleague = await pages.enter(ORGANIZER, path)
    assert "我已核对" not in colleague.text
    assert "评议对象" in colleague.text
    for action in ("options", "drop", "add_members"):
        refused = await forged(pages, path, action=action, title="x")
        assert refused.status_code == 422
        assert "不归您管" in refused.text
    assert (await pages.enter(SECRETARY, "/ratings/999")).status_code == 403


async def test_who_may_begin_what(chat: Chat, pages: Pages) -> None:
    assert "由党建办发起" in (await pages.enter(MEMBERS[0], "/ratings")).text
    made = await forged(pages, "/ratings", title=TITLE, unit="2", kind="free", mode="sealed")
    assert made.status_code == 422
    assert "由党建办发起" in made.text
    office = await pages.enter(OFFICE, "/ratings")
    assert "书记述职评议" in office.text
    assert "民主评议党员</strong>" not in office.text
    wrong = await begun(pages, OFFICE, title="某某评议")
    assert wrong.status_code == 422
    assert "这个单位不能办这一种评议" in wrong.text
    assert 'value="某某评议"' in wrong.text
    short = await begun(pages, title="x", mode="named")
    assert "2 到 60 个字" in short.text
    assert re.search(r'value="named" checked', short.text)
    review = await begun(pages, OFFICE, kind="secretary_review", title="2026年度支部书记述职评议")
    assert rows_of(review, "classes", "name") == ["局领导", "同行", "党员群众代表", ""]
    assert rows_of(review, "classes", "number") == ["40", "30", "30", ""]
    assert rows_of(review, "items", "name")[0] == "总体评价"
    assert len(rows_of(review, "items", "name")) == 8
    assert rows_of(review, "grades", "number") == ["100", "80", "60", "40", "", ""]
    assert SECRETARY in review.text
    assert FERRY_SECRETARY in review.text


async def test_two_people_approve_the_same_and_it_opens(chat: Chat, pages: Pages) -> None:
    page = await begun(pages)
    path, number = page.url.path, number_of(page)
    page = await pages.send(page, path, action="tellers", teller=[PROBATIONARY, FERRY_MEMBER])
    assert "还没有开箱钥匙" in page.text
    await chat.app.store.write(prove, number, PROBATIONARY, chat)
    page = await pages.http.get(path)
    assert "都齐了" in page.text
    fingerprint = re.findall(r"[0-9a-f]{4}(?: [0-9a-f]{4}){3}", page.text)[0]
    stale = hidden(page, "hash")
    page = await pages.send(page, path, action="approve", hash=stale)
    assert "还要另一位批准" in page.text
    assert f"{SECRETARY}已批准" in page.text
    assert 'value="approve"' not in page.text
    assert "/key" not in page.text
    assert "您已经批准过" in (await pages.send(page, path, action="approve", hash=stale)).text

    page = await pages.send(page, path, action="items", name=["综合评价", "学习"], number=["1", "1"])
    assert "先前的批准作废" in page.text
    assert f"{SECRETARY}已批准" not in page.text
    assert "和您看到的不一样" in (await pages.send(page, path, action="approve", hash=stale)).text
    page = await pages.send(page, path, action="approve", hash=hidden(page, "hash"))

    other = await pages.enter(ORGANIZER, path)
    assert f"{SECRETARY}已批准" in other.text
    assert "综合评价、学习" in other.text
    done = await pages.send(other, path, action="approve", hash=hidden(other, "hash"))
    assert "评议正在进行" in done.text
    found = await chat.app.store.read(stored, number)
    assert found.state is RoundState.OPEN
    assert fingerprint.replace(" ", "") != found.manifest_hash[:16]

    page = await pages.enter(SECRETARY, path)
    for action in ("options", "items", "grades", "classes", "targets", "add_members", "slips", "tellers", "drop"):
        refused = await pages.send(page, path, action=action, title="改了", name="x", number="1", sure="1")
        assert refused.status_code == 422, action
    assert (await chat.app.store.read(stored, number)).manifest == found.manifest


async def test_a_refused_form_keeps_what_was_typed(chat: Chat, pages: Pages) -> None:
    page = await begun(pages)
    path = page.url.path
    page = await pages.send(page, path, action="items", name=["甲项", "乙项", ""], number=["1", "很多", ""])
    assert page.status_code == 422
    assert "不是数字" in page.text
    assert rows_of(page, "items", "name") == ["甲项", "乙项", ""]
    page = await pages.send(page, path, action="options", title="新的名称", mode="sealed", minutes_each="10",
                            closes_at="2020-01-01T10:00", per_speaker="1")  # fmt: skip
    assert "截止时间要在以后" in page.text
    assert 'value="新的名称"' in page.text
    assert 'value="2020-01-01T10:00"' in page.text
    assert (await chat.app.store.read(stored, number_of(page))).title == TITLE
    page = await pages.send(page, path, action="options", title=TITLE, mode="sealed", minutes_each="5", cap="一半")
    assert "1/3 这样的分数" in page.text
    page = await pages.send(page, path, action="options", title=TITLE, mode="sealed", minutes_each="5", cap="1/4")
    assert (await chat.app.store.read(stored, number_of(page))).cap == "1/4"
    page = await pages.send(page, path, action="tellers", teller=[SECRETARY, "没有这人"])
    assert "名册里没有“没有这人”" in page.text
    assert 'value="没有这人"' in page.text
    page = await pages.send(page, path, action="tellers", teller=[SECRETARY, FERRY_MEMBER])
    assert "是评议对象，不能当计票人" in page.text
    page = await pages.send(page, path, action="add_targets", names=f"{MEMBERS[0]}\n新来的 {ROADS}")
    assert "出现了两次" in page.text
    assert f"{MEMBERS[0]}\n新来的" in unescape(page.text)
    page = await pages.send(page, path, action="add_targets", names="身份证 420106199001011234")
    assert "没有保存" in page.text
    page = await pages.send(page, path, action="nonsense")
    assert "没有这个操作" in page.text


async def test_targets_are_ordered_weighted_and_removed(chat: Chat, pages: Pages) -> None:
    page = await begun(pages, OFFICE, kind="secretary_review")
    path, number = page.url.path, number_of(page)
    page = await pages.send(page, path, action="add_targets", names="科室丙 运输科\n\n科室丁")
    targets = await chat.app.store.read(rated, number)
    assert [one.name for one in targets] == [SECRETARY, FERRY_SECRETARY, "科室丙", "科室丁"]
    assert targets[2].unit == "运输科"
    page = await pages.send(
        page, path, action="targets", position=["0", "1", "2", "3"], order=["2", "1", "x", "4"],
        unit=["一", "二", "三", "四"], note=["", "", "分管安全", ""], remove=["3"],
        **{"weight-0": ["50", "", "", ""], "weight-1": ["25", "", "", ""], "weight-2": ["25", "", "", ""]},
    )  # fmt: skip
    assert page.status_code == 200
    targets = await chat.app.store.read(rated, number)
    assert [one.name for one in targets] == [FERRY_SECRETARY, SECRETARY, "科室丙"]
    assert targets[1].weights == {"局领导": "50", "同行": "25", "党员群众代表": "25"}
    assert targets[2].note == "分管安全"
    page = await pages.send(page, path, action="targets", position=["0"], order=["1"], unit=[""], note=[""],
                            **{"weight-0": ["许多"]})  # fmt: skip
    assert page.status_code == 422
    assert 'value="许多"' in page.text


async def test_voters_are_ticked_moved_and_merged(chat: Chat, pages: Pages) -> None:
    page = await begun(pages, OFFICE, kind="secretary_review")
    path, number = page.url.path, number_of(page)
    page = await pages.http.get(path)
    branch = re.findall(rf'<option value="(\d+)">{ROADS}', page.text)[0]
    page = await pages.http.get(f"{path}?branch={branch}")
    ids = {name: ident for ident, name in re.findall(r'name="member" value="(\d+)"> <span>([^<\s]+)', page.text)}
    assert MEMBERS[0] in ids
    assert "已在名单" in page.text
    chosen = [ids[name] for name in MEMBERS]
    page = await pages.send(page, path, action="add_members", branch=branch, member=chosen, do="voters", **{"class": "2"})
    assert page.status_code == 200
    twice = await pages.send(page, path, action="add_members", branch=branch, member=chosen[:1], do="voters", **{"class": "0"})
    assert "出现了两次" in twice.text
    assert "还没有勾选" in (await pages.send(page, path, action="add_members", branch=branch, do="voters")).text
    foreign = await pages.send(page, path, action="add_members", branch="9999", member=chosen, do="voters")
    assert "没有这个操作" in foreign.text
    roll = {one.name: one for one in await chat.app.store.read(rating.voters, number)}
    assert roll[MEMBERS[0]].class_index == 2
    ident = str(roll[MEMBERS[0]].id)
    await pages.send(page, path, action="voters", do="move", voter=[ident], **{"class": "0"})
    roll = {one.name: one for one in await chat.app.store.read(rating.voters, number)}
    assert roll[MEMBERS[0]].class_index == 0
    await pages.send(page, path, action="voters", do="remove", voter=[ident])
    assert MEMBERS[0] not in {one.name for one in await chat.app.store.read(rating.voters, number)}
    page = await pages.send(page, path, action="classes", name=["局领导", "", "党员群众代表"], number=["40", "30", "30"])
    assert "不能删" in page.text
    page = await pages.send(page, path, action="merge", **{"from": "1", "into": "2"})
    assert rows_of(page, "classes", "name") == ["局领导", "党员群众代表", ""]
    assert rows_of(page, "classes", "number") == ["40", "60", ""]


async def test_slips_are_shown_once(chat: Chat, pages: Pages) -> None:
    page = await begun(pages, OFFICE, kind="secretary_review")
    path, number = page.url.path, number_of(page)
    assert "1 到 200" in (await pages.send(page, path, action="slips", number="0", **{"class": "2"})).text
    slips = await pages.send(page, path, action="slips", number="6", **{"class": "2"})
    codes = re.findall(r'class="code">([\d ]+)<', slips.text)
    assert len(set(codes)) == 6
    assert all(re.fullmatch(r"\d{4} \d{4} \d{4}", code) for code in codes)
    assert "/rating/code" in slips.text
    drawn = await pages.http.get("/rating/code/qr")
    assert (drawn.status_code, drawn.headers["content-type"]) == (200, "image/svg+xml")
    assert "<svg" in drawn.text
    assert slips.text.count('src="/rating/code/qr"') == 6
    page = await pages.http.get(path)
    assert "其中纸条 6 张" in page.text
    assert not any(code in page.text for code in codes)
    page = await pages.send(page, path, action="drop_slips", **{"class": "2"})
    assert not any(one.is_slip for one in await chat.app.store.read(rating.voters, number))


async def test_a_draft_is_dropped(chat: Chat, pages: Pages) -> None:
    page = await begun(pages)
    path = page.url.path
    assert "请先勾选" in (await pages.send(page, path, action="drop")).text
    gone = await pages.send(page, path, action="drop", sure="1")
    assert gone.url.path == "/ratings"
    assert TITLE not in gone.text
    assert (await pages.http.get(path)).status_code == 403


async def test_probationary_members_are_rated_only_if_ticked(chat: Chat, pages: Pages) -> None:
    page = await begun(pages)
    number = number_of(page)
    await pages.send(page, page.url.path, action="prefill", probationary="1")
    assert PROBATIONARY in [one.name for one in await chat.app.store.read(rated, number)]
    await pages.send(page, page.url.path, action="prefill")
    assert PROBATIONARY not in [one.name for one in await chat.app.store.read(rated, number)]


async def running(chat: Chat, **given: object) -> rounds.Opened:
    """An open round of the roads branch, with the cast's members in the second class and everybody there."""
    members = {"同行": (*MEMBERS[:2], SECRETARY)}

    def prepared(session: StoreSession) -> rounds.Opened:
        return rounds.open_round(session, chat.app, chat.clock.now(), KEY, members=members, **given)

    return await chat.app.store.write(prepared)


async def cast(chat: Chat, made: rounds.Opened, voter: int, grade: int = 1) -> None:
    sheet = made.seal([bytes([grade]) * made.items] * made.targets)
    await chat.app.store.write(rating.cast, made.id, voter, sheet, made.manifest_hash, chat.clock.now())


async def test_the_meeting_from_the_first_speaker_to_the_end(chat: Chat, pages: Pages) -> None:
    made = await running(chat)
    path = f"/ratings/{made.id}"
    page = await pages.enter(SECRETARY, path)
    assert "已交 0 张，到会 14 人，名单 14 人" in page.text
    assert "下一位：甲书记" in page.text
    page = await pages.send(page, path, action="speak", value="0")
    assert "正在讲：甲书记" in page.text
    assert "下一位：乙书记" in page.text
    page = await pages.send(page, path, action="speak", value="2")
    assert "都讲完了" in page.text
    assert "没有这个评议对象" in (await pages.send(page, path, action="speak", value="99")).text
    page = await pages.send(page, path, action="speak", value="3")
    assert "现在没有人在讲" in page.text

    voter = made.voters["同行"][0]
    await cast(chat, made, voter)
    page = await pages.http.get(path)
    assert "已交 1 张" in page.text
    page = await pages.send(page, path, action="presence", do=f"paper-{voter}")
    assert "记发一张纸质表" in page.text
    assert "已交 1 张" in page.text
    with pytest.raises(rating.RatingError):
        await cast(chat, made, voter)
    page = await pages.send(page, path, action="presence", do=f"unpaper-{voter}")
    assert "已交 0 张" in page.text

    code = await pages.send(page, path, action="presence", do=f"code-{voter}")
    assert re.search(r'class="code">\d{4} \d{4} \d{4}<', code.text)
    assert (await pages.send(page, path, action="presence", do="code-99999")).status_code == 422
    page = await pages.send(page, path, action="presence", do="away", voter=[str(voter)])
    assert "到会 13 人" in page.text
    page = await pages.send(page, path, action="presence", do="all")
    assert "到会 14 人" in page.text
    assert "还没有勾选" in (await pages.send(page, path, action="presence", do="here")).text

    assert MEMBERS[0] in page.text.split('id="not-cast"')[1]
    for ident in made.everybody():
        await cast(chat, made, ident)
    page = await pages.http.get(path)
    assert "到会的都交了" in page.text
    assert "请先勾选" in (await pages.send(page, path, action="close")).text
    page = await pages.send(page, path, action="close", sure="1")
    assert "共收到电子表 14 张" in page.text
    assert (await chat.app.store.read(stored, made.id)).state is RoundState.CLOSED
    late = await pages.send(page, path, action="speak", value="0")
    assert late.status_code == 422


async def test_no_page_of_the_owner_shows_a_grade_before_publication(chat: Chat, pages: Pages) -> None:
    """Invariant 8: what the owner and the room see is the same whatever is on the sheets."""
    seen: list[list[str]] = []
    for grade in (1, 4):
        made = await running(chat)
        for ident in made.everybody():
            await cast(chat, made, ident, grade)
        path = f"/ratings/{made.id}"
        looks = []
        for address in (path, f"{path}/screen"):
            page = await pages.enter(SECRETARY, address)
            looks.append(re.sub(r"[0-9a-f]{4}( [0-9a-f]{4}){3}|/ratings?/\d+|\d+\.\d+", "", shown(page)))
        page = await pages.send(await pages.http.get(path), path, action="close", sure="1")
        looks.append(re.sub(r"[0-9a-f]{4}( [0-9a-f]{4}){3}", "", shown(page)))
        seen.append(looks)
        assert "href" not in page.text.split('class="sentence"')[1] or "/result" not in page.text
    assert seen[0] == seen[1]
    assert "好" not in " ".join(seen[0])


async def test_per_speaker_cards_come_with_the_speaker(chat: Chat, pages: Pages) -> None:
    def per_speaker(session: StoreSession, now: object) -> int:
        found = rounds.draft(session, chat.app, chat.clock.now(), mode=RoundMode.NAMED)
        rating.set_options(session, found, per_speaker=True)
        for name in (SECRETARY, ORGANIZER):
            rating.approve(session, found, rounds.member_id(session, name), chat.clock.now())
        return found.id or 0

    number = await chat.app.store.write(per_speaker, None)
    path = f"/ratings/{number}"
    page = await pages.enter(SECRETARY, path)
    assert "前 0 位，共 3 位" in page.text
    assert "换发码" in page.text
    assert "发纸质表" not in page.text
    page = await pages.send(page, path, action="speak", value="0")
    assert "前 1 位，共 3 位" in page.text
    page = await pages.send(page, path, action="speak", value="-1")
    assert "下一位：乙书记" in page.text


async def test_the_deadline_can_be_moved_and_closes(chat: Chat, pages: Pages) -> None:
    made = await running(chat)
    path = f"/ratings/{made.id}"
    page = await pages.enter(SECRETARY, path)
    later = chat.clock.now() + timedelta(hours=1)
    await pages.send(page, path, action="deadline", closes_at=later.strftime("%Y-%m-%dT%H:%M"))
    page = await pages.send(page, path, action="deadline", closes_at=(later + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M"))
    assert "自动结束" in page.text
    for ident in made.everybody():
        await cast(chat, made, ident)
    await chat.go_to(later + timedelta(minutes=5))
    assert (await chat.app.store.read(stored, made.id)).state is RoundState.OPEN
    await chat.go_to(later + timedelta(hours=3))
    assert (await chat.app.store.read(stored, made.id)).state is RoundState.CLOSED


async def test_a_cancelled_round_has_no_result(chat: Chat, pages: Pages) -> None:
    made = await running(chat)
    path = f"/ratings/{made.id}"
    page = await pages.enter(SECRETARY, path)
    assert "请先勾选" in (await pages.send(page, path, action="cancel")).text
    page = await pages.send(page, path, action="cancel", sure="1")
    assert "已由主持人作废" in page.text
    assert "已由主持人作废" in (await chat.inbox(FERRY_MEMBER))[-1].text


async def test_the_big_screen_shows_turnout_and_speaker_only(chat: Chat, pages: Pages) -> None:
    made = await running(chat)
    path = f"/ratings/{made.id}/screen"
    page = await pages.enter(SECRETARY, path)
    said = shown(page)
    assert "已交 0 / 到会 14" in said
    assert f"{chat.app.settings.server.public_url.partition('://')[2]} /rating/{made.id}" in said
    assert not any(name in said for name in (*MEMBERS, "同行", "领导", "较好", "甲书记"))
    await cast(chat, made, made.voters["同行"][0])
    await pages.send(await pages.http.get(f"/ratings/{made.id}"), f"/ratings/{made.id}", action="speak", value="0")
    said = shown(await pages.http.get(path))
    assert "已交 1 / 到会 14" in said
    assert "甲书记" in said
    assert "下一位：乙书记" in said
    assert re.search(r"核对码 [0-9a-f]{4}( [0-9a-f]{4}){3}", said)
    chat.clock.set(chat.clock.now() + timedelta(minutes=9))
    assert "超时 1:0" in shown(await pages.http.get(path))
    picture = await pages.http.get(f"{path}/qr")
    assert "<svg" in picture.text
    await pages.send(await pages.http.get(f"/ratings/{made.id}"), f"/ratings/{made.id}", action="cancel", sure="1")
    assert "填表已结束" in shown(await pages.http.get(path))


async def test_the_office_needs_a_second_person_of_the_office(chat: Chat, pages: Pages) -> None:
    def second(session: StoreSession) -> None:
        apply(session, COMMITTEE, [Row("党建办十一", "机关党支部", ("party_office",))])
        member = session.exec(select(Member).where(col(Member.name) == "党建办十一")).one()
        session.add(Account(channel="local", account="党建办十一", member_id=member.id or 0, chat="党建办十一",
                            bound_at=chat.clock.now()))  # fmt: skip

    await chat.app.store.write(second)
    page = await begun(pages, OFFICE, kind="free", mode="named", title="评议会风")
    path, number = page.url.path, number_of(page)
    assert "还没有评议对象" in page.text
    page = await pages.send(page, path, action="add_targets", names="会风")
    branch = re.findall(rf'<option value="(\d+)">{ROADS}', page.text)[0]
    page = await pages.http.get(f"{path}?branch={branch}")
    chosen = re.findall(r'name="member" value="(\d+)"', page.text)
    page = await pages.send(page, path, action="add_members", branch=branch, member=chosen, do="voters", **{"class": "0"})
    assert "都齐了" in page.text
    assert "记名：主持人看得到" in page.text
    page = await pages.send(page, path, action="approve", hash=hidden(page, "hash"))
    other = await pages.enter("党建办十一", path)
    page = await pages.send(other, path, action="approve", hash=hidden(other, "hash"))
    assert "评议开始了" in page.text
    assert (await chat.app.store.read(stored, number)).state is RoundState.OPEN
    unit = await chat.app.store.read(lambda session: session.exec(select(Unit.name).where(Unit.id == 1)).one())
    assert unit == COMMITTEE


async def test_who_signs_in_at_the_meeting_is_there(chat: Chat, pages: Pages) -> None:
    meeting = await sign_in_opened(chat)
    page = await begun(pages, mode="named")
    path, number = page.url.path, number_of(page)
    page = await pages.send(
        page, path, action="options", title=TITLE, mode="named", minutes_each="0", meeting=str(meeting)
    )
    assert re.search(rf'<option value="{meeting}" selected', page.text)
    wrong = await pages.send(page, path, action="options", title=TITLE, mode="named", minutes_each="0", meeting="9999")
    assert "没有找到这次会议" in wrong.text
    page = await pages.send(page, path, action="approve", hash=hidden(page, "hash"))
    other = await pages.enter(ORGANIZER, path)
    await pages.send(other, path, action="approve", hash=hidden(other, "hash"))
    assert (await chat.app.store.read(stored, number)).state is RoundState.OPEN
    assert "要到会才能填" in await chat.say(MEMBERS[0], "评议")
    await chat.say(MEMBERS[0], sign_in_code(chat, meeting))
    assert "记名的" in await chat.say(MEMBERS[0], "评议")
    page = await pages.enter(SECRETARY, path)
    assert "到会按会议签到来算" in page.text
    assert "到会 1 人，名单 12 人" in page.text


async def test_the_sheet_of_paper_is_printed_by_class_without_a_name(chat: Chat, pages: Pages) -> None:
    def opened(session: StoreSession) -> rounds.Opened:
        return rounds.open_round(session, chat.app, chat.clock.now(), KEY)

    made = await chat.app.store.write(opened)
    page = await pages.enter(SECRETARY, f"/ratings/{made.id}")
    assert f"/ratings/{made.id}/sheet" in page.text
    page = await pages.http.get(f"/ratings/{made.id}/sheet?class=1")
    assert "评议人类别：同行" in shown(page)
    assert page.text.count("□") == made.targets * made.items * len(rounds.GRADES)
    assert "同行1" not in page.text
    for odd in ("9", "-1", "x", "9" * 5000):
        assert (await pages.http.get(f"/ratings/{made.id}/sheet?class={odd}")).status_code == 200
    assert (await pages.enter(MEMBERS[0], f"/ratings/{made.id}/sheet")).status_code == 403
