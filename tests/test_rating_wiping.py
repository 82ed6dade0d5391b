"""After a rating nothing of a sheet is left: in the database's files, in backups, after a crash."""

from __future__ import annotations

import asyncio
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import inspect, text
from sqlmodel import col, select

from bot.app import App
from bot.services.rating.wiping import Tidying
from bot.store import audit, rating
from bot.store.core import wiping
from bot.store.core.backup import restore_backup, write_backup
from bot.store.core.engine import open_store
from bot.store.core.statements import StoreSession
from bot.store.rating import RatingOpening, RatingRound, RoundMode, RoundState, VoidReason, envelopes
from tests.support.chat import Chat
from tests.support.databases import Databases, Holds
from tests.support.rating import TELLERS, Opened
from tests.support.rating_votes import cast_all, close, put, started, stored
from tests.support.shipped import CHAIN

MARK = bytes([3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3])
ITEMS = tuple(f"第{number + 1}项" for number in range(len(MARK)))


def files(app: App) -> bytes:
    """All bytes of the SQLite database: the file, the log of writes and its index."""
    path = app.settings.store.url.removeprefix("sqlite:///")
    return b"".join(found.read_bytes() for found in (Path(path), Path(path + "-wal")) if found.exists())


def cast(session: StoreSession, opened: Opened, chat: Chat, voter: int) -> bytes:
    sealed = opened.seal([MARK] * opened.targets)
    rating.cast(session, opened.id, voter, sealed, opened.manifest_hash, chat.clock.now())
    return sealed


def rounds(session: StoreSession) -> list[tuple[RoundState, VoidReason | None]]:
    found = session.exec(select(RatingRound).order_by(col(RatingRound.id)))
    return [(one.state, one.void_reason) for one in found]


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_no_page_of_the_file_holds_a_sheet_after_publication(chat: Chat) -> None:
    app, write = chat.app, chat.app.store.write
    opened = await started(chat, items=ITEMS, targets=("甲", "乙"))
    sheets = [await write(cast, opened, chat, voter) for voter in (*opened.everybody(), *opened.everybody())]
    assert all(sealed[:40] in files(app) for sealed in sheets[-11:])
    assert MARK not in files(app)
    await write(close, opened, chat)
    await write(put, opened, chat, TELLERS[0])
    packed = await write(lambda session: session.exec(select(RatingOpening.boxes)).one())
    assert MARK in files(app)
    await write(put, opened, chat, TELLERS[1])
    assert await app.store.read(wiping.untidy) == [opened.id]
    await app.tidying.once()
    assert await app.store.read(wiping.untidy) == []
    left = files(app)
    for sealed in sheets:
        pieces = [sealed[at : at + 24] for at in range(0, len(sealed) - 24, 24)]
        assert not [piece for piece in pieces if piece in left]
    assert packed not in left
    assert left.count(MARK) >= 2, "the published rows are there"


async def test_the_app_wipes_by_itself_and_at_the_next_start(chat: Chat) -> None:
    app, write = chat.app, chat.app.store.write
    opened = await started(chat)
    await write(cast_all, opened, chat, {opened.everybody()[0]: 1})
    await write(close, opened, chat)
    assert await app.store.read(wiping.untidy) == [opened.id]
    again = Tidying(app.store)
    await again.start()
    async with asyncio.timeout(20):
        while await app.store.read(wiping.untidy):
            await asyncio.sleep(0.02)
    await again.stop()
    assert await again.once()


async def test_memory_is_left_as_it_is_freed_only_while_no_sheet_can_be_in_it(chat: Chat) -> None:
    app, write = chat.app, chat.app.store.write
    tidying, soon = Tidying(app.store), Tidying(app.store, quiet=0.0)
    opened = await started(chat)
    assert not await tidying.rest()
    await write(cast_all, opened, chat, {opened.everybody()[0]: 1})
    await write(close, opened, chat)
    assert not await tidying.rest()
    async with asyncio.timeout(20):
        while not await tidying.once():
            await asyncio.sleep(0.02)
    tidying.expect_sheets()
    soon.expect_sheets()
    assert not await tidying.rest(), "a request may still be under way"
    assert await soon.rest()
    assert await Tidying(app.store).rest()


async def test_it_ends_though_it_is_woken_at_the_same_moment(chat: Chat) -> None:
    tidyings = [Tidying(chat.app.store) for _ in range(5)]
    for tidying in tidyings:
        await tidying.start()
    await asyncio.sleep(2)
    for steps, tidying in enumerate(tidyings):
        tidying.wake()
        for _ in range(steps):
            await asyncio.sleep(0)
        ended, _ = await asyncio.wait({asyncio.ensure_future(tidying.stop())}, timeout=5)
        assert ended, f"woken {steps} steps before"


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_a_long_reader_only_delays_the_wiping(chat: Chat) -> None:
    store = chat.app.store
    opened = await started(chat)
    await store.write(close, opened, chat)
    with store.engine.connect() as reader, reader.begin():
        assert reader.execute(text("SELECT count(*) FROM rating_round")).scalar_one() == 1
        assert not await chat.app.tidying.once()
        assert await store.read(wiping.untidy) == [opened.id]
        await store.write(audit.record, chat.clock.now(), None, "meanwhile")
    assert await chat.app.tidying.once()
    assert await store.read(wiping.untidy) == []


async def under_way(chat: Chat) -> tuple[Opened, Opened, Opened]:
    """A round that is open with a sheet in it, a closed one that one teller has opened, and an open named one."""
    write = chat.app.store.write
    voting, counting = await started(chat), await started(chat)
    named = await started(chat, mode=RoundMode.NAMED)
    await write(cast_all, voting, chat, {voting.everybody()[0]: 1})
    await write(cast_all, counting, chat, dict.fromkeys(counting.everybody(), 2))
    await write(close, counting, chat)
    await write(put, counting, chat, TELLERS[0])
    marks = b"\1" * (named.targets * named.items)
    voter = named.everybody()[0]
    await write(rating.cast_named, named.id, voter, marks, named.manifest_hash, chat.clock.now())
    return voting, counting, named


@pytest.mark.parametrize("target", ["sqlite", "postgresql"])
async def test_a_backup_has_no_sheet_and_what_was_under_way_is_void_after_a_restore(
    chat: Chat, tmp_path: Path, target: str, databases: Databases
) -> None:
    voting, _, named = await under_way(chat)
    published = await started(chat)
    await chat.app.store.write(cast_all, published, chat, dict.fromkeys(published.everybody(), 4))
    await chat.app.store.write(close, published, chat)
    for teller in TELLERS:
        await chat.app.store.write(put, published, chat, teller)
    file = tmp_path / "saved.zip"
    write_backup(chat.app.store.engine, file, chat.clock.now())
    with zipfile.ZipFile(file) as archive:
        names = archive.namelist()
    assert not [name for name in names if name.startswith(("rating_envelope", "rating_opening", "rating_paper"))]
    assert "rating_box.jsonl" in names
    restored = open_store(databases.make(target, tmp_path / "restored.db", Holds.NOTHING), CHAIN)
    restore_backup(restored.engine, file, chat.clock.now())
    gone = (RoundState.VOID, VoidReason.RESTORED)
    assert await restored.read(rounds) == [gone, gone, (RoundState.OPEN, None), (RoundState.PUBLISHED, None)]
    assert await restored.read(lambda s: rating.counts(s, stored(s, published.id))) == await chat.app.store.read(
        lambda s: rating.counts(s, stored(s, published.id))
    )
    assert await restored.read(rating.named_marks, named.id, named.everybody()[0]) != {}
    assert await restored.read(audit.broken_at) is None
    tables = inspect(restored.engine).get_table_names()
    assert f"{envelopes.PREFIX}{voting.id}" not in tables
    assert "rating_opening" in tables
    assert await restored.write(close, named, chat) is RoundState.PUBLISHED
    restored.close()
