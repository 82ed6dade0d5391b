"""Where the settings and the content lie that come with the program, and what is used where a bureau has its own."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent
# Only the wheel has the folder; a checkout keeps the one copy at its top.
_HOME = _PACKAGE / "_shipped" if (_PACKAGE / "_shipped").is_dir() else _PACKAGE.parent
CONFIG = _HOME / "config.toml"
CONTENT = _HOME / "content"
USUAL = Path("config.toml")


def config_for(path: Path) -> Path:
    """The settings to read: the shipped ones where nobody named a file and none lies here."""
    return CONFIG if path == USUAL and not path.exists() else path


def content_beside(config: Path) -> Path:
    """The folder of content that lies beside these settings, or the shipped one."""
    own = config.resolve().parent / "content"
    return own if own.is_dir() else CONTENT


def found(content: Path, name: str) -> Path:
    """The bureau's file or folder of this name; the shipped one where the bureau has none."""
    own = content / name
    return own if own.exists() else CONTENT / name
