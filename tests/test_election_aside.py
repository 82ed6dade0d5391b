"""A counted vote that was opened by mistake: set aside by two people, one of them a scrutineer."""

from __future__ import annotations

import io

import pytest
import sqlalchemy as sa
from docx import Document
from sqlalchemy.exc import IntegrityError

from bot.store.core import schema
from bot.store.core.engine import open_store
from bot.store.core.statements import StoreSession
from bot.store.election import Round, rounds
from tests.support.cast import DISCIPLINE, MEMBERS, SECRETARY
from tests.support.chat import Chat
from tests.support.databases import Holds
from tests.support.elections import (
    CANDIDATES,
    CONTEST,
    ELECTION,
    SCRUTINEER,
    TELLER,
    TOTALS,
    count,
    enter,
    listed,
    open_vote,
    totals,
)
from tests.support.pages import Pages
from tests.support.wording import says, sentence

WHY = "点了两次开始投票"
VOTES = dict(zip(CANDIDATES, (9, 8, 7, 1), strict=True))


async def test_two_people_set_a_counted_vote_aside_and_another_is_held(chat: Chat, pages: Pages) -> None:
    browser = await open_vote(pages)
    assert says(await count(pages, 1, totals(VOTES)), "election.page.totals_agreed")
    teller = await enter(pages, TELLER, TOTALS)
    assert says(await teller.do("aside", reason=""), "election.missing", what=sentence("election.field.aside_reason"))
    await teller.do("aside", reason=WHY)
    assert says(await teller.do("aside_agreed"), "election.aside_by_another")
    scrutineer = await enter(pages, SCRUTINEER, TOTALS)
    assert says(scrutineer.page.text, "election.page.aside_asked", name=TELLER, reason=WHY)
    await scrutineer.do("aside_agreed")
    browser = await enter(pages, SECRETARY, CONTEST)
    kind = sentence("election.page.kind_first")
    by = listed(TELLER, SCRUTINEER)
    assert says(browser.page.text, "election.page.was_set_aside", number=1, kind=kind, reason=WHY, names=by)
    await browser.do("first", present="10")
    await count(pages, 2, totals(VOTES))
    await enter(pages, SECRETARY, ELECTION)
    file = await pages.http.get(f"{ELECTION}/docx/result")
    text = "\n".join(one.text for one in Document(io.BytesIO(file.content)).paragraphs)
    assert WHY in text
    assert TELLER in text.split(WHY)[1]
    assert await chat.app.store.read(standing) == [2]


async def test_neither_one_alone_nor_two_without_a_scrutineer(chat: Chat, pages: Pages) -> None:
    await open_vote(pages)
    await count(pages, 1, totals(VOTES))
    await (await enter(pages, TELLER, TOTALS)).do("aside", reason=WHY)
    for who in (DISCIPLINE, MEMBERS[4]):
        assert (await enter(pages, who, TOTALS)).page.status_code == 403
    secretary = await enter(pages, SECRETARY, TOTALS)
    assert says(await secretary.do("aside_agreed"), "election.aside_by_scrutineer")
    assert await chat.app.store.read(standing) == [1]
    await secretary.do("aside_not")
    assert says(await secretary.do("aside_agreed"), "help.stale_button")


async def test_what_is_reported_or_not_counted_is_not_set_aside(chat: Chat, pages: Pages) -> None:
    await open_vote(pages)
    browser = await enter(pages, SCRUTINEER, TOTALS)
    assert says(await browser.do("aside", reason=WHY), "help.stale_button")
    await count(pages, 1, totals(VOTES))
    secretary = await enter(pages, SECRETARY, ELECTION)
    for step in ("counted", "reported"):
        await secretary.do("report", state=step, taken_on="2026-11-02", document_no="")
    browser = await enter(pages, SCRUTINEER, TOTALS)
    assert says(browser.page.text, "election.reported_already")
    assert not says(browser.page.text, "election.page.aside_ask")
    assert await chat.app.store.read(standing) == [1]


def standing(session: StoreSession) -> list[int]:
    return [one.number for one in rounds(session, 1)]


@pytest.mark.parametrize("holds", [Holds.NOTHING])
def test_a_database_in_which_several_votes_are_open_comes_up_to_date(store_url: str) -> None:
    store = open_store(store_url)
    schema.upgrade(store.engine, "0007")
    with store.engine.connect() as connection, connection.begin():
        for statement in _BEFORE:
            connection.execute(sa.text(statement))
    schema.bring_up_to_date(store.engine)
    with store.engine.connect() as connection, connection.begin():
        stands = sa.text("SELECT number FROM election_round WHERE set_aside_on IS NULL ORDER BY number")
        assert list(connection.execute(stands).scalars()) == [1, 2]
    with store.engine.connect() as connection, connection.begin(), pytest.raises(IntegrityError):
        connection.execute(sa.insert(Round.__table__).values(**_ANOTHER))  # type: ignore[attr-defined]
    store.close()


_BEFORE = (
    "INSERT INTO unit (id, kind, name, path, has_committee) VALUES (1, 'branch', 'x', '/1/', true)",
    "INSERT INTO election (id, unit_id, by_election, place, chair, elected_base, clause, started_on)"
    " VALUES (1, 1, false, '', '', 'present', '', '2026-01-01')",
    "INSERT INTO election_contest (id, election_id, office, seats, by_committee, approval_no, given_up)"
    " VALUES (1, 1, 'committee', 3, false, '', 0)",
    *(
        "INSERT INTO election_round (contest_id, number, kind, seats, names, due, present, totals, entered, clause)"
        f" VALUES (1, {number}, 'first', 3, '[]', 9, 9, {totals}, '[]', '')"
        for number, totals in ((1, "'{}'"), (2, "NULL"), (3, "NULL"), (4, "NULL"))
    ),
)
_ANOTHER = {
    "contest_id": 1, "number": 5, "kind": "first", "seats": 3, "names": [], "due": 9, "present": 9, "totals": None,
    "entered": [], "clause": "", "aside_reason": "", "aside_names": [],
}  # fmt: skip
