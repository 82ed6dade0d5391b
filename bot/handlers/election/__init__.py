"""Branch elections: on paper. The bot keeps terms, prepares, computes and checks; it never takes a vote (2.5)."""

from __future__ import annotations

from bot.handlers.election.chat import paper, show, totals
from bot.handlers.election.terms import DUE_SOON_JOB, FIRST_JOB, due_soon_job, due_soon_matter, first_job, first_matter
from bot.messages import Role
from bot.router import Feature, Route, Timed
from bot.rules.lateness import WEEK

FEATURE = Feature(
    "election",
    routes=(
        Route("election.show", show, Role.SECRETARY, or_role=Role.OFFICE),
        Route("election.totals", totals, Role.MEMBER),
        Route("election.paper", paper, Role.MEMBER),
    ),
    jobs={
        FIRST_JOB: Timed(first_job, WEEK, first_matter),
        DUE_SOON_JOB: Timed(due_soon_job, WEEK, due_soon_matter),
    },
)
