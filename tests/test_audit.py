"""The audit log (NS-3): a chain under a key outside of the database. Whatever somebody with the database does to it,
`doctor` says what was done."""

from __future__ import annotations

import asyncio
import shutil
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import col, delete, select, update

from bot.app import App
from bot.clock import ShiftedClock
from bot.commands.doctor import examine
from bot.config import Settings
from bot.rules.audit import PRUNED
from bot.store import audit, nightly
from bot.store.audit import AuditEntry, AuditHead
from bot.store.core.backup import read_manifest, write_backup
from bot.store.core.engine import open_store
from bot.store.core.schema import bring_up_to_date
from bot.store.core.statements import StoreSession
from tests.support.audit import TEN, drop, ids, note, put_back, reword, rows, told
from tests.support.databases import Databases, Holds
from tests.support.shipped import CHAIN, ROOT, shipped_content
from tests.support.wording import says


@pytest.fixture
async def log(app: App, clock: ShiftedClock) -> App:
    """A program that has recorded ten things."""
    await note(app.store, clock.now(), "step")
    return app


def empty(session: StoreSession, known: list[int]) -> None:
    session.execute(delete(AuditEntry))


def wipe(session: StoreSession, known: list[int]) -> None:
    session.execute(delete(AuditEntry))
    session.execute(delete(AuditHead))


def redate_first(session: StoreSession, known: list[int]) -> None:
    session.execute(update(AuditEntry).where(col(AuditEntry.id) == known[0]).values(member_id=7))


def insert_one(session: StoreSession, known: list[int]) -> None:
    last = session.get_one(AuditEntry, known[-1])
    session.add(AuditEntry(at=last.at, action="forged", subject="", hash=last.hash))


def behead(session: StoreSession, known: list[int]) -> None:
    session.execute(delete(AuditHead))


def shorten(session: StoreSession, known: list[int]) -> None:
    """Cut the end, and let the head say so, without the key."""
    session.execute(delete(AuditEntry).where(col(AuditEntry.id) > known[6]))
    last = session.get_one(AuditEntry, known[6])
    session.execute(update(AuditHead).values(entries=7, hash=last.hash))


DEEDS: dict[str, tuple[Callable[[StoreSession, list[int]], None], str, int]] = {
    "emptied": (empty, "cli.doctor.audit_emptied", 0),
    "emptied with its head": (wipe, "cli.doctor.audit_emptied", 0),
    "cut at the start": (drop(0, 1, 2), "cli.doctor.audit_cut_start", 3),
    "cut at the end": (drop(-1, -2), "cli.doctor.audit_cut_end", 2),
    "taken out of the middle": (drop(5), "cli.doctor.audit_broken", 7),
    "reworded": (reword, "cli.doctor.audit_broken", 5),
    "the first redated": (redate_first, "cli.doctor.audit_broken", 1),
    "added": (insert_one, "cli.doctor.audit_broken", 12),
    "without a head": (behead, "cli.doctor.audit_head", 0),
    "with a forged head": (shorten, "cli.doctor.audit_head", 0),
}
"""What is done to eleven entries, what `doctor` says, and the entry, or how many are missing."""


async def test_whatever_is_done_to_the_log_is_told_apart(log: App, settings: Settings, clock: ShiftedClock) -> None:
    """At once; after the program has gone on recording; and after a night's work, for what it found then."""
    assert await told(log.store, settings) == (True, "")
    known, saved = await ids(log.store), await log.store.read(rows)
    for deed, (act, key, place) in DEEDS.items():
        await log.store.write(act, known)
        ok, sentence = await told(log.store, settings)
        at = known[place - 1] if key == "cli.doctor.audit_broken" and place < len(known) else place
        shown = {"place": max(await ids(log.store)) if deed == "added" else at} if place else {}
        assert not ok, deed
        assert says(sentence, key, **shown), deed
        await note(log.store, clock.now(), "more", 3)
        assert not (await told(log.store, settings))[0], f"{deed}: nothing that is appended hides it"
        await log.store.write(nightly.forget_old, clock.now(), settings.privacy)
        await note(log.store, clock.now(), "later", 3)
        ok, sentence = await told(log.store, settings)
        assert not ok, deed
        await log.store.write(put_back, saved)
    await log.store.write(reword, known)
    found = await asyncio.to_thread(examine, settings, ROOT / "content", shipped_content().texts, clock.now())
    assert [one.ok for one in found if one.item == "cli.doctor.audit"] == [False]


async def test_a_log_that_was_written_anew_without_the_key_is_told(
    log: App, settings: Settings, clock: ShiftedClock
) -> None:
    """Somebody computes the whole chain again, as it was once done without a key, or under a key of their own."""

    def recompute(session: StoreSession) -> None:
        import hashlib

        before = ""
        for one in session.exec(select(AuditEntry).order_by(col(AuditEntry.id))):
            one.subject = one.subject.replace("3", "4")
            line = "\x1f".join((before, one.at.isoformat(), "", one.action, one.subject))
            before = one.hash = hashlib.sha256(line.encode()).hexdigest()
            session.add(one)
        session.flush()
        session.execute(update(AuditHead).values(hash=before, key="0" * 16))

    await log.store.write(recompute)
    ok, sentence = await told(log.store, settings)
    assert not ok
    assert says(sentence, "cli.doctor.audit_unknown_key")


async def test_a_key_that_is_only_said_to_be_another_hides_nothing(
    log: App, settings: Settings, clock: ShiftedClock
) -> None:
    def disguise(session: StoreSession) -> None:
        session.execute(update(AuditEntry).where(col(AuditEntry.subject) == "3").values(subject="4"))
        session.execute(update(AuditHead).values(key="0" * 16))

    await log.store.write(disguise)
    await note(log.store, clock.now(), "more", 2)
    ok, sentence = await told(log.store, settings)
    assert not ok
    assert not says(sentence, "cli.doctor.audit_other_key")


async def test_a_backup_knows_a_log_that_was_put_back_or_begun_anew(
    log: App, settings: Settings, clock: ShiftedClock
) -> None:
    """An older head fits older entries; and a database whose log begins as if nothing had been."""
    folder = Path(settings.store.backup_folder)

    older = await log.store.read(rows)
    await note(log.store, clock.now(), "later")
    await log.nightly()
    manifest = read_manifest(next(folder.iterdir()))
    assert manifest["audit"]["entries"] == len(await ids(log.store))
    await note(log.store, clock.now(), "last")
    assert (await told(log.store, settings))[0]

    await log.store.write(put_back, older)
    ok, sentence = await told(log.store, settings)
    assert not ok
    assert says(sentence, "cli.doctor.audit_backup", day=clock.now().strftime("%Y-%m-%d %H:%M"))
    await note(log.store, clock.now(), "as if nothing were", 40)
    assert says((await told(log.store, settings))[1], "cli.doctor.audit_backup"), "more entries, but not those"


async def test_old_entries_go_and_the_log_says_how_many(log: App, settings: Settings, clock: ShiftedClock) -> None:
    """Twice, so that what tells of the first time is itself deleted. Then whatever else goes is told."""
    for days in (100, 300):
        clock.set(clock.now() + timedelta(days=days))
        await note(log.store, clock.now(), f"after {days}")
        await log.store.write(nightly.forget_old, clock.now(), settings.privacy)
        assert await told(log.store, settings) == (True, "")
    kept = await log.store.read(audit.entries)
    assert [one.action for one in kept] == ["after 300"] * TEN + [PRUNED]
    gone, last, of_chain = kept[-1].subject.split(":")[:3]
    assert (gone, of_chain, len(last)) == ("21", "21", 64)
    await log.store.write(drop(0), await ids(log.store))
    assert says((await told(log.store, settings))[1], "cli.doctor.audit_cut_start", place=1)


async def test_a_night_does_not_delete_the_traces_of_a_cut(log: App, settings: Settings, clock: ShiftedClock) -> None:
    await log.store.write(drop(0, 1, 2, 3), await ids(log.store))
    clock.set(clock.now() + timedelta(days=400))
    await log.store.write(nightly.forget_old, clock.now(), settings.privacy)
    ok, sentence = await told(log.store, settings)
    assert not ok
    assert says(sentence, "cli.doctor.audit_cut_start", place=4)


async def test_two_processes_append_to_one_chain(log: App, settings: Settings, clock: ShiftedClock) -> None:
    """Two stores on one database: neither forks the chain, and each entry is there once."""
    other = open_store(settings.store.url, CHAIN)
    stores = [log.store, other] * 30
    await asyncio.gather(*(
        store.write(audit.record, clock.now(), None, "both", str(number)) for number, store in enumerate(stores)
    ))  # fmt: skip
    assert await told(log.store, settings) == (True, "")
    both = [one.subject for one in await log.store.read(audit.entries) if one.action == "both"]
    assert sorted(map(int, both)) == list(range(60))
    other.close()


async def test_what_the_log_says_is_under_a_key_that_no_backup_has(
    log: App, settings: Settings, clock: ShiftedClock, tmp_path: Path
) -> None:
    file = tmp_path / "saved.zip"
    await asyncio.to_thread(write_backup, log.store.engine, file, clock.now())
    shutil.unpack_archive(file, tmp_path / "all")
    written = b"".join(path.read_bytes() for path in (tmp_path / "all").iterdir())
    for secret in (settings.secret.encode(), CHAIN.secret, CHAIN.secret.hex().encode()):
        assert secret not in written
    assert str(CHAIN.secret) not in repr(CHAIN)
    assert zipfile.is_zipfile(file)


async def test_a_store_without_the_key_records_nothing(
    database_kind: str, databases: Databases, tmp_path: Path
) -> None:
    url = databases.make(database_kind, tmp_path / "keyless.db", Holds.TABLES)
    store = open_store(url)
    bring_up_to_date(store.engine)
    with pytest.raises(LookupError, match="key"):
        await store.write(audit.record, datetime(2026, 11, 2).astimezone(), None, "nothing")
    store.close()
    databases.drop(url)
