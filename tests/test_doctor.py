"""What `doctor` says of the calendars and of the backups at moments of the test's own choosing."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
from rich.console import Console

from bot.clock import SHANGHAI
from bot.commands.doctor import Finding, examine, show
from bot.commands.roster_import import RosterImport
from bot.store.nightly import backup_name, last_backup, prune_backups
from bot.texts import load_texts
from tests.support.shipped import ROOT, shipped_settings
from tests.support.wording import says


def moment(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=SHANGHAI)  # type: ignore[arg-type, misc]


def found(place: Path, item: str, now: datetime) -> Finding:
    """The finding about an item, in a folder with `content` and `backups` and without a database."""
    settings = shipped_settings(f"sqlite:///{place}/azalea.db", place)
    findings = examine(settings, place / "content", load_texts(ROOT / "content" / "texts"), now)
    return next(one for one in findings if one.item == f"cli.doctor.{item}")


@pytest.mark.parametrize(
    ("now", "years", "missing"),
    [
        (moment(2031, 1, 1), (), 2031),
        (moment(2031, 11, 30, 23, 59), (2031,), 0),
        (moment(2031, 12, 1), (2031,), 2032),
        (moment(2031, 12, 31, 23, 59), (2031, 2032), 0),
        (moment(2032, 1, 1), (2031,), 2032),
        (moment(2032, 1, 1), (2032,), 0),
    ],
)
def test_the_next_years_calendar_is_missed_from_december_on(
    tmp_path: Path, now: datetime, years: tuple[int, ...], missing: int
) -> None:
    shutil.copytree(ROOT / "content", tmp_path / "content", ignore=shutil.ignore_patterns("calendar"))
    (tmp_path / "content/calendar").mkdir()
    for year in years:
        (tmp_path / f"content/calendar/{year}.toml").write_text("off = []\nwork = []\n", encoding="utf-8")
    calendar = found(tmp_path, "calendar", now)
    assert calendar.ok == (not missing)
    assert (str(missing) in calendar.sentence) == bool(missing)


def test_no_sentence_is_cut_in_a_narrow_window(tmp_path: Path) -> None:
    texts, shown = load_texts(ROOT / "content" / "texts"), io.StringIO()
    console = Console(file=shown, width=60)
    sentence = "".join(chr(ord("\u4e00") + number) for number in range(120))
    show([Finding("cli.doctor.calendar", False, sentence)], texts, console)
    roster = tmp_path / "roster.csv"
    roster.write_text("姓名,所在支部,党员类型\n林海棠,养护支部,不知道\n", encoding="utf-8")
    job = RosterImport(shipped_settings(f"sqlite:///{tmp_path}/azalea.db", tmp_path), ROOT / "content", texts, console)
    assert not job.run(roster, True, lambda: False)
    printed = shown.getvalue()
    assert "\u2026" not in printed
    assert all(sign in printed for sign in sentence)


def test_a_backup_is_as_old_as_its_name_says(tmp_path: Path) -> None:
    (tmp_path / "content").symlink_to(ROOT / "content")
    folder = tmp_path / "backups"
    folder.mkdir()
    taken = [moment(2031, 12, day, 3, 30) for day in (29, 30, 31)]
    for at in taken:
        (folder / backup_name(at)).touch()
        os.utime(folder / backup_name(at), (0, 0))
    (folder / "azalea-before-the-update.zip").touch()
    fresh, old = (found(tmp_path, "backup", moment(2032, 1, 2, hour)) for hour in (3, 4))
    assert fresh.ok
    assert not old.ok
    assert "2031-12-31 03:30" in fresh.sentence
    assert "2031-12-31 03:30" in old.sentence
    prune_backups(folder, 2)
    assert {path.name for path in folder.iterdir()} == {backup_name(at) for at in taken[1:]} | {
        "azalea-before-the-update.zip"
    }
    assert last_backup(folder) == taken[-1]


def test_too_low_a_limit_of_open_files_is_named(tmp_path: Path) -> None:
    (tmp_path / "content").symlink_to(ROOT / "content")
    shutil.copy(ROOT / "config.toml", tmp_path)
    command = 'ulimit -n "$1" && exec "$2" -m bot doctor'
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "1000"}
    for limit, key in (("500", "few"), ("4000", "ok")):
        shown = subprocess.run(
            ["sh", "-c", command, "sh", limit, sys.executable], cwd=tmp_path, env=environment, capture_output=True
        )  # fmt: skip
        assert says(shown.stdout.decode(), f"cli.doctor.files_{key}", found=limit)
