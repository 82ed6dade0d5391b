"""The rating benchmarks: all who count arrive at the same, and whatever does not makes its run void."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from benchmarks.ballots import CLASSES, MARKS, VOID, Ballots, concluded, counted, differences, draw, truth
from benchmarks.ours.sealed import SealedBox, sealed_box
from benchmarks.ratings import cast, count, hold, unseal
from benchmarks.targets.rating import (
    BareBooth,
    BareOpening,
    Belenios,
    BoothTarget,
    GroupByTally,
    OpeningTarget,
    OurBooth,
    OurElection,
    OurOpening,
    OurTally,
    TallyTarget,
)
from benchmarks.verdict import void_reasons
from benchmarks.workloads import Bench

BALLOTS = draw(100, 3, 2)


def with_mark(ballots: Ballots, target: int, index: int, place: int, mark: int) -> Ballots:
    boxes = [list(classes) for classes in ballots.boxes]
    box = bytearray(boxes[target][index])
    box[place] = mark
    boxes[target][index] = bytes(box)
    return replace(ballots, boxes=tuple(tuple(classes) for classes in boxes))


def test_the_same_arguments_draw_the_same_ballots() -> None:
    assert draw(100, 3, 2) == BALLOTS
    assert draw(100, 3, 2, seed=2) != BALLOTS
    assert BALLOTS.marks == 100 * 3 * 2
    assert [len(box) // 2 for box in BALLOTS.boxes[0]] == [10, 30, 60]
    assert VOID not in b"".join(box for target in draw(2_000, 2, 1, void=False).boxes for box in target)


def test_the_truth_of_ballots_that_can_be_added_up_by_hand() -> None:
    ballots = Ballots(6, 1, ((b"\1\2", b"\1\0", bytes([5, VOID])), (b"\1\1", b"\2\2", b"\4\4")))
    found = truth(ballots)
    assert found["counts"][0] == [[[0, 1, 1, 0, 0, 0, 0]], [[1, 1, 0, 0, 0, 0, 0]], [[0, 0, 0, 0, 0, 1, 1]]]
    assert found["totals"] == ["95.71", "74.50"]  # (92.5 x 40 + 100 x 30) / 70; (100 x 40 + 85 x 30 + 30 x 30) / 100
    assert found["ranks"] == [1, 2]
    assert counted(found) == ballots.marks == 12


def test_totals_are_rounded_half_up_and_ranked_as_shown() -> None:
    found = concluded([], [Fraction(90), Fraction("90.005"), 90.01, Fraction("91.2")])
    assert found["totals"] == ["90.00", "90.01", "90.01", "91.20"]
    assert found["ranks"] == [4, 2, 2, 1]


def test_every_difference_is_seen() -> None:
    expected = truth(BALLOTS)
    assert differences(expected, truth(BALLOTS)) == 0
    assert differences(expected, expected | {"ranks": [9, *expected["ranks"][1:]]}) == 1
    assert differences(expected, expected | {"totals": []}) == 3 * len(CLASSES) * 2 * len(MARKS) + 3 + 3


@pytest.mark.parametrize("target", [OurTally(), GroupByTally()], ids=lambda target: target.name)
def test_all_counters_arrive_at_the_truth(tmp_path: Path, target: TallyTarget) -> None:
    run = count(Bench(tmp_path), target, BALLOTS, truth(BALLOTS))
    assert void_reasons(run) == []
    assert (run.sent, run.rows) == (600, 600)


def test_an_altered_mark_makes_a_run_void(tmp_path: Path) -> None:
    altered = with_mark(BALLOTS, 1, 2, 7, 1 + BALLOTS.boxes[1][2][7] % 4)
    run = count(Bench(tmp_path), GroupByTally(), altered, truth(BALLOTS))
    assert any("contents" in reason for reason in void_reasons(run))


def test_a_mark_less_makes_a_run_void(tmp_path: Path) -> None:
    class Losing(GroupByTally):
        def prepare(self, folder: Path, ballots: Ballots) -> None:
            super().prepare(folder, ballots)
            with closing(sqlite3.connect(folder / "marks.db")) as connection, connection:
                connection.execute("DELETE FROM mark WHERE id = 5")

    assert "600 sent but 599 rows" in void_reasons(count(Bench(tmp_path), Losing(), BALLOTS, truth(BALLOTS)))


def test_our_election_has_the_sums_of_its_ballots(tmp_path: Path) -> None:
    run = hold(Bench(tmp_path), OurElection(), draw(20, 3, 1, void=False))
    assert void_reasons(run) == []
    assert {"seal_ms", "open_ms", "cpu_ms"} == set(run.figures)


def test_a_peer_that_is_not_there_says_what_to_install() -> None:
    assert "apt install belenios-tool" in Belenios("a-tool-that-no-machine-has").missing()
    assert OurElection().missing() == ""


@pytest.fixture
def box(tmp_path: Path) -> SealedBox:
    return sealed_box(BALLOTS, tmp_path / "cache")


@pytest.mark.parametrize("target", [OurOpening(), BareOpening()], ids=lambda target: target.name)
def test_an_opened_box_is_what_was_sealed_and_an_altered_row_makes_a_run_void(
    target: OpeningTarget, box: SealedBox
) -> None:
    run = unseal(target, box, [0, 2], 100)
    assert void_reasons(run) == []
    assert run.sent == 200
    rows = bytearray(box.rows(2))
    rows[-1] ^= 1
    (box.folder / "target-2").write_bytes(rows)
    assert any("contents" in reason for reason in void_reasons(unseal(target, box, [0, 2], 100)))


def test_a_sealed_box_is_made_once(box: SealedBox) -> None:
    assert sealed_box(BALLOTS, box.folder.parent) == box
    assert [failed for _, failed in box.truth()] == [1, 1, 1]
    sheets = box.sheets()
    assert len(sheets) == 100
    assert b"".join(sheets[0:2]).startswith(box.rows(0)[: len(sheets[0]) // 3])
    before = box.rows(0)
    shutil.rmtree(box.folder)
    assert sealed_box(BALLOTS, box.folder.parent).rows(0) != before


@pytest.mark.parametrize("target", [OurBooth(), BareBooth()], ids=lambda target: target.name)
def test_a_hall_that_rates_at_once_is_kept_sheet_by_sheet(tmp_path: Path, target: BoothTarget, box: SealedBox) -> None:
    run = cast(Bench(tmp_path), target, box, 30)
    assert void_reasons(run) == []
    assert (run.sent, run.acknowledged, run.rows) == (30, 30, 30)
    assert run.figures["p99_ms"] > 0


def test_a_sheet_that_was_lost_or_exchanged_makes_a_run_void(tmp_path: Path, box: SealedBox) -> None:
    class Losing(BareBooth):
        def rows(self, folder: Path) -> Mapping[int, bytes]:
            kept = super().rows(folder)
            return {number: kept[0] for number in kept if number != 9}

    reasons = void_reasons(cast(Bench(tmp_path), Losing(), box, 10))
    assert "10 acknowledged but 9 rows" in reasons
    assert "8 rows with other contents than sent" in reasons
