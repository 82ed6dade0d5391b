"""The list of the final vote out of a preliminary round (EL-11)."""

from __future__ import annotations


def may_shortlist(size: int, seats: int, most: int) -> bool:
    """Whether a preliminary round may leave so many names: at least as many as there are seats, and no more than
    `most`."""
    return seats <= size <= most


def names_needed(with_surplus: int, shortlist: int | None) -> tuple[int, int]:
    """How many names the first vote needs and how many the final one. One of the two has the surplus (EL-10): without
    a preliminary round the vote itself; with one the final vote, or, where fewer names than that are to be left for
    it, the preliminary one (EL-11)."""
    if shortlist is None:
        return with_surplus, with_surplus
    return max(shortlist, with_surplus), min(shortlist, with_surplus)


def final_lists(listed: tuple[str, ...], tied: tuple[str, ...], least: int) -> tuple[tuple[str, ...], ...]:
    """The lists with which the final vote may be opened, the shorter first: those above the cut, and with them all who
    are tied at it; never a choice among the tied. A list of fewer than `least` names is none."""
    lists = (listed, (*listed, *tied)) if tied else (listed,)
    return tuple(one for one in lists if len(one) >= least)
