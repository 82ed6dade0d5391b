"""Kills itself at every statement of a step: `python -m tests.support.rating_crash URL ROUND close`, or
`... publish TELLER BOXES`.

For each statement of the step, in turn, a child runs it in the real store and dies by SIGKILL just before that
statement; then one dies just before the commit, and one as soon as the store has acknowledged it. After each death a
line of JSON says where it was and what was left: the round's state, its sealed sheets (-1: their table is gone), boxes.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from bot.clock import SHANGHAI
from bot.rules.rating.sealing import unb64u
from bot.store import rating
from bot.store.core.engine import open_store
from bot.store.core.statements import StoreSession
from bot.store.rating import RatingRound
from tests.support.shipped import CHAIN

NOW = datetime(2026, 11, 2, 18, 0, tzinfo=SHANGHAI)
Step = Callable[[StoreSession, RatingRound], object]


def die_in_child(url: str, number: int, step: Step, deadly: int | None) -> str:
    """Where the child died: "statement", "commit", or after "acknowledged" (`deadly` None)."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _run(url, number, step, deadly, writing)
    os.close(writing)
    with os.fdopen(reading) as said:
        where = said.read()
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), status
    assert os.WTERMSIG(status) == signal.SIGKILL
    return where


def _run(url: str, number: int, step: Step, deadly: int | None, writing: int) -> None:
    statements = itertools.count()

    def die(where: str) -> None:
        os.write(writing, where.encode())
        os.kill(os.getpid(), signal.SIGKILL)

    def before(*_: Any) -> None:
        if next(statements) == deadly:
            die("statement")

    store = open_store(url, CHAIN)
    event.listen(store.engine, "before_cursor_execute", before)
    if deadly is not None:
        event.listen(store.engine, "commit", lambda _: die("commit"))
    asyncio.run(store.write(lambda session: step(session, session.get_one(RatingRound, number))))
    die("acknowledged")


def look(url: str, number: int) -> dict[str, Any]:
    """What is left of a round."""
    engine = sa.create_engine(url)
    table = f"rating_envelope_{number}"
    with engine.connect() as connection:
        count = "SELECT count(*) FROM "
        there = sa.inspect(connection).has_table(table)
        found = {
            "state": connection.scalar(sa.text(f"SELECT state FROM rating_round WHERE id = {number}")),
            "sheets": connection.scalar(sa.text(count + table)) if there else -1,
            "boxes": connection.scalar(sa.text(f"{count} rating_box WHERE round_id = {number}")),
        }
    engine.dispose()
    return found


def main(url: str, number: int, name: str, *more: str) -> None:
    """Die everywhere."""

    def close(session: StoreSession, found: RatingRound) -> object:
        return rating.close(session, found, None, NOW)

    def publish(session: StoreSession, found: RatingRound) -> object:
        boxes = {(target, index): unb64u(rows) for target, index, rows in json.loads(more[1])}
        return rating.put_opening(session, found, int(more[0]), boxes, NOW)

    step = {"close": close, "publish": publish}[name]
    for deadly in itertools.count():
        where = die_in_child(url, number, step, deadly)
        print(json.dumps({"where": where, **look(url, number)}), flush=True)
        if where == "commit":
            break
    where = die_in_child(url, number, step, None)
    print(json.dumps({"where": where, **look(url, number)}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:])
