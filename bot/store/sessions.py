"""Web sessions: which browser speaks for which account."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import bindparam
from sqlmodel import Field, col, delete, select

from bot.store.columns import Moment, Row, table_of
from bot.store.hot import Hot, StoreSession

SESSION_DAYS = 30


class WebSession(Row, table=True):
    """A signed-in browser. Only a hash of its key is kept. `account` is its account on the local channel;
    `operator` may speak for any local account (the demo). Deleted when it expires."""

    __tablename__ = "web_session"

    key_hash: str = Field(primary_key=True)
    account: str = Field(index=True)
    operator: bool = False
    expires_at: datetime = Field(sa_type=Moment, index=True)


class Visitor(Struct, frozen=True):
    """Who a browser is: its local account, and whether it may speak for others (the demo's operator)."""

    account: str
    operator: bool = False


def open_session(session: StoreSession, visitor: Visitor, now: datetime) -> str:
    """Start a web session; the key for the cookie."""
    key = secrets.token_urlsafe(32)
    session.add(
        WebSession(
            key_hash=hash_of(key),
            account=visitor.account,
            operator=visitor.operator,
            expires_at=now + timedelta(days=SESSION_DAYS),
        )
    )
    return key


_session = table_of(WebSession)
_VISITOR = Hot(
    select(_session.c.account, _session.c.operator, _session.c.expires_at).where(
        _session.c.key_hash == bindparam("key_hash")
    )
)


def visitor(session: StoreSession, key: str, now: datetime) -> Visitor | None:
    """Whose session this key opens; None when there is none or it has expired."""
    row = session.one(_VISITOR, key_hash=hash_of(key))
    return None if row is None or row[2] <= now else Visitor(row[0], bool(row[1]))


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
