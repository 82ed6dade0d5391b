"""What is loaded when: a feature at its first use, the pages at the first request, and no table before."""

from __future__ import annotations

import subprocess
import sys
from functools import partial

from bot.content import load_content
from bot.features import FEATURES, pages
from bot.router import Feature
from bot.routes import Router
from tests.support.shipped import ROOT

_SERVER = """
import sys
import bot.server
late = ("aiohttp", "alembic", "docx", "jieba", "jinja2", "openpyxl", "psycopg", "rich", "telegram", "typer")
late += tuple(f"bot.handlers.{name}" for name in sys.argv[1:])
print([name for name in late if name in sys.modules])
"""


def _python(code: str, *arguments: str) -> str:
    done = subprocess.run([sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_feature_and_all_its_names_begin_alike() -> None:
    for name, load in FEATURES.items():
        feature = load()
        routes = [route.name for route in feature.routes]
        assert feature.name == name
        assert [one for one in (*routes, *feature.jobs) if not one.startswith(f"{name}.")] == []
        assert len(set(routes)) == len(routes)


def test_every_page_has_a_path_of_its_own() -> None:
    paths = [page.path for page in pages()]
    assert paths
    assert len(set(paths)) == len(paths)


def test_the_server_loads_no_feature_before_it_is_used() -> None:
    assert _python(_SERVER, *FEATURES) == "[]"


def test_a_command_loads_its_own_feature_only() -> None:
    loaded = []

    def load(name: str) -> Feature:
        loaded.append(name)
        return FEATURES[name]()

    texts = load_content(ROOT / "content").texts
    router = Router({name: partial(load, name) for name in FEATURES}, texts)
    assert loaded == []
    phrase = texts.phrases("study.look")[0]
    found = router.command(f"{phrase} 党章")
    assert found is not None
    assert (found[0].name, found[1]) == ("study.look", "党章")
    assert router.command("今天 天气 很好") is None
    assert loaded == ["study"]
    assert router.menu()
    assert sorted(loaded) == sorted(FEATURES)
