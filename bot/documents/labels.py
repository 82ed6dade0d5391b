"""The words of the documents, and values put into words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

from bot.rules.attendance import percent

ZONE = ZoneInfo("Asia/Shanghai")

# Control characters that XML forbids, lone surrogates, and marks that turn the reading direction.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufffe\uffff]")


def safe_text(text: str) -> str:
    """Text without what XML forbids; line ends become ``\\n``."""
    return _UNSAFE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


class Wording:
    """Values in the words of one set of labels. A missing label raises KeyError with its name."""

    def __init__(self, labels: Mapping[str, str]) -> None:
        self.labels = labels

    def __call__(self, key: str, **values: object) -> str:
        text = self.labels[key]
        return text.format(**values) if values else text

    def day(self, value: date | None) -> str:
        if value is None:
            return ""
        return self("format.date", year=value.year, month=value.month, day=value.day)

    def moment(self, value: datetime) -> str:
        local = value.astimezone(ZONE)
        return self("format.time", year=local.year, month=local.month, day=local.day,
                    hour=local.hour, minute=local.minute)  # fmt: skip

    def span(self, start: datetime, end: datetime | None) -> str:
        if end is None:
            return self.moment(start)
        return self("format.until", start=self.moment(start), end=self.moment(end))

    def people(self, names: tuple[str, ...]) -> str:
        """ "3 people: A, B, C" in the words of the labels."""
        if not names:
            return self("format.people", count=0)
        joined = self("format.name_separator").join(names)
        return self("format.people_named", count=len(names), names=joined)

    def percent(self, share: Fraction | None) -> str:
        """A share of 1 as pages and chat show it, too."""
        return self("format.unknown") if share is None else self("format.percent", value=percent(share))
