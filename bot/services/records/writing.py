"""The minutes of a meeting: how they stand, how they read, and what may be written into them (RC-1..RC-3)."""

from __future__ import annotations

import logging
import re
from datetime import date

from msgspec.structs import asdict

from bot.messages import Role
from bot.router import Context, Refused
from bot.rules.records import Votes, record_due, same_words, votes_problem
from bot.rules.secrecy import find_marks
from bot.rules.theme_day import AgendaItem
from bot.services.records.compose import attended, kind_text, minutes_of, missing_in, motions
from bot.store import meetings, records, theme_day
from bot.store.meetings import Meeting, MeetingState
from bot.store.records import GROUPS

_log = logging.getLogger(__name__)
_MOST = {
    "content": 3000, "rewrite": 3000, "decision": 300, "people": 40, "attachment": 80, "place": 40,
    "agenda": 400,
}  # fmt: skip


def status(ctx: Context, meeting: Meeting) -> str:
    """The state of the minutes in a few lines."""
    row = records.find(ctx.session, meeting.id or 0)
    found = attended(ctx, meeting)
    lines = [
        ctx.text(
            "records.head",
            kind=kind_text(ctx, meeting),
            day=day_of(meeting),
            topic=meeting.topic or meeting.title,
        )
    ]
    key = "records.roll" if found.taken else "records.no_roll"
    counts = {name: len(found.names(name)) for name in GROUPS}
    lines.append(ctx.text(key, **counts))
    minutes = minutes_of(ctx, meeting)
    if row is not None:
        lines.append(ctx.text("records.who", chair=row.chair or "—", recorder=row.recorder or "—"))
        lines.append(ctx.text("records.written", count=len(row.content), decisions=len(minutes.decisions)))
    if row is not None and row.signed_at is not None:
        notes = len(records.corrections(ctx.session, meeting.id or 0))
        signed = ctx.text("records.signed_by", name=row.signed_name, at=f"{row.signed_at:%Y-%m-%d %H:%M}", count=notes)
        return "\n".join([*lines, signed])
    if missing := missing_in(ctx, meeting, minutes):
        lines.append(ctx.text("records.still_missing", fields=ctx.text("records.comma").join(missing)))
    until = due_on(ctx, meeting)
    late = "records.overdue" if ctx.today > until else "records.due"
    return "\n".join([*lines, ctx.text(late, day=f"{until:%m-%d}")])


def due_on(ctx: Context, meeting: Meeting) -> date:
    """The last day for handing the minutes in (RC-2), counted from the later session."""
    last = theme_day.last_session(ctx.session, meeting).starts_at.date()
    return record_due(last, ctx.library.content.calendar, ctx.settings.meeting.record_due_workdays)


def put(ctx: Context, meeting: Meeting, name: str, text: str) -> None:
    """Write one part of unsigned minutes; refuses what is empty, too long or must not be here (SC-6)."""
    row = records.begin(ctx.session, meeting, ctx.member.name)
    plain = clean(ctx, text, _MOST[name])
    if name == "place":
        meeting.place = plain
        theme_day.follow(ctx.session, meeting)
    elif name == "agenda":
        added = [asdict(AgendaItem("other", line)) for line in plain.splitlines()]
        meeting.agenda = [*(one for one in meeting.agenda if one["required"]), *added]
        theme_day.follow(ctx.session, meeting)
    elif name == "decision":
        row.decisions = [*row.decisions, _decision(ctx, meeting, plain)]
    elif name == "attachment":
        row.attachments = [*row.attachments, plain]
    elif name == "people":
        names = plain.split()
        if len(names) != 2:
            raise Refused("records.how_people")
        row.chair, row.recorder = names
    else:
        content = plain if name == "rewrite" or not row.content else f"{row.content}\n{plain}"
        row.content = clean(ctx, content, 4 * _MOST[name])
    ctx.session.add(row)


def preview(ctx: Context, meeting: Meeting) -> str:
    """The minutes as text, for the chat."""
    found = minutes_of(ctx, meeting)
    comma = ctx.text("records.comma")
    lines = [ctx.text("records.preview_head", kind=kind_text(ctx, meeting), day=day_of(meeting), place=found.place)]
    lines.append(ctx.text("records.who", chair=found.chair, recorder=found.recorder))
    for name in ("present", "late", "leave", "absent", "observers"):
        if names := getattr(found, name):
            lines.append(ctx.text(f"records.names_{name}", count=len(names), names=comma.join(names)))
    lines.append(ctx.text("records.preview_content", text="\n".join(found.content)))
    for number, one in enumerate(found.decisions, 1):
        key = "records.preview_decision" if one.approve is None else "records.preview_vote"
        result = ctx.text(f"records.{one.verdict or 'undecided'}")
        lines.append(
            ctx.text(
                key, number=number, text=one.text, due=one.due_voters, yes=one.approve, no=one.disapprove,
                abstain=one.abstain, result=result,
            )
        )  # fmt: skip
    return "\n".join(lines)


def unsigned(ctx: Context, meeting_id: int) -> Meeting:
    """A begun meeting whose minutes this person may write; refused once they are signed."""
    meeting = meetings.find(ctx.session, meeting_id)
    if meeting is None or meeting.state is MeetingState.CANCELLED:
        raise Refused("help.stale_button")
    ctx.require(Role.COMMITTEE, meeting.unit_id)
    if meeting.starts_at > ctx.now:
        raise Refused("records.not_yet")
    if records.is_signed(ctx.session, meeting_id):
        raise Refused("records.locked")
    return meeting


def _decision(ctx: Context, meeting: Meeting, text: str) -> dict[str, object]:
    """A decision with its counts, where the text ends with them; they must fit (RC-3, MD-3)."""
    found = re.search(ctx.text("records.votes"), text) or re.search(ctx.text("records.votes_short"), text)
    if found is None:
        return {"text": text, "yes": None}
    yes, no, abstain = (int(found[name] or 0) for name in ("yes", "no", "abstain"))
    due, came = records.voters(ctx.session, meeting)
    present = yes + no + abstain if came is None else came
    if problem := votes_problem(Votes(due, present, yes, no, abstain)):
        raise Refused(f"records.votes_{problem}", due=due, present=present)
    subject = text[: found.start()].strip(ctx.text("records.around")) or text
    for voted in motions(ctx, meeting):
        counts = {name: voted[name] for name in ("yes", "no", "abstain")}
        if same_words(voted["text"]) == same_words(subject) and counts != {"yes": yes, "no": no, "abstain": abstain}:
            raise Refused("records.voted_here", **counts)
    return {"text": subject, "due": due, "present": present, "yes": yes, "no": no, "abstain": abstain}


def clean(ctx: Context, text: str, most: int) -> str:
    """The text without empty lines and needless blanks; refused when empty, longer than `most` or marked (SC-6)."""
    lines = [" ".join(line.split()) for line in text.splitlines()]
    plain = "\n".join(line for line in lines if line)
    if not plain:
        raise Refused("records.empty")
    if len(plain) > most:
        raise Refused("records.too_long", limit=most)
    if found := find_marks(plain, ctx.library.content.marks):
        _log.warning("refused a text: %s", ", ".join(found))
        raise Refused("records.secret")
    return plain


def day_of(meeting: Meeting) -> str:
    """The day of a meeting as it is typed."""
    return f"{meeting.starts_at:%Y-%m-%d}"
