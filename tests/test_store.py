"""The store's engine: group commit, isolation of failures, snapshots, a full disk, kill -9."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest
from sqlalchemy import bindparam, create_engine, text, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from bot.clock import SHANGHAI
from bot.store import due
from bot.store.core.columns import insert
from bot.store.core.engine import Store, StoreUnavailable, open_store
from bot.store.core.schema import HEAD, SchemaError, bring_up_to_date, current
from bot.store.core.statements import Hot, StoreSession
from bot.store.due import Due
from bot.store.people import Account
from bot.store.receipts import NoticeReceipt
from bot.store.tables import MODULES
from tests.support.databases import Holds

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=SHANGHAI)
_INSERT = Hot(
    insert(Due)
    .values(
        key=bindparam("key"),
        at=bindparam("at"),
        kind="k",
        subject=bindparam("subject"),
        claimed=False,
        failures=0,
    )
    .on_conflict_do_nothing()
)
_TOUCH = Hot(
    update(Due.__table__).where(col(Due.key) == bindparam("key")).values(failures=Due.failures + 1)  # type: ignore[attr-defined]
)
_READ = Hot(select(col(Due.subject), col(Due.at)).where(col(Due.key) == bindparam("key")))


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = open_store(store_url)
    bring_up_to_date(opened.engine)
    yield opened
    opened.close()


def put(session: StoreSession, key: str, subject: int = 1) -> int:
    return session.run(_INSERT, key=key, at=NOW, subject=subject)


def put_and_fail(session: StoreSession, key: str) -> None:
    put(session, key)
    session.add(Due(key=key + "-orm", at=NOW, kind="k", subject=1))
    session.flush()
    raise LookupError(key)


def put_twice(session: StoreSession, key: str) -> None:
    session.add_all([Due(key=key, at=NOW, kind="k", subject=1), Due(key=key, at=NOW, kind="k", subject=2)])


def keys(session: StoreSession) -> set[str]:
    return set(session.exec(select(Due.key)))


async def test_hot_and_orm_share_a_transaction_and_dates_keep_their_zone(store: Store) -> None:
    def both(session: StoreSession) -> tuple[object, ...] | None:
        session.add(Due(key="orm", at=NOW, kind="k", subject=7))
        return session.one(_READ, key="orm")

    row = await store.write(both)
    assert row == (7, NOW)
    assert row[1].tzinfo is SHANGHAI  # type: ignore[attr-defined, index]


async def test_a_naive_time_is_refused(store: Store) -> None:
    def naive(session: StoreSession) -> None:
        session.add(Due(key="x", at=datetime(2026, 1, 1), kind="k", subject=1))

    with pytest.raises(Exception, match="naive"):
        await store.write(naive)
    assert await store.read(keys) == set()


async def test_one_failing_call_does_not_disturb_its_neighbours(store: Store) -> None:
    calls = [store.write(put_and_fail if n % 3 == 0 else put, f"k{n}") for n in range(60)]
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert [isinstance(result, LookupError) for result in results] == [n % 3 == 0 for n in range(60)]
    assert await store.read(keys) == {f"k{n}" for n in range(60) if n % 3}


async def test_a_broken_constraint_undoes_only_its_own_call(store: Store) -> None:
    calls = [store.write(put_twice if n % 3 == 0 else put, f"k{n}") for n in range(30)]
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert [isinstance(result, IntegrityError) for result in results] == [n % 3 == 0 for n in range(30)]
    assert await store.read(keys) == {f"k{n}" for n in range(30) if n % 3}


async def test_a_second_insert_of_the_same_key_changes_nothing(store: Store) -> None:
    done = await asyncio.gather(*(store.write(put, "same", n) for n in range(50)))
    assert sorted(done) == [0] * 49 + [1]


@pytest.mark.parametrize("database_kind", ["postgresql"])
async def test_a_deadlock_of_two_processes_is_run_again(store: Store, store_url: str) -> None:
    other = open_store(store_url)
    for key in ("one", "two"):
        await store.write(put, key)
    met, tries = threading.Barrier(2, timeout=20), []

    def touch_both(session: StoreSession, first: str, second: str) -> None:
        session.run(_TOUCH, key=first)
        tries.append(first)
        if len(tries) <= 2:
            met.wait()
        session.run(_TOUCH, key=second)

    await asyncio.gather(
        store.write(touch_both, "one", "two"),
        store.write(put, "three"),
        other.write(touch_both, "two", "one"),
        other.write(put, "four"),
    )
    other.close()
    assert len(tries) > 2, "one of them was undone; run again it may meet the other again"
    assert await store.read(lambda s: list(s.exec(select(Due.failures).order_by(col(Due.key))))) == [0, 2, 0, 2]


async def test_calls_are_run_in_the_order_in_which_they_came_and_committed_together(store: Store) -> None:
    order: list[int] = []

    def one(session: StoreSession, number: int) -> object:
        order.append(number)
        put(session, f"k{number}")
        if session.get_bind().dialect.name == "sqlite":
            return None
        return session.execute(text("SELECT pg_current_xact_id()")).scalar_one()

    ids = await asyncio.gather(*(store.write(one, number) for number in range(200)))
    assert order == list(range(200))
    assert len(set(ids)) == 1


@pytest.mark.parametrize("database_kind", ["postgresql"])
async def test_a_connection_that_was_cut_is_made_anew_and_the_group_run_again(store: Store) -> None:
    cut: list[int] = []

    def cut_off(session: StoreSession, key: str) -> int:
        put(session, key)
        here = int(session.execute(text("SELECT pg_backend_pid()")).scalar_one())
        if not cut:
            cut.append(here)
            with store.engine.connect() as apart:
                apart.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": here})
        session.run(_TOUCH, key=key)
        return here

    await store.write(put, "before")
    done = await asyncio.gather(store.write(put, "first"), store.write(cut_off, "cut"), store.write(put, "last"))
    assert done[0] == done[2] == 1
    assert done[1] != cut[0]
    assert await store.read(keys) == {"before", "first", "cut", "last"}


@pytest.mark.parametrize("database_kind", ["postgresql"])
async def test_a_server_that_is_gone_is_told_and_tried_again(store: Store, store_url: str) -> None:
    name = store.engine.url.database
    await store.write(put, "before")
    server = create_engine(store.engine.url.set(database="postgres"), isolation_level="AUTOCOMMIT")

    def allow(connections: bool) -> None:
        with server.connect() as connection:
            connection.exec_driver_sql(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS {connections}')
            if not connections:
                connection.exec_driver_sql(
                    f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'"
                )

    allow(False)
    done = await asyncio.gather(store.write(put, "a"), store.write(put, "b"), store.read(keys), return_exceptions=True)
    assert [type(one) for one in done] == [StoreUnavailable] * 3
    allow(True)
    server.dispose()
    assert await store.write(put, "after") == 1
    assert await store.read(keys) == {"before", "after"}


@pytest.mark.parametrize("database_kind", ["postgresql"])
async def test_a_read_sees_one_snapshot_and_cannot_write(store: Store) -> None:
    with pytest.raises(Exception, match=r"(?i)read-?only"):
        await store.read(put, "never")
    looked, written = threading.Event(), threading.Event()

    def twice(session: StoreSession) -> tuple[set[str], set[str]]:
        before = keys(session)
        looked.set()
        written.wait(20)
        return before, keys(session)

    reading = asyncio.ensure_future(store.read(twice))
    await asyncio.to_thread(looked.wait, 20)
    await store.write(put, "meanwhile")
    written.set()
    assert await reading == (set(), set())


async def test_how_many_rows_an_insert_has_added_is_known(store: Store) -> None:
    row = insert(Due).values(key="k", at=NOW, kind="k", subject=1, claimed=False, failures=0).on_conflict_do_nothing()
    assert [await store.write(lambda session: session.changed(row)) for _ in range(2)] == [1, 0]


async def test_a_read_cannot_write_what_a_later_read_sees(store: Store) -> None:
    before = await store.read(keys)
    await store.write(put, "later")
    assert before == set()
    assert await store.read(keys) == {"later"}


async def test_synchronous_is_full_on_sqlite(store: Store) -> None:
    def pragma(session: StoreSession) -> tuple[int, str]:
        return (
            int(session.execute(text("PRAGMA synchronous")).scalar_one()),
            str(session.execute(text("PRAGMA journal_mode")).scalar_one()),
        )

    if store.engine.dialect.name == "sqlite":
        assert await store.write(pragma) == (2, "wal")
    else:
        setting = await store.write(lambda session: session.execute(text("SHOW synchronous_commit")).scalar_one())
        assert setting in ("on", "off", "local")


async def test_a_full_disk_at_commit_is_told_and_nothing_of_it_stays(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/small.db")
    bring_up_to_date(store.engine)

    def limit(session: StoreSession, pages: int) -> int:
        return int(session.execute(text(f"PRAGMA max_page_count={pages}")).scalar_one())

    def big(session: StoreSession) -> None:
        for number in range(3000):
            put(session, f"{number}-" + "x" * 200)

    await store.write(limit, await store.write(limit, 1) + 5)
    with pytest.raises((StoreUnavailable, Exception), match=r"full|StoreUnavailable|OperationalError"):
        await store.write(big)
    await store.write(limit, 1_000_000)
    assert await store.read(keys) == set()
    assert await store.write(put, "after") == 1
    store.close()


async def test_a_database_that_cannot_be_opened_is_told_and_tried_again(tmp_path: Path) -> None:
    place = tmp_path / "azalea.db"
    place.mkdir()
    store = open_store(f"sqlite:///{place}")
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            await store.write(put, "lost")
    place.rmdir()
    bring_up_to_date(store.engine)
    assert await store.write(put, "kept") == 1
    assert await store.read(keys) == {"kept"}
    store.close()


def test_an_unusable_database_does_not_hold_up_the_end(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}")
    store.close()
    assert not store._writer.is_alive()


@pytest.mark.parametrize("holds", [Holds.NOTHING])
def test_an_empty_and_an_older_database_come_up_to_date(store_url: str) -> None:
    from bot.store.core import schema

    opened = open_store(store_url)
    assert current(opened.engine) is None
    schema.upgrade(opened.engine, "0001")
    assert current(opened.engine) == "0001"
    bring_up_to_date(opened.engine)
    assert current(opened.engine) == HEAD
    with opened.engine.connect() as connection, connection.begin():
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaError, match="newer"):
        bring_up_to_date(opened.engine)
    opened.close()


@pytest.mark.parametrize("holds", [Holds.NOTHING])
def test_the_newest_migration_is_the_head_and_makes_the_tables_of_the_code(store_url: str) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.config import Config
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    from bot.store.core.schema import DERIVED, MIGRATIONS
    from bot.store.tables import METADATA

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD
    opened = open_store(store_url)
    bring_up_to_date(opened.engine)
    with opened.engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), METADATA)
    opened.close()
    differences = [one for one in found if DERIVED not in repr(one)]
    assert differences == []


async def test_a_confirmed_answer_survives_kill_nine_exactly_once(store_url: str, tmp_path: Path) -> None:
    """A child answers members as fast as it can and is killed in the middle; after a restart every answer that
    was acknowledged is there once, and a repeated event is known."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.support.answering", store_url, str(tmp_path), "900"],
        stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    assert child.stdout is not None
    acknowledged = []
    for line in child.stdout:
        acknowledged.append(line.strip())
        if len(acknowledged) == 200:
            child.send_signal(signal.SIGKILL)
            break
    acknowledged += [line.strip() for line in child.stdout if line.endswith("\n")]
    child.wait()
    store = open_store(store_url)
    bring_up_to_date(store.engine)
    confirmed = await store.read(confirmed_accounts)
    store.close()
    assert 200 <= len(acknowledged) <= 900
    assert len(set(confirmed)) == len(confirmed)
    assert set(acknowledged) <= set(confirmed)


def confirmed_accounts(session: StoreSession) -> list[str]:
    query = (
        select(Account.account)
        .join(NoticeReceipt, col(NoticeReceipt.member_id) == col(Account.member_id))
        .where(col(NoticeReceipt.confirmed_at).is_not(None))
    )
    return list(session.exec(query))


def test_due_rows_are_claimed_once(store_url: str) -> None:
    opened = open_store(store_url)
    bring_up_to_date(opened.engine)

    async def race() -> list[bool]:
        await opened.write(due.plan, "k", NOW, "kind", 1)
        row_id = await opened.read(due.next_due, NOW)
        assert row_id is not None

        def take(session: StoreSession) -> bool:
            return due.claim(session, row_id) is not None

        return list(await asyncio.gather(*(opened.write(take) for _ in range(10))))

    assert sorted(asyncio.run(race())) == [False] * 9 + [True]
    opened.close()


def test_moments_are_utc_in_the_file(tmp_path: Path) -> None:
    opened = open_store(f"sqlite:///{tmp_path}/utc.db")
    bring_up_to_date(opened.engine)
    asyncio.run(_one(opened))
    with opened.engine.connect() as connection:
        raw = connection.execute(text("SELECT at FROM due")).scalar_one()
    opened.close()
    assert str(raw).startswith(NOW.astimezone(UTC).strftime("%Y-%m-%d %H:%M"))


async def _one(store: Store) -> None:
    await store.write(put, "one")


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_every_table_says_how_long_a_row_lives(module: ModuleType) -> None:
    tables = [one for one in vars(module).values() if isinstance(one, type) and hasattr(one, "__table__")]
    own = [table for table in tables if table.__module__.startswith(module.__name__)]
    silent = [
        table.__name__
        for table in own
        if not re.search(r"[Kk]ept|[Dd]eleted|[Rr]emoved|[Dd]ropped|One row", table.__doc__ or "")
    ]
    assert silent == []


async def test_a_call_that_holds_the_writer_is_named_while_it_does(
    store_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    held, go_on = threading.Event(), threading.Event()
    store = Store(store_url, long=0.2)
    try:
        await store.write(put, "short")
        assert not caplog.records
        holding = asyncio.create_task(store.write(_hold, held, go_on.wait))
        async with asyncio.timeout(30):
            while not any("_hold" in record.getMessage() for record in caplog.records):
                await asyncio.sleep(0.05)
        assert held.is_set()
        assert "wait" in caplog.records[-1].getMessage()
        go_on.set()
        await holding
    finally:
        go_on.set()
        store.close()


def _hold(session: StoreSession, held: threading.Event, wait: Callable[[], object]) -> None:
    held.set()
    wait()
