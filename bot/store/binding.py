"""Binding accounts."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import col, delete, select

from bot.store import accounts, sessions, turns
from bot.store.columns import insert
from bot.store.hot import StoreSession
from bot.store.people import Account, Member, Unit


def bind(session: StoreSession, member_id: int, channel: str, account: str, chat: str, now: datetime) -> bool:
    """Join an account to a member. Its chat is the one in which they have just spoken, so it comes first. False where
    the account belongs to somebody already."""
    turns.of_member(session, member_id)
    done = session.changed(
        insert(Account)
        .values(
            channel=channel, account=account, member_id=member_id, chat=chat, rank=accounts.ASIDE, used=0, bound_at=now
        )
        .on_conflict_do_nothing()
    )
    accounts.arrange(session, member_id, (channel, account))
    return done == 1


def give_web_account(session: StoreSession, member_id: int, account: str, now: datetime) -> None:
    """The local account behind a member's web pages. Notices keep going where they went."""
    if session.get(Account, (accounts.PAGES, account)) is None:
        bind(session, member_id, accounts.PAGES, account, account, now)


def unbind(session: StoreSession, channel: str, account: str) -> None:
    """Forget an account; the member's other accounts move up. The account that only stood behind the member's web
    pages goes with the last chat account, and its browsers are signed out."""
    found = session.get(Account, (channel, account))
    if found is None:
        return
    member_id = found.member_id
    turns.of_member(session, member_id)
    session.execute(delete(Account).where(col(Account.channel) == channel, col(Account.account) == account))
    query = select(Account).where(col(Account.member_id) == member_id).order_by(col(Account.rank))
    rest = list(session.exec(query))
    web = accounts.pages_account(member_id)
    if [(one.channel, one.account) for one in rest] == [(accounts.PAGES, web)]:
        sessions.close_sessions(session, web)
        session.delete(rest.pop())
        session.flush()
    accounts.arrange(session, member_id)


def sign_out(session: StoreSession, member_id: int) -> None:
    """Sign a member out of all browsers, whichever account of theirs one used: the one behind the pages, or one that
    was bound in the web chat."""
    own = select(Account.account).where(col(Account.member_id) == member_id, col(Account.channel) == accounts.PAGES)
    for account in {accounts.pages_account(member_id), *session.exec(own)}:
        sessions.close_sessions(session, account)


def named(session: StoreSession, unit_id: int, name: str) -> list[tuple[int, str, str]]:
    """Members of a unit (or below it) with this name: (id, name, branch)."""
    return _members(session, unit_id, col(Member.name) == name)


def without_account(session: StoreSession, unit_id: int) -> list[tuple[int, str, str]]:
    """Members of a unit (or below it) who have no account on any platform: (id, name, branch)."""
    has = select(Account.member_id)
    return _members(session, unit_id, ~col(Member.id).in_(has))


def _members(session: StoreSession, unit_id: int, condition: object) -> list[tuple[int, str, str]]:
    query = (
        select(Member.id, Member.name, Unit.name)
        .join(Unit, col(Unit.id) == col(Member.branch_id))
        .where(col(Unit.path).contains(f"/{unit_id}/"), col(Member.left_on).is_(None), condition)  # type: ignore[arg-type]
        .order_by(col(Member.branch_id), col(Member.id))
    )
    return [(ident or 0, name, branch) for ident, name, branch in session.exec(query)]
