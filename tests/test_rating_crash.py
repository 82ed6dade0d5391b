"""SIGKILL at every statement of closing and of opening: nothing lost, nothing counted twice, nothing readable."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from bot.rules.rating import sealing
from bot.store import rating
from bot.store.core import wiping
from bot.store.core.statements import StoreSession
from bot.store.rating import RatingRound
from tests.support.chat import Chat
from tests.support.linkage import gather, heap_only
from tests.support.rating import TELLERS, Opened, member_id, open_box, open_round
from tests.support.shipped import ROOT

pytestmark = pytest.mark.timeout(300)


def stored(session: StoreSession, number: int) -> RatingRound:
    return session.get_one(RatingRound, number)


async def voted(chat: Chat) -> tuple[Opened, dict[int, bytes], list[bytes]]:
    """An open round in which everybody has cast; the marks by voter, the sealed sheets."""
    now = chat.clock.now()
    made = await chat.app.store.write(open_round, chat.app, now, sealing.make_key())
    marks = {voter: bytes([1 + at % 4, 1 + at // 4]) for at, voter in enumerate(made.everybody())}
    sheets = [made.seal([row] * made.targets) for row in marks.values()]
    for voter, sheet in zip(marks, sheets, strict=True):
        await chat.app.store.write(rating.cast, made.id, voter, sheet, made.manifest_hash, now)
    return made, marks, sheets


async def dying(chat: Chat, number: int, *step: str) -> list[dict[str, Any]]:
    """Let the step die everywhere, in processes of its own."""
    url = chat.app.settings.store.url
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.support.rating_crash", url, str(number), *step,
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    said, wrong = await process.communicate()
    assert process.returncode == 0, wrong.decode()
    return [json.loads(line) for line in said.splitlines()]


async def test_killed_while_closing(chat: Chat) -> None:
    made, marks, _ = await voted(chat)
    deaths = await dying(chat, made.id, "close")
    open_still = {"state": "open", "sheets": len(marks), "boxes": 0}
    assert len(deaths) > 5
    assert all({**death, "where": ""} == {**open_still, "where": ""} for death in deaths[:-1])
    assert deaths[-1] == {"where": "acknowledged", "state": "closed", "sheets": len(marks), "boxes": 0}


async def test_killed_while_opening(chat: Chat, tmp_path: Path) -> None:
    made, marks, sheets = await voted(chat)

    def first_opening(session: StoreSession) -> tuple[str, str]:
        found = stored(session, made.id)
        rating.close(session, found, None, chat.clock.now())
        boxes = open_box(session, made.id, made.key)
        rating.put_opening(session, found, member_id(session, TELLERS[0]), boxes, chat.clock.now())
        listed = [[target, index, sealing.b64u(rows)] for (target, index), rows in boxes.items()]
        return str(member_id(session, TELLERS[1])), json.dumps(listed)

    second = await chat.app.store.write(first_opening)
    deaths = await dying(chat, made.id, "publish", *second)
    assert len(deaths) > 20
    assert {(death["state"], death["sheets"], death["boxes"]) for death in deaths[:-1]} == {("closed", len(marks), 0)}
    assert deaths[-1] == {"where": "acknowledged", "state": "published", "sheets": -1, "boxes": 6}

    counted = await chat.app.store.read(lambda session: rating.counts(session, stored(session, made.id)))
    for target in counted:
        for counts, voters in zip(target.classes, made.voters.values(), strict=True):
            assert counts.rows == len(voters)
            for item in (0, 1):
                given = Counter(marks[voter][item] for voter in voters)
                assert counts.items[item] == tuple(given[mark] for mark in range(6))

    assert await chat.app.store.read(wiping.untidy) == [made.id], "the process died before it could wipe"
    assert await chat.app.store.compact()
    kept = heap_only(gather(chat.app.store, tmp_path, logs="", backups=[]))
    assert [name for sheet in sheets for name in kept.holding(sheet[:64])] == []
