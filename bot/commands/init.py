"""`init`: writes the shipped settings and content into a folder, for a bureau to edit."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from bot import shipped


class Written(Struct, frozen=True):
    """How many files were written, and how many were there before and stay as they are."""

    new: int
    kept: int


def write_copy(folder: Path) -> Written:
    """Write every shipped file that the folder lacks. Raises OSError."""
    new = kept = 0
    for source, name in _shipped_files():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            # Made, never opened: what a bureau wrote is not lost even where two do this at once.
            with source.open("rb") as read, target.open("xb") as write:
                shutil.copyfileobj(read, write)
            new += 1
        except FileExistsError:
            kept += 1
    return Written(new, kept)


def _shipped_files() -> Iterator[tuple[Path, Path]]:
    """Each file with its place in a bureau's folder."""
    yield shipped.CONFIG, Path("config.toml")
    for path in sorted(shipped.CONTENT.rglob("*")):
        if path.is_file():
            yield path, Path("content") / path.relative_to(shipped.CONTENT)
