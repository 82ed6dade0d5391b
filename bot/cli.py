"""The commands. Help and messages come from content/texts/cli.toml, in Chinese and English."""

import asyncio
import gc
import os
import re
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from msgspec.structs import replace
from rich.console import Console

from bot import shipped
from bot.clock import SystemClock
from bot.commands.import_options import add_imports
from bot.commands.retally import add_retally
from bot.commands.teller_key import add_teller_key
from bot.commands.terminal import Terminal
from bot.incoming import clean
from bot.process.listening import authority
from bot.texts import Texts, texts_of
from bot.toml_files import ContentError

CONFIG = shipped.USUAL


def main() -> None:
    """Entry point of `azalea` and of `python -m bot`."""
    os.umask(0o077)
    try:
        texts = texts_of(shipped.content_beside(Path(_config_argument(sys.argv))))
    except ContentError as error:
        sys.exit(f"content: {error}")
    build(texts)()


def build(texts: Texts) -> typer.Typer:
    """The command line with its help in the languages of `texts`."""
    cli = typer.Typer(
        help=texts("cli.about"), no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
    )
    commands = Commands(texts, Console())
    _add_running(cli, texts, commands)
    add_imports(cli, texts, commands, CONFIG)
    _add_keeping(cli, texts, commands)
    add_teller_key(cli, texts)
    add_retally(cli, texts)
    return cli


def _config_option(texts: Texts) -> Any:
    return typer.Option("--config", help=texts("cli.opt_config"))


def _add_running(cli: typer.Typer, texts: Texts, commands: "Commands") -> None:
    @cli.command("run", help=texts("cli.cmd_run"))
    def run(config: Annotated[Path, _config_option(texts)] = CONFIG) -> None:
        commands.run(config)

    @cli.command("demo", help=texts("cli.cmd_demo"))
    def demo(
        once: Annotated[bool, typer.Option("--once", help=texts("cli.opt_once"))] = False,
        port: Annotated[int, typer.Option("--port", min=0, max=65535, help=texts("cli.opt_port"))] = 0,
        config: Annotated[Path, _config_option(texts)] = CONFIG,
    ) -> None:
        commands.demo(config, once, port)

    @cli.command("init", help=texts("cli.cmd_init"))
    def init(folder: Annotated[Path, typer.Argument(help=texts("cli.arg_init"))]) -> None:
        commands.init(folder)


def _add_keeping(cli: typer.Typer, texts: Texts, commands: "Commands") -> None:
    @cli.command("export", help=texts("cli.cmd_export"))
    def export(
        branch: Annotated[str, typer.Option("--branch", help=texts("cli.opt_branch"))],
        month: Annotated[str, typer.Option("--month", help=texts("cli.opt_month"))],
        folder: Annotated[Path, typer.Option("--to", help=texts("cli.opt_folder"))] = Path("."),
        config: Annotated[Path, _config_option(texts)] = CONFIG,
    ) -> None:
        commands.export(config, clean(branch), month, folder)

    @cli.command("backup", help=texts("cli.cmd_backup"))
    def backup(
        file: Annotated[Path | None, typer.Argument(help=texts("cli.arg_file"))] = None,
        config: Annotated[Path, _config_option(texts)] = CONFIG,
    ) -> None:
        commands.backup(config, file)

    @cli.command("restore", help=texts("cli.cmd_restore"))
    def restore(
        file: Annotated[Path, typer.Argument(help=texts("cli.arg_file"))],
        config: Annotated[Path, _config_option(texts)] = CONFIG,
    ) -> None:
        commands.restore(config, file)

    @cli.command("doctor", help=texts("cli.cmd_doctor"))
    def doctor(config: Annotated[Path, _config_option(texts)] = CONFIG) -> None:
        commands.doctor(config)


class Commands(Terminal):
    """What each command does. A failure is one sentence that says what to mend, and exit code 1."""

    def run(self, path: Path) -> None:
        gc.disable()
        os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # to look for some reads all installed packages
        from bot.server import run, serve

        with self.explained():
            run(serve(self.settings(path), self.content(path), SystemClock(), self.say))

    def demo(self, path: Path, once: bool, port: int) -> None:
        from bot.demo import play

        with self.explained():
            settings = self.settings(path)
            if port:
                url = f"http://{authority(settings.server.host, port)}"
                server = replace(settings.server, port=port, public_url=url)
                settings = replace(settings, server=server)
            if not asyncio.run(play(settings, self.content(path), self.console, once=once)):
                raise typer.Exit(1)

    def init(self, folder: Path) -> None:
        from bot.commands.init import write_copy

        with self.explained():
            written = write_copy(folder)
            self.say("cli.init_done", count=written.new, folder=folder)
            if written.kept:
                self.say("cli.init_kept", count=written.kept)

    def export(self, path: Path, branch: str, month: str, folder: Path) -> None:
        from bot.commands.export import UnknownBranch, export_month

        with self.explained():
            if not re.fullmatch(r"20\d\d-(0?[1-9]|1[0-2])", month):
                self.say("cli.month_wrong")
                raise typer.Exit(1)
            year, number = map(int, month.split("-"))
            settings, content = self.settings(path), self.content(path)
            try:
                written = export_month(settings, content, branch, year, number, folder, SystemClock().now())
            except UnknownBranch:
                self.say("cli.export_wrong", branch=branch)
                raise typer.Exit(1) from None
            for file in written:
                self.say("cli.export_done", path=file)

    def backup(self, path: Path, file: Path | None) -> None:
        from bot.store.core.backup import NothingToSave, write_backup
        from bot.store.core.opening import known_store
        from bot.store.nightly import backup_name

        with self.explained():
            settings, now = self.settings(path), SystemClock().now()
            target = file or Path(settings.store.backup_folder) / backup_name(now)
            store = known_store(settings)
            try:
                with self.steps("cli.backing_up") as step:
                    rows = write_backup(store.engine, target, now, step)
            except NothingToSave:
                self.say("cli.backup_nothing")
                raise typer.Exit(1) from None
            finally:
                store.close()
            self.say("cli.backup_done", rows=rows, path=target)

    def restore(self, path: Path, file: Path) -> None:
        from bot.store.core.backup import BackupError, restore_backup
        from bot.store.core.secret import keyed_store

        with self.explained():
            store = keyed_store(self.settings(path))
            try:
                with self.steps("cli.restoring") as step:
                    restored = restore_backup(store.engine, file, SystemClock().now(), step)
            except BackupError as error:
                self.say("cli.restore_wrong", error=error)
                raise typer.Exit(1) from None
            finally:
                store.close()
            self.say("cli.restore_done", rows=restored.rows)
            self.say("cli.restore_again")
            if restored.cleaned:
                self.say("cli.restore_cleaned", count=restored.cleaned)
            if restored.doubtful:
                self.say("cli.restore_doubtful", count=restored.doubtful)

    def doctor(self, path: Path) -> None:
        from bot.commands.doctor import examine, show

        with self.explained():
            findings = examine(self.settings(path), self.content(path), self.texts, SystemClock().now())
            if not show(findings, self.texts, self.console):
                raise typer.Exit(1)


def _config_argument(arguments: list[str]) -> str:
    """The value of --config, wherever it stands: texts are loaded before the command line is parsed."""
    for position, argument in enumerate(arguments):
        if argument == "--config" and position + 1 < len(arguments):
            return arguments[position + 1]
        if argument.startswith("--config="):
            return argument.partition("=")[2]
    return str(CONFIG)
