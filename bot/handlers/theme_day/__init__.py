"""The monthly theme day in chat: what members see of it, planning it, moving it."""

from __future__ import annotations

from bot.handlers.theme_day.changes import move, policy, rest_day, second_session
from bot.handlers.theme_day.planning import items, menu, plan, typed
from bot.messages import Choice, Inbound, Message, Role
from bot.router import Context, Feature, Route, Where
from bot.services.theme_day.card import card, day_text, head
from bot.services.theme_day.reminders import JOBS
from bot.store import theme_day
from bot.store.meetings import MeetingState


def show(inbound: Inbound, ctx: Context) -> Message:
    """The next theme day of the member's branch; before it is announced only its date."""
    unit_id = ctx.chat_unit or ctx.member.branch_id
    waiting = theme_day.ahead(ctx.session, unit_id, ctx.now)
    if not waiting:
        return Message(ctx.text("theme_day.none_yet"))
    meeting = waiting[0]
    if meeting.state is MeetingState.PLANNED:
        day = day_text(ctx, meeting.starts_at.date())
        return Message(ctx.text("theme_day.only_planned", head=head(ctx, meeting), day=day))
    ahead = meeting.starts_at > ctx.now and not ctx.address.group
    leave = (Choice.command(ctx.library.content.texts.phrases("leave.ask")[0]),) if ahead else ()
    return Message(card(ctx, meeting), leave)


FEATURE = Feature(
    "theme_day",
    routes=(
        Route("theme_day.show", show, Role.MEMBER, Where.ANYWHERE),
        Route("theme_day.plan", plan, Role.SECRETARY, takes_args=True),
        Route("theme_day.move", move, Role.SECRETARY, takes_args=True),
        Route("theme_day.second", second_session, Role.SECRETARY, takes_args=True),
        Route("theme_day.policy", policy, Role.SECRETARY, takes_args=True, or_role=Role.OFFICE),
        Route("theme_day.menu", menu, Role.SECRETARY),
        Route("theme_day.items", items, Role.SECRETARY),
        Route("theme_day.rest_day", rest_day, Role.SECRETARY),
        *(
            Route(f"theme_day.set_{name}", typed, Role.SECRETARY)
            for name in ("topic", "place", "bring", "item", "materials", "same_reason")
        ),
    ),
    jobs=JOBS,
)
