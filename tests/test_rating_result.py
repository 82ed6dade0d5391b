"""The result page, its documents, the committee's grades, and who sees what of it (DOMAIN 8.6)."""

from __future__ import annotations

import io
import json
import re
from datetime import timedelta
from html import unescape

import httpx
from docx import Document
from openpyxl import load_workbook
from pypdf import PdfReader
from sqlmodel import select

from bot.commands.recount import recount
from bot.rules.rating.sealing import make_key
from bot.store import rating
from bot.store.audit import AuditEntry
from bot.store.core.statements import StoreSession
from bot.store.rating import RatingRound, RoundMode
from tests.support.cast import (
    DISCIPLINE,
    FERRY_MEMBER,
    FERRY_SECRETARY,
    MEMBERS,
    OFFICE,
    ORGANIZER,
    PROBATIONARY,
    ROADS,
    SECRETARY,
)  # fmt: skip
from tests.support.chat import Chat
from tests.support.pages import Pages
from tests.support.rating import open_round
from tests.support.rating_result import (
    REVIEW,
    SECOND_OFFICE,
    THIRD,
    close_review,
    open_once,
    publish_member_rating,
    publish_named,
    publish_review,
)
from tests.support.wording import says, sentence

NONE = sentence("rating_result.none")


def rows_of(page: httpx.Response) -> list[list[str]]:
    """The cells of every table row, without markup."""
    rows = re.findall(r"<tr>(<td.*?)</tr>", page.text, re.S)
    return [
        [" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.S)]
        for row in rows
    ]


def actions(session: StoreSession) -> list[tuple[str, str]]:
    return [(one.action, one.subject) for one in session.exec(select(AuditEntry)) if one.action.startswith("rating")]


async def enter(pages: Pages, who: str, path: str) -> httpx.Response:
    """Somebody comes with a browser of their own."""
    pages.http.cookies.clear()
    return await pages.enter(who, path)


def fingerprint(session: StoreSession, number: int) -> str:
    return session.get_one(RatingRound, number).manifest_hash


def names(session: StoreSession, number: int) -> list[str]:
    return [one.name for one in rating.targets(session, number)]


async def test_the_office_sees_totals_ranks_and_counts(chat: Chat, pages: Pages) -> None:
    number = await publish_review(chat.app)
    page = await enter(pages, OFFICE, f"/ratings/{number}/result")
    rows = rows_of(page)
    assert rows[:3] == [
        ["1", f"{FERRY_SECRETARY} 渡运党支部", "", "92.37", "92.00", "91.67", "93.56"],
        ["2", f"{SECRETARY} {ROADS}", "", "91.96", "92.00", "91.67", "92.20"],
        ["3", f"{THIRD} 港航党支部", "", "90.83", NONE, NONE, NONE],
    ]
    assert rows[3:6] == [
        ["局领导", "40", "5", "5", "5", "0", "5", "0"], ["同级", "30", "24", "24", "24", "0", "24", "0"],
        ["代表", "30", "60", "60", "60", "0", "60", "0"],
    ]  # fmt: skip
    assert [FERRY_SECRETARY, "代表", "", "45", "10", "3", "1", "1", "0", "0"] in rows
    assert not [row for row in rows[6:] if row[0] == THIRD and len(row) > 2]
    assert says(page.text, "rating_result.withheld_total")
    assert says(page.text, "rating_result.median", median="91.96")
    assert says(page.text, "rating_result.basis.secretary_review")
    assert await chat.app.store.read(fingerprint, number) in page.text


async def test_the_documents_say_what_the_page_says(chat: Chat, pages: Pages) -> None:
    number = await publish_review(chat.app)
    path = f"/ratings/{number}/result"
    page = await enter(pages, OFFICE, path)
    ranked = [(row[0], row[1].split()[0], row[3]) for row in rows_of(page)[:3]]
    sheet = load_workbook(io.BytesIO((await pages.send(page, f"{path}/xlsx")).content)).worksheets[0]
    cells = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=3, max_row=5)]
    assert [(str(row[0]), row[1], f"{row[6]:.2f}") for row in cells] == ranked
    word = await pages.send(page, f"{path}/docx")
    assert "attachment" in word.headers["content-disposition"]
    table = Document(io.BytesIO(word.content)).tables[1]
    assert [(row.cells[0].text, row.cells[1].text, row.cells[6].text) for row in table.rows[1:]] == ranked
    pdf = await pages.send(page, f"{path}/pdf")
    assert pdf.headers["content-type"] == "application/pdf"
    words = PdfReader(io.BytesIO(pdf.content)).pages[0].extract_text().split()
    for rank, name, total in ranked:
        at = words.index(name)
        assert words[at - 1] == rank
        assert total in words[at : at + 7]
    done = await chat.app.store.read(actions)
    assert done[-3:] == [("rating exported", f"{number}:{kind}") for kind in ("xlsx", "docx", "pdf")]


async def test_a_file_is_given_to_who_asked_for_it_and_only_then(chat: Chat, pages: Pages) -> None:
    number = await publish_review(chat.app)
    path = f"/ratings/{number}/result"
    page = await enter(pages, OFFICE, path)
    refused = await pages.http.get(f"{path}/xlsx")
    assert refused.status_code == 403
    assert says(refused.text, "rating_result.ask_again")
    assert (await pages.http.get(f"{path}/xlsx?token=x.y")).status_code == 403
    given = str((await pages.send(page, f"{path}/xlsx")).url)
    assert (await pages.http.get(given)).status_code == 200
    assert (await pages.http.get(given.replace("/xlsx", "/pdf"))).status_code == 403
    assert (await pages.send(page, f"{path}/doc")).status_code in (403, 404)
    await enter(pages, SECOND_OFFICE, path)
    assert (await pages.http.get(given)).status_code == 403
    chat.clock.set(chat.clock.now() + timedelta(minutes=11))
    await enter(pages, OFFICE, path)
    assert (await pages.http.get(given)).status_code == 403


async def test_the_rows_file_is_counted_again(chat: Chat, pages: Pages) -> None:
    number = await publish_review(chat.app)
    path = f"/ratings/{number}/result"
    page = await enter(pages, OFFICE, path)
    outcome = recount(json.loads((await pages.send(page, f"{path}/rows")).content))
    assert outcome.agrees
    assert [(line.name, line.counted is None, line.stated.total, line.stated.rank) for line in outcome.lines] == [
        (SECRETARY, False, "91.96", 2), (FERRY_SECRETARY, False, "92.37", 1), (THIRD, True, "90.83", 3),
    ]  # fmt: skip


async def test_a_secretary_sees_the_own_total_and_the_median_only(chat: Chat, pages: Pages) -> None:
    """SR-13."""
    number = await publish_review(chat.app)
    page = await enter(pages, SECRETARY, "/rating/mine")
    assert REVIEW in page.text
    assert page.text.count("91.96") == 4  # own total and median, each as bar and number
    for hidden in ("92.37", "90.83", sentence("rating_result.rank"), FERRY_SECRETARY, "92.20"):
        assert hidden not in page.text
    refused = await pages.http.get(f"/ratings/{number}/result")
    assert refused.status_code == 403
    page = await enter(pages, FERRY_SECRETARY, "/rating/mine")
    assert "92.37" in page.text
    assert says((await enter(pages, MEMBERS[2], "/rating/mine")).text, "rating_result.mine.nothing")
    answer = await chat.say(SECRETARY, "我的评议结果")
    assert "91" not in answer
    assert "/in/" in chat.last[SECRETARY].links[0].url
    assert says(await chat.say(MEMBERS[2], "评议结果"), "rating_result.mine.nothing")


async def test_nobody_else_gets_a_result_or_an_export(chat: Chat, pages: Pages) -> None:
    review, members = await publish_review(chat.app), await publish_member_rating(chat.app)
    for who in (MEMBERS[0], PROBATIONARY, SECRETARY, DISCIPLINE, FERRY_SECRETARY):
        page = await enter(pages, who, f"/ratings/{review}/result")
        assert page.status_code == 403, who
        assert "92.37" not in page.text
    for who in (MEMBERS[0], FERRY_SECRETARY, FERRY_MEMBER):
        page = await enter(pages, who, f"/ratings/{members}/result")
        assert (page.status_code == 200) == (who == FERRY_MEMBER), who
    pages.http.cookies.clear()
    await pages.enter(MEMBERS[0], "/chat")
    page = await pages.http.get("/chat")
    for kind in ("xlsx", "docx", "pdf", "rows"):
        assert (await pages.send(page, f"/ratings/{review}/result/{kind}")).status_code == 403
        assert (await pages.http.get(f"/ratings/{review}/result/{kind}")).status_code == 403
    assert not [one for one in await chat.app.store.read(actions) if one[0] == "rating exported"]


async def test_the_committee_sees_the_marks_of_members_and_the_office_totals(chat: Chat, pages: Pages) -> None:
    """DR-4."""
    number = await publish_member_rating(chat.app)
    page = await enter(pages, ORGANIZER, f"/ratings/{number}/result")
    rows = rows_of(page)
    assert rows[0][0] == "党员"
    assert rows[1] == [SECRETARY, "", "5", "6", "0", "0", "0", "0", "0"]
    for key in ("rank", "ranks", "total"):
        assert sentence(f"rating_result.{key}") not in page.text
    assert says(page.text, "rating_result.basis.member_rating")
    assert 'value="tell"' not in page.text
    office = await enter(pages, OFFICE, f"/ratings/{number}/result")
    assert sentence("rating_result.totals") in office.text
    assert not [name for name in (SECRETARY, *MEMBERS) if name in office.text]
    for kind in ("xlsx", "rows"):
        assert (await pages.send(page, f"/ratings/{number}/result/{kind}")).status_code == 403


async def test_a_grade_is_decided_by_hand_and_told_privately(chat: Chat, pages: Pages) -> None:
    """DR-4, DR-9."""
    number = await publish_member_rating(chat.app)
    path, day = f"/ratings/{number}/result", "2026-11-02"
    wrong_day = sentence("rating_result.wrong_date", start=day)
    page = await enter(pages, ORGANIZER, path)
    for wrong, said in (
        ({"grade": "优秀", "reason": " ", "on": day}, sentence("rating.error.no_reason")),
        ({"grade": "弃权", "reason": "表现好", "on": day}, sentence("rating.error.no_grade")),
        ({"grade": "优秀", "reason": "表现好", "on": "2026-11-03"}, wrong_day),
        ({"grade": "优秀", "reason": "表现好", "on": "2026-10-31"}, wrong_day),
        ({"grade": "优秀", "reason": "表现好", "on": "昨天"}, sentence("rating_result.no_date")),
        ({"grade": "优秀", "reason": "长" * 501, "on": day}, sentence("rating_result.long_reason", most=500)),
        ({"grade": "优秀", "reason": "机密★附件", "on": day}, sentence("rating_console.secret")),
        ({"grade": "优秀", "reason": "表现好", "on": day, "target": "99"}, ""),
    ):
        refused = await pages.send(page, path, action="decide", **{"target": "4", **wrong})
        assert refused.status_code == 403, wrong
        assert said in refused.text
    shown = await pages.send(page, path, action="decide", target="4", grade="优秀", reason="全年带头抢险", on=day)
    assert sentence("rating_result.decided", grade="优秀", day="2026-11-02") in shown.text
    assert (await pages.send(page, path, action="tell", target="4")).status_code == 403
    who = (await chat.app.store.read(names, number))[4]
    assert says((await enter(pages, who, "/rating/mine")).text, "rating_result.mine.nothing")
    page = await enter(pages, SECRETARY, path)
    assert sentence("rating_result.untold") in page.text
    assert (await pages.send(page, path, action="tell", target="5")).status_code == 403
    shown = await pages.send(page, path, action="tell", target="4")
    assert sentence("rating_result.told", day="2026-11-02") in shown.text
    mine = await enter(pages, who, "/rating/mine")
    assert sentence("rating_result.mine.grade", grade="优秀") in mine.text
    assert "抢险" not in mine.text
    other = MEMBERS[0] if who != MEMBERS[0] else MEMBERS[1]
    assert "优秀" not in (await enter(pages, other, "/rating/mine")).text
    assert "优秀" not in (await enter(pages, OFFICE, "/rating/mine")).text
    office = await enter(pages, OFFICE, path)
    assert says(office.text, "rating_result.rated", done=1)
    assert "抢险" not in office.text
    done = await chat.app.store.read(actions)
    assert done[-2:] == [("rating grade recorded", f"{number}:4"), ("rating grade told", f"{number}:4")]


async def test_a_changed_grade_is_told_anew_and_the_cap_is_a_warning(chat: Chat, pages: Pages) -> None:
    """DR-3: floor(11/3) = 3."""
    number = await publish_member_rating(chat.app)
    path, day = f"/ratings/{number}/result", "2026-11-02"
    page = await enter(pages, SECRETARY, path)
    for target in range(4):
        assert not says(page.text, "rating_result.over_cap")
        page = await pages.send(page, path, action="decide", target=str(target), grade="优秀", reason="好", on=day)
    assert says(page.text, "rating_result.over_cap", given=4, rated=11, share="1/3", cap=3)
    page = await pages.send(page, path, action="tell", target="0")
    page = await pages.send(page, path, action="decide", target="0", grade="合格", reason="更正", on=day)
    assert not says(page.text, "rating_result.over_cap")
    assert "优秀" not in (await enter(pages, SECRETARY, "/rating/mine")).text
    assert says((await enter(pages, SECRETARY, "/rating/mine")).text, "rating_result.mine.nothing")


async def test_a_refused_grade_stays_typed_and_the_page_says_why(chat: Chat, pages: Pages) -> None:
    number = await publish_member_rating(chat.app)
    path = f"/ratings/{number}/result"
    page = await enter(pages, SECRETARY, path)
    for wrong, said in (
        ({"on": "2026-11-03"}, sentence("rating_result.wrong_date", start="2026-11-02")),
        ({"on": ""}, sentence("rating_result.no_date")),
        ({"grade": "弃权"}, sentence("rating.error.no_grade")),
        ({"reason": "全年带头抢险" + "长" * 500}, sentence("rating_result.long_reason", most=500)),
    ):
        typed = {"grade": "合格", "reason": "全年带头抢险", "on": "2026-11-02", **wrong}
        refused = await pages.send(page, path, action="decide", target="4", **typed)
        assert refused.status_code == 403
        form = refused.text.split('id="t4"', 1)[1].split("</details>")[0]
        assert form.startswith(" open>")
        assert said in form
        assert f">{typed['reason']}</textarea>" in form
        assert f'value="{typed["on"]}"' in form
        assert (f"<option selected>{typed['grade']}</option>" in form) == ("grade" not in wrong)
        other = refused.text.split('id="t3"', 1)[1].split("</details>")[0]
        assert "全年带头抢险" not in other
        assert said not in other
    assert says(refused.text, "rating_result.undecided")


async def test_a_grade_that_was_told_is_corrected_and_stays_beside_the_new_one(chat: Chat, pages: Pages) -> None:
    number = await publish_member_rating(chat.app)
    path, day = f"/ratings/{number}/result", "2026-11-02"
    page = await enter(pages, SECRETARY, path)
    first = {"target": "4", "grade": "优秀", "reason": "带头抢险", "on": day}
    await pages.send(page, path, action="decide", **first)
    page = await pages.send(page, path, action="decide", **first | {"grade": "合格"})
    assert not says(page.text, "rating_result.before")
    await pages.send(page, path, action="tell", target="4")
    page = await pages.send(page, path, action="decide", **first | {"grade": "基本合格"}, why="票数看错了")
    kept = {"grade": "合格", "day": day, "reason": "带头抢险", "told": day, "on": day, "name": SECRETARY}
    assert says(page.text, "rating_result.before", **kept, why="票数看错了")
    assert sentence("rating_result.untold") in page.text
    office = await enter(pages, OFFICE, path)
    assert "票数看错了" not in office.text


async def test_grades_are_for_members_only(chat: Chat, pages: Pages) -> None:
    number = await publish_review(chat.app)
    page = await enter(pages, OFFICE, f"/ratings/{number}/result")
    fields = {"target": "0", "grade": "好", "reason": "好", "on": "2026-11-02"}
    refused = await pages.send(page, f"/ratings/{number}/result", action="decide", **fields)
    assert refused.status_code == 403
    assert (await pages.send(page, f"/ratings/{number}/result", action="other")).status_code == 403


async def test_before_publication_there_is_nothing(chat: Chat, pages: Pages) -> None:
    """Invariant 8: not while the box is closed, nor when one teller has opened it."""
    number, key = await close_review(chat.app)
    path = f"/ratings/{number}/result"
    for _ in range(2):
        page = await enter(pages, OFFICE, path)
        assert page.status_code == 403
        assert says(page.text, "rating_result.not_yet")
        ratings = await pages.http.get("/ratings")
        for kind in ("xlsx", "docx", "pdf", "rows"):
            refused = await pages.send(ratings, f"{path}/{kind}")
            assert refused.status_code == 403
            assert says(refused.text, "rating_result.not_yet")
        assert says((await enter(pages, SECRETARY, "/rating/mine")).text, "rating_result.mine.nothing")
        await open_once(chat.app, number, key, 0)
    await open_once(chat.app, number, key, 1)
    assert (await enter(pages, OFFICE, path)).status_code == 200


async def test_what_does_not_exist_is_not_found(chat: Chat, pages: Pages) -> None:
    for path in ("/ratings/999/result", "/ratings/x/result"):
        assert (await enter(pages, OFFICE, path)).status_code in (403, 404)


async def test_rows_are_gone_after_the_objection_period_but_the_result_stays(chat: Chat, pages: Pages) -> None:
    """SE-9."""
    number = await publish_review(chat.app)
    later = chat.clock.now() + timedelta(days=32)
    await chat.app.store.write(rating.forget_old, later, 30)
    page = await enter(pages, OFFICE, f"/ratings/{number}/result")
    assert "92.37" in page.text
    refused = await pages.send(page, f"/ratings/{number}/result/rows")
    assert refused.status_code == 403
    assert (await pages.send(page, f"/ratings/{number}/result/pdf")).content.startswith(b"%PDF")


async def test_a_named_round_with_items_and_weights_of_its_own(chat: Chat, pages: Pages) -> None:
    number = await chat.app.store.write(publish_named, chat.app, chat.clock.now())
    page = await enter(pages, SECRETARY, f"/ratings/{number}/result")
    rows = rows_of(page)
    assert rows[:2] == [["1", "甲项目", "", "95.00", "90.00", "100.00"], ["2", "乙项目", "", "60.00", "60.00", NONE]]
    item = sentence("rating_result.item_weight", name="作风", weight="3")
    assert [item, "同行", "", "1", "0", "0", "0", "0"] in rows
    weights = sentence("documents.format.name_separator").join(["领导 1", "同行 1"])
    assert says(page.text, "documents.rating.note_weights", name="甲项目", weights=weights)
    assert says(page.text, "rating_result.basis.free")
    assert recount(json.loads((await pages.send(page, f"/ratings/{number}/result/rows")).content)).agrees
    assert f'<span class="tag">{sentence("rating_result.mode_named")}</span>' in page.text
    assert sentence("rating_result.mode_sealed") not in page.text


async def test_the_office_compares_branches_without_names(chat: Chat, pages: Pages) -> None:
    number = await publish_member_rating(chat.app)
    page = await enter(pages, SECRETARY, f"/ratings/{number}/result")
    fields = {"target": "0", "grade": "优秀", "reason": "好", "on": "2026-11-02"}
    await pages.send(page, f"/ratings/{number}/result", action="decide", **fields)
    assert (await pages.http.get("/ratings/totals")).status_code == 403
    page = await enter(pages, OFFICE, "/ratings")
    assert "/ratings/totals" in page.text
    page = await pages.http.get("/ratings/totals")
    assert ROADS in page.text
    assert says(page.text, "rating_result.rated", count=11, done=1)
    assert SECRETARY not in page.text


async def test_in_a_named_round_the_owner_sees_who_marked_what(chat: Chat, pages: Pages) -> None:
    """What the sheet says before the first tap; nobody else sees it, and nobody before publication."""

    def opened(session: StoreSession) -> int:
        made = open_round(session, chat.app, chat.clock.now(), make_key(), mode=RoundMode.NAMED)
        voter = made.voters["领导"][0]
        marks = bytes([1, 2, 3, 4, 5, 0])
        rating.cast_named(session, made.id, voter, marks, made.manifest_hash, chat.clock.now())
        return made.id

    number = await chat.app.store.write(opened)
    early = await pages.enter(SECRETARY, f"/ratings/{number}/named")
    assert (early.status_code, says(early.text, "rating_result.not_yet")) == (403, True)
    await chat.app.store.write(
        lambda session: rating.close(session, session.get_one(RatingRound, number), None, chat.clock.now())
    )
    page = await pages.enter(SECRETARY, f"/ratings/{number}/result")
    assert f"/ratings/{number}/named" in page.text
    page = await pages.http.get(f"/ratings/{number}/named")
    cells = [unescape(cell) for cell in re.findall(r"<td[^>]*>([^<]*)</td>", page.text)]
    blank = sentence("rating_result.blank")
    assert cells == ["领导1", "领导", "好", "较好", "领导1", "领导", "一般", "差", "领导1", "领导", "弃权", blank]
    for who in (ORGANIZER, MEMBERS[0], FERRY_SECRETARY):
        assert (await pages.enter(who, f"/ratings/{number}/named")).status_code == 403
