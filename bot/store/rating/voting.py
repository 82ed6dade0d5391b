"""While a round is open: casting, who has and who has not, the speaker, and closing."""

from __future__ import annotations

import json
from datetime import datetime

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy import bindparam, func, or_
from sqlmodel import col, select

from bot.store import audit
from bot.store.core import turns
from bot.store.core.columns import table_of
from bot.store.core.statements import Hot, StoreSession
from bot.store.rating import ending, envelopes
from bot.store.rating.roll import PRESENT, Voter, by_class, voters
from bot.store.rating.rounds import lock, number_of, require, targets
from bot.store.rating.tables import RatingNamed, RatingRound, RatingTarget, RatingVoter
from bot.store.rating.words import RatingError, RoundMode, RoundState, VoidReason


class Turnout(Struct, frozen=True):
    """How many are on the roll, there, and have cast (`cast`) or hold a sheet of paper (`paper`);
    cast + paper <= present <= roll."""

    roll: int
    present: int
    cast: int
    paper: int


_round = table_of(RatingRound)
_voter = table_of(RatingVoter)
_named = table_of(RatingNamed)
_ROUND = Hot(
    sa.select(
        _round.c.state, _round.c.mode, _round.c.manifest_hash, _round.c.sheet_bytes, _round.c.closes_at
    )
    .where(_round.c.id == bindparam("round_id"))
    .with_for_update(read=True)
)  # fmt: skip
"""Whoever closes the round or hands out paper waits for casts, and casts for them: the round is locked first by all."""
_BOOTH = Hot(
    sa.select(_voter.c.paper, PRESENT.label("here"), _voter.c.ticket)
    .select_from(_voter)
    .join(_round, _round.c.id == _voter.c.round_id)
    .where(_voter.c.id == bindparam("voter_id"), _voter.c.round_id == bindparam("round_id"))
)


def cast(
    session: StoreSession,
    round_id: int,
    voter_id: int,
    sealed: bytes,
    manifest_hash: str,
    now: datetime,
    ticket: int = 0,
) -> int:
    """Keep a voter's sealed sheet instead of the one before; the revision, from 1. `ticket` is the one by which whoever
    casts has come. Raises RatingError when the round is not open, the voter is not there, holds a sheet of paper or was
    given another code since, or the sheet belongs to another manifest. Hot path; nothing is logged."""
    length = _check_booth(session, round_id, voter_id, RoundMode.SEALED, manifest_hash, now, ticket)
    if len(sealed) != length:
        raise RatingError("wrong_length")
    return envelopes.of(round_id).put(session, voter_id, sealed)


def cast_named(
    session: StoreSession,
    round_id: int,
    voter_id: int,
    marks: bytes,
    manifest_hash: str,
    now: datetime,
    ticket: int = 0,
) -> int:
    """Keep a voter's marks in a named round: targets x items bytes in the order of the sheet, 0 blank, 1..n the grade;
    those for the voter's own target are dropped. The revision. Raises RatingError as `cast` does."""
    _check_booth(session, round_id, voter_id, RoundMode.NAMED, manifest_hash, now, ticket)
    found = session.get_one(RatingRound, round_id)
    items, rated = len(found.items), targets(session, round_id)
    if len(marks) != len(rated) * items or max(marks, default=0) > len(found.grades):
        raise RatingError("wrong_length")
    voter = turns.hold(session, RatingVoter, voter_id)
    assert voter is not None
    member_id = voter.member_id
    mine = (col(RatingNamed.round_id) == round_id, col(RatingNamed.voter_id) == voter_id)
    before = {row.target: row for row in session.exec(select(RatingNamed).where(*mine))}
    revision = 1 + max((row.revision for row in before.values()), default=0)
    for one in rated:
        if one.member_id is not None and one.member_id == member_id:
            continue
        row = before.get(one.position) or RatingNamed(
            round_id=round_id, voter_id=voter_id, target=one.position, revision=1, marks=b""
        )
        row.marks, row.revision = marks[one.position * items : (one.position + 1) * items], revision
        session.add(row)
    session.flush()
    return revision


def named_marks(session: StoreSession, round_id: int, voter_id: int) -> dict[int, bytes]:
    """What a voter of a named round marked, by target."""
    mine = (col(RatingNamed.round_id) == round_id, col(RatingNamed.voter_id) == voter_id)
    return {row.target: row.marks for row in session.exec(select(RatingNamed).where(*mine))}


def has_cast(session: StoreSession, found: RatingRound, voter_id: int) -> bool:
    """Whether this voter has cast; for the voter, and before paper voids it; while the round is open."""
    ids = _cast_ids(found).subquery()
    query = sa.select(ids.c.voter_id).where(ids.c.voter_id == voter_id)
    return found.state is RoundState.OPEN and session.execute(query).first() is not None


def turnout(session: StoreSession, found: RatingRound) -> Turnout:
    """The turnout, which is all that anybody sees before publication; from closing on as it was then."""
    if found.manifest and found.state is not RoundState.OPEN:
        roll = sum(one["voters"] for one in json.loads(found.manifest)["classes"])
        return Turnout(roll, sum(found.present), sum(found.cast), sum(found.paper_issued))
    done = _cast_ids(found).subquery()
    came = or_(PRESENT, _voter.c.paper, done.c.voter_id.is_not(None))
    query = (
        sa.select(
            func.count(), func.count().filter(came), func.count(done.c.voter_id), func.count().filter(_voter.c.paper)
        )
        .select_from(_voter)
        .join(_round, _round.c.id == _voter.c.round_id)
        .outerjoin(done, done.c.voter_id == _voter.c.id)
        .where(_voter.c.round_id == found.id)
    )
    return Turnout(*session.execute(query).one())


def handed_in(session: StoreSession, found: RatingRound) -> Turnout:
    """The turnout of a round that is not over; nobody casts, closes or cancels until the end of the transaction."""
    lock(session, found, RoundState.OPEN, RoundState.CLOSED)
    return turnout(session, found)


def not_cast(session: StoreSession, found: RatingRound) -> list[Voter]:
    """Who is there, holds no sheet of paper and has not cast; for the owner's one reminder (FM-6)."""
    require(found, RoundState.OPEN)
    done = _cast(session, found)
    roll = voters(session, number_of(found))
    return [one for one in roll if one.present and not one.paper and one.id not in done]


def speak(session: StoreSession, found: RatingRound, index: int, now: datetime) -> None:
    """The target at this place begins to speak and may be rated from now on; -1: nobody speaks; the number of targets:
    all have spoken."""
    lock(session, found, RoundState.OPEN)
    count = session.exec(
        select(func.count()).select_from(RatingTarget).where(col(RatingTarget.round_id) == found.id)
    ).one()
    if not -1 <= index <= count:
        raise RatingError("no_target")
    found.speaker, found.speaker_since = (index, now) if 0 <= index < count else (-1, None)
    found.released = max(found.released, min(index + 1, count))
    session.add(found)
    session.flush()


def close(session: StoreSession, found: RatingRound, member_id: int | None, now: datetime) -> RoundState:
    """Close an open round; the state it is in then: closed; published for a named one; void with too few sheets, whose
    box is destroyed unopened (SE-6). `member_id` None: its time was over. Raises RatingError unless it is open."""
    lock(session, found, RoundState.OPEN)
    done = _cast(session, found)
    roll = voters(session, number_of(found))
    came = [one for one in roll if one.present or one.paper or one.id in done]
    here = col(RatingVoter.id).in_([one.id for one in came])
    session.execute(sa.update(RatingVoter).where(here).values(present=True))
    found.state, found.closed_on = RoundState.CLOSED, now.date()
    found.speaker, found.speaker_since = -1, None
    found.present = by_class(found, came)
    found.cast = by_class(found, [one for one in came if one.id in done])
    found.paper_issued = by_class(found, [one for one in came if one.paper])
    found.paper_returned, found.paper_void = by_class(found, []), by_class(found, [])
    session.add(found)
    session.flush()
    audit.record(session, now, member_id, "rating closed", str(found.id))
    if found.mode is RoundMode.NAMED:
        ending.publish_named(session, found, now)
    elif sum(found.cast) + sum(found.paper_issued) < found.min_group:
        ending.void(session, found, VoidReason.FEW_SHEETS, member_id, now)
    return found.state


def _check_booth(
    session: StoreSession,
    round_id: int,
    voter_id: int,
    mode: RoundMode,
    manifest_hash: str,
    now: datetime,
    ticket: int,
) -> int:
    row = session.one(_ROUND, round_id=round_id)
    if row is None:
        raise RatingError("no_voter")
    state, kept_as, frozen, length, closes_at = row
    if state is not RoundState.OPEN:
        raise RatingError(f"state_{state}")
    if closes_at is not None and closes_at <= now:
        raise RatingError("state_closed")
    if kept_as is not mode or frozen != manifest_hash:
        raise RatingError("other_manifest")
    booth = session.one(_BOOTH, voter_id=voter_id, round_id=round_id)
    if booth is None:
        raise RatingError("no_voter")
    paper, here, holds = booth
    if ticket != holds:
        raise RatingError("other_code")
    if paper:
        raise RatingError("has_paper")
    if not here:
        raise RatingError("not_present")
    return int(length)


def _cast(session: StoreSession, found: RatingRound) -> frozenset[int]:
    """Who has cast, by voter id."""
    return frozenset(session.execute(_cast_ids(found)).scalars())


def _cast_ids(found: RatingRound) -> sa.Select[tuple[int]]:
    """The voter ids of those who have cast."""
    if found.state is RoundState.DRAFT or found.mode is RoundMode.NAMED:
        return sa.select(_named.c.voter_id).where(_named.c.round_id == found.id).distinct()
    return sa.select(envelopes.of(number_of(found)).table.c.voter_id)
