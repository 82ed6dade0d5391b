"""The theme-day quiz: drawn and previewed by the secretary, taken in private or in the group window.

It closes by time or by hand. Everybody learns their own result only, the secretary sees counts, and there is
no ranking (FM-8).
"""

from __future__ import annotations

from datetime import timedelta

from bot.messages import Choice, Inbound, Link, Message, Role
from bot.router import Context, Feature, Refused, Route, Timed, Where
from bot.rules.lateness import ALWAYS, SAME_DAY
from bot.services.quiz.card import options_of, reopen, right_answer
from bot.services.quiz.group import typed_in_group
from bot.services.quiz.report import own_result, running_quiz, send_summary, status
from bot.store import binding, due, meetings, prompts, questions, quiz, quiz_answers
from bot.store.people import Audience, unit
from bot.store.questions import Question
from bot.store.quiz import Quiz, QuizSlot, QuizState

ANSWER = "quiz.answer"
_MOST = 20
_SLICE = 200
_RESULTS, _CLOSE = "quiz.results", "quiz.close"
PRIVATE, GROUP, REDRAW, DROP = range(4)


def prepare(inbound: Inbound, ctx: Context) -> Message:
    """Draw n questions for the current meeting and show them; or, while a quiz runs, how far it is."""
    running = quiz.running(ctx.session, ctx.unit_id)
    if running is not None:
        return Message(status(ctx, running), _controls(ctx, running), _page(ctx))
    return preview(ctx, make_draft(ctx, ctx.unit_id, ctx.args.strip()))


def make_draft(ctx: Context, unit_id: int, said: str) -> Quiz:
    """A drawn draft of the unit; `said` is how many questions, empty for the usual number."""
    number = int(said) if said.isdecimal() and len(said) < 4 else 0 if said else ctx.settings.quiz.questions
    if not 1 <= number <= _MOST:
        raise Refused("quiz.how_many", most=_MOST)
    meeting = meetings.current(ctx.session, unit_id, ctx.now)
    title = ctx.text("quiz.title", day=ctx.today.strftime("%m-%d"))
    made = Quiz(
        unit_id=unit_id, meeting_id=meeting.id if meeting else None, title=title, total=number,
        made_by=ctx.member.id, made_at=ctx.now,
    )  # fmt: skip
    made = quiz.draft(ctx.session, made)
    if not quiz.placed(ctx.session, made.id or 0):
        raise Refused("quiz.empty_bank")
    return made


def preview(ctx: Context, made: Quiz) -> Message:
    """The drawn questions and what may be done with them."""
    found = quiz.placed(ctx.session, made.id or 0)
    lines = [ctx.text("quiz.preview", count=len(found), minutes=ctx.settings.quiz.minutes)]
    lines += [
        ctx.text(
            "quiz.preview_line", position=slot.position, kind=ctx.text(f"quiz.kind.{one.kind}"), stem=one.stem
        )
        for slot, one in found
    ]
    lines.append(ctx.text("quiz.preview_group"))
    options = tuple(ctx.text(f"quiz.{name}") for name in ("to_members", "to_group", "redraw", "drop"))
    return Message(
        "\n".join(lines),
        ctx.ask("quiz.start", made.id or 0, ctx.text("quiz.start_title"), options, closes_at=ctx.dialogue_ends),
    )


def start(inbound: Inbound, ctx: Context) -> Message:
    """The secretary's decision about a draft."""
    made = ctx.session.get(Quiz, ctx.asked.subject) if ctx.asked else None
    if made is None or made.state is not QuizState.DRAFT:
        raise Refused("quiz.stale_draft")
    ctx.require(Role.SECRETARY, made.unit_id)
    choice = inbound.options[0] if len(inbound.options) == 1 else DROP
    if choice == REDRAW:
        return preview(ctx, quiz.redraw(ctx.session, made, made.seed + 1))
    if choice == DROP:
        quiz.drop_drafts(ctx.session, made.unit_id)
        prompts.close(ctx.session, "quiz.start", ctx.asked.subject if ctx.asked else 0)
        return Message(ctx.text("quiz.dropped"))
    return Message(begin(ctx, made, choice == GROUP), _controls(ctx, made), _page(ctx))


def begin(ctx: Context, made: Quiz, in_group: bool) -> str:
    """Start a draft for everybody of its unit; what the secretary is told."""
    if quiz.running(ctx.session, made.unit_id) is not None:
        raise Refused("quiz.runs_already")
    if in_group:
        quiz.fit_to_group(ctx.session, made)
    found = quiz.placed(ctx.session, made.id or 0)
    if not found or found[0][1].kind.form.typed:
        raise Refused("quiz.none_fit")
    closes_at = ctx.now + timedelta(minutes=ctx.settings.quiz.minutes)
    quiz.start(ctx.session, made, in_group, closes_at)
    prompts.close(ctx.session, "quiz.start", made.id or 0)
    ctx.schedule(f"quiz:{made.id}:close", closes_at, _CLOSE, made.id or 0)
    ctx.audit("quiz started", str(made.id))
    if in_group:
        _ask_group(ctx, made)
    else:
        _ask_members(ctx, made)
    unbound = len(binding.without_account(ctx.session, made.unit_id))
    key = "quiz.started_group" if in_group else "quiz.started"
    said = ctx.text(key, expected=made.expected, until=closes_at.strftime("%H:%M"))
    return said + ctx.text("quiz.unbound", unbound=unbound) if unbound else said


def answer(inbound: Inbound, ctx: Context) -> Message:
    """One answer; the first counts. In private the next question follows; who taps in the group is answered alone. What
    is typed in the group is not counted: everybody could read it (FM-8, PI-6)."""
    slot = quiz_answers.find_slot(ctx.session, ctx.asked.subject) if ctx.asked else None
    if slot is None:
        raise Refused("help.stale_button")
    if not ctx.belongs(slot.unit_id):
        raise Refused("quiz.not_yours")
    if not slot.running or (slot.closes_at is not None and slot.closes_at <= ctx.now):
        raise Refused("quiz.over")
    if not slot.stands and ctx.asked is not None:
        raise Refused("quiz.question_over", title=ctx.asked.title)
    if ctx.address.group and not inbound.token:
        return typed_in_group(ctx, slot)
    half = ctx.settings.quiz.half_for_subset
    points = questions.points(slot.kind, slot.answer, inbound.options, inbound.text, half)
    first = quiz_answers.record(ctx.session, slot, ctx.member.id, points)
    said = ctx.text("quiz.noted" if first else "quiz.noted_before")
    return Message(said) if slot.in_group else next_question(ctx, slot.quiz_id, slot.total, said)


def next_question(ctx: Context, quiz_id: int, total: int, said: str = "") -> Message:
    """The first question that the member has not answered, after `said`; or that all are done."""
    following = quiz_answers.next_for(ctx.session, quiz_id, ctx.member.id)
    if following is None:
        return Message(f"{said}{ctx.text('quiz.all_done')}")
    head = f"{said}{ctx.text('quiz.head', position=following.position, total=total)}"
    return reopen(ctx, following.prompt_id, head, following.kind, following.stem, following.options)


def take(inbound: Inbound, ctx: Context) -> Message:
    """Go on with the quiz that runs in the member's branch."""
    running = quiz.running_in(ctx.session, units_of(ctx))
    if running is None or running.in_group:
        raise Refused("quiz.none_runs")
    return next_question(ctx, running.id or 0, running.total)


def units_of(ctx: Context) -> list[int]:
    """The units whose quizzes this member may take: their group, branch and everything above it."""
    person = ctx.member
    path = unit(ctx.session, person.branch_id).line
    return [*path, person.group_id] if person.group_id else path


def go_on(inbound: Inbound, ctx: Context) -> Message:
    """In the group window: close the question that stands there, explain it, and ask the next one."""
    running = _running(ctx)
    if not running.in_group:
        raise Refused("quiz.not_in_group")
    step(ctx, running)
    return Message(
        "" if ctx.address.group else status(ctx, running),
        () if ctx.address.group else _controls(ctx, running),
    )


def step(ctx: Context, running: Quiz) -> None:
    """Explain the question that stands in the group and go on to the next, or close after the last."""
    if running.position >= running.total:
        finish(ctx, running)
        return
    _explain_in_group(ctx, running)
    running.position += 1
    ctx.session.add(running)
    ctx.session.flush()
    _ask_group(ctx, running)


def end(inbound: Inbound, ctx: Context) -> Message:
    """Close the running quiz now."""
    running = _running(ctx)
    finish(ctx, running)
    return Message("" if ctx.address.group else status(ctx, running))


def finish(ctx: Context, running: Quiz) -> None:
    """Close: nobody can answer any more, counts are kept, everybody who took part learns their own result."""
    quiz.close(ctx.session, running)
    for slot, _ in quiz.placed(ctx.session, running.id or 0):
        prompts.close(ctx.session, ANSWER, slot.id or 0)
    due.cancel(ctx.session, _CLOSE, running.id or 0)
    if running.in_group:
        _explain_in_group(ctx, running)
    _send_results(ctx, running, 0)
    send_summary(ctx, running)


def close_job(quiz_id: int, ctx: Context) -> None:
    """Job: the time is over."""
    found = ctx.session.get(Quiz, quiz_id)
    if found is not None and found.state is QuizState.RUNNING:
        finish(ctx, found)


def results_job(quiz_id: int, ctx: Context) -> None:
    """Job: the next slice of results. Everybody gets theirs once, whatever happens (the key is unique)."""
    found = ctx.session.get(Quiz, quiz_id)
    if found is not None and found.state is QuizState.CLOSED:
        _send_results(ctx, found, found.position)


def _page(ctx: Context) -> tuple[Link, ...]:
    return (Link(ctx.text("quiz.page.title"), ctx.page_link("/quiz")),)


def _controls(ctx: Context, running: Quiz) -> tuple[Choice, ...]:
    phrases = ctx.library.content.texts.phrases
    names = ("quiz.next", "quiz.end") if running.in_group else ("quiz.end",)
    return tuple(Choice.command(phrases(name)[0]) for name in names)


def _running(ctx: Context) -> Quiz:
    running = quiz.running(ctx.session, ctx.unit_id)
    if running is None:
        raise Refused("quiz.nothing_runs")
    return running


def _ask_members(ctx: Context, made: Quiz) -> None:
    """Prompts for all questions; the first one goes out to everybody, the others follow each answer."""
    first: Message | None = None
    for slot, question in quiz.placed(ctx.session, made.id or 0):
        asked = _open(ctx, made, slot, question)
        first = first or asked
    if first is not None:
        audience = Audience(units=(made.unit_id,))
        ctx.notify(audience, first, f"quiz:{made.id}:start", expires_at=made.closes_at, immediate=True)


def _ask_group(ctx: Context, made: Quiz) -> None:
    slot, question = quiz.placed(ctx.session, made.id or 0)[made.position - 1]
    message = _open(ctx, made, slot, question, in_group=True)
    audience = Audience(units=(made.unit_id,), chats=True)
    ctx.notify(audience, message, f"quiz:{made.id}:{slot.position}:ask", expires_at=made.closes_at, immediate=True)


def _open(ctx: Context, made: Quiz, slot: QuizSlot, question: Question, *, in_group: bool = False) -> Message:
    labels = options_of(ctx, question.kind, question.options)
    title = ctx.text("quiz.prompt_title", position=slot.position)
    slot.prompt_id = prompts.ask(
        ctx.session, ANSWER, slot.id or 0, title, labels, multiple=question.kind.form.several, closes_at=made.closes_at
    )
    ctx.session.add(slot)
    head = ctx.text("quiz.head", position=slot.position, total=made.total)
    options = tuple(question.options)
    return reopen(ctx, slot.prompt_id, head, question.kind, question.stem, options, in_group=in_group)


def _explain_in_group(ctx: Context, running: Quiz) -> None:
    slot, question = quiz.placed(ctx.session, running.id or 0)[running.position - 1]
    prompts.close(ctx.session, ANSWER, slot.id or 0)
    explained = ctx.text("quiz.explained", position=slot.position, stem=question.stem)
    text = f"{explained}\n{right_answer(ctx, question)}"
    audience = Audience(units=(running.unit_id,), chats=True)
    ctx.notify(audience, Message(text), f"quiz:{running.id}:{slot.position}:answer", immediate=True)


def _send_results(ctx: Context, closed: Quiz, after: int) -> None:
    """Their own result to the next slice of those who took part; `position` remembers how far it came."""
    members = quiz.takers(ctx.session, closed.id or 0, after, _SLICE)
    found = quiz.placed(ctx.session, closed.id or 0)
    for member_id in members:
        message = own_result(ctx, closed, found, member_id)
        ctx.notify(
            Audience(members=(member_id,)), message, f"quiz:{closed.id}:result:{member_id}", immediate=True
        )
    if len(members) == _SLICE:
        closed.position = members[-1]
        ctx.session.add(closed)
        ctx.schedule(f"quiz:{closed.id}:results:{members[-1]}", ctx.now, _RESULTS, closed.id or 0)


FEATURE = Feature(
    "quiz",
    routes=(
        Route("quiz.prepare", prepare, Role.SECRETARY, takes_args=True),
        Route("quiz.start", start, Role.SECRETARY, newest=True, closed="quiz.stale_draft"),
        Route("quiz.next", go_on, Role.SECRETARY, Where.ANYWHERE),
        Route("quiz.end", end, Role.SECRETARY, Where.ANYWHERE),
        Route("quiz.take", take, Role.MEMBER),
        Route(ANSWER, answer, Role.MEMBER, Where.ANYWHERE, closed="quiz.question_over"),
    ),
    jobs={_CLOSE: Timed(close_job, SAME_DAY, running_quiz), _RESULTS: Timed(results_job, ALWAYS)},
)
