"""Months without attendance: a private word to the secretary, who asks the person (AT-9)."""

from __future__ import annotations

from bot.messages import Message
from bot.router import Context
from bot.rules.attendance import months_since
from bot.rules.people import Post
from bot.services.attendance.picture import day_text, grace
from bot.store import absences, posts
from bot.store.people import Audience


def look(subject: int, ctx: Context) -> None:
    """Job, nightly for each unit: tell of everybody who has reached a stage of [attendance] warn_months, once for each
    stage of the same absence. Nothing is concluded and nobody else learns of it."""
    stages = sorted(ctx.settings.attendance.warn_months)
    if not stages:
        return
    for one in absences.long_absent(ctx.session, subject, ctx.now, stages[0], grace(ctx)):
        reached = months_since(one.since, ctx.today)
        stage = max(months for months in stages if months <= reached)
        told = posts.nearest(ctx.session, subject, Post.SECRETARY, but=one.member_id)
        text = ctx.text(
            "attendance.long_absent", name=one.name, since=day_text(ctx, one.since), count=one.missed, months=stage
        )
        key = f"absence:{one.member_id}:{one.since:%Y-%m-%d}:{stage}"
        if told:
            ctx.notify(Audience(members=tuple(told)), Message(text), key)
