"""Kinds of messages that the bot sends by itself, each with who asked for it, on what basis and how often (FM-10)."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct


class Reminder(Struct, frozen=True, forbid_unknown_fields=True):
    """One kind. `kind` is the words of its delivery key, such as `theme_day:notice`; `name` is what people call it."""

    kind: str
    name: str
    asked_by: str
    basis: str
    frequency: str


def kind_of(key: str) -> str:
    """The words of a delivery key, without numbers and dates: `notice:12:send` -> `notice:send`."""
    return ":".join(part for part in key.split(":") if not part[:1].isdigit())


def find(reminders: Mapping[str, Reminder], key: str) -> Reminder | None:
    """The entry for a delivery key: of its kind, or else of the longest beginning that has one."""
    kind = kind_of(key)
    while kind and kind not in reminders:
        kind = kind.rpartition(":")[0]
    return reminders.get(kind)
