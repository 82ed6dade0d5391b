"""What a setting may be: each works or is refused at start with its name, never in the middle of a night."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import SplitResult, urlsplit

from bot.config_file import ConfigError

MONTHS, YEARS, DAYS, MINUTES = (1, 1200), (1, 100), (1, 36_500), (1, 1440)
RANGES: Mapping[str, tuple[float, float]] = {
    "server.port": (1, 65_535),
    "server.unfinished_per_address": (1, 100_000),
    "store.backups_kept": (1, 3_650),
    "privacy.attendance_years": YEARS,
    "privacy.practice_days": (0, 36_500),
    "privacy.audit_months": (6, 1200),
    "privacy.notice_months": MONTHS,
    "privacy.raw_sheet_days": DAYS,
    "binding.code_hours": (1, 8_760),
    "binding.tries_per_hour": (1, 10_000),
    "delivery.quiet_from": (0, 23),
    "delivery.quiet_until": (0, 23),
    "delivery.local_per_second": (0.01, 1_000_000),
    "delivery.telegram_per_second": (0.01, 1_000_000),
    "delivery.telegram_group_per_minute": (0.1, 1_000_000),
    "delivery.concurrency": (1, 1_000),
    "delivery.lease_seconds": (1, 86_400),
    "theme_day.minutes": MINUTES,
    "attendance.makeup_days": (0, 366),
    "attendance.code_seconds": (1, 3_600),
    "attendance.late_after_minutes": (0, 1440),
    "attendance.open_minutes": MINUTES,
    "attendance.warn_months": (1, 120),
    "meeting.record_due_workdays": (0, 366),
    "quiz.questions": (1, 100),
    "quiz.minutes": MINUTES,
    "election.term_years": (3, 5),
    "election.remind_months_before": (4, 12),
    "election.surplus_percent": (0, 100),
    "rating.min_group": (3, 10_000),
    "rating.minutes_each": (0, 1440),
    "rating.weights": (0, 1_000),
    "rating.values": (0, 1_000),
}
"""The least and the most of every number, of a table for each number in it."""
_WEEKDAY = "(mon|tue|wed|thu|fri|sat|sun)"
_POLICY = re.compile(rf"day:([1-9]|[12]\d|3[01])|nth:[1-5]:{_WEEKDAY}|last:{_WEEKDAY}", re.ASCII)
_TIME = re.compile(r"([01]?\d|2[0-3]):[0-5]\d", re.ASCII)
_SHARE = re.compile(r"([1-9]\d?)/([1-9]\d?)", re.ASCII)
_HOST = re.compile(r"[\w.:%-]+", re.ASCII)
_NAME = re.compile(r"(?!.{254})\w([\w-]{0,61}\w)?(\.\w([\w-]{0,61}\w)?)*", re.ASCII)
_SERVER = re.compile(
    r"postgresql\+psycopg://(?:[^:/@]*(?::[^@]*)?@)?(?:\[[^/?\]]+\]|[^/:?@]*)(?::[1-9][0-9]{0,4})?/[^/?]+(?:\?.*)?"
)
_STORE = "must begin with sqlite:/// or postgresql+psycopg://"
TOKEN = re.compile(r"\d+:[\w-]+", re.ASCII)
HOOK_SECRET = re.compile(r"[\w-]{1,256}", re.ASCII)


def check_number(name: str, value: object) -> None:
    """Raises ConfigError for a number, or one in a table or a list, outside the range of `section.key`."""
    if isinstance(value, dict):
        for one in value.values():
            check_number(name, one)
        if sum(value.values()) <= 0:
            raise ConfigError("at least one must be above 0")
    elif isinstance(value, tuple):
        for one in value:
            check_number(name, one)
    elif type(value) in (int, float):
        assert isinstance(value, int | float)
        least, most = RANGES[name]
        if value > most:
            raise ConfigError(f"must be at most {most}")
        if not value >= least:
            raise ConfigError("must be above 0" if 0 < least <= 1 else f"must be {least} or more")


def check_store(url: str) -> None:
    """A database that this program can keep. Raises ConfigError, which never repeats the address: it may hold a
    password."""
    if re.match(r"sqlite:///.", url):
        if ":memory:" in url or "?" in url or url.startswith("sqlite:///file:"):
            raise ConfigError("must be a file, without options: sqlite:///path/to/file.db")
    elif not re.match(r"postgresql\+psycopg://.", url):
        raise ConfigError(_STORE)
    elif not _SERVER.fullmatch(url):
        raise ConfigError("must be such as postgresql+psycopg://user@host:5432/database")


def check_public(url: str) -> None:
    """Where browsers come in: our pages name one another from the root on, and cookies belong to a host."""
    if not url.startswith(("http://", "https://")):
        raise ConfigError("must start with http:// or https://")
    parts = _web_address(url)
    if parts.path not in ("", "/"):
        raise ConfigError("must be without a path: give the bot a host name of its own")


def check_api(url: str) -> None:
    """The Bot API server, perhaps under a path."""
    _web_address(url)


def check_words(text: str) -> None:
    """Words that people are shown."""
    if not text.strip() or not text.isprintable() or len(text) > 100:
        raise ConfigError("must be 1 to 100 characters, without line breaks")


def check_folder(text: str) -> None:
    if not text.strip() or "\0" in text:
        raise ConfigError("must name a folder")


def check_host(text: str) -> None:
    if not _HOST.fullmatch(text):
        raise ConfigError("must be an address or a host name, such as 127.0.0.1 or ::1")


def check_proxies(proxies: tuple[str, ...]) -> None:
    for proxy in proxies:
        try:
            ipaddress.ip_network(proxy)
        except ValueError:
            raise ConfigError("must be addresses or networks such as 10.0.0.5 or 10.0.0.0/8") from None


def check_policy(text: str) -> None:
    if not _POLICY.fullmatch(text):
        raise ConfigError("must be such as day:5, nth:2:fri or last:fri")


def check_time(text: str) -> None:
    if not _TIME.fullmatch(text):
        raise ConfigError("must be a time such as 15:00")


def check_share(text: str) -> None:
    found = _SHARE.fullmatch(text)
    if text and not (found and int(found[1]) <= int(found[2])):
        raise ConfigError("must be a share such as 1/3, or empty")


TEXTS: Mapping[str, Callable[[Any], None]] = {
    "bureau.committee": check_words,
    "server.host": check_host,
    "server.public_url": check_public,
    "server.proxies": check_proxies,
    "store.url": check_store,
    "store.backup_folder": check_folder,
    "privacy.contact": check_words,
    "theme_day.default_policy": check_policy,
    "theme_day.start": check_time,
    "rating.excellent_cap": check_share,
    "telegram.api_url": check_api,
}
"""How every text is looked at; those that are one of a few words were looked at when they were read."""


def _web_address(url: str) -> SplitResult:
    parts = _split(url, "must be an address such as https://host.example")
    if parts.scheme not in ("http", "https") or not _is_host(parts.hostname or "") or parts.netloc.endswith(":"):
        raise ConfigError("must be an address such as https://host.example")
    if parts.username is not None or parts.password is not None or "?" in url or "#" in url:
        raise ConfigError("must be without a user, a query and a fragment")
    return parts


def _is_host(host: str) -> bool:
    """An address, or a name whose last part browsers do not take for one of an address."""
    try:
        return bool(ipaddress.ip_address(host))
    except ValueError:
        return bool(_NAME.fullmatch(host)) and not host.rpartition(".")[2].isdigit()


def _split(url: str, wanted: str) -> SplitResult:
    if not url.isprintable() or " " in url or "\\" in url:
        raise ConfigError(wanted)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ConfigError(wanted) from None
    if port == 0:
        raise ConfigError(wanted)
    return parts
