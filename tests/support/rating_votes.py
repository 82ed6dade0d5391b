"""Acts of a rating in tests, each to be run inside one write: casting, closing, opening the box; and refusals."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from bot.rules.rating.sealing import Key, make_key
from bot.store import rating
from bot.store.core.statements import StoreSession
from bot.store.rating import RatingError, RatingRound, RoundState
from tests.support.chat import Chat
from tests.support.rating import TELLERS, Opened, bring_key, member_id, open_box, open_round


def stored(session: StoreSession, number: int) -> RatingRound:
    """The round, as this session has it."""
    return session.get_one(RatingRound, number)


def cast_all(session: StoreSession, opened: Opened, chat: Chat, marks: Mapping[int, int]) -> None:
    """Each of these voters marks everything alike; their own target is a dummy."""
    for voter, mark in marks.items():
        row = bytes([mark]) * opened.items
        rows = [bytes(opened.items) if opened.own.get(at) == voter else row for at in range(opened.targets)]
        sealed = opened.seal(rows)
        rating.cast(session, opened.id, voter, sealed, opened.manifest_hash, chat.clock.now())


def close(session: StoreSession, opened: Opened, chat: Chat) -> RoundState:
    """Close the round."""
    return rating.close(session, stored(session, opened.id), None, chat.clock.now())


def put(session: StoreSession, opened: Opened, chat: Chat, teller: str, changed: bool = False) -> rating.Opened:
    """A teller opens the box; with `changed` one mark comes back as another."""
    boxes = open_box(session, opened.id, opened.key)
    if changed:
        part = next(part for part, rows in boxes.items() if rows)
        boxes[part] = bytes([1 if boxes[part][0] != 1 else 2]) + boxes[part][1:]
    found = stored(session, opened.id)
    return rating.put_opening(session, found, member_id(session, teller), boxes, chat.clock.now())


def prove(session: StoreSession, found: RatingRound, chat: Chat, key: Key) -> None:
    """The first teller brings the key and opens the test."""
    teller, now = member_id(session, TELLERS[0]), chat.clock.now()
    bring_key(session, found, teller, key, now)


def refusal(act: Callable[[], object]) -> str:
    """The last word of the key with which the store refuses."""
    with pytest.raises(RatingError) as caught:
        act()
    return caught.value.key.removeprefix("rating.error.")


async def started(chat: Chat, **given: object) -> Opened:
    """An open round with a key of its own."""
    return await chat.app.store.write(open_round, chat.app, chat.clock.now(), make_key(), **given)
