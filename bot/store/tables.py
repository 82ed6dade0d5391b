"""Every table module, imported once, so that the metadata is complete for migrations."""

from __future__ import annotations

from sqlmodel import SQLModel

from bot.store import (
    access,
    attendance,
    audit,
    delivery,
    due,
    election,
    leave,
    make_up,
    meetings,
    mine,
    notices,
    people,
    poll,
    practice,
    prompts,
    questions,
    quiz,
    rates,
    rating,
    receipts,
    records,
    sessions,
    sign_in,
    study,
    theme_day,
)

MODULES = (
    access,
    sign_in,
    leave,
    make_up,
    attendance,
    audit,
    delivery,
    due,
    election,
    meetings,
    mine,
    people,
    poll,
    practice,
    prompts,
    questions,
    quiz,
    rates,
    rating,
    receipts,
    sessions,
    notices,
    theme_day,
    records,
    study,
)
METADATA = SQLModel.metadata
