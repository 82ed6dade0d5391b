"""The kinds of questions, and the scoring of quiz and exam answers (EX-2)."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Sequence
from enum import StrEnum
from fractions import Fraction

from msgspec import Struct

Answer = str | int
Score = Callable[[Sequence[Answer | Collection[str]], Sequence[Answer], bool], Fraction]


FEWEST_FOR_SHARES = 5
"""Of fewer answers no share is shown: it would tell somebody's own (8.6, SE-5)."""


def right_share(right: int, answered: int) -> Fraction | None:
    """The share of right answers to a question, for pages, chat and papers alike; None when too few answered it."""
    return Fraction(right, answered) if answered >= FEWEST_FOR_SHARES else None


class Form(Struct, frozen=True):
    """What a kind of question is like: everything that chat, pages, the bank and the store need to know of it.

    `tappable`: the answer is one or `several` of its options; else it is `typed`, a text for each blank of the stem.
    `words` are the texts of the options where every question of the kind has the same two, the first meaning true; a
    tappable kind without them has options in each question. `fits_group`: one tap answers it. Its name and the way to
    answer it are the texts `quiz.kind.<kind>` and `quiz.how.<kind>`.
    """

    score: Score
    several: bool = False
    typed: bool = False
    fits_group: bool = False
    words: tuple[str, ...] = ()

    @property
    def tappable(self) -> bool:
        return not self.typed

    @property
    def lettered(self) -> bool:
        """The bank gives the options, by letter."""
        return self.tappable and not self.words


class QuestionType(StrEnum):
    """Kinds of question in a bank; what each is like says `FORMS`."""

    SINGLE = "single"
    MULTIPLE = "multiple"
    TRUE_FALSE = "true_false"
    FILL_IN = "fill_in"

    @property
    def form(self) -> Form:
        return FORMS[self]


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
    return kind.form.score(correct, given, half_for_subset)


def normalise_fill(text: str) -> str:
    """The form in which fill-in answers are compared: NFKC, case folded, no spaces, nothing invisible."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(char for char in folded if unicodedata.category(char)[0] not in "ZC")


def _score_whole(correct: Sequence[Answer | Collection[str]], given: Sequence[Answer], half: bool) -> Fraction:
    return Fraction(frozenset(given) == frozenset(correct))


def _score_parts(correct: Sequence[Answer | Collection[str]], given: Sequence[Answer], half: bool) -> Fraction:
    wanted, found = frozenset(correct), frozenset(given)
    part = half and found and found < wanted
    return Fraction(1, 2) if part else Fraction(found == wanted)


def _score_blanks(correct: Sequence[Answer | Collection[str]], given: Sequence[Answer], half: bool) -> Fraction:
    right = 0
    for variants, text in zip(correct, given, strict=False):
        listed = [str(variants)] if isinstance(variants, str | int) else list(variants)
        accepted = {normalise_fill(variant) for variant in listed} - {""}
        right += normalise_fill(str(text)) in accepted
    return Fraction(right, len(correct))


FORMS: dict[QuestionType, Form] = {
    QuestionType.SINGLE: Form(_score_whole, fits_group=True),
    QuestionType.MULTIPLE: Form(_score_parts, several=True),
    QuestionType.TRUE_FALSE: Form(_score_whole, fits_group=True, words=("quiz.true", "quiz.false")),
    QuestionType.FILL_IN: Form(_score_blanks, typed=True),
}
"""A new kind is a name above, a line here, and its texts."""

TAPPABLE = tuple(kind for kind in QuestionType if kind.form.tappable)
TYPED = tuple(kind for kind in QuestionType if kind.form.typed)
IN_GROUP = tuple(kind for kind in QuestionType if kind.form.fits_group)
