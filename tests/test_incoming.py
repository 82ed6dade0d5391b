"""What is no text comes in nowhere: the same is stored on SQLite and on PostgreSQL, and every backup can be restored."""

from __future__ import annotations

import asyncio
import hashlib
import json
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook
from sqlmodel import col, select

from bot.channels.local.frames import parse
from bot.clock import ShiftedClock
from bot.incoming import clean, cleaned, read_json
from bot.learning.quiz_bank import load_bank
from bot.messages import Address, Inbound
from bot.roster.sheets import cell_text
from bot.store import audit
from bot.store.core.backup import restore_backup, write_backup
from bot.store.core.engine import open_store
from bot.store.people import Member
from bot.store.prompts import InboundEvent
from bot.store.rating import RatingRound
from tests.support.cast import MEMBERS, SECRETARY
from tests.support.chat import Chat
from tests.support.databases import Databases, Holds
from tests.support.pages import Pages
from tests.support.shipped import CHAIN

DIRT = "\0\x01\x1b\x7f\x9f\ud83d\u202e\u2066\u200f\uffff"
TITLE = f"年度{DIRT}评议"
CLEAN = "年度评议"


@given(st.text(st.characters()), st.text(st.characters()))
def test_what_is_cleaned_can_be_stored_and_is_clean(one: str, other: str) -> None:
    made = clean(f"{one}\ud800{other}")
    made.encode()
    assert "\0" not in made
    assert clean(made) is made
    assert read_json(json.dumps([{one: other}])) == [{clean(one): clean(other)}]


def test_what_people_write_stays_as_it_is() -> None:
    for kept in ("阿卜杜拉·买买提\u3000同志", "一行\n\t二行", "👨\u200d👩\u200d👧", "René", "𠮷"):
        assert clean(kept) == kept
    assert clean("一\r\n二\r三\u2028四\x0b五") == "一\n二\n三\n四\n五"
    assert clean(TITLE) == CLEAN
    value = {"a": ["b", ("c", 1)], "d": None}
    assert cleaned(value) is value
    assert cleaned({TITLE: [TITLE, (TITLE, 2)]}) == {CLEAN: [CLEAN, (CLEAN, 2)]}


async def test_a_form_is_read_as_our_pages_are_written(pages: Pages) -> None:
    """Whatever codec its sender names: some fail in ways of their own, some take minutes."""
    body = b'--B\r\nContent-Disposition: form-data; name="code"\r\n\r\n' + b"-a9" * 3_000 + b"\r\n--B--\r\n"
    for kind in ("multipart/form-data; charset={}; boundary=B", 'Multipart/Form-Data;boundary="B";CHARSET="{}"'):
        for codec in ("punycode", "idna", "utf-16", "base64", "unicode_escape", "nonsense"):
            headers = {"content-type": kind.format(codec)}
            for path in ("/rating/code", "/out", "/notices"):
                answer = await pages.http.post(path, content=body, headers=headers, follow_redirects=False)
                assert answer.status_code in (303, 401, 403), (path, codec)
    bare = await pages.http.post(
        "/rating/code", content=body, headers={"content-type": "multipart/form-data; boundary"}
    )
    assert bare.status_code == 400


async def test_a_form_an_address_and_a_frame(chat: Chat, pages: Pages) -> None:
    """Names and values of fields, of files, queries and paths, JSON inside of a form, and what a browser's chat says."""
    page = await pages.enter(SECRETARY, "/ratings")
    unit = page.text.partition('name="unit" value="')[2].partition('"')[0]
    sent = TITLE.encode("utf-8", "surrogatepass").decode("latin-1")
    token = page.text.partition('name="csrf" value="')[2].partition('"')[0]
    for title in (TITLE.replace("\ud83d", ""), sent):
        fields = {"csrf": token, "unit": unit, "kind": "member_rating", "mode": "sealed", "title": title}
        done = await pages.http.post("/ratings", data=fields)
        assert done.status_code == 200
    titles = await chat.app.store.read(lambda session: list(session.exec(select(RatingRound.title))))
    assert titles[0] == CLEAN
    assert all(clean(title) == title for title in titles)
    for address in (
        "/ratings/%001?said=%00",
        "/notices?said=%00%1b",
        "/quiz/take?x=%E2%80%AE%00",
        "/static/%00",
        "/in/%00",
    ):
        assert (await pages.http.get(address)).status_code in (200, 403, 404), address


async def test_an_event_of_any_channel(chat: Chat) -> None:
    """Text, the platform's number, a token, the chat: nothing of it is stored as it came."""
    for channel in ("local", "telegram"):
        here = Address(channel, f"{MEMBERS[0]}\0")
        said = Inbound(channel, f"{MEMBERS[0]}\0", here, f"e{DIRT}1", text=f"帮\0助{DIRT}", token="")
        reply = await chat.app.handle(said)
        assert reply.message is not None
        again = await chat.app.handle(Inbound(channel, MEMBERS[0], Address(channel, MEMBERS[0]), "e1", text="帮助"))
        assert again.duplicate, "it was the event that is known by its clean number"
        tapped = Inbound(channel, MEMBERS[0], Address(channel, MEMBERS[0]), f"t{channel}", token="c:\0帮助")
        assert (await chat.app.handle(tapped)).message is not None
    events = await chat.app.store.read(lambda session: list(session.exec(select(InboundEvent.event_id))))
    assert "e1" in events


def test_a_frame_of_the_chat() -> None:
    frame = parse('{"op": "say", "id": "1\\u0000", "chat": "a\\u202e", "text": "b\\u0000c", "token": "\\u001b"}')
    assert (frame.id, frame.chat, frame.text, frame.token) == ("1", "a", "bc", "")
    assert parse('{"op": "say", "id": "1", "text": "b\\ud83d\\u0000"}').text == "b"


def test_cells_and_files_of_content(tmp_path: Path) -> None:
    book = Workbook()
    assert book.active is not None
    book.active["A1"] = "ok"
    assert cell_text(f"李{DIRT}明") == "李明"
    bank = (Path(__file__).parent.parent / "content" / "quiz").glob("*.toml")
    source = next(bank).read_text(encoding="utf-8")
    (tmp_path / "one.toml").write_text(source.replace('stem = "', 'stem = "\\u0000\\u202E', 1), encoding="utf-8")
    assert all(clean(one.stem) == one.stem for one in load_bank(tmp_path))


@pytest.mark.parametrize("target", ["sqlite", "postgresql"])
async def test_a_backup_with_a_nul_is_restored_and_says_so(
    chat: Chat, clock: ShiftedClock, databases: Databases, tmp_path: Path, target: str
) -> None:
    """As an SQLite program of before made it."""
    app, file, older = chat.app, tmp_path / "saved.zip", tmp_path / "older.zip"
    await chat.say(SECRETARY, "帮助")
    await asyncio.to_thread(write_backup, app.store.engine, file, clock.now())
    with zipfile.ZipFile(file) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(held["manifest.json"])
    lines = [json.loads(line) for line in held["member.jsonl"].splitlines()]
    lines[0]["name"], lines[1]["name"] = TITLE, f"甲{DIRT}"
    held["member.jsonl"] = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    manifest["tables"]["member"]["sha256"] = hashlib.sha256(held["member.jsonl"]).hexdigest()
    held["manifest.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(older, "w") as archive:
        for name, data in held.items():
            archive.writestr(name, data)
    url = databases.make(target, tmp_path / "restored.db", Holds.NOTHING)
    store = open_store(url, CHAIN)
    restored = await asyncio.to_thread(restore_backup, store.engine, older, clock.now())
    assert restored.cleaned == 2
    names = await store.read(lambda session: list(session.exec(select(Member.name).order_by(col(Member.id)))))
    assert names[:2] == [CLEAN, "甲"]
    assert await store.read(audit.broken_at) is None
    store.close()
    databases.drop(url)
