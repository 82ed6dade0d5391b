"""Which of a member's accounts a message goes to, and in which order the others follow (PI-6: one person, one copy)."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

COSTLY = frozenset({"sms"})
"""Channels on which every message is paid for: they come last, and are tried only where nothing else reaches."""


class Known(Struct, frozen=True):
    """One account of a member. The higher `used`, the later something was said or tapped in its chat; `pages` is the
    account behind the member's web pages, whose chat nobody need ever open."""

    channel: str
    account: str
    used: int
    pages: bool = False


def in_order(accounts: Iterable[Known], costly: frozenset[str] = COSTLY) -> list[Known]:
    """The accounts that messages go to, the first one first: by the last thing said or tapped in the chat; of each
    channel the newest alone; the account behind the pages only where it is the only one; costly channels last."""
    newest = sorted(accounts, key=lambda one: (one.used, one.account), reverse=True)
    chats = [one for one in newest if not one.pages] or newest
    of_channel: dict[str, Known] = {}
    for one in chats:
        of_channel.setdefault(one.channel, one)
    return sorted(of_channel.values(), key=lambda one: one.channel in costly)
