"""Where a chain of the audit log begins (NS-3): after a restore, under another secret, over a log without a key."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from bot.app import App
from bot.clock import ShiftedClock
from bot.config import Secret, Settings
from bot.rules.audit import BEGUN
from bot.store import audit
from bot.store.core import schema
from bot.store.core.backup import read_manifest, restore_backup, write_backup
from bot.store.core.engine import open_store
from tests.support.audit import drop, ids, note, reword, told
from tests.support.databases import Databases, Holds
from tests.support.shipped import CHAIN, shipped_content
from tests.support.wording import says


@pytest.fixture
async def log(app: App, clock: ShiftedClock) -> App:
    """A program that has recorded ten things."""
    await note(app.store, clock.now(), "step")
    return app


@pytest.mark.parametrize("target", ["sqlite", "postgresql"])
async def test_after_a_restore_a_chain_begins_that_names_the_old_one(
    log: App, settings: Settings, clock: ShiftedClock, databases: Databases, tmp_path: Path, target: str
) -> None:
    folder = Path(settings.store.backup_folder)
    await log.nightly()
    saved = next(folder.iterdir())
    old = read_manifest(saved)["audit"]
    clock.set(clock.now() + timedelta(days=3))
    await note(log.store, clock.now(), "lost by the restore")
    await log.nightly()
    clock.set(clock.now() + timedelta(hours=5))
    url = databases.make(target, tmp_path / "restored.db", Holds.NOTHING)
    store = open_store(url, CHAIN)
    await asyncio.to_thread(restore_backup, store.engine, saved, clock.now())
    begun = next(one for one in reversed(await store.read(audit.entries)) if one.action == BEGUN)
    assert begun.subject.split(":")[0] == "restored"
    assert begun.subject.split(":")[4] == old["hash"]
    restored = replace(settings, store=replace(settings.store, url=url))
    await note(store, clock.now(), "after", 2)
    ok, sentence = await told(store, restored)
    assert ok
    assert says(sentence, "cli.doctor.audit_restored", count=old["entries"])
    await store.write(reword, await ids(store))
    assert says((await told(store, restored))[1], "cli.doctor.audit_earlier")
    store.close()


async def test_a_backup_with_a_broken_log_stays_known_as_such(
    log: App, settings: Settings, clock: ShiftedClock, databases: Databases, tmp_path: Path
) -> None:
    await log.store.write(reword, known := await ids(log.store))
    file = tmp_path / "bad.zip"
    await asyncio.to_thread(write_backup, log.store.engine, file, clock.now())
    url = databases.make("sqlite", tmp_path / "restored.db", Holds.NOTHING)
    store = open_store(url, CHAIN)
    await asyncio.to_thread(restore_backup, store.engine, file, clock.now())
    ok, sentence = await told(store, settings)
    assert not ok
    assert says(sentence, "cli.doctor.audit_broken", place=known[4])
    store.close()


async def test_under_another_secret_a_chain_begins_that_names_the_old_one(
    log: App, settings: Settings, clock: ShiftedClock
) -> None:
    changed = replace(settings, secret=Secret("t" * 40))
    assert says((await told(log.store, changed))[1], "cli.doctor.audit_unknown_key")
    other = App(changed, shipped_content(), clock)
    await other.start()
    ok, sentence = await told(other.store, changed)
    assert ok
    assert says(sentence, "cli.doctor.audit_other_key", count=11)
    await other.store.write(reword, await ids(other.store))
    ok, sentence = await told(other.store, changed)
    assert not ok
    assert says(sentence, "cli.doctor.audit_earlier")
    await other.stop()


@pytest.mark.parametrize("tampered", [False, True])
async def test_a_log_without_a_key_is_carried_over(
    database_kind: str, databases: Databases, settings: Settings, clock: ShiftedClock, tmp_path: Path, tampered: bool
) -> None:
    """A database of before: its entries are sealed by the first one of the new chain, which names the last hash."""
    import hashlib

    url = databases.make(database_kind, tmp_path / "old.db", Holds.NOTHING)
    store = open_store(url)
    schema.upgrade(store.engine, "0004")
    before, at = "", "2026-05-04T03:02:01.000007+00:00"
    table = sa.table("auditentry", *(sa.column(name) for name in ("at", "action", "subject", "hash")))
    with store.engine.begin() as connection:
        for number in range(5):
            before = hashlib.sha256("\x1f".join((before, at, "", "old", str(number))).encode()).hexdigest()
            row = {"at": datetime.fromisoformat(at), "action": "old", "subject": str(number), "hash": before}
            connection.execute(sa.insert(table), [row | {"subject": "x"} if tampered and number == 3 else row])
    store.close()
    carried = replace(settings, store=replace(settings.store, url=url))
    running = App(carried, shipped_content(), clock)
    await note(running.store, clock.now(), "new", 2)
    log = await running.store.read(audit.entries)
    assert [one.action for one in log] == ["old"] * 5 + [BEGUN] + ["new"] * 2
    assert log[5].subject.split(":")[:1] + log[5].subject.split(":")[3:5] == ["carried", "5", before]
    ok, sentence = await told(running.store, carried)
    assert ok is not tampered
    if tampered:
        assert says(sentence, "cli.doctor.audit_broken", place=4)
    else:
        await running.store.write(lambda session: drop(1)(session, [one.id for one in log]))
        assert says((await told(running.store, carried))[1], "cli.doctor.audit_earlier")
    running.store.close()
    databases.drop(url)


async def test_a_database_that_was_begun_elsewhere_is_told_beside_a_backup(
    log: App, settings: Settings, clock: ShiftedClock, databases: Databases, tmp_path: Path
) -> None:
    await log.nightly()
    clock.set(clock.now() + timedelta(days=1))
    fresh = replace(
        settings, store=replace(settings.store, url=databases.make("sqlite", tmp_path / "x.db", Holds.TABLES))
    )
    other = App(fresh, shipped_content(), clock)
    assert says((await told(other.store, fresh))[1], "cli.doctor.audit_backup")
    other.store.close()
