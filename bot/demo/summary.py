"""The closing table: what was counted while playing, beside what the store says."""

from __future__ import annotations

from msgspec import Struct
from rich.console import Console
from rich.table import Table

from bot.demo.script import Script


class Line(Struct, frozen=True):
    """One row: the name of its label, what the play counted, what the store says."""

    label: str
    played: object
    stored: object

    @property
    def agrees(self) -> bool:
        return self.played == self.stored


def show(lines: list[Line], script: Script, console: Console) -> bool:
    """Print the table; True when every line agrees."""
    table = Table(script.line("what"), script.line("played"), script.line("stored"), "")
    for line in lines:
        mark = "[green]✓" if line.agrees else "[red]✗"
        table.add_row(script.line(f"line_{line.label}"), str(line.played), str(line.stored), mark)
    console.rule(script.line("summary"))
    console.print(table)
    wrong = sum(not line.agrees for line in lines)
    console.print(script.line("differ", count=wrong) if wrong else script.line("agree"))
    return not wrong
