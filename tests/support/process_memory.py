"""Which sealed rows lie in a process's memory: rows that begin with a mark, whatever copied them."""

from __future__ import annotations

import base64
import re
import secrets
from pathlib import Path

MARK = b"\x04sealed row "
_DIGITS = 4
_PLAIN = re.compile(re.escape(MARK) + b"([0-9]{4})")
_CODED = re.compile(re.escape(base64.b64encode(MARK)) + b"([A-Za-z0-9_+/-]{8})")
_STEP = 1 << 24


def row(number: int, length: int) -> bytes:
    """A row that names itself at its beginning, in its middle and at its end, and is random between; each name begins at
    a multiple of three bytes, where base64 can be read."""
    name = MARK + f"{number:0{_DIGITS}}".encode()
    parts = [name + secrets.token_bytes(length // 9 * 3 - len(name)) for _ in range(3)]
    whole = b"".join(parts)
    return whole + secrets.token_bytes(length - len(whole))


def rows_in(process: int) -> set[int]:
    """The numbers of the rows of which a third or more lies in what the process can write to, plain or as base64."""
    found: set[int] = set()
    with open(f"/proc/{process}/mem", "rb", buffering=0) as memory:
        for line in Path(f"/proc/{process}/maps").read_text().splitlines():
            where, rights, *_ = line.split(maxsplit=5)
            start, end = (int(part, 16) for part in where.split("-"))
            if not rights.startswith("rw") or "[vvar" in line:
                continue
            for at in range(start, end, _STEP):
                try:
                    memory.seek(at)
                    found |= rows_in_bytes(memory.read(min(_STEP + 64, end - at)))
                except OSError:
                    break
    return found


def rows_in_bytes(data: bytes) -> set[int]:
    """The same, of a file."""
    coded = (base64.b64decode(one, b"-_")[:_DIGITS] for one in _CODED.findall(data))
    return {int(one) for one in (*_PLAIN.findall(data), *coded) if one.isdigit()}
