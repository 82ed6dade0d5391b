"""Column types and statement helpers shared by all tables."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, Self, TypeVar

from sqlalchemy import JSON, Boolean, Column, Date, DateTime, Dialect, String, Table, TypeDecorator, false
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite.dml import OnConflictDoNothing, OnConflictDoUpdate
from sqlmodel import SQLModel

from bot.clock import SHANGHAI, to_utc

E = TypeVar("E", bound=StrEnum)
WITHOUT_ROWID = {"sqlite_with_rowid": False}
"""Table arguments: the rows lie in the order of the primary key, which SQLite then keeps once, not twice."""


NOT_SAVED = {"info": {"saved": False}}
"""Arguments of a table, or of a column that may be null, that stays out of backups: what lets somebody in or stands for
somebody's mark, and what a restore does without. A column may name a function, which gives what is saved of a value."""


class Row(SQLModel):
    """The base of every table. SQLModel checks no table row, so pydantic need not build what would check one."""

    model_config = {"defer_build": True}


def table_of(kind: type[SQLModel]) -> Table:
    """The table behind a class, for statements that do without the ORM."""
    table: Table = kind.__table__  # type: ignore[attr-defined]
    return table


def flag() -> Column[bool]:
    """A flag that is down in every row until somebody sets it: an INSERT need not name it."""
    return Column(Boolean, nullable=False, server_default=false())


class Moment(TypeDecorator[datetime]):
    """An aware datetime: UTC in the store, Asia/Shanghai in code; naive values are refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment = to_utc(value)
        return moment if dialect.name == "postgresql" else moment.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(SHANGHAI)


class Word(TypeDecorator[StrEnum]):
    """A StrEnum kept as its plain text, so that a new member of the enum needs no migration."""

    impl = String
    cache_ok = True

    def __init__(self, words: type[StrEnum]) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: StrEnum | None, dialect: Dialect) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        return None if value is None else self.words(value)


class Labels(TypeDecorator[tuple[str, ...]]):
    """How the hot path reads a JSON list of labels: as a tuple, which may be shared."""

    impl = JSON
    cache_ok = True

    def process_result_value(self, value: list[str] | None, dialect: Dialect) -> tuple[str, ...]:
        return tuple(value or ())


IMMUTABLE = (Moment, Word, Labels, Date)
"""Types whose values are hashable and can be shared."""


@lru_cache(maxsize=64)
def to_sqlite(value: datetime | None) -> str | None:
    """An aware datetime as SQLite keeps a `Moment`: UTC text with microseconds. Many rows are written at one moment."""
    return None if value is None else to_utc(value).isoformat(" ", "microseconds")[:26]


class _DoNothing(OnConflictDoNothing):
    inherit_cache = True
    constraint_target = None


class _DoUpdate(OnConflictDoUpdate):
    inherit_cache = True
    constraint_target = None


class Insert(sqlite.Insert):
    """An INSERT with ON CONFLICT that compiles for SQLite and PostgreSQL alike: they say it with the same words,
    and PostgreSQL's compiler only asks for a constraint's name besides. Thus SQLite need not load PostgreSQL."""

    inherit_cache = True

    def on_conflict_do_nothing(self, index_elements: Any = None, index_where: Any = None) -> Self:
        return self.ext(_DoNothing(index_elements, index_where))

    def on_conflict_do_update(
        self, index_elements: Any = None, index_where: Any = None, set_: Any = None, where: Any = None
    ) -> Self:
        return self.ext(_DoUpdate(index_elements, index_where, set_, where))


def insert(table: Any) -> Insert:
    """An INSERT into a table class that may go on with `on_conflict_…`."""
    target: Table = table.__table__
    return Insert(target)
