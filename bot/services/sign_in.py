"""Signing in with the code of the room or on the secretary's word; observers (AT-1, AT-7)."""

from __future__ import annotations

from datetime import timedelta

from sqlmodel import col, select

from bot.messages import Choice, Message
from bot.router import Context, Refused
from bot.rules.answers import code_of, whole
from bot.rules.secrecy import find_marks
from bot.store import access, records, sign_in
from bot.store.meetings import Meeting
from bot.store.people import Member, unit
from bot.store.sign_in import OpenSignIn

DIGITS = 4
_TRIES_PER_HOUR = 10
_LONGEST_NAME = 20


def by_code(ctx: Context, found: list[OpenSignIn], said: str) -> str:
    """Sign the person in at the one of these meetings whose code it is; the sentence for them. Wrong codes
    are counted, and limited in an hour."""
    who = f"m{ctx.member.id}"
    if sign_in.wrong_codes(ctx.session, who, ctx.now) >= _TRIES_PER_HOUR:
        return ctx.text("sign_in.too_many")
    typed, seconds = code_of(said), ctx.settings.attendance.code_seconds
    for one in found:
        if ctx.library.signer.check_rolling(f"sign-in:{one.meeting_id}", typed, ctx.now, seconds, DIGITS):
            return enter(ctx, one)
    access.count_try(ctx.session, sign_in.TRIES, who, ctx.now)
    return ctx.text("sign_in.wrong")


def enter(ctx: Context, one: OpenSignIn) -> str:
    """Sign this person in; the sentence that says so, without lateness in a group (PI-6)."""
    person = ctx.member
    if not sign_in.enter(ctx.session, one.meeting_id, person.id, ctx.now, exempt=person.attendance_exempt):
        if ctx.address.group:
            return ctx.text("sign_in.already_in_group")
        at = sign_in.entered_at(ctx.session, one.meeting_id, person.id) or ctx.now
        return ctx.text("sign_in.already", at=f"{at:%H:%M}")
    late = ctx.now > one.late_from + timedelta(minutes=ctx.settings.attendance.late_after_minutes)
    late = late and not (one.observer or ctx.address.group)
    return ctx.text("sign_in.late" if late else "sign_in.done", title=one.title, at=f"{ctx.now:%H:%M}")


def sign_in_for(ctx: Context, meeting: Meeting, member: Member, late: bool = False) -> str:
    """Sign a member in on the secretary's word, in time unless `late`; the sentence that says so."""
    unsigned(ctx, meeting)
    found = sign_in.find(ctx.session, meeting.id or 0)
    late_from = max(meeting.starts_at, found.opened_at) if found else meeting.starts_at
    late_at = late_from + timedelta(minutes=ctx.settings.attendance.late_after_minutes + 1)
    at = max(ctx.now, late_at) if late else min(ctx.now, late_from)
    done = sign_in.enter(
        ctx.session, meeting.id or 0, member.id or 0, at, exempt=member.attendance_exempt, by=ctx.member.id
    )
    if not done:
        before = sign_in.entered_at(ctx.session, meeting.id or 0, member.id or 0) or ctx.now
        return ctx.text("sign_in.other_already", name=member.name, at=f"{before:%H:%M}")
    ctx.audit("sign in on behalf", f"{meeting.id}:{member.id}")
    return ctx.text("sign_in.on_behalf", name=member.name, title=meeting.title)


def unsigned(ctx: Context, meeting: Meeting) -> None:
    """Refuse to change who came once the minutes are signed: that is corrected in the minutes (RC-2)."""
    if records.is_signed(ctx.session, meeting.id or 0):
        raise Refused("records.locked")


def invite(ctx: Context, meeting: Meeting, name: str) -> str:
    """Add a guest from a form; the sentence that says what was done."""
    return put_on_list(ctx, meeting, name)[0]


def put_on_list(ctx: Context, meeting: Meeting, name: str) -> tuple[str, tuple[Choice, ...]]:
    """Add a guest; the sentence that says what was done, with who may be meant where several have the name."""
    unsigned(ctx, meeting)
    if not name or len(name) > _LONGEST_NAME:
        raise Refused("sign_in.observer_needed", longest=_LONGEST_NAME)
    if find_marks(name, ctx.library.content.marks, phones=1):
        raise Refused("attendance.secret")
    own = {member.id for member in sign_in.expected(ctx.session, meeting)}
    if name.startswith("#"):
        query = select(Member).where(col(Member.id) == number_of(name), col(Member.left_on).is_(None))
    else:
        query = select(Member).where(col(Member.name) == name, col(Member.left_on).is_(None))
    fitting = list(ctx.session.exec(query))
    if any(member.id in own for member in fitting):
        raise Refused("sign_in.is_expected", name=fitting[0].name)
    if name.startswith("#") and not fitting:
        raise Refused("sign_in.nobody", name=name)
    if len(fitting) > 1:
        asked = which(ctx, "sign_in.observer", name, fitting, False)
        return asked.text, asked.choices
    found = fitting[0] if fitting else None
    shown = found.name if found else name
    if not sign_in.invite(ctx.session, meeting.id or 0, found.id if found else None, shown):
        return ctx.text("sign_in.observer_already", name=shown), ()
    ctx.audit("invite observer", str(meeting.id))
    return ctx.text("sign_in.observer_added", name=shown), ()


def which(ctx: Context, route: str, name: str, found: list[Member], late: bool) -> Message:
    """Nobody has exactly this name, or several do: offer who may be meant."""
    if not found or name.startswith("#"):
        raise Refused("sign_in.nobody", name=name)
    phrase = ctx.library.content.texts.phrases(route)[0]
    tail = " " + ctx.text("sign_in.late_word") if late else ""
    choices = tuple(
        Choice(
            ctx.text("sign_in.which_label", name=one.name, branch=unit(ctx.session, one.branch_id).name),
            f"c:{phrase} #{one.id}{tail}",
        )
        for one in found[:8]
    )
    return Message(ctx.text("sign_in.which", name=name), choices)


def number_of(name: str) -> int:
    """The number of a member who was picked from such an offer; -1 for a name."""
    return whole(name.removeprefix("#"))
