"""What a new rating begins with: items, grades and classes for each kind (DOMAIN 4.2, SR-7, SR-8)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct

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


def read_plans(data: Mapping[str, Any]) -> dict[str, KindPlan]:
    """The plans from `rating.toml`; raises ValueError, naming the kind and what is wrong."""
    plans = {}
    for kind in KINDS:
        try:
            plan = plans[kind] = _plan(data[kind])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ValueError(f"{kind} needs ranked, capped, items, own, grades and classes ({error})") from None
        if not plan.items or not any(value for _, value in plan.grades) or plan.own_class not in dict(plan.classes):
            raise ValueError(f"{kind} needs items, a grade with a value, and own to be one of its classes")
    return plans


def _plan(row: Mapping[str, Any]) -> KindPlan:
    return KindPlan(
        row["ranked"] is True,
        row["capped"] is True,
        tuple(str(item) for item in row["items"]),
        tuple((str(name), GradeValue(value)) for name, value in row["grades"].items()),
        tuple((str(name), ClassWeight(weight)) for name, weight in row["classes"].items()),
        str(row["own"]),
    )


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
