"""The shipped configuration and content, and the moment at which every test begins."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path

from msgspec.structs import replace

from bot import config
from bot.clock import SHANGHAI
from bot.config import Secret, Settings
from bot.content import Content, load_content
from bot.store.core.secret import chain_key

ROOT = Path(__file__).resolve().parent.parent.parent
START = datetime(2026, 11, 2, 9, 0, tzinfo=SHANGHAI)
"""Monday 2026-11-02, 09:00 in Shanghai."""
SECRET = Secret("s" * 40)
CHAIN = chain_key(SECRET)
"""The key of the audit log under that secret."""


def shipped_settings(store_url: str, folder: Path) -> Settings:
    """config.toml on this database, with its backups in a folder of the test's own."""
    loaded = config.load(ROOT / "config.toml", {"AZALEA_STORE_URL": store_url, "AZALEA_SECRET": SECRET})
    return replace(loaded, store=replace(loaded.store, backup_folder=str(folder / "backups")))


@cache
def shipped_content() -> Content:
    """content/, read once: nothing changes it."""
    return load_content(ROOT / "content")
