"""Writing the minutes in chat: what is open, content, decisions, signature, corrections (RC-1..RC-3)."""

from __future__ import annotations

import logging
import re
from datetime import date

from msgspec.structs import asdict

from bot.handlers.records.compose import attended, kind_text, minutes_of, missing_in, motions
from bot.messages import Choice, Inbound, Link, Message, Role
from bot.router import Context, Refused
from bot.rules.dates import names_date, read_date
from bot.rules.meeting import Duty
from bot.rules.records import Votes, record_due, same_words, votes_problem
from bot.rules.secrecy import find_marks
from bot.rules.theme_day import AgendaItem
from bot.store import meetings, people, records, theme_day
from bot.store.meetings import Meeting, MeetingState
from bot.store.people import UnitKind
from bot.store.records import GROUPS

_log = logging.getLogger(__name__)
_MOST = {
    "content": 3000, "rewrite": 3000, "decision": 300, "people": 40, "attachment": 80, "place": 40,
    "agenda": 400,
}  # fmt: skip
_MENU = ("content", "rewrite", "decision", "people", "kind", "place", "agenda", "attachment", "preview")


def show(inbound: Inbound, ctx: Context) -> Message:
    """Where the minutes of the latest meeting (or of a date) stand; asks for the content first."""
    meeting, _ = meeting_of(ctx, ctx.args)
    row = records.find(ctx.session, meeting.id or 0)
    if row is not None and row.signed_at is not None:
        return Message(status(ctx, meeting), links=_page(ctx, meeting))
    row = records.begin(ctx.session, meeting, ctx.member.name)
    if not row.content:
        return _ask(ctx, meeting, "content", status(ctx, meeting))
    return with_menu(ctx, meeting, status(ctx, meeting), _page(ctx, meeting))


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


def menu(inbound: Inbound, ctx: Context) -> Message:
    """The buttons under the state."""
    meeting = unsigned(ctx, ctx.question.subject)
    chosen = _MENU[inbound.options[0]]
    if chosen == "preview":
        return with_menu(ctx, meeting, preview(ctx, meeting))
    if chosen == "kind":
        options = tuple(ctx.library.content.labels[f"kind.{duty}"] for duty in Duty)
        title = ctx.text("records.ask_kind")
        return Message(
            title,
            ctx.ask("records.set_kind", meeting.id or 0, title, options, multiple=True, changeable=True),
        )
    return _ask(ctx, meeting, chosen)


def set_kind(inbound: Inbound, ctx: Context) -> Message:
    """Which duties the meeting satisfied; one meeting may carry several (MT-12)."""
    meeting = unsigned(ctx, ctx.question.subject)
    meeting.duties = [str(list(Duty)[number]) for number in inbound.options]
    theme_day.follow(ctx.session, meeting)
    return with_menu(ctx, meeting, status(ctx, meeting))


def typed(inbound: Inbound, ctx: Context) -> Message:
    """A typed part of the minutes."""
    meeting = unsigned(ctx, ctx.question.subject)
    put(ctx, meeting, ctx.question.route.partition(".")[2].removeprefix("set_"), inbound.text)
    return with_menu(ctx, meeting, status(ctx, meeting))


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


def meeting_of(ctx: Context, said: str, *, signed: bool = False) -> tuple[Meeting, str]:
    """The meeting that is meant (a date may come first) and the words that follow; without a
    date the latest that is not signed yet, or that is `signed`."""
    unit = people.unit(ctx.session, ctx.unit_id)
    if unit.kind is not UnitKind.BRANCH:
        raise Refused("records.on_the_web")
    word, _, rest = said.strip().partition(" ")
    day = read_date(word, ctx.library.content.dates, ctx.today) if word else None
    if day is None and names_date(word, ctx.library.content.dates):
        raise Refused("records.no_such_date", said=word)
    if day is None:
        meeting = records.current(ctx.session, ctx.unit_id, ctx.now, signed=signed)
        if meeting is None:
            raise Refused("records.none_held")
        return meeting, said.strip()
    listed = [one for one in meetings.of_day(ctx.session, ctx.unit_id, day) if one.starts_at <= ctx.now]
    if not listed:
        raise Refused("records.none_on_day", day=f"{day:%Y-%m-%d}")
    first = listed[0]
    return (meetings.find(ctx.session, first.second_of) or first if first.second_of else first), rest.strip()


def _ask(ctx: Context, meeting: Meeting, name: str, before: str = "") -> Message:
    title = ctx.text(f"records.ask_{name}")
    text = f"{before}\n\n{title}" if before else title
    awaits = ctx.ask_text(f"records.set_{name}", meeting.id or 0, title)
    return Message(text, links=_page(ctx, meeting) if before else (), awaits=awaits)


def _page(ctx: Context, meeting: Meeting) -> tuple[Link, ...]:
    return (Link(ctx.text("records.page.minutes"), ctx.page_link(f"/records/minutes/{meeting.id}")),)


def with_menu(ctx: Context, meeting: Meeting, text: str, links: tuple[Link, ...] = ()) -> Message:
    """The text with all that can be done next; signing is offered to the secretary only."""
    labels = tuple(ctx.text(f"records.button_{name}") for name in _MENU)
    choices = ctx.ask("records.menu", meeting.id or 0, ctx.text("records.menu"), labels)
    if ctx.may(Role.SECRETARY, meeting.unit_id):
        words = ctx.library.content.texts.phrases("records.sign_now")[0]
        choices = (*choices, Choice.command(f"{words} {day_of(meeting)}"))
    return Message(text, choices, links, columns=2)


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
    return f"{meeting.starts_at:%Y-%m-%d}"
