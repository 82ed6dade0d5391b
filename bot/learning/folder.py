"""Folders of content to import: the files that are read, and what else lies there."""

from __future__ import annotations

from pathlib import Path

from bot.toml_files import ContentError


def files_of(folder: Path, suffix: str) -> list[Path]:
    """The files of this kind, by name. Raises ContentError when there is none: a mistyped name, or a folder of other
    files, is no empty import."""
    found = sorted(path for path in folder.glob(f"*{suffix}") if path.is_file())
    if not found:
        other = ", ".join(unread(folder, suffix))
        raise ContentError(f"{folder}: no *{suffix} file" + (f" (not read: {other})" if other else ""))
    return found


def unread(folder: Path, suffix: str, besides: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The names of what lies in the folder and is not read."""
    if not folder.is_dir():
        return ()
    read = set(folder.glob(f"*{suffix}"))
    return tuple(
        path.name
        for path in sorted(folder.iterdir())
        if not (path in read and path.is_file()) and path.name not in besides and not path.name.startswith(".")
    )
