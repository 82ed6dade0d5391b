"""TOML tables -> frozen Structs. An unknown, missing or mistyped key fails and is named with its line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from msgspec import Struct

from bot.shapes import Misfit, converted

T = TypeVar("T")


class ConfigError(Exception):
    """The configuration cannot be used; the text names the key and, for the file, its line."""


class Secret(str):
    """A text that comes from the environment, never from the file, and is not shown."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Secret()"


class Source(Struct, frozen=True):
    """The file and its text, for saying where something stands."""

    path: Path
    text: str

    def at(self, section: str, key: str) -> str:
        """`config.toml:12: section.key`; for an inline table `section.table.key`, with the table's line"""
        top, _, table = section.partition(".")
        here = ""
        for number, line in enumerate(self.text.splitlines(), 1):
            if header := re.match(r"^\s*\[([^\]]+)\]", line):
                here = header.group(1).strip()
                if here == section and not key:
                    return f"{self.path}:{number}: {section}"
            elif here == top and re.match(rf"^\s*{re.escape(table or key)}\s*=", line):
                return f"{self.path}:{number}: {section}.{key}"
        return f"{self.path}: {section}.{key}".removesuffix(".")


def read(kind: type[T], data: Mapping[str, Any], source: Source) -> T:
    """The Struct that the file describes; a `Secret` does not come from it. Raises ConfigError."""
    try:
        return converted(data, kind)
    except Misfit as wrong:
        *sections, name = wrong.names
        what = "unknown key" if "be Secret," in wrong.what else wrong.what
        place = source.at(".".join(sections) or name, name if sections else "")
        raise ConfigError(f"{place}: {what}") from None
