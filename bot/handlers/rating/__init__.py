"""Ratings in the chat: the way to the pages, one reminder, what is told when a round opens, closes and is published.

No grade is ever taken or shown here.
"""

from __future__ import annotations

from bot.handlers.rating.asking import graded, remind, remind_one, remind_round, show
from bot.handlers.rating.own import own_result
from bot.handlers.rating.stages import approved_once, cancel, close_in_time, close_now, opened, plan_close, tell_if_over
from bot.messages import Role
from bot.router import Feature, Route, Timed, Where
from bot.rules.lateness import ALWAYS

FEATURE = Feature(
    "rating",
    routes=(
        Route("rating.show", show, Role.MEMBER, Where.ANYWHERE, takes_args=True, everyday=True),
        Route("rating.own", own_result, Role.MEMBER),
        Route("rating.remind", remind, Role.SECRETARY, or_role=Role.OFFICE),
        Route("rating.remind_one", remind_one, Role.SECRETARY, or_role=Role.OFFICE),
        Route("rating.graded", graded, Role.MEMBER),
    ),
    jobs={"rating.close": Timed(close_in_time, ALWAYS)},  # a box must not stay open until somebody answers
)

__all__ = ["FEATURE", "approved_once", "cancel", "close_now", "opened", "plan_close", "remind_round", "tell_if_over"]
