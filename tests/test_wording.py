"""Tests ask for a sentence by its key, so that whoever rewrites one in content/ has no test to mend."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.support.shipped import ROOT
from tests.support.wording import is_labelled, pattern, says, sentence, sentences

RUN = re.compile(r"[\u4e00-\u9fff，。：；！？、“”（）]+")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
WORDING = "test_content.py"
"""The one file that looks at wording."""
ENOUGH = 5
"""So many Chinese characters in a row that stand in a sentence are a quotation; fewer are anybody's words."""
TYPED = {"say", "event", "said", "tap", "button", "send", "do", "fill", "run_command", "command"}
"""What these are given is what a person types or taps."""
OWN = {
    "十一月主题党日", "年度支部书记述职评议", "年度党支部书记述职评议", "一二三四五", "三楼会议室", "二楼会议室", "应为二楼会议室",
    "：应为二楼会议室", "渡运党支部", "全年学习计划", "周末植树去哪里", "党总支书记", "大屏上的字太小", "第二党小组", "五个工作日",
    "我的评议结果", "我的党小组应是第二党小组", "主题党日安排", "主题党日（第二场）",
}  # fmt: skip
"""What tests type or prepare and is also an example, a title or a command in content/."""


def called(node: ast.Call) -> str:
    """The name of what is called."""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def literals(node: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and text of every literal below a node, but docstrings and what somebody types."""
    typed = node.args if isinstance(node, ast.Call) and called(node) in TYPED else []
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Constant) and isinstance(child.value, str):
            if not isinstance(node, ast.Expr) and child not in typed:
                yield child.lineno, child.value
        elif not (child in typed and isinstance(child, ast.JoinedStr | ast.BinOp)):
            yield from literals(child)


def test_no_test_quotes_a_sentence() -> None:
    words = "\n".join(part for one in sentences().values() for part in re.split(r"\{[^{}]*\}", one))
    looked_at, quoted = 0, []
    for path in sorted((ROOT / "tests").rglob("*.py")):
        if path.parent.name in ("rules", "utterances") or path.name == WORDING:
            continue
        for line, text in literals(ast.parse(path.read_text(encoding="utf-8"))):
            looked_at += 1
            for run in RUN.findall(text):
                if len(CHINESE.findall(run)) >= ENOUGH and run in words and run not in OWN:
                    quoted.append(f"{path.relative_to(ROOT)}:{line}: {run}")
    assert looked_at > 10_000
    assert quoted == []


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
