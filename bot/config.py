"""config.toml and the environment -> frozen Settings. An unknown, missing or mistyped key fails and is named.

Secrets (`AZALEA_SECRET`, `AZALEA_TELEGRAM_TOKEN`, `AZALEA_TELEGRAM_SECRET`) come from the environment only.
`AZALEA_STORE_URL` overrides `[store] url`.
"""

from __future__ import annotations

import ipaddress
import math
import re
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import tomli
from msgspec import Struct
from msgspec.structs import asdict, astuple, replace

from bot.config_file import ConfigError as ConfigError
from bot.config_file import Secret as Secret
from bot.config_file import Source, build

_MAY_BE_ZERO = frozenset(
    {"quiet_from", "quiet_until", "late_after_minutes", "makeup_days", "record_due_workdays", "practice_days"}
)
_OWN_LIMITS = frozenset({"election", "rating"})
_STORE_URL = re.compile(r"sqlite:///.|postgresql\+psycopg://.")
_WEEKDAY = "(mon|tue|wed|thu|fri|sat|sun)"
_POLICY = re.compile(rf"day:([1-9]|[12]\d|3[01])|nth:[1-5]:{_WEEKDAY}|last:{_WEEKDAY}")
_TIME = re.compile(r"([01]?\d|2[0-3]):[0-5]\d")


class Bureau(Struct, frozen=True):
    """Whose bot this is: the name of the top Party committee, under which rosters are imported."""

    committee: str


class Server(Struct, frozen=True):
    """Where the web server listens and how the outside reaches it. `proxies` are the addresses and networks of those
    that are believed when they say for whom they speak. Of one other address so many connections may be open whose
    request has not come whole."""

    host: str
    port: int
    public_url: str
    proxies: tuple[str, ...]
    unfinished_per_address: int


class StoreSettings(Struct, frozen=True):
    """Where the data lives."""

    url: str
    backup_folder: str
    backups_kept: int


class Privacy(Struct, frozen=True):
    """Keeping times (PI-10) and who to ask."""

    contact: str
    attendance_years: int
    practice_days: int
    audit_months: int
    notice_months: int
    raw_sheet_days: int


class Binding(Struct, frozen=True):
    """Codes that join an account to a member."""

    code_hours: int
    tries_per_hour: int


class DeliverySettings(Struct, frozen=True):
    """Quiet hours (TD-10) and how fast each platform may be used, in messages a second and a minute.

    `lease_seconds` is how long a send may take before it counts as lost on the way (unknown)."""

    quiet_from: int
    quiet_until: int
    rest_days: bool
    local_per_second: float
    telegram_per_second: float
    telegram_group_per_minute: float
    concurrency: int
    lease_seconds: int


class ThemeDay(Struct, frozen=True):
    """TD and CA."""

    default_policy: str
    shift: Literal["next", "previous", "nearest"]
    allow_makeup_workday: bool
    start: str
    minutes: int


class Attendance(Struct, frozen=True):
    """AT."""

    makeup_days: int
    code_seconds: int
    late_after_minutes: int
    open_minutes: int
    warn_months: tuple[int, ...]


class Meeting(Struct, frozen=True):
    """RC."""

    record_due_workdays: int


class Quiz(Struct, frozen=True):
    """EX-2 and the rooms of a quiz."""

    questions: int
    minutes: int
    half_for_subset: bool


class Election(Struct, frozen=True):
    """EL."""

    term_years: int
    remind_months_before: int
    surplus_percent: int
    elected_base: Literal["present", "due"]
    retired_away: bool


class RatingWeights(Struct, frozen=True):
    """Weights of rater classes (SR-7)."""

    leader: int
    peer: int
    member: int


class RatingValues(Struct, frozen=True):
    """Values of grades (SR-8)."""

    good: int
    fair: int
    average: int
    poor: int


class Rating(Struct, frozen=True):
    """DR, SR and SE: what a new rating begins with. `excellent_cap` is a share such as "1/3", or empty."""

    excellent_cap: str
    weights: RatingWeights
    values: RatingValues
    min_group: int
    second_check: bool
    minutes_each: int


class Telegram(Struct, frozen=True):
    """`mode` is off, webhook or polling. `api_url` may name a local Bot API server."""

    mode: Literal["off", "webhook", "polling"]
    api_url: str
    token: Secret = Secret()
    webhook_secret: Secret = Secret()


class Settings(Struct, frozen=True):
    """Everything that can be set."""

    bureau: Bureau
    server: Server
    store: StoreSettings
    privacy: Privacy
    binding: Binding
    delivery: DeliverySettings
    theme_day: ThemeDay
    attendance: Attendance
    meeting: Meeting
    quiz: Quiz
    election: Election
    rating: Rating
    telegram: Telegram
    secret: Secret = Secret()


def load(path: Path, environment: Mapping[str, str]) -> Settings:
    """Read the file and overlay the environment; raises ConfigError."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
    try:
        data = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        raise ConfigError(f"{path}: {error}") from None
    settings = typing.cast(Settings, build(Settings, data, Source(path, text)))
    if environment.get("AZALEA_STORE_URL") and not _STORE_URL.match(environment["AZALEA_STORE_URL"]):
        raise ConfigError("AZALEA_STORE_URL must begin with sqlite:/// or postgresql+psycopg://")
    return _check(_overlay(settings, environment), path, text)


def _overlay(settings: Settings, environment: Mapping[str, str]) -> Settings:
    telegram = replace(
        settings.telegram,
        token=Secret(environment.get("AZALEA_TELEGRAM_TOKEN", "")),
        webhook_secret=Secret(environment.get("AZALEA_TELEGRAM_SECRET", "")),
    )
    store = replace(settings.store, url=environment.get("AZALEA_STORE_URL") or settings.store.url)
    return replace(settings, telegram=telegram, store=store, secret=Secret(environment.get("AZALEA_SECRET", "")))


def _check(settings: Settings, path: Path, text: str) -> Settings:
    source = Source(path, text)
    if settings.telegram.mode != "off" and not settings.telegram.token:
        raise ConfigError("AZALEA_TELEGRAM_TOKEN is missing in the environment; telegram.mode is not off")
    if settings.telegram.mode == "webhook" and not settings.telegram.webhook_secret:
        raise ConfigError("AZALEA_TELEGRAM_SECRET is missing in the environment; telegram.mode is webhook")
    if settings.secret and len(settings.secret) < 32:
        raise ConfigError("AZALEA_SECRET must have at least 32 characters")
    if any(months < 1 for months in settings.attendance.warn_months):
        raise ConfigError(f"{source.at('attendance', 'warn_months')}: must be months of 1 or more")
    quiet = settings.delivery
    if not (0 <= quiet.quiet_until < quiet.quiet_from <= 23):
        raise ConfigError(f"{source.at('delivery', 'quiet_from')}: quiet_until must come before quiet_from")
    if not 3 <= settings.election.term_years <= 5:
        raise ConfigError(f"{source.at('election', 'term_years')}: must be 3 to 5")
    if not 4 <= settings.election.remind_months_before <= 12:
        raise ConfigError(f"{source.at('election', 'remind_months_before')}: must be 4 to 12")
    if not 0 <= settings.election.surplus_percent <= 100:
        raise ConfigError(f"{source.at('election', 'surplus_percent')}: must be 0 to 100")
    if not settings.server.public_url.startswith(("http://", "https://")):
        raise ConfigError(f"{source.at('server', 'public_url')}: must start with http:// or https://")
    _check_numbers(settings, source)
    _check_texts(settings, source)
    _check_rating(settings.rating, source)
    return settings


def _check_numbers(settings: Settings, source: Source) -> None:
    for part, section in asdict(settings).items():
        if not isinstance(section, Struct) or part in _OWN_LIMITS:
            continue
        for name, value in asdict(section).items():
            zero = name in _MAY_BE_ZERO
            if type(value) in (int, float) and not (math.isfinite(value) and (value > 0 or (zero and value == 0))):
                raise ConfigError(f"{source.at(part, name)}: must be {'0 or more' if zero else 'above 0'}")
    if settings.server.port > 65535:
        raise ConfigError(f"{source.at('server', 'port')}: must be at most 65535")
    if settings.privacy.audit_months < 6:
        raise ConfigError(f"{source.at('privacy', 'audit_months')}: must be 6 or more")


def _check_texts(settings: Settings, source: Source) -> None:
    if not _STORE_URL.match(settings.store.url):
        raise ConfigError(f"{source.at('store', 'url')}: must begin with sqlite:/// or postgresql+psycopg://")
    for proxy in settings.server.proxies:
        try:
            ipaddress.ip_network(proxy)
        except ValueError:
            where = source.at("server", "proxies")
            raise ConfigError(f"{where}: must be addresses or networks such as 10.0.0.5 or 10.0.0.0/8") from None
    if not _POLICY.fullmatch(settings.theme_day.default_policy):
        raise ConfigError(f"{source.at('theme_day', 'default_policy')}: must be such as day:5, nth:2:fri or last:fri")
    if not _TIME.fullmatch(settings.theme_day.start):
        raise ConfigError(f"{source.at('theme_day', 'start')}: must be a time such as 15:00")


def _check_rating(rating: Rating, source: Source) -> None:
    if rating.excellent_cap and not re.fullmatch(r"[1-9][0-9]?/[1-9][0-9]?", rating.excellent_cap):
        raise ConfigError(f"{source.at('rating', 'excellent_cap')}: must be a share such as 1/3, or empty")
    if rating.min_group < 3:
        raise ConfigError(f"{source.at('rating', 'min_group')}: must be 3 or more")
    if min(*astuple(rating.weights), *astuple(rating.values), rating.minutes_each) < 0:
        raise ConfigError(f"{source.at('rating', '')}: nothing may be below 0")
