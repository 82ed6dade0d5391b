"""The page of words names what exists, and no word twice but where it says so."""

import re
from collections import Counter
from pathlib import Path
from pkgutil import resolve_name

import pytest

PAGE = Path(__file__).resolve().parents[1] / "docs" / "words.md"
TWICE = "Used in two senses today"
NAME = re.compile(r"`(bot(?:\.\w+)+)`")


def tables(text: str) -> dict[str, list[tuple[str, str]]]:
    """Under each heading: the words of its table, each with the cell that says where it is."""
    found: dict[str, list[tuple[str, str]]] = {}
    heading = ""
    for line in text.splitlines():
        if line.startswith("## "):
            heading = line[3:]
        elif heading and line.startswith("| ") and not line.startswith(("| Word |", "| --- |")):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            assert len(cells) == 4, line
            found.setdefault(heading, []).append((cells[0], cells[3]))
    return found


def faults(text: str) -> list[str]:
    """Words that stand twice or are said twice without two rows, that say nowhere, and names that do not exist."""
    found = tables(text)
    wrong = []
    for heading, rows in found.items():
        for word, times in Counter(word for word, _ in rows).items():
            if (times > 1) != (heading == TWICE):
                wrong.append(f"{heading}: {word} stands {times} times")
        for word, where in rows:
            names = NAME.findall(where)
            if not names or NAME.sub("", where).strip(" ,"):
                wrong.append(f"{word}: {where}")
            wrong += [f"{word}: {name}" for name in names if not exists(name)]
    once = Counter(word for heading, rows in found.items() for word in {word for word, _ in rows})
    return wrong + [f"{word} stands in {times} tables" for word, times in once.items() if times > 1]


def exists(name: str) -> bool:
    try:
        resolve_name(name)
    except (ImportError, AttributeError):
        return False
    return True


def test_every_word_is_where_the_page_says():
    text = PAGE.read_text("utf-8")
    assert len([row for rows in tables(text).values() for row in rows]) > 60
    assert faults(text) == []


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("| rout | | x | `bot.router.Rout` |", "rout: bot.router.Rout"),
        ("| gone | | x | `bot.gone.Route` |", "gone: bot.gone.Route"),
        ("| bare | | x | somewhere |", "bare: somewhere"),
        ("| route | | x | `bot.router.Route` |", "A: route stands 2 times"),
    ],
)
def test_a_false_row_is_found(row: str, fault: str):
    good = "## A\n\n| Word | 中文 | The one sense | Where |\n| --- | --- | --- | --- |\n| route | | x | `bot.router.Route` |\n"
    assert faults(good) == []
    assert faults(good + row + "\n") == [fault]


def test_a_word_with_one_sense_is_not_among_those_with_two():
    text = f"## {TWICE}\n\n| due | | x | `bot.store.due.Due` |\n"
    assert faults(text) == [f"{TWICE}: due stands 1 times"]
    assert faults(text + "| due | | y | `bot.store.delivery.Due` |\n") == []
    assert faults(text + "| due | | y | `bot.store.delivery.Due` |\n## B\n\n| due | | x | `bot.store.due.Due` |\n") == [
        "due stands in 2 tables"
    ]
