"""Somebody who wants to know who marked what, and what they can lay hands on: files, logs, backups, the audit trail.

The attacker knows every voter, the order in which they cast (from a web server's log, say) and every marked row that
exists; not the key. A row that is unique in the round is found wherever its bytes lie, and is then given to the voter
at the same place of the order, read forwards and backwards.
"""

from __future__ import annotations

import base64
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import psycopg
from sqlalchemy import Engine

from bot.store.core.engine import Store


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that is left behind, by where it was found."""

    sources: Mapping[str, bytes]

    def holding(self, piece: bytes) -> list[str]:
        """The sources in which these bytes lie, plain or as the hexadecimal or base64 text of a dump."""
        return [name for name, data in self.sources.items() if any(form in data for form in forms(piece))]

    def linked(self, rows: Sequence[bytes]) -> int:
        """How many voters are linked to their rows in the best of all sources; `rows` in the order of casting."""
        return max((_linked(data, rows) for data in self.sources.values()), default=0)


def forms(piece: bytes) -> tuple[bytes, ...]:
    """The bytes as they are and as the texts in which programs write them down; base64, in which pages send rows, as it
    looks among other rows whose length is a multiple of three."""
    whole = piece[: len(piece) // 3 * 3] or piece
    return (
        piece,
        piece.hex().encode(),
        repr(piece)[2:-1].encode(),
        repr(list(piece)).encode(),
        base64.b64encode(whole).rstrip(b"="),
        base64.urlsafe_b64encode(whole).rstrip(b"="),
    )


def gather(store: Store, folder: Path, *, logs: str, backups: Sequence[Path]) -> Evidence:
    """All files of a store (of PostgreSQL: its whole data directory and every row of every table), logs, backups."""
    sources = {f"file {path.name}": path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    sources["log"] = logs.encode()
    for path in backups:
        with zipfile.ZipFile(BytesIO(path.read_bytes())) as archive:
            sources |= {f"backup {name}": archive.read(name) for name in archive.namelist()}
    if store.engine.dialect.name == "postgresql":
        sources |= _postgres(store.engine)
    return Evidence(sources)


def heap_only(evidence: Evidence) -> Evidence:
    """Without PostgreSQL's write-ahead log, which the server keeps and reuses by itself."""
    return Evidence({name: data for name, data in evidence.sources.items() if "pg_wal" not in name})


def _postgres(engine: Engine) -> dict[str, bytes]:
    url = engine.url.render_as_string(hide_password=False).replace("+psycopg", "", 1)
    found: dict[str, bytes] = {}
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
        tables = [row[0] for row in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        for table in tables:
            rows = connection.execute(f'SELECT * FROM "{table}"').fetchall()
            found[f"table {table}"] = b"\n".join(_bytes(value) for row in rows for value in row)
        data = Path(str(connection.execute("SHOW data_directory").fetchone()[0]))  # type: ignore[index]
    for path in data.rglob("*"):
        if path.is_file():
            found[f"file {path.relative_to(data)}"] = path.read_bytes()
    return found


def _bytes(value: object) -> bytes:
    return bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()


def _linked(data: bytes, rows: Sequence[bytes]) -> int:
    places = [(at, row) for row in rows for form in forms(row) if (at := data.find(form)) >= 0]
    order = [row for _, row in sorted(places)]
    return max(sum(map(bytes.__eq__, one, rows)) for one in (order, order[::-1]))
