"""The commands, run as a person runs them."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.clock import SystemClock
from bot.demo.roster import load_demo_bureau, write_demo_roster

ROOT = Path(__file__).parent.parent


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with the shipped configuration and content, as an office would set it up. It has looked after its
    calendars: this year's and the next two are there, empty where none is shipped."""
    text = (ROOT / "config.toml").read_text(encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (tmp_path / "config.toml").write_text(text.replace("8080", str(port)), encoding="utf-8")
    shutil.copytree(ROOT / "content", tmp_path / "content")
    this_year = SystemClock().now().year
    for year in range(this_year, this_year + 3):
        calendar = tmp_path / f"content/calendar/{year}.toml"
        if not calendar.exists():
            calendar.write_text("off = []\nwork = []\n", encoding="utf-8")
    return tmp_path


def command(place: Path, *arguments: str, answer: str = "") -> subprocess.CompletedProcess[str]:
    """Run `python -m bot …` in the folder."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200", "NO_COLOR": "1"}
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments], cwd=place, env=environment, input=answer, capture_output=True,
        text=True, timeout=100, check=False,
    )  # fmt: skip


def test_help_is_in_chinese_and_english(place: Path) -> None:
    shown = command(place, "--help").stdout
    for name in ("run", "demo", "import", "export", "backup", "restore", "doctor", "teller-key", "retally"):
        assert re.search(rf"│ {name} .*[\u4e00-\u9fff].*/ ", shown), name
    assert "名册" in command(place, "import", "roster", "--help").stdout


def test_a_roster_is_tried_first_and_written_whole_or_not_at_all(place: Path) -> None:
    write_demo_roster(place / "roster.xlsx", load_demo_bureau(place / "content/demo/bureau.toml"))
    dry = command(place, "import", "roster", "roster.xlsx", "--dry-run")
    assert dry.returncode == 0
    assert "将新增 520 人" in dry.stdout
    refused = command(place, "import", "roster", "roster.xlsx", answer="n\n")
    assert "将新增 520 人" in refused.stdout
    done = command(place, "import", "roster", "roster.xlsx", "--yes")
    assert "已导入" in done.stdout
    again = command(place, "import", "roster", "roster.xlsx", "--yes")
    assert "新增 0 人、更新 0 人、不变 520 人" in again.stdout


def test_people_whom_the_roster_no_longer_names_leave_only_when_told(place: Path) -> None:
    rows = "姓名,所在支部,党员类型,职务\n林杜鹃,甲支部,正式党员,书记\n叶海棠,甲支部,正式党员,\n"
    (place / "two.csv").write_text(rows, encoding="utf-8")
    (place / "one.csv").write_text(rows.rsplit("叶", 1)[0], encoding="utf-8")
    command(place, "import", "roster", "two.csv", "--yes")
    kept = command(place, "import", "roster", "one.csv", "--yes").stdout
    assert "不会改动" in kept
    assert "叶海棠" in kept
    assert "2 人" in command(place, "doctor").stdout
    assert "将记为已离开" in command(place, "import", "roster", "one.csv", "--yes", "--others-left").stdout
    assert "，1 人" in command(place, "doctor").stdout


def test_a_transfer_is_shown_before_it_is_written(place: Path) -> None:
    rows = "姓名,所在支部,党员类型\n林杜鹃,甲支部,正式党员\n叶海棠,{}支部,正式党员\n花水杉,乙支部,正式党员\n"
    (place / "old.csv").write_text(rows.format("甲"), encoding="utf-8")
    (place / "new.csv").write_text(rows.format("乙"), encoding="utf-8")
    command(place, "import", "roster", "old.csv", "--yes")
    dry = command(place, "import", "roster", "new.csv", "--dry-run").stdout
    assert "将调动 1 人" in dry
    assert "叶海棠（甲支部 → 乙支部）" in dry
    assert "新增 0 人、更新 0 人、不变 2 人" in dry
    command(place, "import", "roster", "new.csv", "--yes")
    assert "3 人" in command(place, "doctor").stdout


def test_bad_rows_are_named_and_nothing_is_written(place: Path) -> None:
    rows = "姓名,所在支部,党员类型,职务\n林杜鹃,甲支部,正式党员,书记\n,甲支部,正式党员,\n叶海棠,甲支部,外星党员,\n"
    (place / "bad.csv").write_text(rows, encoding="gb18030")
    bad = command(place, "import", "roster", "bad.csv", "--yes")
    assert bad.returncode == 1
    assert "第 3 行" in bad.stdout
    assert "第 4 行" in bad.stdout
    assert "什么也没有导入" in bad.stdout
    assert "0 人" in command(place, "doctor").stdout or "还没有数据库" in command(place, "doctor").stdout


def test_brackets_in_a_roster_and_in_a_finding_are_shown_as_they_are(place: Path) -> None:
    rows = "姓名,所在支部,党员类型,[/备注]\n林杜鹃,甲支部,[/b]党员,\n"
    (place / "brackets.csv").write_text(rows, encoding="utf-8")
    shown = command(place, "import", "roster", "brackets.csv", "--dry-run")
    assert shown.returncode == 1
    assert "[/b]党员" in shown.stdout
    (place / "var").mkdir(exist_ok=True)
    (place / "var/azalea.db").write_text("not a database " * 20, encoding="utf-8")
    assert "[store] url" in command(place, "doctor").stdout


def test_a_wrong_configuration_is_one_sentence_without_a_traceback(place: Path) -> None:
    path = place / "config.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("code_hours", "kode_hours"), encoding="utf-8")
    wrong = command(place, "doctor")
    assert wrong.returncode == 1
    assert "binding.kode_hours: unknown key" in wrong.stdout
    assert "Traceback" not in wrong.stdout + wrong.stderr


def test_questions_and_materials_are_imported_and_a_revised_rule_set_stops_its_questions(place: Path) -> None:
    assert "新增 30" in command(place, "import", "questions").stdout
    assert "不变 30" in command(place, "import", "questions", "content/quiz").stdout
    assert "引用 DV 的 3 道题已停用" in command(place, "import", "questions", "--replaced", "DV").stdout
    assert "新增 4" in command(place, "import", "materials").stdout
    bank = place / "content/quiz/sample.toml"
    bank.write_text(bank.read_text(encoding="utf-8").replace('type = "single"', 'type = "sngle"', 1), encoding="utf-8")
    wrong = command(place, "import", "questions")
    assert wrong.returncode == 1
    assert "sample.toml:" in wrong.stdout


def test_a_folder_that_is_not_there_retires_no_question(place: Path) -> None:
    command(place, "import", "questions")
    for mistyped in ("content/quizz", "content/quiz/sample.toml"):
        wrong = command(place, "import", "questions", mistyped)
        assert wrong.returncode == 1
        assert f"{mistyped}: no *.toml file" in wrong.stdout
    assert "不变 30" in command(place, "import", "questions").stdout


def test_backup_restore_and_doctor(place: Path) -> None:
    write_demo_roster(place / "roster.xlsx", load_demo_bureau(place / "content/demo/bureau.toml"))
    command(place, "import", "roster", "roster.xlsx", "--yes")
    assert "还没有备份" in command(place, "doctor").stdout
    assert "已备份" in command(place, "backup", "saved.zip").stdout
    full = command(place, "restore", "saved.zip")
    assert full.returncode == 1
    assert "不能恢复" in full.stdout
    (place / "var/azalea.db").rename(place / "old.db")
    assert "已恢复" in command(place, "restore", "saved.zip").stdout
    assert "不变 520 人" in command(place, "import", "roster", "roster.xlsx", "--dry-run").stdout
    command(place, "backup")
    healthy = command(place, "doctor")
    assert "520 人" in healthy.stdout
    assert healthy.returncode == 0, healthy.stdout


def test_a_backup_of_nothing_and_one_that_cannot_be_written_say_so_and_leave_nothing(place: Path) -> None:
    nothing = command(place, "backup", "saved.zip")
    assert nothing.returncode == 1
    assert "没有什么可备份" in nothing.stdout
    command(place, "import", "questions")
    (place / "folder").mkdir()
    for target in ("folder", "config.toml/saved.zip"):
        refused = command(place, "backup", target)
        assert refused.returncode == 1
        assert "读写或连接不了" in refused.stdout
        assert "Traceback" not in refused.stderr
    assert list(place.rglob("*.partial")) == []
    assert not (place / "saved.zip").exists()


def test_a_month_that_cannot_be_meant_and_a_branch_that_is_not_there_are_told_apart(place: Path) -> None:
    for month in ("2026-13", "202611", "9999-12", "十一月"):
        wrong = command(place, "export", "--branch", "甲支部", "--month", month)
        assert wrong.returncode == 1
        assert "月份要写成" in wrong.stdout
    assert "没有找到支部“甲支部”" in command(place, "export", "--branch", "甲支部", "--month", "2026-11").stdout


@contextmanager
def serving(place: Path) -> Iterator[subprocess.Popen[str]]:
    """`python -m bot run` in the folder; it must end well when it is told to."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "NO_COLOR": "1"}
    server = subprocess.Popen(
        [sys.executable, "-m", "bot", "run"], cwd=place, env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        yield server
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(20) == 0


def printed_until_serving(server: subprocess.Popen[str]) -> str:
    """What it prints up to the line that says that it serves."""
    assert server.stdout is not None
    lines = []
    for line in server.stdout:
        lines.append(line)
        if "已启动" in line:
            break
    return "".join(lines)


def test_run_prints_the_first_administrators_link_until_somebody_of_the_office_has_come_in(place: Path) -> None:
    write_demo_roster(place / "roster.xlsx", load_demo_bureau(place / "content/demo/bureau.toml"))
    command(place, "import", "roster", "roster.xlsx", "--yes")
    with serving(place) as server:
        assert re.search(r"http://127\.0\.0\.1:\d+/in/\S+", printed_until_serving(server))
    with serving(place) as server:
        printed = printed_until_serving(server)
        link = re.search(r"http://127\.0\.0\.1:\d+/in/\S+", printed)
        assert link, printed
        time.sleep(0.3)
        with urllib.request.urlopen(link[0], timeout=10) as page:
            assert "以山桂花的身份打开" in page.read().decode()
        with urllib.request.urlopen(link[0], data=b"", timeout=10):
            pass
        taken = command(place, "run")
        assert taken.returncode == 1
        assert "已被占用" in taken.stdout
    with serving(place) as server:
        assert "/in/" not in printed_until_serving(server)
