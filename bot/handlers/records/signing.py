"""Signing the minutes, and correcting what is signed (RC-2)."""

from __future__ import annotations

import re

from bot.handlers.records.compose import missing_in, seal
from bot.handlers.records.writing import clean, day_of, meeting_of, preview, unsigned, with_menu
from bot.messages import Choice, Inbound, Message, Role
from bot.router import Context, Refused
from bot.rules.records import Correction, add_correction
from bot.store import records, theme_day
from bot.store.meetings import Meeting, MeetingState
from bot.store.records import MinutesCorrection, MinutesRow

_FIELDS = ("date", "place", "chair", "recorder", "due", "present", "agenda", "content")


def sign_now(inbound: Inbound, ctx: Context) -> Message:
    """Show the whole and ask for the signature."""
    meeting, _ = meeting_of(ctx, ctx.args)
    meeting = unsigned(ctx, meeting.id or 0)
    records.begin(ctx.session, meeting, ctx.member.name)
    _check(ctx, meeting)
    title = ctx.text("records.ask_sign", day=day_of(meeting))
    options = (ctx.text("records.sign_yes"), ctx.text("records.sign_no"))
    choices = ctx.ask("records.sign", meeting.id or 0, title, options)
    return Message(f"{preview(ctx, meeting)}\n\n{title}", choices)


def sign(inbound: Inbound, ctx: Context) -> Message:
    """The secretary's answer to the last question before the minutes are locked."""
    meeting = unsigned(ctx, ctx.question.subject)
    if inbound.options != (0,):
        return with_menu(ctx, meeting, ctx.text("records.not_signed"))
    lock(ctx, meeting)
    export = Choice.command(ctx.library.content.texts.phrases("records.export")[0])
    return Message(ctx.text("records.signed", day=day_of(meeting)), (export,))


def lock(ctx: Context, meeting: Meeting) -> None:
    """Sign: freeze names and agenda with the text. Refused while a part of RC-1 is missing."""
    _check(ctx, meeting)
    row = records.begin(ctx.session, meeting, ctx.member.name)
    row.sealed = seal(ctx, meeting)
    row.signed_at, row.signed_by, row.signed_name = ctx.now, ctx.member.id, ctx.member.name
    meeting.state = MeetingState.HELD
    ctx.session.add(row)
    theme_day.follow(ctx.session, meeting)
    ctx.audit("minutes sign", str(meeting.id))


def correct(inbound: Inbound, ctx: Context) -> Message:
    """Append a dated correction to signed minutes: "[date] [part:] text [reason: why]"."""
    meeting, said = meeting_of(ctx, ctx.args, signed=True)
    row = records.find(ctx.session, meeting.id or 0)
    if row is None or row.signed_at is None:
        raise Refused("records.edit_instead")
    append_correction(ctx, meeting, row, said)
    return Message(ctx.text("records.corrected", day=day_of(meeting)))


def append_correction(ctx: Context, meeting: Meeting, row: MinutesRow, said: str) -> None:
    """Add it after all that are there; the committee of the branch may."""
    ctx.require(Role.COMMITTEE, meeting.unit_id)
    if not said.strip():
        raise Refused("records.how_correct")
    text, *reasons = re.split(ctx.text("records.reason_mark"), clean(ctx, said, 500), maxsplit=1)
    field, text = _field(ctx, text.strip())
    if not text:
        raise Refused("records.how_correct")
    before = tuple(
        Correction(one.at, one.author, one.field, one.text, one.reason)
        for one in records.corrections(ctx.session, row.meeting_id)
    )
    reason = "".join(reasons).strip() or ctx.text("records.no_reason")
    new = add_correction(row.signed_at, before, Correction(ctx.now, ctx.member.name, field, text, reason))[-1]
    ctx.session.add(
        MinutesCorrection(
            meeting_id=row.meeting_id, at=new.at, author_id=ctx.member.id, author=new.author, field=new.field,
            text=new.text, reason=new.reason,
        )
    )  # fmt: skip
    ctx.session.flush()
    ctx.audit("minutes correct", str(meeting.id))


def _check(ctx: Context, meeting: Meeting) -> None:
    ctx.require(Role.SECRETARY, meeting.unit_id)
    if missing := missing_in(ctx, meeting):
        raise Refused("records.incomplete", fields=ctx.text("records.comma").join(missing))


def _field(ctx: Context, text: str) -> tuple[str, str]:
    """The part of the minutes that a correction names before a colon, and the rest; else the content."""
    for name in _FIELDS:
        if found := re.match(re.escape(ctx.text(f"records.field.{name}")) + "\\s*[:\uff1a]", text):
            return name, text[found.end() :].strip()
    return "content", text
