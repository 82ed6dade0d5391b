"""The order of a member's accounts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.rules.accounts import Known, in_order

DESK, OLD = Known("local", "desk", 2), Known("local", "old", 1)
PHONE, PAGES, PAID = Known("telegram", "7", 3), Known("local", "m1", 9, pages=True), Known("sms", "138", 8)


def test_the_order() -> None:
    assert in_order([]) == []
    assert in_order([PAGES]) == [PAGES]
    assert in_order([PAGES, PAID]) == [PAID]
    assert in_order([OLD, PAID, PAGES, DESK, PHONE]) == [PHONE, DESK, PAID]
    assert in_order([OLD, PHONE], frozenset({"telegram"})) == [OLD, PHONE]
    assert in_order([OLD, PAID], frozenset()) == [PAID, OLD]


@given(
    st.lists(st.builds(Known, st.sampled_from(["local", "telegram", "sms", "x"]), st.text(), st.integers()), min_size=1)
)
def test_every_channel_once_by_its_newest_account_and_the_order_of_rows_is_no_matter(known: list[Known]) -> None:
    order = in_order(known)
    assert {one.channel for one in order} == {one.channel for one in known}
    assert len({one.channel for one in order}) == len(order)
    assert all(one.used == max(other.used for other in known if other.channel == one.channel) for one in order)
    assert [one.used for one in in_order(known[::-1])] == [one.used for one in order]
