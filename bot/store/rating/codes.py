"""Codes on paper: anonymous slips, and the way in for a voter whose phone is lost or who has no account (SE-3)."""

from __future__ import annotations

import hashlib
import re
import secrets
import unicodedata

import sqlalchemy as sa
from sqlalchemy import delete
from sqlmodel import col, select

from bot.store import binding, sessions
from bot.store.core.statements import StoreSession
from bot.store.rating.roll import Voter, check_class, row_of, voter
from bot.store.rating.rounds import lock, number_of
from bot.store.rating.tables import RatingRound, RatingVoter
from bot.store.rating.words import RatingError, RoundState

MAX_SLIPS = 500
_DIGITS = 12
_HASH_ROUNDS = 5_000
"""Makes trying all numbers against a stolen table slower than a meeting lasts."""


def account_of(voter_id: int, ticket: int = 0) -> str:
    """The account under which a redeemed code signs in; another one for each code that is given out."""
    return f"v{voter_id}.{ticket}" if ticket else f"v{voter_id}"


def add_slips(session: StoreSession, found: RatingRound, class_index: int, count: int) -> list[str]:
    """Add anonymous voters; their codes, shuffled, which are shown this once (SE-3)."""
    lock(session, found, RoundState.DRAFT)
    check_class(found, class_index)
    if not 0 < count <= MAX_SLIPS:
        raise RatingError("slips", most=MAX_SLIPS)
    codes = [_new_code() for _ in range(count)]
    session.add_all(
        RatingVoter(round_id=number_of(found), class_index=class_index, code_hash=_hash(code)) for code in codes
    )
    session.flush()
    secrets.SystemRandom().shuffle(codes)
    return codes


def drop_slips(session: StoreSession, found: RatingRound, class_index: int) -> None:
    """Take all slips of a class off the roll; their codes stop working."""
    lock(session, found, RoundState.DRAFT)
    slips = (col(RatingVoter.member_id).is_(None), col(RatingVoter.label) == "")
    here = (col(RatingVoter.round_id) == found.id, col(RatingVoter.class_index) == class_index)
    session.execute(delete(RatingVoter).where(*here, *slips))
    session.expire_all()


def issue_code(session: StoreSession, found: RatingRound, voter_id: int) -> str:
    """A new code for a voter whose phone is lost or who has no account. From now on nobody casts for them but who comes
    by it: the code before stops working, pages that are open are refused (`ticket`), and browsers that came in by a
    code or are the member's, under whichever account, are signed out."""
    lock(session, found, RoundState.DRAFT, RoundState.OPEN)
    row, code = row_of(session, found, voter_id), _new_code()
    sessions.close_sessions(session, account_of(voter_id, row.ticket))
    row.code_hash, row.ticket = _hash(code), row.ticket + 1
    session.add(row)
    session.flush()
    if row.member_id is not None:
        binding.sign_out(session, row.member_id)
    return code


def redeem_code(session: StoreSession, typed: str) -> Voter | None:
    """Use up a code, typed with or without spaces and in any width; the voter, who is here now. None for a code that
    does not exist, was used, or whose round is not open."""
    code = re.sub(r"[^0-9]", "", unicodedata.normalize("NFKC", typed))
    if len(code) != _DIGITS:
        return None
    query = (
        select(RatingVoter)
        .join(RatingRound, col(RatingRound.id) == col(RatingVoter.round_id))
        .where(col(RatingVoter.code_hash) == _hash(code), col(RatingRound.state) == RoundState.OPEN)
        .with_for_update(of=RatingVoter)
    )
    row = session.exec(query).first()
    if row is None:
        return None
    row.code_hash, row.present = None, True
    session.add(row)
    session.flush()
    return voter(session, row.round_id, row.id or 0)


def close_pages(session: StoreSession, round_id: int) -> None:
    """Codes stop working, and browsers that came in by one are signed out."""
    query = select(RatingVoter.id, RatingVoter.ticket).where(col(RatingVoter.round_id) == round_id)
    accounts = [account_of(ident or 0, ticket) for ident, ticket in session.exec(query)]
    session.execute(delete(sessions.WebSession).where(col(sessions.WebSession.account).in_(accounts)))
    session.execute(
        sa.update(RatingVoter).where(col(RatingVoter.round_id) == round_id).values(code_hash=None, ticket=0)
    )


def _new_code() -> str:
    return f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}d}"


def _hash(code: str) -> str:
    return hashlib.pbkdf2_hmac("sha256", code.encode(), b"azalea rating code", _HASH_ROUNDS).hex()
