"""`import`: its three commands and what may be said with them."""

from pathlib import Path
from typing import Annotated, Any

import typer

from bot.clock import SystemClock
from bot.commands.terminal import Terminal
from bot.incoming import clean, cleaned
from bot.shipped import found
from bot.texts import Texts


def add_imports(cli: typer.Typer, texts: Texts, terminal: Terminal, config: Path) -> None:
    """Add the commands to the command line; `config` is where the configuration lies unless somebody says otherwise."""
    imports = typer.Typer(help=texts("cli.cmd_import"), no_args_is_help=True)
    cli.add_typer(imports, name="import")
    _add_roster(imports, texts, terminal, config)
    _add_folders(imports, texts, terminal, config)


def _option(texts: Texts, name: str, key: str) -> Any:
    return typer.Option(name, help=texts(f"cli.{key}"))


def _add_roster(imports: typer.Typer, texts: Texts, terminal: Terminal, default: Path) -> None:
    file_argument = typer.Argument(help=texts("cli.arg_file"))

    def roster(
        file: Annotated[Path, file_argument],
        dry_run: Annotated[bool, _option(texts, "--dry-run", "opt_dry_run")] = False,
        yes: Annotated[bool, _option(texts, "--yes", "opt_yes")] = False,
        others_left: Annotated[bool, _option(texts, "--others-left", "opt_others_left")] = False,
        renamed: Annotated[list[str] | None, _option(texts, "--renamed", "opt_renamed")] = None,
        new: Annotated[list[str] | None, _option(texts, "--new", "opt_new")] = None,
        config: Annotated[Path, _option(texts, "--config", "opt_config")] = default,
    ) -> None:
        from bot.commands.roster_import import RosterImport, answers_of

        with terminal.explained():
            job = RosterImport(terminal.settings(config), terminal.content(config), texts, terminal.console)
            answers = answers_of(cleaned(renamed or []), cleaned(new or []))
            if answers is None:
                terminal.say("cli.roster_renamed_wrong")
                raise typer.Exit(1)
            left_on = SystemClock().now().date() if others_left else None
            if not job.run(file, dry_run, lambda: yes or typer.confirm(texts("cli.roster_ask")), left_on, answers):
                raise typer.Exit(1)

    imports.command("roster", help=texts("cli.cmd_import_roster"))(roster)


def _add_folders(imports: typer.Typer, texts: Texts, terminal: Terminal, default: Path) -> None:
    folder_argument = typer.Argument(help=texts("cli.arg_folder"))

    def questions(
        folder: Annotated[Path | None, folder_argument] = None,
        replaced: Annotated[str, _option(texts, "--replaced", "opt_replaced")] = "",
        retire_others: Annotated[bool, _option(texts, "--retire-others", "opt_retire_others")] = False,
        yes: Annotated[bool, _option(texts, "--yes", "opt_yes")] = False,
        config: Annotated[Path, _option(texts, "--config", "opt_config")] = default,
    ) -> None:
        from bot.commands.imports import import_bank, replace_rules
        from bot.learning.folder import unread

        with terminal.explained():
            if replaced:
                name = clean(replaced)
                terminal.say("cli.replaced", name=name, count=replace_rules(terminal.settings(config), name))
                return
            folder = folder or found(terminal.content(config), "quiz")
            _import(terminal, import_bank, config, folder, retire_others, yes)
            _say_unread(terminal, unread(folder, ".toml"))

    def materials(
        folder: Annotated[Path | None, folder_argument] = None,
        retire_others: Annotated[bool, _option(texts, "--retire-others", "opt_retire_others")] = False,
        yes: Annotated[bool, _option(texts, "--yes", "opt_yes")] = False,
        config: Annotated[Path, _option(texts, "--config", "opt_config")] = default,
    ) -> None:
        from bot.commands.imports import import_materials
        from bot.learning.folder import unread
        from bot.learning.material import SOURCES

        with terminal.explained():
            folder = folder or found(terminal.content(config), "study")
            _import(terminal, import_materials, config, folder, retire_others, yes)
            _say_unread(terminal, unread(folder, ".md", (SOURCES,)))

    imports.command("questions", help=texts("cli.cmd_import_questions"))(questions)
    imports.command("materials", help=texts("cli.cmd_import_materials"))(materials)


def _import(terminal: Terminal, job: Any, config: Path, folder: Path, retire_others: bool, yes: bool) -> None:
    """Add what the folder holds; what it does not hold is retired only when somebody asked for that and has seen what
    it is."""
    settings, content, now = terminal.settings(config), terminal.content(config), SystemClock().now()
    with terminal.steps("cli.importing"):
        done = job(settings, content, folder, now)
    terminal.say("cli.imported", added=done.added, changed=done.changed, unchanged=done.unchanged)
    if done.replaced:
        terminal.say("cli.imported_replaced", count=len(done.replaced), names=terminal.listed(done.replaced))
    if not done.others:
        return
    names = terminal.listed(done.others)
    terminal.say("cli.imported_others", count=len(done.others), names=names)
    if retire_others and (yes or typer.confirm(terminal.texts("cli.retire_ask", count=len(done.others)))):
        with terminal.steps("cli.importing"):
            done = job(settings, content, folder, now, retire_others=True)
        terminal.say("cli.retired", count=done.retired)


def _say_unread(terminal: Terminal, names: tuple[str, ...]) -> None:
    if names:
        terminal.say("cli.imported_unread", count=len(names), names=terminal.listed(names))
