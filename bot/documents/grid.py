"""A table as the Word, Excel and PDF writers take it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

from msgspec import Struct

from bot.documents.labels import Wording

Cell = str | int | float | Decimal | Fraction | date | None


class Column(Struct, frozen=True):
    """A heading, a width in Excel characters, and whether its numbers are shares of 1."""

    heading: str
    width: float
    share: bool = False


class Table(Struct, frozen=True):
    """One subject. ``note`` stands under the table."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""

    @property
    def headings(self) -> list[str]:
        return [column.heading for column in self.columns]

    @property
    def widths(self) -> list[float]:
        return [column.width for column in self.columns]

    def texts(self, say: Wording) -> list[list[str]]:
        """The rows in words."""
        return [
            [_shown(value, column, say) for column, value in zip(self.columns, row, strict=True)] for row in self.rows
        ]


def _shown(value: Cell, column: Column, say: Wording) -> str:
    if column.share:
        return say.percent(value if isinstance(value, Fraction) else None)
    if isinstance(value, date):
        return say.day(value)
    return "" if value is None else str(value)
