"""Text that must not enter a chat (SC-6): level marks, ID numbers, phone lists, bank cards.

An aid, never proof that a text is clear (SC-5). Width, spaces, hyphens and other marks between the digits do not hide a
number.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import accumulate

MARK = "SC-6/mark"
ID_NUMBER = "SC-6/id_number"
PHONE_LIST = "SC-6/phone_list"
BANK_CARD = "SC-6/bank_card"

_HYPHENS = r"\-_.\u00b7\u2010-\u2015\u2212"
_GAP = rf"[ \t{_HYPHENS}]{{1,3}}"
_BETWEEN = rf"[ \t{_HYPHENS}]{{0,3}}"
_IGNORED_IN_MARKS = rf"[\s{_HYPHENS}]+"
_CHAIN = rf"[0-9]+(?:{_GAP}[0-9]+)*(?:{_BETWEEN}[Xx](?![A-Za-z0-9]))?"
_GROUP = r"[0-9]+|[Xx]"
_DATE = r"(?<![0-9])(?:19|20)[0-9]{2}([-. ])[0-9]{1,2}\1[0-9]{1,2}(?![0-9])"
_MOBILE = rf"(?<![0-9])(?:(?:\+|00)?86{_BETWEEN})?(1[ \t]?[3-9](?:{_BETWEEN}[0-9]){{9}})(?![0-9])"
_PROVINCES = r"1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]"
_ODD = r"(?<=[0-9])[\s,;:/|\\*~'\"`()\[\]{}<>+=#&^\u2022\u3001\u3002\u30fb\u30fc\u4e00]{1,4}(?=[0-9Xx])"
"""Marks that nobody puts into such a number, unless to cut it; lists are written with them, so more is asked then."""
_MOBILE_GROUPS = ((3, 4, 4), (3, 8), (7, 4), (5, 6), (11,))
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def find_marks(text: str, marks: Sequence[str], phones: int = 3) -> tuple[str, ...]:
    """The IDs of the rules that the text hits, in a fixed order; empty when none (SC-6).

    `marks` are regular-expression fragments matched against the text without spaces and hyphens; `phones` is
    the number of different mobile numbers that makes a list. Raises re.error for a bad fragment. The result
    never holds any part of the text, so it may be logged.
    """
    plain = _plain(text)
    found = []
    if marks and re.search("|".join(f"(?:{mark})" for mark in marks), re.sub(_IGNORED_IN_MARKS, "", plain)):
        found.append(MARK)
    undated = re.sub(_DATE, "/", plain)
    cut = re.sub(_ODD, "-", undated)
    cut = "" if cut == undated else cut
    long_ids = any(_is_id_18(number, groups) for number, groups in _numbers(plain, 18, 18))
    if (
        long_ids
        or any(_is_id_15(number, groups) for number, groups in _numbers(undated, 15, 15))
        or any(_is_cut_id(number, groups) for number, groups in _numbers(cut, 15, 18))
    ):
        found.append(ID_NUMBER)
    mobiles = {_digits(number) for number in re.findall(_MOBILE, plain)}
    mobiles |= {number for number, groups in _numbers(cut, 11, 11) if _is_cut_mobile(number, groups)}
    if len(mobiles) >= phones:
        found.append(PHONE_LIST)
    if any(_is_card(number, groups) for number, groups in _numbers(undated, 16, 19)) or any(
        _is_card(number, groups) and _is_even(groups) and number[:2] == "62" for number, groups in _numbers(cut, 16, 19)
    ):
        found.append(BANK_CARD)
    return tuple(found)


def joined_digits(text: str) -> str:
    """The text with nothing between its digits but letters."""
    plain = _plain(text)
    return re.sub(rf"(?<=[0-9])[\s{_HYPHENS}]+(?=[0-9Xx])", "", re.sub(_ODD, "", plain))


def _plain(text: str) -> str:
    """NFKC without invisible characters, every decimal digit as ASCII."""
    chars = []
    for char in unicodedata.normalize("NFKC", text):
        if char.isascii():
            chars.append(char)
        elif (category := unicodedata.category(char)) == "Nd":
            chars.append(str(unicodedata.decimal(char)))
        elif category not in ("Cf", "Mn", "Me"):
            chars.append(char)
    return "".join(chars)


def _numbers(text: str, shortest: int, longest: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Runs of neighbouring digit groups of that total length, with the lengths of their groups."""
    for chain in re.findall(_CHAIN, text):
        groups = re.findall(_GROUP, chain)
        for first in range(len(groups)):
            number = ""
            for last in range(first, len(groups)):
                number += groups[last]
                if len(number) > longest:
                    break
                if len(number) >= shortest:
                    yield number, tuple(len(group) for group in groups[first : last + 1])


def _is_id_18(number: str, groups: tuple[int, ...]) -> bool:
    """Province and birth date decide; a mistyped check digit is no excuse unless a list of numbers was joined."""
    body, check = number[:17], number[17].upper()
    if not body.isdigit() or not re.match(_PROVINCES, body) or not _is_date(body[6:14]):
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_ID_WEIGHTS, body, strict=True))
    return "10X98765432"[total % 11] == check or _is_spread_id(groups[:-1] if check == "X" else groups)


def _is_spread_id(groups: tuple[int, ...]) -> bool:
    """Whether digits in these groups were written as one number: regular, or cut around the birth date."""
    cuts = set(accumulate(groups))
    return min(groups) >= 3 or len(set(groups)) == 1 or {6, 14} <= cuts


def _is_id_15(number: str, groups: tuple[int, ...]) -> bool:
    """The old form has no check digit, so irregular short groups are taken for a list of small numbers."""
    regular = min(groups) >= 3 or len(set(groups)) == 1
    return regular and number.isdigit() and bool(re.match(_PROVINCES, number)) and _is_date("19" + number[6:12])


def _is_cut_id(number: str, groups: tuple[int, ...]) -> bool:
    """An old or new number, cut by odd marks as one would cut it."""
    body = groups[:-1] if number[-1] in "Xx" else groups
    if not _is_even(body):
        return False
    return (len(number) == 18 and _is_id_18(number, groups)) or (len(number) == 15 and _is_id_15(number, groups))


def _is_cut_mobile(number: str, groups: tuple[int, ...]) -> bool:
    """Eleven figures in the groups in which they are read out; other groups are more often a list of figures."""
    usual = groups in _MOBILE_GROUPS or set(groups) == {1}
    return usual and bool(re.fullmatch(r"1[3-9][0-9]{9}", number))


def _is_even(groups: tuple[int, ...]) -> bool:
    """Groups of one number: none short, or all alike; a list of small numbers has both."""
    return min(groups[:-1], default=3) >= 3 or set(groups) == {1} or {6, 14} <= set(accumulate(groups))


def _is_card(number: str, groups: tuple[int, ...]) -> bool:
    """A card number passes the Luhn check; short groups need the national prefix and an even rhythm."""
    if not number.isdigit() or number[0] not in "34569":
        return False
    if min(groups[:-1], default=4) < 3 and (number[:2] != "62" or len(set(groups[:-1])) > 1):
        return False
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _is_date(digits: str) -> bool:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:])).year >= 1900
    except ValueError:
        return False


def _digits(text: str) -> str:
    return "".join(char for char in text if char.isdigit())
