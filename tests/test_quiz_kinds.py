"""The kinds of questions are one table: whoever adds one touches it, its texts and its tests."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from bot.rules.quiz import FORMS, QuestionType
from tests.support.shipped import ROOT
from tests.support.wording import sentence

TABLE = ROOT / "bot" / "rules" / "quiz.py"
IN_TEMPLATE = re.compile(r"kind\s*[!=]=")


def kinds_named(code: str) -> Iterator[str]:
    """Where code decides by a kind of its own: `QuestionType.X`, a look-up of one, or a comparison with its value."""
    values = {kind.value for kind in QuestionType}
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Attribute) and node.attr in QuestionType.__members__:
            yield node.attr
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "QuestionType":
            yield from (one.value for one in node.args if isinstance(one, ast.Constant))
        if isinstance(node, ast.Compare) and "kind" in ast.unparse(node.left):
            literals = [one for one in ast.walk(node) if isinstance(one, ast.Constant)]
            yield from (str(one.value) for one in literals if one.value in values)


def test_no_other_file_names_a_kind() -> None:
    named = {
        str(path): found
        for path in (ROOT / "bot").rglob("*.py")
        if path != TABLE and (found := list(kinds_named(path.read_text("utf-8"))))
    }
    assert named == {}
    assert set(kinds_named(TABLE.read_text("utf-8"))) == set(QuestionType.__members__)


def test_no_template_of_the_quiz_decides_by_a_kind() -> None:
    pages = [path.read_text("utf-8") for path in (ROOT / "bot").rglob("*.html") if path.parent.name == "quiz"]
    assert pages
    assert not [text for text in pages if IN_TEMPLATE.search(text)]


def test_a_file_that_names_a_kind_is_found() -> None:
    for code in ("a = one.kind is QuestionType.SINGLE", 'a = QuestionType("single")', 'a = kind in ("single", "fill_in")'):
        assert list(kinds_named(code)), code
    assert not list(kinds_named("a = one.kind.form.several or QuestionType(entry)"))
    assert IN_TEMPLATE.search('{% if question.kind == "multiple" %}')


def test_every_kind_has_its_line_and_its_texts() -> None:
    assert set(FORMS) == set(QuestionType)
    for kind, form in FORMS.items():
        assert form.tappable is not form.typed, kind
        assert not (form.typed and (form.several or form.fits_group or form.words)), kind
        assert len({sentence(key) for key in form.words}) == len(form.words) != 1, kind
        assert sentence(f"quiz.kind.{kind}")
        assert sentence(f"quiz.how.{kind}")
