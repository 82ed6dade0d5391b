"""The proxy through which the program reaches a server outside, as the environment names it."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

from bot.config_file import ConfigError


def proxy_for(url: str, environment: Mapping[str, str]) -> str:
    """The proxy for this address, "" for none: of `HTTPS_PROXY` or `HTTP_PROXY` the one of its scheme, else
    `ALL_PROXY`, unless `NO_PROXY` names the host; small letters count as well and come first. Raises ConfigError for
    one that cannot be used, which names the variable and not its value: that may hold a password."""
    asked = urlsplit(url)
    if _exempt(asked.hostname or "", asked.port, _given(environment, "no_proxy")[1]):
        return ""
    name, value = _given(environment, f"{asked.scheme}_proxy")
    if not value:
        name, value = _given(environment, "all_proxy")
    if not value:
        return ""
    proxy = value if "://" in value else f"http://{value}"
    try:
        parts = urlsplit(proxy)
        usable = parts.scheme == "http" and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if not usable:
        raise ConfigError(f"{name}: must be a proxy such as http://10.0.0.5:3128; or name the server in NO_PROXY")
    return proxy


def _given(environment: Mapping[str, str], name: str) -> tuple[str, str]:
    for one in (name, name.upper()):
        if value := environment.get(one, "").strip():
            return one, value
    return name, ""


def _exempt(host: str, port: int | None, listed: str) -> bool:
    return any(_names(one.strip().lower(), host, port) for one in listed.split(",") if one.strip())


def _names(one: str, host: str, port: int | None) -> bool:
    if one == "*":
        return True
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(one.strip("[]"), strict=False)
    except ValueError:
        pass
    name, _, wanted = one.partition(":")
    if wanted and wanted != str(port):
        return False
    domain = name.removeprefix("*").lstrip(".")
    return bool(domain) and (host == domain or host.endswith(f".{domain}"))
