"""The configuration: every key documented, every mistake named with its line."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from msgspec import Struct
from msgspec.structs import asdict

from bot.config import ConfigError, Secret, load
from bot.config_checks import RANGES, TEXTS
from bot.config_proxy import proxy_for

SHIPPED = Path(__file__).parent.parent / "config.toml"


def written(folder: Path, old: str, new: str) -> Path:
    """The shipped file with one change."""
    text = SHIPPED.read_text(encoding="utf-8")
    assert old in text
    path = folder / "config.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def test_the_shipped_file_loads_and_every_key_has_a_comment() -> None:
    load(SHIPPED, {})
    lines = SHIPPED.read_text(encoding="utf-8").splitlines()
    data = tomllib.loads("\n".join(lines))
    keys = [key for section in data.values() for key in section]
    for number, line in enumerate(lines):
        if "=" in line and not line.startswith(("#", "[")):
            assert lines[number - 1].startswith("#"), f"line {number + 1} has no comment: {line}"
            keys.remove(line.split("=")[0].strip())
    assert keys == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("port = 8080", 'port = "8080"', "server.port: must be int, not str"),
        ("port = 8080", "prot = 8080", "server.prot: unknown key"),
        ('host = "127.0.0.1"', "", "server.host: missing"),
        ('shift = "next"', 'shift = "later"', "theme_day.shift: must be one of next, previous, nearest"),
        ("quiet_from = 20", "quiet_from = 7", "delivery.quiet_from"),
        ('public_url = "http', 'public_url = "ftp', "server.public_url: must start with http"),
        ("proxies = []", 'proxies = ["proxy.local"]', "server.proxies: must be addresses or networks"),
        ("proxies = []", 'proxies = ["10.0.0.5/8"]', "server.proxies: must be addresses or networks"),
        (
            "unfinished_per_address = 300",
            "unfinished_per_address = 0",
            "server.unfinished_per_address: must be above 0",
        ),
        ("proxies = []", 'proxies = "10.0.0.5"', "server.proxies: must be a list"),
        ("[quiz]", "[exam]", "exam: unknown key"),
        ('mode = "off"', 'mode = "off"\ntoken = "1:abc"', "telegram.token: unknown key"),
        ("warn_months = [3, 5]", 'warn_months = [3, "5"]', "attendance.warn_months: must be int, not str"),
        ("{ leader = 40, peer = 30, member = 30 }", "40", "rating.weights: must be a table, not int"),
        ("half_for_subset = true", "half_for_subset = 1", "quiz.half_for_subset: must be bool, not int"),
        ("leader = 40", "leader = 0.4", "rating.weights.leader: must be int, not float"),
        ("leader = 40", "boss = 40", "rating.weights.boss: unknown key"),
        ("leader = 40", "leader = -1", "rating.weights: must be 0 or more"),
        ("min_group = 5", "min_group = 2", "rating.min_group: must be 3 or more"),
        ('"1/3"', '"a third"', "rating.excellent_cap: must be a share"),
        ("warn_months = [3, 5]", "warn_months = [3, 0]", "attendance.warn_months: must be above 0"),
        (
            "telegram_per_second = 30.0",
            "telegram_per_second = 0",
            "delivery.telegram_per_second: must be above 0",
        ),
        ("local_per_second = 5000.0", "local_per_second = nan", "delivery.local_per_second: must be above 0"),
        ("port = 8080", "port = 80800", "server.port: must be at most 65535"),
        ('url = "sqlite:', 'url = "mysql:', "store.url: must begin with sqlite:/// or postgresql+psycopg://"),
        ("backups_kept = 14", "backups_kept = -1", "store.backups_kept: must be above 0"),
        ("attendance_years = 3", "attendance_years = 0", "privacy.attendance_years: must be above 0"),
        ("audit_months = 6", "audit_months = 3", "privacy.audit_months: must be 6 or more"),
        ("code_seconds = 30", "code_seconds = 0", "attendance.code_seconds: must be above 0"),
        ("makeup_days = 14", "makeup_days = -1", "attendance.makeup_days: must be 0 or more"),
        ('"day:5"', '"day:32"', "theme_day.default_policy: must be such as day:5"),
        ('start = "15:00"', 'start = "25:00"', "theme_day.start: must be a time such as 15:00"),
        (':8080"', ':8080/azalea"', "server.public_url: must be without a path"),
        (':8080"', ':8080/?a=b"', "server.public_url: must be without a user, a query and a fragment"),
        ("http://127.0.0.1:8080", "http://me@127.0.0.1", "server.public_url: must be without a user"),
        ("http://127.0.0.1:8080", "http://:8080", "server.public_url: must be an address"),
        ("http://127.0.0.1:8080", "https://-", "server.public_url: must be an address"),
        ("http://127.0.0.1:8080", "http://host.example:", "server.public_url: must be an address"),
        ("http://127.0.0.1:8080", "http://999.1.1.1", "server.public_url: must be an address"),
        ("http://127.0.0.1:8080", "https://host.example:port", "server.public_url: must be an address"),
        ("http://127.0.0.1:8080", "https://host.example ", "server.public_url: must be an address"),
        ('host = "127.0.0.1"', 'host = ""', "server.host: must be an address"),
        ('host = "127.0.0.1"', 'host = "[::1]"', "server.host: must be an address"),
        ("sqlite:///var/azalea.db", "sqlite:///:memory:", "store.url: must be a file"),
        ("sqlite:///var/azalea.db", "postgresql+psycopg://me@host", "store.url: must be such as"),
        ("sqlite:///var/azalea.db", "postgresql+psycopg://me@host:x/db", "store.url: must be such as"),
        ('"var/backups"', '" "', "store.backup_folder: must name a folder"),
        ('"局党委"', '"\\n"', "bureau.committee: must be 1 to 100 characters"),
        ("attendance_years = 3", "attendance_years = 3000", "privacy.attendance_years: must be at most 100"),
        ("code_hours = 72", "code_hours = 1000000000000", "binding.code_hours: must be at most 8760"),
        ("concurrency = 64", "concurrency = 100000", "delivery.concurrency: must be at most 1000"),
        ("lease_seconds = 90", "lease_seconds = 1000000000000", "delivery.lease_seconds: must be at most 86400"),
        ("{ leader = 40, peer = 30, member = 30 }", "{ leader = 0, peer = 0, member = 0 }", "rating.weights: at least"),
        ('"1/3"', '"4/3"', "rating.excellent_cap: must be a share"),
        ("https://api.telegram.org", "api.telegram.org", "telegram.api_url: must be an address"),
    ],
)
def test_a_mistake_names_key_and_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = written(tmp_path, old, new)
    with pytest.raises(ConfigError) as caught:
        load(path, {})
    assert message in str(caught.value)
    if "missing" not in message:
        assert "config.toml:" in str(caught.value)


def test_a_syntax_error_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("[server]\nport = = 1\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="line 2"):
        load(path, {})


def test_secrets_come_from_the_environment_only(tmp_path: Path) -> None:
    path = written(tmp_path, 'mode = "off"', 'mode = "polling"')
    with pytest.raises(ConfigError, match="AZALEA_TELEGRAM_TOKEN"):
        load(path, {})
    settings = load(path, {"AZALEA_TELEGRAM_TOKEN": "1:abc", "AZALEA_SECRET": "k" * 32})
    assert settings.telegram.token == "1:abc"
    assert "1:abc" not in repr(settings)
    assert "k" * 32 not in repr(settings)
    with pytest.raises(ConfigError, match="32"):
        load(SHIPPED, {"AZALEA_SECRET": "short"})


def test_the_environment_overrides_the_store() -> None:
    assert load(SHIPPED, {"AZALEA_STORE_URL": "sqlite:///x.db"}).store.url == "sqlite:///x.db"
    with pytest.raises(ConfigError, match="AZALEA_STORE_URL must begin with") as caught:
        load(SHIPPED, {"AZALEA_STORE_URL": "mysql://somebody:their-password@host/db"})
    assert "their-password" not in str(caught.value)


def test_addresses_of_both_families_and_proxied_ones_are_taken(tmp_path: Path) -> None:
    for old, new in (
        ('host = "127.0.0.1"', 'host = "::1"'), ("http://127.0.0.1:8080", "https://host.example"),
        ("http://127.0.0.1:8080", "http://[::1]:8080/"),
        ("sqlite:///var/azalea.db", "postgresql+psycopg://a:b%23#c@[::1]:5432/db?application_name=x"),
        ("sqlite:///var/azalea.db", "postgresql+psycopg:///db?host=/tmp"),
    ):  # fmt: skip
        load(written(tmp_path, old, new), {})


def test_every_number_has_its_limits_and_every_text_its_look() -> None:
    loaded = load(SHIPPED, {})
    for part, section in asdict(loaded).items():
        for name, value in asdict(section).items() if isinstance(section, Struct) else ():
            key = f"{part}.{name}"
            number = isinstance(value, int | float) and not isinstance(value, bool)
            words = isinstance(value, str) and key not in ("telegram.mode", "theme_day.shift", "election.elected_base")
            assert key in (RANGES if number else TEXTS) or not (number or words) or isinstance(value, Secret), key


@pytest.mark.parametrize(
    ("environment", "proxy"),
    [
        ({}, ""),
        ({"HTTPS_PROXY": "http://a:3128"}, "http://a:3128"),
        ({"HTTPS_PROXY": "http://a:3128", "https_proxy": "b:1"}, "http://b:1"),
        ({"HTTP_PROXY": "http://a:3128"}, ""),
        ({"ALL_PROXY": "http://me:hidden1@a:3128"}, "http://me:hidden1@a:3128"),
        ({"HTTPS_PROXY": "http://a:3128", "NO_PROXY": "localhost, .telegram.org"}, ""),
        ({"HTTPS_PROXY": "http://a:3128", "NO_PROXY": "*"}, ""),
        ({"HTTPS_PROXY": "http://a:3128", "NO_PROXY": "telegram.org.example,gram.org"}, "http://a:3128"),
        ({"HTTPS_PROXY": "socks5://me:hidden1@a:1080"}, "HTTPS_PROXY: must be a proxy"),
        ({"all_proxy": "socks5h://a:1080"}, "all_proxy: must be a proxy"),
        ({"HTTPS_PROXY": "https://me:hidden1@a:port"}, "HTTPS_PROXY: must be a proxy"),
    ],
)
def test_a_proxy_of_the_environment_is_used_or_refused(tmp_path: Path, environment: dict[str, str], proxy: str) -> None:
    path = written(tmp_path, 'mode = "off"', 'mode = "polling"')
    token = {"AZALEA_TELEGRAM_TOKEN": "1:abc"}
    if "must be" not in proxy:
        assert load(path, {**environment, **token}).telegram.proxy == proxy
        assert "hidden1" not in repr(load(path, {**environment, **token}))
        return
    with pytest.raises(ConfigError, match=proxy) as caught:
        load(path, {**environment, **token})
    assert "hidden1" not in str(caught.value)
    load(SHIPPED, environment)


def test_networks_in_no_proxy_are_understood() -> None:
    given = {"HTTP_PROXY": "http://a:3128", "NO_PROXY": "10.0.0.0/8,::1"}
    assert proxy_for("http://10.1.2.3:8081/bot", given) == proxy_for("http://[::1]:8081", given) == ""
    assert proxy_for("http://11.1.2.3:8081/bot", given) == "http://a:3128"


def test_what_telegram_would_not_take_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, 'mode = "off"', 'mode = "webhook"')
    given = {"AZALEA_TELEGRAM_TOKEN": "1:abc", "AZALEA_TELEGRAM_SECRET": "s"}
    for change, message in (
        ({"AZALEA_TELEGRAM_TOKEN": "1:abc\n"}, "AZALEA_TELEGRAM_TOKEN must be"),
        ({"AZALEA_TELEGRAM_SECRET": "a b"}, "AZALEA_TELEGRAM_SECRET must be"),
        ({}, "server.public_url: Telegram calls"),
    ):
        with pytest.raises(ConfigError, match=message):
            load(path, {**given, **change})


def test_a_misspelt_variable_is_named() -> None:
    with pytest.raises(ConfigError, match="AZALEA_STORE_ULR: no such variable"):
        load(SHIPPED, {"AZALEA_STORE_ULR": "sqlite:///x.db", "HOME": "/"})
