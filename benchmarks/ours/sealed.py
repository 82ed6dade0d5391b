"""Ballots sealed once and kept in the cache: half a minute of CPU for 250,000 rows."""

from __future__ import annotations

import hashlib
import json
import shutil
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from benchmarks.ballots import Ballots
from bot.rules.rating.sealing import Key, key_of, make_key, seal_row, sealed_length

CACHE = Path(__file__).resolve().parents[1] / "results" / "cache"
MANIFEST_HASH = hashlib.sha256("支部书记述职评议".encode()).digest()
SPOILED_EVERY = 1000
"""Every so many rows one has a flipped bit and does not open."""


@dataclass(frozen=True, slots=True)
class SealedBox:
    """A folder with `key`, `items`, the sealed rows of each target in a file, and what opening them must give."""

    folder: Path

    def key(self) -> Key:
        """The key that opens it."""
        return key_of((self.folder / "key").read_bytes())

    def items(self) -> int:
        """Bytes of a row."""
        return int((self.folder / "items").read_text())

    def rows(self, target: int) -> bytes:
        """The sealed rows of a target, one after the other."""
        return (self.folder / f"target-{target}").read_bytes()

    def sheets(self) -> list[bytes]:
        """The sealed sheets of the voters, in their order."""
        length, targets = sealed_length(self.items()), len(self.truth())
        columns = [self.rows(target) for target in range(targets)]
        return [b"".join(column[at : at + length] for column in columns) for at in range(0, len(columns[0]), length)]

    def truth(self) -> list[tuple[str, int]]:
        """By target: the digest of its sorted rows, and how many do not open."""
        return [(digest, failed) for digest, failed in json.loads((self.folder / "truth.json").read_text())]


def digest(rows: bytes) -> str:
    """What is compared instead of the rows."""
    return hashlib.sha256(rows).hexdigest()


def sealed_box(ballots: Ballots, cache: Path = CACHE) -> SealedBox:
    """These ballots, sealed; from the cache when they are there."""
    plain = b"".join(box for target in ballots.boxes for box in target)
    folder = cache / f"box-{digest(plain)[:16]}"
    if not folder.exists():
        making = folder.with_suffix(".making")
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(parents=True)
        _seal(making, ballots)
        making.rename(folder)
    return SealedBox(folder)


def _seal(folder: Path, ballots: Ballots) -> None:
    key, items = make_key(), ballots.items
    (folder / "key").write_bytes(key.secret)
    (folder / "items").write_text(str(items))
    plain = [b"".join(classes) for classes in ballots.boxes]
    count = len(plain)
    with ProcessPoolExecutor() as pool:
        sealed = pool.map(_seal_target, [key.public] * count, range(count), plain, [items] * count)
        for target, rows in enumerate(sealed):
            (folder / f"target-{target}").write_bytes(rows)
    (folder / "truth.json").write_text(json.dumps([_truth(rows, items) for rows in plain]))


def _seal_target(public: bytes, target: int, plain: bytes, items: int) -> bytes:
    rows = (plain[at : at + items] for at in range(0, len(plain), items))
    sealed = bytearray(b"".join(seal_row(public, MANIFEST_HASH, target, row) for row in rows))
    length = sealed_length(items)
    for at in range(length - 1, len(sealed), length * SPOILED_EVERY):
        sealed[at] ^= 1
    return bytes(sealed)


def _truth(plain: bytes, items: int) -> tuple[str, int]:
    rows = [plain[at : at + items] for at in range(0, len(plain), items)]
    whole = [row for place, row in enumerate(rows) if place % SPOILED_EVERY]
    return digest(b"".join(sorted(whole))), len(rows) - len(whole)
