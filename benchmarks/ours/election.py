"""The same election with sealed rows: `election FOLDER` with `ballots.json` in it; a step a line, as the peer's."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from benchmarks.ours.sealed import MANIFEST_HASH
from bot.rules.rating import tally
from bot.rules.rating.sealing import cut_sheet, make_key, open_rows, seal_sheet

TELLERS = 2


def main() -> None:
    """Make a key, seal all sheets, open and count them; two tellers must arrive at the same."""
    given = json.loads((Path(sys.argv[1]) / "ballots.json").read_text())
    marks, grades = given["marks"], given["grades"]
    key, targets = make_key(), len(marks[0])
    print('"ready"', flush=True)
    sys.stdin.readline()
    sheets = [seal_sheet(key.public, MANIFEST_HASH, [bytes([mark]) for mark in one]) for one in marks]
    print('"encrypted"', flush=True)
    sys.stdin.readline()
    columns = list(zip(*(cut_sheet(sheet, targets, 1) for sheet in sheets), strict=True))
    first, second = (
        [open_rows(key, MANIFEST_HASH, target, 1, b"".join(rows)).rows for target, rows in enumerate(columns)]
        for _ in range(TELLERS)
    )
    if first != second:
        raise ValueError("the tellers arrive at different rows")
    print(json.dumps([tally(rows, 1, grades).items[0][1:] for rows in first]), flush=True)


if __name__ == "__main__":
    main()
