"""What a new rating begins with: items, grades and classes for each kind (DOMAIN 4.2, SR-7, SR-8)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct

from bot.shapes import Misfit, converted

KINDS = ("secretary_review", "branch_review", "member_rating", "free")
_WHOLE = "100"


class GradeValue(StrEnum):
    """Which configured value a grade has; none does not count, as an abstention (SR-9)."""

    GOOD = "good"
    FAIR = "fair"
    AVERAGE = "average"
    POOR = "poor"
    NONE = ""


class ClassWeight(StrEnum):
    """Which configured weight a class has; none where it is the only one."""

    LEADER = "leader"
    PEER = "peer"
    MEMBER = "member"
    NONE = ""


class KindPlan(Struct, frozen=True):
    """The sheet of one kind. `own_class` is the class that secretaries, or the members of the branch, are put into."""

    ranked: bool
    capped: bool
    items: tuple[str, ...]
    grades: tuple[tuple[str, GradeValue], ...]
    classes: tuple[tuple[str, ClassWeight], ...]
    own_class: str


class _KindTable(Struct, frozen=True):
    """A kind as `rating.toml` says it."""

    ranked: bool
    capped: bool
    items: tuple[str, ...]
    own: str
    grades: dict[str, GradeValue]
    classes: dict[str, ClassWeight]


def read_plans(data: Mapping[str, Any]) -> dict[str, KindPlan]:
    """The plans from `rating.toml`; raises Misfit, naming the kind, the field and what is wrong."""
    return {kind: _plan(kind, data) for kind in KINDS}


def _plan(kind: str, data: Mapping[str, Any]) -> KindPlan:
    if kind not in data:
        raise Misfit((kind,), "missing")
    try:
        found = converted(data[kind], _KindTable)
    except Misfit as wrong:
        raise Misfit((kind, *wrong.path), wrong.what) from None
    if not found.items:
        raise Misfit((kind, "items"), "at least one is needed")
    if not any(found.grades.values()):
        raise Misfit((kind, "grades"), "one with a value is needed")
    if found.own not in found.classes:
        raise Misfit((kind, "own"), "must be one of the classes")
    grades, classes = tuple(found.grades.items()), tuple(found.classes.items())
    return KindPlan(found.ranked, found.capped, found.items, grades, classes, found.own)


class Defaults(Struct, frozen=True):
    """The plans by kind, and the values, weights and limits that are configured ([rating])."""

    plans: Mapping[str, KindPlan]
    values: Mapping[GradeValue, int]
    weights: Mapping[ClassWeight, int]
    excellent_cap: str
    min_group: int
    minutes_each: int
    second_check: bool

    def items_of(self, kind: str) -> list[dict[str, str]]:
        """Items as a round keeps them, each of weight 1."""
        return [{"name": name, "weight": "1"} for name in self.plans[kind].items]

    def grades_of(self, kind: str) -> list[dict[str, str | None]]:
        """Grades as a round keeps them."""
        return [
            {"name": name, "value": str(self.values[value]) if value else None}
            for name, value in self.plans[kind].grades
        ]

    def classes_of(self, kind: str) -> list[dict[str, str]]:
        """Classes as a round keeps them."""
        return [
            {"name": name, "weight": str(self.weights[weight]) if weight else _WHOLE}
            for name, weight in self.plans[kind].classes
        ]
