"""How the next migration is made: out of the tables of the code, without what is not kept by migrations."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text

from bot.store.core.schema import DERIVED, HEAD, MIGRATIONS, draft
from bot.store.tables import METADATA

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped migrations."""
    return Path(shutil.copytree(MIGRATIONS, tmp_path / "migrations"))


def config(folder: Path) -> Config:
    made = Config()
    made.set_main_option("script_location", str(folder))
    return made


def test_nothing_new_makes_an_empty_migration(folder: Path) -> None:
    made = draft("9999", "Nothing", folder)
    written = made.read_text("utf-8")
    assert made.name == "9999_nothing.py"
    assert f"down_revision = '{HEAD}'" in written
    assert "op." not in written
    assert "batch_op" not in written


def test_a_drafted_migration_runs_and_makes_the_tables_of_the_code(folder: Path, tmp_path: Path) -> None:
    """All but the first two, which also make the search index, are taken away and drafted again as one."""
    for path in (folder / "versions").glob("*.py"):
        if not path.name.startswith(("0001", "0002")):
            path.unlink()
    written = draft("9999", "Again", folder).read_text("utf-8")
    assert "create_table('rating_round'" in written
    assert DERIVED not in written
    assert "bot." not in written
    engine = create_engine(f"sqlite:///{tmp_path}/scratch.db")
    settings = config(folder)
    with engine.connect() as connection, connection.begin():
        settings.attributes["connection"] = connection
        command.upgrade(settings, "head")
        found = compare_metadata(MigrationContext.configure(connection), METADATA)
    assert [one for one in found if DERIVED not in repr(one)] == []
    with engine.connect() as connection, connection.begin():
        settings.attributes["connection"] = connection
        command.downgrade(settings, "0002")
        assert connection.execute(text("SELECT count(*) FROM sqlite_master WHERE name LIKE 'rating%'")).scalar() == 0
    engine.dispose()


LOAD_ONE_BY_ONE = """
import os
import bot.app
from bot.features import FEATURES, pages
from sqlalchemy.exc import NoReferencedTableError
from sqlmodel import SQLModel

for name, load in [("the start", tuple), *FEATURES.items(), ("the pages", pages)]:
    if child := os.fork():
        assert os.waitpid(child, 0)[1] == 0, name
        continue
    load()
    for table in SQLModel.metadata.tables.values():
        for key in table.foreign_keys:
            try:
                key.column
            except NoReferencedTableError:
                print(f"{name}: {table.name} refers to {key.target_fullname}", flush=True)
    os._exit(0)
"""


def test_every_feature_loads_the_tables_that_its_own_refer_to() -> None:
    """Features are loaded at their first use: the first to be used after a start has nobody else's tables."""
    done = subprocess.run([sys.executable, "-c", LOAD_ONE_BY_ONE], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
