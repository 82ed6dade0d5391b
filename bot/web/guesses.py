"""Wrong codes of this process, by address and in all: whoever guesses is answered slower and slower.

Only wrong codes count. Nobody is locked out: a right code is taken however many wrong ones came from the same address,
and bound members do not wait. What is kept is kept in memory for at most an hour, under a key that dies with the
process; which code was typed is not part of it.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import time
from collections import deque
from collections.abc import Callable

PER_MINUTE = 60
"""Wrong codes from one address."""
PER_HOUR = 2_000
"""Wrong codes in all."""
_MINUTE, _HOUR = 60.0, 3_600.0
_LONGEST = 5.0
_PATIENCE = 15.0
_MOST = 10_000
_REPORT_EVERY = 500


class Guesses:
    """Counts wrong codes and says how long the next try waits. An account's tries are looked at one after the other,
    so that nobody wins anything by sending many at once; what has to wait longer than `_PATIENCE` is refused."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now, self._key = now, secrets.token_bytes(32)
        self._all: deque[float] = deque(maxlen=_MOST)
        self._of_address: dict[bytes, deque[float]] = {}
        self._over: dict[bytes, tuple[int, float]] = {}
        self._free: dict[bytes, float] = {}

    def wrong(self, address: str, account: str, over: int = 0) -> bool:
        """Count a wrong code; True where this address has sent too many. `over` is by how many this account is above
        its own limit, which is counted in the store."""
        now = self._now()
        self._forget(now)
        self._all.append(now)
        if over > 0:
            self._over[self._hash(account)] = over, now
        if address:
            self._of_address.setdefault(self._hash(address), deque(maxlen=4 * PER_MINUTE)).append(now)
        return self._at(address, now) > PER_MINUTE

    def total_over(self) -> int:
        """How many wrong codes came within the last hour, where that is too many; 0 where it is not."""
        self._forget(self._now())
        return len(self._all) if len(self._all) > PER_HOUR else 0

    def to_report(self) -> int:
        """The same after a wrong code of which the store is to know: the first too many, and some of the others."""
        total = self.total_over()
        return total if (total - PER_HOUR - 1) % _REPORT_EVERY == 0 else 0

    def pause(self, address: str, account: str) -> float:
        """Seconds that a try of an account which is nobody's waits before it is looked at."""
        if not self._all:
            return 0.0
        now = self._now()
        self._forget(now)
        over, since = self._over.get(self._hash(account), (0, 0.0))
        own = 0.1 * over if now - since < _HOUR else 0.0
        near = 0.05 * max(0, self._at(address, now) - PER_MINUTE)
        above = len(self._all) - PER_HOUR
        return min(max(own, near, 1 + 0.01 * above if above > 0 else 0.0), _LONGEST)

    async def turn(self, address: str, account: str) -> bool:
        """Wait for it; False where too many tries of this account wait already."""
        pause = self.pause(address, account)
        if not pause:
            return True
        now, who = self._now(), self._hash(account)
        begins = max(now, self._free.get(who, now))
        if begins - now > _PATIENCE:
            return False
        self._free[who] = begins + pause
        await asyncio.sleep(begins + pause - now)
        return True

    def _at(self, address: str, now: float) -> int:
        """Wrong codes of this address within a minute."""
        found = self._of_address.get(self._hash(address)) if address else None
        while found and now - found[0] > _MINUTE:
            found.popleft()
        return len(found) if found else 0

    def _forget(self, now: float) -> None:
        while self._all and now - self._all[0] > _HOUR:
            self._all.popleft()
        if not self._all or len(self._of_address) > _MOST:
            near = self._of_address.items()
            self._of_address = {who: times for who, times in near if times and now - times[-1] <= _MINUTE}
        if not self._all or len(self._over) + len(self._free) > _MOST:
            self._over = {who: one for who, one in self._over.items() if now - one[1] < _HOUR}
            self._free = {who: at for who, at in self._free.items() if at > now}

    def _hash(self, name: str) -> bytes:
        return hashlib.blake2b(name.encode("utf-8", "replace"), key=self._key, digest_size=16).digest()
