"""Writing the minutes in chat: what is open, content, decisions, signature, corrections (RC-1..RC-3)."""

from __future__ import annotations

import logging
import re
from datetime import date

from bot.handlers.records.compose import grace, kind_text, minutes_of, missing_in, roll_of, seal
from bot.messages import Choice, Inbound, Message, Role
from bot.router import Context, Refused
from bot.rules.dates import read_date
from bot.rules.meeting import passes
from bot.rules.records import Correction, Votes, add_correction, record_due, votes_problem
from bot.rules.secrecy import find_marks
from bot.store import meetings, people, records, theme_day
from bot.store.meetings import Meeting, MeetingState
from bot.store.people import UnitKind
from bot.store.records import MinutesCorrection, MinutesRow

_log = logging.getLogger(__name__)
_MOST = {"content": 3000, "rewrite": 3000, "decision": 300, "people": 40, "attachment": 80}
_MENU = ("content", "rewrite", "decision", "people", "attachment", "preview", "sign")
_FIELDS = ("date", "place", "chair", "recorder", "due", "present", "agenda", "content")


def show(inbound: Inbound, ctx: Context) -> Message:
    """Where the minutes of the latest meeting (or of a date) stand; asks for the content while there is none."""
    meeting, _ = _meeting(ctx, ctx.args)
    row = records.find(ctx.session, meeting.id or 0)
    if row is not None and row.signed_at is not None:
        return Message(status(ctx, meeting))
    row = records.begin(ctx.session, meeting, ctx.member.name)
    if not row.content:
        return _ask(ctx, meeting, "content", status(ctx, meeting))
    return _with_menu(ctx, meeting, status(ctx, meeting))


def status(ctx: Context, meeting: Meeting) -> str:
    """The state of the minutes in a few lines."""
    row = records.find(ctx.session, meeting.id or 0)
    names = roll_of(ctx, meeting)
    lines = [
        ctx.text(
            "records.head",
            kind=kind_text(ctx, meeting),
            day=_day(meeting),
            topic=meeting.topic or meeting.title,
        )
    ]
    key = "records.roll" if names.taken else "records.no_roll"
    counts = {
        name: len(getattr(names, name)) for name in ("due", "present", "late", "leave", "absent", "observers")
    }
    lines.append(ctx.text(key, **counts))
    if row is not None:
        lines.append(ctx.text("records.who", chair=row.chair or "—", recorder=row.recorder or "—"))
        lines.append(ctx.text("records.written", count=len(row.content), decisions=len(row.decisions)))
    if row is not None and row.signed_at is not None:
        notes = len(records.corrections(ctx.session, meeting.id or 0))
        signed = ctx.text(
            "records.signed_by", name=row.signed_name, at=f"{row.signed_at:%Y-%m-%d %H:%M}", count=notes
        )
        return "\n".join([*lines, signed])
    if missing := missing_in(ctx, meeting):
        lines.append(ctx.text("records.still_missing", fields=ctx.text("records.comma").join(missing)))
    until = due_on(ctx, meeting)
    late = "records.overdue" if ctx.today > until else "records.due"
    return "\n".join([*lines, ctx.text(late, day=f"{until:%m-%d}")])


def due_on(ctx: Context, meeting: Meeting) -> date:
    """The last day for handing the minutes in (RC-2), counted from the later session."""
    last = theme_day.last_session(ctx.session, meeting).starts_at.date()
    return record_due(last, ctx.library.content.calendar, ctx.settings.meeting.record_due_workdays)


def menu(inbound: Inbound, ctx: Context) -> Message:
    """The buttons under the state."""
    assert ctx.asked is not None
    meeting = unsigned(ctx, ctx.asked.subject)
    chosen = _MENU[inbound.options[0]]
    if chosen == "preview":
        return _with_menu(ctx, meeting, preview(ctx, meeting))
    if chosen == "sign":
        return _ask_signature(ctx, meeting)
    return _ask(ctx, meeting, chosen)


def typed(inbound: Inbound, ctx: Context) -> Message:
    """A typed part of the minutes."""
    assert ctx.asked is not None
    meeting = unsigned(ctx, ctx.asked.subject)
    put(ctx, meeting, ctx.asked.route.partition(".")[2].removeprefix("set_"), inbound.text)
    return _with_menu(ctx, meeting, status(ctx, meeting))


def put(ctx: Context, meeting: Meeting, name: str, text: str) -> None:
    """Write one part of unsigned minutes; refuses what is empty, too long or must not be here (SC-6)."""
    row = records.begin(ctx.session, meeting, ctx.member.name)
    plain = _clean(ctx, text, _MOST[name])
    if name == "decision":
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
        row.content = _clean(ctx, content, 4 * _MOST[name])
    ctx.session.add(row)


def preview(ctx: Context, meeting: Meeting) -> str:
    """The minutes as text, for the chat."""
    found = minutes_of(ctx, meeting)
    comma = ctx.text("records.comma")
    lines = [
        ctx.text("records.preview_head", kind=kind_text(ctx, meeting), day=_day(meeting), place=found.place)
    ]
    lines.append(ctx.text("records.who", chair=found.chair, recorder=found.recorder))
    for name in ("present", "late", "leave", "absent", "observers"):
        if names := getattr(found, name):
            lines.append(ctx.text(f"records.names_{name}", count=len(names), names=comma.join(names)))
    lines.append(ctx.text("records.preview_content", text="\n".join(found.content)))
    for number, one in enumerate(found.decisions, 1):
        key = "records.preview_decision" if one.approve is None else "records.preview_vote"
        result = ctx.text("records.passed" if one.passed else "records.failed")
        lines.append(
            ctx.text(key, number=number, text=one.text, due=one.due_voters, yes=one.approve, no=one.disapprove,
                     abstain=one.abstain, result=result)
        )  # fmt: skip
    return "\n".join(lines)


def sign(inbound: Inbound, ctx: Context) -> Message:
    """The secretary's answer to the last question before the minutes are locked (RC-2)."""
    assert ctx.asked is not None
    meeting = unsigned(ctx, ctx.asked.subject)
    if inbound.options != (0,):
        return _with_menu(ctx, meeting, ctx.text("records.not_signed"))
    lock(ctx, meeting)
    export = Choice.command(ctx.library.content.texts.phrases("records.export")[0])
    return Message(ctx.text("records.signed", day=_day(meeting)), (export,))


def sign_now(inbound: Inbound, ctx: Context) -> Message:
    """Ask for the signature by command."""
    meeting, _ = _meeting(ctx, ctx.args)
    return _ask_signature(ctx, unsigned(ctx, meeting.id or 0))


def lock(ctx: Context, meeting: Meeting) -> None:
    """Sign: freeze names and agenda with the text. Refused while a part of RC-1 is missing."""
    ctx.require(Role.SECRETARY, meeting.unit_id)
    if missing := missing_in(ctx, meeting):
        raise Refused("records.incomplete", fields=ctx.text("records.comma").join(missing))
    row = records.begin(ctx.session, meeting, ctx.member.name)
    row.sealed = seal(ctx, meeting)
    row.signed_at, row.signed_by, row.signed_name = ctx.now, ctx.member.id, ctx.member.name
    meeting.state = MeetingState.HELD
    ctx.session.add(row)
    theme_day.follow(ctx.session, meeting)
    ctx.audit("minutes sign", str(meeting.id))


def correct(inbound: Inbound, ctx: Context) -> Message:
    """Append a dated correction to signed minutes (RC-2): "[date] [part:] text [reason: why]"."""
    meeting, said = _meeting(ctx, ctx.args)
    row = records.find(ctx.session, meeting.id or 0)
    if row is None or row.signed_at is None:
        raise Refused("records.edit_instead")
    if not said:
        raise Refused("records.how_correct")
    append_correction(ctx, row, said)
    ctx.audit("minutes correct", str(meeting.id))
    return Message(ctx.text("records.corrected", day=_day(meeting)))


def append_correction(ctx: Context, row: MinutesRow, said: str) -> None:
    """Add it to the row's corrections, after all that are there."""
    text, *reasons = re.split(ctx.text("records.reason_mark"), _clean(ctx, said, 500), maxsplit=1)
    field, text = _field(ctx, text.strip())
    before = tuple(
        Correction(one.at, one.author, one.field, one.text, one.reason)
        for one in records.corrections(ctx.session, row.meeting_id)
    )
    reason = "".join(reasons).strip() or ctx.text("records.no_reason")
    if not text:
        raise Refused("records.how_correct")
    given = Correction(ctx.now, ctx.member.name, field, text, reason)
    new = add_correction(row.signed_at, before, given)[-1]
    ctx.session.add(
        MinutesCorrection(
            meeting_id=row.meeting_id, at=new.at, author_id=ctx.member.id, author=new.author, field=new.field,
            text=new.text, reason=new.reason,
        )
    )  # fmt: skip
    ctx.session.flush()


def unsigned(ctx: Context, meeting_id: int) -> Meeting:
    """A begun meeting whose minutes this person may write; refused once they are signed."""
    meeting = meetings.find(ctx.session, meeting_id)
    if meeting is None or meeting.state is MeetingState.CANCELLED:
        raise Refused("help.stale_button")
    ctx.require(Role.COMMITTEE, meeting.unit_id)
    if meeting.starts_at > ctx.now:
        raise Refused("records.not_yet")
    if records.signed(ctx.session, meeting_id):
        raise Refused("records.locked")
    return meeting


def _meeting(ctx: Context, said: str) -> tuple[Meeting, str]:
    """The meeting that is meant (a date may come first) and the words that follow."""
    unit = people.unit(ctx.session, ctx.unit_id)
    if unit.kind is not UnitKind.BRANCH:
        raise Refused("records.on_the_web")
    word, _, rest = said.strip().partition(" ")
    day = read_date(word, ctx.library.content.dates, ctx.today) if word else None
    if day is None:
        meeting = records.current(ctx.session, ctx.unit_id, ctx.now)
        if meeting is None:
            raise Refused("records.none_held")
        return meeting, said.strip()
    listed = [one for one in meetings.of_day(ctx.session, ctx.unit_id, day) if one.starts_at <= ctx.now]
    if not listed:
        raise Refused("records.none_on_day", day=f"{day:%Y-%m-%d}")
    first = listed[0]
    return (meetings.find(ctx.session, first.second_of) or first if first.second_of else first), rest.strip()


def _field(ctx: Context, text: str) -> tuple[str, str]:
    """The part of the minutes that a correction names before a colon, and the rest; else the content."""
    for name in _FIELDS:
        if found := re.match(re.escape(ctx.text(f"records.field.{name}")) + "\\s*[:\uff1a]", text):
            return name, text[found.end() :].strip()
    return "content", text


def _ask(ctx: Context, meeting: Meeting, name: str, before: str = "") -> Message:
    title = ctx.text(f"records.ask_{name}")
    text = f"{before}\n\n{title}" if before else title
    return Message(text, awaits=ctx.ask_text(f"records.set_{name}", meeting.id or 0, title))


def _with_menu(ctx: Context, meeting: Meeting, text: str) -> Message:
    labels = tuple(ctx.text(f"records.button_{name}") for name in _MENU)
    return Message(
        text, ctx.ask("records.menu", meeting.id or 0, ctx.text("records.menu"), labels), columns=2
    )


def _ask_signature(ctx: Context, meeting: Meeting) -> Message:
    ctx.require(Role.SECRETARY, meeting.unit_id)
    if missing := missing_in(ctx, meeting):
        raise Refused("records.incomplete", fields=ctx.text("records.comma").join(missing))
    title = ctx.text("records.ask_sign", day=_day(meeting))
    choices = ctx.ask(
        "records.sign", meeting.id or 0, title, (ctx.text("records.sign_yes"), ctx.text("records.sign_no"))
    )
    return Message(f"{preview(ctx, meeting)}\n\n{title}", choices)


def _decision(ctx: Context, meeting: Meeting, text: str) -> dict[str, object]:
    """A decision with its counts, where the text ends with them; the rules check that they fit (RC-3, MD-3)."""
    found = re.search(ctx.text("records.votes"), text)
    if found is None:
        return {"text": text, "yes": None}
    yes, no, abstain = (int(found[name] or 0) for name in ("yes", "no", "abstain"))
    due, came = records.voters(ctx.session, meeting, grace(ctx))
    present = yes + no + abstain if came is None else came
    if problem := votes_problem(Votes(due, present, yes, no, abstain)):
        raise Refused(f"records.votes_{problem}", due=due, present=present)
    passes(due, yes)
    subject = text[: found.start()].strip(ctx.text("records.around")) or text
    return {"text": subject, "due": due, "present": present, "yes": yes, "no": no, "abstain": abstain}


def _clean(ctx: Context, text: str, most: int) -> str:
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


def _day(meeting: Meeting) -> str:
    return f"{meeting.starts_at:%Y-%m-%d}"
