from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.answers import Parsed, Problem, fold, parse_choice

CONTENT = Path(__file__).parents[2] / "content" / "answers.toml"
DATA = tomllib.loads(CONTENT.read_text(encoding="utf-8"))
NUMERALS: dict[str, int] = DATA["numerals"]
YES_NO: dict[str, int] = NUMERALS | DATA["yes_no"]
FILLERS: list[str] = DATA["fillers"]["words"]


def read(text: str, count: int = 4) -> Parsed:
    return parse_choice(text, count, NUMERALS, FILLERS)


@pytest.mark.parametrize(
    ("text", "indices"),
    [
        ("2", (1,)),
        ("２", (1,)),
        (" 2 \n", (1,)),
        ("2.", (1,)),
        ("2、", (1,)),
        ("(2)", (1,)),
        ("【2】", (1,)),
        ("②", (1,)),
        ("02", (1,)),
        ("二", (1,)),
        ("两", (1,)),
        ("B", (1,)),
        ("b", (1,)),
        ("Ｂ", (1,)),
        ("2\u200b", (1,)),
        ("2 4", (1, 3)),
        ("2,4", (1, 3)),
        ("2，4", (1, 3)),
        ("2、4", (1, 3)),
        ("4；2", (1, 3)),
        ("2和4", (1, 3)),
        ("24", (1, 3)),
        ("42", (1, 3)),
        ("1234", (0, 1, 2, 3)),
        ("ac", (0, 2)),
        ("A C", (0, 2)),
        ("A、C。", (0, 2)),
        ("dcba", (0, 1, 2, 3)),
        ("二四", (1, 3)),
        ("二、四", (1, 3)),
        ("2 2", (1,)),
        ("1 b 三", (0, 1, 2)),
        ("选B", (1,)),
        ("我选第二个", (1,)),
        ("答案：A，C", (0, 2)),
        ("选项3", (2,)),
    ],
)
def test_understood(text: str, indices: tuple[int, ...]) -> None:
    assert read(text) == Parsed(indices)
    assert read(text).ok


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", Problem.EMPTY),
        (" \u3000\n", Problem.EMPTY),
        ("。", Problem.EMPTY),
        ("0", Problem.OUT_OF_RANGE),
        ("5", Problem.OUT_OF_RANGE),
        ("E", Problem.OUT_OF_RANGE),
        ("五", Problem.OUT_OF_RANGE),
        ("2 5", Problem.OUT_OF_RANGE),
        ("25", Problem.OUT_OF_RANGE),
        ("11", Problem.OUT_OF_RANGE),
        ("9" * 150, Problem.OUT_OF_RANGE),
        ("-2", Problem.NOT_UNDERSTOOD),
        ("1-3", Problem.NOT_UNDERSTOOD),
        ("2?", Problem.NOT_UNDERSTOOD),
        ("不选2", Problem.NOT_UNDERSTOOD),
        ("选", Problem.NOT_UNDERSTOOD),
        ("aa", Problem.NOT_UNDERSTOOD),
        ("ok", Problem.NOT_UNDERSTOOD),
        ("2c", Problem.NOT_UNDERSTOOD),
        ("hello", Problem.NOT_UNDERSTOOD),
        ("好的", Problem.NOT_UNDERSTOOD),
        ("二二", Problem.NOT_UNDERSTOOD),
        ("👍", Problem.NOT_UNDERSTOOD),
        ("2👍", Problem.NOT_UNDERSTOOD),
        ("2\ufe0f\u20e3", Problem.NOT_UNDERSTOOD),
        ("٢", Problem.NOT_UNDERSTOOD),
        ("é", Problem.NOT_UNDERSTOOD),
        ("2 请假", Problem.NOT_UNDERSTOOD),
        ("2" + " " * 300, Problem.NOT_UNDERSTOOD),
    ],
)
def test_rejected(text: str, problem: Problem) -> None:
    assert read(text) == Parsed(problem=problem)
    assert not read(text).ok


@pytest.mark.parametrize("text", ["对", "正确", "是的", "√", "Y", "YES", "A", "1", "一", "选对"])
def test_yes(text: str) -> None:
    assert parse_choice(text, 2, YES_NO, FILLERS) == Parsed((0,))


@pytest.mark.parametrize("text", ["错", "不对", "错误", "否", "×", "n", "No", "B", "2", "二", "不是"])
def test_no(text: str) -> None:
    assert parse_choice(text, 2, YES_NO, FILLERS) == Parsed((1,))


def test_words_come_from_the_caller_only() -> None:
    assert parse_choice("二", 4, {}).problem is Problem.NOT_UNDERSTOOD
    assert parse_choice("对", 2, NUMERALS).problem is Problem.NOT_UNDERSTOOD
    assert parse_choice("选2", 4, {}).problem is Problem.NOT_UNDERSTOOD
    assert parse_choice("甲", 2, {"甲": 1}) == Parsed((0,))


def test_a_known_word_wins_over_its_parts() -> None:
    assert read("十二", 20) == Parsed((11,))
    assert read("个", 4).problem is Problem.NOT_UNDERSTOOD
    assert parse_choice("个", 2, {"个": 2}, FILLERS) == Parsed((1,))


def test_ten_or_more_options_read_digits_as_one_number() -> None:
    assert read("12", 12) == Parsed((11,))
    assert read("12", 9) == Parsed((0, 1))
    assert read("13", 12).problem is Problem.OUT_OF_RANGE
    assert read("1,2", 12) == Parsed((0, 1))


def test_content_is_written_in_the_form_that_is_compared() -> None:
    assert [word for word in [*YES_NO, *FILLERS] if not word or fold(word) != word] == []
    assert sorted(set(YES_NO.values())) == list(range(1, 21))
    assert set(DATA["yes_no"].values()) == {1, 2}


def test_there_must_be_options() -> None:
    with pytest.raises(ValueError, match="at least one"):
        read("1", 0)


@given(st.text(max_size=10_000), st.integers(1, 30))
def test_any_text_gives_a_result_in_range(text: str, count: int) -> None:
    found = parse_choice(text, count, YES_NO, FILLERS)
    assert found.ok == bool(found.indices)
    assert all(0 <= index < count for index in found.indices)
    assert list(found.indices) == sorted(set(found.indices))


@given(st.text(alphabet="12二对错aB、, ，选第👍\u200b\ufdfa", max_size=220), st.integers(1, 30))
def test_crafted_text_gives_a_result_in_range(text: str, count: int) -> None:
    found = parse_choice(text, count, YES_NO, FILLERS)
    assert found.ok == bool(found.indices)
    assert all(0 <= index < count for index in found.indices)


@pytest.mark.parametrize("text", ["1 " * 5_000, "、" * 10_000, "选" * 10_000, "\ufdfa" * 200, "一" * 200])
def test_repetition_is_rejected(text: str) -> None:
    assert not read(text).ok


@given(st.sets(st.integers(0, 8), min_size=1), st.sampled_from([" ", ",", "，", "、", "; ", " / "]))
def test_what_is_listed_is_read_back(indices: set[int], separator: str) -> None:
    expected = Parsed(tuple(sorted(indices)))
    assert read(separator.join(str(index + 1) for index in indices), 9) == expected
    assert read(separator.join("ABCDEFGHI"[index] for index in indices), 9) == expected
    assert read("".join("abcdefghi"[index] for index in indices), 9) == expected
    assert read("".join("一二三四五六七八九"[index] for index in indices), 9) == expected
