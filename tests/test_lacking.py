"""No ballot, tally, report or result is made with a mark in place of a character before somebody has seen the names."""

from __future__ import annotations

import io
import re

import httpx
from docx import Document
from pypdf import PdfReader
from sqlmodel import col, select, update

from bot.store.core.statements import StoreSession
from bot.store.people import Member
from bot.store.rating import RatingTarget
from tests.support.cast import MEMBERS, OFFICE, SECRETARY
from tests.support.chat import Chat
from tests.support.elections import count, open_vote, prepare, totals
from tests.support.pages import Pages
from tests.support.rating_result import publish_review
from tests.support.rating_round import open_round
from tests.support.wording import says, sentence
from tests.test_typeface import LACKING, printable

ASKED = "web.lacking.heading"


def rename(session: StoreSession, before: str) -> None:
    session.execute(update(Member).where(col(Member.name) == before).values(name=LACKING))


def rename_target(session: StoreSession, round_id: int) -> None:
    first = session.exec(select(RatingTarget).where(col(RatingTarget.round_id) == round_id)).first()
    first.name = LACKING
    session.add(first)


def seen(page: httpx.Response) -> str:
    """What the form says that somebody has looked at."""
    return re.findall(r'name="seen" value="([0-9a-f]+)"', page.text)[0]


async def test_papers_of_an_election_show_the_names_first(chat: Chat, pages: Pages) -> None:
    await chat.app.store.write(rename, MEMBERS[0])
    browser = await prepare(pages)
    await browser.do("add", name=LACKING)
    ballot, tally = "/elections/ballot/1/docx?per_page=2", "/elections/ballot/1/tally"
    for path in (ballot, tally, "/elections/ballot/1?per_page=2"):
        asked = await pages.http.get(path)
        assert says(asked.text, ASKED), path
        assert LACKING in asked.text
        assert printable(LACKING) in asked.text
        assert sentence("documents.ballot.box") not in asked.text
        again = f"{path}{'&' if '?' in path else '?'}seen="
        assert says((await pages.http.get(again + "1")).text, ASKED)
        made = await pages.http.get(again + seen(asked))
        shown = made.text if path == "/elections/ballot/1?per_page=2" else words(made.content)
        assert printable(LACKING) in shown, path
    await browser.do("first", present="10")
    await pages.enter(MEMBERS[1], "/elections/totals/1")
    listed = set(re.findall(r'name="approve_(\d)"', (await pages.http.get("/elections/totals/1")).text))
    await count(pages, 1, totals(dict.fromkeys(sorted(listed), 3)))
    await pages.enter(SECRETARY, "/elections/1")
    asked = await pages.http.get("/elections/1/docx/result")
    assert says(asked.text, ASKED)
    made = await pages.http.get(f"/elections/1/docx/result?seen={seen(asked)}")
    assert LACKING in words(made.content), "a Word file keeps the character: another machine may have it"


def words(data: bytes) -> str:
    return "\n".join(cell.text for table in Document(io.BytesIO(data)).tables for cell in table._cells)


async def test_a_result_is_asked_about_once_for_these_names(chat: Chat, pages: Pages) -> None:
    number = await publish_review(chat.app)
    await chat.app.store.write(rename_target, number)
    page = await pages.enter(OFFICE, f"/ratings/{number}/result")
    for kind in ("pdf", "docx"):
        path = f"/ratings/{number}/result/{kind}"
        asked = await pages.send(page, path)
        assert says(asked.text, ASKED)
        made = await pages.send(asked, path, seen=seen(asked))
        assert made.headers["content-disposition"].startswith("attachment")
        if kind == "pdf":
            said = "".join(one.extract_text() for one in PdfReader(io.BytesIO(made.content)).pages)
            assert printable(LACKING) in said
    book = await pages.send(page, f"/ratings/{number}/result/xlsx")
    assert book.headers["content-disposition"].startswith("attachment")


async def test_who_has_an_ordinary_name_is_asked_nothing(chat: Chat, pages: Pages) -> None:
    await open_vote(pages)
    for path in ("/elections/ballot/1/docx", "/elections/ballot/1/tally", "/elections/ballot/1"):
        assert not says((await pages.http.get(path)).text, ASKED)


async def test_the_sheet_of_paper_of_a_rating_shows_the_names_first(chat: Chat, pages: Pages) -> None:
    found = await open_round(chat.app)
    await chat.app.store.write(rename_target, found.id)
    page = await pages.enter(OFFICE, f"/ratings/{found.id}/sheet?class=0")
    page = page if says(page.text, ASKED) else await pages.enter(SECRETARY, f"/ratings/{found.id}/sheet?class=0")
    assert says(page.text, ASKED)
    made = await pages.http.get(f"/ratings/{found.id}/sheet?class=0&seen={seen(page)}")
    assert printable(LACKING) in made.text
    assert LACKING not in made.text
