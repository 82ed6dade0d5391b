"""Column types and statement helpers shared by all tables."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import JSON, Date, DateTime, Dialect, String, Table, TypeDecorator
from sqlalchemy.dialects import postgresql

from bot.clock import SHANGHAI, to_utc

E = TypeVar("E", bound=StrEnum)


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


def to_sqlite(value: datetime | None) -> str | None:
    """An aware datetime as SQLite keeps a `Moment`: UTC text with microseconds."""
    return None if value is None else to_utc(value).isoformat(" ", "microseconds")[:26]


def insert(table: Any) -> postgresql.Insert:
    """An INSERT with ON CONFLICT support; it compiles for SQLite and PostgreSQL alike."""
    target: Table = table.__table__
    return postgresql.insert(target)
