"""Guards over what is installed, how it is built, and the rules that every source file keeps."""

from __future__ import annotations

import ast
import os
import re
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LOCKS = ("requirements.lock", "requirements-dev.lock")
BUILD_LOCK = "requirements-build.lock"
MARKER = r"[a-z_]+ (?:==|!=) '[A-Za-z0-9]+'"
PIN = re.compile(rf"([a-z0-9-]+)==([0-9][0-9a-z.]*)( ; {MARKER}(?: and {MARKER})*)? \\")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?")
CHINESE = re.compile("[\u3000-\u303f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef]")
FOREIGN = re.compile(r"\w+://\S+|--(?:extra-)?index\S*|--find-links|\w @ \S+|/(?:root|home|opt|work)/\S*")
UNFINISHED = re.compile("TO" + "DO|FIX" + "ME|raise NotImpl" + "emented")

IMPORT_NAMES = {
    "markdown-it-py": "markdown_it",
    "python-docx": "docx",
    "python-multipart": "python_multipart",
    "python-telegram-bot": "telegram",
}
PLUGINS = {
    "httptools": "uvicorn parses HTTP with it",
    "psycopg": "SQLAlchemy loads it for a postgresql+psycopg URL",
    "tzdata": "zoneinfo finds the time zones in it on Windows",
    "uvloop": "uvicorn runs on it where it exists",
    "websockets": "uvicorn speaks WebSocket with it",
}


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def names(requirements: list[str]) -> set[str]:
    return {re.match(r"[A-Za-z0-9-]+", each).group().lower() for each in requirements}


def pins(lock: str) -> dict[str, str]:
    found = (PIN.fullmatch(line) for line in (ROOT / lock).read_text("utf-8").splitlines())
    return {match[1]: match[2] for match in found if match}


def sources(*folders: str) -> list[Path]:
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return [path for path in found if ".venv" not in path.parts]


def imported_by_bot() -> set[str]:
    found: set[str] = set()
    for path in sources("bot"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                found.update(alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                found.add(node.module.split(".")[0])
    return found


def targets() -> dict[str, str]:
    """Each Makefile target with the commands below it."""
    text = (ROOT / "Makefile").read_text("utf-8")
    return {match[1]: match[2] for match in re.finditer(r"^([\w./-]+):.*\n((?:\t.*\n)*)", text, re.MULTILINE)}


@pytest.mark.parametrize("lock", [*LOCKS, BUILD_LOCK])
def test_locks_hold_pins_and_hashes_only(lock: str):
    lines = (ROOT / lock).read_text("utf-8").splitlines()
    odd = [line for line in lines if not PIN.fullmatch(line) and not HASH.fullmatch(line)]
    assert odd == []
    pairs = zip(lines, [*lines[1:], ""], strict=True)
    bare = [line for line, after in pairs if PIN.fullmatch(line) and not HASH.fullmatch(after)]
    assert bare == []
    assert len(pins(lock)) > (20 if lock in LOCKS else 0)


def test_every_dependency_is_pinned_and_both_locks_agree():
    runtime, dev = (pins(lock) for lock in LOCKS)
    declared = project()
    assert names(declared["dependencies"]) - set(runtime) == set()
    assert names(declared["optional-dependencies"]["dev"]) - set(dev) == set()
    assert runtime.items() - dev.items() == set()


def test_what_builds_the_wheel_is_pinned_and_the_tests_have_the_same():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    needed = settings["build-system"]["requires"]
    built = pins(BUILD_LOCK)
    assert names(needed) - set(built) == set()
    assert set(needed) - set(settings["project"]["optional-dependencies"]["dev"]) == set()
    assert built.items() - pins(LOCKS[1]).items() == set()


def test_every_dependency_is_used():
    used = imported_by_bot()
    declared = names(project()["dependencies"])
    idle = {each for each in declared - set(PLUGINS) if IMPORT_NAMES.get(each, each) not in used}
    assert idle == set()
    assert set(PLUGINS) - declared == set()


def test_everything_imported_is_declared():
    known = {IMPORT_NAMES.get(each, each) for each in names(project()["dependencies"])}
    assert imported_by_bot() - known - set(sys.stdlib_module_names) - {"bot"} == set()


def test_make_targets():
    found = targets()
    assert "-m bot demo $(ARGS)" in found["demo"]
    assert "-m bot run $(ARGS)" in found["run"]
    assert f"$(INSTALL) -r {BUILD_LOCK}" in found["install"]
    assert "--no-build-isolation --no-deps --no-index ." in found["install"]
    assert "-m pytest" in found["test"]
    for tool in ("ruff check", "mypy --strict bot", "lint-imports"):
        assert tool in found["lint"]
    assert "faketime" in found["days"]
    assert "-m tests.mutants.run" in found["mutants"]
    assert 'not browser' in found["check"]
    assert "--same tests/utterances/today.json" in found["utterances"]
    assert "-m benchmarks.run --quick $(ARGS)" in found["bench"]
    for stamp, lock in ((".venv/.runtime", LOCKS[0]), (".venv/.dev", LOCKS[1])):
        assert f"$(INSTALL) -r {lock}" in found[stamp]
    assert "--require-hashes" in (ROOT / "Makefile").read_text("utf-8")


def test_ci_runs_what_the_readme_tells_people_to_run():
    script = ROOT / ".ci" / "run"
    lines = script.read_text("utf-8").splitlines()
    assert os.access(script, os.X_OK)
    assert "set -euo pipefail" in lines
    assert "make lint" in lines
    assert "make test" in lines
    assert "make utterances" in lines
    assert "make test" in (ROOT / "README.md").read_text("utf-8")


@pytest.mark.parametrize("name", ["Makefile", ".ci/run", "pyproject.toml", *LOCKS, BUILD_LOCK])
def test_nothing_names_a_registry_or_a_machine(name: str):
    text = (ROOT / name).read_text("utf-8")
    assert FOREIGN.findall(text) == []


def test_sentences_live_in_content():
    """Code has no Chinese character: what users read and type is in `content/`."""
    lines = [
        f"{path.relative_to(ROOT)}:{number}: {line}"
        for path in sources("bot")
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
    ]
    assert len(lines) > 20_000
    assert [line for line in lines if CHINESE.search(line)] == []


def test_nothing_is_left_unfinished():
    paths = sources("bot", "tests", "benchmarks")
    assert [str(path) for path in paths if UNFINISHED.search(path.read_text("utf-8"))] == []
