"""What of each table goes into backups, as the tables of the code say in their `info`; all of what they do not know."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Column, Table

from bot.store.tables import METADATA

Saved = Callable[[Any], Any]


def is_saved(table: str) -> bool:
    """Whether rows of a table go into backups."""
    known = METADATA.tables.get(table)
    return known is None or bool(known.info.get("saved", True))


def saved_of(table: Table) -> dict[str, Saved]:
    """What is saved of a value, by the columns of a table as the database has it."""
    known = METADATA.tables.get(table.name, table).columns
    return {column.name: _saved(known.get(column.name)) for column in table.columns}


def _saved(column: Column[Any] | None) -> Saved:
    said = True if column is None else column.info.get("saved", True)
    if callable(said):
        return said  # type: ignore[no-any-return]
    return _as_it_is if said else _nothing


def _as_it_is(value: Any) -> Any:
    return value


def _nothing(value: Any) -> None:
    return None
