"""Web sessions: which browser speaks for which account."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import bindparam
from sqlmodel import Field, col, delete, select, update

from bot.store.core.columns import NOT_SAVED, Moment, Row, insert, table_of
from bot.store.core.statements import Hot, StoreSession

SESSION_DAYS = 30
LONGEST_DAYS = 180
IDLE_HOURS = 12
GUEST = "guest-"
"""The accounts of browsers that nobody knows begin with this."""
_NOTED_AFTER = timedelta(minutes=1)
"""Use within this time of the last one changes nothing in the store."""


class WebSession(Row, table=True):
    """A signed-in browser. Only a hash of its key is kept. `account` is its account on the local channel;
    `operator` may speak for any local account (the demo). It ends at `expires_at`, which use puts off as far as
    `ends_at`; used within IDLE_HOURS each time it stays fresh, once idle for longer never again. Deleted when it
    expires."""

    __tablename__ = "web_session"
    __table_args__ = NOT_SAVED

    key_hash: str = Field(primary_key=True)
    account: str = Field(index=True)
    operator: bool = False
    expires_at: datetime = Field(sa_type=Moment, index=True)
    ends_at: datetime = Field(sa_type=Moment)
    fresh_until: datetime = Field(sa_type=Moment)


class Visitor(Struct, frozen=True):
    """Who a browser is: its local account, and whether it may speak for others (the demo's operator). `key_hash` names
    the session, which is `kept` in the store, but for a guest's before anything was said; `fresh`: it was never idle
    for IDLE_HOURS; `aging`: this use of it is to be noted."""

    account: str
    operator: bool = False
    key_hash: str = ""
    kept: bool = True
    fresh: bool = True
    aging: bool = False


def open_session(session: StoreSession, visitor: Visitor, now: datetime) -> str:
    """Start a web session; the key for the cookie."""
    key = secrets.token_urlsafe(32)
    session.add(
        WebSession(key_hash=hash_of(key), account=visitor.account, operator=visitor.operator, **_times(now))
    )
    return key


def keep(session: StoreSession, account: str, key_hash: str, now: datetime) -> None:
    """Keep the session of a guest who says something."""
    values = {"key_hash": key_hash, "account": account, "operator": False, **_times(now)}
    session.execute(insert(WebSession).values(values).on_conflict_do_nothing())


def _times(now: datetime) -> dict[str, datetime]:
    return {
        "expires_at": now + timedelta(days=SESSION_DAYS),
        "ends_at": now + timedelta(days=LONGEST_DAYS),
        "fresh_until": now + timedelta(hours=IDLE_HOURS),
    }


_session = table_of(WebSession)
_VISITOR = Hot(
    select(*[_session.c[name] for name in ("account", "operator", "expires_at", "ends_at", "fresh_until")]).where(
        _session.c.key_hash == bindparam("key_hash")
    )
)


def visitor(session: StoreSession, key: str, now: datetime) -> Visitor | None:
    """Whose session this key opens; None when there is none or it has expired."""
    return _visitor(session, hash_of(key), now)


def aging(session: StoreSession, hashes: Sequence[str], now: datetime) -> list[str]:
    """Those of these sessions, by their keys' hashes, of which a use now is to be noted."""
    found = [_visitor(session, key_hash, now) for key_hash in hashes]
    return [one.key_hash for one in found if one is not None and one.aging]


def _visitor(session: StoreSession, key_hash: str, now: datetime) -> Visitor | None:
    row = session.one(_VISITOR, key_hash=key_hash)
    if row is None or row[2] <= now:
        return None
    account, operator, expires_at, ends_at, fresh_until = row
    fresh = fresh_until > now
    put_off = min(now + timedelta(days=SESSION_DAYS), ends_at) - expires_at > _NOTED_AFTER
    aging = put_off or (fresh and now + timedelta(hours=IDLE_HOURS) - fresh_until > _NOTED_AFTER)
    return Visitor(account, bool(operator), key_hash, fresh=fresh, aging=aging)


def stands(session: StoreSession, key_hash: str, account: str, now: datetime) -> bool:
    """Whether this session goes on and may speak for the account."""
    row = session.one(_VISITOR, key_hash=key_hash)
    return row is not None and row[2] > now and (row[0] == account or bool(row[1]))


def used(session: StoreSession, key_hash: str, now: datetime) -> None:
    """A page was opened, or the chat: the session goes on, SESSION_DAYS from now and LONGEST_DAYS in all."""
    row = session.one(_VISITOR, key_hash=key_hash)
    if row is None or row[2] <= now:
        return
    _, _, expires_at, ends_at, fresh_until = row
    times = _times(now)
    values = {"expires_at": max(expires_at, min(times["expires_at"], ends_at))}
    if fresh_until > now:
        values["fresh_until"] = max(fresh_until, times["fresh_until"])
    session.execute(update(WebSession).where(col(WebSession.key_hash) == key_hash).values(values))


def close_session(session: StoreSession, key: str) -> None:
    """Sign one browser out."""
    session.execute(delete(WebSession).where(col(WebSession.key_hash) == hash_of(key)))


def close_sessions(session: StoreSession, account: str) -> None:
    """Sign an account out everywhere."""
    session.execute(delete(WebSession).where(col(WebSession.account) == account))


def forget_old(session: StoreSession, now: datetime) -> None:
    """Nightly: drop what has expired."""
    session.execute(delete(WebSession).where(col(WebSession.expires_at) <= now))


def hash_of(key: str) -> str:
    """What is kept of a key or a token."""
    return hashlib.sha256(key.encode()).hexdigest()
