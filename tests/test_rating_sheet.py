"""The rating sheet's pages as the server gives them: to whom, when, and what they take."""

from __future__ import annotations

import html
import json
import re

import httpx
import pytest

from bot.rules.rating import VOID, sealing
from bot.store import rating
from bot.store.core.statements import StoreSession
from bot.store.rating import RatingRound, RoundMode
from tests.support.cast import FERRY_MEMBER, MEMBERS
from tests.support.chat import Chat
from tests.support.pages import Pages
from tests.support.rating import member_id
from tests.support.rating_round import ITEMS, MEMBER_AT, TITLE, Plan, Round, open_round
from tests.support.wording import says, sentence

HER, HIM = MEMBERS[0], MEMBERS[1]
JSON = {"accept": "application/json"}


def given(page: httpx.Response) -> dict[str, str]:
    """What the sheet gives to its script."""
    element = re.search(r'<div id="sheet" hidden(.*?)></div>', page.text, re.S)
    assert element is not None, page.text
    return {name: html.unescape(value) for name, value in re.findall(r'data-([a-z]+)="([^"]*)"', element[1])}


def sealed(found: Round, page: httpx.Response, mark: int = 1) -> str:
    """A whole sheet with one mark everywhere, sealed as the page does it."""
    values = given(page)
    targets = len(json.loads(values["manifest"])["targets"])
    rows = [bytes([mark]) * len(ITEMS)] * targets
    return sealing.b64u(sealing.seal_sheet(found.key.public, bytes.fromhex(values["hash"]), rows))


async def post(pages: Pages, page: httpx.Response, found: Round, **fields: str) -> httpx.Response:
    """Send a sheet as the page's script does."""
    values = given(page)
    form = {"csrf": values["csrf"], "manifest": values["hash"], **fields}
    return await pages.http.post(found.path, data=form, headers=JSON)


def _close(session: StoreSession, found: Round, chat: Chat) -> None:
    rating.close(session, session.get_one(RatingRound, found.id), None, chat.clock.now())


def _change(session: StoreSession, found: Round, who: str, what: str) -> str:
    """Hand out paper, take presence back, or issue a code."""
    stored = session.get_one(RatingRound, found.id)
    voter = rating.voter_for(session, found.id, member_id(session, who), "")
    assert voter is not None
    if what == "paper":
        rating.mark_paper(session, stored, voter.id)
    elif what == "gone":
        rating.mark_present(session, stored, [voter.id], here=False)
    else:
        return rating.issue_code(session, stored, voter.id)
    return ""


async def test_the_sheet_carries_the_manifest_and_its_fingerprint_and_no_name_of_the_voter(
    chat: Chat, pages: Pages
) -> None:
    found = await open_round(chat.app)
    page = await pages.enter(HER, found.path)
    values = given(page)
    assert rating.digest(values["manifest"]) == values["hash"]
    assert " ".join(re.findall("....", values["hash"][:16])) in page.text
    assert page.url.path == found.path
    assert HER not in page.text
    assert values["own"] == ""
    assert says(page.text, "rating_sheet.too_old")
    assert 'href="/rating/secret' in page.text
    assert page.headers["cache-control"] == "no-store"


async def test_a_sealed_sheet_is_taken_again_and_again(chat: Chat, pages: Pages) -> None:
    found = await open_round(chat.app)
    page = await pages.enter(HER, found.path)
    assert (await post(pages, page, found, sealed=sealed(found, page))).json() == {"revision": 1}
    assert (await post(pages, page, found, sealed=sealed(found, page, 2))).json() == {"revision": 2}
    again = await pages.http.get(found.path)
    assert given(again)["cast"] == "1"
    assert says(again.text, "rating_sheet.sent_before")


async def test_what_is_no_sheet_is_refused_in_a_sentence(chat: Chat, pages: Pages) -> None:
    found = await open_round(chat.app)
    page = await pages.enter(HER, found.path)
    for fields, said in (
        ({"sealed": "***"}, sentence("rating_sheet.empty_form")),
        ({}, sentence("rating_sheet.empty_form")),
        ({"sealed": "AAAA"}, sentence("rating_sheet.empty_form")),
        ({"sealed": "", "marks": "AAAA"}, sentence("rating_sheet.other_manifest")),
        ({"manifest": "0" * 64, "sealed": "AAAA"}, sentence("rating_sheet.other_manifest")),
        ({"csrf": "x", "sealed": "AAAA"}, sentence("web.stale_form")),
    ):
        answer = await post(pages, page, found, **fields)
        assert answer.status_code == 403
        assert said in answer.json()["error"]
        assert given(await pages.http.get(found.path))["cast"] == "0"


async def test_a_forwarded_address_shows_everybody_their_own_sheet_or_how_to_get_one(chat: Chat, pages: Pages) -> None:
    found = await open_round(chat.app)
    stranger = await pages.http.get(found.path)
    assert stranger.status_code == 401
    assert says(stranger.text, "rating_sheet.sign_in_first")
    assert TITLE not in stranger.text
    hers = given(await pages.enter(HER, found.path))
    other = Pages(chat.app)
    his = given(await other.enter(HIM, found.path))
    assert (hers["voter"], hers["draft"]) != (his["voter"], his["draft"])
    outsider = await Pages(chat.app).enter(FERRY_MEMBER, found.path)
    assert outsider.status_code == 403
    assert says(outsider.text, "rating_sheet.not_on_roll")
    assert (await Pages(chat.app).http.get(found.path + "/events")).status_code == 401


async def test_a_page_of_somebody_who_has_left_sends_nothing(chat: Chat, pages: Pages) -> None:
    found = await open_round(chat.app)
    page = await pages.enter(HER, found.path)
    await pages.http.post("/out")
    assert (await pages.enter(HIM, found.path)).status_code == 200
    answer = await post(pages, page, found, sealed=sealed(found, page))
    assert answer.status_code == 403
    assert given(await pages.http.get(found.path))["cast"] == "0"


async def test_nobody_rates_himself_and_is_told_why(chat: Chat, pages: Pages) -> None:
    found = await open_round(chat.app, Plan(rated=HIM))
    page = await pages.enter(HIM, found.path)
    assert given(page)["own"] == str(MEMBER_AT)
    assert says(page.text, "rating_sheet.own", name=HIM)


async def test_a_named_round_says_so_and_takes_plain_marks(chat: Chat, pages: Pages) -> None:
    found = await open_round(chat.app, Plan(mode=RoundMode.NAMED))
    page = await pages.enter(HER, found.path)
    assert 'class="named"' in page.text
    assert says(page.text, "rating_sheet.named")
    marks = sealing.b64u(bytes([1, 2, 3, 4, 5, 0]) * 25)
    assert (await post(pages, page, found, marks=marks)).json() == {"revision": 1}
    void = sealing.b64u(bytes([VOID]) * 150)
    assert (await post(pages, page, found, marks=void)).status_code == 403


async def test_after_closing_the_page_is_polite_forgets_drafts_and_takes_nothing(chat: Chat, pages: Pages) -> None:
    found = await open_round(chat.app)
    page = await pages.enter(HER, found.path)
    await chat.app.store.write(_close, found, chat)
    closed = await pages.http.get(found.path)
    assert says(closed.text, "rating_sheet.closed")
    assert f'data-round="{found.id}"' in closed.text
    assert "rating/sheet_wipe.js" in closed.text
    answer = await post(pages, page, found, sealed=sealed(found, page))
    assert answer.status_code == 403
    assert says(answer.json()["error"], "rating_sheet.closed")


@pytest.mark.parametrize(("what", "key"), [("paper", "on_paper"), ("gone", "absent")])
async def test_who_holds_paper_or_is_not_there_is_told_what_to_do(
    chat: Chat, pages: Pages, what: str, key: str
) -> None:
    found = await open_round(chat.app)
    page = await pages.enter(HER, found.path)
    await chat.app.store.write(_change, found, HER, what)
    assert says((await pages.http.get(found.path)).text, f"rating_sheet.{key}")
    answer = await post(pages, page, found, sealed=sealed(found, page))
    assert answer.status_code == 403
    assert says(answer.json()["error"], f"rating_sheet.{key}")


async def test_a_slip_opens_one_sheet_once(chat: Chat, pages: Pages) -> None:
    found = await open_round(chat.app, Plan(slips=2))
    form = await pages.http.get("/rating/code")
    page = await pages.send(form, "/rating/code", code=f" {found.codes[0][:6]} {found.codes[0][6:]}")
    assert page.url.path == found.path
    assert found.codes[0] not in str(page.url)
    assert (await post(pages, page, found, sealed=sealed(found, page))).json() == {"revision": 1}
    other = Pages(chat.app)
    again = await other.send(await other.http.get("/rating/code"), "/rating/code", code=found.codes[0])
    assert again.status_code == 403
    assert says(again.text, "rating_sheet.code.wrong")


async def test_a_replacement_code_opens_the_members_own_sheet(chat: Chat, pages: Pages) -> None:
    found = await open_round(chat.app, Plan(rated=HIM))
    code = await chat.app.store.write(_change, found, HIM, "code")
    page = await pages.send(await pages.http.get("/rating/code"), "/rating/code", code=code)
    assert given(page)["own"] == str(MEMBER_AT)


async def test_codes_cannot_be_guessed_for_long(chat: Chat, pages: Pages) -> None:
    found = await open_round(chat.app, Plan(slips=1))
    form = await pages.http.get("/rating/code")
    for _ in range(chat.app.settings.binding.tries_per_hour):
        assert (await pages.send(form, "/rating/code", code="1" * 12)).status_code == 403
    stopped = await pages.send(form, "/rating/code", code=found.codes[0])
    assert stopped.status_code == 429
    assert says(stopped.text, "rating_sheet.code.too_many")
    other = Pages(chat.app)
    page = await other.send(await other.http.get("/rating/code"), "/rating/code", code=found.codes[0])
    assert page.url.path == found.path


async def test_a_form_with_two_tokens_is_no_other_browser(chat: Chat, pages: Pages) -> None:
    """What is checked and what the wrong codes are counted by is one reading of the form."""
    await open_round(chat.app, Plan(slips=1))
    form = await pages.http.get("/rating/code")
    token = chat.app.access.csrf(pages.http.cookies["azalea"])
    for number in range(2 * chat.app.settings.binding.tries_per_hour):
        fields = {"csrf": [f"other{number}", token], "code": "1" * 12}
        assert says((await pages.http.post("/rating/code", data=fields)).text, "web.stale_form")
    fine = await pages.send(form, "/rating/code", code="1" * 12)
    assert says(fine.text, "rating_sheet.code.wrong")


async def test_the_secrecy_page_is_for_everybody_and_leads_back(chat: Chat, pages: Pages) -> None:
    page = await pages.http.get("/rating/secret", params={"round": "7"})
    assert page.status_code == 200
    assert 'href="/rating/7"' in page.text
    for said in ("how.line1", "trust.line2", "trust.line4", "kept.line1"):
        assert says(page.text, f"rating_sheet.secret.{said}")
    assert says(page.text, "rating_sheet.secret.kept.line3", days=30, backups=14)
    assert says(page.text, "rating_sheet.secret.who.line4", least=5)
    assert "javascript" not in (await pages.http.get("/rating/secret", params={"round": "javascript:1"})).text
    found = await open_round(chat.app, Plan(targets=1, least=7))
    own = await pages.http.get("/rating/secret", params={"round": str(found.id)})
    assert says(own.text, "rating_sheet.secret.kept.line4", least=7)


async def test_a_round_that_is_not_there(chat: Chat, pages: Pages) -> None:
    for path in ("/rating/99", "/rating/x", "/rating/999999999999"):
        answer = await pages.enter(HER, path)
        assert answer.status_code == 404
        assert says(answer.text, "rating_sheet.not_found")
