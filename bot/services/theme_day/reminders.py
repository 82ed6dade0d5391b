"""The reminder plan around a theme day, and the job that plans the coming month (TD-10)."""

from __future__ import annotations

from datetime import date, datetime, time

from bot.clock import SHANGHAI
from bot.messages import Choice, Message
from bot.router import Context, Job, Matter, Timed
from bot.rules.lateness import ALWAYS, SAME_DAY
from bot.rules.people import COMMITTEE_POSTS, Post, Stage, is_member
from bot.rules.records import record_due
from bot.rules.theme_day import Planned, plan, reminders
from bot.rules.theme_day import Stage as Reminding
from bot.services.theme_day.card import card, day_text, head, material_buttons, start_of, usual_start
from bot.store import attendance, due, meetings, people, records, theme_day
from bot.store.meetings import Meeting, MeetingState
from bot.store.people import Audience

_SEND_AT = time(9)
_MEMBERS = (str(Stage.FULL_MEMBER), str(Stage.PROBATIONARY_MEMBER))


def planned(ctx: Context, unit_id: int, year: int, month: int) -> Planned:
    """The branch's day in a month by its policy and the calendar (TD-7, TD-8)."""
    wanted = ctx.settings.theme_day
    policy = theme_day.policy(ctx.session, unit_id, wanted.default_policy)
    calendar = ctx.library.content.calendar
    return plan(policy, year, month, calendar, wanted.shift, wanted.allow_makeup_workday)


def create(ctx: Context, unit_id: int, found: Planned) -> Meeting:
    """Plan the theme day of a month, with the fixed items of the agenda."""
    meeting = theme_day.create(
        ctx.session, unit_id, found, usual_start(ctx).time(), ctx.settings.theme_day.minutes,
        ctx.text("theme_day.title"), ctx.library.content.agenda.fixed,
    )  # fmt: skip
    replan(ctx, meeting)
    return meeting


def replan(ctx: Context, meeting: Meeting, *, urgent: bool = False) -> None:
    """Put the reminders where the date now asks for them. One whose time has passed is left out, except the
    notice of an announced day that members have not had, and with `urgent` the one about the topic."""
    number = meeting.id or 0
    for stage, at in moments(ctx, meeting).items():
        kind = f"theme_day.{stage}"
        due.cancel(ctx.session, kind, number)
        ctx.session.flush()
        if at <= ctx.now:
            late = stage is Reminding.NOTICE and meeting.state is MeetingState.ANNOUNCED
            if not late and not (urgent and stage is Reminding.TOPIC):
                continue
            at = ctx.now
        ctx.schedule(f"{kind}:{number}:{meeting.state}:{at:%Y-%m-%d}", at, kind, number)


def moments(ctx: Context, meeting: Meeting) -> dict[Reminding, datetime]:
    """When each reminder is due; what follows the day counts from the later session (CA-8)."""
    calendar = ctx.library.content.calendar
    day = meeting.starts_at.date()
    found = {one.stage: one.on for one in reminders(day, calendar)}
    last = theme_day.last_session(ctx.session, meeting).starts_at.date()
    found |= {one.stage: one.on for one in reminders(last, calendar) if one.on > last}
    return {stage: datetime.combine(on, _SEND_AT, SHANGHAI) for stage, on in found.items()}


def topic_job(subject: int, ctx: Context) -> None:
    """T-7: the committee settles the topic, where it is still open."""
    meeting = _standing(ctx, subject, Reminding.TOPIC)
    if meeting is None or meeting.topic or meeting.starts_at <= ctx.now:
        return
    text = ctx.text("theme_day.remind_topic", head=head(ctx, meeting), day=_day(ctx, meeting))
    ctx.notify(_posts(ctx, meeting.unit_id, *COMMITTEE_POSTS), Message(text), _key(meeting, "topic"))


def notice_job(subject: int, ctx: Context) -> None:
    """T-3: members learn date, place and what to bring; an unannounced day comes back to the secretary."""
    meeting = _standing(ctx, subject, Reminding.NOTICE)
    if meeting is None or meeting.starts_at <= ctx.now or theme_day.told(ctx.session, subject):
        return
    if meeting.state is MeetingState.PLANNED:
        words = ctx.library.content.texts.phrases("theme_day.plan")[0]
        text = ctx.text("theme_day.remind_announce", head=head(ctx, meeting), day=_day(ctx, meeting))
        to = _posts(ctx, meeting.unit_id, Post.SECRETARY)
        ctx.notify(to, Message(text, (Choice.command(words),)), _key(meeting, "announce"))
        return
    leave = Choice.command(ctx.library.content.texts.phrases("leave.ask")[0])
    message = Message(card(ctx, meeting), (*material_buttons(ctx, meeting), leave))
    if (
        ctx.notify(_everybody(meeting), message, _key(meeting, "notice"), expires_at=meeting.starts_at)
        is not None
    ):
        theme_day.details(ctx.session, subject).told_at = ctx.now


def short_job(subject: int, ctx: Context) -> None:
    """T-1: a short word to those who are expected; none for members with an exemption (AT-2)."""
    meeting = _standing(ctx, subject, Reminding.SHORT)
    if meeting is None or meeting.state is not MeetingState.ANNOUNCED or meeting.starts_at <= ctx.now:
        return
    told_at = theme_day.details(ctx.session, subject).told_at
    if told_at is not None and told_at.date() == ctx.today:
        return
    listed = people.branch_members(ctx.session, meeting.unit_id)
    expected = tuple(one.id or 0 for one in listed if is_member(one.stage) and not one.attendance_exempt)
    other = theme_day.second(ctx.session, subject)
    lines = [
        ctx.text(
            "theme_day.remind_short",
            day=_day(ctx, session),
            start=f"{session.starts_at:%H:%M}",
            place=session.place,
        )
        for session in (meeting, other)
        if session is not None and session.starts_at > ctx.now
    ]
    ctx.notify(
        Audience(members=expected),
        Message("\n".join(lines)),
        _key(meeting, "short"),
        expires_at=meeting.starts_at,
    )


def record_job(subject: int, ctx: Context) -> None:
    """T+1: the recorder learns when the record is due; not once it is signed."""
    meeting = _standing(ctx, subject, Reminding.RECORD)
    if meeting is None or meeting.state is MeetingState.PLANNED or records.is_signed(ctx.session, subject):
        return
    last = theme_day.last_session(ctx.session, meeting).starts_at.date()
    until = record_due(last, ctx.library.content.calendar, ctx.settings.meeting.record_due_workdays)
    text = ctx.text("theme_day.remind_record", head=head(ctx, meeting), until=day_text(ctx, until))
    words = ctx.library.content.texts.phrases("records.show")[0]
    to = _posts(ctx, meeting.unit_id, Post.RECORDER)
    ctx.notify(to, Message(text, (Choice.command(words),)), _key(meeting, "record"))


def make_up_job(subject: int, ctx: Context) -> None:
    """T+3: the organization commissioner learns how many still have to catch up, where there are any. Without a
    sign-in nobody knows who came."""
    meeting = _standing(ctx, subject, Reminding.MAKE_UP)
    if meeting is None or meeting.state is MeetingState.PLANNED or not attendance.held(ctx.session, subject):
        return
    counted = attendance.tally(ctx.session, subject)
    open_ones = counted.leave_approved + counted.absent - counted.made_up
    if open_ones <= 0:
        return
    text = ctx.text("theme_day.remind_make_up", head=head(ctx, meeting), count=open_ones)
    to = _posts(ctx, meeting.unit_id, Post.ORGANIZATION_COMMISSIONER)
    ctx.notify(to, Message(text), _key(meeting, "make_up"))


def month_job(subject: int, ctx: Context) -> None:
    """The 1st of a month: plan what is left of this month and the next, and come back in a month."""
    after = date(ctx.now.year + ctx.now.month // 12, ctx.now.month % 12 + 1, 1)
    for first in (ctx.today.replace(day=1), after):
        found = planned(ctx, subject, first.year, first.month)
        ahead = start_of(ctx, found.date) > ctx.now
        if ahead and theme_day.of_month(ctx.session, subject, first.year, first.month) is None:
            replan(ctx, create(ctx, subject, found), urgent=True)
    theme_day.plan_month(ctx.session, subject, ctx.now)


def tell_change(ctx: Context, meeting: Meeting) -> bool:
    """Tell the members what changed, if they had been told before; whether they are told."""
    if meeting.state is not MeetingState.ANNOUNCED or not theme_day.told(ctx.session, meeting.id or 0):
        return False
    text = ctx.text("theme_day.changed_notice", card=card(ctx, meeting))
    key = _key(meeting, f"changed:{int(ctx.now.timestamp())}")
    ctx.notify(_everybody(meeting), Message(text), key, expires_at=meeting.starts_at)
    return True


def _standing(ctx: Context, subject: int, stage: Reminding) -> Meeting | None:
    """The meeting, unless it was called off or moved so that this reminder is not due yet."""
    meeting = meetings.find(ctx.session, subject)
    if meeting is None or meeting.state is MeetingState.CANCELLED:
        return None
    return None if moments(ctx, meeting)[stage] > ctx.now else meeting


def _posts(ctx: Context, unit_id: int, *posts: Post) -> Audience:
    """The holders of posts; the secretary where there is none."""
    wanted = Audience(units=(unit_id,), posts=tuple(str(post) for post in posts))
    if people.count(ctx.session, wanted):
        return wanted
    return Audience(units=(unit_id,), posts=(str(Post.SECRETARY), str(Post.DEPUTY_SECRETARY)))


def _everybody(meeting: Meeting) -> Audience:
    return Audience(units=(meeting.unit_id,), stages=_MEMBERS)


def _day(ctx: Context, meeting: Meeting) -> str:
    return day_text(ctx, meeting.starts_at.date())


def _key(meeting: Meeting, stage: str) -> str:
    return f"theme_day:{meeting.id}:{stage}:{meeting.starts_at:%Y-%m-%d}"


def _timed(job: Job, stage: str) -> Timed:
    """A reminder of a meeting. Where its day is over, the meeting's secretary is asked, unless it was called off."""

    def matter(subject: int, ctx: Context) -> Matter | None:
        meeting = meetings.find(ctx.session, subject)
        if meeting is None or meeting.state is MeetingState.CANCELLED:
            return None
        return Matter((meeting.unit_id,), f"theme_day:{subject}:{stage}", head(ctx, meeting))

    return Timed(job, SAME_DAY, matter)


JOBS = {
    "theme_day.topic": _timed(topic_job, "topic"),
    "theme_day.notice": _timed(notice_job, "notice"),
    "theme_day.short": _timed(short_job, "short"),
    "theme_day.record": _timed(record_job, "record"),
    "theme_day.make_up": _timed(make_up_job, "make_up"),
    theme_day.MONTH_JOB: Timed(month_job, ALWAYS),  # plans what is still to come
}
