"""The faults of tests/mutants can be put in, and their tests are there; that the tests find them, `make mutants` shows."""

from __future__ import annotations

from collections import Counter

from tests.mutants.run import read_mutants
from tests.support.shipped import ROOT


def test_every_fault_can_be_put_in() -> None:
    mutants = read_mutants([])
    assert [one["id"] for one in mutants if (ROOT / one["file"]).read_text("utf-8").count(one["old"]) != 1] == []
    assert [one["id"] for one in mutants if one["old"] == one["new"]] == []
    assert {test for one in mutants for test in one["tests"] if not (ROOT / test).is_file()} == set()


def test_there_are_faults_of_every_kind() -> None:
    areas = Counter(one["area"] for one in read_mutants([]))
    assert areas.keys() == {"dispatch", "delivery", "rating", "election", "attendance"}
    assert min(areas.values()) >= 6
