"""Scoring of quiz and exam answers (EX-2)."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence
from enum import StrEnum
from fractions import Fraction

Answer = str | int


FEWEST_FOR_SHARES = 5
"""Of fewer answers no share is shown: it would tell somebody's own (8.6, SE-5)."""


def right_share(right: int, answered: int) -> Fraction | None:
    """The share of right answers to a question, for pages, chat and papers alike; None when too few answered it."""
    return Fraction(right, answered) if answered >= FEWEST_FOR_SHARES else None


class QuestionType(StrEnum):
    """Kinds of question in a bank."""

    SINGLE = "single"
    MULTIPLE = "multiple"
    TRUE_FALSE = "true_false"
    FILL_IN = "fill_in"


def score(
    question_type: QuestionType | str,
    correct: Sequence[Answer | Collection[str]],
    given: Sequence[Answer],
    half_for_subset: bool = True,
) -> Fraction:
    """The share of a question's points that an answer earns, from 0 to 1 (EX-2).

    Choices: `correct` and `given` hold option keys (letters, indices or booleans); order and repeats do not
    matter. Fill-in: `correct` holds one collection of accepted variants per blank, `given` one text each.
    Raises ValueError for an unknown type or a question without an answer.
    """
    kind = QuestionType(question_type)
    if not correct:
        raise ValueError("a question needs a correct answer")
    if kind is QuestionType.FILL_IN:
        return _score_blanks(correct, given)
    wanted, found = frozenset(correct), frozenset(given)
    if found == wanted:
        return Fraction(1)
    if kind is QuestionType.MULTIPLE and half_for_subset and found and found < wanted:
        return Fraction(1, 2)
    return Fraction(0)


def normalise_fill(text: str) -> str:
    """The form in which fill-in answers are compared: NFKC, case folded, no spaces, nothing invisible."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(char for char in folded if unicodedata.category(char)[0] not in "ZC")


def _score_blanks(correct: Sequence[Answer | Collection[str]], given: Sequence[Answer]) -> Fraction:
    right = 0
    for variants, text in zip(correct, given, strict=False):
        listed = [str(variants)] if isinstance(variants, str | int) else list(variants)
        accepted = {normalise_fill(variant) for variant in listed} - {""}
        right += normalise_fill(str(text)) in accepted
    return Fraction(right, len(correct))
