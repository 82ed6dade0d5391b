"""Counts and ranks a published round out of its rows, as publication and the result page do: `tally FOLDER`."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from sqlmodel import col, select

from benchmarks.ballots import Result
from benchmarks.ours.rating import ROUND
from benchmarks.ours.settings import settings
from bot.rules.rating import Counts, TargetCounts, standings, tally
from bot.store import rating
from bot.store.core.engine import open_store
from bot.store.core.statements import StoreSession
from bot.store.rating import RatingBox


def result(session: StoreSession) -> Result:
    """Every box counted, every target ranked."""
    found = session.get_one(rating.RatingRound, ROUND)
    plan, rated = rating.scheme(found), rating.targets(session, ROUND)
    rows = session.exec(select(RatingBox).where(col(RatingBox.round_id) == ROUND))
    boxes = {(row.target, row.class_index): tally(row.rows, len(plan.items), len(plan.grades)) for row in rows}
    counted = [
        TargetCounts(one.name, tuple(boxes[one.position, index] for index in range(len(plan.classes)))) for one in rated
    ]
    ranked = sorted(standings(counted, plan), key=lambda one: one.position)
    return {
        "counts": [[marks(counts) for counts in one.classes] for one in counted],
        "totals": [str(one.total) for one in ranked],
        "ranks": [one.rank for one in ranked],
    }


def marks(counts: Counts) -> list[list[int]]:
    """The numbers of a box, void marks last."""
    return [[*each, counts.void_marks(item)] for item, each in enumerate(counts.items)]


async def answer(folder: Path) -> None:
    """Count at every line until the input ends."""
    store = open_store(settings(folder).store.url)
    print("ready", flush=True)
    for _ in sys.stdin:
        print(json.dumps(await store.read(result)), flush=True)
    store.close()


if __name__ == "__main__":
    asyncio.run(answer(Path(sys.argv[1])))
