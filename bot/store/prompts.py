"""What has been asked: events seen once, prompts, and which prompt is open for whom.

A prompt is one question (confirm notice 12, vote in poll 3). It is shared by everybody who is asked. An open
prompt says that a person, or everybody in a group chat (member 0), was shown it and may answer by number.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import JSON, Column, ColumnElement, UniqueConstraint, and_, bindparam, delete, func, or_, update
from sqlalchemy import type_coerce as as_type
from sqlmodel import Field, col, select

from bot.messages import Address, Inbound
from bot.store.core.columns import WITHOUT_ROWID, Labels, Moment, Row, insert, table_of
from bot.store.core.statements import Hot, StoreSession

EVERYBODY = 0
_MOST_OPEN = 20
_FORGOTTEN = "forgotten"


class InboundEvent(Row, table=True):
    """An event id that was handled. Kept 3 days: platforms repeat within hours. No index on the day: everything that
    is said would pay for what one nightly scan saves."""

    __table_args__ = WITHOUT_ROWID

    channel: str = Field(primary_key=True)
    account: str = Field(primary_key=True)
    event_id: str = Field(primary_key=True)
    on_day: date


class Prompt(Row, table=True):
    """A question with its options (labels in order). `route` names the handler. With `digits`, only a number of
    so many digits answers it. Kept as long as its subject."""

    __table_args__ = (UniqueConstraint("route", "subject"),)

    id: int | None = Field(default=None, primary_key=True)
    route: str
    subject: int
    title: str
    options: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    multiple: bool = False
    changeable: bool = False
    free_text: bool = False
    digits: int = 0
    closes_at: datetime | None = Field(default=None, sa_type=Moment)
    closed: bool = False


class OpenPrompt(Row, table=True):
    """A prompt shown in a chat to a member (0: to all of a group). Kept 60 days after it was shown."""

    __table_args__ = WITHOUT_ROWID

    chat: str = Field(primary_key=True)
    member_id: int = Field(primary_key=True)
    prompt_id: int = Field(primary_key=True)
    opened_at: datetime = Field(sa_type=Moment, index=True)
    answered: bool = False
    marks: int = 0


class Asked(Struct, frozen=True):
    """An open prompt as dispatch needs it. `digits` as in `Prompt`; `marks` is the bit set of ticked options."""

    id: int
    route: str
    subject: int
    title: str
    options: tuple[str, ...]
    multiple: bool
    changeable: bool
    free_text: bool
    closed: bool
    digits: int = 0
    answered: bool = False
    marks: int = 0


_event = table_of(InboundEvent)
_prompt = table_of(Prompt)
_open = table_of(OpenPrompt)

_SEEN = Hot(
    insert(InboundEvent)
    .values({name: bindparam(name) for name in ("channel", "account", "event_id", "on_day")})
    .on_conflict_do_nothing()
)
_PROMPT_COLUMNS = [
    as_type(_prompt.c.options, Labels) if name == "options" else _prompt.c[name]
    for name in (
        "id", "route", "subject", "title", "options", "multiple", "changeable", "free_text", "closed", "closes_at",
        "digits",
    )
]  # fmt: skip
_BY_ID = Hot(select(*_PROMPT_COLUMNS).where(_prompt.c.id == bindparam("prompt_id")))
_ASKED_HERE = Hot(
    select(_open.c.prompt_id).where(
        _open.c.prompt_id == bindparam("prompt_id"),
        _open.c.chat == bindparam("chat"),
        _open.c.member_id.in_([bindparam("member_id"), bindparam("or_member")]),
    )
)
_SHOWN = (
    select(*[*_PROMPT_COLUMNS, _open.c.answered, _open.c.marks])
    .join(_open, _open.c.prompt_id == _prompt.c.id)
    .where(_open.c.chat == bindparam("chat"), ~_prompt.c.closed)
    .order_by(_open.c.opened_at.desc(), _open.c.prompt_id.desc())
)
_IN_PRIVATE = Hot(_SHOWN.where(_open.c.member_id == bindparam("member_id")))
_IN_GROUP = Hot(_SHOWN.where(_open.c.member_id.in_([bindparam("member_id"), EVERYBODY])))
_KEY = ("chat", "member_id", "prompt_id")
_NOTED = ("opened_at", "answered", "marks")
_SHOW = Hot(
    insert(OpenPrompt)
    .values({name: bindparam(name) for name in (*_KEY, *_NOTED)})
    .on_conflict_do_update(index_elements=_KEY, set_={name: bindparam(name) for name in _NOTED})
)
_ANSWERED = Hot(
    update(_open)
    .where(*(_open.c[name] == bindparam(f"of_{name}") for name in _KEY))
    .values(answered=True, marks=bindparam("ticked"))
)
_MARKS = Hot(
    select(_open.c.marks).where(
        _open.c.chat == bindparam("chat"),
        _open.c.member_id == bindparam("member_id"),
        _open.c.prompt_id == bindparam("prompt_id"),
    )
)


def chat_key(address: Address) -> str:
    """How a chat is named in the store."""
    return f"{address.channel}:{address.chat}"


def first_time(session: StoreSession, inbound: Inbound, today: date) -> bool:
    """Remember the event; False when it was handled before."""
    return (
        session.run(
            _SEEN, channel=inbound.channel, account=inbound.account, event_id=inbound.event_id, on_day=today
        )
        == 1
    )


def find(session: StoreSession, prompt_id: int, now: datetime) -> Asked | None:
    """The prompt with this id. One whose time is over counts as closed."""
    row = session.one(_BY_ID, prompt_id=prompt_id)
    return None if row is None else _asked(row, now)


def asked_here(session: StoreSession, prompt_id: int, address: Address, member_id: int) -> bool:
    """Whether this person (0: somebody unknown), or everybody in the group, was shown the prompt in this chat."""
    or_member = EVERYBODY if address.group else member_id
    values = {"prompt_id": prompt_id, "chat": chat_key(address), "member_id": member_id, "or_member": or_member}
    return session.one(_ASKED_HERE, **values) is not None


def open_in(session: StoreSession, address: Address, member_id: int, now: datetime) -> list[Asked]:
    """Prompts that this person was shown in this chat, newest first, closed ones left out (at most 20)."""
    rows = session.rows(_IN_GROUP if address.group else _IN_PRIVATE, chat=chat_key(address), member_id=member_id)
    found: dict[int, Asked] = {}
    for row in rows[:_MOST_OPEN]:
        asked = _asked(row[:11], now, bool(row[11]), row[12])
        if not asked.closed:
            before = found.get(asked.id)
            found[asked.id] = asked if before is None or asked.answered else before
    return list(found.values())


def ask(
    session: StoreSession,
    route: str,
    subject: int,
    title: str,
    options: tuple[str, ...] = (),
    *,
    multiple: bool = False,
    changeable: bool = False,
    closes_at: datetime | None = None,
    digits: int = 0,
) -> int:
    """Create the prompt of (route, subject), or update and reopen it; its id. Without options it takes free text."""
    values = {
        "route": route,
        "subject": subject,
        "title": title,
        "options": list(options),
        "multiple": multiple,
        "changeable": changeable,
        "free_text": not options,
        "digits": digits,
        "closes_at": closes_at,
        "closed": False,
    }
    statement = (
        insert(Prompt)
        .values(values)
        .on_conflict_do_update(index_elements=["route", "subject"], set_=values)
        .returning(_prompt.c.id)
    )
    return int(session.execute(statement).scalar_one())


def show(
    session: StoreSession,
    address: Address,
    member_id: int,
    prompt_id: int,
    now: datetime,
    *,
    answered: bool = False,
    marks: int = 0,
) -> None:
    """Note that the prompt stands open in this chat for this member, or, where it stood already, was answered."""
    chat = chat_key(address)
    if answered and session.run(
        _ANSWERED, of_chat=chat, of_member_id=member_id, of_prompt_id=prompt_id, ticked=marks
    ):
        return
    session.run(
        _SHOW,
        chat=chat,
        member_id=member_id,
        prompt_id=prompt_id,
        opened_at=now,
        answered=answered,
        marks=marks,
    )


def marks(session: StoreSession, address: Address, member_id: int, prompt_id: int) -> int:
    """The ticked options so far, as a bit set."""
    row = session.one(_MARKS, chat=chat_key(address), member_id=member_id, prompt_id=prompt_id)
    return 0 if row is None else int(row[0])


def close(session: StoreSession, route: str, subject: int) -> None:
    """Nobody can answer this prompt any more."""
    session.execute(
        update(Prompt).where(col(Prompt.route) == route, col(Prompt.subject) == subject).values(closed=True)
    )


def forget(session: StoreSession, *which: ColumnElement[bool]) -> None:
    """Drop these prompts. Of the newest of all the number stays: SQLite would give it to the next one, and a button
    that still stands in some chat would answer that."""
    newest = session.execute(select(func.max(Prompt.id))).scalar() or 0
    empty: dict[str, object] = {"route": _FORGOTTEN, "subject": newest, "title": "", "options": [], "closed": True}
    session.execute(update(Prompt).where(*which, col(Prompt.id) == newest).values(empty))
    older = col(Prompt.id) < newest
    session.execute(delete(Prompt).where(older, or_(col(Prompt.route) == _FORGOTTEN, and_(*which))))


def drop_typed(session: StoreSession, address: Address, member_id: int) -> int:
    """Forget the questions in this chat that wait for typed text ("cancel"); how many there were."""
    waiting = select(Prompt.id).where(col(Prompt.free_text))
    return session.changed(
        update(OpenPrompt)
        .where(
            col(OpenPrompt.chat) == chat_key(address),
            col(OpenPrompt.member_id) == member_id,
            col(OpenPrompt.prompt_id).in_(waiting),
            col(OpenPrompt.answered).is_(False),
        )
        .values(answered=True)
    )


def forget_old(session: StoreSession, now: datetime) -> None:
    """Nightly: drop event ids after 3 days and open prompts after 60."""
    session.execute(delete(InboundEvent).where(col(InboundEvent.on_day) < now.date() - timedelta(days=3)))
    session.execute(delete(OpenPrompt).where(col(OpenPrompt.opened_at) < now - timedelta(days=60)))


def _asked(row: tuple[Any, ...], now: datetime, answered: bool = False, marks: int = 0) -> Asked:
    prompt_id, route, subject, title, options, multiple, changeable, free_text, closed, closes_at, digits = row
    over = bool(closed) or (closes_at is not None and closes_at <= now)
    return Asked(
        prompt_id, route, subject, title, options, multiple, changeable, free_text, over, digits, answered, marks
    )
