"""`export`: a branch's month as files, the same that the chat and the console give."""

from __future__ import annotations

import secrets
from datetime import datetime
from pathlib import Path

from sqlmodel import col, select

from bot.commands.imports import opened
from bot.config import Settings
from bot.content import load_content
from bot.messages import Address, Unmade
from bot.router import Context, Library
from bot.services.records.compose import month_of
from bot.services.records.month import minutes_file, month_file
from bot.signing import Signer
from bot.store import records
from bot.store.core.engine import run_sync
from bot.store.core.statements import StoreSession
from bot.store.people import Unit, UnitKind


class UnknownBranch(Exception):
    """No branch has this name."""


def export_month(
    settings: Settings, content: Path, branch: str, year: int, month: int, folder: Path, now: datetime
) -> list[Path]:
    """Write the month's Word and Excel files and the minutes; the paths. Raises UnknownBranch."""
    library = Library(load_content(content), settings, Signer(secrets.token_bytes(32)))
    folder.mkdir(parents=True, exist_ok=True)
    with opened(settings) as store:
        files = run_sync(store, _files, library, branch, year, month, now)
    written = []
    for file in (one.made() for one in files):
        path = folder / file.name
        path.write_bytes(file.data)
        written.append(path)
    return written


def _files(session: StoreSession, library: Library, branch: str, year: int, month: int, now: datetime) -> list[Unmade]:
    unit = session.exec(select(Unit).where(col(Unit.name) == branch, col(Unit.kind) == UnitKind.BRANCH)).first()
    if unit is None or unit.id is None:
        raise UnknownBranch(branch)
    ctx = Context(session, now, library, Address("", ""), unit_id=unit.id)
    record = month_of(ctx, unit.id, year, month, named=True)
    held = records.held_in(session, unit.id, year, month, now)
    files = [month_file(ctx, record, "docx"), month_file(ctx, record, "xlsx")]
    return files + [minutes_file(ctx, one) for one in held if records.find(session, one.id or 0)]
