"""Who did what and when, in a chain under a key that is not in the database (NS-3). Never what was said, voted or
answered."""

from __future__ import annotations

from collections.abc import Iterable, Set
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlmodel import Field, col, delete

from bot.rules.audit import (
    BEGUN,
    PRUNED,
    Anchor,
    Beginning,
    ChainKey,
    Deletion,
    Entry,
    Head,
    Origin,
    Trouble,
    Verdict,
    check,
    digest,
    entry_hash,
    is_ours,
    plain_break,
    sealed,
)
from bot.store.core import turns
from bot.store.core.columns import Moment, Row, insert, table_of
from bot.store.core.statements import CHAIN, StoreSession

_HEAD = 1


class AuditEntry(Row, table=True):
    """One action. Kept at least six months (PI-10)."""

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_type=Moment, index=True)
    member_id: int | None = None
    action: str
    subject: str = ""
    hash: str


class AuditHead(Row, table=True):
    """The end of the chain, one row: see `bot.rules.audit.Head`. Names nobody; kept with the database."""

    __tablename__ = "audit_head"

    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    chain: str
    entries: int
    hash: str
    key: str
    seal: str


_entry = table_of(AuditEntry)
_head = table_of(AuditHead)
TABLE, ENTRIES = _head.name, _entry.name


def record(session: StoreSession, at: datetime, member_id: int | None, action: str, subject: str = "") -> None:
    """Append an entry to the chain. Raises LookupError where the store was opened without the key."""
    key = _key(session)
    _append(session, key, _held(session, key, at), Entry(0, at, member_id, action, subject, ""))


def hold(session: StoreSession, at: datetime) -> None:
    """Begin a chain where none can be gone on with: another key, a head that is gone or was forged."""
    _held(session, _key(session), at)


def start(at: datetime, connection: Connection, before: Set[str]) -> None:
    """In the transaction that makes the tables or brings them up to date, of which `before` were there: begin the chain
    where the database never had one. Entries that it has are carried over: sealed, and their head named."""
    if _head.name not in before:
        session = StoreSession(bind=connection, join_transaction_mode="create_savepoint")
        begin(session, at, Origin.CARRIED if entries(session) else Origin.NEW)
        session.commit()


def begin(session: StoreSession, at: datetime, why: Origin) -> None:
    """Begin a chain: with the database, in place of one without a key, or after a restore. What stood there before is
    looked at, named and sealed."""
    turns.wait(session)
    key = _key(session)
    found, head = entries(session), head_of(session)
    if head is not None:
        verdict = check(found, head, key)
    else:
        broken = plain_break(found)
        verdict = Verdict(Trouble.BROKEN if broken else Trouble.NONE, broken)
    if verdict.trouble is Trouble.UNKNOWN_KEY:
        verdict = Verdict(Trouble.NONE)
    _begin(session, key, at, why, verdict)


def forget_old(session: StoreSession, now: datetime, before: datetime) -> None:
    """Delete the oldest entries, up to the first that was made at `before` or later, and append one that says how many
    went and which was the last. Where the log is found not to be whole, a chain is begun first that says so: what is
    deleted could not tell it any more."""
    turns.wait(session)
    key = _key(session)
    head = _held(session, key, now)
    found = entries(session)
    verdict = check(found, head, key)
    if verdict.trouble:
        head = _begin(session, key, now, Origin.FOUND, verdict)
        found = entries(session)
    kept = next((place for place, one in enumerate(found) if one.at >= before), len(found))
    if not kept:
        return
    start = next((place for place, one in enumerate(found) if one.hash == head.chain), 0)
    earlier = found[kept:start] if kept < start else []
    left = len(found) - max(kept, start)
    told = Deletion(kept, found[kept - 1].hash, head.entries - left, len(earlier), digest(earlier))
    session.execute(delete(AuditEntry).where(col(AuditEntry.id) <= found[kept - 1].id))
    _append(session, key, head, Entry(0, now, None, PRUNED, told.subject, ""))


def verdict_on(session: StoreSession, key: ChainKey, anchors: Iterable[Anchor]) -> Verdict:
    """What is wrong with the log, if anything. To be read in one snapshot."""
    return check(entries(session), head_of(session), key, anchors)


def broken_at(session: StoreSession) -> int | None:
    """The id of the entry that does not fit, 0 where something else is wrong with the log; None when it is whole."""
    verdict = verdict_on(session, _key(session), ())
    return verdict.place if verdict.trouble else None


def head_of(session: StoreSession) -> Head | None:
    """The end of the chain; None where it has none."""
    columns = (_head.c.chain, _head.c.entries, _head.c.hash, _head.c.key, _head.c.seal)
    row = session.execute(sa.select(*columns).where(_head.c.id == _HEAD)).first()
    return None if row is None else Head(*row)


def entries(session: StoreSession) -> list[Entry]:
    """The whole log, oldest first."""
    columns = (_entry.c.id, _entry.c.at, _entry.c.member_id, _entry.c.action, _entry.c.subject, _entry.c.hash)
    return [Entry(*row) for row in session.execute(sa.select(*columns).order_by(_entry.c.id))]


def _held(session: StoreSession, key: ChainKey, at: datetime) -> Head:
    """The end of the chain, held until the transaction ends. Where nothing may be appended to it, a new chain."""
    turns.wait(session)
    head = head_of(session)
    if head is not None and head.fits(key):
        return head
    found = entries(session)
    verdict = check(found, head, key)
    if head is not None and verdict.trouble is Trouble.UNKNOWN_KEY and not is_ours(found, head.chain, key):
        return _begin(session, key, at, Origin.OTHER_KEY, Verdict(Trouble.NONE))
    trouble = Trouble.HEAD if verdict.trouble is Trouble.UNKNOWN_KEY else verdict.trouble
    return _begin(session, key, at, Origin.FOUND, Verdict(trouble, verdict.place))


def _begin(session: StoreSession, key: ChainKey, at: datetime, why: Origin, verdict: Verdict) -> Head:
    found, old = entries(session), head_of(session)
    named = old.hash if old else found[-1].hash if found else ""
    told = Beginning(why, verdict.trouble, verdict.place, len(found), named, digest(found))
    return _append(session, key, None, Entry(0, at, None, BEGUN, told.subject, ""))


def _append(session: StoreSession, key: ChainKey, head: Head | None, entry: Entry) -> Head:
    """Append to a chain, or begin one. What the ORM still holds is written first, so that entries keep its order."""
    session.flush()
    made = entry_hash(key, head.hash if head else "", entry.line)
    values = {"at": entry.at, "member_id": entry.member_id, "action": entry.action, "subject": entry.subject}
    session.execute(sa.insert(_entry).values(**values, hash=made))
    found = sealed(key, head.chain, head.entries + 1, made) if head else sealed(key, made, 1, made)
    kept = {"chain": found.chain, "entries": found.entries, "hash": found.hash, "key": found.key, "seal": found.seal}
    put = insert(AuditHead).values(id=_HEAD, **kept)
    session.execute(put.on_conflict_do_update(index_elements=["id"], set_=kept))
    return found


def _key(session: StoreSession) -> ChainKey:
    found = session.connection().get_execution_options().get(CHAIN)
    if not isinstance(found, ChainKey):
        raise LookupError("the store was opened without the key of the audit log")
    return found
