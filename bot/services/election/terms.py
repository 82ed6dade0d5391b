"""The ledger of terms, and the two reminders before a term ends (EL-1..EL-4)."""

from __future__ import annotations

from datetime import date, datetime, time

from bot.clock import SHANGHAI
from bot.messages import Choice, Message, Role
from bot.router import Context, Matter, Refused
from bot.rules.election import Postponement, Term, TermState, postponement_problem, reminders, term_state
from bot.rules.people import Post
from bot.services.election.words import LONGEST_NUMBER, clean
from bot.store import people, posts
from bot.store.election import UnitTerm
from bot.store.people import Audience, UnitKind

FIRST_JOB = "election.first"
DUE_SOON_JOB = "election.due_soon"
_SEND_AT = time(9)
_SHORTEST, _LONGEST = 3, 5


def term_of(ctx: Context, unit_id: int) -> Term | None:
    """The unit's term; None while nobody has entered when it was elected."""
    row = ctx.session.get(UnitTerm, unit_id)
    return row.term() if row else None


def state_of(ctx: Context, term: Term) -> TermState:
    """Where the term stands today."""
    return term_state(term, ctx.today, ctx.settings.election.remind_months_before)


def term_text(ctx: Context, term: Term | None) -> str:
    """The state of a term in a sentence."""
    if term is None:
        return ctx.text("election.term_unknown")
    state = state_of(ctx, term)
    values: dict[str, object] = {"ends": term.ends_on, "deadline": term.deadline}
    values["left"] = (term.deadline - ctx.today).days
    values["number"] = term.changed.approval_no if term.changed else ""
    return ctx.text(f"election.term_{state}", **values)


def usual_years(ctx: Context, unit_id: int) -> int:
    """The years of a term where the unit has entered none: five for a committee, else as configured (EL-1, EL-2)."""
    kind = people.unit(ctx.session, unit_id).kind
    return _LONGEST if kind is UnitKind.COMMITTEE else ctx.settings.election.term_years


def may_write(ctx: Context, unit_id: int) -> None:
    """The ledger is the Party office's and the secretary's."""
    if not ctx.led(Role.OFFICE):
        ctx.require(Role.SECRETARY, unit_id)


def set_term(ctx: Context, unit_id: int, elected_on: date, years: int) -> None:
    """Write down when the unit was elected and for how long. An approved other date stays where it still fits:
    a day that is put right does not take it away."""
    may_write(ctx, unit_id)
    if elected_on > ctx.today:
        raise Refused("election.elected_later")
    if not _SHORTEST <= years <= _LONGEST:
        raise Refused("election.odd_years", least=_SHORTEST, most=_LONGEST)
    row = ctx.session.get(UnitTerm, unit_id)
    approved = row.term().changed if row is not None else None
    renew(ctx, unit_id, elected_on, years)
    if row is not None and approved is not None and not postponement_problem(Term(elected_on, years), approved):
        row.approved_until, row.approval_no = approved.until, approved.approval_no
        _plan(ctx, unit_id, row.term())
    ctx.audit("election term", str(unit_id))


def renew(ctx: Context, unit_id: int, elected_on: date, years: int) -> None:
    """Begin a term; the reminders follow it."""
    row = ctx.session.get(UnitTerm, unit_id)
    if row is not None and (row.elected_on, row.years) == (elected_on, years):
        return
    row = row or UnitTerm(unit_id=unit_id, elected_on=elected_on, years=years, set_at=ctx.now)
    row.elected_on, row.years, row.approved_until, row.approval_no = elected_on, years, None, ""
    row.set_by, row.set_at = ctx.member.id, ctx.now
    ctx.session.add(row)
    _plan(ctx, unit_id, row.term())


def set_other_date(ctx: Context, unit_id: int, until: date, approval_no: str) -> None:
    """Write down the superior's approval of an earlier or later election (EL-3)."""
    may_write(ctx, unit_id)
    row = ctx.session.get(UnitTerm, unit_id)
    if row is None:
        raise Refused("election.term_first")
    wanted = Postponement(until, clean(ctx, approval_no, LONGEST_NUMBER, "approval_no"))
    term = Term(row.elected_on, row.years)
    if problem := postponement_problem(term, wanted):
        raise Refused(f"election.other_date_{problem}", first=term.earliest_on, last=term.latest_on)
    row.approved_until, row.approval_no = wanted.until, wanted.approval_no
    row.set_by, row.set_at = ctx.member.id, ctx.now
    ctx.session.add(row)
    _plan(ctx, unit_id, row.term())
    ctx.audit("election other date", str(unit_id))


def _plan(ctx: Context, unit_id: int, term: Term) -> None:
    """Have both reminders sent, once each. Where both are late only the second one comes, and none after the end."""
    first, second = reminders(term, ctx.settings.election.remind_months_before)
    if ctx.today > term.deadline:
        return
    for kind, on in ((FIRST_JOB, first), (DUE_SOON_JOB, second)):
        at = max(datetime.combine(on, _SEND_AT, SHANGHAI), ctx.now)
        if kind == DUE_SOON_JOB or ctx.today < second:
            ctx.schedule(f"{kind}:{unit_id}:{term.deadline}", at, kind, unit_id)


def first_job(subject: int, ctx: Context) -> None:
    """About half a year before the end (EL-4)."""
    if found := _reminder(subject, ctx, "first", {TermState.REMINDED, TermState.POSTPONED}):
        to, message, deadline = found
        ctx.notify(to, message, f"election:{subject}:first:{deadline:%Y%m%d}")


def due_soon_job(subject: int, ctx: Context) -> None:
    """When the term is due soon."""
    if found := _reminder(subject, ctx, "due_soon", {TermState.DUE_SOON, TermState.POSTPONED}):
        to, message, deadline = found
        ctx.notify(to, message, f"election:{subject}:due_soon:{deadline:%Y%m%d}")


def first_matter(subject: int, ctx: Context) -> Matter | None:
    """What is asked about the first reminder when it is too late."""
    return _matter(subject, ctx, "first")


def due_soon_matter(subject: int, ctx: Context) -> Matter | None:
    """What is asked about the second one."""
    return _matter(subject, ctx, "due_soon")


def _matter(unit_id: int, ctx: Context, stage: str) -> Matter | None:
    if term_of(ctx, unit_id) is None:
        return None
    return Matter((unit_id,), f"election:{unit_id}:{stage}", people.unit(ctx.session, unit_id).name)


def _reminder(unit_id: int, ctx: Context, stage: str, states: set[TermState]) -> tuple[Audience, Message, date] | None:
    """What is said to the unit's secretaries and the Party office, never to a group, about a deadline; None when the
    term has moved meanwhile."""
    term = term_of(ctx, unit_id)
    if term is None or state_of(ctx, term) not in states:
        return None
    first, second = reminders(term, ctx.settings.election.remind_months_before)
    if ctx.today < (second if stage == "due_soon" else first):
        return None
    to = set(posts.holders(ctx.session, unit_id, *posts.SECRETARIES))
    to |= set(posts.holders(ctx.session, None, Post.PARTY_OFFICE))
    left = (term.deadline - ctx.today).days
    text = ctx.text(
        f"election.remind_{stage}", unit=people.unit(ctx.session, unit_id).name, deadline=term.deadline, left=left
    )
    words = ctx.library.content.texts.phrases("election.show")[0]
    return Audience(members=tuple(sorted(to))), Message(text, (Choice.command(words),)), term.deadline
