"""What of the tables goes into backups: nothing that lets anybody in."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import zipfile
from datetime import timedelta
from pathlib import Path

from msgspec.structs import replace
from sqlalchemy import inspect
from sqlmodel import select

from bot.app import App
from bot.clock import ShiftedClock
from bot.config import Settings
from bot.signing import sign_in_path
from bot.store import audit, rating
from bot.store.access import BindCode
from bot.store.core.backup import restore_backup, write_backup
from bot.store.core.engine import open_store
from bot.store.core.statements import StoreSession
from bot.store.delivery import OutgoingMessage
from bot.store.rating import RatingVoter
from bot.store.sessions import WebSession, hash_of
from bot.store.tables import METADATA
from tests.support.cast import MEMBERS, ROADS, SECRETARY
from tests.support.chat import Chat
from tests.support.databases import Databases, Holds
from tests.support.meetings import plan
from tests.support.pages import Pages
from tests.support.rating import draft
from tests.support.shipped import CHAIN, shipped_content

DECIDED = {
    "auditentry.hash": "the chain",
    "audit_head.hash": "the chain",
    "audit_head.key": "the name of a key",
    "delivery.token": "a lease, at most minutes long",
    "due.key": "the name of a matter",
    "material.code": "a public number",
    "outgoing.key": "the name of a matter",
    "question.code": "a public number",
    "questionreport.code": "a public number",
    "rating_approval.manifest_hash": "on the big screen",
    "rating_round.manifest_hash": "on the big screen",
    "rating_round.public_key": "public",
    "rating_round.test_challenge_hash": "of a random text that opens nothing",
    "reading.code": "a public number",
    "send_rate.key": "the name of a chat",
}
"""Columns that sound like a secret and are saved."""


def test_every_column_that_sounds_like_a_secret_is_decided() -> None:
    found = set()
    for table in METADATA.tables.values():
        if not table.info.get("saved", True):
            continue
        for column in table.columns:
            sounds = re.search(r"hash|token|secret|code|(^|_)key($|_)|passw|cookie|link", column.name)
            if sounds and column.info.get("saved", True) is True and not column.foreign_keys:
                found.add(f"{table.name}.{column.name}")
    assert found - set(DECIDED) == set()


async def test_a_backup_lets_nobody_in(
    chat: Chat, pages: Pages, clock: ShiftedClock, databases: Databases, tmp_path: Path
) -> None:
    """Signed-in browsers, links that were used and that wait in a message, binding codes, codes of a rating."""
    app = chat.app
    await pages.enter(SECRETARY, "/notices")
    key = pages.http.cookies["azalea"]
    await chat.say(SECRETARY, f"绑定码 {MEMBERS[0]}")
    codes = await app.store.write(_slips, app, clock)
    await app.store.write(plan, clock.now() + timedelta(minutes=5), "支部党员大会")
    await chat.say(SECRETARY, "签到 开始", group=ROADS)
    waiting = await app.store.read(_waiting)
    assert waiting
    file = tmp_path / "saved.zip"
    await asyncio.to_thread(write_backup, app.store.engine, file, clock.now())
    bound = await app.store.read(lambda session: session.exec(select(BindCode.code_hash)).one())
    hashes = await app.store.read(lambda session: list(session.exec(select(RatingVoter.code_hash))))
    written = b"".join(_members(file).values()).decode()
    for secret in (key, hash_of(key), bound, *waiting, *codes, *filter(None, hashes)):
        assert secret not in written
    assert len([one for one in hashes if one]) == len(codes)

    store = open_store(databases.make("sqlite", tmp_path / "restored.db", Holds.NOTHING), CHAIN)
    clock.set(clock.now() + timedelta(minutes=1))
    await asyncio.to_thread(restore_backup, store.engine, file, clock.now())
    assert await store.read(lambda session: session.exec(select(WebSession)).all()) == []
    assert await store.read(lambda session: session.exec(select(BindCode)).all()) == []
    assert await store.read(audit.broken_at) is None
    store.close()


async def test_after_a_restore_no_link_of_before_signs_in(
    chat: Chat, pages: Pages, clock: ShiftedClock, databases: Databases, settings: Settings, tmp_path: Path
) -> None:
    """Which of them were used is known no more."""
    app, file = chat.app, tmp_path / "saved.zip"
    await asyncio.to_thread(write_backup, app.store.engine, file, clock.now())
    link = sign_in_path(app.library.signer, SECRETARY, "/chat", clock.now())
    assert (await pages.http.post(link)).status_code == 200
    url = databases.make("sqlite", tmp_path / "restored.db", Holds.NOTHING)
    store = open_store(url, CHAIN)
    clock.set(clock.now() + timedelta(minutes=1))
    await asyncio.to_thread(restore_backup, store.engine, file, clock.now())
    store.close()
    other = App(replace(settings, store=replace(settings.store, url=url)), shipped_content(), clock)
    browser = Pages(other)
    assert (await browser.http.post(link)).status_code == 403
    clock.set(clock.now() + timedelta(minutes=1))
    assert (await browser.enter(SECRETARY, "/notices")).status_code == 200
    await browser.http.aclose()
    other.store.close()


async def test_a_backup_of_before_that_holds_sessions_gives_none_back(
    app: App, clock: ShiftedClock, databases: Databases, tmp_path: Path, database_kind: str
) -> None:
    file, older = tmp_path / "saved.zip", tmp_path / "older.zip"
    await asyncio.to_thread(write_backup, app.store.engine, file, clock.now())
    held = _members(file)
    manifest = json.loads(held["manifest.json"])
    row = {"key_hash": "k", "account": SECRETARY, "operator": False, "expires_at": "2030-01-01T00:00:00+00:00"}
    line = json.dumps(row).encode() + b"\n"
    manifest["tables"]["web_session"] = {"rows": 1, "sha256": hashlib.sha256(line).hexdigest()}
    held |= {"web_session.jsonl": line, "manifest.json": json.dumps(manifest).encode()}
    with zipfile.ZipFile(older, "w") as archive:
        for name, data in held.items():
            archive.writestr(name, data)
    url = databases.make(database_kind, tmp_path / "restored.db", Holds.NOTHING)
    store = open_store(url, CHAIN)
    await asyncio.to_thread(restore_backup, store.engine, older, clock.now())
    assert await store.read(lambda session: session.exec(select(WebSession)).all()) == []
    assert "web_session" in inspect(store.engine).get_table_names()
    store.close()
    databases.drop(url)


def _slips(session: StoreSession, app: App, clock: ShiftedClock) -> list[str]:
    return rating.add_slips(session, draft(session, app, clock.now()), 0, 5)


def _waiting(session: StoreSession) -> list[str]:
    """The tokens of one-time links in messages."""
    told = [json.dumps(message) for message in session.exec(select(OutgoingMessage.message))]
    return re.findall(r"/in/([\w.-]+)", " ".join(told))


def _members(file: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
