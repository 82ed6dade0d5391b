"""Files that a stranger may have made: read outside the store, with limits of time, cells and memory, on every way in."""

from __future__ import annotations

import asyncio
import json
import time
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import Workbook

from bot.app import App
from bot.content import load_marks
from bot.process.apart import TooMuch, apart
from bot.roster import load_roster_words, read_roster
from bot.services.rating.roll import ListWords, read_list
from bot.store.core.backup import BackupError, read_manifest
from bot.texts import load_texts
from tests.support.cast import MEMBERS, ROADS
from tests.support.chat import Chat
from tests.support.commands import run_command
from tests.support.pages import Pages
from tests.support.rating_console import begun, forged
from tests.support.shipped import ROOT
from tests.support.wording import says

SHEET = "xl/worksheets/sheet1.xml"
HEAD = '<row r="1"><c r="A1" t="inlineStr"><is><t>姓名</t></is></c></row>'
Bomb = Callable[[str], str]


def _rewritten(change: Bomb, name: str = SHEET) -> bytes:
    """A small workbook, one part of which is changed."""
    plain, changed = BytesIO(), BytesIO()
    workbook = Workbook()
    workbook.active.append(["姓名", "支部", "类别"])  # type: ignore[union-attr]
    workbook.active.append([MEMBERS[0], ROADS, "局领导"])  # type: ignore[union-attr]
    workbook.save(plain)
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            text = old.read(entry).decode()
            new.writestr(entry.filename, change(text) if entry.filename == name else text)
    return changed.getvalue()


def _rows(rows: str) -> bytes:
    return _rewritten(
        lambda text: text[: text.index("<sheetData>")] + f"<sheetData>{HEAD}{rows}</sheetData></worksheet>"
    )


def _bombs() -> dict[str, bytes]:
    cells = "".join(f'<c r="{name}{{0}}" t="n"><v>1</v></c>' for name in ("A", "XFD"))
    return {
        "a row far away": _rows('<row r="1000000000000000"><c r="A1000000000000000"/></row>'),
        "a row far away, written otherwise": _rows('<row r="1e15"><c/></row>'),
        "a row before the first": _rows('<row r="-5"><c r="A1"/></row>'),
        "a row of 600,000 cells": _rows('<row r="2">' + "<c><v>1</v></c>" * 600_000 + "</row>"),
        "a cell in no column": _rows('<row r="2"><c r="ZZZ2"><v>1</v></c></row>'),
        "wide rows": _rows("".join(f"<row>{cells.format(number)}</row>" for number in range(2, 12_000))),
        "rows far apart, again and again": _rows('<row r="1"/><row r="1048576"/>' * 50),
        "entities": _rewritten(
            lambda text: '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>'
            + text.replace("</sheetData>", '<row><c t="inlineStr"><is><t>&b;</t></is></c></row></sheetData>')
        ),
        "merged without end": _rewritten(
            lambda text: text.replace(
                "</sheetData>",
                '</sheetData><mergeCells count="1">' + '<mergeCell ref="A1:A1048576"/>' * 3 + "</mergeCells>",
            )
        ),
        "commas": b"," * 2_000_000,
        "elements": _rewritten(lambda text: text.replace("</styleSheet>", "<a/>" * 1_600_000 + "</styleSheet>"), "xl/styles.xml"),
    }  # fmt: skip


BOMBS = _bombs()


@pytest.fixture(scope="module")
def words() -> ListWords:
    content = ROOT / "content"
    return ListWords.of(
        load_texts(content / "texts"), load_roster_words(content / "roster.toml", load_marks(content / "secrecy.toml"))
    )


def test_a_small_file_stays_small_whatever_it_says(words: ListWords, tmp_path: Path) -> None:
    for name, data in BOMBS.items():
        begun_at = time.process_time()
        assert not read_list(data, "x.xlsx", words).lines, name
        if " row" in name:
            path = tmp_path / "roster.xlsx"
            path.write_bytes(data)
            assert read_roster(path, words.roster).has_errors, name
        assert time.process_time() - begun_at < 8, name


def test_rows_and_columns_as_real_programs_write_them_are_read(words: ListWords) -> None:
    for change in (
        lambda text: text.replace('r="2"', 'r="2.0"'),
        lambda text: text.replace('<row r="2"', '<row r="900000"').replace("A2", "A900000").replace("C2", "C900000"),
        lambda text: text.replace('r="A2" ', "").replace('r="B2" ', "").replace('r="C2" ', ""),
        lambda text: text.replace("</row></sheetData>", '<c r="XFD2" s="0"/></row></sheetData>'),
    ):
        found = read_list(_rewritten(change), "x.xlsx", words)
        assert [line.name for line in found.lines] == [MEMBERS[0]]


async def test_a_process_apart_has_limits() -> None:
    for seconds, work, args in (
        (1.0, _busy, ()),
        (0.3, time.sleep, (60,)),
        (5.0, bytearray, (1 << 31,)),
        (5.0, _deep, ()),
    ):
        with pytest.raises(TooMuch):
            await apart(seconds, work, *args)  # type: ignore[arg-type]
    with pytest.raises(ZeroDivisionError):
        await apart(5.0, _fails)
    assert await apart(5.0, sorted, [2, 1]) == [1, 2]


def _busy() -> None:
    while True:
        pass


def _deep() -> object:
    return json.loads("[" * 200_000)


def _fails() -> float:
    return 1 / 0


async def test_an_upload_holds_up_nobody(chat: Chat, pages: Pages, app: App) -> None:
    path = (await begun(pages)).url.path
    token = app.access.csrf(pages.http.cookies["azalea"])
    done = asyncio.create_task(_upload(pages, path, token, BOMBS["a row of 600,000 cells"]))
    slowest = 0.0
    while not done.done():
        asked = time.monotonic()
        assert await chat.say(MEMBERS[0], "帮助")
        slowest = max(slowest, time.monotonic() - asked)
    assert slowest < 5
    assert says(await done, "rating_console.upload.refused", count=1)
    assert says(await _upload(pages, path, token, BOMBS["a row far away"]), "rating_console.upload.refused", count=1)


async def test_a_list_that_is_deeper_than_any_is_refused(pages: Pages, chat: Chat) -> None:
    path = (await begun(pages)).url.path
    refused = await forged(pages, path, action="take_voters", list="[" * 100_000)
    assert refused.status_code in (403, 422)
    assert says(refused.text, "rating_console.upload.changed")


async def _upload(pages: Pages, path: str, token: str, data: bytes) -> str:
    sent = {"csrf": token, "action": "voters"}
    return (await pages.http.post(f"{path}/upload", data=sent, files={"file": ("x.xlsx", data)})).text


def test_the_command_line_reads_apart_too(tmp_path: Path) -> None:
    for name in ("config.toml", "content"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "roster.xlsx").write_bytes(BOMBS["a row far away"])
    refused = run_command(tmp_path, "import", "roster", "roster.xlsx", "--yes")
    assert refused.returncode == 1
    assert says(refused.stdout, "cli.roster_errors", count=1)
    (tmp_path / "bank").mkdir()
    (tmp_path / "bank/1.toml").write_text("a = " + "[" * 100_000, encoding="utf-8")
    refused = run_command(tmp_path, "import", "questions", "bank")
    assert refused.returncode == 1
    assert says(refused.stdout, "cli.content_wrong")
    assert "Traceback" not in refused.stderr


def test_a_backup_made_to_harm_is_refused_in_a_sentence(tmp_path: Path) -> None:
    for name in ("config.toml", "content"):
        (tmp_path / name).symlink_to(ROOT / name)
    for number, (manifest, rows) in enumerate(
        (
            ("[" * 100_000, b""),
            (json.dumps([]), b""),
            (json.dumps({"tables": {"unit": {"sha256": "0"}}, "written_at": "x" * 60_000_000}), b""),
            (json.dumps({"tables": {"unit": {"sha256": "0"}}, "written_at": "2026-11-02"}), b"x" * 60_000_000),
            (json.dumps({"tables": {"unit": 1}, "written_at": 5}), b""),
        )
    ):
        file = tmp_path / f"{number}.zip"
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
            made.writestr("manifest.json", manifest)
            made.writestr("unit.jsonl", rows)
        with pytest.raises(BackupError, match="not a readable backup"):
            read_manifest(file)
    refused = run_command(tmp_path, "restore", "0.zip")
    assert refused.returncode == 1
    assert says(refused.stdout, "cli.restore_wrong")
    assert "Traceback" not in refused.stderr
