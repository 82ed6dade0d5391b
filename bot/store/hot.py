"""The session that every store function gets, and statements compiled once to driver SQL for the hot path.

The ORM is for everything that is not hot. A `Hot` statement costs what the driver costs: no compilation,
no unit of work, tuples instead of objects. Dates and flags still pass through their column types.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Dialect, Executable
from sqlmodel import Session

Processor = Callable[[Any], Any]


class Hot:
    """A Core statement, compiled at first use for each dialect. Parameters are named bindparams."""

    __slots__ = ("_by_dialect", "_statement")

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self._by_dialect: dict[str, _Compiled] = {}

    def on(self, dialect: Dialect) -> _Compiled:
        """The compiled form for a dialect."""
        found = self._by_dialect.get(dialect.name)
        if found is None:
            found = self._by_dialect[dialect.name] = _Compiled(self._statement, dialect)
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
            process = kinds[name].dialect_impl(dialect).bind_processor(dialect)
            self._binds.append((name, compiled.params[name], process))
        columns = list(getattr(statement, "selected_columns", ()) or getattr(statement, "_returning", ()))
        processors = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
        self._results = [(at, found) for at, found in enumerate(processors) if found is not None]

    def parameters(self, given: dict[str, Any]) -> Any:
        """What the driver wants: a list, or a mapping by name."""
        values = [
            given.get(name, default) if process is None else process(given.get(name, default))
            for name, default, process in self._binds
        ]
        return values if self._positional else dict(zip((name for name, _, _ in self._binds), values, strict=True))

    def row(self, raw: tuple[Any, ...]) -> tuple[Any, ...]:
        if not self._results:
            return raw
        row = list(raw)
        for at, process in self._results:
            row[at] = process(row[at])
        return tuple(row)


class StoreSession(Session):
    """A SQLModel session that can also run `Hot` statements inside the same transaction."""

    def run(self, hot: Hot, **values: Any) -> int:
        """Execute; the number of rows that it changed."""
        return int(self._execute(hot, values)[1].rowcount)

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
        connection: Any = self.bind
        compiled = hot.on(connection.dialect)
        driver = connection.connection.driver_connection
        return compiled, driver.execute(compiled.sql, compiled.parameters(values))

    def detach(self) -> None:
        """Let go of all objects; the connection's transaction is left to its owner."""
        if self.in_transaction():
            self.close()
        else:
            self.expunge_all()
