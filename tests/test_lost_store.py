"""A database that was lost does not begin as new; one that never came to anything does."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from msgspec.structs import replace

from benchmarks.workloads import free_port
from bot.app import App
from bot.clock import ShiftedClock
from bot.config import Settings
from bot.store.core.lost import MARK, StoreLost
from tests.support.commands import run_command
from tests.support.databases import Holds
from tests.support.shipped import ROOT, shipped_content
from tests.support.wording import says


@pytest.fixture
def holds() -> Holds:
    return Holds.NOTHING


def started(settings: Settings, clock: ShiftedClock) -> None:
    App(settings, shipped_content(), clock).store.close()


def test_an_empty_database_begins_once(settings: Settings, clock: ShiftedClock, tmp_path: Path) -> None:
    bare = replace(settings, secret="")
    (tmp_path / "secret").write_text("s" * 48)
    started(bare, clock)
    assert (tmp_path / MARK).exists()
    started(bare, clock)


def test_an_empty_database_beside_a_trace_of_another_is_refused(
    settings: Settings, clock: ShiftedClock, tmp_path: Path
) -> None:
    (tmp_path / "backups").mkdir()
    for trace in (tmp_path / MARK, tmp_path / "backups/azalea-2026-11-01-033000.zip"):
        trace.touch()
        with pytest.raises(StoreLost) as lost:
            started(settings, clock)
        assert str(trace) in lost.value.named
        trace.unlink()
    started(settings, clock)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder whose database was used and is now of 0 bytes."""
    text = (ROOT / "config.toml").read_text(encoding="utf-8")
    (tmp_path / "config.toml").write_text(text.replace("8080", str(free_port())), encoding="utf-8")
    (tmp_path / "content").symlink_to(ROOT / "content")
    return tmp_path


def test_the_commands_refuse_it_and_restoring_goes_on(place: Path) -> None:
    assert says(run_command(place, "import", "questions").stdout, "cli.imported")
    run_command(place, "backup")
    database = place / "var/azalea.db"
    kept = place / "kept"
    shutil.copytree(place / "var", kept)
    for lose in (lambda: os.truncate(database, 0), database.unlink):
        lose()
        for command in (("import", "questions"), ("run",), ("backup",)):
            refused = run_command(place, *command)
            assert refused.returncode == 1
            assert says(refused.stdout, "cli.store_lost_beside"), command
            assert "Traceback" not in refused.stderr
        assert not database.exists() or database.stat().st_size == 0
    assert says(run_command(place, "doctor").stdout, "cli.store_lost_beside")
    backup = next((place / "var/backups").glob("*.zip"))
    assert says(run_command(place, "restore", str(backup)).stdout, "cli.restore_done")
    assert says(run_command(place, "import", "questions").stdout, "cli.imported")


def test_a_log_with_frames_is_kept(place: Path) -> None:
    (place / "var").mkdir()
    database, log = place / "var/azalea.db", place / "var/azalea.db-wal"
    with sqlite3.connect(database) as other:
        other.execute("PRAGMA journal_mode=WAL")
        other.execute("CREATE TABLE a (b)")
        other.commit()
        shutil.copy(log, place / "kept-wal")
    other.close()
    for name in ("azalea.db", "azalea.db-wal", "azalea.db-shm"):
        (place / "var" / name).unlink(missing_ok=True)
    database.touch()
    shutil.copy(place / "kept-wal", log)
    for command in (("run",), ("import", "questions"), ("doctor",), ("backup",), ("restore", "x.zip")):
        refused = run_command(place, *command)
        assert refused.returncode == 1
        assert says(refused.stdout, "cli.store_lost_log"), command
        assert log.stat().st_size == (place / "kept-wal").stat().st_size, command


def test_a_kill_at_the_first_start_leaves_what_may_start_again(place: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    run = [sys.executable, "-m", "bot", "run"]
    deadline = time.monotonic() + 30
    with subprocess.Popen(run, cwd=place, env=environment, stdout=subprocess.DEVNULL) as first:
        while not (place / "var/azalea.db").exists() and time.monotonic() < deadline:
            time.sleep(0.001)
        first.kill()
    with subprocess.Popen(run, cwd=place, env=environment, stdout=subprocess.PIPE, text=True) as again:
        assert again.stdout is not None
        assert any(says(line, "cli.serving") for line in again.stdout)
        again.send_signal(signal.SIGTERM)
        assert again.wait(20) == 0
    assert (place / "var" / MARK).exists()


def test_a_folder_in_which_no_backup_could_be_written_is_refused(place: Path) -> None:
    (place / "var").mkdir()
    (place / "var/backups").touch()
    refused = run_command(place, "import", "questions")
    assert refused.returncode == 1
    assert "store.backup_folder" in refused.stdout
