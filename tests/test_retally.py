"""`retally`: the published rows are counted again, without the database; a file that was changed is found out."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from bot.commands.recount import MAX_BYTES, recount
from bot.commands.retally import count_again
from bot.rules.rating import Scheme, TargetCounts, disclosure, number, stated, tally
from bot.texts import Texts, load_texts
from tests.support.commands import run_command
from tests.support.wording import says, sentence

ROOT = Path(__file__).parent.parent
Data = dict[str, Any]
MANIFEST = {
    "title": "2026年度述职评议",
    "unit": "杜鹃市交通运输局党委",
    "kind": "secretary_review",
    "mode": "sealed",
    "ranked": True,
    "min_group": 5,
    "items": [{"name": "总体评价", "weight": "1"}],
    "grades": [
        {"name": "好", "value": "100"}, {"name": "较好", "value": "80"}, {"name": "一般", "value": "60"},
        {"name": "差", "value": "40"}, {"name": "弃权", "value": None},
    ],
    "classes": [
        {"name": "局领导", "weight": "40", "voters": 6}, {"name": "同级", "weight": "30", "voters": 30},
        {"name": "代表", "weight": "30", "voters": 70},
    ],
    "targets": [{"name": name, "unit": "", "weights": {}} for name in ("书记甲", "书记乙", "书记丙")],
}  # fmt: skip


def marks(*counts: int, void: int = 0) -> bytes:
    """Sorted rows of one item: so many of 好, 较好, 一般, 差, 弃权."""
    return b"".join(bytes([mark]) * count for mark, count in enumerate(counts, 1)) + b"\xff" * void


BOXES = [
    [marks(3, 2), marks(15, 8, 1), marks(40, 15, 4, 0, 1)],
    [marks(4, 0, 1), marks(14, 10, void=1), marks(45, 10, 3, 1, 1)],
    [marks(1, 1), marks(9), marks(9)],
]


def rows_file(manifest: Data, boxes: list[list[bytes]]) -> Data:
    """The file that a publication would give."""
    scheme = Scheme.read(manifest)
    targets = [
        TargetCounts(
            one["name"], tuple(tally(rows, len(scheme.items), len(scheme.grades)) for rows in three),
            {name: number(weight) for name, weight in one["weights"].items()},
        )
        for one, three in zip(manifest["targets"], boxes, strict=True)
    ]  # fmt: skip
    listed: list[Data] = []
    for target, three in enumerate(boxes):
        if disclosure(targets[target], scheme) == "classes":
            listed += [{"target": target, "class": rater, "rows": rows.hex()} for rater, rows in enumerate(three)]
        else:
            listed.append({"target": target, "withheld": True})
    text = json.dumps(manifest, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return {
        "format": "azalea-rating-rows/1", "manifest": text, "manifest_hash": hashlib.sha256(text.encode()).hexdigest(),
        "boxes": listed, "totals": stated(targets, scheme),
    }  # fmt: skip


@pytest.fixture(scope="module")
def texts() -> Texts:
    return load_texts(ROOT / "content" / "texts")


def counted(path: Path, texts: Texts) -> tuple[bool, str]:
    said = io.StringIO()
    agrees = count_again(path, texts, Console(file=said, width=160))
    return agrees, said.getvalue()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "rows.json"
    path.write_text(json.dumps(rows_file(MANIFEST, BOXES)), encoding="utf-8")
    return path


def command(file: Path) -> subprocess.CompletedProcess[str]:
    return run_command(ROOT, "retally", str(file))


def test_the_command_prints_totals_and_ranks(file: Path) -> None:
    done = command(file)
    assert done.returncode == 0, done.stderr
    lines = [[cell.strip() for cell in line.split("│")[1:-1]] for line in done.stdout.splitlines() if "│ 书记" in line]
    assert lines == [
        ["书记丙", "20", "0", "96.00", "1", sentence("retally.not_counted")],
        ["书记乙", "89", "1", "92.37", "2", sentence("retally.same")],
        ["书记甲", "89", "0", "91.96", "3", sentence("retally.same")],
    ]
    assert says(done.stdout, "retally.withheld", count=1)
    assert json.loads(file.read_text(encoding="utf-8"))["manifest_hash"] in done.stdout
    assert says(done.stdout, "retally.agrees_partly", count=2)


def test_a_total_that_differs_is_named_and_fails(file: Path) -> None:
    data = json.loads(file.read_text(encoding="utf-8"))
    data["totals"][0]["total"] = "93.00"
    file.write_text(json.dumps(data), encoding="utf-8")
    done = command(file)
    assert done.returncode == 1
    assert says(done.stdout, "retally.other", valid=89, void=0, total="93.00")
    assert says(done.stdout, "retally.differs")


def set_total(data: Data, **values: object) -> None:
    data["totals"][1] |= values


DIFFERENCES: list[Callable[[Data], None]] = [
    lambda data: set_total(data, rank=1),
    lambda data: set_total(data, valid=90),
    lambda data: set_total(data, void=0),
    lambda data: set_total(data, total=None),
    lambda data: data["boxes"][0].update(rows=marks(4, 1).hex()),
]


@pytest.mark.parametrize("change", DIFFERENCES)
def test_every_figure_is_compared(file: Path, texts: Texts, change: Callable[[Data], None]) -> None:
    data = json.loads(file.read_text(encoding="utf-8"))
    change(data)
    file.write_text(json.dumps(data), encoding="utf-8")
    agrees, said = counted(file, texts)
    assert not agrees
    assert says(said, "retally.differs")


def resealed(data: Data, **values: object) -> None:
    """Change the manifest and its fingerprint with it."""
    text = json.dumps({**json.loads(data["manifest"]), **values})
    data |= {"manifest": text, "manifest_hash": hashlib.sha256(text.encode()).hexdigest()}


DAMAGES: list[tuple[Callable[[Data], object], str, Data]] = [
    (lambda data: data.update(format="other"), "format", {}),
    (lambda data: data.update(manifest=data["manifest"].replace("100", "90")), "fingerprint_wrong", {}),
    (lambda data: data.update(manifest_hash=None), "fingerprint_wrong", {}),
    (lambda data: resealed(data, grades=[]), "manifest", {}),
    (lambda data: resealed(data, targets=3), "manifest", {}),
    (lambda data: resealed(data, targets=[{"name": "甲", "weights": {"局领导": "-1"}}] * 3), "manifest", {}),
    (lambda data: resealed(data, classes=[{"name": "甲", "weight": "1"}] * 3), "box_extra", {}),
    (lambda data: data.update(boxes={}), "part", {"part": "boxes"}),
    (lambda data: data["boxes"][0].update(target=7), "part", {"part": "target"}),
    (lambda data: data["boxes"][0].update(target=True), "part", {"part": "target"}),
    (lambda data: data["boxes"][0].update(rows="0109"), "box", {}),
    (lambda data: data["boxes"][0].update(rows="xy"), "box", {}),
    (lambda data: data["boxes"][0].update(rows=None), "box", {}),
    (lambda data: data["boxes"][0].update(rows="0201010102"), "box_unsorted", {}),
    (lambda data: data["boxes"][0].update(rows="01" * 7), "box_extra", {"rows": 7, "voters": 6}),
    (lambda data: data["boxes"].append(data["boxes"][0]), "box_twice", {}),
    (lambda data: data["boxes"].pop(0), "box_missing", {}),
    (lambda data: data["boxes"].pop(), "box_missing", {}),
    (lambda data: data["boxes"].append({"target": 0, "withheld": True}), "box_missing", {}),
    (lambda data: data["totals"].pop(), "totals_missing", {"count": 1}),
    (lambda data: set_total(data, total="many"), "totals", {}),
    (lambda data: set_total(data, rank=1.5), "part", {"part": "rank"}),
    (lambda data: set_total(data, valid=float("inf")), "part", {"part": "valid"}),
    (lambda data: data.update(totals=[1]), "part", {"part": "totals"}),
]


@pytest.mark.parametrize(("change", "key", "shown"), DAMAGES)
def test_a_damaged_file_is_refused_in_words(
    file: Path, texts: Texts, change: Callable[[Data], object], key: str, shown: Data
) -> None:
    data = json.loads(file.read_text(encoding="utf-8"))
    change(data)
    file.write_text(json.dumps(data), encoding="utf-8")
    agrees, answer = counted(file, texts)
    assert not agrees
    assert says(answer.replace("\n", ""), f"retally.{key}", **shown)


def test_what_was_not_counted_is_not_said_to_agree(file: Path, texts: Texts) -> None:
    """A file that withholds everything may state whatever it likes."""
    data = json.loads(file.read_text(encoding="utf-8"))
    assert says(counted(file, texts)[1], "retally.agrees_partly", count=2)
    data["boxes"] = [{"target": target, "withheld": True} for target in range(3)]
    data["totals"][0]["total"] = "100.00"
    file.write_text(json.dumps(data), encoding="utf-8")
    agrees, said = counted(file, texts)
    assert not agrees
    assert says(said, "retally.nothing")
    for agreed in ("agrees", "agrees_partly"):
        assert not says(said, f"retally.{agreed}")


def test_what_is_no_file_of_ours(tmp_path: Path, texts: Texts) -> None:
    path = tmp_path / "rows.json"
    assert says(counted(path, texts)[1], "retally.no_file")
    broken = (b"", b'{"a":', b"\xff\xfe\x00", b"[" * 100_000, b"PK\x03\x04")
    for content, key in ((b"[]", "format"), *((one, "no_json") for one in broken)):
        path.write_bytes(content)
        agrees, said = counted(path, texts)
        assert not agrees
        assert says(said.replace("\n", ""), f"retally.{key}"), content
    with path.open("wb") as grown:
        grown.truncate(MAX_BYTES + 1)
    assert says(counted(path, texts)[1], "retally.too_big")


def test_names_cannot_steer_the_terminal(file: Path, texts: Texts) -> None:
    named = {**MANIFEST, "targets": [{"name": f"[red]甲\x1b[2J{number}", "weights": {}} for number in range(3)]}
    file.write_text(json.dumps(rows_file(named, BOXES)), encoding="utf-8")
    agrees, said = counted(file, texts)
    assert agrees
    assert "[red]甲[2J1" in said
    assert "\x1b" not in said


BOX = st.tuples(*[st.integers(0, 12)] * 5).map(lambda counts: marks(*counts))


@given(st.lists(st.tuples(BOX, BOX, BOX), min_size=1, max_size=6), st.booleans())
def test_what_was_published_is_counted_the_same(boxes: list[tuple[bytes, ...]], ranked: bool) -> None:
    """Invariant 13."""
    manifest = {
        **MANIFEST,
        "ranked": ranked,
        "classes": [{**one, "voters": 100} for one in MANIFEST["classes"]],  # type: ignore[attr-defined]
        "targets": [{"name": str(one), "weights": {"同级": "12.5"} if one % 2 else {}} for one in range(len(boxes))],
    }
    outcome = recount(rows_file(manifest, [list(three) for three in boxes]))
    assert outcome.agrees
    assert len(outcome.lines) == len(boxes)
