"""The list of the final vote out of a preliminary round (EL-11)."""

from __future__ import annotations


def may_shortlist(size: int, least: int, most: int) -> bool:
    """Whether a preliminary round may leave so many names: at least as many as the final vote needs with its surplus
    (EL-10), and no more than `most`."""
    return least <= size <= most


def final_lists(listed: tuple[str, ...], tied: tuple[str, ...], least: int) -> tuple[tuple[str, ...], ...]:
    """The lists with which the final vote may be opened, the shorter first: those above the cut, and with them all who
    are tied at it; never a choice among the tied. A list of fewer than `least` names is none (EL-10)."""
    lists = (listed, (*listed, *tied)) if tied else (listed,)
    return tuple(one for one in lists if len(one) >= least)
