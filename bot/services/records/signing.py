"""Signing the minutes, and correcting what is signed (RC-2)."""

from __future__ import annotations

import re

from bot.messages import Role
from bot.router import Context, Refused
from bot.rules.records import Correction, add_correction
from bot.services.records.compose import missing_in, seal
from bot.services.records.writing import clean
from bot.store import records, theme_day
from bot.store.meetings import Meeting, MeetingState
from bot.store.records import MinutesCorrection, MinutesRow

_FIELDS = ("date", "place", "chair", "recorder", "due", "present", "agenda", "content")


def lock(ctx: Context, meeting: Meeting) -> None:
    """Sign: freeze names and agenda with the text. Refused while a part of RC-1 is missing."""
    check(ctx, meeting)
    row = records.begin(ctx.session, meeting, ctx.member.name)
    row.sealed = seal(ctx, meeting)
    row.signed_at, row.signed_by, row.signed_name = ctx.now, ctx.member.id, ctx.member.name
    meeting.state = MeetingState.HELD
    ctx.session.add(row)
    theme_day.follow(ctx.session, meeting)
    ctx.audit("minutes sign", str(meeting.id))


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


def check(ctx: Context, meeting: Meeting) -> None:
    """Refuse whoever is not a secretary of the unit, and minutes that lack a part."""
    ctx.require(Role.SECRETARY, meeting.unit_id)
    if missing := missing_in(ctx, meeting):
        raise Refused("records.incomplete", fields=ctx.text("records.comma").join(missing))


def _field(ctx: Context, text: str) -> tuple[str, str]:
    """The part of the minutes that a correction names before a colon, and the rest; else the content."""
    for name in _FIELDS:
        if found := re.match(re.escape(ctx.text(f"records.field.{name}")) + "\\s*[:\uff1a]", text):
            return name, text[found.end() :].strip()
    return "content", text
