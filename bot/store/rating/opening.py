"""Opening the box: what the tellers' browsers are given, and what they bring back (SECRECY 3.5)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from sqlmodel import col, select

from bot.rules.rating import sealing
from bot.store import audit
from bot.store.core.statements import StoreSession
from bot.store.rating import ending, envelopes, packing
from bot.store.rating.paper import paper_boxes, paper_status
from bot.store.rating.rounds import is_teller, lock, number_of, require, targets
from bot.store.rating.tables import RatingOpening, RatingRound, RatingVoter
from bot.store.rating.words import RatingError, RoundState


class Part(Struct, frozen=True):
    """The electronic rows of a target and a class: so many are in the box, and so many must come back."""

    target: int
    class_index: int
    count: int


class OpenedState(StrEnum):
    """What became of an opening. paper: the tellers agree, the paper is not typed in yet."""

    WAITING = "waiting"
    DIFFERENT = "different"
    PAPER = "paper"
    PUBLISHED = "published"


class Opened(Struct, frozen=True):
    """The state, and for `different` the tellers who arrived at something else than the caller."""

    state: OpenedState
    others: tuple[int, ...] = ()


def parts(session: StoreSession, found: RatingRound) -> list[Part]:
    """All parts of the box by target and class, empty ones too. Nobody's own row is counted (SR-10)."""
    require(found, RoundState.CLOSED)
    return _parts(session, found)


def sealed_rows(session: StoreSession, found: RatingRound, target: int, class_index: int) -> bytes:
    """The sealed rows of one part, one after the other, sorted by their bytes, without a voter. Raises RatingError
    while paper that decides whether the box may be opened at all is not typed in (SE-6)."""
    require(found, RoundState.CLOSED)
    _check_enough(session, found)
    rated = targets(session, number_of(found))
    if not (0 <= target < len(rated) and 0 <= class_index < len(found.classes)):
        raise RatingError("no_target")
    length = sealing.sealed_length(len(found.items))
    box = envelopes.of(number_of(found))
    return b"".join(box.rows(session, class_index, target * length, length, rated[target].member_id))


def put_opening(
    session: StoreSession,
    found: RatingRound,
    teller_id: int,
    boxes: Mapping[tuple[int, int], bytes],
    now: datetime,
) -> Opened:
    """Keep what a teller's browser found, instead of what it found before. When two tellers (one, without
    second_check) and the paper agree, everything is published in this transaction. Raises RatingError unless every
    part has exactly its rows, each of grades and blanks or void; nothing is kept then."""
    lock(session, found, RoundState.CLOSED)
    if not is_teller(session, number_of(found), teller_id):
        raise RatingError("not_a_teller")
    _check_enough(session, found)
    packed = _checked(session, found, boxes)
    row = session.get(RatingOpening, (found.id, teller_id)) or RatingOpening(
        round_id=number_of(found), teller_id=teller_id, digest="", boxes=b""
    )
    row.digest, row.boxes = packing.digest(packed), packed
    session.add(row)
    session.flush()
    audit.record(session, now, teller_id, "rating box opened", str(found.id))
    others = tuple(ident for ident, digest in openings(session, found).items() if digest != row.digest)
    return Opened(settle(session, found, now), others)


def settle(session: StoreSession, found: RatingRound, now: datetime) -> OpenedState:
    """Publish if everything that is needed is there and agrees; else what is not. Nothing is destroyed then."""
    opened = _openings(session, found)
    if len(opened) < (2 if found.second_check else 1):
        return OpenedState.WAITING
    if len({row.digest for row in opened}) > 1:
        return OpenedState.DIFFERENT
    status = paper_status(session, found)
    if not all(one.settled for one in status):
        return OpenedState.PAPER
    found.paper_returned = [one.returned or 0 for one in status]
    found.paper_void = [one.void for one in status]
    ending.publish(session, found, _merged(session, found, opened[0].boxes), now)
    return OpenedState.PUBLISHED


def openings(session: StoreSession, found: RatingRound) -> dict[int, str]:
    """What has come back so far: the digest by teller."""
    return {row.teller_id: row.digest for row in _openings(session, found)}


def _parts(session: StoreSession, found: RatingRound) -> list[Part]:
    cast = select(envelopes.of(number_of(found)).table.c.voter_id)
    query = select(RatingVoter.class_index, RatingVoter.member_id).where(col(RatingVoter.round_id) == found.id)
    sheets = session.exec(query.where(col(RatingVoter.id).in_(cast))).all()
    totals = [sum(index == one for one, _ in sheets) for index in range(len(found.classes))]
    own = {(member_id, index) for index, member_id in sheets if member_id is not None}
    return [
        Part(target.position, index, total - ((target.member_id, index) in own))
        for target in targets(session, number_of(found))
        for index, total in enumerate(totals)
    ]


def _checked(session: StoreSession, found: RatingRound, boxes: Mapping[tuple[int, int], bytes]) -> bytes:
    expected, items = _parts(session, found), len(found.items)
    if set(boxes) - {(part.target, part.class_index) for part in expected}:
        raise RatingError("bad_rows")
    found_rows = []
    for part in expected:
        rows = packing.canonical(boxes.get((part.target, part.class_index), b""), items, len(found.grades))
        if len(rows) != part.count * items:
            raise RatingError("rows_missing", target=part.target + 1, rows=len(rows) // items, expected=part.count)
        found_rows.append(rows)
    return packing.pack(found_rows, items)


def _merged(session: StoreSession, found: RatingRound, packed: bytes) -> dict[tuple[int, int], bytes]:
    """Electronic rows and paper rows of each part, sorted together."""
    items, grades, count = len(found.items), len(found.grades), len(found.classes)
    paper = [paper_boxes(session, found, index) for index in range(count)]
    merged = {}
    for place, rows in enumerate(packing.unpack(packed, items)):
        target, index = divmod(place, count)
        written = paper[index][target] if paper[index] else b""
        merged[target, index] = packing.canonical(rows + written, items, grades)
    return merged


def _check_enough(session: StoreSession, found: RatingRound) -> None:
    if sum(found.cast) < found.min_group and not all(one.settled for one in paper_status(session, found)):
        raise RatingError("paper_first")


def _openings(session: StoreSession, found: RatingRound) -> list[RatingOpening]:
    query = select(RatingOpening).where(col(RatingOpening.round_id) == found.id)
    return list(session.exec(query.order_by(col(RatingOpening.teller_id))))
