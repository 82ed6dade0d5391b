"""The theme-day quiz: drawn and previewed by the secretary, taken in private or in the group window.

It closes by time or by hand. Everybody learns their own result only, the secretary sees counts, and there is
no ranking (FM-8).
"""

from __future__ import annotations

from bot.messages import Choice, Inbound, Link, Message, Role
from bot.router import Context, Feature, Refused, Route, Timed, Where
from bot.rules.lateness import ALWAYS, SAME_DAY
from bot.services.quiz.answering import count, still_asked, units_of
from bot.services.quiz.card import reopen
from bot.services.quiz.group import typed_in_group
from bot.services.quiz.report import running_quiz, status
from bot.services.quiz.running import ANSWER, CLOSE, RESULTS, begin, close_job, finish, make_draft, results_job, step
from bot.store import prompts, quiz, quiz_answers
from bot.store.quiz import Quiz, QuizState

PRIVATE, GROUP, REDRAW, DROP = range(4)


def prepare(inbound: Inbound, ctx: Context) -> Message:
    """Draw n questions for the current meeting and show them; or, while a quiz runs, how far it is."""
    running = quiz.running(ctx.session, ctx.unit_id)
    if running is not None:
        return Message(status(ctx, running), _controls(ctx, running), _page(ctx))
    return preview(ctx, make_draft(ctx, ctx.unit_id, ctx.args.strip()))


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


def answer(inbound: Inbound, ctx: Context) -> Message:
    """One answer; the first counts. In private the next question follows; who taps in the group is answered alone. What
    is typed in the group is not counted: everybody could read it (FM-8, PI-6)."""
    slot = quiz_answers.find_slot(ctx.session, ctx.asked.subject) if ctx.asked else None
    if slot is None:
        raise Refused("help.stale_button")
    still_asked(ctx, slot, ctx.question.title)
    if ctx.address.group and not inbound.token:
        return typed_in_group(ctx, slot)
    first = count(ctx, slot, inbound.options, inbound.text)
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


def end(inbound: Inbound, ctx: Context) -> Message:
    """Close the running quiz now."""
    running = _running(ctx)
    finish(ctx, running)
    return Message("" if ctx.address.group else status(ctx, running))


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
    jobs={CLOSE: Timed(close_job, SAME_DAY, running_quiz), RESULTS: Timed(results_job, ALWAYS)},
)
