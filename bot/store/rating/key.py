"""The round's key: the server keeps its public half, and a teller proves that the file opens what it seals."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

from bot.rules.rating import sealing
from bot.store import audit
from bot.store.core.statements import StoreSession
from bot.store.rating.rounds import is_teller, lock, number_of
from bot.store.rating.tables import RatingRound
from bot.store.rating.words import RatingError, RoundState


def put_key(session: StoreSession, found: RatingRound, public_key: str, teller_id: int, now: datetime) -> None:
    """Take a teller's public key (base64url); it has to be proved. Raises RatingError when it is none."""
    _check_teller(session, found, teller_id)
    try:
        sealing.check_public(sealing.unb64u(public_key))
    except (ValueError, sealing.SealingError):
        raise RatingError("bad_key") from None
    found.public_key, found.test_challenge_hash, found.key_proved_by = public_key, "", None
    session.add(found)
    session.flush()
    audit.record(session, now, teller_id, "rating key", str(found.id))


def test_envelope(session: StoreSession, found: RatingRound, teller_id: int) -> bytes:
    """A sealed test; only its answer's hash is kept. Writes: not for a GET."""
    _check_teller(session, found, teller_id)
    if not found.public_key:
        raise RatingError("no_key")
    test = sealing.make_test(sealing.unb64u(found.public_key))
    found.test_challenge_hash = _hash(test.answer)
    session.add(found)
    session.flush()
    return test.sealed


def prove_key(session: StoreSession, found: RatingRound, teller_id: int, answer: bytes, now: datetime) -> None:
    """The answer to the latest test proves that the key file opens what is sealed. Raises RatingError if not."""
    _check_teller(session, found, teller_id)
    if not found.test_challenge_hash or not hmac.compare_digest(_hash(answer), found.test_challenge_hash):
        raise RatingError("wrong_answer")
    found.test_challenge_hash, found.key_proved_by = "", teller_id
    session.add(found)
    session.flush()
    audit.record(session, now, teller_id, "rating key proved", str(found.id))


def _check_teller(session: StoreSession, found: RatingRound, teller_id: int) -> None:
    lock(session, found, RoundState.DRAFT)
    if not is_teller(session, number_of(found), teller_id):
        raise RatingError("not_a_teller")


def _hash(answer: bytes) -> str:
    return hashlib.sha256(answer).hexdigest()
