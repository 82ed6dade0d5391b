"""Counting a published rating again from its rows file, with nothing but that file (SR-11, SR-12)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from msgspec import Struct

from bot.rules.rating import ROWS_FORMAT, Counts, Scheme, TargetCounts, number, rounded, score, tally

MAX_BYTES = 64_000_000


class FileDamaged(Exception):
    """The file cannot be counted; `key` is the sentence that says what is wrong."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key = f"retally.{key}"
        self.values = values


class Figures(Struct, frozen=True):
    """Valid rows, void rows, total (two digits, "" for none) and rank of a target."""

    valid: int
    void: int
    total: str
    rank: int | None


class Line(Struct, frozen=True):
    """A target as the file states it and as it was counted again; `counted` is None where its rows are withheld."""

    name: str
    stated: Figures
    counted: Figures | None

    @property
    def agrees(self) -> bool:
        return self.counted is None or self.counted == self.stated


class Outcome(Struct, frozen=True):
    """A whole round counted again."""

    unit: str
    title: str
    fingerprint: str
    lines: tuple[Line, ...]

    @property
    def agrees(self) -> bool:
        return all(line.agrees for line in self.lines)

    @property
    def withheld(self) -> int:
        """Targets that nobody can count again from this file."""
        return sum(line.counted is None for line in self.lines)


def read_file(path: Path) -> dict[str, Any]:
    """The file's JSON object. Raises FileDamaged."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise FileDamaged("too_big", path=path)
        data = json.loads(path.read_bytes())
    except OSError as error:
        raise FileDamaged("no_file", path=path, error=error.strerror) from None
    except (ValueError, RecursionError) as error:
        raise FileDamaged("no_json", path=path, error=error) from None
    if not isinstance(data, dict) or data.get("format") != ROWS_FORMAT:
        raise FileDamaged("format", path=path, format=ROWS_FORMAT)
    return data


def recount(data: Mapping[str, Any]) -> Outcome:
    """Check the manifest against its fingerprint and every box, then count. Raises FileDamaged."""
    text, fingerprint = str(data.get("manifest")), str(data.get("manifest_hash"))
    if hashlib.sha256(text.encode("utf-8", "replace")).hexdigest() != fingerprint:
        raise FileDamaged("fingerprint_wrong")
    manifest, scheme = _scheme(text)
    targets = _targets(data, manifest, scheme)
    stated = _stated(data, len(targets))
    totals = [_total(target, scheme) for target in targets]
    shown = [one.total if total is None else total for total, one in zip(totals, stated, strict=True)]
    names = [str(one["name"]) for one in manifest["targets"]]
    return Outcome(
        str(manifest.get("unit", "")),
        str(manifest.get("title", "")),
        fingerprint,
        tuple(
            Line(name, told, None if total is None or target is None else _figures(target, total, shown))
            for name, told, total, target in zip(names, stated, totals, targets, strict=True)
        ),
    )


def _scheme(text: str) -> tuple[dict[str, Any], Scheme]:
    try:
        manifest = json.loads(text)
        scheme = Scheme.read(manifest)
        if not all(isinstance(one["name"], str) and isinstance(one["weights"], dict) for one in manifest["targets"]):
            raise ValueError("targets")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise FileDamaged("manifest", error=error) from None
    return manifest, scheme


def _targets(data: Mapping[str, Any], manifest: Mapping[str, Any], scheme: Scheme) -> list[TargetCounts | None]:
    """The boxes of each target, counted; None where the file withholds its classes."""
    rated, boxes, withheld = manifest["targets"], dict[tuple[int, int], Counts](), set[int]()
    for box in _listed(data, "boxes"):
        target = _index(box, "target", len(rated))
        if box.get("withheld") is True:
            _count(box, target, scheme)
            withheld.add(target)
            continue
        place = target, _index(box, "class", len(scheme.classes))
        if place in boxes:
            raise FileDamaged("box_twice", target=target + 1, rater=place[1] + 1)
        boxes[place] = _count(box, target, scheme)
        voters = manifest["classes"][place[1]].get("voters")
        if not isinstance(voters, int) or boxes[place].rows > voters:
            raise FileDamaged("box_extra", target=target + 1, rater=place[1] + 1, rows=boxes[place].rows, voters=voters)
    found: list[TargetCounts | None] = []
    for target, one in enumerate(rated):
        present = [place for place in boxes if place[0] == target]
        if len(present) != (0 if target in withheld else len(scheme.classes)):
            raise FileDamaged("box_missing", target=target + 1, name=one["name"])
        classes = tuple(boxes[target, rater] for rater in range(len(scheme.classes))) if present else ()
        found.append(TargetCounts(one["name"], classes, _weights(one)) if classes else None)
    return found


def _count(box: Mapping[str, Any], target: int, scheme: Scheme) -> Counts:
    items = len(scheme.items)
    try:
        rows = bytes.fromhex(box.get("rows", ""))
        counts = tally(rows, items, len(scheme.grades))
    except (ValueError, TypeError) as error:
        raise FileDamaged("box", target=target + 1, error=error) from None
    split = [rows[start : start + items] for start in range(0, len(rows), items)]
    if split != sorted(split):
        raise FileDamaged("box_unsorted", target=target + 1)
    return counts


def _stated(data: Mapping[str, Any], targets: int) -> list[Figures]:
    found: dict[int, Figures] = {}
    for one in _listed(data, "totals"):
        rank, total = one.get("rank"), one.get("total")
        try:
            shown = "" if total is None else str(rounded(number(total)))
        except ValueError as error:
            raise FileDamaged("totals", error=error) from None
        known = None if rank is None else _whole(one, "rank")
        place = _index(one, "target", targets)
        found[place] = Figures(_whole(one, "valid"), _whole(one, "void"), shown, known)
    if len(found) != targets:
        raise FileDamaged("totals_missing", count=targets - len(found))
    return [found[target] for target in range(targets)]


def _total(target: TargetCounts | None, scheme: Scheme) -> str | None:
    """The total as text, "" for none; None where it cannot be counted."""
    if target is None:
        return None
    exact = score(target, scheme) if scheme.ranked else None
    return "" if exact is None else str(rounded(exact))


def _figures(target: TargetCounts, total: str, shown: Sequence[str]) -> Figures:
    rank = 1 + sum(bool(one) and Fraction(one) > Fraction(total) for one in shown) if total else None
    valid = sum(counts.valid for counts in target.classes)
    return Figures(valid, sum(counts.void for counts in target.classes), total, rank)


def _weights(target: Mapping[str, Any]) -> dict[str, Fraction]:
    try:
        return {str(name): number(weight) for name, weight in target["weights"].items()}
    except ValueError as error:
        raise FileDamaged("manifest", error=error) from None


def _listed(data: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    found = data.get(key)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise FileDamaged("part", part=key)
    return found


def _whole(one: Mapping[str, Any], key: str) -> int:
    value = one.get(key)
    if type(value) is not int or value < 0:
        raise FileDamaged("part", part=key)
    return value


def _index(one: Mapping[str, Any], key: str, limit: int) -> int:
    value = _whole(one, key)
    if value >= limit:
        raise FileDamaged("part", part=key)
    return value
