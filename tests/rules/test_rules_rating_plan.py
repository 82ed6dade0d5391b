"""What new ratings begin with: the shipped plans, and mistakes in them."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from bot.rules.rating_plan import KINDS, ClassWeight, Defaults, GradeValue, read_plans

SHIPPED = Path(__file__).parent.parent.parent / "content" / "rating.toml"


def shipped() -> dict[str, Any]:
    return tomllib.loads(SHIPPED.read_text(encoding="utf-8"))


def test_the_shipped_plans_carry_configured_numbers() -> None:
    plans = read_plans(shipped())
    assert tuple(plans) == KINDS
    values = dict.fromkeys(GradeValue, 50) | {GradeValue.GOOD: 95}
    defaults = Defaults(plans, values, dict.fromkeys(ClassWeight, 7), "1/3", 5, 8, True)
    grades = defaults.grades_of("secretary_review")
    assert grades[0] == {"name": "好", "value": "95"}
    assert grades[-1] == {"name": "不了解", "value": None}
    assert [one["weight"] for one in defaults.classes_of("secretary_review")] == ["7", "7", "7"]
    assert defaults.classes_of("member_rating") == [{"name": "党员", "weight": "100"}]
    assert not plans["member_rating"].ranked


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("items", [], "free.items: at least one"),
        ("own", "外宾", "free.own: must be one of the classes"),
        ("grades", {"好": "great"}, "free.grades: must be one of good, fair"),
        ("grades", {"弃权": ""}, "free.grades: one with a value"),
        ("classes", ["甲"], "free.classes: must be a table, not a list"),
        ("ranked", "yes", "free.ranked: must be bool, not str"),
    ],
)
def test_a_mistake_names_the_kind(key: str, value: object, message: str) -> None:
    data = shipped()
    data["free"][key] = value
    with pytest.raises(ValueError, match=message):
        read_plans(data)
    del data["free"]
    with pytest.raises(ValueError, match="free: missing"):
        read_plans(data)
