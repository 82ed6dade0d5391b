"""What a feature declares: its routes with the role that each requires, its timed jobs; and what a handler gets."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from bot.config import Settings
from bot.content import Content, Texts
from bot.messages import Address, Choice, Inbound, Message, Role
from bot.rules.quiet import next_allowed
from bot.signing import Signer, sign_in_path
from bot.store import audit, binding, delivery, due, people, prompts
from bot.store.hot import StoreSession
from bot.store.people import Audience, Person
from bot.store.prompts import Asked

DIALOGUE = timedelta(hours=2)
"""An abandoned dialogue ends after this: a stray number days later must not carry it on."""


OPENING = "..."
"""A command phrase that ends so stands for every text that begins with it; `tidy` makes an ellipsis of three dots."""


class Refused(Exception):
    """A handler's "no": `key` is the text that says what to do instead. Nothing that the handler wrote is kept."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key = key
        self.values = values


class Where(StrEnum):
    """Where a command may be used."""

    PRIVATE = "private"
    GROUP = "group"
    ANYWHERE = "anywhere"


@dataclass(frozen=True, slots=True)
class Library:
    """What was read from `content/` and the configuration at start, handed to every handler."""

    content: Content
    settings: Settings
    signer: Signer
    menu: Callable[[], tuple[Route, ...]] = tuple


@dataclass(frozen=True, slots=True)
class Context:
    """Everything a handler may use. It returns a Message; it never sends and does no I/O but through `session`."""

    session: StoreSession
    now: datetime
    library: Library
    address: Address
    person: Person | None = None
    chat_unit: int | None = None
    unit_id: int = 0
    asked: Asked | None = None
    args: str = ""

    @property
    def today(self) -> date:
        """The date in Asia/Shanghai."""
        return self.now.date()

    @property
    def member(self) -> Person:
        """The bound member; only routes open to ANYONE can lack one."""
        if self.person is None:
            raise Refused("binding.unknown")
        return self.person

    @property
    def settings(self) -> Settings:
        return self.library.settings

    @property
    def dialogue_ends(self) -> datetime:
        """When the steps of a dialogue that begins now can no longer be answered."""
        return self.now + DIALOGUE

    def text(self, key: str, /, **values: object) -> str:
        """A sentence of `content/texts`."""
        return self.library.content.texts(key, **values)

    def link(self, path: str) -> str:
        """The public address of one of our pages."""
        return self.settings.server.public_url.rstrip("/") + path

    def page_link(self, path: str) -> str:
        """A link to one of our pages that signs this person in, once. Only for a private message to them."""
        account = f"m{self.member.id}"
        binding.give_web_account(self.session, self.member.id, account, self.now)
        return self.link(sign_in_path(self.library.signer, account, path, self.now))

    def may(self, role: Role, unit_id: int) -> bool:
        """True when this person's posts give the role in the unit."""
        return self.person is not None and people.may(self.session, self.person.id, role, unit_id)

    def led(self, role: Role) -> list[int]:
        """The units in which this person's posts give the role."""
        return people.units_led(self.session, self.person.id, role) if self.person else []

    def belongs(self, unit_id: int) -> bool:
        """True when this person is in the unit or in one below it."""
        return self.person is not None and people.belongs(self.session, self.person, unit_id)

    def require(self, role: Role, unit_id: int) -> None:
        """Refuse unless `may`."""
        if not self.may(role, unit_id):
            raise Refused("help.not_yours")

    def ask(
        self,
        route: str,
        subject: int,
        title: str,
        options: tuple[str, ...],
        *,
        multiple: bool = False,
        changeable: bool = False,
        closes_at: datetime | None = None,
    ) -> tuple[Choice, ...]:
        """Open a question and get its buttons; a multiple choice gets a submit button at the end."""
        number = prompts.ask(
            self.session, route, subject, title, options,
            multiple=multiple, changeable=changeable, closes_at=closes_at,
        )  # fmt: skip
        return buttons(number, options, multiple, self.text("help.submit"))

    def ask_text(
        self, route: str, subject: int, title: str, *, digits: int = 0, closes_at: datetime | None = None
    ) -> int:
        """Open a question that the next typed text answers; put the number into `Message.awaits`. It ends with the
        dialogue unless `closes_at` is given. With `digits` only a number of that many digits answers it, and all
        other talk passes by. A reply that awaits the same question again leaves it open."""
        ends = closes_at or self.dialogue_ends
        return prompts.ask(self.session, route, subject, title, digits=digits, closes_at=ends)

    def notify(
        self,
        audience: Audience,
        message: Message,
        key: str,
        *,
        at: datetime | None = None,
        expires_at: datetime | None = None,
        immediate: bool = False,
    ) -> int | None:
        """Queue a message for others. `key` names matter and stage: a second one with the same key is not sent
        (FM-6) and None is returned. Quiet hours and rest days move it, unless `immediate` (something that people
        in the room are waiting for)."""
        moment = at or self.now
        if not immediate:
            moment = self.polite(moment)
        return delivery.notify(
            self.session, audience, message, key, moment, expires_at=expires_at, immediate=immediate
        )

    def polite(self, moment: datetime) -> datetime:
        """The first moment from `moment` on that is outside quiet hours and rest days (TD-10)."""
        hours, calendar = self.settings.delivery, self.library.content.calendar
        return next_allowed(
            moment, calendar, not hours.rest_days, start=hours.quiet_from, end=hours.quiet_until
        )

    def schedule(self, key: str, at: datetime, kind: str, subject: int) -> None:
        """Have the job `kind` run for `subject` at a moment; the same key again moves it."""
        due.plan(self.session, key, at, kind, subject)

    def audit(self, action: str, subject: str = "") -> None:
        """Append to the audit log: what was done, never what was said."""
        audit.record(self.session, self.now, self.person.id if self.person else None, action, subject)


Handler = Callable[[Inbound, Context], Message]
Job = Callable[[int, Context], None]


@dataclass(frozen=True, slots=True)
class Route:
    """A way into a feature: `name` is `feature.action`. Its command phrases are in `content/texts/<feature>.toml`
    under `[commands] action`; a prompt opened for the same name comes here too. `takes_args` lets words follow
    the phrase. Who has `role` or `or_role` may use it. `everyday`: the phrase is a word that sentences begin with, so
    words after it do not make it a command while an answer in the person's own words is awaited. `newest`: a typed
    answer counts only while this is the newest question in the chat (what cannot be taken back). `digits`: a typed
    number of so many digits that answers no question comes here."""

    name: str
    handler: Handler
    role: Role
    where: Where = Where.PRIVATE
    takes_args: bool = False
    or_role: Role | None = None
    everyday: bool = False
    newest: bool = False
    digits: int = 0

    @property
    def roles(self) -> tuple[Role, ...]:
        """Whoever has one of these may use it."""
        return (self.role, self.or_role) if self.or_role else (self.role,)

    def fits(self, roles: set[Role], place: Where) -> bool:
        """Open to one of these roles, and usable in this kind of chat."""
        return not roles.isdisjoint(self.roles) and self.where in (place, Where.ANYWHERE)


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature: its routes and timed jobs, all of them named `<name>.<action>`."""

    name: str
    routes: tuple[Route, ...]
    jobs: Mapping[str, Job] = field(default_factory=dict)


Load = Callable[[], Feature]


class Router:
    """Finds the route of a command or a prompt. Every name is `<feature>.<action>`: a feature is loaded when one of
    its names is first used."""

    def __init__(self, features: Mapping[str, Load], texts: Texts) -> None:
        self._features, self._texts = features, texts
        self._routes: dict[str, Mapping[str, Route]] = {}
        said = {tidy(phrase): name for name, phrases in texts.commands.items() for phrase in phrases}
        self._phrases = {phrase: name for phrase, name in said.items() if not phrase.endswith(OPENING)}
        self._openings = {phrase.removesuffix(OPENING): said[phrase] for phrase in said if phrase.endswith(OPENING)}

    def route(self, name: str) -> Route | None:
        """The route of this name."""
        return self._routes_of(name.partition(".")[0]).get(name)

    def job(self, name: str) -> Job | None:
        """The timed job of this name."""
        load = self._features.get(name.partition(".")[0])
        return load().jobs.get(name) if load else None

    def menu(self) -> tuple[Route, ...]:
        """Every route with a phrase and a `what.<action>` sentence, in the order of the features."""
        texts, what = self._texts, {route: ".what.".join(route.name.split(".")) for route in self._all()}
        return tuple(route for route in what if texts.phrases(route.name) and what[route] in texts.sentences)

    def command(self, text: str) -> tuple[Route, str] | None:
        """The route that a typed text calls, and the words that follow the phrase."""
        said = tidy(text)
        if (name := self._phrases.get(said)) and (route := self.route(name)):
            return route, ""
        phrase = said
        while " " in phrase:
            phrase = phrase.rpartition(" ")[0]
            name = self._phrases.get(phrase)
            if name and (route := self.route(name)) and route.takes_args:
                return route, text.strip().lstrip("/").strip()[len(phrase) :].strip()
        return None

    def opening(self, text: str) -> Route | None:
        """The route for a text that nothing else understood, by how it begins: phrases that end in an ellipsis."""
        said = tidy(text)
        return next((self.route(name) for start, name in self._openings.items() if said.startswith(start)), None)

    def by_digits(self, count: int) -> Route | None:
        """The route that a typed number of so many digits calls when it answers no question."""
        return next((route for route in self._all() if route.digits == count), None) if count else None

    def similar(self, text: str) -> list[tuple[str, Route]]:
        """Up to five commands that look like what was typed; they are offered, never executed."""
        close = difflib.get_close_matches(tidy(text)[:20], self._phrases, n=5, cutoff=0.5)
        return [(phrase, route) for phrase in close if (route := self.route(self._phrases[phrase]))]

    def _routes_of(self, feature: str) -> Mapping[str, Route]:
        found = self._routes.get(feature)
        if found is None:
            load = self._features.get(feature)
            found = self._routes[feature] = {route.name: route for route in load().routes} if load else {}
        return found

    def _all(self) -> Iterator[Route]:
        for feature in self._features:
            yield from self._routes_of(feature).values()


def tidy(text: str) -> str:
    """Half-width, single spaces, no leading slash, lower case: how commands are compared."""
    return " ".join(unicodedata.normalize("NFKC", text).strip().lstrip("/").lower().split())


def buttons(
    prompt: int, options: tuple[str, ...], multiple: bool, submit: str, marks: int = 0
) -> tuple[Choice, ...]:
    """The buttons of a prompt; in a multiple choice `marks` (a bit set) ticks options and a submit button follows."""
    if not multiple:
        return tuple(Choice.option(prompt, number, label) for number, label in enumerate(options))
    ticked = tuple(
        Choice.option(prompt, number, ("☑ " if marks >> number & 1 else "☐ ") + label)
        for number, label in enumerate(options)
    )
    return (*ticked, Choice.option(prompt, -1, submit))
