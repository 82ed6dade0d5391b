"""Backup and restore: consistent while the program writes, the same on both databases, damage is told."""

from __future__ import annotations

import asyncio
import json
import stat
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import MetaData, select, text

from bot.app import App
from bot.clock import ShiftedClock
from bot.store import audit, people
from bot.store.core import schema
from bot.store.core.backup import BackupError, read_manifest, restore_backup, write_backup
from bot.store.core.engine import Store, open_store
from tests.support.cast import MEMBERS, ROWS, SECRETARY
from tests.support.chat import Chat
from tests.support.databases import Databases, Holds
from tests.support.shipped import CHAIN

LEFT_OUT = ("web_session", "used_link", "bind_code")
"""See test_saving.py. The audit log goes on with a chain of its own."""


def contents(store: Store) -> dict[str, list[str]]:
    """Every row of every table, in a form that both databases share."""
    metadata = MetaData()
    with store.engine.connect() as connection:
        metadata.reflect(connection)
        return {
            table.name: sorted(
                json.dumps({key: _plain(value) for key, value in row.items()}, sort_keys=True, default=str)
                for row in connection.execute(select(table)).mappings()
            )
            for table in metadata.sorted_tables
            if not table.name.startswith((schema.DERIVED, "audit", *LEFT_OUT))
        }


def _plain(value: object) -> object:
    if isinstance(value, bool):
        return int(value)
    return str(value).split("+")[0] if hasattr(value, "isoformat") else value


@pytest.mark.parametrize("target", ["sqlite", "postgresql"])
async def test_a_restored_store_equals_the_one_that_was_saved(
    chat: Chat, app: App, clock: ShiftedClock, tmp_path: Path, target: str, databases: Databases
) -> None:
    await chat.say(SECRETARY, f"绑定码 {MEMBERS[0]}")
    await chat.say(MEMBERS[1], "解绑")
    file = tmp_path / "saved.zip"
    rows = write_backup(app.store.engine, file, clock.now())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    restored = open_store(databases.make(target, tmp_path / "restored.db", Holds.NOTHING), CHAIN)
    assert restore_backup(restored.engine, file, clock.now()).rows == rows
    before, after = contents(app.store), contents(restored)
    assert len(before["member"]) == len(ROWS)
    if app.store.engine.dialect.name == restored.engine.dialect.name:
        assert after == before
    else:
        assert {name: len(rows) for name, rows in after.items()} == {
            name: len(rows) for name, rows in before.items()
        }
    assert await restored.read(audit.broken_at) is None
    await restored.write(
        lambda session: session.add(people.Unit(kind=people.UnitKind.BRANCH, name="new", path="/x/"))
    )
    restored.close()


async def test_a_backup_taken_under_load_is_one_moment(
    chat: Chat, app: App, clock: ShiftedClock, tmp_path: Path
) -> None:
    """Each write adds an entry whose hash needs the one before: a torn snapshot would break the chain."""
    written = 0

    async def busy() -> None:
        nonlocal written
        while True:
            await app.store.write(audit.record, clock.now(), None, "load", str(written))
            written += 1

    async def one_more() -> None:
        before = written
        while written == before:
            await asyncio.sleep(0.01)

    writer = asyncio.create_task(busy())
    await one_more()
    file = tmp_path / "busy.zip"
    await asyncio.to_thread(write_backup, app.store.engine, file, clock.now())
    await one_more()
    writer.cancel()
    restored = open_store(f"sqlite:///{tmp_path}/restored.db", CHAIN)
    restore_backup(restored.engine, file, clock.now())
    with restored.engine.connect() as connection:
        kept = connection.execute(text("SELECT count(*) FROM auditentry WHERE action = 'load'")).scalar_one()
    assert 0 < kept <= written
    assert await restored.read(audit.broken_at) is None
    restored.close()


async def test_damage_and_a_full_database_are_refused(app: App, clock: ShiftedClock, tmp_path: Path) -> None:
    file = tmp_path / "good.zip"
    write_backup(app.store.engine, file, clock.now())
    with pytest.raises(BackupError, match="not empty"):
        restore_backup(app.store.engine, file, clock.now())
    broken = tmp_path / "broken.zip"
    broken.write_bytes(file.read_bytes()[:-40])
    with pytest.raises(BackupError, match="not a readable backup"):
        read_manifest(broken)
    forged = tmp_path / "forged.zip"
    with zipfile.ZipFile(file) as source, zipfile.ZipFile(forged, "w") as copy:
        for name in source.namelist():
            copy.writestr(name, source.read(name) + (b"{}\n" if name == "unit.jsonl" else b""))
    with pytest.raises(BackupError, match="unit is damaged"):
        restore_backup(open_store(f"sqlite:///{tmp_path}/empty.db", CHAIN).engine, forged, clock.now())
    with pytest.raises(BackupError, match="not a readable backup"):
        read_manifest(tmp_path / "missing.zip")
