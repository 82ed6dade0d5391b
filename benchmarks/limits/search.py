"""The plain search: a LIKE scan over a text column."""

from __future__ import annotations

import json
import sqlite3
import sys
from pathlib import Path


def main() -> None:
    """Answer queries from stdin."""
    connection = sqlite3.connect(Path(sys.argv[1]) / "search.db")
    print("ready", flush=True)
    for line in sys.stdin:
        found = connection.execute(
            "SELECT id FROM document WHERE body LIKE ?", (f"%{json.loads(line)}%",)
        ).fetchall()
        print(json.dumps([row[0] for row in found]), flush=True)


if __name__ == "__main__":
    main()
