"""The branch's month: a short summary in chat, and the files that are asked for."""

from __future__ import annotations

from fractions import Fraction

from bot.documents import SessionLine
from bot.messages import Choice, Inbound, Link, Message, Role
from bot.router import Context, Refused
from bot.rules.attendance import percent
from bot.rules.dates import read_month
from bot.services.records.compose import missing_this_period, month_of
from bot.services.records.month import minutes_file, month_file
from bot.store import people, records
from bot.store.people import UnitKind

_BAR = 10


def export(inbound: Inbound, ctx: Context) -> Message:
    """The month as Word and Excel, and the minutes of its meetings, as files."""
    year, month = _month(ctx)
    record = month_of(ctx, ctx.unit_id, year, month, named=True)
    held = records.held_in(ctx.session, ctx.unit_id, year, month, ctx.now)
    if not held:
        raise Refused("records.none_in_month", month=month)
    ctx.audit("month export", f"{ctx.unit_id}:{year}-{month:02d}")
    files = [month_file(ctx, record, "docx"), month_file(ctx, record, "xlsx")]
    files += [minutes_file(ctx, one) for one in held if records.find(ctx.session, one.id or 0)]
    return Message(ctx.text("records.exported", month=month, count=len(files)), unmade=tuple(files))


def summary(inbound: Inbound, ctx: Context) -> Message:
    """This month in a few lines, with a drawn bar of both rates (AT-6)."""
    year, month = _month(ctx)
    record = month_of(ctx, ctx.unit_id, year, month, named=False)
    lines = [ctx.text("records.summary_head", branch=record.branch, month=month)]
    for one in record.sessions:
        lines += session_text(ctx, one)
    if not record.sessions:
        lines.append(ctx.text("records.summary_none"))
    branch = people.unit(ctx.session, ctx.unit_id)
    if missing := missing_this_period(ctx, branch, year, month):
        lines.append(ctx.text("records.summary_missing", duties=ctx.text("records.comma").join(missing)))
    lines.append(ctx.text("records.summary_counts", notices=len(record.notices), materials=len(record.materials)))
    words = ctx.library.content.texts.phrases
    choices = (Choice.command(words("records.show")[0]), Choice.command(words("records.export")[0]))
    page = Link(ctx.text("records.page.heading"), ctx.page_link(f"/records/{year}/{month}?unit={ctx.unit_id}"))
    return Message("\n".join(lines), choices, links=(page,))


def session_text(ctx: Context, one: SessionLine) -> list[str]:
    """A meeting with its bars; without a sign-in there is nothing to draw."""
    kind = ctx.library.content.labels[f"kind.{one.kind}"]
    state = ctx.library.content.labels[f"record_state.{one.record_state}"]
    lines = [ctx.text("records.summary_session", day=f"{one.held_on:%m-%d}", kind=kind, topic=one.topic, state=state)]
    if not one.taken:
        return [*lines, ctx.text("records.summary_no_roll")]
    found = one.tally
    shown = (("rate", one.attendance_rate, found.came), ("covered", one.coverage_rate, found.covered))
    return lines + [
        ctx.text(f"records.summary_{key}", bar=bar(ctx, rate), came=came, due=found.expected)
        for key, rate, came in shown
    ]


def bar(ctx: Context, share: Fraction | None) -> str:
    """A drawn bar and the per cent."""
    if share is None:
        return ""
    full = round(share * _BAR)
    drawn = ctx.text("records.bar_full") * full + ctx.text("records.bar_empty") * (_BAR - full)
    return f"{drawn} {percent(share)}%"


def _month(ctx: Context) -> tuple[int, int]:
    """The month that is meant, this one by default; refused for a unit that keeps no records of its own."""
    unit = people.unit(ctx.session, ctx.unit_id)
    if unit.kind is not UnitKind.BRANCH:
        raise Refused("records.on_the_web")
    ctx.require(Role.COMMITTEE, ctx.unit_id)
    if not ctx.args:
        return ctx.today.year, ctx.today.month
    found = read_month(ctx.args, ctx.library.content.dates, ctx.today)
    if found is None or found > (ctx.today.year, ctx.today.month):
        raise Refused("records.no_month")
    return found
