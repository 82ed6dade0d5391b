"""The bank of questions: the shipped one is good, every mistake is named with file, line and field."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.learning.quiz_bank import load_bank
from bot.rules.quiz import QuestionType
from bot.store.questions import points
from bot.toml_files import ContentError
from tests.support.shipped import ROOT

GOOD = """[[question]]
id = "a-1"
type = "single"
subject = "党章"
difficulty = 1
stem = "题干"
options = { A = "一", B = "二" }
answer = ["B"]
explanation = "解析"
source = "出处"
verification = "text"
expires_with = ["PC"]
"""


def bank(folder: Path, text: str) -> Path:
    (folder / "one.toml").write_text(text, encoding="utf-8")
    return folder


def mistakes(folder: Path, text: str) -> str:
    with pytest.raises(ContentError) as caught:
        load_bank(bank(folder, text))
    return str(caught.value)


def test_the_shipped_bank_has_every_kind_with_source_and_expiry() -> None:
    questions = load_bank(ROOT / "content" / "quiz")
    assert len(questions) == 30
    assert {one.kind for one in questions} == set(QuestionType)
    assert all(one.source and one.explanation for one in questions)


def test_every_right_answer_of_the_bank_scores_full() -> None:
    for one in load_bank(ROOT / "content" / "quiz"):
        if one.kind is QuestionType.FILL_IN:
            for variant in one.answer[0]:
                assert points(one.kind, list(one.answer), (), f" {variant} ", True) == 100
        else:
            assert points(one.kind, list(one.answer), tuple(one.answer), "", True) == 100


def test_a_good_question_is_read(tmp_path: Path) -> None:
    (found,) = load_bank(bank(tmp_path, GOOD))
    assert (found.code, found.answer, found.options, found.expires_with) == (
        "a-1",
        (1,),
        ("一", "二"),
        ("PC",),
    )


@pytest.mark.parametrize(
    ("old", "new", "line", "field"),
    [
        ('type = "single"', 'type = "essay"', 3, "type"),
        ("difficulty = 1", 'difficulty = "hard"', 5, "difficulty"),
        ("difficulty = 1", "difficulty = 9", 5, "difficulty"),
        ("difficulty = 1", "difficulty = true", 5, "difficulty must be int, not bool"),
        ('type = "single"', 'type = "essay"', 3, "type must be one of single, multiple, true_false, fill_in"),
        ('answer = ["B"]', 'answer = "B"', 8, "answer must be a list, not str"),
        ('answer = ["B"]', 'answer = [["B"]]', 8, "answer must name options by their letters"),
        ('options = { A = "一", B = "二" }', 'options = { A = 1, B = "二" }', 7, "options must be str, not int"),
        ('expires_with = ["PC"]', "expires_with = [1]", 12, "expires_with [1]: must be str, not int"),
        ('stem = "题干"', 'stem = " "', 6, "stem is empty"),
        ('stem = "题干"', f'stem = "{"长" * 300}"', 6, "stem"),
        ('options = { A = "一", B = "二" }', 'options = { A = "一" }', 7, "options"),
        ('options = { A = "一", B = "二" }', 'options = { A = "一", C = "二" }', 7, "options"),
        ('answer = ["B"]', 'answer = ["C"]', 8, "answer"),
        ('answer = ["B"]', 'answer = ["A", "B"]', 8, "answer"),
        ('source = "出处"', 'source = " "', 10, "source"),
        ('source = "出处"\n', "", 1, "source"),
        ('expires_with = ["PC"]\n', "", 1, "expires_with"),
        ('verification = "text"', 'verification = "sure"', 11, "verification"),
        ('id = "a-1"', 'id = "A 1"', 2, "id"),
        ('id = "a-1"', 'id = "a-1"\nhint = "x"', 3, "hint"),
    ],
)
def test_a_mistake_names_file_line_and_field(
    tmp_path: Path, old: str, new: str, line: int, field: str
) -> None:
    assert old in GOOD
    told = mistakes(tmp_path, GOOD.replace(old, new))
    assert f"one.toml:{line}:" in told
    assert field in told


def test_all_mistakes_are_told_at_once_and_double_ids_found(tmp_path: Path) -> None:
    told = mistakes(tmp_path, GOOD + GOOD.replace('["B"]', '["Z"]'))
    assert "one.toml:20:" in told
    assert "one.toml:14:" in told
    assert "is used before" in told


def test_mistakes_of_several_fields_of_a_question_are_told_together(tmp_path: Path) -> None:
    told = mistakes(tmp_path, GOOD.replace("difficulty = 1", 'difficulty = "1"').replace('id = "a-1"', "id = 1"))
    assert "one.toml:5: question 1: difficulty must be int, not str" in told
    assert "one.toml:2: question 1: id must be str, not int" in told
    assert "one.toml:1: question 1: question must be a table" in mistakes(tmp_path, "question = [1]\n")


def test_blanks_and_answers_must_match(tmp_path: Path) -> None:
    text = GOOD.replace('type = "single"', 'type = "fill_in"').replace(
        'options = { A = "一", B = "二" }\n', ""
    )
    told = mistakes(tmp_path, text.replace('["B"]', '[["一"], ["二"]]').replace("题干", "每月____天"))
    assert "1 blanks" in told
    assert "answer" in mistakes(tmp_path, text)
    assert "question" in mistakes(tmp_path, "[meta]\n")
    assert "one.toml" in mistakes(tmp_path, "[[question]\n")
