"""Tells a database that is new from one that was lost: only a new one may be begun."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.engine import URL

MARK = "begun"
"""The file that the first commit leaves next to the secret: from now on an empty database is none that is new."""
_LOG_HEAD = 32
"""Bytes of a SQLite log before its first frame."""


class StoreLost(Exception):
    """The database is empty, but `files` say that it was not always. `key` is the sentence that says what to do."""

    def __init__(self, key: str, files: tuple[Path, ...]) -> None:
        super().__init__(key)
        self.key, self.files = f"cli.store_lost_{key}", files

    @property
    def named(self) -> str:
        return " ".join(map(str, self.files))


def refuse_lost_log(url: URL) -> None:
    """Raises StoreLost for a SQLite database of no bytes whose log has frames: a connection would delete them."""
    if not url.database:
        return
    place = Path(url.database)
    log = place.with_name(f"{place.name}-wal")
    if _size(log) > _LOG_HEAD and not _size(place):
        raise StoreLost("log", (log,))


def refuse_lost_file(url: URL, backup_folder: Path) -> None:
    """The same for one beside a trace of another; a connection would give it its first page."""
    refuse_lost_log(url)
    if url.get_backend_name() == "sqlite" and url.database and not _size(Path(url.database)):
        refuse_traces(backup_folder)


def refuse_traces(backup_folder: Path) -> None:
    """Raises StoreLost where there was a database: for one without any table."""
    if found := traces(backup_folder):
        raise StoreLost("beside", found)


def traces(backup_folder: Path) -> tuple[Path, ...]:
    """What says that there was a database: the mark, and the newest of the backups."""
    mark = backup_folder.parent / MARK
    return (*([mark] if mark.exists() else []), *sorted(backup_folder.glob("*.zip"))[-1:])


def leave_mark(backup_folder: Path) -> None:
    """Say that there is a database now."""
    mark = backup_folder.parent / MARK
    if not mark.exists():
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.write_text("The database was begun. Where it is empty now, it was lost.\n", encoding="ascii")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
