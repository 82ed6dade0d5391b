"""Opens sealed rows as a teller's machine does: a JSON list of targets a line in, `[digest, failed]` of each out."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from benchmarks.ours.sealed import MANIFEST_HASH, SealedBox, digest
from bot.rules.rating.sealing import open_rows


def main() -> None:
    """Open until the input ends; the log shows how far it is."""
    box = SealedBox(Path(sys.argv[1]))
    key, items = box.key(), box.items()
    print("ready", flush=True)
    for line in sys.stdin:
        answer = []
        for target in json.loads(line):
            opened = open_rows(key, MANIFEST_HASH, target, items, box.rows(target))
            answer.append((digest(opened.rows), opened.failed))
            print(f"target {target}: {len(opened.rows) // items} rows", file=sys.stderr)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
