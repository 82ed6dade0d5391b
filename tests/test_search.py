"""The search index: every substring is found, nothing else is, whatever is typed."""

from __future__ import annotations

import random
import tomllib
from typing import Any

from bot.app import App
from bot.store.core import search
from bot.store.core.statements import StoreSession
from tests.support.shipped import ROOT

TABLE: dict[str, Any] = tomllib.loads((ROOT / "benchmarks" / "search_terms.toml").read_text(encoding="utf-8"))
HOW_MANY = 600


def documents() -> list[str]:
    """Some of the benchmark's documents: 80 words each, one in thirty from its list."""
    luck = random.Random(TABLE["seed"])
    words, characters = TABLE["words"], TABLE["characters"]

    def word() -> str:
        if luck.randrange(30) == 0:
            return str(words[min(luck.randrange(len(words)), luck.randrange(len(words)))])
        return "".join(luck.choices(characters, k=luck.choice((2, 3))))

    return ["".join(word() for _ in range(80)) for _ in range(HOW_MANY)]


async def test_recall_and_precision_are_one_on_the_whole_table_of_terms(app: App) -> None:
    texts = documents()

    def fill(session: StoreSession) -> None:
        for number, text in enumerate(texts, 1):
            search.put(session, number, text)

    await app.store.write(fill)
    found_any = 0
    for term in TABLE["terms"]:
        wanted = {number for number, text in enumerate(texts, 1) if term in text}
        found = await app.store.read(search.find, term)
        assert set(found) == wanted, term
        assert len(found) == len(wanted)
        found_any += bool(wanted)
    assert found_any > 20


async def test_put_replaces_and_remove_forgets(app: App) -> None:
    await app.store.write(search.put, 7, "党费收缴办法")
    await app.store.write(search.put, 7, "主题党日安排 Theme-Day 2026年 C++ 🚧施工")
    read = app.store.read
    assert await read(search.find, "党费") == []
    for said in (
        "主题党日",
        "ＴＨＥＭＥ",
        "theme day",
        "2026年",
        "２０２６",
        "c++",
        "C",
        "党",
        "施工 安排",
        "🚧施工",
    ):
        assert await read(search.find, said) == [7], said
    assert await read(search.find, "党日 党费") == []
    await app.store.write(search.remove, 7)
    assert await read(search.find, "党日") == []


async def test_nothing_in_a_query_is_syntax(app: App) -> None:
    await app.store.write(search.put, 1, "没有关系的话 100%")
    for said in (
        '"', "'; DROP TABLE material_search; --", "党* OR NOT", "pairs:党员", "NEAR(党 员)", "^党", "a & | ! b", "%", "_", "\\",
        "党员:* <-> 党", "( )", "\x00", "😀", "", "   ", "𫠠甲", "长" * 10_000, "ﬁ",
    ):
        assert await app.store.read(search.find, said) == []


async def test_operators_are_ordinary_words(app: App) -> None:
    await app.store.write(search.put, 1, "AND OR NOT 党员")
    assert await app.store.read(search.find, "not 党员") == [1]
    assert await app.store.read(search.find, "near 党员") == []


def test_a_snippet_shows_the_match_in_the_original_writing() -> None:
    piece = search.snippet(
        "一二三四五，ＡＢＣ的主题党日很好" + "后" * 50, search.terms_of("主题党日"), around=4
    )
    assert (piece.before, piece.match, piece.after) == ("…ＡＢＣ的", "主题党日", "很好后后…")
    nothing = search.snippet("短", search.terms_of("别的"))
    assert (nothing.before, nothing.match) == ("短", "")


def test_terms_are_few_and_short() -> None:
    terms = search.terms_of(" ".join(f"词{number}" for number in range(50)) + "长" * 500)
    assert len(terms) == 8
    assert search.terms_of("😀，。!") == ()
