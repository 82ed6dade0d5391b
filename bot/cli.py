"""The commands. Help and messages come from content/texts/cli.toml, in Chinese and English."""

import asyncio
import gc
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from msgspec.structs import replace
from rich.console import Console

from bot import config
from bot.clock import SystemClock
from bot.commands.retally import add_retally
from bot.commands.teller_key import add_teller_key
from bot.config import ConfigError, Settings
from bot.content import ContentError, Texts, load_texts

CONFIG = Path("config.toml")


def main() -> None:
    """Entry point of `python -m bot`."""
    os.umask(0o077)
    content = (Path(_config_argument(sys.argv)).parent / "content").resolve()
    try:
        texts = load_texts(content / "texts")
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
    _add_imports(cli, texts, commands)
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
        port: Annotated[int, typer.Option("--port", help=texts("cli.opt_port"))] = 0,
        config: Annotated[Path, _config_option(texts)] = CONFIG,
    ) -> None:
        commands.demo(config, once, port)


def _add_imports(cli: typer.Typer, texts: Texts, commands: "Commands") -> None:
    imports = typer.Typer(help=texts("cli.cmd_import"), no_args_is_help=True)
    cli.add_typer(imports, name="import")
    folder = typer.Argument(help=texts("cli.arg_folder"))

    @imports.command("roster", help=texts("cli.cmd_import_roster"))
    def roster(
        file: Annotated[Path, typer.Argument(help=texts("cli.arg_file"))],
        dry_run: Annotated[bool, typer.Option("--dry-run", help=texts("cli.opt_dry_run"))] = False,
        yes: Annotated[bool, typer.Option("--yes", help=texts("cli.opt_yes"))] = False,
        others_left: Annotated[bool, typer.Option("--others-left", help=texts("cli.opt_others_left"))] = False,
        config: Annotated[Path, _config_option(texts)] = CONFIG,
    ) -> None:
        commands.import_roster(config, file, dry_run, yes, others_left)

    @imports.command("questions", help=texts("cli.cmd_import_questions"))
    def questions(
        folder: Annotated[Path | None, folder] = None,
        replaced: Annotated[str, typer.Option("--replaced", help=texts("cli.opt_replaced"))] = "",
        config: Annotated[Path, _config_option(texts)] = CONFIG,
    ) -> None:
        if replaced:
            commands.replace_rules(config, replaced)
        else:
            commands.import_questions(config, folder)

    @imports.command("materials", help=texts("cli.cmd_import_materials"))
    def materials(
        folder: Annotated[Path | None, folder] = None,
        config: Annotated[Path, _config_option(texts)] = CONFIG,
    ) -> None:
        commands.import_materials(config, folder)


def _add_keeping(cli: typer.Typer, texts: Texts, commands: "Commands") -> None:
    @cli.command("export", help=texts("cli.cmd_export"))
    def export(
        branch: Annotated[str, typer.Option("--branch", help=texts("cli.opt_branch"))],
        month: Annotated[str, typer.Option("--month", help=texts("cli.opt_month"))],
        folder: Annotated[Path, typer.Option("--to", help=texts("cli.opt_folder"))] = Path("."),
        config: Annotated[Path, _config_option(texts)] = CONFIG,
    ) -> None:
        commands.export(config, branch, month, folder)

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


class Commands:
    """What each command does. A failure is one sentence that says what to mend, and exit code 1."""

    def __init__(self, texts: Texts, console: Console) -> None:
        self._texts, self._console = texts, console

    def run(self, path: Path) -> None:
        gc.disable()
        os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # to look for some reads all installed packages
        from bot.server import run, serve

        with self._explained():
            run(serve(self._settings(path), self._content(path), SystemClock(), self._say))

    def demo(self, path: Path, once: bool, port: int) -> None:
        from bot.demo import play

        with self._explained():
            settings = self._settings(path)
            if port:
                server = replace(settings.server, port=port, public_url=f"http://{settings.server.host}:{port}")
                settings = replace(settings, server=server)
            if not asyncio.run(play(settings, self._content(path), self._console, once=once)):
                raise typer.Exit(1)

    def import_roster(self, path: Path, file: Path, dry_run: bool, yes: bool, others_left: bool) -> None:
        from bot.commands.imports import RosterImport

        with self._explained():
            job = RosterImport(self._settings(path), self._content(path), self._texts, self._console)
            agreed = lambda: yes or typer.confirm(self._texts("cli.roster_ask"))  # noqa: E731
            if not job.run(file, dry_run, agreed, SystemClock().now().date() if others_left else None):
                raise typer.Exit(1)

    def import_questions(self, path: Path, folder: Path | None) -> None:
        from bot.commands.imports import import_bank

        with self._explained(), self._steps("cli.importing"):
            done = import_bank(self._settings(path), self._content(path), folder, SystemClock().now())
        self._say_imported(done)

    def replace_rules(self, path: Path, name: str) -> None:
        from bot.commands.imports import replace_rules

        with self._explained():
            self._say("cli.replaced", name=name, count=replace_rules(self._settings(path), name))

    def import_materials(self, path: Path, folder: Path | None) -> None:
        from bot.commands.imports import import_materials

        with self._explained(), self._steps("cli.importing"):
            done = import_materials(self._settings(path), self._content(path), folder, SystemClock().now())
        self._say_imported(done)

    def export(self, path: Path, branch: str, month: str, folder: Path) -> None:
        from bot.commands.export import UnknownBranch, export_month

        with self._explained():
            if not re.fullmatch(r"20\d\d-(0?[1-9]|1[0-2])", month):
                self._say("cli.month_wrong")
                raise typer.Exit(1)
            year, number = map(int, month.split("-"))
            settings, content = self._settings(path), self._content(path)
            try:
                written = export_month(settings, content, branch, year, number, folder, SystemClock().now())
            except UnknownBranch:
                self._say("cli.export_wrong", branch=branch)
                raise typer.Exit(1) from None
            for file in written:
                self._say("cli.export_done", path=file)

    def backup(self, path: Path, file: Path | None) -> None:
        from bot.store.backup import NothingToSave, write_backup
        from bot.store.engine import open_store
        from bot.store.nightly import backup_name

        with self._explained():
            settings, now = self._settings(path), SystemClock().now()
            target = file or Path(settings.store.backup_folder) / backup_name(now)
            store = open_store(settings.store.url)
            try:
                with self._steps("cli.backing_up") as step:
                    rows = write_backup(store.engine, target, now, step)
            except NothingToSave:
                self._say("cli.backup_nothing")
                raise typer.Exit(1) from None
            finally:
                store.close()
            self._say("cli.backup_done", rows=rows, path=target)

    def restore(self, path: Path, file: Path) -> None:
        from bot.store.backup import BackupError, restore_backup
        from bot.store.engine import open_store

        with self._explained():
            store = open_store(self._settings(path).store.url)
            try:
                with self._steps("cli.restoring") as step:
                    restored = restore_backup(store.engine, file, SystemClock().now(), step)
            except BackupError as error:
                self._say("cli.restore_wrong", error=error)
                raise typer.Exit(1) from None
            finally:
                store.close()
            self._say("cli.restore_done", rows=restored.rows)
            if restored.doubtful:
                self._say("cli.restore_doubtful", count=restored.doubtful)

    def doctor(self, path: Path) -> None:
        from bot.commands.doctor import examine, show

        with self._explained():
            findings = examine(self._settings(path), self._content(path), self._texts, SystemClock().now())
            if not show(findings, self._texts, self._console):
                raise typer.Exit(1)

    def _settings(self, path: Path) -> Settings:
        return config.load(path, os.environ)

    def _content(self, path: Path) -> Path:
        return path.resolve().parent / "content"

    def _say(self, key: str, **values: object) -> None:
        self._console.print(self._texts(key, **values), highlight=False, markup=False, soft_wrap=True)

    def _say_imported(self, done: Any) -> None:
        numbers = {name: getattr(done, name) for name in ("added", "changed", "unchanged", "retired")}
        self._say("cli.imported", **numbers)

    @contextmanager
    def _steps(self, key: str) -> Iterator[Callable[[str, int], None]]:
        with self._console.status(self._texts(key)) as status:
            yield lambda table, rows: status.update(f"{self._texts(key)} {table} {rows}")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        from sqlalchemy.exc import SQLAlchemyError

        from bot.server import PortTaken
        from bot.store.schema import SchemaError

        try:
            yield
        except ConfigError as error:
            self._say("cli.config_wrong", error=error)
        except ContentError as error:
            self._say("cli.content_wrong", error=error)
        except (SQLAlchemyError, SchemaError) as error:
            self._say("cli.store_wrong", error=str(getattr(error, "orig", error)).splitlines()[0])
        except PortTaken as error:
            self._say("cli.port_taken", address=error)
        except OSError as error:
            self._say("cli.system_wrong", error=error)
        except KeyboardInterrupt:
            raise typer.Exit(130) from None
        else:
            return
        raise typer.Exit(1)


def _config_argument(arguments: list[str]) -> str:
    """The value of --config, wherever it stands: texts are loaded before the command line is parsed."""
    for position, argument in enumerate(arguments):
        if argument == "--config" and position + 1 < len(arguments):
            return arguments[position + 1]
        if argument.startswith("--config="):
            return argument.partition("=")[2]
    return str(CONFIG)
