"""One-time links, binding codes and the counters that limit guessing."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, col, delete, func, select

from bot.store.core.columns import NOT_SAVED, Moment, Row, insert
from bot.store.core.statements import StoreSession
from bot.store.sessions import hash_of

EVERYBODY = ""
"""In place of an account: the links of all."""
GUESSING = "guessing"
WRONG_CODES = "wrong codes"


class UsedLink(Row, table=True):
    """A one-time link that has been redeemed; or, under the name of an account, all of its links that expire no later
    than this. Deleted when they have expired by themselves."""

    __tablename__ = "used_link"
    __table_args__ = NOT_SAVED

    token_hash: str = Field(primary_key=True)
    expires_at: datetime = Field(sa_type=Moment)


class BindCode(Row, table=True):
    """A code that binds an account to a member, once. Only a keyed hash is kept, until it expires."""

    __tablename__ = "bind_code"
    __table_args__ = NOT_SAVED

    code_hash: str = Field(primary_key=True)
    member_id: int = Field(foreign_key="member.id", index=True)
    expires_at: datetime = Field(sa_type=Moment)


class Attempt(Row, table=True):
    """How often an account tried something in an hour (`bucket`); as GUESSING, how often all. Deleted after a day."""

    what: str = Field(primary_key=True)
    who: str = Field(primary_key=True)
    bucket: int = Field(primary_key=True)
    tries: int = 0


def redeem(session: StoreSession, token: str, expires_at: datetime) -> bool:
    """Use a one-time link; False when it was used before."""
    done = session.execute(
        insert(UsedLink)
        .values(token_hash=hash_of(token), expires_at=expires_at)
        .on_conflict_do_nothing()
        .returning(col(UsedLink.token_hash))
    )
    return done.scalar() is not None


def void_links(session: StoreSession, account: str, expires_at: datetime) -> None:
    """No link that an account was handed until now works any more: those that expire at this moment or before."""
    values = {"token_hash": _all_of(account), "expires_at": expires_at}
    session.execute(
        insert(UsedLink).values(values).on_conflict_do_update(index_elements=["token_hash"], set_=values)
    )


def link_is_void(session: StoreSession, account: str, expires_at: datetime) -> bool:
    """Whether the links that an account was handed when this one was have been made void."""
    told = col(UsedLink.token_hash).in_((_all_of(account), _all_of(EVERYBODY)))
    query = select(UsedLink.token_hash).where(told, col(UsedLink.expires_at) >= expires_at)
    return session.exec(query.limit(1)).first() is not None


def _all_of(account: str) -> str:
    return hash_of(f"all links of {account}")


def put_code(session: StoreSession, code_hash: str, member_id: int, expires_at: datetime) -> None:
    """Keep a fresh binding code for a member; the older ones stop working."""
    session.execute(delete(BindCode).where(col(BindCode.member_id) == member_id))
    session.add(BindCode(code_hash=code_hash, member_id=member_id, expires_at=expires_at))


def code_is_good(session: StoreSession, code_hash: str, now: datetime) -> bool:
    """True for a binding code that has not been used and has not expired."""
    found = session.get(BindCode, code_hash)
    return found is not None and found.expires_at > now


def take_code(session: StoreSession, code_hash: str, now: datetime) -> int | None:
    """Use up a binding code; the member it is for, or None."""
    taken = (
        delete(BindCode)
        .where(col(BindCode.code_hash) == code_hash, col(BindCode.expires_at) > now)
        .returning(col(BindCode.member_id))
        .execution_options(synchronize_session=False)
    )
    found = session.execute(taken).scalar()
    return None if found is None else int(found)


def tries(session: StoreSession, what: str, who: str, now: datetime) -> int:
    """How often this account tried in this hour. Once it has tried, other processes wait for this transaction."""
    found = session.get(Attempt, (what, who, _hour(now)), with_for_update=True, populate_existing=True)
    return found.tries if found else 0


def wrong_code(session: StoreSession, what: str, who: str, now: datetime) -> int:
    """Count a wrong code, of whose sender nothing is known but the account; how many they sent in this hour. The note
    in the session goes on to whoever counts them all."""
    count = count_try(session, what, who, now)
    session.info[WRONG_CODES] = count
    return count


def count_try(session: StoreSession, what: str, who: str, now: datetime) -> int:
    """Count one more try of this hour; how many there were, this one included."""
    statement = (
        insert(Attempt)
        .values(what=what, who=who, bucket=_hour(now), tries=1)
        .on_conflict_do_update(
            index_elements=["what", "who", "bucket"], set_={"tries": col(Attempt.tries) + 1}
        )
        .returning(col(Attempt.tries))
    )
    return int(session.execute(statement).scalar_one())


def note_guessing(session: StoreSession, wrong: int, now: datetime) -> None:
    """So many wrong codes came to a process within an hour; from where is not kept."""
    statement = insert(Attempt).values(what=GUESSING, who="", bucket=_hour(now), tries=wrong)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["what", "who", "bucket"], set_={"tries": wrong}, where=col(Attempt.tries) < wrong
        )
    )


def guessing(session: StoreSession, now: datetime) -> int:
    """The most wrong codes that came within one hour of the last day, where they were too many; else 0."""
    lately = (col(Attempt.what) == GUESSING, col(Attempt.bucket) >= _hour(now) - 24)
    return int(session.exec(select(func.coalesce(func.max(Attempt.tries), 0)).where(*lately)).one())


def _hour(now: datetime) -> int:
    return int(now.timestamp()) // 3600


def forget_old(session: StoreSession, now: datetime) -> None:
    """Nightly: drop what has expired."""
    session.execute(delete(UsedLink).where(col(UsedLink.expires_at) <= now))
    session.execute(delete(BindCode).where(col(BindCode.expires_at) <= now))
    session.execute(delete(Attempt).where(col(Attempt.bucket) < _hour(now) - 24))
