"""The session that every store function gets, and statements compiled once to driver SQL for the hot path.

The ORM is for everything that is not hot. A `Hot` statement costs what the driver costs: no compilation,
no unit of work, tuples instead of objects. Dates and flags still pass through their column types.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Dialect, Executable, UpdateBase
from sqlmodel import Session

from bot.store.core.columns import IMMUTABLE, Moment, to_sqlite

Processor = Callable[[Any], Any]
_REMEMBERED = 1024
CHAIN = "azalea_audit"
"""The option under which an engine carries the key of the audit log to every session."""


class Hot:
    """A Core statement, compiled at first use for each dialect. Parameters are named bindparams."""

    __slots__ = ("_statement", "compiled")

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self.compiled: dict[str, _Compiled] = {}

    def compile(self, dialect: Dialect) -> _Compiled:
        """Compile for a dialect; found under its name in `compiled` from now on."""
        found = self.compiled[dialect.name] = _Compiled(self._statement, dialect)
        return found


class _Compiled:
    __slots__ = ("_defaults", "_in_order", "_results", "_to_driver", "sql")

    def __init__(self, statement: Any, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
        self.sql: str = str(compiled)
        kinds = {name: bind.type for bind, name in compiled.bind_names.items()}
        given = [(name, _to_driver(kind, dialect)) for name, kind in kinds.items()]
        self._to_driver = [(name, found) for name, found in given if found is not None]
        needed = {name for bind, name in compiled.bind_names.items() if bind.required}
        self._defaults = {name: value for name, value in compiled.params.items() if name not in needed}
        self._in_order = _values_of(compiled.positiontup) if compiled.positional else None
        columns = list(getattr(statement, "selected_columns", ()) or getattr(statement, "_returning", ()))
        processors = [_from_driver(column.type, dialect) for column in columns]
        self._results = [(at, found) for at, found in enumerate(processors) if found is not None]

    def parameters(self, values: dict[str, Any]) -> Any:
        """What the driver wants, a tuple or a mapping by name; `values`, converted in place, is the caller's to give
        away. Raises KeyError for a value that is missing."""
        if self._defaults:
            values = self._defaults | values
        for name, process in self._to_driver:
            values[name] = process(values[name])
        return values if self._in_order is None else self._in_order(values)

    def row(self, raw: tuple[Any, ...]) -> tuple[Any, ...]:
        if not self._results:
            return raw
        row = list(raw)
        for at, process in self._results:
            row[at] = process(row[at])
        return tuple(row)


def _values_of(names: Sequence[str]) -> Callable[[dict[str, Any]], tuple[Any, ...]]:
    """Picks the values of these names, in this order; `itemgetter` alone gives no tuple for one name."""
    if len(names) > 1:
        return itemgetter(*names)
    return lambda values: tuple(values[name] for name in names)


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
    def _dialect(self) -> Dialect:
        return self.get_bind().dialect

    @cached_property
    def _dialect_name(self) -> str:
        return self._dialect.name

    def changed(self, statement: UpdateBase) -> int:
        """Execute an INSERT, UPDATE or DELETE; the number of rows that it changed. Without the option nobody can tell
        for an INSERT on PostgreSQL."""
        done: Any = self.execute(statement, execution_options={"preserve_rowcount": True})
        return int(done.rowcount)

    def run(self, hot: Hot, **values: Any) -> int:
        """Execute; the number of rows that it changed."""
        return int(self._execute(hot, values)[1].rowcount)

    def run_each(self, hot: Hot, each: Sequence[dict[str, Any]]) -> int:
        """Execute for every set of values; the number of rows that were changed in all."""
        if not each:
            return 0
        compiled = self._ready(hot)
        cursor = self.driver.cursor()
        cursor.executemany(compiled.sql, [compiled.parameters({**values}) for values in each])
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
        compiled = self._ready(hot)
        return compiled, self.driver.execute(compiled.sql, compiled.parameters(values))

    def _ready(self, hot: Hot) -> _Compiled:
        """The statement for this database, once what the ORM still holds has been written."""
        if self.in_transaction():
            self.flush()
        return hot.compiled.get(self._dialect_name) or hot.compile(self._dialect)

    def detach(self) -> None:
        """Let go of all objects and notes; the connection's transaction is left to its owner."""
        if self.in_transaction():
            self.close()
        elif self.identity_map:
            self.expunge_all()
        self.info.clear()
