"""What several processes on one PostgreSQL do one after the other, each until its transaction ends.

Whoever acts for a unit (a leader's command, a console's form, a job) looks at much and writes much: these take turns.
What hundreds of people do in the same minute takes none: single statements and locks on single rows decide there. On
SQLite a writer has the file for itself from the beginning of its transaction, so nothing here does anything.
"""

from __future__ import annotations

from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlmodel import SQLModel

from bot.store.core.statements import Hot, StoreSession

R = TypeVar("R", bound=SQLModel)

_TURN, _TAKEN = 7_201, "turn taken"
_TAKE = Hot(sa.select(sa.func.pg_advisory_xact_lock(bindparam("turn", type_=sa.BigInteger()))))
_member = sa.table("member", sa.column("id", sa.Integer))
_MEMBER = Hot(
    sa.select(_member.c.id)
    .where(_member.c.id == bindparam("member_id"))
    .with_for_update(key_share=True)
)  # fmt: skip


def take(session: StoreSession) -> None:
    """Wait until nobody else acts for a unit, in whatever process; what was loaded before is read again."""
    if wait(session):
        session.expire_all()


def wait(session: StoreSession) -> bool:
    """The same for whoever has loaded nothing that could have changed; False where this call has the turn already."""
    if session.get_bind().dialect.name != "postgresql" or session.info.get(_TAKEN):
        return False
    session.one(_TAKE, turn=_TURN)
    session.info[_TAKEN] = True
    return True


def of_member(session: StoreSession, member_id: int) -> None:
    """Wait until nobody else changes what belongs to this member: accounts, open requests."""
    session.one(_MEMBER, member_id=member_id)


def hold(session: StoreSession, kind: type[R], ident: int) -> R | None:
    """The row as it is now, kept from all others who hold it or change it; None where there is none."""
    return session.get(kind, ident, with_for_update={"key_share": True}, populate_existing=True)
