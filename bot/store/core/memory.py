"""What a process's own memory still holds of what was deleted: freed memory keeps its bytes until it is used again.

C's memory is overwritten as it is freed, while a sheet may be in it (bot/services/rating/wiping.py). Python's small
objects lie in pools of its own, which no setting overwrites: they are filled once, after the last reference is gone.
"""

from __future__ import annotations

import ctypes
import gc

_PERTURB = -6
"""glibc's M_PERTURB: fill what is freed (and what is taken) with a byte, for programs that look for such faults."""
_FILLING = 0xA5
_ALIGNED, _LARGEST = 16, 512
"""Python's small objects: up to 512 bytes, in classes of 16."""
_HEADER = b"".__sizeof__()
_FIRST, _EACH = 8 << 20, 1 << 20
"""Bytes to fill in the first class of size, which takes the pools that are wholly free, and in each other class."""


def overwrite_what_is_freed(wanted: bool = True) -> bool:
    """Have C's memory overwritten when it is freed, from now on, or no longer: it makes answers dearer. False
    where the system cannot do it."""
    return bool(_libc("mallopt", _PERTURB, _FILLING if wanted else 0))


def overwrite_small_objects() -> None:
    """Fill the free places of Python's small objects, and give the system back what is free. Takes some 50 ms."""
    gc.collect()
    for size in range(_LARGEST, 0, -_ALIGNED):
        count = (_FIRST if size == _LARGEST else _EACH) // size
        length = size - _HEADER
        filled = [bytes(length) for _ in range(count)] if length > 1 else [object() for _ in range(count)]
        del filled
    _libc("malloc_trim", 0)


def _libc(name: str, *values: int) -> int:
    """Call a function of the C library with whole numbers; 0 where it has none of this name."""
    try:
        function = getattr(ctypes.CDLL(None), name)
    except (AttributeError, OSError, TypeError):
        return 0
    return int(function(*values))
