"""Files of `content/` as TOML tables or Structs; a mistake is named with file, line and field."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import tomli

from bot.incoming import cleaned
from bot.shapes import Misfit, converted

T = TypeVar("T")


class ContentError(Exception):
    """A file under `content/` cannot be used; the text names file, line and field."""


def read_toml(path: Path) -> dict[str, Any]:
    """Parse a TOML file; raises ContentError with the line of a syntax error."""
    try:
        return cleaned(tomli.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ContentError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ContentError(f"{path}: not UTF-8") from None
    except tomli.TOMLDecodeError as error:
        raise ContentError(f"{path}: {error}") from None


def read_as(kind: type[T], path: Path) -> T:
    """What a TOML file says, as this Struct; raises ContentError with file, line and field."""
    return read_with(path, partial(converted, kind=kind))


def read_with(path: Path, read: Callable[[dict[str, Any]], T]) -> T:
    """What `read` makes of a TOML file; raises ContentError with file, line and field where it raises Misfit."""
    data = read_toml(path)
    try:
        return read(data)
    except Misfit as wrong:
        raise ContentError(f"{path}:{wrong.line(path.read_text(encoding='utf-8'))}: {wrong}") from None


def line_of(path: Path, key: str) -> int:
    """The line on which `key = …` stands in a TOML file (1 when it cannot be found)."""
    pattern = re.compile(rf'^\s*"?{re.escape(key)}"?\s*=')
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if pattern.match(line):
            return number
    return 1
