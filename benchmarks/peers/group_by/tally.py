"""The usual table of a ballot box, a row a mark, counted by the database: `tally.py FOLDER`."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.ballots import CLASSES, GRADES, MARKS, Result, concluded

_SIZE = "SELECT MAX(target) + 1, MAX(item) + 1 FROM mark"
_COUNT = "SELECT target, class_index, item, mark, COUNT(*) FROM mark GROUP BY target, class_index, item, mark"


def result(connection: sqlite3.Connection) -> Result:
    """Let SQLite count, then score."""
    targets, items = connection.execute(_SIZE).fetchone()
    counts = [[[[0] * len(MARKS) for _ in range(items)] for _ in CLASSES] for _ in range(targets)]
    for target, index, item, mark, count in connection.execute(_COUNT):
        counts[target][index][item][MARKS.index(mark)] = count
    return concluded(counts, [total(classes) for classes in counts])


def total(classes: Sequence[Sequence[Sequence[int]]]) -> float:
    """The weighted mean of the classes' means."""
    points = sum(int(weight) * mean(items) for items, (_, weight, _) in zip(classes, CLASSES, strict=True))
    return points / sum(int(weight) for _, weight, _ in CLASSES)


def mean(items: Sequence[Sequence[int]]) -> float:
    """The mean of a class over its items; every item has answers."""
    return sum(score(marks) for marks in items) / len(items)


def score(marks: Sequence[int]) -> float:
    """The mean value of the answers that count."""
    valued = [(marks[place], float(value)) for place, (_, value) in enumerate(GRADES, 1) if value is not None]
    return sum(count * value for count, value in valued) / sum(count for count, _ in valued)


def main() -> None:
    """Count at every line until the input ends."""
    connection = sqlite3.connect(Path(sys.argv[1]) / "marks.db")
    print("ready", flush=True)
    for _ in sys.stdin:
        print(json.dumps(result(connection)), flush=True)


if __name__ == "__main__":
    main()
