"""The shipped configuration on a folder of its own; loads nothing that the server does not."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from bot import config
from bot.config import Settings

_ROOT = Path(__file__).resolve().parents[2]
CONTENT = _ROOT / "content"


def settings(folder: Path, port: int = 8080) -> Settings:
    """The shipped configuration with its store in `folder`."""
    environment = {"AZALEA_STORE_URL": f"sqlite:///{folder / 'azalea.db'}", "AZALEA_SECRET": "b" * 40}
    loaded = config.load(_ROOT / "config.toml", environment)
    server = replace(loaded.server, port=port, public_url=f"http://127.0.0.1:{port}")
    store = replace(loaded.store, backup_folder=str(folder / "backups"))
    return replace(loaded, server=server, store=store)
