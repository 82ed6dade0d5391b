"""config.toml and the environment -> frozen Settings. An unknown, missing or mistyped key fails and is named.

Secrets (`AZALEA_SECRET`, `AZALEA_TELEGRAM_TOKEN`, `AZALEA_TELEGRAM_SECRET`) come from the environment only.
`AZALEA_STORE_URL` overrides `[store] url`. Telegram is reached through the proxy of `HTTPS_PROXY`, `HTTP_PROXY` or
`ALL_PROXY`, unless `NO_PROXY` names its server.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Literal

import tomli
from msgspec import Struct
from msgspec.structs import asdict, replace

from bot import config_checks as checks
from bot.config_file import ConfigError as ConfigError
from bot.config_file import Secret as Secret
from bot.config_file import Source, read
from bot.config_proxy import proxy_for

_ENVIRONMENT = ("AZALEA_SECRET", "AZALEA_STORE_URL", "AZALEA_TELEGRAM_TOKEN", "AZALEA_TELEGRAM_SECRET")


class Section(Struct, frozen=True, forbid_unknown_fields=True):
    """A table of the file: a key that it does not know is a mistake."""


class Bureau(Section, frozen=True):
    """Whose bot this is: the name of the top Party committee, under which rosters are imported."""

    committee: str


class Server(Section, frozen=True):
    """Where the web server listens and how the outside reaches it. `proxies` are the addresses and networks of those
    that are believed when they say for whom they speak. Of one other address so many connections may be open whose
    request has not come whole."""

    host: str
    port: int
    public_url: str
    proxies: tuple[str, ...]
    unfinished_per_address: int


class StoreSettings(Section, frozen=True):
    """Where the data lives."""

    url: str
    backup_folder: str
    backups_kept: int


class Privacy(Section, frozen=True):
    """Keeping times (PI-10) and who to ask."""

    contact: str
    attendance_years: int
    practice_days: int
    audit_months: int
    notice_months: int
    raw_sheet_days: int


class Binding(Section, frozen=True):
    """Codes that join an account to a member."""

    code_hours: int
    tries_per_hour: int


class DeliverySettings(Section, frozen=True):
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


class ThemeDay(Section, frozen=True):
    """TD and CA."""

    default_policy: str
    shift: Literal["next", "previous", "nearest"]
    allow_makeup_workday: bool
    start: str
    minutes: int


class Attendance(Section, frozen=True):
    """AT."""

    makeup_days: int
    code_seconds: int
    late_after_minutes: int
    open_minutes: int
    warn_months: tuple[int, ...]


class Meeting(Section, frozen=True):
    """RC."""

    record_due_workdays: int


class Quiz(Section, frozen=True):
    """EX-2 and the rooms of a quiz."""

    questions: int
    minutes: int
    half_for_subset: bool


class Election(Section, frozen=True):
    """EL."""

    term_years: int
    remind_months_before: int
    surplus_percent: int
    elected_base: Literal["present", "due"]
    retired_away: bool


class RatingWeights(Section, frozen=True):
    """Weights of rater classes (SR-7)."""

    leader: int
    peer: int
    member: int


class RatingValues(Section, frozen=True):
    """Values of grades (SR-8)."""

    good: int
    fair: int
    average: int
    poor: int


class Rating(Section, frozen=True):
    """DR, SR and SE: what a new rating begins with. `excellent_cap` is a share such as "1/3", or empty."""

    excellent_cap: str
    weights: RatingWeights
    values: RatingValues
    min_group: int
    second_check: bool
    minutes_each: int


class Telegram(Section, frozen=True):
    """`mode` is off, webhook or polling. `api_url` may name a local Bot API server. `proxy` is the one that the
    environment names for it."""

    mode: Literal["off", "webhook", "polling"]
    api_url: str
    token: Secret = Secret()
    webhook_secret: Secret = Secret()
    proxy: Secret = Secret()


class Settings(Section, frozen=True):
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
    source = Source(path, text)
    settings = read(Settings, data, source)
    _check_each(settings, source)
    _check_together(settings, source)
    return _overlay(settings, environment, source)


def _overlay(settings: Settings, environment: Mapping[str, str], source: Source) -> Settings:
    for name in environment:
        if name.startswith("AZALEA_") and name not in _ENVIRONMENT:
            raise ConfigError(f"{name}: no such variable; there are {', '.join(_ENVIRONMENT)}")
    given = {name: environment.get(name, "") for name in ("AZALEA_TELEGRAM_TOKEN", "AZALEA_TELEGRAM_SECRET")}
    token, hook = given.values()
    telegram, secret = settings.telegram, environment.get("AZALEA_SECRET", "")
    if secret and len(secret) < 32:
        raise ConfigError("AZALEA_SECRET must have at least 32 characters")
    if url := environment.get("AZALEA_STORE_URL"):
        _named("AZALEA_STORE_URL", checks.check_store, url, " ")
    if telegram.mode != "off":
        _check_telegram(settings, token, hook, source)
        proxy = proxy_for(telegram.api_url, environment)
        telegram = replace(telegram, token=Secret(token), webhook_secret=Secret(hook), proxy=Secret(proxy))
    store = replace(settings.store, url=url or settings.store.url)
    return replace(settings, telegram=telegram, store=store, secret=Secret(secret))


def _check_telegram(settings: Settings, token: str, hook: str, source: Source) -> None:
    mode = settings.telegram.mode
    if not token:
        raise ConfigError("AZALEA_TELEGRAM_TOKEN is missing in the environment; telegram.mode is not off")
    if not checks.TOKEN.fullmatch(token):
        raise ConfigError("AZALEA_TELEGRAM_TOKEN must be as BotFather gave it: digits, a colon, letters and digits")
    if mode == "webhook" and not hook:
        raise ConfigError("AZALEA_TELEGRAM_SECRET is missing in the environment; telegram.mode is webhook")
    if mode == "webhook" and not checks.HOOK_SECRET.fullmatch(hook):
        raise ConfigError("AZALEA_TELEGRAM_SECRET must be 1 to 256 of A-Z, a-z, 0-9, _ and -")
    foreign = "//api.telegram.org" in settings.telegram.api_url
    if mode == "webhook" and foreign and not settings.server.public_url.startswith("https://"):
        raise ConfigError(f"{source.at('server', 'public_url')}: Telegram calls a webhook by https:// only")


def _check_each(settings: Settings, source: Source) -> None:
    """Every number and every text for itself."""
    for part, section in asdict(settings).items():
        if not isinstance(section, Struct):
            continue
        for name, value in asdict(section).items():
            key = f"{part}.{name}"
            look: Callable[[Any], None] | None = checks.TEXTS.get(key)
            if key in checks.RANGES:
                look = partial(checks.check_number, key)
                value = asdict(value) if isinstance(value, Struct) else value
            if look is not None:
                _named(source.at(part, name), look, value)


def _check_together(settings: Settings, source: Source) -> None:
    quiet = settings.delivery
    if not quiet.quiet_until < quiet.quiet_from:
        raise ConfigError(f"{source.at('delivery', 'quiet_from')}: quiet_until must come before quiet_from")


def _named(name: str, look: Callable[[Any], None], value: Any, before: str = ": ") -> None:
    try:
        look(value)
    except ConfigError as error:
        raise ConfigError(f"{name}{before}{error}") from None
