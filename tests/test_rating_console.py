"""The owner prepares a rating: the list, the draft, the two approvals."""

from __future__ import annotations

import re
from html import unescape

from sqlmodel import col, select

from bot.store import rating
from bot.store.core.statements import StoreSession
from bot.store.people import Account, Member, Unit
from bot.store.rating import RatingRound, RoundMode, RoundState, Target
from bot.store.roster import apply
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
from tests.support.pages import Pages
from tests.support.rating_console import (
    TITLE,
    begun,
    forged,
    hidden,
    number_of,
    prove,
    rated,
    rows_of,
    shown,
    stored,
)
from tests.support.wording import says, sentence


async def test_a_rating_of_members_is_prefilled(chat: Chat, pages: Pages) -> None:
    page = await begun(pages)
    assert page.status_code == 200
    said = shown(page)
    assert TITLE in said
    assert says(said, "rating_console.about.member_rating")
    assert says(said, "rating_console.mode.sealed_about")
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
    assert says(said, "rating.error.two_tellers")
    assert sentence("rating_console.setup.approve") not in said


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
            assert says(refused.text, "rating_console.not_found")
        assert (await forged(pages, f"{path}/upload", action="voters")).status_code == 403
    colleague = await pages.enter(ORGANIZER, path)
    assert sentence("rating_console.setup.approve") not in colleague.text
    assert sentence("rating_console.setup.targets") in colleague.text
    for action in ("options", "drop", "add_members"):
        refused = await forged(pages, path, action=action, title="x")
        assert refused.status_code == 422
        assert says(refused.text, "rating_console.not_found")
    assert (await pages.enter(SECRETARY, "/ratings/999")).status_code == 403


async def test_who_may_begin_what(chat: Chat, pages: Pages) -> None:
    assert says((await pages.enter(MEMBERS[0], "/ratings")).text, "rating_console.new.none_allowed")
    made = await forged(pages, "/ratings", title=TITLE, unit="2", kind="free", mode="sealed")
    assert made.status_code == 422
    assert says(made.text, "rating_console.new.none_allowed")
    office = await pages.enter(OFFICE, "/ratings")
    assert sentence("rating_console.kind.secretary_review") in office.text
    assert f"{sentence('rating_console.kind.member_rating')}</strong>" not in office.text
    wrong = await begun(pages, OFFICE, title="某某评议")
    assert wrong.status_code == 422
    assert says(wrong.text, "rating_console.new.kind_not_here")
    assert 'value="某某评议"' in wrong.text
    short = await begun(pages, title="x", mode="named")
    assert says(short.text, "rating_console.new.name_needed")
    assert re.search(r'value="named" checked', short.text)
    review = await begun(pages, OFFICE, kind="secretary_review", title="2026年度支部书记述职评议")
    assert rows_of(review, "classes", "name") == ["局领导", "同行", "党员群众代表", ""]
    assert rows_of(review, "classes", "number") == ["40", "30", "30", ""]
    assert rows_of(review, "items", "name")[0] == "总体评价"
    assert len(rows_of(review, "items", "name")) == 9
    assert rows_of(review, "grades", "number") == ["100", "80", "60", "40", "", ""]
    assert SECRETARY in review.text
    assert FERRY_SECRETARY in review.text


async def test_two_people_approve_the_same_and_it_opens(chat: Chat, pages: Pages) -> None:
    page = await begun(pages)
    path, number = page.url.path, number_of(page)
    page = await pages.send(page, path, action="tellers", teller=[PROBATIONARY, FERRY_MEMBER])
    assert says(page.text, "rating.error.no_key")
    await chat.app.store.write(prove, number, PROBATIONARY, chat)
    page = await pages.http.get(path)
    assert says(page.text, "rating_console.setup.ready")
    assert says(page.text, "rating_console.setup.in_writing")
    fingerprint = re.findall(r"[0-9a-f]{4}(?: [0-9a-f]{4}){3}", page.text)[0]
    stale = hidden(page, "hash")
    page = await pages.send(page, path, action="approve", hash=stale)
    assert says(page.text, "rating_console.setup.approved_waiting")
    assert says(page.text, "rating_console.setup.approved_by", names=SECRETARY)
    assert 'value="approve"' not in page.text
    assert "/key" not in page.text
    again = await pages.send(page, path, action="approve", hash=stale)
    assert says(again.text, "rating_console.setup.approved_already")

    page = await pages.send(page, path, action="items", name=["综合评价", "学习"], number=["1", "1"])
    assert says(page.text, "rating_console.saved_approvals")
    assert not says(page.text, "rating_console.setup.approved_by", names=SECRETARY)
    refused = await pages.send(page, path, action="approve", hash=stale)
    assert says(refused.text, "rating_console.setup.approve_stale")
    page = await pages.send(page, path, action="approve", hash=hidden(page, "hash"))

    other = await pages.enter(ORGANIZER, path)
    assert says(other.text, "rating_console.setup.approved_by", names=SECRETARY)
    assert sentence("poll.comma").join(["综合评价", "学习"]) in other.text
    done = await pages.send(other, path, action="approve", hash=hidden(other, "hash"))
    assert says(done.text, "rating_console.after.open")
    found = await chat.app.store.read(stored, number)
    assert found.state is RoundState.OPEN
    assert fingerprint.replace(" ", "") != found.manifest_hash[:16]

    page = await pages.enter(SECRETARY, path)
    for action in ("options", "items", "grades", "classes", "targets", "add_members", "slips", "tellers", "drop"):
        refused = await pages.send(page, path, action=action, title="改了", name="x", number="1", sure="1")
        assert refused.status_code == 422, action
    assert (await chat.app.store.read(stored, number)).manifest == found.manifest


async def test_who_approves_sees_what_is_frozen(chat: Chat, pages: Pages) -> None:
    def prepared(session: StoreSession) -> int:
        found = rounds.draft(session, chat.app, chat.clock.now(), targets=("甲书记", "乙书记"))
        rating.set_targets(session, found, [Target("甲书记"), Target("乙书记", weights={"领导": "60"})])
        rating.set_items(session, found, [("总体评价", "2"), ("组织生活", "1")])
        rating.set_options(session, found, second_check=False, per_speaker=True, cap="1/3")
        return found.id or 0

    def unranked(session: StoreSession) -> None:
        rating.set_options(session, session.get_one(RatingRound, number), ranked=False, second_check=True)

    number = await chat.app.store.write(prepared)
    seen = shown(await pages.enter(ORGANIZER, f"/ratings/{number}"))
    for name, weight in (("总体评价", 2), ("组织生活", 1), ("领导 5", 30), ("同行 6", 40)):
        assert says(seen, "rating_console.approve.weight", name=name, number=weight)
    for name, value in (("好", 100), ("较好", 80)):
        assert says(seen, "rating_console.approve.value", name=name, number=value)
    assert says(seen, "rating_console.approve.uncounted", name="弃权")
    assert says(seen, "rating_console.approve.own_weights", name="乙书记", number="领导 60")
    assert says(seen, "rating_console.setup.in_writing"), "SR-15"
    for rule in ("ranked", "one_opens", "per_speaker"):
        assert sentence(f"rating_console.approve.{rule}") in seen
    assert says(seen, "rating_console.approve.min_group", least=5)
    assert says(seen, "rating_console.approve.cap", grade="好", cap="1/3")
    await chat.app.store.write(unranked)
    seen = shown(await pages.enter(ORGANIZER, f"/ratings/{number}"))
    assert says(seen, "rating_console.approve.two_open")
    assert says(seen, "rating_console.approve.unranked")
    for key in ("weight", "own_weights"):
        assert not says(seen, f"rating_console.approve.{key}"), "weights and values count nothing there"


async def test_a_refused_form_keeps_what_was_typed(chat: Chat, pages: Pages) -> None:
    page = await begun(pages)
    path = page.url.path
    page = await pages.send(page, path, action="items", name=["甲项", "乙项", ""], number=["1", "很多", ""])
    assert page.status_code == 422
    assert says(page.text, "rating.error.no_number")
    assert rows_of(page, "items", "name") == ["甲项", "乙项", ""]
    page = await pages.send(page, path, action="options", title="新的名称", mode="sealed", minutes_each="10",
                            closes_at="2020-01-01T10:00", per_speaker="1")  # fmt: skip
    assert says(page.text, "rating_console.setup.closes_soon")
    assert 'value="新的名称"' in page.text
    assert 'value="2020-01-01T10:00"' in page.text
    assert (await chat.app.store.read(stored, number_of(page))).title == TITLE
    page = await pages.send(page, path, action="options", title=TITLE, mode="sealed", minutes_each="5", cap="一半")
    assert says(page.text, "rating.error.cap")
    page = await pages.send(page, path, action="options", title=TITLE, mode="sealed", minutes_each="5", cap="1/4")
    assert (await chat.app.store.read(stored, number_of(page))).cap == "1/4"
    page = await pages.send(page, path, action="tellers", teller=[SECRETARY, "没有这人"])
    assert says(page.text, "rating_console.setup.teller_unknown", value="没有这人")
    assert 'value="没有这人"' in page.text
    page = await pages.send(page, path, action="tellers", teller=[SECRETARY, FERRY_MEMBER])
    assert says(page.text, "rating.error.teller_is_target")
    page = await pages.send(page, path, action="add_targets", names=f"{MEMBERS[0]}\n新来的 {ROADS}")
    assert says(page.text, "rating.error.target_twice")
    assert f"{MEMBERS[0]}\n新来的" in unescape(page.text)
    page = await pages.send(page, path, action="add_targets", names="身份证 420106199001011234")
    assert says(page.text, "rating_console.secret")
    page = await pages.send(page, path, action="nonsense")
    assert says(page.text, "rating_console.unknown_action")


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
    assert sentence("rating_console.setup.listed") in page.text
    chosen = [ids[name] for name in MEMBERS]
    page = await pages.send(
        page, path, action="add_members", branch=branch, member=chosen, do="voters", **{"class": "2"}
    )
    assert page.status_code == 200
    twice = await pages.send(
        page, path, action="add_members", branch=branch, member=chosen[:1], do="voters", **{"class": "0"}
    )
    assert says(twice.text, "rating.error.roll_twice")
    nobody = await pages.send(page, path, action="add_members", branch=branch, do="voters")
    assert says(nobody.text, "rating_console.setup.nobody_ticked")
    foreign = await pages.send(page, path, action="add_members", branch="9999", member=chosen, do="voters")
    assert says(foreign.text, "rating_console.unknown_action")
    roll = {one.name: one for one in await chat.app.store.read(rating.voters, number)}
    assert roll[MEMBERS[0]].class_index == 2
    ident = str(roll[MEMBERS[0]].id)
    await pages.send(page, path, action="voters", do="move", voter=[ident], **{"class": "0"})
    roll = {one.name: one for one in await chat.app.store.read(rating.voters, number)}
    assert roll[MEMBERS[0]].class_index == 0
    await pages.send(page, path, action="voters", do="remove", voter=[ident])
    assert MEMBERS[0] not in {one.name for one in await chat.app.store.read(rating.voters, number)}
    page = await pages.send(
        page, path, action="classes", name=["局领导", "", "党员群众代表"], number=["40", "30", "30"]
    )
    assert says(page.text, "rating.error.class_has_voters")
    page = await pages.send(page, path, action="merge", **{"from": "1", "into": "2"})
    assert rows_of(page, "classes", "name") == ["局领导", "党员群众代表", ""]
    assert rows_of(page, "classes", "number") == ["40", "60", ""]


async def test_slips_are_shown_once(chat: Chat, pages: Pages) -> None:
    page = await begun(pages, OFFICE, kind="secretary_review")
    path, number = page.url.path, number_of(page)
    none = await pages.send(page, path, action="slips", number="0", **{"class": "2"})
    assert says(none.text, "rating_console.setup.slips_range")
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
    assert says(page.text, "rating_console.setup.voters_count", slips=6)
    assert not any(code in page.text for code in codes)
    page = await pages.send(page, path, action="drop_slips", **{"class": "2"})
    assert not any(one.is_slip for one in await chat.app.store.read(rating.voters, number))


async def test_a_draft_is_dropped(chat: Chat, pages: Pages) -> None:
    page = await begun(pages)
    path = page.url.path
    assert says((await pages.send(page, path, action="drop")).text, "rating_console.sure_first")
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


async def test_the_office_needs_a_second_person_of_the_office(chat: Chat, pages: Pages) -> None:
    def second(session: StoreSession) -> None:
        apply(session, COMMITTEE, [Row("党建办十一", "机关党支部", ("party_office",))])
        member = session.exec(select(Member).where(col(Member.name) == "党建办十一")).one()
        session.add(Account(channel="local", account="党建办十一", member_id=member.id or 0, chat="党建办十一",
                            bound_at=chat.clock.now()))  # fmt: skip

    await chat.app.store.write(second)
    page = await begun(pages, OFFICE, kind="free", mode="named", title="评议会风")
    path, number = page.url.path, number_of(page)
    assert says(page.text, "rating_console.setup.targets_none")
    page = await pages.send(page, path, action="add_targets", names="会风")
    branch = re.findall(rf'<option value="(\d+)">{ROADS}', page.text)[0]
    page = await pages.http.get(f"{path}?branch={branch}")
    chosen = re.findall(r'name="member" value="(\d+)"', page.text)
    page = await pages.send(
        page, path, action="add_members", branch=branch, member=chosen, do="voters", **{"class": "0"}
    )
    assert says(page.text, "rating_console.setup.ready")
    assert says(page.text, "rating_console.mode.named_about")
    page = await pages.send(page, path, action="approve", hash=hidden(page, "hash"))
    other = await pages.enter("党建办十一", path)
    page = await pages.send(other, path, action="approve", hash=hidden(other, "hash"))
    assert says(page.text, "rating_console.setup.opened")
    assert (await chat.app.store.read(stored, number)).state is RoundState.OPEN
    unit = await chat.app.store.read(lambda session: session.exec(select(Unit.name).where(Unit.id == 1)).one())
    assert unit == COMMITTEE
