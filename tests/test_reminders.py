"""Every kind of message that the bot sends by itself says who asked, on what basis and how often (FM-10)."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from bot.content import load_reminders
from bot.rules import reminders
from bot.toml_files import ContentError
from tests.support.cast import MEMBERS, OFFICE
from tests.support.chat import Chat
from tests.support.wording import says, sentence

ROOT = Path(__file__).parent.parent
MADE_IN = ("poll.py", "receipts.py", "rating/keeping.py")
"""Modules of the store with functions that make keys."""
Functions = dict[str, ast.FunctionDef]


def key_of(node: ast.expr, scope: ast.FunctionDef, functions: Functions) -> str:
    """A delivery key as it stands in the code, every value in it replaced by 0."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "0" for part in node.values)
    if isinstance(node, ast.Name):
        for found in ast.walk(scope):
            if isinstance(found, ast.Assign) and ast.unparse(found.targets[0]) == node.id:
                return key_of(found.value, scope, functions)
        return "0"
    if not isinstance(node, ast.Call):
        return "0"
    made = functions[ast.unparse(node.func).rpartition(".")[2]]
    (template,) = [one.value for one in ast.walk(made) if isinstance(one, ast.Return)]
    assert isinstance(template, ast.JoinedStr)
    given = dict(zip((one.arg for one in made.args.args), node.args, strict=True))
    return "".join(
        str(part.value)
        if isinstance(part, ast.Constant)
        else key_of(given[ast.unparse(part.value)], scope, functions)
        if isinstance(part, ast.FormattedValue) and ast.unparse(part.value) in given
        else "0"
        for part in template.values
    )


def keys_of(path: Path) -> list[str]:
    """The key of every `ctx.notify(audience, message, key)` in a module."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    trees = [ast.parse((ROOT / "bot/store" / made).read_text(encoding="utf-8")) for made in MADE_IN] + [tree]
    functions = {node.name: node for one in trees for node in ast.walk(one) if isinstance(node, ast.FunctionDef)}
    found = []
    for scope in functions.values():
        for call in ast.walk(scope):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "ctx.notify":
                named = {keyword.arg: keyword.value for keyword in call.keywords}
                node = call.args[2] if len(call.args) > 2 else named["key"]
                found.append(key_of(node, scope, functions))
    return found


def test_every_kind_of_message_has_its_entry_and_every_entry_its_message() -> None:
    entries = load_reminders(ROOT / "content/reminders.toml")
    written = [path for room in ("handlers", "services") for path in (ROOT / "bot" / room).rglob("*.py")]
    keys = {key: path.name for path in written for key in keys_of(path)}
    assert len(keys) > 25
    assert [f"{where}: {key}" for key, where in keys.items() if reminders.find(entries, key) is None] == []
    used = {found.kind for key in keys if (found := reminders.find(entries, key))}
    assert set(entries) - used == set()


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("notice:12:send", "notice:send"),
        ("theme_day:3:short:2026-11-05", "theme_day:short"),
        ("practice:7:2026-11-02", "practice"),
        ("study_push:4", "study_push"),
    ],
)
def test_the_kind_of_a_key(key: str, kind: str) -> None:
    assert reminders.kind_of(key) == kind
    found = reminders.find(load_reminders(ROOT / "content/reminders.toml"), key)
    assert found is not None
    assert found.kind == kind


def test_the_nearest_entry_counts_and_a_stranger_has_none() -> None:
    entries = load_reminders(ROOT / "content/reminders.toml")
    asked = reminders.find(entries, "quiz:2:1:ask")
    assert asked is not None
    assert asked.kind == "quiz"
    assert reminders.find(entries, "gossip:1") is None


@pytest.mark.parametrize(
    "text",
    [
        '[[reminder]]\nkind = "x"\nname = "X"\nasked_by = "A"\nbasis = " "\nfrequency = "F"',
        '[[reminder]]\nkind = "x"\nname = "X"\nasked_by = "A"\nfrequency = "F"',
        '[[reminder]]\nkind = "x"\nname = "X"\nasked_by = "A"\nbasis = "B"\nfrequency = 1',
        2 * '[[reminder]]\nkind = "x"\nname = "X"\nasked_by = "A"\nbasis = "B"\nfrequency = "F"\n',
    ],
)
def test_an_entry_that_does_not_say_all_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "reminders.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ContentError, match="reminder"):
        load_reminders(path)


async def test_the_office_sees_the_list(chat: Chat) -> None:
    said = await chat.say(OFFICE, "提醒清单")
    for kind in ("theme_day:short", "study_push"):
        about = {name: sentence(f"reminders.{kind}.{name}") for name in ("name", "asked_by", "frequency")}
        assert says(said, "reminders.line", **about)
    assert "取消" not in said
    assert says(await chat.say(MEMBERS[0], "提醒清单"), "help.no_right")
