"""`content/`: mistakes are found at start; sentences that the code names exist, and the other way round."""

from __future__ import annotations

import ast
import re
import shutil
from pathlib import Path

import pytest

from bot.content import load_calendar, load_content
from bot.features import FEATURES
from bot.routes import Router
from bot.texts import fields_of, load_texts
from bot.toml_files import ContentError

ROOT = Path(__file__).parent.parent
OWN_LABELS = ("documents", "roster")
KEY = re.compile(r"^[a-z_]+\.[a-z0-9_.]+$")


def calls_of_text(path: Path) -> list[tuple[str, set[str] | None]]:
    """(key, names of the values given) of every `text("…", …)`, `texts("…", …)` and `Refused("…", …)` with a
    literal key; None for the values where `**` hides them."""
    found: list[tuple[str, set[str] | None]] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        key = node.args[0]
        if name in ("text", "texts", "Refused", "_say", "say", "_sentence", "_texts") and isinstance(
            key, ast.Constant
        ):
            names = [keyword.arg for keyword in node.keywords]
            given = None if None in names else {name for name in names if name not in (None, "status")}
            if isinstance(key.value, str) and KEY.match(key.value):
                found.append((key.value, given))
    return found


def test_every_sentence_that_the_code_names_exists_and_gets_its_values() -> None:
    sentences = load_texts(ROOT / "content" / "texts").sentences
    wrong = []
    for path in (ROOT / "bot").rglob("*.py"):
        if path.parent.name in OWN_LABELS:
            continue
        for key, given in calls_of_text(path):
            if key not in sentences:
                wrong.append(f"{path.name}: {key} is not in content/texts")
            elif given is not None and not fields_of(sentences[key]) <= given:
                wrong.append(f"{path.name}: {key} also needs {sorted(fields_of(sentences[key]) - given)}")
    assert wrong == []


def test_every_sentence_in_a_template_exists() -> None:
    sentences = load_texts(ROOT / "content" / "texts").sentences
    used = {
        (path.name, key)
        for path in (ROOT / "bot/web/templates").rglob("*.html")
        for key in re.findall(r"""\bt\(\s*["']([a-z_.0-9]+)["']""", path.read_text(encoding="utf-8"))
    }
    assert used
    assert [
        pair for pair in sorted(used) if pair[1] not in sentences and not pair[1].endswith((".", "_"))
    ] == []


def test_every_command_has_a_route_and_a_help_line() -> None:
    texts = load_texts(ROOT / "content" / "texts")
    router = Router(FEATURES, texts)
    assert [name for name in texts.commands if router.route(name) is None] == []
    silent = {"binding.code", "binding.agree", "binding.bind_group", "help.cancel"}
    for name in texts.commands:
        feature, _, action = name.partition(".")
        if name not in silent:
            assert f"{feature}.what.{action}" in texts.sentences, f"{name} has no line in the help"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('a = "x"\nb = 3\n', "x.toml:2: x.b must be a text"),
        ('a = "hello {"\n', "x.toml:1: x.a"),
        ('a = "hello {}"\n', "x.toml:1: x.a: name the value"),
        ('[commands]\ngo = "go"\n', "x.toml:2: commands.go must be a list"),
        ('[commands]\ngo = ["go"]\nrun = ["go"]\n', "x.toml:3"),
        ("a = \n", "line 1"),
    ],
)
def test_a_mistake_in_texts_names_file_line_and_field(tmp_path: Path, body: str, message: str) -> None:
    (tmp_path / "x.toml").write_text(body, encoding="utf-8")
    with pytest.raises(ContentError) as caught:
        load_texts(tmp_path)
    assert message in str(caught.value)


def test_a_day_that_is_both_off_and_worked_is_named(tmp_path: Path) -> None:
    (tmp_path / "2026.toml").write_text("off = [2026-01-01]\nwork = [2026-01-01]\n", encoding="utf-8")
    with pytest.raises(ContentError, match="2026-01-01"):
        load_calendar(tmp_path)


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("calendar/2026.toml", "off = [", "of = [", "calendar/2026.toml:1: off: missing"),
        ("calendar/2026.toml", "2026-01-01,", '"2026-01-01x",', "off[1]: Invalid"),
        ("answers.toml", '"一" = 1', '"一" = "1"', "answers.toml:4: numerals: must be int, not str"),
        ("secrecy.toml", "marks = [", "marks = [1,", "secrecy.toml:4: marks[1]: must be str, not int"),
        ("secrecy.toml", "marks = [", "marks = ['(',", "secrecy.toml:4: marks: '('"),
        ("dates.toml", "[weekdays]", "[days]", "weekdays: missing"),
        ("theme_day/agenda.toml", "minutes = 40", 'minutes = "40"', "agenda.toml:17: fixed[3].minutes: must be int, not str"),
        ("theme_day/agenda.toml", "minutes = 40", "minutes = 481", "agenda.toml:14: fixed[3]: agenda item"),
        ("theme_day/agenda.toml", "minutes = 40\n", "", "agenda.toml:14: fixed[3].minutes: missing"),
        ("reminders.toml", "frequency", "frequencies", "reminders.toml:9: reminder[1].frequencies: unknown key"),
        ("rating.toml", '"好" = "good"', '"好" = "great"', "rating.toml:15: secretary_review.grades: must be one of good"),
        ("rating.toml", "ranked = true", "ranked = 1", "rating.toml:10: secretary_review.ranked: must be bool, not int"),
        ("rating.toml", "capped = false\n", "", "rating.toml:9: secretary_review.capped: missing"),
        ("surnames.toml", "compound = [", "compound = [1, ", "surnames.toml:3: compound[1]: must be str, not int"),
    ],
)
def test_a_mistake_in_a_table_names_file_line_and_field(
    tmp_path: Path, file: str, old: str, new: str, message: str
) -> None:
    folder = tmp_path / "content"
    shutil.copytree(ROOT / "content", folder)
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ContentError) as caught:
        assert load_content(folder).strokes
    assert message in str(caught.value)
    assert file in str(caught.value)


def test_the_shipped_content_loads() -> None:
    loaded = load_content(ROOT / "content")
    assert 2026 in loaded.calendar.years
    assert loaded.marks


def test_what_a_rule_wants_to_be_said_is_said() -> None:
    """The only place that looks at wording: the words without which a sentence would not do what its rule asks."""
    wanted = {
        "notices.secret": ("没有保存", "专门渠道"),  # SC: what is refused is not kept, and goes its own way
        "records.secret": ("没有保存",),
        "mine.secret": ("没有保存",),
        "receipts.chased_already": ("不再催第二次",),  # FM-6
        "receipts.chased_exempt": ("免考勤", "不催"),  # AT-2
        "poll.paper_only": ("纸质",),  # what the rules want voted on paper is sent there
        "election.paper_only": ("纸质选票",),
        "binding.how": ("绑定码", "书记"),  # a stranger learns whom to ask
        "binding.privacy": ("退出",),  # who agrees learns how to leave
        "help.no_right": ("书记",),
        "help.private_only": ("私聊",),
        "help.unknown": ("帮助",),  # nobody is left without a next step
        "leave.exempt": ("不用请假",),
    }
    sentences = load_texts(ROOT / "content" / "texts").sentences
    missing = {key: [word for word in words if word not in sentences.get(key, "")] for key, words in wanted.items()}
    assert {key: words for key, words in missing.items() if words} == {}
