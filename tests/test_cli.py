"""The commands, run as a person runs them."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.workloads import free_port
from bot.clock import SystemClock
from bot.demo.roster import load_demo_bureau, write_demo_roster
from tests.support.commands import run_command
from tests.support.wording import says, sentence

ROOT = Path(__file__).parent.parent


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with the shipped configuration and content, as an office would set it up. It has looked after its
    calendars: this year's and the next two are there, empty where none is shipped."""
    text = (ROOT / "config.toml").read_text(encoding="utf-8")
    (tmp_path / "config.toml").write_text(text.replace("8080", str(free_port())), encoding="utf-8")
    shutil.copytree(ROOT / "content", tmp_path / "content")
    this_year = SystemClock().now().year
    for year in range(this_year, this_year + 3):
        calendar = tmp_path / f"content/calendar/{year}.toml"
        if not calendar.exists():
            calendar.write_text("off = []\nwork = []\n", encoding="utf-8")
    return tmp_path


def test_help_is_in_chinese_and_english(place: Path) -> None:
    shown = run_command(place, "--help").stdout
    for name in ("run", "demo", "import", "export", "backup", "restore", "doctor", "teller-key", "retally"):
        assert re.search(rf"│ {name} .*[\u4e00-\u9fff].*/ ", shown), name
    assert says(run_command(place, "import", "roster", "--help").stdout, "cli.cmd_import_roster")


def test_a_roster_is_tried_first_and_written_whole_or_not_at_all(place: Path) -> None:
    write_demo_roster(place / "roster.xlsx", load_demo_bureau(place / "content/demo/bureau.toml"))
    dry = run_command(place, "import", "roster", "roster.xlsx", "--dry-run")
    assert dry.returncode == 0
    assert says(dry.stdout, "cli.roster_plan", added=520)
    refused = run_command(place, "import", "roster", "roster.xlsx", answer="n\n")
    assert says(refused.stdout, "cli.roster_plan", added=520)
    done = run_command(place, "import", "roster", "roster.xlsx", "--yes")
    assert says(done.stdout, "cli.roster_done")
    again = run_command(place, "import", "roster", "roster.xlsx", "--yes")
    assert says(again.stdout, "cli.roster_plan", added=0, updated=0, unchanged=520)


def test_people_whom_the_roster_no_longer_names_leave_only_when_told(place: Path) -> None:
    rows = "姓名,所在支部,党员类型,职务\n林杜鹃,甲支部,正式党员,书记\n叶海棠,甲支部,正式党员,\n"
    (place / "two.csv").write_text(rows, encoding="utf-8")
    (place / "one.csv").write_text(rows.rsplit("叶", 1)[0], encoding="utf-8")
    run_command(place, "import", "roster", "two.csv", "--yes")
    kept = run_command(place, "import", "roster", "one.csv", "--yes").stdout
    assert says(kept, "cli.roster_missing")
    assert "叶海棠" in kept
    assert says(run_command(place, "doctor").stdout, "cli.doctor.database_ok", members=2)
    left = run_command(place, "import", "roster", "one.csv", "--yes", "--others-left").stdout
    assert says(left, "cli.roster_leaving")
    assert says(run_command(place, "doctor").stdout, "cli.doctor.database_ok", members=1)


def test_a_transfer_is_shown_before_it_is_written(place: Path) -> None:
    rows = "姓名,所在支部,党员类型\n林杜鹃,甲支部,正式党员\n叶海棠,{}支部,正式党员\n花水杉,乙支部,正式党员\n"
    (place / "old.csv").write_text(rows.format("甲"), encoding="utf-8")
    (place / "new.csv").write_text(rows.format("乙"), encoding="utf-8")
    run_command(place, "import", "roster", "old.csv", "--yes")
    dry = run_command(place, "import", "roster", "new.csv", "--dry-run").stdout
    assert says(dry, "cli.roster_moved", count=1)
    assert says(dry, "cli.roster_move", name="叶海棠", before="甲支部", after="乙支部")
    assert says(dry, "cli.roster_plan", added=0, updated=0, unchanged=2)
    run_command(place, "import", "roster", "new.csv", "--yes")
    assert says(run_command(place, "doctor").stdout, "cli.doctor.database_ok", members=3)


def test_bad_rows_are_named_and_nothing_is_written(place: Path) -> None:
    rows = "姓名,所在支部,党员类型,职务\n林杜鹃,甲支部,正式党员,书记\n,甲支部,正式党员,\n叶海棠,甲支部,外星党员,\n"
    (place / "bad.csv").write_text(rows, encoding="gb18030")
    bad = run_command(place, "import", "roster", "bad.csv", "--yes")
    assert bad.returncode == 1
    assert says(bad.stdout, "cli.roster_row", row=3)
    assert says(bad.stdout, "cli.roster_row", row=4)
    assert says(bad.stdout, "cli.roster_errors")
    found = run_command(place, "doctor").stdout
    assert says(found, "cli.doctor.database_ok", members=0) or says(found, "cli.doctor.database_new")


def test_brackets_in_a_roster_and_in_a_finding_are_shown_as_they_are(place: Path) -> None:
    rows = "姓名,所在支部,党员类型,[/备注]\n林杜鹃,甲支部,[/b]党员,\n"
    (place / "brackets.csv").write_text(rows, encoding="utf-8")
    shown = run_command(place, "import", "roster", "brackets.csv", "--dry-run")
    assert shown.returncode == 1
    assert "[/b]党员" in shown.stdout
    (place / "var").mkdir(exist_ok=True)
    (place / "var/azalea.db").write_text("not a database " * 20, encoding="utf-8")
    assert says(run_command(place, "doctor").stdout, "cli.store_wrong")


def test_a_wrong_configuration_is_one_sentence_without_a_traceback(place: Path) -> None:
    path = place / "config.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("code_hours", "kode_hours"), encoding="utf-8")
    wrong = run_command(place, "doctor")
    assert wrong.returncode == 1
    assert "binding.kode_hours: unknown key" in wrong.stdout
    assert "Traceback" not in wrong.stdout + wrong.stderr


def test_questions_and_materials_are_imported_and_a_revised_rule_set_stops_its_questions(place: Path) -> None:
    assert says(run_command(place, "import", "questions").stdout, "cli.imported", added=30)
    assert says(run_command(place, "import", "questions", "content/quiz").stdout, "cli.imported", unchanged=30)
    stopped = run_command(place, "import", "questions", "--replaced", "DV").stdout
    assert says(stopped, "cli.replaced", name="DV", count=3)
    assert says(run_command(place, "import", "materials").stdout, "cli.imported", added=4)
    bank = place / "content/quiz/sample.toml"
    bank.write_text(bank.read_text(encoding="utf-8").replace('type = "single"', 'type = "sngle"', 1), encoding="utf-8")
    wrong = run_command(place, "import", "questions")
    assert wrong.returncode == 1
    assert "sample.toml:" in wrong.stdout


def test_a_folder_that_is_not_there_retires_no_question(place: Path) -> None:
    run_command(place, "import", "questions")
    for mistyped in ("content/quizz", "content/quiz/sample.toml"):
        wrong = run_command(place, "import", "questions", mistyped)
        assert wrong.returncode == 1
        assert f"{mistyped}: no *.toml file" in wrong.stdout
    assert says(run_command(place, "import", "questions").stdout, "cli.imported", unchanged=30)


def test_imports_add_and_retire_only_when_asked(place: Path) -> None:
    run_command(place, "import", "questions")
    run_command(place, "import", "materials")
    bank = (place / "content/quiz/sample.toml").read_text(encoding="utf-8")
    more = place / "more"
    more.mkdir()
    question = "[[question]]" + bank.split("[[question]]")[1].replace('id = "', 'id = "more-', 1)
    (more / "one.toml").write_text(question, encoding="utf-8")
    (more / "new.docx").write_bytes(b"PK")
    added = run_command(place, "import", "questions", "more").stdout
    assert says(added, "cli.imported", added=1, changed=0, unchanged=0)
    assert says(added, "cli.imported_others", count=30)
    assert says(added, "cli.imported_unread", count=1, names="new.docx")
    assert says(run_command(place, "import", "questions").stdout, "cli.imported", unchanged=30)
    (more / "one.toml").unlink()
    for what in ("questions", "materials"):
        nothing = run_command(place, "import", what, "more", "--retire-others", "--yes")
        assert nothing.returncode == 1
        assert "new.docx" in nothing.stdout
    assert says(run_command(place, "import", "materials").stdout, "cli.imported", unchanged=4)
    shutil.copy(next((place / "content/study").glob("*.md")), more / "one.md")
    kept = run_command(place, "import", "materials", "more", "--retire-others", answer="n\n").stdout
    assert says(kept, "cli.imported", added=1)
    assert says(kept, "cli.imported_others", count=4)
    assert says(run_command(place, "import", "materials").stdout, "cli.imported", unchanged=4)
    assert says(
        run_command(place, "import", "materials", "more", "--retire-others", "--yes").stdout, "cli.retired", count=4
    )


def test_a_bank_with_numbers_of_persons_is_refused(place: Path) -> None:
    bank = place / "content/quiz/sample.toml"
    text = bank.read_text(encoding="utf-8")
    field = 'explanation = "'
    for number in ("420106-19900101-1234", "138 0000 1111"):
        bank.write_text(text.replace(field, f"{field}{number} ", 1), encoding="utf-8")
        refused = run_command(place, "import", "questions")
        assert refused.returncode == 1
        assert "explanation hits SC-6" in refused.stdout
        assert number not in refused.stdout
    study = next((place / "content/study").glob("*.md"))
    head = study.read_text(encoding="utf-8")
    study.write_text(head.replace('approver = "', 'approver = "420106-19900101-1234', 1), encoding="utf-8")
    assert "SC-6" in run_command(place, "import", "materials").stdout
    study.write_text(head, encoding="utf-8")
    named = study.rename(study.with_name("420106-19900101-1234.md"))
    assert "SC-6" in run_command(place, "import", "materials").stdout
    named.rename(study.with_name(os.fsdecode("材料.md".encode("gb18030"))))
    refused = run_command(place, "import", "materials")
    assert refused.returncode == 1
    assert "another one" in refused.stdout


HEADER = "姓名,党支部,党员类型,党内职务,手机号\n"
OFFICE = "林杜鹃,甲支部,正式党员,党建办,13800001111\n叶海棠,甲支部,正式党员,书记,13800002222\n"


def test_a_loss_is_named_before_anybody_says_yes(place: Path) -> None:
    (place / "old.csv").write_text(HEADER + OFFICE, encoding="utf-8")
    (place / "new.csv").write_text(HEADER + OFFICE.replace("党建办,13800001111", "组织委员,"), encoding="utf-8")
    (place / "bare.csv").write_text(
        "姓名,党支部,党员类型\n林杜鹃,甲支部,正式党员\n叶海棠,甲支部,正式党员\n", encoding="utf-8"
    )
    run_command(place, "import", "roster", "old.csv", "--yes")
    assert not says(run_command(place, "doctor").stdout, "cli.doctor.administrator_none")
    bare = run_command(place, "import", "roster", "bare.csv", "--yes").stdout
    assert says(bare, "cli.roster_plan", updated=0, unchanged=2)
    assert says(bare, "cli.roster_lacking")
    changed = run_command(place, "import", "roster", "new.csv", answer="n\n").stdout
    assert says(changed, "cli.roster_losses", count=1)
    lost = [sentence("mine.fact_post_party_office", unit="局党委"), sentence("cli.roster_lost.phone")]
    assert says(changed, "cli.roster_loss", name="林杜鹃", branch="甲支部", what=sentence("cli.comma").join(lost))
    assert says(changed, "cli.roster_no_administrator")
    assert says(run_command(place, "import", "roster", "old.csv", "--yes").stdout, "cli.roster_plan", unchanged=2)
    run_command(place, "import", "roster", "new.csv", "--yes")
    assert says(run_command(place, "doctor").stdout, "cli.doctor.administrator_none")


def test_nobody_leaves_by_a_file_that_was_not_read_whole(place: Path) -> None:
    (place / "old.csv").write_text(HEADER + OFFICE, encoding="utf-8")
    (place / "part.csv").write_text(
        "姓名,党支部,党员类型,,姓名,党支部,党员类型\n林杜鹃,甲支部,正式党员,,叶海棠,甲支部,正式党员\n", encoding="utf-8"
    )
    first = run_command(place, "import", "roster", "old.csv", "--yes").stdout
    assert not says(first, "cli.roster_partial")
    refused = run_command(place, "import", "roster", "part.csv", "--yes", "--others-left")
    assert refused.returncode == 1
    assert says(refused.stdout, "cli.roster_sheet_row", sheet="part.csv", row=2)
    assert says(refused.stdout, "cli.roster_partial_left")
    taken = run_command(place, "import", "roster", "part.csv", "--yes").stdout
    assert says(taken, "cli.roster_partial")
    assert says(taken, "cli.roster_done")
    assert says(run_command(place, "doctor").stdout, "cli.doctor.database_ok", members=2)


def test_an_unknown_branch_is_refused_with_the_words_that_answer_it(place: Path) -> None:
    (place / "old.csv").write_text(HEADER + OFFICE, encoding="utf-8")
    (place / "new.csv").write_text(HEADER + OFFICE.replace("甲支部", "第一支部"), encoding="utf-8")
    run_command(place, "import", "roster", "old.csv", "--yes")
    refused = run_command(place, "import", "roster", "new.csv", "--yes")
    assert refused.returncode == 1
    assert "--renamed 甲支部=第一支部" in refused.stdout
    assert "--new 第一支部" in refused.stdout
    wrong = run_command(place, "import", "roster", "new.csv", "--yes", "--renamed", "甲支部")
    assert says(wrong.stdout, "cli.roster_renamed_wrong")
    done = run_command(place, "import", "roster", "new.csv", "--yes", "--renamed", "甲支部=第一支部")
    assert says(done.stdout, "cli.roster_plan", added=0, unchanged=2, units=0)
    assert says(done.stdout, "cli.roster_done")


def test_backup_restore_and_doctor(place: Path) -> None:
    write_demo_roster(place / "roster.xlsx", load_demo_bureau(place / "content/demo/bureau.toml"))
    run_command(place, "import", "roster", "roster.xlsx", "--yes")
    assert says(run_command(place, "doctor").stdout, "cli.doctor.backup_none")
    assert says(run_command(place, "backup", "saved.zip").stdout, "cli.backup_done")
    full = run_command(place, "restore", "saved.zip")
    assert full.returncode == 1
    assert says(full.stdout, "cli.restore_wrong")
    (place / "var/azalea.db").rename(place / "old.db")
    assert says(run_command(place, "restore", "saved.zip").stdout, "cli.restore_done")
    dry = run_command(place, "import", "roster", "roster.xlsx", "--dry-run")
    assert says(dry.stdout, "cli.roster_plan", unchanged=520)
    run_command(place, "backup")
    healthy = run_command(place, "doctor")
    assert says(healthy.stdout, "cli.doctor.database_ok", members=520)
    assert healthy.returncode == 0, healthy.stdout


def test_a_backup_of_nothing_and_one_that_cannot_be_written_say_so_and_leave_nothing(place: Path) -> None:
    nothing = run_command(place, "backup", "saved.zip")
    assert nothing.returncode == 1
    assert says(nothing.stdout, "cli.backup_nothing")
    run_command(place, "import", "questions")
    (place / "folder").mkdir()
    for target in ("folder", "config.toml/saved.zip"):
        refused = run_command(place, "backup", target)
        assert refused.returncode == 1
        assert says(refused.stdout, "cli.system_wrong")
        assert "Traceback" not in refused.stderr
    assert list(place.rglob("*.partial")) == []
    assert not (place / "saved.zip").exists()


def test_a_month_that_cannot_be_meant_and_a_branch_that_is_not_there_are_told_apart(place: Path) -> None:
    for month in ("2026-13", "202611", "9999-12", "十一月"):
        wrong = run_command(place, "export", "--branch", "甲支部", "--month", month)
        assert wrong.returncode == 1
        assert says(wrong.stdout, "cli.month_wrong")
    wrong = run_command(place, "export", "--branch", "甲支部", "--month", "2026-11")
    assert says(wrong.stdout, "cli.export_wrong", branch="甲支部")


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
        if says(line, "cli.serving"):
            break
    return "".join(lines)


def test_run_prints_the_first_administrators_link_until_somebody_of_the_office_has_come_in(place: Path) -> None:
    write_demo_roster(place / "roster.xlsx", load_demo_bureau(place / "content/demo/bureau.toml"))
    run_command(place, "import", "roster", "roster.xlsx", "--yes")
    with serving(place) as server:
        assert re.search(r"http://127\.0\.0\.1:\d+/in/\S+", printed_until_serving(server))
    with serving(place) as server:
        printed = printed_until_serving(server)
        link = re.search(r"http://127\.0\.0\.1:\d+/in/\S+", printed)
        assert link, printed
        time.sleep(0.3)
        with urllib.request.urlopen(link[0], timeout=10) as page:
            assert says(page.read().decode(), "web.sign_in_as", name="山桂花")
        with urllib.request.urlopen(link[0], data=b"", timeout=10):
            pass
        taken = run_command(place, "run")
        assert taken.returncode == 1
        assert says(taken.stdout, "cli.port_taken")
    with serving(place) as server:
        assert "/in/" not in printed_until_serving(server)
