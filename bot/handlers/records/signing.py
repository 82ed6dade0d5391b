"""Signing the minutes in chat, and correcting what is signed (RC-2)."""

from __future__ import annotations

from bot.handlers.records.writing import meeting_of, with_menu
from bot.messages import Choice, Inbound, Message
from bot.router import Context, Refused
from bot.services.records.signing import append_correction, check, lock
from bot.services.records.writing import day_of, preview, unsigned
from bot.store import records


def sign_now(inbound: Inbound, ctx: Context) -> Message:
    """Show the whole and ask for the signature."""
    meeting, _ = meeting_of(ctx, ctx.args)
    meeting = unsigned(ctx, meeting.id or 0)
    records.begin(ctx.session, meeting, ctx.member.name)
    check(ctx, meeting)
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


def correct(inbound: Inbound, ctx: Context) -> Message:
    """Append a dated correction to signed minutes: "[date] [part:] text [reason: why]"."""
    meeting, said = meeting_of(ctx, ctx.args, signed=True)
    row = records.find(ctx.session, meeting.id or 0)
    if row is None or row.signed_at is None:
        raise Refused("records.edit_instead")
    append_correction(ctx, meeting, row, said)
    return Message(ctx.text("records.corrected", day=day_of(meeting)))
