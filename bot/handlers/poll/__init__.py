"""Plain group votes, motions and short entries: making them, answering them, closing them."""

from __future__ import annotations

from bot.handlers.poll import closing, making, voting
from bot.messages import Role
from bot.router import Feature, Route, Timed, Where
from bot.rules.lateness import ALWAYS, SAME_DAY
from bot.services.poll.closing import close, close_quietly, open_poll, tell

FEATURE = Feature(
    "poll",
    routes=(
        Route("poll.start", making.start, Role.SECRETARY, takes_args=True, everyday=True),
        Route("poll.motion", making.motion, Role.SECRETARY, takes_args=True, everyday=True),
        Route("poll.entries", making.entries, Role.SECRETARY, takes_args=True, everyday=True),
        Route("poll.title", making.title, Role.SECRETARY),
        Route("poll.options", making.options, Role.SECRETARY),
        Route("poll.kind", making.kind, Role.SECRETARY, closed="poll.not_draft"),
        Route("poll.deadline", making.deadline, Role.SECRETARY, closed="poll.not_draft"),
        Route("poll.typed_deadline", making.typed_deadline, Role.SECRETARY),
        Route("poll.where", making.where, Role.SECRETARY, newest=True, closed="poll.not_draft"),
        Route("poll.vote", voting.vote, Role.MEMBER, Where.ANYWHERE, closed="poll.over"),
        Route("poll.fill", voting.fill, Role.MEMBER, Where.ANYWHERE, closed="poll.over"),
        Route("poll.entry", voting.entry, Role.MEMBER),
        Route("poll.status", closing.status, Role.SECRETARY, takes_args=True),
        Route("poll.manage", closing.manage, Role.SECRETARY, closed="poll.over"),
        Route("poll.results", closing.results, Role.MEMBER, Where.ANYWHERE),
    ),
    jobs={
        "poll.close": Timed(close, SAME_DAY, open_poll, close_quietly),
        "poll.tell": Timed(tell, ALWAYS),  # the result is owed to whoever is in charge, whenever that is
    },
)
