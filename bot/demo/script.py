"""What the sample people say, and the narrator's lines: content/demo/script.toml."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from bot.toml_files import ContentError, read_toml


class Script(Struct, frozen=True):
    """The branch that plays; `lines` of the narrator, and what people `say`, both by name."""

    branch: str
    lines: Mapping[str, str]
    said: Mapping[str, str]

    def line(self, name: str, /, **values: object) -> str:
        """A line of the narrator."""
        return self.lines[name].format(**values)

    def say(self, name: str, /, **values: object) -> str:
        """What somebody types, or the label of the button that somebody taps."""
        return self.said[name].format(**values)


def load_script(path: Path) -> Script:
    """Read the script; raises ContentError naming the file."""
    data = read_toml(path)
    branch, lines, said = data.get("branch"), data.get("lines"), data.get("said")
    if not isinstance(branch, str) or not isinstance(lines, dict) or not isinstance(said, dict):
        raise ContentError(f"{path}: branch, [lines] and [said] are needed")
    return Script(branch, lines, said)
