"""Sheets of paper: who holds one, and how far two tellers are with typing them in, independently of each other."""

from __future__ import annotations

from msgspec import Struct
from sqlmodel import col, select

from bot.store.core.statements import StoreSession
from bot.store.rating import envelopes, packing
from bot.store.rating.rounds import lock, number_of
from bot.store.rating.tables import RatingPaper, RatingRound, RatingVoter
from bot.store.rating.voting import has_cast
from bot.store.rating.words import RatingError, RoundMode, RoundState

CLERKS = 2


class PaperStatus(Struct, frozen=True):
    """Where the paper of a class stands: sheets handed out, who typed it in, and once two clerks agree the sheets
    returned (None before) and those of them that are void as a whole."""

    class_index: int
    issued: int
    clerks: tuple[int, ...]
    returned: int | None
    void: int = 0

    @property
    def settled(self) -> bool:
        """True when nothing is left to type in."""
        return self.issued == 0 or self.returned is not None


class PaperDifference(Struct, frozen=True):
    """What two clerks typed in differently: the target, and the rows that only one of them has; target None: the
    number of sheets returned or void."""

    target: int | None
    first: tuple[bytes, ...]
    second: tuple[bytes, ...]


def mark_paper(
    session: StoreSession, found: RatingRound, voter_id: int, paper: bool = True, *, void_cast: bool = True
) -> bool:
    """Hand a voter a sheet of paper: an electronic one is destroyed and none is taken any more. With `paper` False it
    was given back unused. Without `void_cast` nothing is done, and False returned, where the voter has cast."""
    lock(session, found, RoundState.OPEN)
    if found.mode is not RoundMode.SEALED:
        raise RatingError("paper_named")
    row = session.get(RatingVoter, voter_id, with_for_update=True, populate_existing=True)
    if row is None or row.round_id != found.id:
        raise RatingError("no_voter")
    if paper:
        if not void_cast and has_cast(session, found, voter_id):
            return False
        envelopes.of(number_of(found)).take_out(session, voter_id)
        row.present = True
    row.paper = paper
    session.add(row)
    session.flush()
    return True


def paper_status(session: StoreSession, found: RatingRound) -> list[PaperStatus]:
    """Where the paper of each class stands, once the round is closed."""
    status = []
    for index, issued in enumerate(found.paper_issued):
        typed = entries(session, found, index)
        clerks = tuple(one.clerk_id for one in typed)
        if len(typed) >= CLERKS and len({(one.returned, one.void, one.boxes) for one in typed}) == 1:
            status.append(PaperStatus(index, issued, clerks, typed[0].returned, typed[0].void))
        else:
            status.append(PaperStatus(index, issued, clerks, None))
    return status


def paper_differences(session: StoreSession, found: RatingRound, class_index: int) -> list[PaperDifference]:
    """Where the two clerks of a class differ; empty when they agree or one is still missing. Rows, never sheets."""
    typed = entries(session, found, class_index)
    if len(typed) < CLERKS:
        return []
    first, second = typed[:CLERKS]
    counts_differ = (first.returned, first.void) != (second.returned, second.void)
    differences = [PaperDifference(None, (), ())] if counts_differ else []
    items = len(found.items)
    pairs = zip(packing.unpack(first.boxes, items), packing.unpack(second.boxes, items), strict=True)
    for target, (one, other) in enumerate(pairs):
        if one != other:
            differences.append(PaperDifference(target, *packing.only_one(one, other, items)))
    return differences


def paper_boxes(session: StoreSession, found: RatingRound, class_index: int) -> list[bytes]:
    """What the clerks of a class agreed upon, for each target."""
    typed = entries(session, found, class_index)
    return packing.unpack(typed[0].boxes, len(found.items)) if typed else []


def entries(session: StoreSession, found: RatingRound, class_index: int) -> list[RatingPaper]:
    """What was typed in of a class, by clerk."""
    query = select(RatingPaper).where(
        col(RatingPaper.round_id) == found.id, col(RatingPaper.class_index) == class_index
    )
    return list(session.exec(query.order_by(col(RatingPaper.clerk_id))))


def own_paper(session: StoreSession, found: RatingRound, class_index: int) -> set[int]:
    """Members of the class who hold a sheet of paper: it has no row for themselves."""
    query = select(RatingVoter.member_id).where(
        col(RatingVoter.round_id) == found.id, col(RatingVoter.class_index) == class_index, col(RatingVoter.paper)
    )
    return {ident for ident in session.exec(query) if ident is not None}
