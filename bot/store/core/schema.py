"""Brings an empty or older database up to date with Alembic; a current one is recognised without loading it."""

from __future__ import annotations

from collections.abc import Callable, Set
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, create_engine, inspect, text

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0010"
DERIVED = "material_search"
"""Tables whose names begin so hold the search index: made from others, they stay out of backups."""
ENVELOPES = "rating_envelope_"
"""Tables whose names begin so hold the sealed sheets of one rating: made when it opens, dropped when it ends."""
MIGRATIONS = Path(__file__).parent / "migrations"
Finish = Callable[[Connection, Set[str]], None]
"""What is done in the same transaction after migrating; it gets the names of the tables that were there before."""


class SchemaError(Exception):
    """The database has a revision that this program does not know."""


def bring_up_to_date(engine: Engine, finish: Finish | None = None) -> None:
    """Run the migrations that this database lacks. Raises SchemaError for one written by a newer version."""
    if current(engine) != HEAD:
        upgrade(engine, HEAD, finish)


def upgrade(engine: Engine, revision: str, finish: Finish | None = None) -> None:
    """Migrate up to a revision, in one transaction, and let `finish` do the rest in it; raises SchemaError when this
    program does not know the revision."""
    from alembic import command
    from alembic.util import CommandError

    config = _alembic(MIGRATIONS)
    with engine.connect() as connection, connection.begin():
        config.attributes["connection"] = connection
        before = frozenset(inspect(connection).get_table_names())
        try:
            command.upgrade(config, revision)
        except CommandError:
            raise SchemaError("the database or backup was written by a newer version of this program") from None
        if finish is not None:
            finish(connection, before)


def draft(revision: str, message: str, folder: Path = MIGRATIONS) -> Path:
    """Write the migration from the newest one in `folder` to the tables of the code; the file. To be read before it is
    kept: Alembic takes a new name for a new column or table."""
    from alembic import command

    config = _alembic(folder)
    with create_engine("sqlite://").connect() as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        made = command.revision(config, message, autogenerate=True, rev_id=revision)
    return Path(made.path)  # type: ignore[union-attr]


def current(engine: Engine) -> str | None:
    """The revision of this database; None when it is empty or not there."""
    database = engine.url.database
    if engine.dialect.name == "sqlite" and database and not Path(database).exists():
        return None
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _alembic(folder: Path) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(folder))
    return config
