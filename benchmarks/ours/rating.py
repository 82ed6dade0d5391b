"""Stores with a rating in them: one that is published, its rows still there; one that is open, everybody signed in."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from benchmarks.ballots import CLASSES, GRADES, Ballots
from benchmarks.ours.settings import settings
from benchmarks.ours.setup import fill_people
from benchmarks.targets.base import account, session_key
from bot.clock import SystemClock
from bot.rules.rating.sealing import b64u, make_key, sealed_length
from bot.store import rating
from bot.store.core.engine import open_store, run_sync
from bot.store.core.statements import StoreSession
from bot.store.rating import RatingBox, RatingRound, RatingTarget, RatingVoter, RoundKind, RoundState, envelopes
from bot.store.sessions import WebSession

ROUND, _BRANCH = 1, 2
_DAY = date(2026, 11, 23)


def fill_published(folder: Path, ballots: Ballots) -> None:
    """A published round with the rows of these ballots, sorted as publication leaves them."""

    def fill(session: StoreSession) -> None:
        _round(session, len(ballots.boxes), ballots.items, state=RoundState.PUBLISHED)
        for target, classes in enumerate(ballots.boxes):
            for index, box in enumerate(classes):
                rows = sorted(box[at : at + ballots.items] for at in range(0, len(box), ballots.items))
                session.add(RatingBox(round_id=ROUND, target=target, class_index=index, rows=b"".join(rows)))

    _fill(folder, 1, fill)


def fill_open(folder: Path, voters: int, targets: int, items: int) -> None:
    """An open sealed round with everybody on its roll, present, and signed in with `session_key(number)`."""

    def fill(session: StoreSession) -> None:
        tomorrow = SystemClock().now() + timedelta(days=1)
        session.add_all(RatingVoter(round_id=ROUND, member_id=n + 1, present=True) for n in range(voters))
        _round(
            session,
            targets,
            items,
            state=RoundState.OPEN,
            public_key=b64u(make_key().public),
            sheet_bytes=targets * sealed_length(items),
            released=targets,
        )
        envelopes.of(ROUND).make(session)
        for number in range(voters):
            key_hash = hashlib.sha256(session_key(number).encode()).hexdigest()
            times = dict.fromkeys(("expires_at", "ends_at", "fresh_until"), tomorrow)
            session.add(WebSession(key_hash=key_hash, account=account(number), **times))

    _fill(folder, voters, fill)


def _round(session: StoreSession, targets: int, items: int, **values: Any) -> None:
    """A ranked round with as many items and targets, and its manifest."""
    found = RatingRound(
        id=ROUND,
        unit_id=_BRANCH,
        kind=RoundKind.FREE,
        title="支部书记述职评议",
        made_by=1,
        made_on=_DAY,
        items=[{"name": f"指标{number + 1}", "weight": "1"} for number in range(items)],
        grades=[{"name": name, "value": value} for name, value in GRADES],
        classes=[{"name": name, "weight": weight} for name, weight, _ in CLASSES],
        **values,
    )
    session.add(found)
    session.flush()
    session.add_all(RatingTarget(round_id=ROUND, position=place, name=f"书记{place}") for place in range(targets))
    session.flush()
    found.manifest = rating.build_manifest(session, found)
    found.manifest_hash = rating.digest(found.manifest)


def _fill(folder: Path, members: int, fill: Callable[[StoreSession], None]) -> None:
    fill_people(folder, members, "local", account)
    store = open_store(settings(folder).store.url)
    try:
        run_sync(store, fill)
    finally:
        store.close()
