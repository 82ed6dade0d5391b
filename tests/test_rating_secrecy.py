"""Nobody can tell who rated whom how: an attacker tries, on our store and on a naive one (the control)."""

from __future__ import annotations

import json
import logging
import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import inspect, text
from sqlmodel import select

from bot.rules.rating import sealing
from bot.rules.rating.sealing import DoesNotOpen
from bot.store import rating
from bot.store.audit import AuditEntry
from bot.store.core.backup import write_backup
from bot.store.core.statements import StoreSession
from bot.store.rating import RatingError, RatingRound
from tests.support.cast import SECRETARY
from tests.support.chat import Chat
from tests.support.linkage import Evidence, gather, heap_only
from tests.support.rating import TELLERS, Opened, bring_key, draft, member_id, open_box, open_round

VOTERS = 60
ITEMS = tuple(f"第 {number} 项" for number in range(1, 13))
CHANCE = 8
"""Among 60 voters a guess by order links one on average; eight or more happen once in 100,000 times."""
CLASSES = {"领导": 20, "同行": 20, "代表": 20}


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.DEBUG):
        yield caplog


def unique_rows(seed: int) -> list[bytes]:
    """A row of twelve marks for each voter, none twice, in no order."""
    dice = random.Random(seed)
    rows: set[bytes] = set()
    while len(rows) < VOTERS:
        rows.add(bytes(dice.randint(1, 4) for _ in ITEMS))
    found = sorted(rows)
    dice.shuffle(found)
    return found


def stored(session: StoreSession, number: int) -> RatingRound:
    return session.get_one(RatingRound, number)


async def opened(chat: Chat) -> Opened:
    return await chat.app.store.write(
        open_round, chat.app, chat.clock.now(), sealing.make_key(), items=ITEMS, classes=CLASSES
    )


async def cast_one_by_one(chat: Chat, made: Opened, order: list[int], rows: list[bytes]) -> list[bytes]:
    """Each voter casts alone, in this order; the sealed sheets."""
    sheets = []
    for voter, row in zip(order, rows, strict=True):
        sheets.append(made.seal([row, row[::-1], row]))
        await chat.app.store.write(rating.cast, made.id, voter, sheets[-1], made.manifest_hash, chat.clock.now())
    return sheets


async def close(chat: Chat, made: Opened) -> None:
    await chat.app.store.write(lambda session: rating.close(session, stored(session, made.id), None, chat.clock.now()))


async def open_by_both(chat: Chat, made: Opened) -> None:
    def put(session: StoreSession, teller: str) -> None:
        boxes = open_box(session, made.id, made.key)
        ident = member_id(session, teller)
        rating.put_opening(session, stored(session, made.id), ident, boxes, chat.clock.now())

    for teller in TELLERS:
        await chat.app.store.write(put, teller)


def sample(chat: Chat) -> None:
    """PostgreSQL looks at all tables for its statistics, as it does by itself every minute where much has changed."""
    with chat.app.store.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("ANALYZE")


async def test_no_samples_are_taken_of_what_somebody_marked(chat: Chat) -> None:
    if chat.app.store.engine.dialect.name == "sqlite":
        assert not await chat.app.store.read(
            lambda session: session.execute(text("SELECT name FROM sqlite_master WHERE name LIKE 'sqlite_stat%'")).all()
        )
        return
    await opened(chat)
    query = text(
        "SELECT c.relname, a.attstattarget FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
        " WHERE a.attname IN ('sealed', 'boxes') AND c.relkind = 'r' AND c.relname LIKE 'rating%' ORDER BY 1"
    )
    found = await chat.app.store.read(lambda session: session.execute(query).all())
    assert len(found) == 3
    assert {target for _, target in found} == {0}


async def evidence(chat: Chat, folder: Path, log: pytest.LogCaptureFixture, name: str) -> Evidence:
    backup = folder / f"{name}.zip"
    write_backup(chat.app.store.engine, backup, chat.clock.now())
    return gather(chat.app.store, folder, logs=log.text, backups=sorted(folder.glob("*.zip")))


async def test_the_attacker_does_no_better_than_chance(
    chat: Chat, tmp_path: Path, log: pytest.LogCaptureFixture
) -> None:
    made = await opened(chat)
    order = made.everybody()
    random.Random(2).shuffle(order)
    rows = unique_rows(1)
    sheets = await cast_one_by_one(chat, made, order, rows)

    before = await evidence(chat, tmp_path, log, "before")
    assert [name for row in rows for name in before.holding(row)] == []
    assert before.linked(rows) == 0
    assert before.holding(sheets[0][:40]) != [], "the attacker finds what is there: the sealed sheets"
    assert not any(name.startswith("backup") for name in before.holding(sheets[0][:40]))

    sample(chat)
    await close(chat, made)
    await open_by_both(chat, made)
    await chat.app.store.compact()
    after = await evidence(chat, tmp_path, log, "after")
    assert after.holding(rows[0]) != [], "the published rows are there"
    assert after.linked(rows) < CHANCE
    kept = heap_only(after)
    assert [name for sheet in sheets for at in (0, 93, 186) for name in kept.holding(sheet[at : at + 32])] == []


async def test_a_teller_with_the_key_links_nobody_by_order(chat: Chat) -> None:
    """The key, the roll and the order of casting: what a teller's browser is given follows neither of the two. The
    control: the table of the round, which follows the roll."""
    made = await opened(chat)
    order, rows = made.everybody(), unique_rows(8)
    random.Random(9).shuffle(order)
    await cast_one_by_one(chat, made, order, rows)
    await close(chat, made)
    by_roll = [row for _, row in sorted(zip(order, rows, strict=True))]
    length = sealing.sealed_length(len(ITEMS))

    def given(session: StoreSession) -> Iterator[bytes]:
        for index in range(len(CLASSES)):
            sealed = rating.sealed_rows(session, stored(session, made.id), 0, index)
            yield from (sealed[at : at + length] for at in range(0, len(sealed), length))

    def table(session: StoreSession) -> Iterator[bytes]:
        for (sheet,) in session.execute(sa.text("SELECT sealed FROM rating_envelope_1 ORDER BY voter_id")):
            yield bytes(sheet)[:length]

    seen = {
        name: b"".join(sealing.open_row(made.key, made.hash, 0, one) for one in await chat.app.store.read(listed))
        for name, listed in (("teller", lambda s: list(given(s))), ("table", lambda s: list(table(s))))
    }
    teller, control = Evidence({"teller": seen["teller"]}), Evidence({"table": seen["table"]})
    assert len(teller.holding(rows[0])) == 1
    assert (teller.linked(rows) < CHANCE, teller.linked(by_roll) < CHANCE) == (True, True)
    assert control.linked(by_roll) == VOTERS


async def test_the_same_attacker_succeeds_on_a_naive_store(tmp_path: Path) -> None:
    """The control: two tables without a common key, a commit a vote."""
    rows = unique_rows(3)
    naive = sqlite3.connect(tmp_path / "naive.db", isolation_level=None)
    naive.execute("PRAGMA journal_mode=WAL")
    naive.execute("CREATE TABLE voted (member INTEGER)")
    naive.execute("CREATE TABLE sheet (marks BLOB)")
    for voter, row in enumerate(rows):
        naive.execute("BEGIN")
        naive.execute("INSERT INTO voted VALUES (?)", (voter,))
        naive.execute("INSERT INTO sheet VALUES (?)", (row,))
        naive.execute("COMMIT")
    found = Evidence({path.name: path.read_bytes() for path in tmp_path.iterdir()})
    assert found.linked(rows) == VOTERS
    naive.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert Evidence({"file": (tmp_path / "naive.db").read_bytes()}).linked(rows) == VOTERS
    naive.close()


async def test_the_same_attacker_succeeds_where_sheets_are_kept_whole(chat: Chat, tmp_path: Path) -> None:
    """The control of the shuffle: random keys and no order, but every frame of the log of writes."""
    rows = unique_rows(4)
    path = tmp_path / "random.db"
    naive = sqlite3.connect(path, isolation_level=None)
    naive.execute("PRAGMA journal_mode=WAL")
    naive.execute("CREATE TABLE sheet (id TEXT PRIMARY KEY, marks BLOB) WITHOUT ROWID")
    dice = random.Random(5)
    seen: list[bytes] = []
    before: set[bytes] = set()
    for row in rows:
        naive.execute("INSERT INTO sheet VALUES (?, ?)", (dice.randbytes(8).hex(), row))
        frames = path.with_name("random.db-wal").read_bytes()
        seen += [one for one in rows if one in frames and one not in before]
        before = set(seen)
    assert seen == rows
    naive.close()


async def test_all_sheets_of_a_round_have_one_length_and_open_nowhere_else(chat: Chat) -> None:
    made, other = await opened(chat), await opened(chat)
    blank = bytes(len(ITEMS))
    marked = bytes([4]) * len(ITEMS)
    sheets = [made.seal([blank] * 3), made.seal([marked] * 3)]
    assert {len(sheet) for sheet in sheets} == {3 * sealing.sealed_length(len(ITEMS))}
    row = sealing.cut_sheet(sheets[1], 3, len(ITEMS))[1]
    assert sealing.open_row(made.key, made.hash, 1, row) == marked
    for key, manifest, target in ((made.key, other.hash, 1), (made.key, made.hash, 2), (other.key, made.hash, 1)):
        with pytest.raises(DoesNotOpen):
            sealing.open_row(key, manifest, target, row)

    def cast(session: StoreSession) -> None:
        voter = other.everybody()[0]
        rating.cast(session, other.id, voter, sheets[1], made.manifest_hash, chat.clock.now())

    with pytest.raises(RatingError) as refused:
        await chat.app.store.write(cast)
    assert refused.value.key == "rating.error.other_manifest"


FORBIDDEN = ("time", "_at", "_on", "ip", "agent", "member", "account", "serial", "number", "device", "order")
BALLOTS = {
    "rating_envelope_1": {"voter_id", "revision", "sealed"},
    "rating_opening": {"round_id", "teller_id", "digest", "boxes"},
    "rating_paper": {"round_id", "class_index", "clerk_id", "returned", "void", "boxes"},
    "rating_box": {"round_id", "target", "class_index", "rows"},
    "rating_count": {"round_id", "target", "class_index", "rows", "void", "counts"},
}


async def test_ballot_tables_have_nothing_that_links(chat: Chat) -> None:
    made = await opened(chat)
    assert made.id == 1
    found = inspect(chat.app.store.engine)
    for table, columns in BALLOTS.items():
        names = {column["name"] for column in found.get_columns(table)}
        assert names == columns
        assert not [name for name in names for word in FORBIDDEN if word in name]
        assert not any(column.get("autoincrement") is True for column in found.get_columns(table))
    ballots = {
        name for name in found.get_table_names() if name.startswith("rating_") and "rows" in str(BALLOTS.get(name))
    }
    assert ballots == {"rating_box", "rating_count"}
    if chat.app.store.engine.dialect.name == "sqlite":
        with chat.app.store.engine.connect() as connection, pytest.raises(sa.exc.OperationalError):
            connection.execute(sa.text("SELECT rowid FROM rating_envelope_1"))


async def test_no_stored_or_exported_row_spans_two_targets(chat: Chat) -> None:
    """A sheet's three rows are unique together; afterwards none of them says which the others were."""
    made = await opened(chat)
    order, rows = made.everybody(), unique_rows(6)
    await cast_one_by_one(chat, made, order, rows)
    await close(chat, made)
    await open_by_both(chat, made)
    whole = [row + row[::-1] for row in rows] + [row[::-1] + row for row in rows]

    def every_row(session: StoreSession) -> list[bytes]:
        return [bytes(box) for (box,) in session.execute(sa.text("SELECT rows FROM rating_box"))]

    boxes = await chat.app.store.read(every_row)
    assert len(boxes) == 9
    assert not [box for box in boxes for sheet in whole if sheet in box]
    exported = await chat.app.store.read(lambda session: rating.rows_file(session, stored(session, made.id)))
    text = json.dumps(exported)
    assert rows[0].hex() in text
    assert not [sheet for sheet in whole if sheet.hex() in text]
    for box in exported["boxes"]:
        cut = [box["rows"][at : at + 24] for at in range(0, len(box["rows"]), 24)]
        assert cut == sorted(cut), "in the order of the marks, which is no order"


async def test_a_refused_sheet_leaves_nothing_in_errors_or_logs(
    chat: Chat, tmp_path: Path, log: pytest.LogCaptureFixture
) -> None:
    made = await opened(chat)
    row = bytes([3, 1, 4, 1, 2, 4, 3, 2, 1, 4, 2, 3])
    said = []
    for wrong in (row * 3, made.seal([row] * 3)[:-1], made.seal([row] * 3) + b"x"):
        with pytest.raises(RatingError) as refused:
            await chat.app.store.write(
                rating.cast, made.id, made.everybody()[0], wrong, made.manifest_hash, chat.clock.now()
            )
        said.append(f"{refused.value!r} {refused.value.values} {refused.traceback}")
    found = await evidence(chat, tmp_path, log, "refused")
    assert found.holding(row) == []
    assert Evidence({"errors": "".join(said).encode()}).holding(row) == []


async def test_the_audit_trail_names_no_voter(chat: Chat) -> None:
    made = await opened(chat)
    await cast_one_by_one(chat, made, made.everybody(), unique_rows(7))
    await close(chat, made)
    await open_by_both(chat, made)

    def entries(session: StoreSession) -> list[str]:
        return [entry.action for entry in session.exec(select(AuditEntry)) if entry.action.startswith("rating")]

    trail = await chat.app.store.read(entries)
    assert {"rating opened", "rating closed", "rating published"} <= set(trail)
    assert len(trail) < VOTERS, "not an entry a voter"


CHANGES = {
    "targets": lambda s, r: rating.set_targets(s, r, [rating.Target("别人")]),
    "items": lambda s, r: rating.set_items(s, r, [("别的", "1")]),
    "grades": lambda s, r: rating.set_grades(s, r, [("好", "99")]),
    "classes": lambda s, r: rating.set_classes(s, r, [("领导", "1")]),
    "merging": lambda s, r: rating.merge_class(s, r, 0, 1),
    "roll": lambda s, r: rating.set_roll(s, r, [(None, "新来的", "领导")]),
    "one more": lambda s, r: rating.add_voter(s, r, None, "新来的", 0),
    "one less": lambda s, r: rating.drop_voter(s, r, 1),
    "another class": lambda s, r: rating.move_voter(s, r, 1, 1),
    "slips": lambda s, r: rating.add_slips(s, r, 0, 3),
    "no slips": lambda s, r: rating.drop_slips(s, r, 0),
    "draft": rating.drop_draft,
    "tellers": lambda s, r: rating.set_tellers(s, r, [member_id(s, name) for name in TELLERS]),
    "options": lambda s, r: rating.set_options(s, r, title="别的"),
    "key": lambda s, r: rating.put_key(
        s, r, sealing.b64u(sealing.make_key().public), member_id(s, TELLERS[0]), r.opened_on
    ),
    "proof": lambda s, r: rating.prove_key(s, r, member_id(s, TELLERS[0]), b"", r.opened_on),
    "approval": lambda s, r: rating.approve(s, r, member_id(s, SECRETARY), r.opened_on),
}


async def test_after_the_freeze_every_change_is_refused(chat: Chat) -> None:
    made = await opened(chat)
    before = await chat.app.store.read(lambda session: rating.build_manifest(session, stored(session, made.id)))
    for change in CHANGES.values():
        with pytest.raises(RatingError) as refused:
            await chat.app.store.write(lambda session, change=change: change(session, stored(session, made.id)))
        assert refused.value.key == "rating.error.state_open"
    assert "{" not in chat.app.library.content.texts("rating.error.state_open")
    after = await chat.app.store.read(lambda session: rating.build_manifest(session, stored(session, made.id)))
    assert (after, rating.digest(after)) == (before, made.manifest_hash)


async def test_a_change_before_the_freeze_needs_new_approvals(chat: Chat) -> None:
    def change(session: StoreSession) -> tuple[list[int], list[int]]:
        found = draft(session, chat.app, chat.clock.now())
        key, teller = sealing.make_key(), member_id(session, TELLERS[0])
        bring_key(session, found, teller, key, chat.clock.now())
        rating.approve(session, found, member_id(session, SECRETARY), chat.clock.now())
        before = rating.approvals(session, found)
        rating.set_items(session, found, [("总体评价", "1")])
        return before, rating.approvals(session, found)

    before, after = await chat.app.store.write(change)
    assert len(before) == 1
    assert after == []
