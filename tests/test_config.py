"""The configuration: every key documented, every mistake named with its line."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from bot.config import ConfigError, load

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
        ("leader = 40", "leader = 0.4", "rating.weights.leader: must be int, not float"),
        ("leader = 40", "boss = 40", "rating.weights.boss: unknown key"),
        ("leader = 40", "leader = -1", "rating: nothing may be below 0"),
        ("min_group = 5", "min_group = 2", "rating.min_group: must be 3 or more"),
        ('"1/3"', '"a third"', "rating.excellent_cap: must be a share"),
        ("warn_months = [3, 5]", "warn_months = [3, 0]", "attendance.warn_months: must be months of 1 or more"),
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
