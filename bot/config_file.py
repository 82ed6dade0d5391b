"""TOML tables -> frozen Structs. An unknown, missing or mistyped key fails and is named with its line."""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from msgspec import Struct


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


def build(kind: type, data: Mapping[str, Any], source: Source, section: str = "") -> object:
    """A Struct from a table, tables within it from theirs; a `Secret` does not come from the file. Raises
    ConfigError."""
    hints = typing.get_type_hints(kind)
    wanted = [name for name, hint in hints.items() if hint is not Secret]
    for key in data:
        if key not in wanted:
            raise ConfigError(f"{source.at(section or key, key if section else '')}: unknown key")
    values: dict[str, object] = {}
    for name in wanted:
        try:
            if name not in data:
                raise _WrongValue("missing")
            hint, value = hints[name], data[name]
            if isinstance(hint, type) and issubclass(hint, Struct):
                if not isinstance(value, Mapping):
                    raise _WrongValue("must be a section")
                values[name] = build(hint, value, source, f"{section}.{name}" if section else name)
            else:
                values[name] = _value(hint, value)
        except _WrongValue as wrong:
            raise ConfigError(f"{source.at(section or name, name if section else '')}: {wrong}") from None
    return kind(**values)


class _WrongValue(Exception):
    pass


def _value(hint: Any, value: object) -> object:
    if get_origin(hint) is Literal:
        if value not in get_args(hint):
            raise _WrongValue(f"must be one of {', '.join(map(str, get_args(hint)))}")
        return value
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(hint, types.GenericAlias):
        item = get_args(hint)[0]
        if not isinstance(value, list):
            raise _WrongValue("must be a list")
        return tuple(_value(item, one) for one in value)
    if type(value) is not hint:
        raise _WrongValue(f"must be {getattr(hint, '__name__', hint)}, not {type(value).__name__}")
    return value
