"""An audience becomes delivery rows, slice by slice, so that a broadcast never loads its audience."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, func, literal, select, update

from bot.messages import Message, from_json
from bot.store import people, prompts
from bot.store.core.columns import Moment, Word, insert, table_of
from bot.store.core.statements import Hot, StoreSession
from bot.store.delivery import Delivery, OutgoingMessage, Phase, State
from bot.store.people import Account, Audience, Member

SLICE = 1000
_outgoing, _member, _account = table_of(OutgoingMessage), table_of(Member), table_of(Account)
_WANTED = Hot(
    select(*(_outgoing.c[name] for name in ("audience", "message", "expanded", "batches", "cursor")))
    .where(
        _outgoing.c.id == bindparam("outgoing_id"),
        _outgoing.c.phase.in_([literal(phase, Word(Phase)) for phase in (Phase.WAITING, Phase.SENDING)]),
    )
    .with_for_update()
)
_WRITTEN = Hot(
    update(_outgoing)
    .where(_outgoing.c.id == bindparam("outgoing_id"))
    .values(
        phase=literal(Phase.SENDING, Word(Phase)),
        **{name: bindparam(name) for name in ("expanded", "batches", "cursor")},
    )
)


def expand(session: StoreSession, outgoing_id: int, now: datetime) -> bool:
    """Let a message begin, and write the rows of the next slice of its audience; True when all is written.

    Members without an account get no row: the feature counts them and shows them to the secretary.
    """
    wanted = session.one(_WANTED, outgoing_id=outgoing_id)
    if wanted is None:
        return True
    audience, message = Audience.from_json(wanted[0]), from_json(wanted[1])
    expanded, batches, cursor = wanted[2:]
    if audience.chats and not expanded:
        _expand_chats(session, outgoing_id, audience, message, now)
        expanded = True
    elif not expanded:
        last = _expand_members(session, outgoing_id, audience, message, batches, cursor, now)
        expanded, batches, cursor = last is None, batches + 1, cursor if last is None else last
    session.run(_WRITTEN, outgoing_id=outgoing_id, expanded=expanded, batches=batches, cursor=cursor)
    return bool(expanded)


def _expand_chats(
    session: StoreSession, outgoing_id: int, audience: Audience, message: Message, now: datetime
) -> None:
    for address in people.chats_of(session, audience.units):
        session.execute(
            insert(Delivery)
            .values(
                outgoing_id=outgoing_id,
                member_id=0,
                channel=address.channel,
                chat=address.chat,
                is_group=True,
                batch=0,
            )
            .on_conflict_do_nothing()
        )
        for prompt in message.prompts:
            prompts.show(session, address, prompts.EVERYBODY, prompt, now)


def _expand_members(
    session: StoreSession,
    outgoing_id: int,
    audience: Audience,
    message: Message,
    batch: int,
    cursor: int,
    now: datetime,
) -> int | None:
    within = (people.in_audience(audience), _member.c.id > cursor)
    window = select(_member.c.id).where(*within).order_by(_member.c.id).limit(SLICE).subquery()
    last = session.execute(select(func.max(window.c.id))).scalar()
    if last is None:
        return None
    reached = (*within, _member.c.id <= last, _account.c.rank == 0)
    rows = (
        select(
            literal(outgoing_id), _member.c.id, _account.c.channel, _account.c.chat,
            literal(False), literal(batch), literal(str(State.QUEUED)), literal(""),
            literal(0), literal(""), literal(""), literal(""),
        )
        .join(_account, _account.c.member_id == _member.c.id)
        .where(*reached)
    )  # fmt: skip
    names = ["outgoing_id", "member_id", "channel", "chat", "is_group", "batch", "state", "token", "attempt",
             "outcome", "reason", "message_id"]  # fmt: skip
    session.execute(insert(Delivery).from_select(names, rows).on_conflict_do_nothing())
    for prompt in message.prompts:
        shown = (
            select(
                _account.c.channel + ":" + _account.c.chat, _member.c.id, literal(prompt),
                literal(now, Moment()), literal(False), literal(0),
            )
            .join(_account, _account.c.member_id == _member.c.id)
            .where(*reached)
        )  # fmt: skip
        fields = ["chat", "member_id", "prompt_id", "opened_at", "answered", "marks"]
        session.execute(insert(prompts.OpenPrompt).from_select(fields, shown).on_conflict_do_nothing())
    return int(last)
