"""The tables of a month's record, the same for Word and Excel."""

from __future__ import annotations

from fractions import Fraction

from bot.documents.grid import Cell, Column, Table
from bot.documents.labels import Wording
from bot.documents.values import MonthRecord, SessionLine
from bot.rules.quiz import FEWEST_FOR_SHARES, right_share


def month_tables(record: MonthRecord, say: Wording) -> tuple[Table, ...]:
    """Sessions, attendance ledger, notices, quiz, polls and materials, in this order."""
    return (
        _sessions(record, say),
        _attendance(record, say),
        _notices(record, say),
        _quiz(record, say),
        _polls(record, say),
        _materials(record, say),
    )


def facts(record: MonthRecord, say: Wording) -> tuple[tuple[str, str], ...]:
    """The head of the record as (label, value) pairs."""
    return (
        (say("month.branch"), record.branch),
        (say("month.general_branch"), record.general_branch or say("format.none")),
        (say("month.secretary"), record.secretary),
        (say("month.month"), say("format.month", year=record.year, month=record.month)),
        (say("month.members"), say("format.people", count=record.member_count)),
        (say("month.made_at"), say.moment(record.made_at)),
    )


def _columns(say: Wording, *parts: tuple[str, float], shares: tuple[str, ...] = ()) -> tuple[Column, ...]:
    return tuple(Column(say(f"month.{key}"), width, key in shares) for key, width in parts)


def _sessions(record: MonthRecord, say: Wording) -> Table:
    columns = _columns(
        say,
        ("date", 16), ("kind", 12), ("topic", 30), ("place", 18), ("due", 8), ("present", 8), ("late", 9),
        ("leave", 7), ("absent", 7), ("exempt", 8), ("observers", 7), ("made_up", 8), ("attendance_rate", 9),
        ("coverage_rate", 9), ("record", 10),
        shares=("attendance_rate", "coverage_rate"),
    )  # fmt: skip
    rows = tuple(
        (
            line.held_on, say(f"kind.{line.kind}"), line.topic, line.place, *_numbers(line, say), line.attendance_rate,
            line.coverage_rate, say(f"record_state.{line.record_state}"),
        )
        for line in record.sessions
    )  # fmt: skip
    return Table(say("month.sessions"), columns, rows, say("month.rates_note"))


def _numbers(line: SessionLine, say: Wording) -> tuple[Cell, ...]:
    """Due, came, late of these, leave, absent, exempt, observers, caught up; a dash for what nobody knows."""
    found = line.tally
    here: tuple[Cell, ...] = (found.came, found.late, found.leave_approved, found.absent)
    if not line.taken:
        here = (say("format.unknown"),) * len(here)
    return (found.expected, *here, found.exempt, found.observers, found.made_up)


def _attendance(record: MonthRecord, say: Wording) -> Table:
    columns = _columns(
        say, ("date", 16), ("kind", 14), ("name", 14), ("group", 16), ("status", 12), ("make_up", 12),
        ("made_up_on", 16),
    )  # fmt: skip
    rows = tuple(
        (
            line.held_on, say(f"kind.{line.kind}"), line.name, line.group, say(f"status.{line.status}"),
            say(f"make_up.{line.make_up}"), line.made_up_on,
        )
        for line in record.attendance
    )  # fmt: skip
    return Table(say("month.sheet_attendance"), columns, rows)


def _notices(record: MonthRecord, say: Wording) -> Table:
    columns = _columns(say, ("notice", 44), ("sent_at", 24), ("sent", 10), ("opened", 10), ("confirmed", 10))
    rows = tuple(
        (line.title, say.moment(line.sent_at), line.sent, line.opened, line.confirmed) for line in record.notices
    )
    return Table(say("month.sheet_notices"), columns, rows)


def _quiz(record: MonthRecord, say: Wording) -> Table:
    """A share of very few answers would tell someone's own, so it is left out (8.6, SE-5)."""
    columns = _columns(
        say,
        ("quiz", 22), ("question_number", 8), ("question", 52), ("answered", 10), ("correct_share", 10),
        shares=("correct_share",),
    )  # fmt: skip
    rows = tuple(
        (
            line.quiz, line.position, line.question, line.answered,
            right_share(line.correct, line.answered),
        )
        for line in record.quiz
    )  # fmt: skip
    return Table(say("month.sheet_quiz"), columns, rows, say("month.small_group_note", minimum=FEWEST_FOR_SHARES))


def _polls(record: MonthRecord, say: Wording) -> Table:
    columns = _columns(
        say, ("poll", 36), ("option", 30), ("votes", 10), ("voters", 10), ("share", 10), shares=("share",)
    )
    rows = tuple(
        (line.poll, line.option, line.votes, line.voters, Fraction(line.votes, line.voters) if line.voters else None)
        for line in record.polls
    )
    return Table(say("month.sheet_polls"), columns, rows)


def _materials(record: MonthRecord, say: Wording) -> Table:
    columns = _columns(say, ("material", 40), ("source", 22), ("pushed_on", 16), ("address", 40))
    rows = tuple((line.title, line.source, line.pushed_on, line.address) for line in record.materials)
    return Table(say("month.sheet_materials"), columns, rows)
