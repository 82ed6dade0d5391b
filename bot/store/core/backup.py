"""Backups that any of the two databases can read: one consistent snapshot as JSON lines in a zip file.

The file holds a manifest (schema revision, rows and SHA-256 per table) and one `<table>.jsonl` per table. It is
taken inside one read transaction, so it is consistent while the program runs. What lets somebody in (sessions, one-time
links and codes) and sealed sheets of ratings are never in it, as their tables say: after a restore everybody signs in
anew, and a rating that was under way is void.
"""

from __future__ import annotations

import base64
import errno
import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from msgspec import Struct, convert, to_builtins
from sqlalchemy import (
    Boolean,
    Connection,
    Date,
    DateTime,
    Engine,
    LargeBinary,
    MetaData,
    Table,
    func,
    insert,
    select,
    text,
)

from bot.incoming import cleaned
from bot.rules.audit import Anchor, Head, Origin
from bot.signing import LINK_HOURS, hours
from bot.store import access, audit, rating, study, unknown
from bot.store.core import schema
from bot.store.core.saved import is_saved, saved_of
from bot.store.core.statements import StoreSession

_BATCH = 500
_VERSION_TABLE = "alembic_version"
_LONGEST, _PART = 50_000_000, 1 << 20
"""Bytes: of a row or of the manifest, and of what is looked at together. Messages with files are the longest rows."""
_UNREADABLE = (OSError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, RecursionError,
               KeyError, TypeError, AttributeError, ValueError)  # fmt: skip
"""What a package that is none, or was made to harm, makes the readers raise."""
Progress = Callable[[str, int], None]


class NothingToSave(Exception):
    """The database is empty: it was never used, or its address is wrong."""


class BackupError(Exception):
    """The backup cannot be read or cannot be restored here; the text says why."""


def write_backup(engine: Engine, target: Path, now: datetime, progress: Progress = lambda table, rows: None) -> int:
    """Write a backup of the whole store to `target`; the number of rows. Nothing half-written is left behind.
    Raises NothingToSave, or OSError when it cannot be written."""
    if schema.current(engine) is None:
        raise NothingToSave
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial")
    try:
        total = _write(engine, partial, now, progress)
        os.chmod(partial, 0o600)
        partial.replace(target)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    return total


def _write(engine: Engine, partial: Path, now: datetime, progress: Progress) -> int:
    total = 0
    with engine.connect() as plain:
        connection = plain
        if engine.dialect.name == "postgresql":
            connection = plain.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin(), zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
            tables: dict[str, dict[str, object]] = {}
            for table in _tables(connection):
                rows, digest = _dump(connection, table, archive)
                tables[table.name] = {"rows": rows, "sha256": digest}
                total += rows
                progress(table.name, rows)
            revision = connection.execute(text(f"SELECT version_num FROM {_VERSION_TABLE}")).scalar()
            manifest = {"revision": revision, "written_at": now.isoformat(), "tables": tables}
            if audit.TABLE in tables and (head := audit.head_of(StoreSession(bind=connection))):
                manifest["audit"] = to_builtins(head)
            archive.writestr("manifest.json", json.dumps(manifest, indent=1))
    return total


def anchors(folder: Path) -> Iterator[Anchor]:
    """What each backup of a folder knows of the audit log; those that cannot be read are left out."""
    for path in sorted(folder.glob("*.zip")):
        with suppress(OSError, zipfile.BadZipFile, KeyError, ValueError):
            with zipfile.ZipFile(path) as archive:
                manifest = _manifest(archive)
            yield Anchor(convert(manifest["audit"], Head), datetime.fromisoformat(manifest["written_at"]))


def read_manifest(source: Path) -> dict[str, Any]:
    """The manifest of a backup; raises BackupError when the file is none or damaged."""
    try:
        with zipfile.ZipFile(source) as archive:
            manifest = _manifest(archive)
            for name, entry in manifest["tables"].items():
                if _fingerprint(archive, f"{name}.jsonl") != entry["sha256"]:
                    raise BackupError(f"{source}: {name} is damaged")
            datetime.fromisoformat(manifest["written_at"])
            return manifest
    except _UNREADABLE as error:
        raise BackupError(f"{source}: not a readable backup ({type(error).__name__})") from None


def _manifest(archive: zipfile.ZipFile) -> dict[str, Any]:
    with archive.open("manifest.json") as file:
        text = file.read(_LONGEST + 1)
    if len(text) > _LONGEST:
        raise ValueError("too long")
    manifest: dict[str, Any] = json.loads(text)
    return manifest


def _fingerprint(archive: zipfile.ZipFile, name: str) -> str:
    """Of a table's rows. Raises ValueError where one is longer than any that was ever written: nobody could hold it."""
    digest, line = hashlib.sha256(), 0
    with archive.open(name) as rows:
        while part := rows.read(_PART):
            digest.update(part)
            before, ends, _ = part.partition(b"\n")
            line += len(before)
            if line > _LONGEST:
                raise ValueError("a row is too long")
            line = len(part) - part.rfind(b"\n") - 1 if ends else line
    return digest.hexdigest()


class Restored(Struct, frozen=True):
    """The number of rows, of messages of which nobody knows whether they went out after the backup was made, and of
    rows that held what is no text."""

    rows: int
    doubtful: int
    cleaned: int = 0


def restore_backup(
    engine: Engine, source: Path, now: datetime, progress: Progress = lambda table, rows: None
) -> Restored:
    """Fill an empty database from a backup, then bring it up to date. The audit log goes on with a chain that names the
    backup's. Raises BackupError when the database is not
    empty or the backup is damaged; nothing is changed then."""
    manifest = read_manifest(source)
    if schema.current(engine) is not None:
        raise BackupError("the database is not empty")
    total = mended = 0
    schema.upgrade(engine, manifest["revision"])
    with engine.connect() as connection, connection.begin(), zipfile.ZipFile(source) as archive:
        tables = _tables(connection)
        if engine.dialect.name == "sqlite":
            connection.execute(text("PRAGMA defer_foreign_keys=ON"))
        for table in tables:
            if table.name in manifest["tables"]:
                try:
                    rows, strange = _load(connection, table, archive)
                except _UNREADABLE as error:
                    raise BackupError(f"{source}: {table.name} holds no rows ({type(error).__name__})") from None
                total, mended = total + rows, mended + strange
                progress(table.name, rows)
        _reset_sequences(connection, tables)
    schema.bring_up_to_date(engine)
    with engine.connect() as connection, connection.begin():
        session = StoreSession(bind=connection)
        audit.begin(session, now, Origin.RESTORED)
        access.void_links(session, access.EVERYBODY, now + hours(LINK_HOURS))
        study.rebuild_index(session)
        rating.void_restored(session, datetime.fromisoformat(manifest["written_at"]))
        doubtful = unknown.doubt_restored(session, now)
        session.flush()
    return Restored(total, doubtful, mended)


def _tables(connection: Connection) -> list[Table]:
    """The tables as the database has them, in an order that satisfies foreign keys."""
    metadata = MetaData()
    metadata.reflect(connection)
    return [
        table
        for table in metadata.sorted_tables
        if table.name != _VERSION_TABLE
        and not table.name.startswith((schema.DERIVED, schema.ENVELOPES))
        and is_saved(table.name)
    ]


def _dump(connection: Connection, table: Table, archive: zipfile.ZipFile) -> tuple[int, str]:
    digest, saved = hashlib.sha256(), saved_of(table)
    count = 0
    with archive.open(f"{table.name}.jsonl", "w", force_zip64=True) as out:
        for row in (
            connection.execution_options(yield_per=_BATCH)
            .execute(select(table).order_by(*table.primary_key.columns))
            .mappings()
        ):
            kept = {name: _plain(saved[name](value)) for name, value in row.items()}
            data = (json.dumps(kept, ensure_ascii=False) + "\n").encode(errors="surrogatepass")
            digest.update(data)
            out.write(data)
            count += 1
    return count, digest.hexdigest()


def _load(connection: Connection, table: Table, archive: zipfile.ZipFile) -> tuple[int, int]:
    """The number of rows, and of those that were cleaned: a program of before took in what PostgreSQL does not take.
    An entry of the audit log stays as its hash has it, where it can."""
    count = mended = 0
    batch: list[dict[str, object]] = []
    naive, saved = connection.dialect.name == "sqlite", saved_of(table)
    for found in _lines(archive, table.name):
        row = found if table.name == audit.ENTRIES and "\0" not in found["subject"] else cleaned(found)
        mended += row is not found
        batch.append(
            {
                column.name: _typed(column.type, saved[column.name](row[column.name]), naive)
                for column in table.columns
                if column.name in row
            }
        )
        if len(batch) == _BATCH:
            connection.execute(insert(table), batch)
            count, batch = count + len(batch), []
    if batch:
        connection.execute(insert(table), batch)
    return count + len(batch), mended


def _lines(archive: zipfile.ZipFile, name: str) -> Iterator[dict[str, Any]]:
    with archive.open(f"{name}.jsonl") as lines:
        for line in lines:
            yield json.loads(line)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return value.isoformat() if isinstance(value, date) else value


def _typed(kind: object, value: Any, naive: bool) -> object:
    if value is None:
        return None
    if isinstance(kind, DateTime):
        moment = datetime.fromisoformat(value)
        return moment.replace(tzinfo=None) if naive else moment
    if isinstance(kind, Date):
        return date.fromisoformat(value)
    if isinstance(kind, LargeBinary):
        return base64.b64decode(value)
    return bool(value) if isinstance(kind, Boolean) else value


def _reset_sequences(connection: Connection, tables: list[Table]) -> None:
    """PostgreSQL numbers on from what was restored."""
    if connection.dialect.name != "postgresql":
        return
    for table in tables:
        key = table.primary_key.columns
        if len(key) == 1 and (column := next(iter(key))).autoincrement and column.type.python_type is int:
            last = connection.execute(select(func.max(column))).scalar()
            if last:
                sequence = func.pg_get_serial_sequence(table.name, column.name)
                connection.execute(select(func.setval(sequence, last)))
