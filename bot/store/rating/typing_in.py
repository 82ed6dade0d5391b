"""Typing in the sheets of paper."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from bot.store.core.statements import StoreSession
from bot.store.rating import ending, packing
from bot.store.rating.opening import settle
from bot.store.rating.paper import PaperStatus, own_paper, paper_status
from bot.store.rating.rounds import is_teller, lock, number_of, targets
from bot.store.rating.tables import RatingPaper, RatingRound
from bot.store.rating.words import RatingError, RoundState, VoidReason


def put_paper(
    session: StoreSession,
    found: RatingRound,
    class_index: int,
    clerk_id: int,
    returned: int,
    void: int,
    boxes: Mapping[int, bytes],
    now: datetime,
    *,
    destroy: int | None = None,
) -> PaperStatus:
    """Keep what a teller typed in of a class: sheets `returned`, those of them `void` as a whole (blank, or not handed
    out: SR-9), and for each target one row a valid sheet, in any order; a rated person's own sheet has no row for
    them. Typing it in again replaces one's own. Raises RatingError when more sheets came back than were handed out, or
    the rows are not those of the sheets. What is complete by this is published, or void with too few sheets in all
    (SE-6); not before somebody has agreed to `destroy` so many, where a number is given (-1: nothing was agreed to)."""
    lock(session, found, RoundState.CLOSED)
    if not is_teller(session, number_of(found), clerk_id):
        raise RatingError("not_a_teller")
    if not 0 <= class_index < len(found.classes):
        raise RatingError("no_class", name=class_index + 1, names=len(found.classes))
    issued = found.paper_issued[class_index]
    if not 0 <= returned <= issued:
        raise RatingError("paper_surplus", returned=returned, issued=issued)
    sheets = returned - void
    if void < 0 or sheets < 0:
        raise RatingError("paper_void", returned=returned, void=void)
    packed = _rows_of(session, found, class_index, sheets, boxes)
    row = session.get(RatingPaper, (found.id, class_index, clerk_id)) or RatingPaper(
        round_id=number_of(found), class_index=class_index, clerk_id=clerk_id, returned=0, void=0, boxes=b""
    )
    row.returned, row.void, row.boxes = returned, void, packing.pack(packed, len(found.items))
    session.add(row)
    session.flush()
    status = paper_status(session, found)
    in_all = sum(found.cast) + sum((one.returned or 0) - one.void for one in status)
    if all(one.settled for one in status) and in_all < found.min_group:
        if destroy is not None and in_all not in (0, destroy):
            raise RatingError("few_in_all", sheets=in_all, least=found.min_group)
        ending.void(session, found, VoidReason.FEW_SHEETS, clerk_id, now)
    else:
        settle(session, found, now)
    return status[class_index]


def _rows_of(
    session: StoreSession, found: RatingRound, class_index: int, sheets: int, boxes: Mapping[int, bytes]
) -> list[bytes]:
    """The rows of each target in their own order. Raises RatingError unless they are those of so many valid sheets."""
    own = own_paper(session, found, class_index)
    items, packed = len(found.items), []
    for one in targets(session, number_of(found)):
        rows = packing.canonical(boxes.get(one.position, b""), items, len(found.grades))
        least = max(sheets - 1, 0) if one.member_id in own else sheets
        if not least <= len(rows) // items <= sheets:
            raise RatingError("paper_rows", name=one.name, rows=len(rows) // items, sheets=sheets)
        packed.append(rows)
    if set(boxes) - set(range(len(packed))):
        raise RatingError("no_target")
    return packed
