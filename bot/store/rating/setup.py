"""Setting up a round: what it begins with, and every change until it is frozen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from msgspec import Struct, field
from msgspec.structs import asdict
from sqlmodel import col, delete, select

from bot.config import Rating
from bot.rules.people import Post as PostKind
from bot.rules.people import Stage
from bot.rules.rating_plan import ClassWeight, Defaults, GradeValue, KindPlan
from bot.store import people
from bot.store.core.statements import StoreSession
from bot.store.people import Audience, Member, Post, Unit, UnitKind
from bot.store.rating import checks
from bot.store.rating.roll import set_roll
from bot.store.rating.rounds import class_named, class_names, lock, member_in, number_of, tellers
from bot.store.rating.tables import RatingRound, RatingTarget
from bot.store.rating.words import RatingError, RoundKind, RoundState

MAX_TARGETS = 300


class Target(Struct, frozen=True):
    """Somebody or something to be rated; `weights` override those of classes, as decimal texts by class name."""

    name: str
    unit: str = ""
    member_id: int | None = None
    note: str = ""
    weights: Mapping[str, str] = field(default_factory=dict)


def defaults_of(plans: Mapping[str, KindPlan], settings: Rating) -> Defaults:
    """What new rounds begin with: `content.ratings` with the numbers of `[rating]`."""
    return Defaults(
        plans,
        {GradeValue(name): value for name, value in asdict(settings.values).items()},
        {ClassWeight(name): weight for name, weight in asdict(settings.weights).items()},
        settings.excellent_cap,
        settings.min_group,
        settings.minutes_each,
        settings.second_check,
    )


def new_round(
    session: StoreSession, unit_id: int, kind: RoundKind, title: str, made_by: int, today: date, defaults: Defaults
) -> RatingRound:
    """A draft with items, grades, classes, targets and roll as its kind has them."""
    found = RatingRound(
        unit_id=unit_id,
        kind=kind,
        title=checks.name(title),
        ranked=defaults.plans[kind].ranked,
        items=defaults.items_of(kind),
        grades=defaults.grades_of(kind),
        classes=defaults.classes_of(kind),
        min_group=defaults.min_group,
        cap=defaults.excellent_cap if defaults.plans[kind].capped else "",
        second_check=defaults.second_check,
        minutes_each=defaults.minutes_each,
        made_by=made_by,
        made_on=today,
    )
    session.add(found)
    session.flush()
    prefill(session, found, defaults)
    return found


def prefill(session: StoreSession, found: RatingRound, defaults: Defaults, *, rate_probationary: bool = False) -> None:
    """Targets and roll as the roster has them now; what was there is replaced, slips stay. Probationary members rate
    and, only with `rate_probationary`, are rated (DR-5). A branch's secretary does not rate the branch (SR-10)."""
    unit = people.unit(session, found.unit_id)
    if found.kind is RoundKind.SECRETARY_REVIEW:
        heads = _secretaries(session, unit, UnitKind.BRANCH, UnitKind.GENERAL_BRANCH)
        rated, voting = [Target(head.name, led.name, head.id) for head, led in heads], [head for head, _ in heads]
    elif found.kind is RoundKind.BRANCH_REVIEW:
        heads = _secretaries(session, unit, UnitKind.BRANCH)
        own = {led.id: head.id for head, led in heads}
        rated = [Target(branch.name, "", own.get(branch.id)) for branch in _branches(session, unit)]
        voting = [head for head, _ in heads]
    else:
        voting = [] if unit.kind is UnitKind.COMMITTEE else _members(session, unit)
        stages = {Stage.FULL_MEMBER, *([Stage.PROBATIONARY_MEMBER] if rate_probationary else [])}
        of_members = found.kind is RoundKind.MEMBER_RATING
        rated = [Target(one.name, "", one.id) for one in voting if of_members and one.stage in stages]
    set_targets(session, found, rated)
    names, wanted = class_names(found), defaults.plans[found.kind].own_class
    set_roll(session, found, [(one.id, "", wanted if wanted in names else names[0]) for one in voting])


def set_targets(session: StoreSession, found: RatingRound, rows: Sequence[Target]) -> None:
    """Replace who is rated, in this order. Raises RatingError for too many, a name that is empty or twice, a member
    who is unknown, a teller, or a weight for a class that does not exist."""
    lock(session, found, RoundState.DRAFT)
    if len(rows) > MAX_TARGETS:
        raise RatingError("too_many_targets", most=MAX_TARGETS)
    ids = [one.member_id for one in rows if one.member_id is not None]
    known = member_in(session, ids)
    keeping = {one.member_id for one in tellers(session, number_of(found))}
    seen: set[tuple[str, str]] = set()
    for one in rows:
        key = (checks.name(one.name), one.unit.strip())
        if key in seen or (one.member_id is not None and ids.count(one.member_id) > 1):
            raise RatingError("target_twice", name=one.name)
        if one.member_id is not None and one.member_id not in known:
            raise RatingError("target_unknown", name=one.name)
        if one.member_id in keeping:
            raise RatingError("teller_is_target", name=one.name)
        for name in one.weights:
            class_named(found, name)
        seen.add(key)
    session.execute(delete(RatingTarget).where(col(RatingTarget.round_id) == found.id))
    session.expire_all()
    session.add_all(
        RatingTarget(
            round_id=number_of(found),
            position=position,
            name=checks.name(one.name),
            unit=one.unit.strip()[: checks.LONGEST],
            member_id=one.member_id,
            note=one.note.strip()[: checks.LONGEST],
            weights={name: checks.number(weight) for name, weight in one.weights.items()},
        )
        for position, one in enumerate(rows)
    )
    session.flush()


def _secretaries(session: StoreSession, unit: Unit, *kinds: UnitKind) -> list[tuple[Member, Unit]]:
    """The secretaries of the units of these kinds below a unit, each once, with the first unit that they lead."""
    query = (
        select(Member, Unit)
        .join(Post, col(Post.member_id) == col(Member.id))
        .join(Unit, col(Unit.id) == col(Post.unit_id))
        .where(col(Post.kind) == PostKind.SECRETARY, col(Member.left_on).is_(None))
        .where(col(Unit.path).startswith(unit.path), col(Unit.kind).in_(kinds))
    )
    first: dict[int, tuple[Member, Unit]] = {}
    for member, led in session.exec(query.order_by(col(Unit.id), col(Member.id))):
        first.setdefault(member.id or 0, (member, led))
    return list(first.values())


def _branches(session: StoreSession, unit: Unit) -> list[Unit]:
    below = (col(Unit.path).startswith(unit.path), col(Unit.kind) == UnitKind.BRANCH)
    return list(session.exec(select(Unit).where(*below).order_by(col(Unit.id))))


def _members(session: StoreSession, unit: Unit) -> list[Member]:
    """Full and probationary members of a unit and of those below it."""
    wanted = Audience((unit.id or 0,), stages=(Stage.FULL_MEMBER, Stage.PROBATIONARY_MEMBER))
    return list(session.exec(select(Member).where(people.in_audience(wanted)).order_by(col(Member.id))))
