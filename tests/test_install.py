"""The wheel: built without a network, installed beside nothing but the pinned packages, used from an empty folder."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.markers import Marker

from bot import __version__, shipped
from bot.commands.init import write_copy
from bot.content import load_content
from bot.texts import load_texts, texts_of
from bot.toml_files import ContentError
from tests.test_packaging import PIN, ROOT


def run(*command: str | Path, cwd: Path, fails: bool = False) -> str:
    """What the command prints. It knows nothing of this checkout."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AZALEA_", "PYTHON"))}
    done = subprocess.run(command, cwd=cwd, env=clean, capture_output=True, text=True, timeout=110)
    assert (done.returncode != 0) is fails, done.stdout + done.stderr
    return done.stdout + done.stderr


def pinned_here() -> list[str]:
    """The packages of requirements.lock that this machine needs."""
    lines = (ROOT / "requirements.lock").read_text("utf-8").splitlines()
    pins = [match for match in map(PIN.fullmatch, lines) if match]
    return [pin[1] for pin in pins if not pin[3] or Marker(pin[3].removeprefix(" ; ")).evaluate()]


def link_pinned(site: Path) -> None:
    """Put the pinned packages into a folder, and nothing else of the environment of the tests."""
    for name in pinned_here():
        try:
            found = distribution(name)
        except PackageNotFoundError:
            pytest.fail(f"{name} is pinned and not installed")
        tops = {file.parts[0] for file in found.files or ()} - {"..", "__pycache__"}
        for top in sorted(tops):
            target = site / top
            if not target.exists():
                target.symlink_to(found.locate_file(top))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    options = ("--no-build-isolation", "--no-deps", "--no-index", "-w", folder)
    run(sys.executable, "-m", "pip", "wheel", "-q", *options, ROOT, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of a clean environment that has the wheel."""
    home = tmp_path_factory.mktemp("clean") / "venv"
    venv.create(home, symlinks=True)
    python = home / "bin" / "python"
    site = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=home).strip()
    link_pinned(Path(site))
    pip = (sys.executable, "-m", "pip", "--python", python)
    run(*pip, "install", "-q", "--no-deps", "--no-index", wheel, cwd=home)
    assert "No broken requirements" in run(*pip, "check", cwd=home)
    return home / "bin"


def test_the_wheel_has_every_file_of_the_program_and_one_copy_of_the_content(wheel: Path):
    with zipfile.ZipFile(wheel) as archive:
        packed = {name: archive.read(name) for name in archive.namelist()}
    own = [path for path in (ROOT / "bot").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    given = {str(path.relative_to(ROOT)): path for path in own}
    given["bot/_shipped/config.toml"] = ROOT / "config.toml"
    for path in (ROOT / "content").rglob("*.*"):
        given[f"bot/_shipped/{path.relative_to(ROOT)}"] = path
    assert {name for name in packed if ".dist-info/" not in name} == set(given)
    assert [name for name, path in given.items() if packed[name] != path.read_bytes()] == []
    information = f"azalea-{__version__}.dist-info"
    assert f"\nVersion: {__version__}\n" in packed[f"{information}/METADATA"].decode("utf-8")
    assert f"{information}/licenses/bot/documents/fonts/OFL.txt" in packed


def test_the_demo_plays_from_an_empty_folder(installed: Path, tmp_path: Path):
    assert "No module named 'hypothesis'" in run(installed / "python", "-c", "import hypothesis", cwd=tmp_path, fails=True)
    printed = run(installed / "azalea", "demo", "--once", cwd=tmp_path)
    assert (printed.count("✓"), printed.count("✗")) == (22, 0)
    assert [path.name for path in tmp_path.iterdir()] == ["var"]


def test_a_copy_to_edit_is_written_once_and_used(installed: Path, tmp_path: Path):
    home = tmp_path / "bureau"
    run(installed / "azalea", "init", home, cwd=tmp_path)
    config = home / "config.toml"
    assert config.read_bytes() == (ROOT / "config.toml").read_bytes()
    cli = home / "content" / "texts" / "cli.toml"
    cli.write_text('about = "Our own words"\nlong_gone = "x"\n', "utf-8")
    (home / "content" / "answers.toml").unlink()
    (home / "content" / "roster.toml").unlink()
    shown = run(installed / "python", "-m", "bot", "--help", cwd=home)
    assert "Our own words" in shown
    assert "cli.long_gone" in run(installed / "azalea", "doctor", cwd=home, fails=True)
    run(installed / "azalea", "init", home, cwd=tmp_path)
    assert "Our own words" in cli.read_text("utf-8")
    assert (home / "content" / "answers.toml").exists()


def test_settings_stay_strict(installed: Path, tmp_path: Path):
    run(installed / "azalea", "init", tmp_path, cwd=tmp_path)
    config = tmp_path / "config.toml"
    config.write_text(config.read_text("utf-8").replace("[bureau]", "[bureau]\nlong_gone = 1"), "utf-8")
    assert "bureau.long_gone" in run(installed / "azalea", "doctor", cwd=tmp_path, fails=True)


def test_a_file_that_somebody_named_must_be_there(installed: Path, tmp_path: Path):
    assert "nowhere.toml" in run(installed / "azalea", "doctor", "--config", "nowhere.toml", cwd=tmp_path, fails=True)


def test_what_a_copy_lacks_comes_from_the_shipped_content(tmp_path: Path):
    whole = load_content(ROOT / "content")
    empty = load_content(tmp_path)
    assert (empty.texts, empty.calendar, empty.labels) == (whole.texts, whole.calendar, whole.labels)
    assert empty.strokes.count("杜") == whole.strokes.count("杜") == 7
    (tmp_path / "calendar").mkdir()
    (tmp_path / "calendar" / "2031.toml").write_text("off = []\nwork = []\n", "utf-8")
    (tmp_path / "secrecy.toml").write_text('marks = ["ours"]\n', "utf-8")
    own = load_content(tmp_path)
    assert set(own.calendar.years) == {*whole.calendar.years, 2031}
    assert own.marks == ("ours",)


def test_own_words_win_and_what_nobody_knows_is_named(tmp_path: Path):
    folder = tmp_path / "texts"
    folder.mkdir()
    whole = load_texts(ROOT / "content" / "texts")
    first, second = [route for route, phrases in whole.commands.items() if len(phrases) > 1][:2]
    (feature, name), phrase = first.split("."), whole.commands[second][0]
    (folder / f"{feature}.toml").write_text(f'[commands]\n{name} = ["{phrase}"]\ngone = ["x"]\n', "utf-8")
    (folder / "cli.toml").write_text('comma = "+"\n[old]\nkey = "x"\n', "utf-8")
    texts = texts_of(tmp_path)
    assert texts.unknown == tuple(sorted(["cli.old.key", f"{feature}.gone"]))
    assert texts.sentences == {**whole.sentences, "cli.comma": "+"}
    assert texts.commands == {**whole.commands, first: (phrase,), second: whole.commands[second][1:]}


def test_a_command_that_has_no_phrase_left_is_named(tmp_path: Path):
    (tmp_path / "texts").mkdir()
    routes = load_texts(ROOT / "content" / "texts").commands
    first, second = list(routes)[:2]
    feature, name = first.split(".")
    phrases = ", ".join(f'"{phrase}"' for phrase in routes[second])
    (tmp_path / "texts" / f"{feature}.toml").write_text(f"[commands]\n{name} = [{phrases}]\n", "utf-8")
    with pytest.raises(ContentError, match=second):
        texts_of(tmp_path)


def test_a_copy_never_overwrites(tmp_path: Path):
    (tmp_path / "config.toml").write_text("ours", "utf-8")
    first, second = write_copy(tmp_path), write_copy(tmp_path)
    assert (first.kept, second.new, second.kept) == (1, 0, first.new + 1)
    assert (tmp_path / "config.toml").read_text("utf-8") == "ours"
    assert (tmp_path / "content" / "strokes.txt").read_bytes() == (shipped.CONTENT / "strokes.txt").read_bytes()
