"""Names in the order of surname strokes, with the shipped table (EL-12)."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path

import pytest

from bot.content import load_strokes
from bot.rules.strokes import Strokes, StrokesError, in_order, read_strokes

CONTENT = Path(__file__).parent.parent.parent / "content"


@cache
def table() -> Strokes:
    return load_strokes(CONTENT)


@pytest.mark.parametrize(
    "ordered",
    [
        ["丁小宁", "王小宁"],
        ["王一", "文一"],
        ["林一", "欧一"],
        ["李一鸣", "李大鸣"],
        ["高富", "高大富"],
        ["欧阳少东", "洪少东"],
        ["欧阳修", "欧阳大明"],
        ["丁一", "于二", "马三", "王四", "叶五", "刘六", "李七", "张八", "林九", "赵十", "高一", "黄二"],
    ],
)
def test_names_by_strokes(ordered: list[str]) -> None:
    for seed in range(5):
        mixed = random.Random(seed).sample(ordered, len(ordered))
        assert list(in_order(mixed, table()).names) == ordered


def test_the_number_of_a_namesake_does_not_count() -> None:
    assert in_order(["王伟2", "丁一", "王刚"], table()).names == ("丁一", "王刚", "王伟2")


def test_a_character_that_the_table_lacks_is_reported_until_a_person_places_it() -> None:
    names = ["张三", "\U0002a6a5一", "丁二"]
    found = in_order(names, table())
    assert found.names == ("丁二", "张三", "\U0002a6a5一")
    assert found.unknown == ("\U0002a6a5一",)
    placed = in_order(names, table(), {"\U0002a6a5一": 1})
    assert placed.names == ("\U0002a6a5一", "丁二", "张三")
    assert placed.unknown == ()
    assert in_order(names, table(), {"\U0002a6a5一": 9}).names[-1] == "\U0002a6a5一"


def test_a_name_without_a_chinese_character_is_reported() -> None:
    assert in_order(["Anna", "丁二"], table()).unknown == ("Anna",)


def test_what_the_strokes_cannot_tell_apart_is_reported() -> None:
    small = Strokes({"丁": "12"}, {4: "王毛"}, frozenset())
    assert set(in_order(["王丁", "毛丁", "丁丁"], small).doubtful) == {"王丁", "毛丁"}
    assert in_order(["丁丁", "王丁"], small).doubtful == ()


def test_the_shipped_table_knows_the_usual_surnames() -> None:
    strokes = table()
    surnames = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
    assert [char for char in surnames if char not in strokes.orders] == []
    assert [strokes.count(char) for char in "一丁马王龙刘李张赵高黄魏"] == [1, 2, 3, 4, 5, 6, 7, 7, 9, 10, 11, 17]
    assert strokes.orders["永"] == "45534"
    assert strokes.count("𪚥") is None
    assert strokes.count("龘") == 48


@pytest.mark.parametrize("line", ["6\t王", "=x\t王", "12", "=4"])
def test_a_line_that_cannot_be_read_is_named(line: str) -> None:
    with pytest.raises(StrokesError, match="line 2"):
        read_strokes("# table\n" + line, ())
