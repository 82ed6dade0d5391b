"""`doctor`: looks at configuration, content, database and channels, and says what to mend."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text
from sqlalchemy import Engine, make_url, text
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col, func, select

from bot.commands.doctor_audit import audit_finding
from bot.commands.findings import Finding
from bot.config import Settings
from bot.content import Content, load_content
from bot.process.open_files import ENOUGH, may_open
from bot.store import access, due, groups, nightly, roster
from bot.store.core import schema
from bot.store.core.engine import open_store
from bot.store.core.lost import StoreLost, refuse_lost_file, refuse_traces
from bot.store.core.statements import StoreSession
from bot.store.delivery import Delivery, State
from bot.store.people import Member
from bot.texts import Texts
from bot.toml_files import ContentError

_LOW_DISK_MB = 500
_LATELY = timedelta(days=14)


def examine(settings: Settings, content: Path, texts: Texts, now: datetime) -> list[Finding]:
    """All findings, in the order of the report. The configuration was read already, so it is fine."""
    findings = [Finding("cli.doctor.config", True, "")]
    loaded: Content | None = None
    try:
        loaded = load_content(content)
        unknown = texts("cli.comma").join(loaded.texts.unknown)
        sentence = texts("cli.doctor.content_unknown", keys=unknown) if unknown else ""
        findings.append(Finding("cli.doctor.content", True, sentence))
    except ContentError as error:
        findings.append(Finding("cli.doctor.content", False, texts("cli.content_wrong", error=error)))
    findings += _database(settings, texts, now)
    if loaded is not None:
        findings += _calendar(loaded, texts, now)
    findings += _backups(settings, texts, now)
    findings.append(_disk(settings, texts))
    findings.append(_files(texts))
    findings.append(_telegram(settings, texts))
    return findings


def show(findings: list[Finding], texts: Texts, console: Console) -> bool:
    """Print the report; True when nothing needs mending."""
    table = Table(*(Column(texts(f"cli.doctor_{name}"), overflow="fold") for name in ("item", "state", "what")))
    for finding in findings:
        state = "[green]" + texts("cli.doctor_ok") if finding.ok else "[red]" + texts("cli.doctor_fix")
        table.add_row(texts(finding.item), state, Text(finding.sentence))
    console.print(table)
    wrong = sum(not finding.ok for finding in findings)
    console.print(texts("cli.doctor_some", count=wrong) if wrong else texts("cli.doctor_all_ok"))
    return not wrong


def _database(settings: Settings, texts: Texts, now: datetime) -> Iterator[Finding]:
    item = "cli.doctor.database"
    try:
        refuse_lost_file(make_url(settings.store.url), Path(settings.store.backup_folder))
    except StoreLost as lost:
        yield Finding(item, False, texts(lost.key, files=lost.named))
        return
    path = settings.store.url.removeprefix("sqlite:///")
    if settings.store.url.startswith("sqlite:") and not Path(path).exists():
        yield Finding(item, True, texts("cli.doctor.database_new"))
        return
    store = open_store(settings.store.url)
    try:
        revision = schema.current(store.engine)
        if revision is None:
            refuse_traces(Path(settings.store.backup_folder))
            yield Finding(item, True, texts("cli.doctor.database_new"))
        elif revision != schema.HEAD:
            yield Finding(item, True, texts("cli.doctor.database_old", revision=revision, head=schema.HEAD))
        else:
            yield from _contents(store.engine, revision, settings, texts, now)
    except StoreLost as lost:
        yield Finding(item, False, texts(lost.key, files=lost.named))
    except SQLAlchemyError as error:
        detail = str(getattr(error, "orig", error)).splitlines()[0]
        yield Finding(item, False, texts("cli.store_wrong", error=detail))
    finally:
        store.close()


def _contents(engine: Engine, revision: str, settings: Settings, texts: Texts, now: datetime) -> Iterator[Finding]:
    snapshot = {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}
    with engine.connect().execution_options(**snapshot) as connection, connection.begin():
        session = StoreSession(bind=connection)
        members = session.exec(select(func.count()).select_from(Member).where(col(Member.left_on).is_(None))).one()
        sentence = texts("cli.doctor.database_ok", revision=revision, members=members)
        yield Finding("cli.doctor.database", True, sentence)
        nobody = bool(members) and not roster.administrators(session)
        sentence = texts("cli.doctor.administrator_none") if nobody else ""
        yield Finding("cli.doctor.administrator", not nobody, sentence)
        if engine.dialect.name == "sqlite":
            detail = str(connection.execute(text("PRAGMA quick_check")).scalar())
            bad = "" if detail == "ok" else texts("cli.doctor.integrity_bad", detail=detail)
            yield Finding("cli.doctor.integrity", not bad, bad)
        yield audit_finding(session, settings, texts)
        lost = select(func.count()).select_from(Delivery).where(col(Delivery.state) == State.UNKNOWN)
        count = session.exec(lost).one()
        sentence = texts("cli.doctor.unknown_some", count=count) if count else ""
        yield Finding("cli.doctor.unknown", not count, sentence)
        silent = texts("notices.comma").join(groups.in_trouble(session))
        sentence = texts("cli.doctor.groups_some", units=silent) if silent else ""
        yield Finding("cli.doctor.groups", not silent, sentence)
        wrong = access.guessing(session, now)
        sentence = texts("cli.doctor.guessing_some", count=wrong) if wrong else ""
        yield Finding("cli.doctor.guessing", not wrong, sentence)
        kinds = due.given_up(session, now - _LATELY)
        listed = " ".join(f"{kind}×{number}" for kind, number in kinds.items())
        sentence = texts("cli.doctor.given_up_some", count=sum(kinds.values()), kinds=listed) if kinds else ""
        yield Finding("cli.doctor.given_up", not kinds, sentence)


def _calendar(content: Content, texts: Texts, now: datetime) -> Iterator[Finding]:
    """This year's holidays must be there; next year's from December on, when the notice is out (CA-4)."""
    years = [now.year, now.year + 1] if now.month == 12 else [now.year]
    missing = [year for year in years if year not in content.calendar.years]
    sentence = texts("cli.doctor.calendar_missing", year=missing[0]) if missing else ""
    yield Finding("cli.doctor.calendar", not missing, sentence)


def _backups(settings: Settings, texts: Texts, now: datetime) -> Iterator[Finding]:
    last = nightly.last_backup(Path(settings.store.backup_folder))
    if last is None:
        yield Finding("cli.doctor.backup", False, texts("cli.doctor.backup_none"))
        return
    day = last.strftime("%Y-%m-%d %H:%M")
    old = now - last > timedelta(days=2)
    yield Finding("cli.doctor.backup", not old, texts(f"cli.doctor.backup_{'old' if old else 'ok'}", day=day))


def _disk(settings: Settings, texts: Texts) -> Finding:
    folder = Path(settings.store.backup_folder)
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free // 1_000_000
    low = free < _LOW_DISK_MB
    return Finding("cli.doctor.disk", not low, texts(f"cli.doctor.disk_{'low' if low else 'ok'}", free=free))


def _files(texts: Texts) -> Finding:
    """Each connection is an open file."""
    found = may_open()
    few = found < ENOUGH
    sentence = texts(f"cli.doctor.files_{'few' if few else 'ok'}", found=found, enough=ENOUGH)
    return Finding("cli.doctor.files", not few, sentence)


def _telegram(settings: Settings, texts: Texts) -> Finding:
    if settings.telegram.mode == "off":
        return Finding("cli.doctor.telegram", True, texts("cli.doctor.telegram_off"))
    from bot.channels.telegram import check_token

    detail = check_token(settings.telegram)
    sentence = texts("cli.doctor.telegram_bad", detail=detail) if detail else ""
    return Finding("cli.doctor.telegram", not detail, sentence)
