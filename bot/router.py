"""What a feature declares: its routes with the role that each requires, its timed jobs; and what a handler gets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum

from msgspec import Struct, field

from bot.config import Settings
from bot.content import Content
from bot.messages import Address, Choice, Inbound, Message, Role
from bot.rules.quiet import next_allowed
from bot.signing import Signer, sign_in_path
from bot.store import binding, delivery, due, people, prompts
from bot.store.accounts import pages_account
from bot.store.core.statements import StoreSession
from bot.store.people import Audience, Person
from bot.store.prompts import Asked

DIALOGUE = timedelta(hours=2)
"""An abandoned dialogue ends after this: a stray number days later must not carry it on."""


class Refused(Exception):
    """A handler's "no": `key` is the text that says what to do instead. Nothing that the handler wrote is kept.
    `elsewhere`: it was said in another chat than the one where this person's messages go (dispatch.note_use)."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key = key
        self.values = values
        self.elsewhere = False


def no_right(*roles: Role) -> Refused:
    """The "no" to somebody who has none of these roles: it names who has, never one who has not."""
    return Refused("help.no_right" if len(roles) > 1 else f"help.only_{roles[0]}")


class Where(StrEnum):
    """Where a command may be used."""

    PRIVATE = "private"
    GROUP = "group"
    ANYWHERE = "anywhere"


class Library(Struct, frozen=True):
    """What was read from `content/` and the configuration at start, handed to every handler."""

    content: Content
    settings: Settings
    signer: Signer
    menu: Callable[[], tuple[Route, ...]] = tuple
    job: Callable[[str], Timed | None] = lambda _: None
    lost: Callable[[Message], frozenset[str]] = lambda _: frozenset()


class Context(Struct, frozen=True):
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
    def question(self) -> Asked:
        """The question that this answers; a button or command that belongs to none is refused."""
        if self.asked is None:
            raise Refused("help.stale_button")
        return self.asked

    @property
    def settings(self) -> Settings:
        """The configuration."""
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
        account = pages_account(self.member.id)
        binding.give_web_account(self.session, self.member.id, account, self.now)
        return self.link(sign_in_path(self.library.signer, account, path, self.now))

    def may(self, role: Role, unit_id: int) -> bool:
        """True when this person's posts give the role in the unit."""
        return self.person is not None and people.may(self.session, self.person.id, role, unit_id)

    def led(self, *roles: Role) -> list[int]:
        """The units in which this person's posts give one of the roles, lowest id first."""
        if self.person is None:
            return []
        return sorted({unit for role in roles for unit in people.units_led(self.session, self.person.id, role)})

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

    def warned(self, preview: str, message: Message) -> str:
        """The preview of a message, which begins with what some channel cannot carry of it."""
        notes = [self.text(f"help.warn_{kind}") for kind in sorted(self.library.lost(message))]
        return "\n".join([*notes, preview])

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
        from bot.store import audit

        audit.record(self.session, self.now, self.person.id if self.person else None, action, subject)


Handler = Callable[[Inbound, Context], Message]
Job = Callable[[int, Context], None]


class Route(Struct, frozen=True):
    """A way into a feature: `name` is `feature.action`. Its command phrases are in `content/texts/<feature>.toml`
    under `[commands] action`; a prompt opened for the same name comes here too. `takes_args` lets words follow
    the phrase. Who has `role` or `or_role` may use it. `everyday`: the phrase is a word that sentences begin with, so
    words after it do not make it a command while an answer in the person's own words is awaited. `newest`: a typed
    answer counts only while this is the newest question in the chat (what cannot be taken back). `digits`: a typed
    number of so many digits that answers no question comes here. `closed`: the text for a tap that comes too late.
    `drafts`: what is typed becomes a draft, which is shown before anything goes out."""

    name: str
    handler: Handler
    role: Role
    where: Where = Where.PRIVATE
    takes_args: bool = False
    or_role: Role | None = None
    everyday: bool = False
    newest: bool = False
    digits: int = 0
    closed: str = ""
    drafts: bool = False

    @property
    def leads(self) -> bool:
        """Whether it is used by those who act for a unit, one at a time."""
        return self.role not in (Role.ANYONE, Role.MEMBER)

    @property
    def roles(self) -> tuple[Role, ...]:
        """Whoever has one of these may use it."""
        return (self.role, self.or_role) if self.or_role else (self.role,)

    def fits(self, roles: set[Role], place: Where) -> bool:
        """Open to one of these roles, and usable in this kind of chat."""
        return not roles.isdisjoint(self.roles) and self.where in (place, Where.ANYWHERE)


class Matter(Struct, frozen=True):
    """What a timed job is about: who is asked when it is too late, these `members`, or where none of them can be
    reached the units' leaders; the delivery key that names its kind (content/reminders.toml), and a title."""

    units: tuple[int, ...]
    key: str
    title: str = ""
    members: tuple[int, ...] = ()


class Timed(Struct, frozen=True):
    """A timed job. `last`: how long after its moment it still makes sense (bot/rules/lateness.py). What comes later is
    asked about: `matter` says whom and what, None where the matter is over; `drop` is done where they say no. Raises
    ValueError where only one of `last` and `matter` is given."""

    run: Job
    last: timedelta | None
    matter: Callable[[int, Context], Matter | None] | None = None
    drop: Job | None = None

    def __post_init__(self) -> None:
        if (self.last is None) != (self.matter is None):
            raise ValueError("a job that can be too late says what is asked then, and no other does")


class Feature(Struct, frozen=True):
    """One feature: its routes and timed jobs, all of them named `<name>.<action>`."""

    name: str
    routes: tuple[Route, ...]
    jobs: Mapping[str, Timed] = field(default_factory=dict)


Load = Callable[[], Feature]


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
