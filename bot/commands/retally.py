"""`retally`: count a published rating again from its rows file and show whether it is what the file states."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from bot.texts import Texts

if TYPE_CHECKING:
    from rich.text import Text

    from bot.commands.recount import Line, Outcome


def add_retally(cli: typer.Typer, texts: Texts) -> None:
    """Add the command to the command line."""

    @cli.command("retally", help=texts("retally.cmd"))
    def retally(file: Annotated[Path, typer.Argument(help=texts("retally.arg_file"))]) -> None:
        if not count_again(file, texts, Console()):
            raise typer.Exit(1)


def count_again(path: Path, texts: Texts, console: Console) -> bool:
    """Count the file again and print what was found; False when it is damaged, states something else, or holds nothing
    that can be counted."""
    from bot.commands.recount import FileDamaged, read_file, recount

    try:
        outcome = recount(read_file(path))
    except FileDamaged as damaged:
        console.print(texts(damaged.key, **damaged.values), highlight=False, markup=False, soft_wrap=True)
        return False
    _show(outcome, texts, console)
    return outcome.agrees and outcome.withheld < len(outcome.lines)


def _show(outcome: "Outcome", texts: Texts, console: Console) -> None:
    from rich.table import Table

    console.print(_plain(f"{outcome.unit} {outcome.title}"))
    console.print(
        texts("retally.fingerprint", value=outcome.fingerprint), highlight=False, markup=False, soft_wrap=True
    )
    table = Table()
    for key in ("name", "valid", "void", "total", "rank", "agrees"):
        table.add_column(texts(f"retally.column_{key}"), overflow="fold")
    for line in sorted(outcome.lines, key=lambda one: one.stated.rank or len(outcome.lines) + 1):
        figures = line.counted or line.stated
        cells = (figures.valid, figures.void, figures.total or "-", figures.rank or "-")
        table.add_row(_plain(line.name), *map(str, cells), _verdict(line, texts))
    console.print(table)
    if outcome.withheld:
        console.print(texts("retally.withheld", count=outcome.withheld), highlight=False)
    console.print(texts(f"retally.{_last_word(outcome)}", count=len(outcome.lines) - outcome.withheld), highlight=False)


def _last_word(outcome: "Outcome") -> str:
    if not outcome.agrees:
        return "differs"
    if outcome.withheld == len(outcome.lines):
        return "nothing"
    return "agrees_partly" if outcome.withheld else "agrees"


def _plain(text: str) -> "Text":
    """What a file says, without markup or control characters."""
    from rich.text import Text

    return Text("".join(char for char in text if char.isprintable()))


def _verdict(line: "Line", texts: Texts) -> str:
    if line.counted is None:
        return texts("retally.not_counted")
    if line.agrees:
        return texts("retally.same")
    told = line.stated
    return texts("retally.other", valid=told.valid, void=told.void, total=told.total or "-", rank=told.rank or "-")
