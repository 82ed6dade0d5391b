"""How a question and its right answer are put into words, the same in practice, quizzes and pages."""

from __future__ import annotations

from typing import Any

from bot.messages import Choice, Message
from bot.router import Context, Refused, buttons
from bot.rules.quiz import QuestionType
from bot.rules.secrecy import find_marks
from bot.store.questions import Question, Verification

LONGEST_TEXT = 300


def options_of(ctx: Context, kind: QuestionType, options: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    """The labels of a question's options: its own, or the words of its kind; none for blanks."""
    return tuple(map(ctx.text, kind.form.words)) or tuple(options)


def open_question(
    ctx: Context, route: str, subject: int, head: str, question: Question, title: str
) -> Message:
    """Ask a question under its own prompt."""
    labels = options_of(ctx, question.kind, question.options)
    text = asked_text(ctx, head, question.kind, question.stem)
    if not labels:
        return Message(text, awaits=ctx.ask_text(route, subject, title))
    return Message(text, ctx.ask(route, subject, title, labels, multiple=question.kind.form.several))


def reopen(
    ctx: Context, prompt_id: int, head: str, kind: QuestionType, stem: str, options: tuple[str, ...],
    *, in_group: bool = False,
) -> Message:  # fmt: skip
    """Show a question whose prompt stands already; in a group it is answered by a tap alone."""
    labels = options_of(ctx, kind, options)
    text = asked_text(ctx, head, kind, stem, in_group=in_group)
    if not labels:
        return Message(text, awaits=prompt_id)
    choices = buttons(prompt_id, labels, kind.form.several, ctx.text("help.submit"))
    return Message(text, choices)


def asked_text(ctx: Context, head: str, kind: QuestionType, stem: str, *, in_group: bool = False) -> str:
    """`head`, what kind of question it is, the stem, and how to answer it."""
    return ctx.text(
        "quiz.question",
        head=head,
        kind=ctx.text(f"quiz.kind.{kind}"),
        stem=stem,
        how=ctx.text("quiz.how_in_group" if in_group else f"quiz.how.{kind}"),
    )


def right_answer(ctx: Context, question: Question) -> str:
    """The right answer in words, with explanation and source. An article number that was only remembered is
    marked as not checked (TBC-28)."""
    source = question.source
    if question.verification is Verification.RECALL:
        source = ctx.text("quiz.unchecked", source=source)
    return ctx.text(
        "quiz.right_answer", answer=_answer(ctx, question), explanation=question.explanation, source=source
    )


def report_button(ctx: Context, question_id: int) -> Choice:
    """The button that reports a mistake in this question."""
    phrase = ctx.library.content.texts.phrases("practice.report")[0]
    return Choice(phrase, f"c:{phrase} {question_id}")


def clear_text(ctx: Context, text: str) -> str:
    """A member's own words, trimmed; refused when too long or when they hit a secrecy mark (SC-6)."""
    said = text.strip()
    if len(said) > LONGEST_TEXT:
        raise Refused("help.too_long", limit=LONGEST_TEXT)
    if find_marks(said, ctx.library.content.marks):
        raise Refused("practice.marked")
    return said


def _answer(ctx: Context, question: Question) -> str:
    labels = options_of(ctx, question.kind, question.options)
    if labels:
        parts = [labels[index] for index in question.answer]
    else:
        parts = [_variants(ctx, variants) for variants in question.answer]
    return ctx.text("quiz.and").join(parts)


def _variants(ctx: Context, variants: Any) -> str:
    return ctx.text("quiz.or").join(variants)
