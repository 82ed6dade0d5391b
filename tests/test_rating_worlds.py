"""Invariant 8: before publication nobody sees anything but the turnout. Two worlds in which everybody marks the
opposite look the same to everybody, on every page, in every stream, in the chat and in every message."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import inspect, text
from sqlmodel import col, select

from bot.config import Settings
from bot.rules.rating.sealing import make_key
from bot.store import nightly
from bot.store.audit import AuditEntry
from bot.store.core.statements import StoreSession
from bot.store.rating import RatingRound, RoundState
from tests.support.cast import OFFICE, ORGANIZER, SECRETARY
from tests.support.databases import Databases, Holds
from tests.support.linkage import Evidence
from tests.support.worlds import (
    OTHER_VOTER,
    PEOPLE,
    SECOND_TELLER,
    TARGET,
    TELLER,
    VOTER,
    World,
    hand_in,
    page_of,
    seen_chat,
    seen_pages,
    world,
)  # fmt: skip

ROW = bytes([1, 4, 2, 4, 1, 1, 3, 4, 2, 1, 4, 3])
OPPOSITE = bytes(5 - mark for mark in ROW)
NOT_CLOSED = ("draft", "open", "named", "office")
TELLERS = {TELLER, SECOND_TELLER}


@pytest.fixture
def holds() -> Holds:
    """Everybody of the cast is there from the start."""
    return Holds.CAST


@pytest.fixture
async def other_url(database_kind: str, databases: Databases, tmp_path: Path) -> AsyncIterator[str]:
    """A second database of the same kind with the same cast."""
    url = databases.make(database_kind, tmp_path / "other.db", Holds.CAST)
    yield url
    databases.drop(url)


def may_see(made: World, path: str) -> set[str]:
    """Who is shown a page or stream about a round before publication."""
    parts = path.partition("?")[0].strip("/").split("/")
    name = next(name for name, one in made.rounds.items() if str(one.id) == parts[1])
    voters = {VOTER, TARGET} | ({made.slip} if name == "open" else set())
    if parts[0] == "rating":
        return voters if name in NOT_CLOSED or parts[-1] == "events" else {*PEOPLE, made.slip}
    owner = OFFICE if "office" in name else SECRETARY
    match parts[2:]:
        case []:
            return {owner} | ({ORGANIZER} if owner == SECRETARY else set())
        case ["events"] | ["screen", *_]:
            return {owner}
        case ["sheet"]:
            return {owner} if name in ("open", "office") else set()
        case ["sealed"]:
            return set() if name in NOT_CLOSED else TELLERS
        case ["key" | "paper" | "open"]:
            return set() if name == "named" else TELLERS
    return set()


def trail(session: StoreSession) -> list[tuple[str, str]]:
    return [(one.action, one.subject) for one in session.exec(select(AuditEntry).order_by(col(AuditEntry.id)))]


@pytest.mark.timeout(300)
async def test_opposite_votes_look_the_same_until_they_are_published(
    settings: Settings, store_url: str, other_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    key = make_key()
    async with world(settings, store_url, key, ROW) as one, world(settings, other_url, key, OPPOSITE) as other:
        pages = await seen_pages(one)
        for (who, path), (status, _) in pages.items():
            if any(character.isdigit() for character in path):
                assert (who, path, status == 200) == (who, path, who in may_see(one, path))
            assert status in (200, 303, 401, 403)
        assert pages == await seen_pages(other)
        told = await seen_chat(one)
        assert told == await seen_chat(other)
        assert await one.app.store.read(trail) == await other.app.store.read(trail)
        said = repr(pages) + repr(told) + caplog.text
        assert Evidence({"all": said.encode()}).holding(ROW) == []
        await differ_once_published(one, other)


def kept(session: StoreSession) -> dict[str, list[str]]:
    """Everything in the database but the keys of browsers that are signed in, and how fast one may send."""
    tables = set(inspect(session.connection()).get_table_names()) - {"web_session", "send_rate"}
    return {
        name: sorted(repr(tuple(row)) for row in session.execute(text(f'SELECT * FROM "{name}"'))) for name in tables
    }


async def differences(settings: Settings, urls: dict[str, str]) -> tuple[set[str], set[str]]:
    """The tables that differ between two worlds in which the one or the other stayed away and was reminded: before the
    tellers open the box, and the night after."""
    key, dumps = make_key(), []
    for absent, url in urls.items():
        async with world(settings, url, key, ROW, ("closed",), absent) as made:
            await made.app.delivery.drain()
            before = await made.app.store.read(kept)
            for teller in (TELLER, SECOND_TELLER):
                await hand_in(made, "closed", teller)
                await made.type_in("closed", teller, ROW)
            await made.app.delivery.drain()
            await made.app.store.write(nightly.forget_old, made.app.clock.now(), settings.privacy)
            await made.app.tidying.once()
            dumps.append((before, await made.app.store.read(kept)))
    (before, after), (other_before, other_after) = dumps
    return (
        {name for name in before if before[name] != other_before[name]},
        {name for name in after if after[name] != other_after[name]},
    )


async def test_nothing_that_is_kept_says_who_handed_in(settings: Settings, store_url: str, other_url: str) -> None:
    """SE-8: a night later nobody can tell from the database which of the two stayed away."""
    before, after = await differences(settings, {VOTER: store_url, OTHER_VOTER: other_url})
    assert "delivery" in before, "the control: who was reminded"
    assert after == set()


async def test_the_counts_say_whether_somebody_who_is_rated_handed_in(
    settings: Settings, store_url: str, other_url: str
) -> None:
    """The exception that docs/secrecy.md names: nobody rates themselves (SR-10), so their own rows are one fewer."""
    _, after = await differences(settings, {VOTER: store_url, TARGET: other_url})
    assert after == {"rating_box", "rating_count"}


async def differ_once_published(one: World, other: World) -> None:
    """The control: the same page of both worlds, as soon as both tellers have opened the box."""
    results = []
    for made in (one, other):
        number = made.rounds["closed"].id
        await hand_in(made, "closed", TELLER)
        await hand_in(made, "closed", SECOND_TELLER)
        await made.type_in("closed", TELLER, ROW)
        assert (await page_of(made, SECRETARY, f"/ratings/{number}/result"))[0] == 403
        await made.type_in("closed", SECOND_TELLER, ROW)
        found = await made.app.store.read(lambda session, number=number: session.get_one(RatingRound, number).state)
        assert found is RoundState.PUBLISHED
        results.append(await page_of(made, SECRETARY, f"/ratings/{number}/result"))
    assert [status for status, _ in results] == [200, 200]
    assert results[0] != results[1]
