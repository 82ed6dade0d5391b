"""The way of an event: dedupe, identify, resolve, authorise, call the handler. One function, one transaction."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.content import AnswerWords
from bot.messages import COMMAND, SUBMIT, Address, Choice, Inbound, Message, Reply, Role, read_token
from bot.router import Context, Library, Refused, Route, Router, Where, buttons, code_of
from bot.rules.answers import parse_choice
from bot.store import people, prompts
from bot.store.delivery import QUEUED
from bot.store.hot import StoreSession
from bot.store.prompts import Asked

LONGEST = 4000


def handle(session: StoreSession, inbound: Inbound, router: Router, library: Library, now: datetime) -> Reply:
    """Handle one event inside the caller's write transaction.

    Returns the reply for the sender; everything for others became rows. Raises Refused when the answer is no:
    the caller rolls back and shows the text that the refusal names.
    """
    if not prompts.first_time(session, inbound, now.date()):
        return Reply(duplicate=True)
    person = people.identify(session, inbound.channel, inbound.account)
    address = inbound.chat
    unit = people.unit_of_chat(session, address) if address.group else None
    ctx = Context(session, now, library, address, person, unit, unit or (person.branch_id if person else 0))
    if len(inbound.text) > LONGEST:
        raise Refused("help.too_long", limit=LONGEST)
    reply = _tapped(inbound, ctx, router) if inbound.token else _said(inbound, ctx, router)
    return replace(reply, queued=True) if QUEUED in session.info else reply


def run_job(session: StoreSession, kind: str, subject: int, router: Router, library: Library, now: datetime) -> None:
    """Run one due job inside the caller's transaction; its context belongs to no person and no chat."""
    job = router.jobs.get(kind)
    if job is None:
        raise LookupError(f"no job {kind}")
    job(subject, Context(session, now, library, _NOBODY))


_NOBODY = Address("", "")


def _tapped(inbound: Inbound, ctx: Context, router: Router) -> Reply:
    if inbound.token.startswith(COMMAND + ":"):
        return _said(replace(inbound, text=inbound.token.partition(":")[2], token="", addressed=True), ctx, router)
    found = read_token(inbound.token)
    asked = prompts.find(ctx.session, found[0], ctx.now) if found else None
    if found is None or asked is None:
        raise Refused("help.stale_button")
    if asked.closed:
        raise Refused("help.closed", title=asked.title)
    if found[1] != SUBMIT and not 0 <= found[1] < len(asked.options):
        raise Refused("help.stale_button")
    if asked.multiple:
        return _ticked(inbound, ctx, router, asked, found[1])
    return _answer(replace(inbound, options=(found[1],)), ctx, router, asked)


def _ticked(inbound: Inbound, ctx: Context, router: Router, asked: Asked, option: int) -> Reply:
    """A tap on a multiple choice ticks or unticks; the submit button answers."""
    if ctx.address.group:
        raise Refused("help.multiple_in_group")
    marks = prompts.marks(ctx.session, ctx.address, ctx.member.id, asked.id)
    if option == SUBMIT:
        chosen = tuple(number for number in range(len(asked.options)) if marks >> number & 1)
        if not chosen:
            raise Refused("help.nothing_ticked")
        return _answer(replace(inbound, options=chosen), ctx, router, replace(asked, marks=marks))
    marks ^= 1 << option
    prompts.show(ctx.session, ctx.address, ctx.member.id, asked.id, ctx.now, marks=marks)
    return Reply(settled=buttons(asked.id, asked.options, True, ctx.text("help.submit"), marks))


def _said(inbound: Inbound, ctx: Context, router: Router) -> Reply:
    text = inbound.text.strip()
    if not text:
        if inbound.addressed:
            raise Refused("help.empty")
        return Reply()
    if command := router.command(text):
        route, args = command
        return _call(inbound, replace(ctx, args=args), router, route)
    if ctx.person is None:
        if not inbound.addressed:
            return Reply()
        return _unbound(inbound, ctx, router)
    waiting = [
        asked
        for asked in prompts.open_in(ctx.session, ctx.address, ctx.person.id, ctx.now)
        if not asked.digits or len(code_of(text)) == asked.digits
    ]
    if reply := _typed(inbound, ctx, router, waiting):
        return reply
    if not inbound.addressed:
        return Reply()
    return _unknown(text, ctx, router, bool(waiting))


def _unbound(inbound: Inbound, ctx: Context, router: Router) -> Reply:
    """Somebody unknown: the text may be a binding code; otherwise they learn how to bind and nothing else."""
    route = router.routes["binding.code"]
    return Reply(route.handler(inbound, replace(ctx, args=inbound.text.strip())))


def _typed(inbound: Inbound, ctx: Context, router: Router, waiting: list[Asked]) -> Reply | None:
    """Read a typed text as the answer to what is open here; None when it is none."""
    if waiting and waiting[0].free_text and not waiting[0].answered:
        return _answer(inbound, ctx, router, waiting[0])
    fitting: list[tuple[Asked, tuple[int, ...]]] = []
    for asked in waiting:
        if asked.free_text:
            continue
        if options := _options(inbound.text, asked, ctx.library.content.answers):
            fitting.append((asked, options))
    unanswered = [pair for pair in fitting if not pair[0].answered]
    chosen = unanswered or [pair for pair in fitting if pair[0].changeable]
    if len(chosen) == 1:
        return _answer(replace(inbound, options=chosen[0][1]), ctx, router, chosen[0][0])
    if chosen:
        return _which(chosen, ctx)
    for asked in waiting:
        if asked.free_text and not asked.answered and not fitting:
            return _answer(inbound, ctx, router, asked)
    if any(not asked.free_text for asked, _ in fitting):
        raise Refused("help.answered_already", title=fitting[0][0].title)
    return None


def _options(text: str, asked: Asked, words: AnswerWords) -> tuple[int, ...]:
    """The options that a typed text means: numbers, letters, yes/no words or the label itself."""
    said = text.strip()
    if said in asked.options:
        return (asked.options.index(said),)
    known = words.two_options if len(asked.options) == 2 else words.numerals
    chosen = parse_choice(said, len(asked.options), known, words.fillers).indices
    return () if len(chosen) > 1 and not asked.multiple else chosen


def _which(chosen: list[tuple[Asked, tuple[int, ...]]], ctx: Context) -> Reply:
    """Two open questions: ask which one was meant, with the typed option already in the button."""
    choices = []
    for asked, options in chosen[:6]:
        if len(options) == 1:
            label = ctx.text("help.which_label", title=asked.title[:20], option=asked.options[options[0]][:20])
            choices.append(Choice.option(asked.id, options[0], label))
    if not choices:
        raise Refused("help.which_multiple")
    return Reply(Message(ctx.text("help.which"), tuple(choices)))


def _answer(inbound: Inbound, ctx: Context, router: Router, asked: Asked) -> Reply:
    route = router.routes.get(asked.route)
    if route is None:
        raise Refused("help.stale_button")
    reply = _call(inbound, replace(ctx, asked=asked), router, route)
    settled: tuple[Choice, ...] | None = None
    asks_again = reply.message is not None and reply.message.awaits == asked.id
    if ctx.person is not None and not asks_again:
        prompts.show(
            ctx.session, ctx.address, ctx.person.id, asked.id, ctx.now, answered=True, marks=_bits(inbound.options)
        )
    if inbound.token and not ctx.address.group:
        settled = _settle(asked, inbound.options, ctx)
    return replace(reply, settled=settled)


def _settle(asked: Asked, options: tuple[int, ...], ctx: Context) -> tuple[Choice, ...]:
    """What the tapped message shows from now on: the choice made, and the others where it may be changed."""
    if asked.multiple and asked.changeable:
        return buttons(asked.id, asked.options, True, ctx.text("help.submit"), _bits(options))
    shown = range(len(asked.options)) if asked.changeable else options
    return tuple(
        Choice.option(asked.id, number, ("✓ " if number in options else "") + asked.options[number]) for number in shown
    )


def _call(inbound: Inbound, ctx: Context, router: Router, route: Route) -> Reply:
    ctx = _authorise(ctx, route)
    message = route.handler(inbound, ctx)
    if ctx.person is not None:
        for prompt in message.prompts:
            prompts.show(ctx.session, ctx.address, ctx.person.id, prompt, ctx.now)
    return Reply(message if message.text or message.attachments else None)


def _authorise(ctx: Context, route: Route) -> Context:
    """Check place and role where the route declares them; settle the unit that the person acts for."""
    if route.where is Where.PRIVATE and ctx.address.group:
        raise Refused("help.private_only")
    if route.where is Where.GROUP and not ctx.address.group:
        raise Refused("help.group_only")
    if route.role is Role.ANYONE:
        return ctx
    person = ctx.member
    if ctx.address.group and ctx.chat_unit is None:
        raise Refused("binding.group_unbound")
    if route.role is Role.MEMBER:
        return ctx
    roles = (route.role, route.or_role) if route.or_role else (route.role,)
    if ctx.chat_unit is not None:
        if not any(people.may(ctx.session, person.id, role, ctx.chat_unit) for role in roles):
            raise Refused("help.not_yours")
        return ctx
    for role in roles:
        if led := people.units_led(ctx.session, person.id, role):
            return ctx if person.branch_id in led else replace(ctx, unit_id=led[0])
    raise Refused("help.no_right")


def _unknown(text: str, ctx: Context, router: Router, waiting: bool) -> Reply:
    words = ctx.library.content.answers
    if parse_choice(text, 99, words.numerals, words.fillers).ok:
        raise Refused("help.out_of_range" if waiting else "help.no_question")
    similar = router.similar(text)
    choices = tuple(Choice.command(words) for words in similar)
    return Reply(Message(ctx.text("help.similar" if similar else "help.unknown"), choices))


def _bits(options: tuple[int, ...]) -> int:
    return sum(1 << option for option in options if option >= 0)
