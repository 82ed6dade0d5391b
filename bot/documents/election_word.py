"""The result form and the report draft of an election as Word files (EL-24, EL-25)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time

from docx.enum.text import WD_ALIGN_PARAGRAPH

from bot.documents.election import CountTable, ElectionRecord
from bot.documents.labels import ZONE, Wording
from bot.documents.word import WordWriter


def write_result(record: ElectionRecord, labels: Mapping[str, str]) -> bytes:
    """The form: the meeting, every count with its totals, who is elected, who signs."""
    say = Wording(labels)
    writer = _writer(record, say, say("election_result.title", branch=record.branch))
    if not record.done:
        writer.paragraph(say("election_result.open"), size=12, align=WD_ALIGN_PARAGRAPH.CENTER, space=6)
    writer.facts(_meeting(record, say))
    for count in record.counts:
        _count(writer, count)
    _set_aside(writer, record)
    writer.heading(say("election_result.elected"))
    for office, names in record.elected:
        text = say.people(names) if names else say("election_result.nobody")
        shown = say("election_result.office_names", office=say(f"office.{office}"), names=text)
        writer.paragraph(shown, indent=True, keep=True)
    _corrections(writer, record)
    writer.paragraph("", space=6, keep=True)
    signs = [say(f"election_result.{key}") for key in ("sign_scrutineers", "sign_tellers", "sign_chair")]
    writer.signatures([*signs, say("minutes.sign_date")])
    return writer.save()


def write_report(record: ElectionRecord, labels: Mapping[str, str]) -> bytes:
    """The draft: committee members are filed, secretary and deputy are to be approved (EL-25)."""
    say = Wording(labels)
    offices = dict(record.elected)
    leaders = [office for office in ("secretary", "deputy") if offices.get(office)]
    kind = "by_election" if record.by_election else "term_election"
    title = say("election_report.title", branch=record.branch, kind=say(f"election_report.{kind}"))
    writer = _writer(record, say, title, official=True)
    writer.paragraph(say("election_report.draft"), size=12, align=WD_ALIGN_PARAGRAPH.CENTER, space=6)
    day = say.day(record.held_on)
    writer.paragraph(say("election_report.to", superior=record.superior))
    writer.paragraph(say("election_report.meeting", branch=record.branch, day=day, **_numbers(record)), indent=True)
    writer.paragraph(say("election_report.rules", rules=_rules(record, say)), indent=True)
    for number, count in enumerate(record.counts, start=1):
        head = say("election_report.count", number=number, office=say(f"office.{count.office}"))
        writer.paragraph(head + _vote_kind(count, say), font="font.heading", keep=True)
        writer.paragraph(_ballots(count, say), indent=True, keep=count.valid is not None)
        _totals(writer, count)
        if base := _base(count, say):
            writer.paragraph(base, indent=True)
        if count.given_up:
            writer.paragraph(_step(count, "given_up", say), indent=True)
        if count.left_open:
            writer.paragraph(_step(count, "left_open", say), indent=True)
    _set_aside(writer, record)
    for office, names in record.elected:
        text = say("election_report.elected", names=say.people(names), office=say(f"office.{office}"))
        writer.paragraph(text, indent=True, keep=True)
    if offices.get("committee"):
        writer.paragraph(say("election_report.file"), indent=True, keep=True)
    if leaders:
        both = say("format.name_separator").join(say(f"office.{office}") for office in leaders)
        writer.paragraph(say("election_report.approve", offices=both), indent=True, keep=True)
    _corrections(writer, record)
    writer.paragraph("", space=12, keep=True)
    writer.signatures([record.branch, say.day(record.made_on)])
    return writer.save()


def _writer(record: ElectionRecord, say: Wording, title: str, *, official: bool = False) -> WordWriter:
    made_at = datetime.combine(record.made_on, time(), ZONE)
    return WordWriter(say, title=title, made_at=made_at, official=official)


def _meeting(record: ElectionRecord, say: Wording) -> list[tuple[str, str]]:
    pairs = [
        ("branch", record.branch),
        ("held_on", say.day(record.held_on)),
        ("place", record.place),
        ("chair", record.chair),
        ("scrutineers", say.people(record.scrutineers)),
        ("tellers", say.people(record.tellers)),
        ("base", say("election_result.base_text", **_numbers(record))),
        ("clause", _rules(record, say)),
    ]
    return [(say(f"election_result.{key}"), value) for key, value in pairs]


def _rules(record: ElectionRecord, say: Wording) -> str:
    """The clauses of the adopted rules that are cited anywhere in the paper, each with the base it chooses (EL-21)."""
    cited = [(record.clause, record.base), *((count.clause, count.base) for count in record.counts if count.base)]
    named = dict.fromkeys((clause, base) for clause, base in cited if clause)
    shown = [
        say("election_result.rule", clause=clause, base=say(f"election_result.base_{base}")) for clause, base in named
    ]
    return say("election_result.rule_separator").join(shown) or say(f"election_result.base_{record.base}")


def _base(count: CountTable, say: Wording) -> str:
    """Which base decided a count in which the two disagree (EL-21); empty where they agree."""
    if not count.base:
        return ""
    key = "ruled" if count.clause else "unruled"
    return say(f"election_result.{key}", base=say(f"election_result.base_{count.base}"), clause=count.clause)


def _numbers(record: ElectionRecord) -> dict[str, object]:
    return {
        "with_rights": record.with_rights,
        "excluded": record.with_rights - record.due,
        "due": record.due,
        "present": record.present,
    }


def _count(writer: WordWriter, count: CountTable) -> None:
    say = writer.say
    writer.heading(say("election_result.count", office=say(f"office.{count.office}"), kind=_vote_kind(count, say)))
    writer.paragraph(_ballots(count, say), size=12, keep=count.valid is not None)
    _totals(writer, count)
    if count.needed_present is not None:
        needed = say("election_result.needed", present=count.needed_present, due=count.needed_due)
        writer.paragraph(needed, size=12)
    if base := _base(count, say):
        writer.paragraph(base, size=12)
    step = "given_up" if count.given_up else f"step_{count.step}"
    if count.left_open:
        step = "left_open"
    elif step == "step_vacant" and not count.reducible:
        step = "step_nobody"
    if count.kind == "preliminary" and count.step in ("tie", "vacant") and not count.left_open:
        step = f"preliminary_{count.step}"
    writer.paragraph(_step(count, step, say), size=12)


def _step(count: CountTable, step: str, say: Wording) -> str:
    return say(f"election_result.{step}", seats=count.left_open or count.given_up, number=count.approval)


def _corrections(writer: WordWriter, record: ElectionRecord) -> None:
    """What was corrected after the report, below what was reported (RC-2)."""
    if not record.corrections:
        return
    say = writer.say
    writer.heading(say("election_result.corrections"))
    for one in record.corrections:
        values = {"day": say.day(one.made_on), "author": one.author, "text": one.text, "reason": one.reason}
        last = one is record.corrections[-1]
        writer.paragraph(say("election_result.correction", **values), indent=True, keep=last)


def _set_aside(writer: WordWriter, record: ElectionRecord) -> None:
    """The votes that were counted and count for nothing."""
    say = writer.say
    for one in record.aside:
        values = {"number": one.number, "reason": one.reason, "day": say.day(one.on), "names": say.people(one.by)}
        kind, office = say(f"vote_kind.{one.kind}"), say(f"office.{one.office}")
        writer.paragraph(say("election_result.set_aside", kind=kind, office=office, **values), indent=True)
        if one.left_open:
            text = say("election_result.left_open", seats=one.left_open, number=one.approval)
            writer.paragraph(text, indent=True)


def _vote_kind(count: CountTable, say: Wording) -> str:
    meeting = say("vote_kind.by_committee") if count.by_committee else ""
    return meeting + say(f"vote_kind.{count.kind}")


def _ballots(count: CountTable, say: Wording) -> str:
    values: dict[str, object] = {
        name: getattr(count, name) for name in ("due", "present", "issued", "voted", "returned", "invalid")
    }
    wanted = "wanted_preliminary" if count.kind == "preliminary" else "wanted"
    values["wanted"] = say(f"election_result.{wanted}", seats=count.seats)
    if count.valid is None:
        return say("election_result.box_invalid", **values)
    text = say("election_result.ballots", valid=count.valid, **values)
    return text + say("election_result.decided", decided=count.decided) if count.decided else text


def _totals(writer: WordWriter, count: CountTable) -> None:
    """Every name with its totals (EL-24)."""
    if count.valid is None:
        return
    say = writer.say
    headings = [say(f"election_result.{key}") for key in ("name", "approve", "disapprove", "abstain", "note")]
    rows = []
    for line in count.lines:
        written = line.disapprove is None
        note = [say("election_result.written_in")] if written else []
        won = "listed" if count.kind == "preliminary" else "won"
        note += [say(f"election_result.{won}")] if line.elected else []
        note += [say("election_result.barred")] if line.barred else []
        marks = [say("format.unknown") if mark is None else str(mark) for mark in (line.disapprove, line.abstain)]
        rows.append([line.name, str(line.approve), *marks, say("format.name_separator").join(note)])
    writer.grid(headings, rows, (4, 2, 2, 2, 4))
