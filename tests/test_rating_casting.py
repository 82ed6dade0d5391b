"""Many at once: one member's fifty casts, casts while the round closes, and a sheet of paper meanwhile."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text

from bot.store import rating
from bot.store.core.engine import Store
from bot.store.core.statements import StoreSession
from bot.store.rating import RatingError, RoundState, envelopes
from tests.support.cast import MEMBERS
from tests.support.chat import Chat
from tests.support.rating import Opened, member_id
from tests.support.rating_votes import close, refusal, started, stored


def kept(session: StoreSession, opened: Opened) -> dict[int, tuple[int, bytes]]:
    """Revision and sealed bytes by voter."""
    rows = session.execute(text(f"SELECT voter_id, revision, sealed FROM {envelopes.PREFIX}{opened.id}"))
    return {voter: (revision, bytes(sealed)) for voter, revision, sealed in rows}


def sheet(opened: Opened, mark: int) -> bytes:
    return opened.seal([bytes([mark]) * opened.items] * opened.targets)


async def test_fifty_casts_of_one_member_leave_the_last(chat: Chat) -> None:
    opened = await started(chat)
    voter, sheets = opened.everybody()[0], [sheet(opened, 1 + number % 4) for number in range(50)]

    async def once(sealed: bytes) -> tuple[int, bytes]:
        now = chat.clock.now()
        given = (opened.id, voter, sealed, opened.manifest_hash, now)
        return await chat.app.store.write(rating.cast, *given), sealed

    answers = dict(await asyncio.gather(*(once(sealed) for sealed in sheets)))
    assert sorted(answers) == list(range(1, 51))
    assert await chat.app.store.read(kept, opened) == {voter: (50, answers[50])}


async def test_the_same_sheet_sent_again_is_no_second_one(chat: Chat) -> None:
    """A phone whose answer was lost sends the same bytes again; its owner handed in once."""
    opened = await started(chat)
    voter, first, second = opened.everybody()[0], sheet(opened, 1), sheet(opened, 2)
    given = [
        await chat.app.store.write(rating.cast, opened.id, voter, sealed, opened.manifest_hash, chat.clock.now())
        for sealed in (first, first, second, second, first)
    ]
    assert given == [1, 1, 2, 2, 3]
    assert await chat.app.store.read(kept, opened) == {voter: (3, first)}


async def test_no_cast_is_taken_once_the_round_is_closed_and_none_that_was_taken_is_lost(chat: Chat) -> None:
    opened = await started(chat, classes={"领导": 20, "同行": 20})
    sealed, store = sheet(opened, 1), chat.app.store

    async def once(voter: int) -> str:
        try:
            await store.write(rating.cast, opened.id, voter, sealed, opened.manifest_hash, chat.clock.now())
        except RatingError as error:
            return error.key
        return "taken"

    voters = opened.everybody()
    first = [asyncio.create_task(once(voter)) for voter in voters[:20]]
    closing = asyncio.create_task(store.write(close, opened, chat))
    second = [asyncio.create_task(once(voter)) for voter in voters[20:]]
    answers = dict(zip(voters, await asyncio.gather(*first, *second), strict=True))
    await closing
    taken = {voter for voter, answer in answers.items() if answer == "taken"}
    assert {answers[voter] for voter in voters if voter not in taken} <= {
        "rating.error.state_closed", "rating.error.state_void",
    }  # fmt: skip
    if (await store.read(lambda s: stored(s, opened.id).state)) is RoundState.CLOSED:
        assert set(await store.read(kept, opened)) == taken
    assert sum(await store.read(lambda s: stored(s, opened.id).cast)) == len(taken)
    assert await once(voters[0]) in ("rating.error.state_closed", "rating.error.state_void")


@pytest.mark.parametrize("database_kind", ["postgresql"])
async def test_casting_and_closing_wait_for_each_other(chat: Chat) -> None:
    """Each is held open in turn until the database shows the other one waiting for it."""
    opened = await started(chat)
    store, sealed, voters = chat.app.store, sheet(opened, 1), opened.everybody()
    now = chat.clock.now()
    for voter in voters[:5]:
        await store.write(rating.cast, opened.id, voter, sealed, opened.manifest_hash, now)
    with store.engine.connect() as connection, connection.begin():
        session = StoreSession(bind=connection)
        rating.cast(session, opened.id, voters[5], sealed, opened.manifest_hash, now)
        session.commit()
        closing = asyncio.create_task(store.write(close, opened, chat))
        await somebody_waits(store)
        assert not closing.done()
    assert await closing is RoundState.CLOSED
    assert sum(await store.read(lambda s: stored(s, opened.id).cast)) == 6
    opened = await started(chat)
    with store.engine.connect() as connection, connection.begin():
        session = StoreSession(bind=connection)
        rating.cancel(session, stored(session, opened.id), None, now)
        session.commit()
        casting = asyncio.create_task(
            store.write(rating.cast, opened.id, opened.everybody()[0], sealed, opened.manifest_hash, now)
        )
        await somebody_waits(store)
    with pytest.raises(RatingError) as refused:
        await casting
    assert refused.value.key == "rating.error.state_void"


@pytest.mark.parametrize("database_kind", ["postgresql"])
async def test_a_sheet_that_waits_for_a_code_to_be_given_out_is_refused(chat: Chat) -> None:
    """Who casts was looked up before; the ticket is compared once the round is free again."""
    opened = await started(chat)
    store, sealed, voter = chat.app.store, sheet(opened, 1), opened.everybody()[0]
    with store.engine.connect() as connection, connection.begin():
        session = StoreSession(bind=connection)
        rating.issue_code(session, stored(session, opened.id), voter)
        session.commit()
        casting = asyncio.create_task(
            store.write(rating.cast, opened.id, voter, sealed, opened.manifest_hash, chat.clock.now(), 0)
        )
        await somebody_waits(store)
    with pytest.raises(RatingError) as refused:
        await casting
    assert refused.value.key == "rating.error.other_code"
    assert not await store.read(lambda s: rating.has_cast(s, stored(s, opened.id), voter))


async def somebody_waits(store: Store) -> None:
    """Return once a transaction waits for a lock."""
    async with asyncio.timeout(20):
        while not await store.read(lambda s: s.execute(text("SELECT 1 FROM pg_locks WHERE NOT granted")).first()):
            await asyncio.sleep(0.01)


async def test_who_may_not_cast_learns_why(chat: Chat) -> None:
    write, now = chat.app.store.write, chat.clock.now()
    opened = await started(chat)
    other = await started(chat)
    voter, sealed = opened.everybody()[0], sheet(opened, 2)

    def attempt(session: StoreSession, **changed: object) -> str:
        given = {"round_id": opened.id, "voter_id": voter, "sealed": sealed, "now": now} | changed
        given.setdefault("manifest_hash", opened.manifest_hash)
        return refusal(lambda: rating.cast(session, **given))  # type: ignore[arg-type]

    def attempts(session: StoreSession) -> None:
        found = stored(session, opened.id)
        assert attempt(session, sealed=sealed[:-1]) == "wrong_length"
        assert attempt(session, manifest_hash=other.manifest_hash) == "other_manifest"
        assert attempt(session, voter_id=other.everybody()[0]) == "no_voter"
        assert attempt(session, round_id=99) == "no_voter"
        rating.mark_present(session, found, [voter], here=False)
        assert attempt(session) == "not_present"
        rating.mark_present(session, found, [voter])
        rating.mark_paper(session, found, voter)
        assert attempt(session) == "has_paper"
        rating.mark_paper(session, found, voter, paper=False)
        rating.set_closing(session, found, now)
        assert attempt(session) == "state_closed"
        rating.set_closing(session, found, now + timedelta(hours=1))
        assert rating.cast(session, opened.id, voter, sealed, opened.manifest_hash, now) == 1

    await write(attempts)


async def test_a_sheet_of_paper_replaces_the_electronic_one(chat: Chat) -> None:
    write, now = chat.app.store.write, chat.clock.now()
    opened = await started(chat)
    one, other = opened.everybody()[:2]
    for voter in (one, other):
        await write(rating.cast, opened.id, voter, sheet(opened, 1), opened.manifest_hash, now)
    await write(lambda s: rating.mark_paper(s, stored(s, opened.id), one))
    assert set(await write(kept, opened)) == {other}
    assert await write(lambda s: rating.turnout(s, stored(s, opened.id))) == rating.Turnout(11, 11, 1, 1)
    waiting = await write(lambda s: rating.not_cast(s, stored(s, opened.id)))
    assert {voter.id for voter in waiting} == set(opened.everybody()) - {one, other}


async def test_a_code_lets_in_once_and_the_newest_only(chat: Chat) -> None:
    write = chat.app.store.write

    def slips(session: StoreSession) -> list[str]:
        found = stored(session, opened.id)
        her = rating.voter_for(session, opened.id, member_id(session, MEMBERS[0]), "")
        assert her is not None
        old, new = rating.issue_code(session, found, her.id), rating.issue_code(session, found, her.id)
        assert rating.redeem_code(session, old) is None
        spaced = f" {new[:4]} {new[4:8]}-{new[8:]}".translate({48 + digit: 0xFF10 + digit for digit in range(10)})
        came = rating.redeem_code(session, spaced)
        assert came is not None
        assert came.id == her.id
        assert rating.redeem_code(session, new) is None
        assert rating.voter_for(session, opened.id, None, rating.account_of(her.id, came.ticket)) == came
        assert rating.voter_for(session, opened.id + 1, None, rating.account_of(her.id, came.ticket)) is None
        assert [rating.redeem_code(session, typed) for typed in ("", "1", "1" * 12, "v1")] == [None] * 4
        return [rating.issue_code(session, found, her.id)]

    opened = await started(chat, members={"同行": [MEMBERS[0]]})
    codes = await write(slips)
    await write(close, opened, chat)
    assert await write(rating.redeem_code, codes[0]) is None


async def test_each_speaker_is_released_in_turn(chat: Chat) -> None:
    opened = await started(chat)

    def speak(session: StoreSession) -> None:
        found, now = stored(session, opened.id), chat.clock.now()
        found.released = 0
        seen = []
        for index in (0, 1, -1, 0, 3):
            rating.speak(session, found, index, now)
            seen.append((found.speaker, found.released, found.speaker_since is not None))
        assert seen == [(0, 1, True), (1, 2, True), (-1, 2, False), (0, 2, True), (-1, 3, False)]
        assert refusal(lambda: rating.speak(session, found, 4, now)) == "no_target"

    await chat.app.store.write(speak)
