"""Voluntary practice, the question of the day for those who asked, and reports of bad questions."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from sqlmodel import col, select

from bot.messages import Choice, Inbound, Message, Role
from bot.router import Context, Feature, Refused, Route, Timed
from bot.rules.answers import whole
from bot.rules.lateness import ALWAYS
from bot.rules.quiz import TAPPABLE, QuestionType
from bot.services.quiz.card import clear_text, open_question, report_button, right_answer
from bot.store import due, people, practice, prompts, questions
from bot.store.core import turns
from bot.store.people import Audience, Unit
from bot.store.questions import Question, QuestionReport, QuestionState, ReportState

_DAILY_AT = time(8, 30)
_DAILY = "practice.daily"


def start(inbound: Inbound, ctx: Context) -> Message:
    """One question, of the named subject if there is one (FM-8: voluntary, private)."""
    subject = _subject(ctx, ctx.args.strip())
    question = practice.draw(ctx.session, ctx.member.id, subject, QuestionType)
    if question is None:
        raise Refused("practice.empty")
    ask = practice.open_ask(ctx.session, ctx.member.id, question, subject, ctx.now)
    head = ctx.text("practice.head", subject=question.subject)
    return open_question(ctx, practice.ROUTE, ask, head, question, ctx.text("practice.title"))


def answer(inbound: Inbound, ctx: Context) -> Message:
    """Right or wrong, the right answer, explanation and source; then the next one if the member wants it."""
    ask = turns.hold(ctx.session, practice.PracticeAsk, ctx.asked.subject) if ctx.asked else None
    if ask is None or ask.member_id != ctx.member.id:
        raise Refused("help.stale_button")
    if ask.points is not None:
        raise Refused("practice.answered")
    question = ctx.session.get(Question, ask.question_id)
    if question is None:
        raise Refused("help.stale_button")
    half = ctx.settings.quiz.half_for_subset
    ask.points = questions.points(question.kind, question.answer, inbound.options, inbound.text, half)
    ctx.session.add(ask)
    prompts.close(ctx.session, practice.ROUTE, ask.id or 0)
    verdict = "right" if ask.points == 100 else "partly" if ask.points else "wrong"
    again = ctx.library.content.texts.phrases("practice.start")[0]
    onward = Choice(ctx.text("practice.next"), f"c:{again} {ask.subject}".strip())
    text = ctx.text(f"practice.{verdict}") + "\n" + right_answer(ctx, question)
    return Message(text, (onward, report_button(ctx, question.id or 0)), columns=2)


def mine(inbound: Inbound, ctx: Context) -> Message:
    """The member's own practice; nobody else can see it (EX-4)."""
    result = practice.own_result(ctx.session, ctx.member.id)
    if not result.answered:
        raise Refused("practice.none_yet")
    days = ctx.settings.privacy.practice_days
    lines = [ctx.text("practice.mine", answered=result.answered, right=result.right, days=days)]
    if result.to_repeat:
        lines += [
            ctx.text("practice.to_repeat"),
            *(ctx.text("practice.stem", stem=stem) for stem in result.to_repeat),
        ]
    again = ctx.library.content.texts.phrases("practice.start")[0]
    return Message("\n".join(lines), (Choice.command(again),))


def daily_on(inbound: Inbound, ctx: Context) -> Message:
    """Send a question every working day from now on, because the member asked for it."""
    practice.subscribe(ctx.session, ctx.member.id, ctx.now)
    moment = _plan(ctx, ctx.member.id)
    stop = ctx.library.content.texts.phrases("practice.daily_off")[0]
    return Message(
        ctx.text("practice.daily_on", at=moment.strftime("%m-%d %H:%M"), stop=stop), (Choice.command(stop),)
    )


def daily_off(inbound: Inbound, ctx: Context) -> Message:
    """No more questions of the day."""
    due.cancel(ctx.session, _DAILY, ctx.member.id)
    if not practice.unsubscribe(ctx.session, ctx.member.id):
        raise Refused("practice.daily_not_on")
    return Message(ctx.text("practice.daily_off"))


def send_daily(member_id: int, ctx: Context) -> None:
    """Job: today's question, unless it was stopped, the day is over, or nobody is there any more."""
    if not practice.subscribed(ctx.session, member_id) or people.person(ctx.session, member_id) is None:
        return
    _plan(ctx, member_id)
    if ctx.polite(ctx.now).date() != ctx.today:
        return
    question = practice.draw(ctx.session, member_id, "", TAPPABLE)
    if question is None:
        return
    ask = practice.open_ask(ctx.session, member_id, question, "", ctx.now)
    head = ctx.text("practice.daily_head", subject=question.subject)
    message = open_question(ctx, practice.ROUTE, ask, head, question, ctx.text("practice.daily_title"))
    ends = datetime.combine(ctx.today, time(ctx.settings.delivery.quiet_from), ctx.now.tzinfo)
    key = f"practice:{member_id}:{ctx.today.isoformat()}"
    ctx.notify(Audience(members=(member_id,)), message, key, expires_at=ends)


def report(inbound: Inbound, ctx: Context) -> Message:
    """Ask what is wrong with a question: the one whose button was tapped, else the last one practised."""
    named = ctx.args.strip()
    last = practice.last_asked(ctx.session, ctx.member.id)
    question_id = said if (said := whole(named)) >= 0 else last
    question = ctx.session.get(Question, question_id) if question_id else None
    if question is None:
        raise Refused("practice.report_which")
    number = questions.open_report(ctx.session, question.id or 0, ctx.member.id, ctx.now)
    waiting = ctx.ask_text("practice.report_text", number, ctx.text("practice.report_title"))
    return Message(ctx.text("practice.report_ask", stem=question.stem), awaits=waiting)


def report_text(inbound: Inbound, ctx: Context) -> Message:
    """The report goes to the office, without the reporter's name."""
    found = turns.hold(ctx.session, QuestionReport, ctx.asked.subject) if ctx.asked else None
    if found is None or found.member_id != ctx.member.id or found.state is not ReportState.DRAFT:
        raise Refused("help.stale_button")
    found.text, found.state = clear_text(ctx, inbound.text), ReportState.OPEN
    ctx.session.add(found)
    question = ctx.session.get_one(Question, found.question_id)
    options = (ctx.text("practice.judge_stop"), ctx.text("practice.judge_keep"))
    choices = ctx.ask("practice.judge", found.id or 0, ctx.text("practice.judge_title"), options)
    text = ctx.text(
        "practice.judge_ask",
        stem=question.stem,
        code=question.code,
        said=found.text,
        right=right_answer(ctx, question),
    )
    tops = tuple(unit.id or 0 for unit in ctx.session.exec(select(Unit).where(col(Unit.parent_id).is_(None))))
    office = Audience(units=tops, posts=("party_office",))
    ctx.notify(office, Message(text, choices), f"question_report:{found.id}:new")
    return Message(ctx.text("practice.reported"))


def judge(inbound: Inbound, ctx: Context) -> Message:
    """The office stops the question or keeps it; the reporter is told."""
    found = ctx.session.get(QuestionReport, ctx.asked.subject) if ctx.asked else None
    if found is None:
        raise Refused("help.stale_button")
    if found.state is not ReportState.OPEN:
        raise Refused("practice.judged_already")
    stop = inbound.options == (0,)
    found.state = ReportState.STOPPED if stop else ReportState.KEPT
    question = ctx.session.get_one(Question, found.question_id)
    if stop and question.state is QuestionState.ACTIVE:
        question.state = QuestionState.STOPPED
    ctx.session.add_all([found, question])
    prompts.close(ctx.session, "practice.judge", found.id or 0)
    ctx.audit("question stopped" if stop else "question kept", question.code)
    told = Message(ctx.text("practice.told_stopped" if stop else "practice.told_kept", stem=question.stem))
    ctx.notify(Audience(members=(found.member_id,)), told, f"question_report:{found.id}:done")
    return Message(
        ctx.text("practice.judged_stopped" if stop else "practice.judged_kept", code=question.code)
    )


def _subject(ctx: Context, said: str) -> str:
    """The subject that the words name, wholly or in part; empty for any subject."""
    if not said:
        return ""
    known = questions.subjects(ctx.session)
    if said in known:
        return said
    fitting = [subject for subject in known if said in subject]
    if len(fitting) != 1:
        raise Refused("practice.which_subject", subjects=ctx.text("quiz.and").join(fitting or known))
    return fitting[0]


def _plan(ctx: Context, member_id: int) -> datetime:
    """Schedule the next question of the day: 08:30 of the next working day that is still to come."""
    day = ctx.today
    calendar = ctx.library.content.calendar
    moment = datetime.combine(day, _DAILY_AT, ctx.now.tzinfo)
    while moment <= ctx.now or not calendar.is_working(day):
        day += timedelta(days=1)
        moment = datetime.combine(day, _DAILY_AT, ctx.now.tzinfo)
    ctx.schedule(f"practice:{member_id}:{day.isoformat()}", moment, _DAILY, member_id)
    return moment


FEATURE = Feature(
    "practice",
    routes=(
        Route("practice.start", start, Role.MEMBER, takes_args=True, everyday=True),
        Route(practice.ROUTE, answer, Role.MEMBER, closed="practice.answered"),
        Route("practice.mine", mine, Role.MEMBER),
        Route("practice.daily_on", daily_on, Role.MEMBER),
        Route("practice.daily_off", daily_off, Role.MEMBER),
        Route("practice.report", report, Role.MEMBER, takes_args=True),
        Route("practice.report_text", report_text, Role.MEMBER),
        Route("practice.judge", judge, Role.OFFICE, closed="practice.judged_already"),
    ),
    jobs={_DAILY: Timed(send_daily, ALWAYS)},  # it is the question of the day on which it goes out
)
