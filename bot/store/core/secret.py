"""The secret from which all keys are made, outside of the database: from the environment, or in a file of its own."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from bot.config import Secret, Settings
from bot.rules.audit import ChainKey
from bot.signing import Signer
from bot.store.core.engine import Store, open_store

_CHAIN = "audit chain"


def known_secret(settings: Settings) -> Secret | None:
    """The secret of the settings, or the one in the file beside the folder of backups; None where there is none yet."""
    if settings.secret:
        return settings.secret
    with suppress(FileNotFoundError):
        if kept := _path(settings).read_text(encoding="ascii").strip():
            return Secret(kept)
    return None


def kept_secret(settings: Settings) -> Secret:
    """The same; made where there is none yet, readable by its owner only."""
    if found := known_secret(settings):
        return found
    path = _path(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    secret = secrets.token_urlsafe(48)
    fresh = path.with_name("secret.new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
        file.write(secret)
    fresh.replace(path)
    return Secret(secret)


def chain_key(secret: Secret) -> ChainKey:
    """The key of the audit log."""
    return ChainKey(Signer(secret.encode()).derived(_CHAIN))


def keyed_store(settings: Settings) -> Store:
    """The store of the settings, for who records what was done."""
    return open_store(settings.store.url, chain_key(kept_secret(settings)))


def _path(settings: Settings) -> Path:
    return Path(settings.store.backup_folder).parent / "secret"
