"""Binding accounts."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import col, delete, select

from bot.signing import LINK_HOURS, hours
from bot.store import access, accounts, sessions
from bot.store.core import turns
from bot.store.core.columns import insert
from bot.store.core.statements import StoreSession
from bot.store.people import Account, Member, Unit
from bot.store.sessions import WebSession


def is_bound(session: StoreSession, channel: str, account: str) -> bool:
    """Whether an account belongs to somebody, also to one who has left."""
    return session.get(Account, (channel, account)) is not None


def bind(session: StoreSession, member_id: int, channel: str, account: str, chat: str, now: datetime) -> bool:
    """Join an account to a member. Its chat is the one in which they have just spoken, so it comes first. False where
    the account belongs to somebody already; one of somebody who has left, perhaps this person under another row of the
    roster, is free."""
    turns.of_member(session, member_id)
    before = session.get(Account, (channel, account))
    if before is not None and session.get_one(Member, before.member_id).left_on is not None:
        unbind(session, channel, account, now)
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


def unbind(session: StoreSession, channel: str, account: str, now: datetime) -> None:
    """Forget an account; the member's other accounts move up. Browsers that came in by it, or by a link that was shown
    in it, are signed out, and links not used yet are void. The account that only stood behind the member's web pages
    goes with the last chat account."""
    found = session.get(Account, (channel, account))
    if found is None:
        return
    member_id = found.member_id
    turns.of_member(session, member_id)
    session.execute(delete(Account).where(col(Account.channel) == channel, col(Account.account) == account))
    web = accounts.pages_account(member_id)
    sessions.close_sessions(session, web)
    void_links(session, member_id, now, account)
    if channel == accounts.PAGES and not account.startswith(sessions.GUEST):
        sessions.close_sessions(session, account)
    query = select(Account).where(col(Account.member_id) == member_id).order_by(col(Account.rank))
    rest = list(session.exec(query))
    if [(one.channel, one.account) for one in rest] == [(accounts.PAGES, web)]:
        session.delete(rest.pop())
        session.flush()
    accounts.arrange(session, member_id)


def sign_out(session: StoreSession, member_id: int) -> None:
    """Sign a member out of all browsers, whichever account of theirs one used: the one behind the pages, or one that
    was bound in the web chat."""
    for account in _pages_accounts(session, member_id):
        sessions.close_sessions(session, account)


def void_links(session: StoreSession, member_id: int, now: datetime, *accounts_too: str) -> None:
    """The one-time links that a member was handed until now, and has not used, no longer work."""
    for account in {*_pages_accounts(session, member_id), *accounts_too}:
        access.void_links(session, account, now + hours(LINK_HOURS))


def _pages_accounts(session: StoreSession, member_id: int) -> set[str]:
    own = select(Account.account).where(col(Account.member_id) == member_id, col(Account.channel) == accounts.PAGES)
    return {accounts.pages_account(member_id), *session.exec(own)}


def forget_guests(session: StoreSession, now: datetime) -> None:
    """Nightly: drop the sessions of guests whose account is nobody's and who were not here for hours. They may come
    back as guests, by what their browser holds."""
    bound = select(Account.account).where(col(Account.channel) == accounts.PAGES)
    guests = (col(WebSession.account).startswith(sessions.GUEST), col(WebSession.account).not_in(bound))
    session.execute(delete(WebSession).where(*guests, col(WebSession.fresh_until) < now))


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
