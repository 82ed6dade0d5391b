"""CPU and memory of a process tree, read from the kernel (Linux)."""

from __future__ import annotations

import os
import time
from pathlib import Path

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")


def _stat(pid: int) -> list[str]:
    """Return the fields of `/proc/<pid>/stat` after the command name; empty when the process is gone."""
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def tree(pid: int) -> list[int]:
    """Return `pid` and all its living descendants."""
    children: dict[int, list[int]] = {}
    for entry in _PROC.iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [pid]
    for parent in found:
        found.extend(children.get(parent, []))
    return found


def cpu_seconds(pid: int) -> float:
    """Return user + system seconds of the tree, ended threads and reaped children included.

    Living processes are read from the kernel's per-process CPU clock (nanoseconds); `/proc/<pid>/stat`
    would only give ticks of 10 ms.
    """
    total = 0.0
    for member in tree(pid):
        fields = _stat(member)
        if not fields:
            continue
        try:
            total += time.clock_gettime((~member << 3) | 2)
        except OSError:
            total += (int(fields[11]) + int(fields[12])) * _TICK_S
        total += (int(fields[13]) + int(fields[14])) * _TICK_S
    return total


def settled_cpu_seconds(
    pid: int, quiet_s: float = 0.25, idle_share: float = 0.04, limit_s: float = 10.0
) -> float:
    """Return the tree's CPU once it has been idle for `quiet_s`, so that work put off counts too."""
    deadline = time.monotonic() + limit_s
    before = cpu_seconds(pid)
    while True:
        time.sleep(quiet_s)
        now = cpu_seconds(pid)
        if now - before < idle_share * quiet_s or time.monotonic() > deadline:
            return now
        before = now


def _status_kb(pid: int, key: str) -> int:
    try:
        for line in (_PROC / str(pid) / "status").read_text().splitlines():
            if line.startswith(key + ":"):
                return int(line.split()[1])
    except (FileNotFoundError, ProcessLookupError):
        pass
    return 0


def rss_mb(pid: int) -> float:
    """Return the resident memory of the tree in MB (shared pages count in each process)."""
    return sum(_status_kb(member, "VmRSS") for member in tree(pid)) / 1024


def peak_mb(pid: int) -> float:
    """Return the highest resident memory of the tree in MB since `reset_peak`."""
    return sum(_status_kb(member, "VmHWM") for member in tree(pid)) / 1024


def reset_peak(pid: int) -> None:
    """Make the present resident memory the new starting point of `peak_mb`."""
    for member in tree(pid):
        (_PROC / str(member) / "clear_refs").write_text("5")
