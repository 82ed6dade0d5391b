"""The session that every store function gets, and statements compiled once to driver SQL for the hot path.

The ORM is for everything that is not hot. A `Hot` statement costs what the driver costs: no compilation,
no unit of work, tuples instead of objects. Dates and flags still pass through their column types.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, Executable, UpdateBase
from sqlmodel import Session

from bot.store.columns import IMMUTABLE, Moment, to_sqlite

Processor = Callable[[Any], Any]
_REMEMBERED = 1024


class Hot:
    """A Core statement, compiled at first use for each dialect. Parameters are named bindparams."""

    __slots__ = ("_by_dialect", "_statement")

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self._by_dialect: dict[str, _Compiled] = {}

    def on(self, dialect: str, connection: Connection) -> _Compiled:
        """The compiled form for a dialect, named so that it is found at once."""
        found = self._by_dialect.get(dialect)
        if found is None:
            found = self._by_dialect[dialect] = _Compiled(self._statement, connection.dialect)
        return found


class _Compiled:
    __slots__ = ("_binds", "_positional", "_results", "sql")

    def __init__(self, statement: Any, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
        self.sql: str = str(compiled)
        self._positional = bool(compiled.positional)
        kinds = {name: bind.type for bind, name in compiled.bind_names.items()}
        self._binds: list[tuple[str, Any, Processor | None]] = []
        for name in compiled.positiontup if self._positional else compiled.params:
            self._binds.append((name, compiled.params[name], _to_driver(kinds[name], dialect)))
        columns = list(getattr(statement, "selected_columns", ()) or getattr(statement, "_returning", ()))
        processors = [_from_driver(column.type, dialect) for column in columns]
        self._results = [(at, found) for at, found in enumerate(processors) if found is not None]

    def parameters(self, given: dict[str, Any]) -> Any:
        """What the driver wants: a list, or a mapping by name."""
        get = given.get
        values = [
            get(name, default) if process is None else process(get(name, default))
            for name, default, process in self._binds
        ]
        return (
            values
            if self._positional
            else dict(zip((name for name, _, _ in self._binds), values, strict=True))
        )

    def row(self, raw: tuple[Any, ...]) -> tuple[Any, ...]:
        if not self._results:
            return raw
        row = list(raw)
        for at, process in self._results:
            row[at] = process(row[at])
        return tuple(row)


def _to_driver(kind: Any, dialect: Dialect) -> Processor | None:
    if dialect.name != "sqlite":
        return _bind_processor(kind, dialect)
    if isinstance(kind, Moment):
        return to_sqlite
    process = _bind_processor(kind, dialect)
    return lru_cache(_REMEMBERED)(process) if process is not None and isinstance(kind, IMMUTABLE) else process


def _bind_processor(kind: Any, dialect: Dialect) -> Processor | None:
    found: Processor | None = kind.dialect_impl(dialect).bind_processor(dialect)
    return found


def _from_driver(kind: Any, dialect: Dialect) -> Processor | None:
    """Many people are asked the same thing at the same moment: on SQLite, where dates and labels are text, the
    value of a text is worked out once."""
    process: Processor | None = kind.dialect_impl(dialect).result_processor(dialect, None)
    if process is None or dialect.name != "sqlite" or not isinstance(kind, IMMUTABLE):
        return process
    return lru_cache(_REMEMBERED)(process)


class StoreSession(Session):
    """A SQLModel session that can also run `Hot` statements inside the same transaction."""

    @cached_property
    def driver(self) -> Any:
        """The driver's own connection, inside this session's transaction."""
        connection: Any = self.bind
        return connection.connection.driver_connection

    @cached_property
    def _dialect(self) -> str:
        return self.get_bind().dialect.name

    def changed(self, statement: UpdateBase) -> int:
        """Execute an INSERT, UPDATE or DELETE; the number of rows that it changed."""
        done: Any = self.execute(statement)
        return int(done.rowcount)

    def run(self, hot: Hot, **values: Any) -> int:
        """Execute; the number of rows that it changed."""
        return int(self._execute(hot, values)[1].rowcount)

    def run_each(self, hot: Hot, each: Sequence[dict[str, Any]]) -> int:
        """Execute for every set of values; the number of rows that were changed in all."""
        if not each:
            return 0
        if self.in_transaction():
            self.flush()
        bind: Any = self.bind
        compiled = hot.on(self._dialect, bind)
        cursor = self.driver.cursor()
        cursor.executemany(compiled.sql, [compiled.parameters(values) for values in each])
        return int(cursor.rowcount)

    def one(self, hot: Hot, **values: Any) -> tuple[Any, ...] | None:
        """The first row, or None."""
        compiled, cursor = self._execute(hot, values)
        raw = cursor.fetchone()
        return None if raw is None else compiled.row(raw)

    def rows(self, hot: Hot, **values: Any) -> list[tuple[Any, ...]]:
        """All rows."""
        compiled, cursor = self._execute(hot, values)
        return [compiled.row(raw) for raw in cursor.fetchall()]

    def _execute(self, hot: Hot, values: dict[str, Any]) -> tuple[_Compiled, Any]:
        if self.in_transaction():
            self.flush()
        bind: Any = self.bind
        compiled = hot.on(self._dialect, bind)
        return compiled, self.driver.execute(compiled.sql, compiled.parameters(values))

    def detach(self) -> None:
        """Let go of all objects and notes; the connection's transaction is left to its owner."""
        if self.in_transaction():
            self.close()
        elif self.identity_map:
            self.expunge_all()
        self.info.clear()
