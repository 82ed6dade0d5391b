"""The arithmetic of ratings: the vectors of the rules, and what must hold for any box."""

from __future__ import annotations

import random
from decimal import Decimal
from fractions import Fraction
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.rating import (
    Counts,
    Disclosure,
    Grade,
    Item,
    RaterClass,
    Scheme,
    TargetCounts,
    cap_of,
    class_score,
    disclosure,
    first_share,
    item_score,
    median,
    merge,
    number,
    rounded,
    score,
    standings,
    stated,
    tally,
)

GRADES = (
    Grade("好", Fraction(100)),
    Grade("较好", Fraction(80)),
    Grade("一般", Fraction(60)),
    Grade("差", Fraction(40)),
    Grade("弃权", None),
)
CLASSES = (RaterClass("局领导", Fraction(40)), RaterClass("同级", Fraction(30)), RaterClass("代表", Fraction(30)))
SCHEME = Scheme((Item("总体评价"),), GRADES, CLASSES, min_group=5, ranked=True)
ALONE = Scheme((Item("总体评价"),), GRADES, CLASSES[:1], min_group=1, ranked=True)


def box(*marks: int, void: int = 0) -> Counts:
    """One item's counts of blank, 好, 较好, 一般, 差, 弃权."""
    filled = (*marks, *(0,) * (6 - len(marks)))
    return Counts(sum(filled) + void, void, (filled,))


def boxes(*items: tuple[int, ...], rows: int = 5) -> Counts:
    """Several items' counts, each as in `box`."""
    return Counts(rows, 0, tuple((*marks, *(0,) * (6 - len(marks))) for marks in items))


def target(name: str, *boxes: Counts, **weights: int) -> TargetCounts:
    return TargetCounts(name, boxes, {rater: Fraction(weight) for rater, weight in weights.items()})


A = target("A", box(0, 3, 2), box(0, 15, 8, 1), box(0, 40, 15, 4, 0, 1))
B = target("B", box(0, 4, 0, 1), box(0, 14, 10), box(0, 45, 10, 3, 1, 1))


def test_the_vector_of_the_rules() -> None:
    """DOMAIN 4.3: no rounding on the way."""
    found = [class_score(counts, SCHEME) for counts in (*A.classes, *B.classes)]
    assert [str(rounded(value)) for value in found if value is not None] == [
        "92.00", "91.67", "92.20", "92.00", "91.67", "93.56",
    ]  # fmt: skip
    first, second = standings([A, B], SCHEME)
    assert (first.name, first.rank, str(first.total)) == ("B", 1, "92.37")
    assert (second.name, second.rank, str(second.total)) == ("A", 2, "91.96")
    exact = {one.name: one.exact or Fraction() for one in (first, second)}
    assert {name: int(value * 10_000) for name, value in exact.items()} == {"A": 919_610, "B": 923_677}


def test_half_a_cent_goes_up() -> None:
    assert rounded(Fraction(91625, 1000)) == Decimal("91.63")
    assert rounded(Fraction(916249, 10000)) == Decimal("91.62")
    assert str(rounded(Fraction(100))) == "100.00"


def test_ranks_are_1_2_2_4_and_ties_are_ordered_by_first_grade_then_name() -> None:
    people = [
        target("丁", box(0, 0, 9)),
        target("丙", box(0, 0, 10)),
        target("乙", box(0, 5, 0, 5)),
        target("甲", box(0, 1, 0, 0, 0)),
        target("戊", box(0, 0, 0, 9)),
    ]
    strokes = {"甲": 5, "乙": 1, "丙": 5, "丁": 2, "戊": 5}
    found = standings(people, ALONE, strokes.__getitem__)
    assert [(one.name, one.rank) for one in found] == [("甲", 1), ("乙", 2), ("丁", 2), ("丙", 2), ("戊", 5)]
    assert [one.rank for one in standings([A, B, B, A], SCHEME)] == [1, 1, 3, 3]


def test_totals_that_round_to_the_same_share_a_rank() -> None:
    found = standings([target("甲", box(0, 2, 1)), target("乙", box(0, 20001, 9999))], ALONE)
    assert [(one.name, one.rank, str(one.total)) for one in found] == [("乙", 1, "93.33"), ("甲", 1, "93.33")]


def test_an_empty_class_drops_out_and_the_weights_are_rescaled() -> None:
    """SR-11: 40/30/30 becomes 40/30."""
    one = target("A", box(0, 3, 2), box(0, 15, 8, 1), box(2, 0, 0, 0, 0, 7))
    assert score(one, SCHEME) == (40 * Fraction(92) + 30 * Fraction(275, 3)) / 70
    assert score(target("A", box(), box(3), box()), SCHEME) is None
    assert standings([target("A", box(), box(3), box())], SCHEME)[0].rank is None


def test_weights_may_differ_per_target_and_item() -> None:
    scheme = Scheme((Item("a", Fraction(3)), Item("b", Fraction(1))), GRADES, CLASSES[:2], 1, True)
    counts = Counts(1, 0, ((0, 1, 0, 0, 0, 0), (0, 0, 0, 1, 0, 0)))
    assert class_score(counts, scheme) == 90
    empty = Counts(1, 0, ((0, 1, 0, 0, 0, 0), (1, 0, 0, 0, 0, 0)))
    assert class_score(empty, scheme) == 100
    other = TargetCounts("A", (counts, empty), {"局领导": Fraction(1), "同级": Fraction(4)})
    assert score(other, scheme) == Fraction(90 + 4 * 100, 5)
    assert score(TargetCounts("A", (counts, empty), {"局领导": Fraction(0), "同级": Fraction(0)}), scheme) is None


def test_blanks_and_abstentions_count_on_neither_side() -> None:
    assert item_score((9, 1, 1, 0, 0, 9), GRADES) == 90
    assert item_score((9, 0, 0, 0, 0, 9), GRADES) is None
    assert first_share(target("A", box(5, 1, 3, 0, 0, 7)), ALONE) == Fraction(1, 4)


@pytest.mark.parametrize(("people", "cap"), [(0, 0), (2, 0), (3, 1), (8, 2), (22, 7), (50, 16)])
def test_the_cap_on_excellent(people: int, cap: int) -> None:
    """DR-3."""
    assert cap_of(people, "1/3") == cap


def test_the_cap_may_be_none_and_must_be_a_share() -> None:
    assert cap_of(9, "") is None
    assert cap_of(20, "15/100") == 3
    for wrong in ("third", "1/0", "-1/3", "0.3", "1/3 "):
        with pytest.raises(ValueError, match="share"):
            cap_of(9, wrong)


def test_void_rows_are_counted_apart() -> None:
    """SR-9: a void mark leaves the row's other marks as they are."""
    counts = tally(bytes([1, 2, 255, 255, 0, 5, 255, 1]), items=2, grades=5)
    assert (counts.rows, counts.void, counts.valid) == (4, 1, 3)
    assert counts.items == ((1, 1, 0, 0, 0, 0), (0, 1, 1, 0, 0, 1))
    assert (counts.void_marks(0), counts.void_marks(1)) == (2, 1)
    assert tally(b"", 2, 5) == Counts(0, 0, ((0,) * 6, (0,) * 6))


@pytest.mark.parametrize(
    ("rows", "said"),
    [(b"\1", "not rows"), (b"\1\6", "no grade"), (b"\xfe\xff", "no grade")],
)
def test_a_box_that_is_not_whole_is_refused(rows: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        tally(rows, items=2, grades=5)


def test_a_million_marks() -> None:
    rows = bytes(random.Random(7).choices(range(6), k=1_000_002))
    counts = tally(rows, items=6, grades=5)
    assert counts.rows == 166_667
    assert [sum(marks) for marks in counts.items] == [166_667] * 6
    assert sum(marks[3] for marks in counts.items) == rows.count(3)


def test_a_small_class_hides_every_breakdown_of_its_target() -> None:
    """Invariant 9; a class that nobody is in hides nothing."""
    few = target("A", box(1, 4, 0), box(0, 15, 8), box(0, 40))
    assert disclosure(A, SCHEME) is Disclosure.CLASSES
    assert disclosure(few, SCHEME) is Disclosure.TOTAL
    assert standings([few], SCHEME)[0].rank == 1
    assert disclosure(target("A", box(), box(0, 15, 8), box(0, 40)), SCHEME) is Disclosure.CLASSES
    unranked = Scheme(SCHEME.items, GRADES, CLASSES, 5, ranked=False)
    assert disclosure(few, unranked) is Disclosure.MERGED
    assert standings([few, B], unranked)[0].exact is None
    none = target("A", box(1, 2), box(), box(0, 2))
    assert disclosure(none, SCHEME) is Disclosure.NOTHING
    assert standings([none], SCHEME)[0].total is None


def test_the_item_with_the_fewest_answers_decides() -> None:
    """Of five people four leave an item blank: its counts are one person's mark. The total alone still needs
    `min_group` valid answers (SE-6), and no item is hidden alone."""
    scheme = Scheme((Item("a"), Item("b")), GRADES, CLASSES[:2], 5, ranked=True)
    unranked = Scheme(scheme.items, GRADES, CLASSES[:2], 5, ranked=False)
    full, nobody = boxes((0, 5, 1), (1, 2, 3), rows=6), boxes((), (), rows=0)
    blank, abstained, void = boxes((0, 5), (4, 0, 1)), boxes((0, 5), (0, 0, 1, 0, 0, 4)), boxes((0, 5), (0, 0, 1))
    assert disclosure(TargetCounts("A", (full, full)), scheme) is Disclosure.CLASSES
    for thin in (blank, abstained, void):
        mixed, alone = TargetCounts("A", (full, thin)), TargetCounts("A", (thin, nobody))
        assert disclosure(mixed, scheme) is Disclosure.TOTAL
        assert disclosure(mixed, unranked) is Disclosure.MERGED
        assert disclosure(alone, scheme) is Disclosure.TOTAL
        assert disclosure(alone, unranked) is Disclosure.NOTHING, "merged they are the same one person's mark"
    assert disclosure(TargetCounts("A", (boxes((1, 4), (1, 4)), nobody)), scheme) is Disclosure.NOTHING


def test_a_total_needs_enough_answers_in_what_carries_it() -> None:
    """A class or an item without weight hides nobody in the total: it would be one person's mark, to two digits."""
    one, many = box(0, 0, 1), box(0, 9, 9)
    weighed = Scheme(
        SCHEME.items, GRADES, (RaterClass("甲", Fraction(1)), RaterClass("乙", Fraction(0))), 5, ranked=True
    )
    assert disclosure(target("A", one, many), weighed) is Disclosure.NOTHING
    assert disclosure(target("A", many, one), weighed) is Disclosure.TOTAL
    assert disclosure(target("A", many, one, 甲=0, 乙=1), weighed) is Disclosure.NOTHING
    assert disclosure(target("A", one, many, 甲=0), weighed) is Disclosure.NOTHING, "nothing carries it"
    items = (Item("a"), Item("b", Fraction(0)))
    thin = TargetCounts("A", (boxes((4, 1), (0, 5)),))
    assert disclosure(thin, Scheme(items, GRADES, CLASSES[:1], 5, ranked=True)) is Disclosure.NOTHING
    assert standings([target("A", one, many)], weighed)[0].total is None


def test_the_order_of_those_without_a_total_says_nothing() -> None:
    people = [target(name, box(0, good, 3 - good), box(), box()) for name, good in (("乙", 3), ("甲", 0), ("丙", 2))]
    assert [one.name for one in standings(people, SCHEME)] == sorted("甲乙丙")


def test_the_median_needs_three() -> None:
    people = [target(name, box(0, good, 10 - good)) for name, good in (("甲", 10), ("乙", 5), ("丙", 0), ("丁", 2))]
    assert median(standings(people, ALONE)) == Decimal("87.00")
    assert median(standings(people[:3], ALONE)) == Decimal("90.00")
    assert median(standings(people[:2], ALONE)) is None


def test_what_a_rows_file_states() -> None:
    none = target("C", box(0, 1, void=2), box(), box())
    assert stated([A, B, none], SCHEME) == [
        {"target": 0, "valid": 89, "void": 0, "total": "91.96", "rank": 2},
        {"target": 1, "valid": 89, "void": 0, "total": "92.37", "rank": 1},
        {"target": 2, "valid": 1, "void": 2, "total": None, "rank": None},
    ]


MANIFEST = {
    "items": [{"name": "总体评价", "weight": "1"}],
    "grades": [{"name": "好", "value": "100"}, {"name": "弃权", "value": None}],
    "classes": [{"name": "局领导", "weight": "40"}],
    "min_group": 5,
    "mode": "sealed",
    "ranked": True,
}


def test_a_scheme_is_read_from_a_manifest() -> None:
    scheme = Scheme.read(MANIFEST)
    assert scheme.grades == (Grade("好", Fraction(100)), Grade("弃权", None))
    assert (scheme.classes[0].weight, scheme.min_group, scheme.ranked) == (40, 5, True)
    assert Scheme.read({**MANIFEST, "mode": "named"}).min_group == 0


@pytest.mark.parametrize(
    "part",
    [
        {"items": []}, {"grades": None}, {"classes": [{"name": "x"}]}, {"grades": [{"name": "好", "value": "1e9"}]},
        {"items": [{"name": "x", "weight": "-1"}]}, {"min_group": "many"}, {"items": [{"name": "x", "weight": 1}]},
    ],
)  # fmt: skip
def test_a_manifest_that_is_damaged_is_refused(part: dict[str, object]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each part has words of its own
        Scheme.read({**MANIFEST, **part})


def test_numbers_are_plain_decimals() -> None:
    assert number("12.5") == Fraction(25, 2)
    for wrong in ("", "1e5", "-3", "1/3", "٣", 3, None):
        with pytest.raises(ValueError, match="not a number"):
            number(wrong)


MARK = st.sampled_from([0, 1, 2, 3, 4, 5, 255])
ROW = st.one_of(st.tuples(MARK, MARK, MARK), st.just((255,) * 3))


@given(st.lists(ROW, max_size=40), st.randoms(use_true_random=False))
def test_the_order_of_rows_is_nothing(rows: list[tuple[int, ...]], shuffle: random.Random) -> None:
    """Invariants 6 and 13."""
    counts = tally(bytes(chain(*rows)), items=3, grades=5)
    shuffled = rows.copy()
    shuffle.shuffle(shuffled)
    assert tally(bytes(chain(*shuffled)), 3, 5) == counts == tally(bytes(chain(*sorted(rows))), 3, 5)
    assert all(
        counts.items[item][mark] == sum(row[item] == mark for row in rows) for item in range(3) for mark in range(6)
    )
    assert [counts.void_marks(item) for item in range(3)] == [
        sum(row[item] == 255 for row in rows) for item in range(3)
    ]
    assert counts.void == rows.count((255,) * 3)


@given(st.lists(ROW, max_size=30), st.integers(0, 30))
def test_parts_add_up_to_the_whole(rows: list[tuple[int, ...]], at: int) -> None:
    parts = [tally(bytes(chain(*part)), 3, 5) for part in (rows[:at], rows[at:])]
    assert merge(parts) == tally(bytes(chain(*rows)), 3, 5)


BOX = st.lists(st.integers(0, 30), min_size=6, max_size=6).map(lambda marks: box(*marks))
PEOPLE = st.lists(st.tuples(BOX, BOX, BOX), min_size=1, max_size=8)


@given(PEOPLE, st.integers(1, 50))
def test_only_the_proportion_of_weights_matters(boxes: list[tuple[Counts, ...]], factor: int) -> None:
    scaled = Scheme(SCHEME.items, GRADES, tuple(RaterClass(one.name, one.weight * factor) for one in CLASSES), 5, True)
    people = [TargetCounts(str(number), three) for number, three in enumerate(boxes)]
    assert standings(people, SCHEME) == standings(people, scaled)


@given(PEOPLE)
def test_ranks_follow_the_totals(boxes: list[tuple[Counts, ...]]) -> None:
    people = [TargetCounts(str(number), three) for number, three in enumerate(boxes)]
    found = standings(people, SCHEME)
    ranked = [one for one in found if one.rank is not None]
    totals = [one.total for one in ranked if one.total is not None]
    assert totals == sorted(totals, reverse=True)
    assert all(one.rank == 1 + sum(other > one.total for other in totals) for one in ranked if one.total is not None)
    assert all(40 <= total <= 100 for total in totals)
    assert sorted(one.position for one in found) == list(range(len(people)))
