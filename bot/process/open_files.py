"""How many files and connections the process may have open (RLIMIT_NOFILE)."""

from __future__ import annotations

try:
    import resource
except ImportError:  # not on Windows, which has no such limit
    resource = None  # type: ignore[assignment]

ENOUGH = 2_048
"""For 150 people at six connections each, and as much again."""
_MOST = 16_384
_KEPT = 128
"""Files for the store, for what is sent and for what is read, which connections must leave."""


def may_open() -> int:
    """As many as the system lets this user's processes have, at most 16,384."""
    if resource is None:
        return _MOST
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return _MOST if hard == resource.RLIM_INFINITY else min(hard, _MOST)


def open_more() -> None:
    """Let this process have as many as it may."""
    if resource is not None:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft != resource.RLIM_INFINITY and soft < may_open():
            resource.setrlimit(resource.RLIMIT_NOFILE, (may_open(), hard))


def room_for_connections() -> int:
    """The most connections at once: the rest is kept in reserve."""
    return max(may_open() - _KEPT, may_open() // 2)
