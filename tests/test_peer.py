"""From which address a request comes: only named proxies are believed, and only as far as they wrote."""

from __future__ import annotations

from starlette.requests import HTTPConnection

from bot.web.peer import Peers, address_key

PEERS = Peers(["10.0.0.5", "192.168.0.0/16", "2001:db8:1::/48"])


def test_nobody_but_a_named_proxy_is_believed() -> None:
    assert PEERS.address("203.0.113.9", ["198.51.100.1"]) == "203.0.113.9"
    assert PEERS.address("10.0.0.6", ["198.51.100.1"]) == "10.0.0.6"
    assert Peers([]).address("127.0.0.1", ["198.51.100.1"]) == "127.0.0.1"


def test_read_from_the_right_past_named_proxies_only() -> None:
    for said, address in (
        (["198.51.100.1"], "198.51.100.1"),
        (["6.6.6.6, 198.51.100.1"], "198.51.100.1"),
        (["6.6.6.6", "198.51.100.1, 192.168.3.4"], "198.51.100.1"),
        (["198.51.100.1:4711"], "198.51.100.1"),
        (['"[2001:db8:9:1::7]:443"'], "2001:db8:9:1::/64"),
        (["6.6.6.6, unknown"], "10.0.0.5"),
        (["6.6.6.6, 192.168.3.4, "], "10.0.0.5"),
        ([], "10.0.0.5"),
        (["192.168.3.4"], "192.168.3.4"),
    ):
        assert PEERS.address("10.0.0.5", said) == address, said
    assert PEERS.address("2001:db8:1::2", ["198.51.100.1"]) == "198.51.100.1"
    assert PEERS.address("::ffff:10.0.0.5", ["198.51.100.1"]) == "198.51.100.1"


def test_what_one_household_has_counts_as_one_address() -> None:
    assert address_key("2001:db8:9:1::7") == address_key("2001:db8:9:1:ffff::8") != address_key("2001:db8:9:2::7")
    assert address_key("::ffff:198.51.100.1") == "198.51.100.1"
    assert address_key("fe80::1%eth0") == "fe80::/64"


def test_the_address_of_a_request() -> None:
    scope = {
        "type": "http",
        "client": ("10.0.0.5", 4711),
        "headers": [(b"x-forwarded-for", b"6.6.6.6"), (b"x-forwarded-for", b"198.51.100.1")],
    }
    assert PEERS.of(HTTPConnection(scope)) == "198.51.100.1"
    assert PEERS.of(HTTPConnection({**scope, "client": None})) == ""
