"""Every sentence and command word that users see: `content/texts`, one file a feature."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from bot import shipped
from bot.toml_files import ContentError, line_of, read_toml


class Texts(Struct, frozen=True):
    """All sentences by `feature.key`, the phrases of each command by route name, and the keys of a bureau's copy that
    the program does not know: it leaves them out."""

    sentences: Mapping[str, str]
    commands: Mapping[str, tuple[str, ...]]
    unknown: tuple[str, ...] = ()

    def __call__(self, key: str, /, **values: object) -> str:
        """The sentence with its values filled in; an unknown key or a missing value raises ContentError."""
        try:
            return self.sentences[key].format(**values)
        except KeyError as missing:
            raise ContentError(f"text {key}: {missing} is not there") from None

    def phrases(self, route: str) -> tuple[str, ...]:
        """What a member may type to call a route; the first is the one shown in help."""
        return self.commands.get(route, ())


def load_texts(folder: Path) -> Texts:
    """Read `content/texts/*.toml`. `[commands]` holds route -> phrases; all else is sentences, nested by dots."""
    sentences: dict[str, str] = {}
    commands: dict[str, tuple[str, ...]] = {}
    taken: dict[str, str] = {}
    for path in sorted(folder.glob("*.toml")):
        data = read_toml(path)
        for route, phrases in data.pop("commands", {}).items():
            name = f"{path.stem}.{route}"
            commands[name] = _phrases(path, route, phrases)
            for phrase in commands[name]:
                if phrase in taken:
                    raise ContentError(
                        f"{path}:{line_of(path, route)}: {phrase!r} already calls {taken[phrase]}"
                    )
                taken[phrase] = name
        collect(path, path.stem, data, sentences)
    if not sentences and not commands:
        raise ContentError(f"{folder}: no texts found")
    return Texts(sentences, commands)


def texts_of(content: Path) -> Texts:
    """The texts of a bureau's content. What it lacks comes from the shipped ones, key by key; a key that those do not
    have is named and left out."""
    folder, below = content / "texts", load_texts(shipped.CONTENT / "texts")
    if folder.resolve() == (shipped.CONTENT / "texts").resolve() or not any(folder.glob("*.toml")):
        return below
    own = load_texts(folder)
    sentences = {key: own.sentences.get(key, sentence) for key, sentence in below.sentences.items()}
    unknown = [key for key in own.sentences if key not in below.sentences]
    unknown += [route for route in own.commands if route not in below.commands]
    return Texts(sentences, _routes_of(own, below, folder), tuple(sorted(unknown)))


def _routes_of(own: Texts, below: Texts, folder: Path) -> dict[str, tuple[str, ...]]:
    """The phrases of every route. A shipped phrase gives way where the bureau calls something else with it."""
    kept = {route: phrases for route, phrases in own.commands.items() if route in below.commands}
    taken = {phrase for phrases in kept.values() for phrase in phrases}
    routes: dict[str, tuple[str, ...]] = {}
    for route, phrases in below.commands.items():
        routes[route] = kept.get(route) or tuple(phrase for phrase in phrases if phrase not in taken)
        if phrases and not routes[route]:
            raise ContentError(f"{folder}: all phrases of {route} call something else")
    return routes


def fields_of(template: str) -> set[str]:
    """The names of the values that a sentence needs (`{day.month}` needs `day`)."""
    names = (name for _, name, _, _ in string.Formatter().parse(template) if name is not None)
    return {re.split(r"[.\[]", name)[0] for name in names}


def _phrases(path: Path, route: str, phrases: object) -> tuple[str, ...]:
    if not isinstance(phrases, list) or not all(isinstance(phrase, str) and phrase for phrase in phrases):
        raise ContentError(f"{path}:{line_of(path, route)}: commands.{route} must be a list of phrases")
    return tuple(phrases)


def collect(path: Path, prefix: str, data: Mapping[str, object], into: dict[str, str]) -> None:
    """Put the sentences of a table under `prefix.key`, and those of its tables; raises ContentError."""
    for key, value in data.items():
        name = f"{prefix}.{key}"
        if isinstance(value, Mapping):
            collect(path, name, value, into)
            continue
        if wrong := _wrong(value):
            raise ContentError(f"{path}:{line_of(path, key)}: {name}{wrong}")
        into[name] = str(value)


def _wrong(value: object) -> str:
    """What is wrong with a sentence; nothing when it can be filled in."""
    if not isinstance(value, str):
        return " must be a text"
    if "{" not in value and "}" not in value:
        return ""
    try:
        return ": name the value inside {}" if "" in fields_of(value) else ""
    except ValueError as error:
        return f": {error}"
