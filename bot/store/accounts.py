"""The order of a member's accounts, kept as `Account.rank`, so that a broadcast asks for rank 0 and nothing else."""

from __future__ import annotations

from sqlmodel import col, select

from bot.rules.accounts import Known, in_order
from bot.store.core import turns
from bot.store.core.statements import StoreSession
from bot.store.people import Account, Person

ASIDE = -1
"""The rank of an account that no message goes to while the member has a better one."""
PAGES = "local"


def pages_account(member_id: int) -> str:
    """The account behind a member's web pages, on the channel PAGES."""
    return f"m{member_id}"


def used(session: StoreSession, person: Person, channel: str, account: str) -> None:
    """The member has said or tapped something in this chat, which was not the first of theirs: it comes first now.
    What is said in the chat behind the pages changes nothing, as no message goes there."""
    if (channel, account) == (PAGES, pages_account(person.id)):
        return
    arrange(session, person.id, (channel, account))


def arrange(session: StoreSession, member_id: int, newest: tuple[str, str] | None = None) -> None:
    """Work out the order of the member's accounts; `newest` has just been used."""
    turns.of_member(session, member_id)
    query = select(Account).where(col(Account.member_id) == member_id).execution_options(populate_existing=True)
    rows = list(session.exec(query.order_by(col(Account.channel), col(Account.account))))
    top = max((row.used for row in rows), default=0)
    for row in rows:
        if (row.channel, row.account) == newest:
            row.used = top + 1
    order = in_order(_known(row) for row in rows)
    places = {(one.channel, one.account): place for place, one in enumerate(order)}
    for row in rows:
        row.rank = places.get((row.channel, row.account), ASIDE)
        session.add(row)
    session.flush()


def _known(row: Account) -> Known:
    pages = (row.channel, row.account) == (PAGES, pages_account(row.member_id))
    return Known(row.channel, row.account, row.used, pages)
