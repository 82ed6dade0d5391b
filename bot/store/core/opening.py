"""Opening the store to work with it: begun where it is new, refused where it was lost, brought up to date otherwise."""

from __future__ import annotations

import os
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy import make_url

from bot.config import ConfigError, Settings
from bot.store import audit
from bot.store.core import schema
from bot.store.core.engine import Store, open_store
from bot.store.core.lost import leave_mark, refuse_lost_file, refuse_traces
from bot.store.core.secret import keyed_store


def begun_store(settings: Settings, now: datetime) -> Store:
    """The store of the settings, up to date. Raises StoreLost for an empty database beside a backup or the mark of an
    earlier one, SchemaError for one that a newer version has written, ConfigError where no backup can be written."""
    folder = Path(settings.store.backup_folder)
    refuse_lost_file(make_url(settings.store.url), folder)
    store = keyed_store(settings)
    try:
        revision = schema.current(store.engine)
        if revision is None:
            refuse_traces(folder)
        if revision != schema.HEAD:
            schema.upgrade(store.engine, schema.HEAD, partial(audit.start, now))
        leave_mark(folder)
        _check_writable(folder)
    except BaseException:
        store.close()
        raise
    return store


def known_store(settings: Settings) -> Store:
    """The store of the settings as it is, for who only reads it. Raises StoreLost as `begun_store` does."""
    folder = Path(settings.store.backup_folder)
    refuse_lost_file(make_url(settings.store.url), folder)
    store = open_store(settings.store.url)
    try:
        if schema.current(store.engine) is None:
            refuse_traces(folder)
    except BaseException:
        store.close()
        raise
    return store


def _check_writable(folder: Path) -> None:
    """Raises ConfigError now, not in the night, where no backup could be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        usable = os.access(folder, os.W_OK | os.X_OK)
    except OSError:
        usable = False
    if not usable:
        raise ConfigError(f"store.backup_folder: nothing can be written to {folder}")
