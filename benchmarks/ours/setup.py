"""Stores filled in bulk: a branch, its members with accounts, an open poll, documents."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert

from benchmarks.ours.settings import settings
from benchmarks.targets.ours import OPERATOR_KEY, OPTIONS
from bot.clock import SystemClock
from bot.rules.people import Stage
from bot.store import prompts, tables
from bot.store.core import search
from bot.store.core.engine import open_store, run_sync
from bot.store.core.schema import bring_up_to_date
from bot.store.core.statements import StoreSession
from bot.store.nightly import backup_name
from bot.store.people import Account, Member, Unit, UnitKind
from bot.store.poll import Poll, PollState
from bot.store.sessions import WebSession

_BRANCH, _POLL, _PROMPT = 2, 1, 1
_CHUNK = 20_000
Rows = Callable[[int], dict[str, Any]]


def fill_people(folder: Path, members: int, channel: str, account: Callable[[int], str]) -> None:
    """A branch of `members` people, each with one account; its chat is the account itself. The coming night's backup is
    there already, for at half past any hour the server would take the one that it lacks, within what is measured."""

    def fill(connection: Connection) -> None:
        units = [
            {"id": 1, "kind": UnitKind.COMMITTEE, "name": "局党委", "parent_id": None, "path": "/1/"},
            {"id": _BRANCH, "kind": UnitKind.BRANCH, "name": "第一支部", "parent_id": 1, "path": "/1/2/"},
        ]
        connection.execute(insert(Unit), units)
        stage, now = Stage.FULL_MEMBER, SystemClock().now()
        saved = Path(settings(folder).store.backup_folder) / backup_name(now + timedelta(days=1))
        saved.parent.mkdir()
        saved.touch()
        _bulk(
            connection,
            Member,
            members,
            lambda n: {"id": n + 1, "name": f"党员{n}", "branch_id": _BRANCH, "stage": stage},
        )
        _bulk(
            connection,
            Account,
            members,
            lambda n: {
                "channel": channel,
                "account": account(n),
                "member_id": n + 1,
                "chat": account(n),
                "bound_at": now,
            },
        )

    _fill(folder, fill)


def open_poll(folder: Path, members: int, account: Callable[[int], str]) -> None:
    """A vote on four options, put to every member in the private chat; and a signed-in operator."""

    def fill(connection: Connection) -> None:
        now = SystemClock().now()
        later = now + timedelta(days=1)
        title, choices = "周末植树去哪里", list(OPTIONS)
        poll = {"id": _POLL, "unit_id": _BRANCH, "made_by": 1, "title": title, "options": choices, "made_at": now}
        connection.execute(insert(Poll), [poll | {"state": PollState.OPEN, "closes_at": later, "counts": []}])
        prompt = {"id": _PROMPT, "route": "poll.vote", "subject": _POLL, "title": title, "options": choices}
        connection.execute(insert(prompts.Prompt), [prompt | {"changeable": True, "closes_at": later}])
        _bulk(
            connection,
            prompts.OpenPrompt,
            members,
            lambda n: {
                "chat": f"local:{account(n)}",
                "member_id": n + 1,
                "prompt_id": _PROMPT,
                "opened_at": now,
            },
        )
        key_hash = hashlib.sha256(OPERATOR_KEY.encode()).hexdigest()
        session = {"key_hash": key_hash, "account": "operator", "operator": True, "expires_at": later}
        connection.execute(insert(WebSession), [session])

    _fill(folder, fill)


def fill_search(folder: Path, documents: Sequence[str]) -> None:
    """Index the documents under 0, 1, 2 …"""

    def put_all(session: StoreSession) -> None:
        for number, text in enumerate(documents):
            search.put(session, number, text)

    store = open_store(settings(folder).store.url)
    try:
        bring_up_to_date(store.engine)
        run_sync(store, put_all)
    finally:
        store.close()


def _bulk(connection: Connection, table: type[Any], count: int, row: Rows) -> None:
    for start in range(0, count, _CHUNK):
        rows = [row(number) for number in range(start, min(start + _CHUNK, count))]
        connection.execute(insert(table.__table__), rows)


def _fill(folder: Path, fill: Callable[[Connection], None]) -> None:
    assert tables.METADATA
    store = open_store(settings(folder).store.url)
    try:
        bring_up_to_date(store.engine)
        with store.engine.connect() as connection, connection.begin():
            fill(connection)
    finally:
        store.close()
