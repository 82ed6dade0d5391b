"""How many sockets there may be: of one account, and of all who are nobody's account yet."""

from __future__ import annotations

from collections import Counter

OF_ACCOUNT = 20
OF_ADDRESS = 300
"""Of strangers behind one address: 150 people who have come to be bound, with a browser that tries again."""


class Places:
    """Counts them. Who is known has a place whatever strangers do: these have `strangers` in all."""

    def __init__(self, strangers: int) -> None:
        self._strangers = strangers
        self._accounts: Counter[str] = Counter()
        self._addresses: Counter[str] = Counter()

    def take(self, account: str, address: str | None) -> bool:
        """A place for one more socket; a stranger has an address. False: there is none."""
        if self._accounts[account] >= OF_ACCOUNT:
            return False
        if address is not None:
            if self._addresses[address] >= OF_ADDRESS or self._addresses.total() >= self._strangers:
                return False
            self._addresses[address] += 1
        self._accounts[account] += 1
        return True

    def leave(self, account: str, address: str | None) -> None:
        """Give the place back."""
        self._accounts -= Counter({account: 1})
        if address is not None:
            self._addresses -= Counter({address: 1})
