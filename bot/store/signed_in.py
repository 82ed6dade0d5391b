"""Who is signed in: a right is looked at when it is used, not only at the door."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, bindparam, or_, select

from bot.store import people, sessions
from bot.store.core.columns import table_of
from bot.store.core.statements import Hot, StoreSession
from bot.store.people import Account, Member, Person, Unit
from bot.store.sessions import WebSession

LOCAL = "local"
_AT_ONCE = 500
_session, _account = table_of(WebSession), table_of(Account)
_member, _unit = table_of(Member), table_of(Unit)

_WHO_HERE = Hot(
    people.WHO.add_columns(_session.c.expires_at)
    .join(_session, _session.c.key_hash == bindparam("key_hash"))
    .where(or_(_session.c.account == _account.c.account, _session.c.operator))
    .with_for_update(of=_account, key_share=True)
)
"""The session's end is compared here: read, it is the same value as for the event before; the moment never is."""

Standing = tuple[object, ...]
"""Which member an account is, their branch and group, and the units above: what they may see follows from it."""


def identify(
    session: StoreSession, channel: str, account: str, key_hash: str, now: datetime
) -> tuple[Person | None, bool]:
    """The member who speaks, as `people.identify` with `alone`, and whether they still may: what comes in by a web
    session (`key_hash`) counts only while that goes on."""
    if not key_hash:
        return people.identify(session, channel, account, alone=True), True
    row = session.one(_WHO_HERE, channel=channel, account=account, key_hash=key_hash)
    if row is not None and row[-1] > now:
        return Person(*row[:-1]), True
    return None, sessions.stands(session, key_hash, account, now)


def standing_of(session: StoreSession, account: str) -> Standing | None:
    """How an account of the web chat stands; None where it is nobody's, or somebody's who has left."""
    row = session.execute(_STANDING.where(_account.c.account == account)).first()
    return None if row is None else _standing(row)


def standing(session: StoreSession, keys: Sequence[str], now: datetime) -> dict[str, Standing | None]:
    """Those of these web sessions that go on, by their keys' hashes, and how their accounts stand."""
    found: dict[str, Standing | None] = {}
    for start in range(0, len(keys), _AT_ONCE):
        query = _OF_SESSIONS.where(_session.c.key_hash.in_(keys[start : start + _AT_ONCE]), _session.c.expires_at > now)
        found |= {row[0]: _standing(row[1:]) for row in session.execute(query)}
    return found


_COLUMNS = (_member.c.id, _member.c.branch_id, _member.c.group_id, _unit.c.path)
_STANDING = (
    select(*_COLUMNS)
    .join_from(_account, _member, and_(_member.c.id == _account.c.member_id, _member.c.left_on.is_(None)))
    .join(_unit, _unit.c.id == _member.c.branch_id)
    .where(_account.c.channel == LOCAL)
)
_OF_SESSIONS = (
    select(_session.c.key_hash, *_COLUMNS)
    .select_from(_session)
    .outerjoin(_account, and_(_account.c.channel == LOCAL, _account.c.account == _session.c.account))
    .outerjoin(_member, and_(_member.c.id == _account.c.member_id, _member.c.left_on.is_(None)))
    .outerjoin(_unit, _unit.c.id == _member.c.branch_id)
)


def _standing(row: Sequence[object]) -> Standing | None:
    return None if row[0] is None else tuple(row)
