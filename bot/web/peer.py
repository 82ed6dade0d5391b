"""From which address a request comes: the peer's, or what a proxy named in `[server] proxies` says."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.requests import HTTPConnection

_FORWARDED = "x-forwarded-for"
_SITE = 64
"""The first bits of an IPv6 address, which a household or a phone has for itself: all below them is one address."""


class Peers:
    """Finds addresses. `proxies` are addresses and networks; whoever is none of them is not believed."""

    def __init__(self, proxies: Iterable[str]) -> None:
        self._proxies = tuple(ip_network(proxy) for proxy in proxies)

    def is_proxy(self, host: str) -> bool:
        """Whether this peer is a named proxy, behind which many people are."""
        found = _parsed(host)
        return found is not None and any(found in network for network in self._proxies)

    def of(self, connection: HTTPConnection) -> str:
        """The address of a request or a WebSocket; "" where there is none (a Unix socket)."""
        host = connection.client.host if connection.client else ""
        return self.address(host, connection.headers.getlist(_FORWARDED))

    def address(self, host: str, forwarded: Iterable[str] = ()) -> str:
        """Who is behind a peer, given its X-Forwarded-For headers: read from the right, as each hop appends whom it
        spoke with, past named proxies up to the first that is none. What no named proxy wrote is never looked at."""
        nearest = host
        hops = [hop.strip() for line in forwarded for hop in line.split(",")]
        while hops and self.is_proxy(nearest) and _parsed(hops[-1]) is not None:
            nearest = hops.pop()
        return address_key(nearest)


def address_key(host: str) -> str:
    """How an address is counted: IPv4 as it is, also within IPv6; IPv6 by its first 64 bits."""
    found = _parsed(host)
    return str(IPv6Network((found, _SITE), strict=False)) if isinstance(found, IPv6Address) else str(found or host)


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    """An address as peers and proxies write it, with or without a port and a zone; None for anything else."""
    host = text.strip('" ')
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        found = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found
