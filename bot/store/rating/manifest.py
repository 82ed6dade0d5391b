"""The manifest: everything that is frozen when a round opens, its fingerprint, and the approvals of it (NS-2)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func
from sqlmodel import col, select

from bot.rules.rating import number, sealing
from bot.store import audit, people
from bot.store.core.statements import StoreSession
from bot.store.rating import envelopes
from bot.store.rating.roll import Voter, by_class, voters
from bot.store.rating.rounds import is_over_time, lock, may_approve, number_of, targets, tellers
from bot.store.rating.tables import RatingApproval, RatingRound, RatingTarget
from bot.store.rating.words import RatingError, RoundMode, RoundState

APPROVALS = 2


def build_manifest(session: StoreSession, found: RatingRound) -> str:
    """The manifest as canonical JSON: sorted keys, no spaces, `<`, `>` and `&` escaped. Once the round is open it is
    what was frozen then."""
    if found.manifest:
        return found.manifest
    roll = voters(session, number_of(found))
    sizes = by_class(found, roll)
    return _canonical(
        {
            "format": "azalea-rating/1",
            "round": found.id,
            "title": found.title,
            "kind": found.kind,
            "mode": found.mode,
            "unit": people.unit(session, found.unit_id).name,
            "ranked": found.ranked,
            "targets": [_target(one) for one in targets(session, number_of(found))],
            "items": found.items,
            "grades": found.grades,
            "classes": [{**one, "voters": size} for one, size in zip(found.classes, sizes, strict=True)],
            "roll": digest(_canonical([[one.id, one.name, one.class_index] for one in _by_id(roll)])),
            "self_rating": False,
            "blank": "not_counted",
            "cap": found.cap,
            "min_group": found.min_group,
            "per_speaker": found.per_speaker,
            "second_check": found.second_check,
            "tellers": [one.name for one in tellers(session, number_of(found))],
            "public_key": found.public_key,
        }
    )


def digest(text: str) -> str:
    """The fingerprint of a manifest: SHA-256 of its UTF-8 bytes, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def problems(session: StoreSession, found: RatingRound) -> list[RatingError]:
    """What keeps the round from being approved, in the order in which to mend it."""
    roll, rated = voters(session, number_of(found)), targets(session, number_of(found))
    wrong = [RatingError(key) for key, missing in (("no_targets", not rated), ("no_voters", not roll)) if missing]
    least = found.min_group if found.mode is RoundMode.SEALED else 1
    for one, size in zip(found.classes, by_class(found, roll), strict=True):
        if size == 0:
            wrong.append(RatingError("class_empty", name=one["name"]))
        elif size < least:
            wrong.append(RatingError("class_small", name=one["name"], count=size, least=least))
    if found.ranked and not any(number(one["weight"]) for one in found.classes):
        wrong.append(RatingError("no_weight"))
    if found.mode is RoundMode.SEALED:
        if len(tellers(session, number_of(found))) != 2:
            wrong.append(RatingError("two_tellers"))
        elif not found.public_key:
            wrong.append(RatingError("no_key"))
        elif found.key_proved_by is None:
            wrong.append(RatingError("key_not_proved"))
    return wrong


def approvals(session: StoreSession, found: RatingRound) -> list[int]:
    """Who approved the round as it is now, by member id; the order says nothing."""
    fingerprint = digest(build_manifest(session, found))
    here = (col(RatingApproval.round_id) == found.id, col(RatingApproval.manifest_hash) == fingerprint)
    return sorted(session.exec(select(RatingApproval.member_id).where(*here)))


def approve(session: StoreSession, found: RatingRound, member_id: int, now: datetime) -> bool:
    """Approve the round as it is now; True when this opened it. Two different people must approve the same manifest;
    whatever is changed in between needs both anew. Raises RatingError while something is missing."""
    lock(session, found, RoundState.DRAFT)
    if not may_approve(session, found, member_id):
        raise RatingError("may_not_approve")
    if is_over_time(found, now):
        raise RatingError("closes_in_the_past")
    for wrong in problems(session, found):
        raise wrong
    text = build_manifest(session, found)
    fingerprint = digest(text)
    session.execute(
        delete(RatingApproval).where(
            col(RatingApproval.round_id) == found.id,
            (col(RatingApproval.manifest_hash) != fingerprint) | (col(RatingApproval.member_id) == member_id),
        )
    )
    session.expire_all()
    session.add(RatingApproval(round_id=number_of(found), member_id=member_id, manifest_hash=fingerprint))
    session.flush()
    audit.record(session, now, member_id, "rating approved", f"{found.id}:{fingerprint[:16]}")
    count = select(func.count()).select_from(RatingApproval).where(col(RatingApproval.round_id) == found.id)
    if session.exec(count).one() < APPROVALS:
        return False
    _open(session, found, text, now)
    audit.record(session, now, member_id, "rating opened", f"{found.id}:{fingerprint[:16]}")
    return True


def _open(session: StoreSession, found: RatingRound, text: str, now: datetime) -> None:
    rated = len(targets(session, number_of(found)))
    found.manifest, found.manifest_hash = text, digest(text)
    found.state, found.opened_on = RoundState.OPEN, now.date()
    found.released = 0 if found.per_speaker else rated
    if found.mode is RoundMode.SEALED:
        found.sheet_bytes = rated * sealing.sealed_length(len(found.items))
        envelopes.of(number_of(found)).make(session)
    session.add(found)
    session.flush()


def _target(one: RatingTarget) -> dict[str, Any]:
    return {"name": one.name, "unit": one.unit, "note": one.note, "weights": one.weights}


def _by_id(roll: Sequence[Voter]) -> list[Voter]:
    return sorted(roll, key=lambda one: one.id)


def _canonical(value: object) -> str:
    """JSON that a page can embed as it is: what could end a script element is written as an escape."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text
