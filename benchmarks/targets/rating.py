"""Everything that counts, opens or takes ballots, as targets."""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Protocol

from benchmarks.ballots import GRADES, Ballots
from benchmarks.limits.booth import SCHEMA as BOOTH
from benchmarks.targets.base import PEERS, session_key
from benchmarks.targets.peers import python_of

_MARKS = """
CREATE TABLE mark (
    id INTEGER PRIMARY KEY, voter INTEGER NOT NULL, target INTEGER NOT NULL, class_index INTEGER NOT NULL,
    item INTEGER NOT NULL, mark INTEGER NOT NULL, UNIQUE (class_index, voter, target, item)
);
"""
_COVERING = "CREATE INDEX counted ON mark (target, class_index, item, mark)"
_BOXES = "CREATE TABLE box (target INTEGER, class_index INTEGER, items INTEGER, rows BLOB)"


class TallyTarget(Protocol):
    """Prints `ready`, then answers each line with a result as ballots.py has it."""

    name: str

    def prepare(self, folder: Path, ballots: Ballots) -> None:
        """Fill `folder` with a store of the ballots; done once."""

    def command(self, folder: Path) -> Sequence[str]:
        """Return the command that counts the store in `folder`, a fresh copy of the prepared one."""


class ElectionTarget(Protocol):
    """Prints `"ready"`; the first line makes it encrypt all ballots, the second one decrypt and count them."""

    name: str

    def missing(self) -> str:
        """Return a sentence when this machine cannot run it, or nothing."""

    def prepare(self, folder: Path, ballots: Ballots) -> None:
        """Write the ballots into `folder`; done once."""

    def command(self, folder: Path) -> Sequence[str]:
        """Return the command that holds the election in `folder`."""


class OpeningTarget(Protocol):
    """Prints `ready`, then answers a JSON list of targets with the `[digest, failed]` of each."""

    name: str

    def command(self, folder: Path) -> Sequence[str]:
        """Return the command that opens the sealed box in `folder`."""


class BoothTarget(Protocol):
    """A server that shows the sheet at `/rating/1` and takes it sealed; members come with `session_key`."""

    name: str

    def prepare(self, folder: Path, voters: int, targets: int, items: int) -> None:
        """Fill `folder` with an open round and its voters; done once."""

    def command(self, folder: Path, port: int) -> Sequence[str]:
        """Return the command that serves `folder`, a fresh copy of the prepared one, on 127.0.0.1:port."""

    def rows(self, folder: Path) -> Mapping[int, bytes]:
        """Return voter (from 0) -> sealed sheet, read from the store after the process has ended."""

    def synchronous(self, folder: Path) -> int:
        """Return `PRAGMA synchronous` as the process read it on the connection that writes (2 is FULL)."""


class OurTally:
    """ours/tally.py."""

    name = "ours"

    def prepare(self, folder: Path, ballots: Ballots) -> None:
        """Write a published round."""
        from benchmarks.ours.rating import fill_published

        fill_published(folder, ballots)

    def command(self, folder: Path) -> Sequence[str]:
        """Run it in this interpreter's environment."""
        return [sys.executable, "-m", "benchmarks.ours.tally", str(folder)]


class NumpyTally:
    """numpy over the same rows, in plain SQLite."""

    name = "numpy"

    def prepare(self, folder: Path, ballots: Ballots) -> None:
        """Write the boxes."""
        with closing(sqlite3.connect(folder / "boxes.db")) as connection:
            connection.execute(_BOXES)
            rows = (
                (target, index, ballots.items, box)
                for target, classes in enumerate(ballots.boxes)
                for index, box in enumerate(classes)
            )
            connection.executemany("INSERT INTO box VALUES (?, ?, ?, ?)", rows)
            connection.commit()

    def command(self, folder: Path) -> Sequence[str]:
        """Run it in its own environment."""
        return [str(python_of(self.name)), str(PEERS / self.name / "tally.py"), str(folder)]


class GroupByTally:
    """A row a mark, counted by GROUP BY, with an index that holds all it asks for."""

    name = "group_by"

    def prepare(self, folder: Path, ballots: Ballots) -> None:
        """Write the marks."""
        with closing(sqlite3.connect(folder / "marks.db")) as connection:
            connection.executescript(_MARKS)
            insert = "INSERT INTO mark (target, class_index, voter, item, mark) VALUES (?, ?, ?, ?, ?)"
            connection.executemany(insert, ballots.each())
            connection.execute(_COVERING)
            connection.execute("ANALYZE")
            connection.commit()

    def command(self, folder: Path) -> Sequence[str]:
        """Run it in this interpreter's environment."""
        return [sys.executable, str(PEERS / self.name / "tally.py"), str(folder)]


class _Election:
    """Ballots of one item, in the voters' order."""

    def prepare(self, folder: Path, ballots: Ballots) -> None:
        """Write them voter by voter."""
        columns = [b"".join(classes) for classes in ballots.boxes]
        marks = [list(one) for one in zip(*columns, strict=True)]
        (folder / "ballots.json").write_text(json.dumps({"grades": len(GRADES), "marks": marks}))


class OurElection(_Election):
    """ours/election.py."""

    name = "ours"

    def missing(self) -> str:
        """It always runs."""
        return ""

    def command(self, folder: Path) -> Sequence[str]:
        """Run it in this interpreter's environment."""
        return [sys.executable, "-m", "benchmarks.ours.election", str(folder)]


class Belenios(_Election):
    """Belenios' command-line tool, as Debian has it."""

    name = "belenios"

    def __init__(self, tool: str = "belenios-tool") -> None:
        self._tool = tool

    def missing(self) -> str:
        """Debian has the tool; most machines do not."""
        return "" if shutil.which(self._tool) else f"{self._tool} is not installed (apt install belenios-tool)"

    def command(self, folder: Path) -> Sequence[str]:
        """Drive the tool."""
        return [sys.executable, str(PEERS / self.name / "election.py"), str(folder)]


class OurOpening:
    """ours/opening.py."""

    name = "ours"

    def command(self, folder: Path) -> Sequence[str]:
        """Run it in this interpreter's environment."""
        return [sys.executable, "-m", "benchmarks.ours.opening", str(folder)]


class BareOpening:
    """limits/opening.py."""

    name = "limit"

    def command(self, folder: Path) -> Sequence[str]:
        """Run it in this interpreter's environment."""
        from benchmarks.ours.sealed import MANIFEST_HASH

        return [sys.executable, "-m", "benchmarks.limits.opening", str(folder), MANIFEST_HASH.hex()]


class ChromiumOpening:
    """ours/browser.py: the page's own module in headless Chromium."""

    name = "chromium"

    def command(self, folder: Path) -> Sequence[str]:
        """Run it in this interpreter's environment."""
        return [sys.executable, "-m", "benchmarks.ours.browser", str(folder)]


class OurBooth:
    """ours/start.py: the real program, its sheet page and its store."""

    name = "ours"

    def prepare(self, folder: Path, voters: int, targets: int, items: int) -> None:
        """Write members, sessions and an open round."""
        from benchmarks.ours.rating import fill_open

        fill_open(folder, voters, targets, items)

    def command(self, folder: Path, port: int) -> Sequence[str]:
        """Run it in this interpreter's environment."""
        return [sys.executable, "-m", "benchmarks.ours.start", str(folder), str(port)]

    def rows(self, folder: Path) -> Mapping[int, bytes]:
        """Read the envelopes of the round."""
        with closing(sqlite3.connect(folder / "azalea.db")) as connection:
            return dict(connection.execute("SELECT voter_id - 1, sealed FROM rating_envelope_1").fetchall())

    def synchronous(self, folder: Path) -> int:
        """Read the report of the writing connection."""
        return int(json.loads((folder / "report.json").read_text())["synchronous"])


class BareBooth:
    """limits/booth.py."""

    name = "limit"

    def prepare(self, folder: Path, voters: int, targets: int, items: int) -> None:
        """Write the voters."""
        with closing(sqlite3.connect(folder / "limit.db")) as connection:
            connection.executescript(BOOTH)
            keys = ((session_key(number),) for number in range(voters))
            connection.executemany("INSERT INTO voter (key) VALUES (?)", keys)
            connection.commit()

    def command(self, folder: Path, port: int) -> Sequence[str]:
        """Run it in this interpreter's environment."""
        return [sys.executable, "-m", "benchmarks.limits.booth", str(folder), str(port)]

    def rows(self, folder: Path) -> Mapping[int, bytes]:
        """Read the envelopes."""
        with closing(sqlite3.connect(folder / "limit.db")) as connection:
            return dict(connection.execute("SELECT voter_id - 1, sealed FROM envelope").fetchall())

    def synchronous(self, folder: Path) -> int:
        """Read the report of the writer."""
        return int(json.loads((folder / "report.json").read_text())["synchronous"])
