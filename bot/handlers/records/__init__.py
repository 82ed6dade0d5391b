"""The records of a branch: the minutes of each meeting, and the month for the office's file."""

from __future__ import annotations

from bot.handlers.records.month import export, summary
from bot.handlers.records.signing import correct, sign, sign_now
from bot.handlers.records.writing import menu, set_kind, show, typed
from bot.messages import Role
from bot.router import Feature, Route

FEATURE = Feature(
    "records",
    routes=(
        Route("records.show", show, Role.COMMITTEE, takes_args=True),
        Route("records.sign_now", sign_now, Role.SECRETARY, takes_args=True),
        Route("records.correct", correct, Role.COMMITTEE, takes_args=True),
        Route("records.export", export, Role.COMMITTEE, takes_args=True),
        Route("records.month", summary, Role.SECRETARY, takes_args=True),
        Route("records.menu", menu, Role.COMMITTEE),
        Route("records.sign", sign, Role.SECRETARY, newest=True),
        Route("records.set_kind", set_kind, Role.COMMITTEE),
        *(
            Route(f"records.set_{name}", typed, Role.COMMITTEE)
            for name in ("content", "rewrite", "decision", "people", "place", "agenda", "attachment")
        ),
    ),
)
