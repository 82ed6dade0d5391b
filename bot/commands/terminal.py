"""What the commands share: where they find settings and content, and how they speak."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import typer
from rich.console import Console

from bot import config, shipped
from bot.config import ConfigError, Settings
from bot.incoming import clean
from bot.texts import Texts
from bot.toml_files import ContentError


class Terminal:
    """Prints the sentences of content/texts. A failure is one sentence that says what to mend, and exit code 1."""

    def __init__(self, texts: Texts, console: Console) -> None:
        self.texts, self.console = texts, console

    def settings(self, path: Path) -> Settings:
        """The settings of this file, or the shipped ones, and the environment; raises ConfigError."""
        return config.load(shipped.config_for(path), os.environ)

    def content(self, path: Path) -> Path:
        """The folder of content that belongs to this configuration."""
        return shipped.content_beside(path)

    def say(self, key: str, **values: object) -> None:
        """Print a sentence; the name of a file may hold what no terminal shows."""
        self.console.print(clean(self.texts(key, **values)), highlight=False, markup=False, soft_wrap=True)

    def listed(self, names: Iterable[str]) -> str:
        """Names in one line."""
        return self.texts("cli.comma").join(names)

    @contextmanager
    def steps(self, key: str) -> Iterator[Callable[[str, int], None]]:
        """Show that something is going on, and how far it is."""
        with self.console.status(self.texts(key)) as status:
            yield lambda table, rows: status.update(f"{self.texts(key)} {table} {rows}")

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turn a failure into a sentence and exit code 1."""
        from sqlalchemy.exc import SQLAlchemyError

        from bot.process.listening import PortTaken
        from bot.store.core.engine import StoreUnavailable
        from bot.store.core.lost import StoreLost
        from bot.store.core.schema import SchemaError

        try:
            yield
        except ConfigError as error:
            self.say("cli.config_wrong", error=error)
        except ContentError as error:
            self.say("cli.content_wrong", error=error)
        except StoreLost as lost:
            self.say(lost.key, files=lost.named)
        except (SQLAlchemyError, SchemaError, StoreUnavailable) as error:
            self.say("cli.store_wrong", error=(str(getattr(error, "orig", error)).splitlines() or [""])[0])
        except PortTaken as error:
            self.say("cli.port_taken", address=error)
        except OSError as error:
            self.say("cli.system_wrong", error=error)
        except KeyboardInterrupt:
            raise typer.Exit(130) from None
        else:
            return
        raise typer.Exit(1)
