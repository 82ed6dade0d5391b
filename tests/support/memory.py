"""A folder in memory for what tests write: making a database or syncing a file takes a disk ten times as long."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

_SHARED_MEMORY = Path("/dev/shm")
_ENOUGH = 2 << 30


def memory_folder() -> Path | None:
    """Linux's shared memory where it has 2 GiB to spare (a container often has 64 MiB), else None."""
    if not os.access(_SHARED_MEMORY, os.W_OK | os.X_OK):
        return None
    return _SHARED_MEMORY if shutil.disk_usage(_SHARED_MEMORY).free >= _ENOUGH else None
