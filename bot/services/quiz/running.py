"""A quiz from its draft to its end: drawn, asked in private or in the group, explained, closed."""

from __future__ import annotations

from datetime import timedelta

from bot.messages import Message
from bot.router import Context, Refused
from bot.services.quiz.card import options_of, reopen, right_answer
from bot.services.quiz.report import own_result, send_summary
from bot.store import binding, due, meetings, prompts, quiz
from bot.store.people import Audience
from bot.store.questions import Question
from bot.store.quiz import Quiz, QuizSlot, QuizState

ANSWER = "quiz.answer"
RESULTS, CLOSE = "quiz.results", "quiz.close"
_MOST = 20
_SLICE = 200


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
    ctx.schedule(f"quiz:{made.id}:close", closes_at, CLOSE, made.id or 0)
    ctx.audit("quiz started", str(made.id))
    if in_group:
        _ask_group(ctx, made)
    else:
        _ask_members(ctx, made)
    unbound = len(binding.without_account(ctx.session, made.unit_id))
    key = "quiz.started_group" if in_group else "quiz.started"
    said = ctx.text(key, expected=made.expected, until=closes_at.strftime("%H:%M"))
    return said + ctx.text("quiz.unbound", unbound=unbound) if unbound else said


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


def finish(ctx: Context, running: Quiz) -> None:
    """Close: nobody can answer any more, counts are kept, everybody who took part learns their own result."""
    quiz.close(ctx.session, running)
    for slot, _ in quiz.placed(ctx.session, running.id or 0):
        prompts.close(ctx.session, ANSWER, slot.id or 0)
    due.cancel(ctx.session, CLOSE, running.id or 0)
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
        ctx.schedule(f"quiz:{closed.id}:results:{members[-1]}", ctx.now, RESULTS, closed.id or 0)
