"""The sheet and its rules: items, grades, classes, tellers and options, until the round is frozen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, delete, select

from bot.store.core.statements import StoreSession
from bot.store.meetings import Meeting
from bot.store.people import Unit
from bot.store.rating import checks
from bot.store.rating.roll import by_class, voters
from bot.store.rating.rounds import lock, member_in, number_of, targets
from bot.store.rating.tables import RatingRound, RatingTarget, RatingTeller, RatingVoter
from bot.store.rating.words import RatingError, RoundKind, RoundMode, RoundState

MAX_ITEMS = 20
MAX_GRADES = 9
"""A digit is enough for an item when sheets of paper are typed in."""
MAX_CLASSES = 8


def set_items(session: StoreSession, found: RatingRound, items: Sequence[tuple[str, str]]) -> None:
    """Replace the lines of the sheet by (name, weight)."""
    lock(session, found, RoundState.DRAFT)
    checks.names([name for name, _ in items], MAX_ITEMS)
    _save(
        session, found, items=[{"name": checks.name(name), "weight": checks.number(weight)} for name, weight in items]
    )


def set_grades(session: StoreSession, found: RatingRound, grades: Sequence[tuple[str, str | None]]) -> None:
    """Replace the grades, best first, by (name, value); None for one that does not count (SR-9)."""
    lock(session, found, RoundState.DRAFT)
    checks.names([name for name, _ in grades], MAX_GRADES)
    if not any(value is not None for _, value in grades):
        raise RatingError("no_value")
    _save(
        session,
        found,
        grades=[
            {"name": checks.name(name), "value": None if value is None else checks.number(value)}
            for name, value in grades
        ],
    )


def set_classes(session: StoreSession, found: RatingRound, classes: Sequence[tuple[str, str]]) -> None:
    """Replace the classes by (name, weight). Voters stay in the class of the same name; raises RatingError when one
    that still has voters would go (merge_class first)."""
    lock(session, found, RoundState.DRAFT)
    names = [checks.name(name) for name, _ in classes]
    checks.names(names, MAX_CLASSES)
    before = [one["name"] for one in found.classes]
    counts = by_class(found, voters(session, number_of(found)))
    for index, name in enumerate(before):
        if counts[index] and name not in names:
            raise RatingError("class_has_voters", name=name, count=counts[index])
    moved = {index: names.index(name) for index, name in enumerate(before) if name in names}
    _move(session, found, moved)
    _forget_weights(session, found, set(names))
    _save(
        session,
        found,
        classes=[{"name": checks.name(name), "weight": checks.number(weight)} for name, weight in classes],
    )


def merge_class(session: StoreSession, found: RatingRound, index: int, into: int) -> None:
    """Put everybody of a class into another one and drop it (SE-5); the other one's weight grows by its weight."""
    lock(session, found, RoundState.DRAFT)
    classes = [dict(one) for one in found.classes]
    if index == into or not (0 <= index < len(classes) and 0 <= into < len(classes)):
        raise RatingError("merge")
    classes[into]["weight"] = checks.total(classes[index]["weight"], classes[into]["weight"])
    gone = classes.pop(index)["name"]
    kept = [one["name"] for one in classes]
    places = {at: (into if at == index else at) for at in range(len(found.classes))}
    _move(session, found, {at: to - (to > index) for at, to in places.items()})
    _forget_weights(session, found, set(kept) - {gone})
    _save(session, found, classes=classes)


def set_tellers(session: StoreSession, found: RatingRound, member_ids: Sequence[int]) -> None:
    """Who keeps the key and opens the box: two different members, none of them rated. A key stays proved only while
    who proved it is a teller."""
    lock(session, found, RoundState.DRAFT)
    wanted = list(dict.fromkeys(member_ids))
    known = member_in(session, wanted)
    if len(wanted) != 2 or len(known) != 2:
        raise RatingError("two_tellers")
    rated = {one.member_id for one in targets(session, number_of(found))}
    for ident in wanted:
        if ident in rated:
            raise RatingError("teller_is_target", name=known[ident].name)
    session.execute(delete(RatingTeller).where(col(RatingTeller.round_id) == found.id))
    session.expire_all()
    session.add_all(RatingTeller(round_id=number_of(found), member_id=ident) for ident in wanted)
    if found.key_proved_by not in wanted:
        found.key_proved_by = None
    _save(session, found)


def set_options(session: StoreSession, found: RatingRound, **changed: Any) -> None:
    """Change title, mode, ranked, per_speaker, minutes_each, min_group, cap, second_check or meeting_id. Raises
    RatingError for a value that cannot be; TypeError for another name."""
    lock(session, found, RoundState.DRAFT)
    allowed: dict[str, Callable[[Any], object]] = {
        "title": checks.name,
        "mode": RoundMode,
        "ranked": bool,
        "per_speaker": bool,
        "minutes_each": checks.minutes,
        "min_group": checks.group,
        "cap": checks.cap,
        "second_check": bool,
        "meeting_id": lambda value: _meeting(session, found, value),
    }
    if unknown := set(changed) - set(allowed):
        raise TypeError(f"no option {', '.join(sorted(unknown))}")
    if changed.get("ranked") and found.kind is RoundKind.MEMBER_RATING:
        raise RatingError("never_ranked")
    _save(session, found, **{name: allowed[name](value) for name, value in changed.items()})


def set_closing(session: StoreSession, found: RatingRound, closes_at: datetime | None) -> None:
    """When the round closes by itself; None: by hand only. It is no part of the manifest and may be moved while the
    round is open."""
    lock(session, found, RoundState.DRAFT, RoundState.OPEN)
    _save(session, found, closes_at=closes_at)


def _save(session: StoreSession, found: RatingRound, **changed: object) -> None:
    for name, value in changed.items():
        setattr(found, name, value)
    session.add(found)
    session.flush()


def _move(session: StoreSession, found: RatingRound, places: dict[int, int]) -> None:
    """Renumber the voters' classes, all at once."""
    if not places:
        return
    here = col(RatingVoter.class_index)
    session.execute(
        sa.update(RatingVoter)
        .where(col(RatingVoter.round_id) == found.id, here.in_(list(places)))
        .values(class_index=sa.case(places, value=here, else_=here))
        .execution_options(synchronize_session=False)
    )
    session.expire_all()


def _forget_weights(session: StoreSession, found: RatingRound, names: set[str]) -> None:
    """Targets' own weights for classes that are gone."""
    for target in session.exec(select(RatingTarget).where(col(RatingTarget.round_id) == found.id)):
        if set(target.weights) - names:
            target.weights = {name: weight for name, weight in target.weights.items() if name in names}
            session.add(target)


def _meeting(session: StoreSession, found: RatingRound, meeting_id: int | None) -> int | None:
    """A meeting of the round's unit or of one below or above it."""
    if meeting_id is None:
        return None
    meeting, unit = session.get(Meeting, meeting_id), session.get(Unit, found.unit_id)
    other = None if meeting is None else session.get(Unit, meeting.unit_id)
    if unit is None or other is None or not (unit.path.startswith(other.path) or other.path.startswith(unit.path)):
        raise RatingError("no_meeting")
    return meeting_id
