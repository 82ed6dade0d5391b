"""Listening on an address of either family, and how such an address is written."""

from __future__ import annotations

import errno
import socket

from bot.config_file import ConfigError

BACKLOG = 2048


class PortTaken(Exception):
    """Another program listens on the configured port."""


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; `::` listens to IPv4 as well. Raises PortTaken, and ConfigError for a host that is none of
    this machine's and for a port that this user may not have."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family = min((one[0] for one in found), key=lambda one: one != socket.AF_INET)
        both = host == "::" and socket.has_dualstack_ipv6()
        return socket.create_server((host, port), family=family, backlog=BACKLOG, dualstack_ipv6=both)
    except UnicodeError:
        raise ConfigError(f"server.host: {host!r} is no address") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(authority(host, port)) from None
        key = "server.port" if error.errno == errno.EACCES else "server.host"
        raise ConfigError(f"{key}: cannot listen on {authority(host, port)} ({error.strerror})") from None


def authority(host: str, port: int) -> str:
    """How host and port are written in a URL."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
