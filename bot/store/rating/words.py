"""The states and kinds of a rating, and how the store refuses."""

from __future__ import annotations

from enum import StrEnum


class RoundKind(StrEnum):
    """Whom a round is about: secretaries (SR), branches, members (DR), or anything else."""

    SECRETARY_REVIEW = "secretary_review"
    BRANCH_REVIEW = "branch_review"
    MEMBER_RATING = "member_rating"
    FREE = "free"


class RoundMode(StrEnum):
    """Sealed: nobody can tell who marked what. Named: the marks are kept with the voter, and the page says so."""

    SEALED = "sealed"
    NAMED = "named"


class RoundState(StrEnum):
    """Where a round stands; every arrow is one transaction.

    draft --two approvals--> open --close--> closed --tellers agree--> published
                              |                 |
                              +------ void <----+   (a named round goes from open to published)
    """

    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"
    PUBLISHED = "published"
    VOID = "void"


class VoidReason(StrEnum):
    """Why a round ended without a result (text `rating.void_reason.<it>`)."""

    FEW_SHEETS = "few_sheets"
    CANCELLED = "cancelled"
    NEVER_OPENED = "never_opened"
    RESTORED = "restored"


class RatingError(Exception):
    """The store refuses; nothing was changed. `key` names the sentence, which says what to do next."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key = f"rating.error.{key}"
        self.values = values
