"""The way of an event: dedupe, identify, resolve, authorise, call the handler. One function, one transaction."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from bot import taken
from bot.messages import COMMAND, SUBMIT, Choice, Inbound, Message, Reply, read_token
from bot.rights import acts_for
from bot.router import Context, Library, Refused, Route, buttons
from bot.routes import Router
from bot.rules.answers import code_of, parse_choice, spoken
from bot.settled import bits, settled, which
from bot.store import accounts, people, prompts, signed_in
from bot.store.access import WRONG_CODES
from bot.store.core import turns
from bot.store.core.statements import StoreSession
from bot.store.delivery import QUEUED
from bot.store.people import Person
from bot.store.prompts import Asked
from bot.typed import awaits_text, may_be_talk, options_of

LONGEST = 4000


def handle(session: StoreSession, inbound: Inbound, router: Router, library: Library, now: datetime) -> Reply:
    """Handle one event inside the caller's write transaction.

    Returns the reply for the sender; everything for others became rows. Raises Refused when the answer is no:
    the caller rolls back and shows the text that the refusal names.
    """
    overheard = not (inbound.addressed or inbound.token)
    person, may_speak = signed_in.identify(session, inbound.channel, inbound.account, inbound.session, now)
    if not may_speak:
        return Reply(ended=True)
    if not overheard and not prompts.first_time(session, inbound, now.date()):
        return Reply(duplicate=True)
    unit = people.unit_of_chat(session, inbound.chat) if inbound.chat.group else None
    event = _Event(session, router, library, now, inbound, person, unit)
    elsewhere = person is not None and person.rank != 0 and not inbound.left
    try:
        reply = event.handled()
    except Refused as refused:
        refused.elsewhere = elsewhere and not overheard
        raise
    if elsewhere and (not overheard or reply != Reply()):
        note_use(session, inbound)
    if session.info:
        wrong = session.info.get(WRONG_CODES, 0)
        return replace(reply, queued=QUEUED in session.info, wrong_codes=wrong)
    return reply


def note_use(session: StoreSession, inbound: Inbound) -> None:
    """The person behind an event has spoken in another chat than the one where their messages go: they go here now."""
    person = people.identify(session, inbound.channel, inbound.account)
    if person is not None:
        accounts.used(session, person, inbound.channel, inbound.account)


class _Event:
    """One event on its way to a handler; the Context is built once, when the route is known."""

    __slots__ = ("drafted", "inbound", "library", "now", "person", "router", "session", "unit")

    def __init__(
        self, session: StoreSession, router: Router, library: Library, now: datetime, inbound: Inbound,
        person: Person | None, unit: int | None,
    ) -> None:  # fmt: skip
        self.session, self.router, self.library, self.now = session, router, library, now
        self.inbound, self.person, self.unit = inbound, person, unit
        self.drafted = False

    def handled(self) -> Reply:
        """The reply to the event, whatever it is."""
        inbound = self.inbound
        if inbound.rest_of is not None:
            return self._rest(inbound.rest_of)
        if inbound.lost:
            known = self.person is not None
            return taken.reply_to(inbound, self._text, known, self._read, lambda: self.drafted)
        return self._read()

    def _rest(self, prompts_of_first: tuple[int, ...]) -> Reply:
        """A pasted text came in parts: none of them counts, and what the first one began cannot be sent."""
        for number in prompts_of_first:
            asked = prompts.find(self.session, number, self.now)
            if asked is not None and self._only_newest(asked):
                prompts.close(self.session, asked.route, asked.subject)
        return Reply(Message(self._text("help.rest", limit=LONGEST)))

    def _read(self) -> Reply:
        if len(self.inbound.text) > LONGEST:
            raise Refused("help.too_long", limit=LONGEST)
        if self.inbound.left:
            return self._call(self._route("binding.group_left"), self.inbound)
        return self.tapped() if self.inbound.token else self.said(self.inbound.text)

    def tapped(self) -> Reply:
        """A button or a card: the token names the prompt and the option. Tokens can be made up and forwarded: an
        answer is judged by its handler; why not is told only to who was shown the question here."""
        token = self.inbound.token
        if token.startswith(COMMAND + ":"):
            return self.said(token.partition(":")[2], addressed=True)
        found = read_token(token)
        asked = prompts.find(self.session, found[0], self.now) if found else None
        if found is None or asked is None:
            raise Refused("help.stale_button")
        option, fits = found[1], 0 <= found[1] < len(asked.options)
        if fits and self.person and not (asked.closed or asked.multiple):
            try:
                return self._answer(asked, (option,))
            except Refused:
                self._require_shown(asked)
                raise
        self._require_shown(asked)
        route = self._route(asked.route)
        self._authorise(route)
        if asked.closed:
            raise Refused(route.closed or "help.closed", title=asked.title)
        if not asked.multiple or not (fits or option == SUBMIT):
            raise Refused("help.stale_button")
        return self._ticked(asked, option)

    def _require_shown(self, asked: Asked) -> None:
        """Who was not shown the question in this chat learns nothing of it, not even that it exists."""
        who = self.person.id if self.person else prompts.EVERYBODY
        if not prompts.asked_here(self.session, asked.id, self.inbound.chat, who):
            raise Refused("help.stale_button")

    def said(self, words: str, addressed: bool = False) -> Reply:
        """A typed text: a command, the answer to what is open here, or not understood."""
        text = words.strip()
        addressed = addressed or self.inbound.addressed
        if not text:
            if addressed:
                raise Refused("help.empty")
            return Reply()
        command = self.router.command(text)
        if command and not addressed and may_be_talk(*command):
            command = None
        waiting = self._waiting(text) if command is None or (command[1] and command[0].everyday) else []
        if command and not (waiting and awaits_text(waiting[0])):
            return self._call(command[0], self.inbound, args=command[1])
        if self.person is None:
            return self._unbound(text) if addressed else Reply()
        if waiting and (reply := self._typed(text, waiting)) is not None:
            return reply
        if not addressed:
            return Reply()
        if all(asked.answered for asked in waiting) and spoken(text) in self._text("help.courtesies").split():
            return Reply(Message(self._text("help.courtesy")))
        return self._unknown(text, bool(waiting))

    def _waiting(self, text: str) -> list[Asked]:
        """What is open here for this person, newest first; a question for a code only when the text is one."""
        if self.person is None:
            return []
        return [
            asked
            for asked in prompts.open_in(self.session, self.inbound.chat, self.person.id, self.now)
            if not asked.digits or asked.digits == len(code_of(text))
        ]

    def _unbound(self, text: str) -> Reply:
        """Somebody unknown: the text may be a binding code; otherwise they learn how to bind and nothing else."""
        return Reply(self._route("binding.code").handler(self.inbound, self._context(args=text)))

    def _ticked(self, asked: Asked, option: int) -> Reply:
        """A tap on a multiple choice ticks or unticks; the submit button answers."""
        if self.inbound.chat.group:
            raise Refused("help.multiple_in_group")
        member = self._member().id
        marks = prompts.marks(self.session, self.inbound.chat, member, asked.id)
        if option == SUBMIT:
            chosen = tuple(number for number in range(len(asked.options)) if marks >> number & 1)
            if not chosen:
                raise Refused("help.nothing_ticked")
            return self._answer(asked, chosen)
        marks ^= 1 << option
        prompts.show(self.session, self.inbound.chat, member, asked.id, self.now, marks=marks)
        return Reply(settled=buttons(asked.id, asked.options, True, self._text("help.submit"), marks))

    def _typed(self, text: str, waiting: list[Asked]) -> Reply | None:
        """Read a typed text as the answer to what is open here; None when it is none."""
        if awaits_text(waiting[0]):
            return self._answer(waiting[0], ())
        fitting: list[tuple[Asked, tuple[int, ...]]] = []
        for asked in waiting:
            if asked.free_text or (asked is not waiting[0] and self._only_newest(asked)):
                continue
            if options := options_of(text, asked, self.library.content.answers):
                fitting.append((asked, options))
        unanswered = [pair for pair in fitting if not pair[0].answered]
        chosen = unanswered or [pair for pair in fitting if pair[0].changeable]
        if len(chosen) == 1:
            return self._answer(*chosen[0])
        if chosen:
            return self._which(chosen)
        if fitting:
            raise Refused("help.answered_already", title=fitting[0][0].title)
        free = next((asked for asked in waiting if asked.free_text and not asked.answered), None)
        return self._answer(free, ()) if free else None

    def _only_newest(self, asked: Asked) -> bool:
        route = self.router.route(asked.route)
        return route is not None and route.newest

    def _which(self, chosen: list[tuple[Asked, tuple[int, ...]]]) -> Reply:
        """Two open questions: ask which one was meant, with the typed option already in the button. A group must not
        read there what somebody chose (PI-6)."""
        if self.inbound.chat.group:
            raise Refused("help.which_in_group")
        choices = which(chosen[:6], self._text)
        if not choices:
            raise Refused("help.which_multiple")
        return Reply(Message(self._text("help.which"), choices))

    def _answer(self, asked: Asked, options: tuple[int, ...]) -> Reply:
        inbound, person = self.inbound, self.person
        reply = self._call(self._route(asked.route), inbound.chosen(options), asked)
        asks_again = reply.message is not None and reply.message.awaits == asked.id
        if person is not None and not asks_again:
            prompts.show(self.session, inbound.chat, person.id, asked.id, self.now, answered=True, marks=bits(options))
        if not inbound.token or inbound.chat.group:
            return reply
        return Reply(reply.message, settled(asked, options, self._text("help.submit")))

    def _route(self, name: str) -> Route:
        route = self.router.route(name)
        if route is None:
            raise Refused("help.stale_button")
        return route

    def _call(self, route: Route, inbound: Inbound, asked: Asked | None = None, args: str = "") -> Reply:
        """Authorise, call the handler, and note the questions that its message opens. Group talk that is not
        addressed to the bot is remembered from here on only, when it turned out to be meant for it (PI-11)."""
        overheard = not (self.inbound.addressed or self.inbound.token)
        if overheard and not prompts.first_time(self.session, self.inbound, self.now.date()):
            return Reply(duplicate=True)
        acts_for = self._authorise(route)
        taken.require_whole(self.inbound, route)
        self.drafted = route.drafts
        if route.leads:
            self._take_turn(route, asked)
        message = route.handler(inbound, self._context(acts_for, asked, args))
        if self.person is not None and (message.choices or message.awaits):
            for prompt in message.prompts:
                prompts.show(self.session, inbound.chat, self.person.id, prompt, self.now)
        return Reply(message if message.text or message.attachments else None)

    def _take_turn(self, route: Route, asked: Asked | None) -> None:
        """Act for a unit when nobody else does; somebody may have settled the question meanwhile."""
        turns.take(self.session)
        now = prompts.find(self.session, asked.id, self.now) if asked else None
        if asked is not None and (now is None or now.closed):
            raise Refused(route.closed or "help.closed", title=asked.title)

    def _authorise(self, route: Route) -> int | None:
        return acts_for(self.session, route, self.person, self.unit, self.inbound.chat.group)

    def _may_use(self, route: Route) -> bool:
        try:
            self._authorise(route)
        except Refused:
            return False
        return True

    def _context(self, acts_for: int | None = None, asked: Asked | None = None, args: str = "") -> Context:
        person = self.person
        unit = acts_for or self.unit or (person.branch_id if person else 0)
        return Context(self.session, self.now, self.library, self.inbound.chat, person, self.unit, unit, asked, args)

    def _member(self) -> Person:
        if self.person is None:
            raise Refused("binding.unknown")
        return self.person

    def _text(self, key: str, **values: object) -> str:
        return self.library.content.texts(key, **values)

    def _unknown(self, text: str, waiting: bool) -> Reply:
        if route := self.router.by_digits(len(code_of(text))):
            return self._call(route, self.inbound, args=text)
        words = self.library.content.answers
        if parse_choice(text, 99, words.numerals, words.fillers).ok:
            here = "help.no_question_here" if self.inbound.chat.group else "help.no_question"
            raise Refused("help.out_of_range" if waiting else here)
        if route := self.router.opening(text):
            return self._call(route, self.inbound, args=text)
        similar = [phrase for phrase, route in self.router.similar(text) if self._may_use(route)][:3]
        choices = tuple(Choice.command(found) for found in similar)
        return Reply(Message(self._text("help.similar" if similar else "help.unknown"), choices))
