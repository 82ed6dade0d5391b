from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.quiz import QuestionType, normalise_fill, score

HALF = Fraction(1, 2)


@pytest.mark.parametrize(
    ("question_type", "correct", "given_", "share"),
    [
        ("single", ["B"], ["B"], 1),
        ("single", ["B"], ["A"], 0),
        ("single", ["B"], [], 0),
        ("single", ["B"], ["A", "B"], 0),
        ("true_false", [False], [False], 1),
        ("true_false", [False], [True], 0),
        ("multiple", ["A", "C", "D"], ["D", "A", "C"], 1),
        ("multiple", ["A", "C", "D"], ["A", "A", "C"], HALF),
        ("multiple", ["A", "C", "D"], ["A"], HALF),
        ("multiple", ["A", "C", "D"], ["A", "B"], 0),
        ("multiple", ["A", "C", "D"], ["A", "B", "C", "D"], 0),
        ("multiple", ["A", "C", "D"], [], 0),
        ("multiple", [0, 2], [2, 0], 1),
    ],
)
def test_choices(question_type: str, correct: list[str], given_: list[str], share: Fraction) -> None:
    assert score(question_type, correct, given_) == share


def test_half_points_can_be_switched_off() -> None:
    assert score(QuestionType.MULTIPLE, ["A", "C"], ["A"], half_for_subset=False) == 0
    assert score(QuestionType.MULTIPLE, ["A", "C"], ["A", "C"], half_for_subset=False) == 1


@pytest.mark.parametrize("text", ["6", "６", " 6 ", "六", "\u3000六\u200b", "⑥"])
def test_fill_in_accepts_width_spaces_and_variants(text: str) -> None:
    assert score("fill_in", [["六", "6"]], [text]) == 1


@pytest.mark.parametrize("text", ["", "  ", "60", "六个", "七", "6\n7"])
def test_fill_in_is_exact_otherwise(text: str) -> None:
    assert score("fill_in", [["六", "6"]], [text]) == 0


def test_several_blanks_count_by_their_place() -> None:
    blanks = [["一"], ["二", "2"], ["DV"]]
    assert score("fill_in", blanks, ["一", "2", "dv"]) == 1
    assert score("fill_in", blanks, ["2", "一", "dv"]) == Fraction(1, 3)
    assert score("fill_in", blanks, ["一"]) == Fraction(1, 3)
    assert score("fill_in", blanks, ["一", "二", "dv", "四"]) == 1


def test_an_empty_variant_is_never_right() -> None:
    assert score("fill_in", [["", " "]], [""]) == 0


def test_a_single_text_stands_for_one_variant() -> None:
    assert score("fill_in", ["安全"], ["安"]) == 0
    assert score("fill_in", ["安全"], ["安 全"]) == 1


def test_questions_without_answer_and_unknown_types_are_refused() -> None:
    with pytest.raises(ValueError, match="correct answer"):
        score("single", [], ["A"])
    with pytest.raises(ValueError, match="essay"):
        score("essay", ["A"], ["A"])


@given(st.sets(st.sampled_from("ABCDEF"), min_size=1), st.sets(st.sampled_from("ABCDEF")))
def test_a_multiple_answer_with_a_wrong_option_earns_nothing(correct: set[str], chosen: set[str]) -> None:
    found = score("multiple", sorted(correct), sorted(chosen))
    assert (found > 0) == (bool(chosen) and chosen <= correct)
    assert (found == 1) == (chosen == correct)


@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise_fill(text)
    assert not any(char.isspace() for char in once)
    assert score("fill_in", [[text]], [text]) == (1 if once else 0)
