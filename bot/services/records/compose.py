"""The minutes and the month of a branch as the documents' values, filled from what is stored."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot import documents
from bot.documents import (
    AttendanceLine,
    Decision,
    MaterialLine,
    Minutes,
    MonthRecord,
    NoticeLine,
    PollLine,
    QuizLine,
    SessionLine,
)
from bot.router import Context
from bot.rules.attendance import MISSED, Status, make_up_due
from bot.rules.meeting import Duty, Period, missing_duties, required_duties, verdict
from bot.rules.people import Post
from bot.rules.records import decided, is_locked, missing_fields
from bot.services.attendance.picture import grace
from bot.store import people, poll, quiz, receipts, records, study, theme_day
from bot.store.meetings import Meeting
from bot.store.people import Unit, UnitKind
from bot.store.records import GROUPS, Attended, MinutesRow


def kind_of(meeting: Meeting) -> str:
    """The duty that names the meeting in documents."""
    known = [duty for duty in Duty if duty in meeting.duties]
    first = Duty.THEME_DAY if Duty.THEME_DAY in known else next(iter(known), None)
    return str(first) if first else "other"


def kind_text(ctx: Context, meeting: Meeting) -> str:
    """The same in words."""
    return ctx.library.content.labels[f"kind.{kind_of(meeting)}"]


def minutes_of(ctx: Context, meeting: Meeting) -> Minutes:
    """The minutes as they stand; once signed, as they were signed, with the corrections (RC-1, RC-2)."""
    number = meeting.id or 0
    row = records.find(ctx.session, number) or MinutesRow(meeting_id=number)
    found = attended(ctx, meeting)
    sealed = row.sealed or _sealed(ctx, meeting, found)
    notes = tuple(
        documents.Correction(one.at, one.author, _correction_text(ctx, one.field, one.text, one.reason))
        for one in records.corrections(ctx.session, number)
    )
    return Minutes(
        branch=people.unit(ctx.session, meeting.unit_id).name,
        kind=kind_of(meeting),
        topic=sealed["topic"],
        starts_at=datetime.fromisoformat(sealed["starts_at"]),
        ends_at=datetime.fromisoformat(sealed["ends_at"]),
        place=sealed["place"],
        chair=row.chair,
        recorder=row.recorder,
        agenda=tuple(sealed["agenda"]),
        content=(*row.content.splitlines(), *sealed["extras"]),
        decisions=tuple(_decision(one) for one in decided(sealed.get("motions", []), row.decisions)),
        attachments=(*sealed["materials"], *row.attachments),
        locked_at=row.signed_at,
        locked_by=row.signed_name,
        corrections=notes,
        taken=found.taken,
        **{name: tuple(sealed[name]) for name in GROUPS},
    )


def seal(ctx: Context, meeting: Meeting) -> dict[str, Any]:
    """What the signature freezes besides the written text: JSON-ready."""
    return _sealed(ctx, meeting, attended(ctx, meeting))


def _sealed(ctx: Context, meeting: Meeting, found: Attended) -> dict[str, Any]:
    return {
        **{name: list(found.names(name)) for name in GROUPS},
        "topic": meeting.topic or meeting.title,
        "place": meeting.place,
        "starts_at": meeting.starts_at.isoformat(),
        "ends_at": meeting.ends_at.isoformat(),
        "agenda": [str(item["title"]) for item in meeting.agenda],
        "extras": _extras(ctx, meeting),
        "motions": motions(ctx, meeting),
        "materials": [one.title for one in study.for_meeting(ctx.session, meeting.id or 0)],
    }


def missing_in(ctx: Context, meeting: Meeting, minutes: Minutes | None = None) -> tuple[str, ...]:
    """The parts of RC-1 that are still empty, in words; `minutes` where they are at hand."""
    found = minutes or minutes_of(ctx, meeting)
    row = records.find(ctx.session, meeting.id or 0)
    values = {
        "branch": found.branch, "kind": found.kind, "date": found.starts_at, "place": found.place,
        "chair": found.chair, "recorder": found.recorder, "due": found.due,
        "present": len(found.present) if found.taken else None, "agenda": found.agenda,
        "content": row.content if row else "",
    }  # fmt: skip
    return tuple(ctx.text(f"records.field.{name}") for name in missing_fields(values))


def state_of(ctx: Context, meeting: Meeting) -> str:
    """missing, draft, submitted (complete, waits for the signature) or locked."""
    row = records.find(ctx.session, meeting.id or 0)
    if row is None:
        return "missing"
    if is_locked(row.signed_at):
        return "locked"
    return "draft" if missing_in(ctx, meeting) else "submitted"


def month_of(ctx: Context, unit_id: int, year: int, month: int, *, named: bool) -> MonthRecord:
    """The branch's month. Without `named` there are totals only (8.6)."""
    branch = people.unit(ctx.session, unit_id)
    above = people.unit(ctx.session, branch.parent_id) if branch.parent_id else None
    general = above.name if above is not None and above.kind is UnitKind.GENERAL_BRANCH else None
    held = records.held_in(ctx.session, unit_id, year, month, ctx.now)
    groups, in_group = records.groups(ctx.session, unit_id), records.member_groups(ctx.session, unit_id)
    ledger = [line for one in held for line in _ledger(ctx, one, groups, in_group)] if named else []
    return MonthRecord(
        branch=branch.name,
        general_branch=general,
        secretary=next(iter(records.holders(ctx.session, unit_id, Post.SECRETARY)), ""),
        year=year,
        month=month,
        made_at=ctx.now,
        member_count=records.members(ctx.session, unit_id),
        sessions=tuple(session_line(ctx, one) for one in held),
        attendance=tuple(ledger),
        notices=_notices(ctx, unit_id, year, month),
        quiz=tuple(line for one in held for line in _quiz(ctx, one)),
        polls=tuple(line for one in held for line in _polls(ctx, one)),
        materials=_materials(ctx, unit_id, year, month),
    )


def session_line(ctx: Context, meeting: Meeting) -> SessionLine:
    """One meeting in numbers (AT-6); of who came nothing is known where no sign-in was kept."""
    found = attended(ctx, meeting)
    return SessionLine(
        held_on=meeting.starts_at.date(),
        kind=kind_of(meeting),
        topic=meeting.topic or meeting.title,
        place=meeting.place,
        taken=found.taken,
        tally=found.tally,
        record_state=state_of(ctx, meeting),
    )


def missing_this_period(ctx: Context, branch: Unit, year: int, month: int) -> tuple[str, ...]:
    """The duties that nothing in the month, or in its quarter, has met yet, in words (MT-1..MT-5, MT-11)."""
    number = branch.id or 0
    has_groups = bool(records.groups(ctx.session, number))
    quarter = range(month - (month - 1) % 3, month + 1)
    by_month = {
        one: [list(map(Duty, m.duties)) for m in records.held_in(ctx.session, number, year, one, ctx.now)]
        for one in quarter
    }  # fmt: skip
    monthly = required_duties(Period.MONTH, branch.has_committee, has_groups)
    quarterly = required_duties(Period.QUARTER, branch.has_committee, has_groups)
    missing = missing_duties(monthly, by_month[month])
    missing += missing_duties(quarterly, [duties for held in by_month.values() for duties in held])
    return tuple(ctx.library.content.labels[f"kind.{duty}"] for duty in missing)


def attended(ctx: Context, meeting: Meeting) -> Attended:
    """Who was there: as it was signed, else as it stands now."""
    return records.attended(ctx.session, meeting, grace(ctx))


def motions(ctx: Context, meeting: Meeting) -> list[dict[str, Any]]:
    """The motions that were decided at the meeting, as decisions with their counts (MD-3, RC-3)."""
    found = [one for one in poll.of_meeting(ctx.session, meeting.id or 0) if one.motion]
    return [
        {"text": one.title, "due": one.due, "present": one.present}
        | {name: count for name, (_, count) in zip(("yes", "no", "abstain"), one.options, strict=True)}
        for one in found
    ]


def _ledger(
    ctx: Context, meeting: Meeting, groups: dict[int, str], in_group: dict[int, int | None]
) -> list[AttendanceLine]:
    found = attended(ctx, meeting)
    day = meeting.starts_at.date()
    until = make_up_due(day, ctx.settings.attendance.makeup_days)
    lines = []
    for line in found.lines:
        status = "observer" if line.observer else str(line.status)
        if not found.taken and line.status is not Status.EXEMPT:
            status = "pending"
        make_up = "not_needed"
        if found.taken and line.status in MISSED:
            make_up = "confirmed" if line.made_up else "due" if ctx.today <= until else "overdue"
        if line.leave_pending and line.status is Status.ABSENT:
            status = "leave_pending"
        group = groups.get(in_group.get(line.member_id or 0) or 0)
        lines.append(AttendanceLine(day, kind_of(meeting), line.name, group, status, make_up, line.made_up_on))
    return lines


def _quiz(ctx: Context, meeting: Meeting) -> list[QuizLine]:
    return [
        QuizLine(one.title, position, stem, answered, right)
        for one in quiz.of_meeting(ctx.session, meeting.id or 0)
        for position, (stem, right, answered) in enumerate(one.questions, 1)
    ]


def _notices(ctx: Context, unit_id: int, year: int, month: int) -> tuple[NoticeLine, ...]:
    lines = []
    for one in records.notices_of_month(ctx.session, unit_id, year, month):
        reached = receipts.progress(ctx.session, one.id or 0, one.outgoing_id)
        sent_at = one.sent_at or one.made_at
        lines.append(NoticeLine(one.title, sent_at, reached.sent, reached.opened, reached.confirmed))
    return tuple(lines)


def _polls(ctx: Context, meeting: Meeting) -> list[PollLine]:
    return [
        PollLine(one.title, label, count, one.voters)
        for one in poll.of_meeting(ctx.session, meeting.id or 0)
        for label, count in one.options
    ]


def _materials(ctx: Context, unit_id: int, year: int, month: int) -> tuple[MaterialLine, ...]:
    found = study.of_month(ctx.session, unit_id, year, month)
    return tuple(MaterialLine(one.title, one.source, one.pushed_on, one.url) for one in found)


def _extras(ctx: Context, meeting: Meeting) -> list[str]:
    """Paragraphs made from a second session, votes and quizzes of the meeting: counts only (RC-3, FM-8). Motions are
    decisions."""
    lines = []
    if other := theme_day.second(ctx.session, meeting.id or 0):
        lines.append(ctx.text("records.extra_second", at=f"{other.starts_at:%m-%d %H:%M}"))
    for vote in poll.of_meeting(ctx.session, meeting.id or 0):
        if vote.motion:
            continue
        counts = ctx.text("records.comma").join(
            ctx.text("records.extra_option", label=label, count=count) for label, count in vote.options
        )
        lines.append(ctx.text("records.extra_poll", title=vote.title, voters=vote.voters, counts=counts))
    for one in quiz.of_meeting(ctx.session, meeting.id or 0):
        lines.append(ctx.text("records.extra_quiz", title=one.title, count=one.participants))
    return lines


def _decision(stored: Mapping[str, Any]) -> Decision:
    text = str(stored["text"])
    if stored.get("yes") is None:
        return Decision(text)
    due, yes, no, abstain = (int(str(stored[name])) for name in ("due", "yes", "no", "abstain"))
    if stored["present"] is None:
        return Decision(text, due, None, yes, no, abstain)
    present = int(str(stored["present"]))
    return Decision(text, due, present, yes, no, abstain, verdict(due, present, min(yes, due)))


def _correction_text(ctx: Context, field: str, text: str, reason: str) -> str:
    return ctx.text("records.correction", field=ctx.text(f"records.field.{field}"), text=text, reason=reason)
