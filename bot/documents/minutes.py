"""Minutes as a Word file (RC-1, RC-2, RC-3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from docx.enum.text import WD_ALIGN_PARAGRAPH

from bot.documents.labels import Wording, safe_text
from bot.documents.values import Decision, Minutes
from bot.documents.word import WordWriter


def write_minutes(minutes: Minutes, labels: Mapping[str, str]) -> bytes:
    """The document; unlocked minutes carry a draft mark under the title."""
    say = Wording(labels)
    title = say("minutes.title", branch=minutes.branch, kind=say(f"kind.{minutes.kind}"))
    made_at = minutes.locked_at or minutes.ends_at or minutes.starts_at
    writer = WordWriter(say, title=title, made_at=made_at, official=True)
    if minutes.locked_at is None:
        writer.paragraph(say("minutes.draft_mark"), size=12, align=WD_ALIGN_PARAGRAPH.CENTER, space=6)
    writer.facts(_head(minutes, say))
    _numbered(writer, say("minutes.agenda"), minutes.agenda)
    writer.heading(say("minutes.content"))
    for text in minutes.content or (say("format.none"),):
        for line in safe_text(text).split("\n"):
            writer.paragraph(line, indent=True)
    _decisions(writer, minutes.decisions)
    _numbered(writer, say("minutes.attachments"), minutes.attachments, keep=True)
    _signatures(writer, minutes)
    if minutes.corrections:
        _corrections(writer, minutes)
    return writer.save()


def _head(minutes: Minutes, say: Wording) -> list[tuple[str, str]]:
    pairs = [
        (say("minutes.branch"), minutes.branch),
        (say("minutes.kind"), say(f"kind.{minutes.kind}")),
        (say("minutes.topic"), minutes.topic),
        (say("minutes.time"), say.span(minutes.starts_at, minutes.ends_at)),
        (say("minutes.place"), minutes.place),
        (say("minutes.chair"), minutes.chair),
        (say("minutes.recorder"), minutes.recorder),
    ]
    groups = ("due", "present", "late", "leave", "absent", "exempt", "observers")
    for group in groups:
        known = minutes.taken or group not in ("present", "late", "leave", "absent")
        pairs.append((say(f"minutes.{group}"), say.people(getattr(minutes, group)) if known else say("format.unknown")))
    return pairs


def _numbered(writer: WordWriter, heading: str, items: Sequence[str], *, keep: bool = False) -> None:
    """A heading and its items; with `keep` the last of them stays with what follows."""
    say = writer.say
    writer.heading(heading)
    lines = [say("minutes.numbered", number=number, text=text) for number, text in enumerate(items, start=1)]
    for line in lines or [say("format.none")]:
        writer.paragraph(line, indent=True, keep=keep and line is (lines or [line])[-1])


def _decisions(writer: WordWriter, decisions: Sequence[Decision]) -> None:
    say = writer.say
    writer.heading(say("minutes.decisions"))
    if not decisions:
        writer.paragraph(say("format.none"), indent=True)
        return
    keys = ("decision_number", "decision_text", "due_voters", "present_voters", "approve", "disapprove",
            "abstain", "result")  # fmt: skip
    rows = [
        [
            str(number),
            decision.text,
            *(_count(value, say) for value in _votes(decision)),
            _result(decision, say),
        ]
        for number, decision in enumerate(decisions, start=1)
    ]
    writer.grid([say(f"minutes.{key}") for key in keys], rows, (1.2, 5.4, 1.9, 1.9, 1.2, 1.4, 1.2, 1.6))


def _votes(decision: Decision) -> tuple[int | None, ...]:
    return (
        decision.due_voters,
        decision.present_voters,
        decision.approve,
        decision.disapprove,
        decision.abstain,
    )


def _count(value: int | None, say: Wording) -> str:
    return say("format.unknown") if value is None else str(value)


def _result(decision: Decision, say: Wording) -> str:
    return say(f"minutes.{decision.verdict}") if decision.verdict else say("format.unknown")


def _signatures(writer: WordWriter, minutes: Minutes) -> None:
    say = writer.say
    writer.paragraph("", space=12, keep=True)
    keys = ("minutes.sign_chair", "minutes.sign_recorder")
    note = ""
    if minutes.locked_at is not None:
        note = say("minutes.locked", name=minutes.locked_by, time=say.moment(minutes.locked_at))
    writer.signatures([f"{say(key)}____________    {say('minutes.sign_date')}" for key in keys], after=note)


def _corrections(writer: WordWriter, minutes: Minutes) -> None:
    """RC-2: what was signed stays as it was; corrections follow on a page of their own."""
    say = writer.say
    writer.page_break()
    writer.heading(say("minutes.corrections"))
    headings = [say(f"minutes.{key}") for key in ("correction_time", "correction_by", "correction_text")]
    rows = [[say.moment(item.made_at), item.made_by, item.text] for item in minutes.corrections]
    writer.grid(headings, rows, (4.2, 2.6, 8.8))
