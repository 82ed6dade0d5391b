"""Tests ask for a sentence by its key, so that whoever rewrites one in content/ has no test to mend."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.support.shipped import ROOT
from tests.support.wording import is_labelled, pattern, says, sentence, sentences

CHINESE = re.compile(r"[\u4e00-\u9fff]")
ENOUGH = 4
"""A literal with so many Chinese characters that stands in a sentence is a quotation; shorter ones are anybody's words."""
COMPARING = {"expect", "raises", "search", "fullmatch", "findall", "get_by_text", "get_by_role"}
"""Besides in assertions, answers are compared with what these are given."""
TYPED = {"say", "event", "said", "tap", "button", "command", "send", "do", "fill", "notice", "sent", "write", "plan"}
"""What these are given is what a person types, taps or prepares."""


def called(node: ast.AST) -> str:
    """The name of what is called."""
    if not isinstance(node, ast.Call):
        return ""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def literals(node: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and text of every literal in an expression, those of f-strings included."""
    for one in ast.walk(node):
        if isinstance(one, ast.Constant) and isinstance(one.value, str):
            yield one.lineno, one.value


def test_no_test_quotes_a_sentence() -> None:
    """An example in a sentence may be the same as what a test types: what is typed somewhere is no quotation."""
    words = "\n".join(part for one in sentences().values() for part in re.split(r"\{[^{}]*\}", one))
    compared: list[tuple[str, str]] = []
    typed: list[str] = []
    for path in sorted((ROOT / "tests").rglob("*.py")):
        if path.parent.name in ("rules", "utterances"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Assert) or called(node) in COMPARING:
                compared += [(f"{path.relative_to(ROOT)}:{line}", text) for line, text in literals(node)]
            if called(node) in TYPED or isinstance(node, ast.Assign | ast.keyword | ast.Dict):
                typed += [text for _, text in literals(node)]
    known = "\n".join(typed)
    assert len(compared) > 2000
    assert [
        (place, text)
        for place, text in compared
        if len(CHINESE.findall(text)) >= ENOUGH and text.strip() in words and text.strip() not in known
    ] == []


def test_a_sentence_is_found_by_its_key_with_the_values_that_are_given() -> None:
    said = sentence("notices.sent", people=13)
    assert says(f"1\n{said}\n2", "notices.sent")
    assert says(said, "notices.sent", people=13)
    assert not says(said, "notices.sent", people=1)
    assert not says(said, "notices.dropped")
    assert pattern("notices.sent", people=13).fullmatch(said)
    assert is_labelled(sentence("notices.do_send"), "notices.do_send")
    assert is_labelled("城南苗圃", "城南")
    assert not is_labelled("城南苗圃", "notices.do_send")


def test_a_key_or_a_value_that_a_sentence_does_not_have_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        says("", "notices.there_is_none")
    with pytest.raises(ValueError, match="shows no person"):
        says("", "notices.sent", person=1)
    with pytest.raises(ValueError, match="no words of its own"):
        says("", "notices.to_group")
    with pytest.raises(KeyError):
        sentence("notices.sent")
