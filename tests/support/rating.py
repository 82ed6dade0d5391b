"""A rating of the roads branch, from draft to open, and what its voters and tellers do outside of the browser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, select

from bot.app import App
from bot.rules.rating import sealing
from bot.rules.rating.sealing import Key
from bot.store import rating
from bot.store.core.statements import StoreSession
from bot.store.people import Member, Unit
from bot.store.rating import RatingRound, RoundKind, RoundMode, Target
from tests.support.cast import FERRY_MEMBER, FERRY_SECRETARY, ORGANIZER, ROADS, SECRETARY

GRADES: tuple[tuple[str, str | None], ...] = (
    ("好", "100"), ("较好", "80"), ("一般", "60"), ("差", "40"), ("弃权", None)
)  # fmt: skip
CLASSES = {"领导": 5, "同行": 6}
TELLERS = (FERRY_SECRETARY, FERRY_MEMBER)


@dataclass(frozen=True, slots=True)
class Opened:
    """An open round: its number, key and fingerprint; voter ids by class; the voter who is a target (by target)."""

    id: int
    key: Key
    manifest_hash: str
    voters: Mapping[str, tuple[int, ...]]
    targets: int
    items: int
    own: Mapping[int, int]

    @property
    def hash(self) -> bytes:
        return bytes.fromhex(self.manifest_hash)

    def everybody(self) -> list[int]:
        return [voter for voters in self.voters.values() for voter in voters]

    def seal(self, rows: Sequence[bytes]) -> bytes:
        """A voter's sheet, as the page seals it."""
        return sealing.seal_sheet(self.key.public, self.hash, rows)


def member_id(session: StoreSession, name: str) -> int:
    """The member of this name."""
    return session.exec(select(Member.id).where(col(Member.name) == name)).one() or 0


def draft(
    session: StoreSession,
    app: App,
    now: datetime,
    *,
    targets: Sequence[str] = ("甲书记", "乙书记", "丙书记"),
    items: Sequence[str] = ("总体评价", "组织生活"),
    classes: Mapping[str, int] = CLASSES,
    members: Mapping[str, Sequence[str]] | None = None,
    grades: Sequence[tuple[str, str | None]] = GRADES,
    mode: RoundMode = RoundMode.SEALED,
) -> RatingRound:
    """A draft whose classes hold so many voters known by name, and beside them `members` by class. A target named like
    a member is that member."""
    made_by = member_id(session, SECRETARY)
    unit = session.exec(select(Unit.id).where(col(Unit.name) == ROADS)).one() or 0
    defaults = rating.defaults_of(app.library.content.ratings, app.settings.rating)
    found = rating.new_round(session, unit, RoundKind.FREE, "试评", made_by, now.date(), defaults)
    rating.set_options(session, found, mode=mode, ranked=True)
    rating.set_roll(session, found, [])
    rating.set_classes(session, found, [(name, str(10 * (at + 3))) for at, name in enumerate(classes)])
    rating.set_items(session, found, [(name, "1") for name in items])
    rating.set_grades(session, found, grades)
    known = {one.name: one.id for one in session.exec(select(Member))}
    rating.set_targets(session, found, [Target(name, member_id=known.get(name)) for name in targets])
    roll = [(None, f"{name}{number + 1}", name) for name, count in classes.items() for number in range(count)]
    for name, people in (members or {}).items():
        roll += [(known[one], "", name) for one in people]
    rating.set_roll(session, found, roll)
    rating.set_tellers(session, found, [known[name] or 0 for name in TELLERS])
    return found


def bring_key(session: StoreSession, found: RatingRound, teller: int, key: Key, now: datetime) -> None:
    """A teller brings the key of the round and opens the test envelope."""
    rating.put_key(session, found, sealing.b64u(key.public), teller, now)
    answer = sealing.open_test(key, rating.test_envelope(session, found, teller))
    rating.prove_key(session, found, teller, answer, now)


def approve_twice(
    session: StoreSession, found: RatingRound, now: datetime, approvers: Sequence[str] = (SECRETARY, ORGANIZER)
) -> None:
    """Two people approve the round as it is; the second approval opens it."""
    assert [rating.approve(session, found, member_id(session, name), now) for name in approvers] == [False, True]


def open_round(session: StoreSession, app: App, now: datetime, key: Key, **given: object) -> Opened:
    """A round that two people approved, with everybody there."""
    found = draft(session, app, now, **given)  # type: ignore[arg-type]
    if found.mode is RoundMode.SEALED:
        teller = member_id(session, TELLERS[0])
        bring_key(session, found, teller, key, now)
    approve_twice(session, found, now)
    rating.mark_present(session, found, None)
    return opened(session, found, key)


def opened(session: StoreSession, found: RatingRound, key: Key) -> Opened:
    """What a test needs to know of an open round."""
    roll = rating.voters(session, found.id or 0)
    names = rating.class_names(found)
    return Opened(
        found.id or 0,
        key,
        found.manifest_hash,
        {name: tuple(one.id for one in roll if one.class_index == at) for at, name in enumerate(names)},
        len(rating.targets(session, found.id or 0)),
        len(found.items),
        {one.own_target: one.id for one in roll if one.own_target is not None},
    )


def open_box(session: StoreSession, number: int, key: Key) -> dict[tuple[int, int], bytes]:
    """What a teller's browser finds in the box: sorted rows by target and class."""
    found = rating.get(session, number)
    assert found is not None
    manifest = bytes.fromhex(found.manifest_hash)
    boxes = {}
    for part in rating.parts(session, found):
        sealed = rating.sealed_rows(session, found, part.target, part.class_index)
        plain = sealing.open_rows(key, manifest, part.target, len(found.items), sealed)
        boxes[part.target, part.class_index] = plain.rows + bytes([255]) * (plain.failed * len(found.items))
    return boxes
