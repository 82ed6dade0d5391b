"""A child process for the kill -9 test: members confirm a notice; each is printed once it was answered."""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime
from pathlib import Path

from sqlmodel import col, select

from bot.app import App
from bot.clock import ShiftedClock
from bot.messages import Address, Inbound
from bot.store import binding
from bot.store.core.statements import StoreSession
from bot.store.people import Member
from bot.store.prompts import Prompt
from bot.store.roster import apply
from tests.support.cast import COMMITTEE, Row
from tests.support.chat import button
from tests.support.crowd import BRANCH, gather
from tests.support.shipped import START, shipped_content, shipped_settings

MEMBERS = 1000


def said(account: str, text: str = "", token: str = "") -> Inbound:
    """One event of an account in its private chat."""
    return Inbound("local", account, Address("local", account), f"{account}-{text}{token}", text, token)


def appoint_secretary(session: StoreSession, now: datetime) -> None:
    """The branch gets a secretary, whose account is `boss`."""
    apply(session, COMMITTEE, [Row("大书记", BRANCH, ("secretary",))])
    member = session.exec(select(Member).where(col(Member.name) == "大书记")).one()
    binding.bind(session, member.id or 0, "local", "boss", "boss", now)


def confirm_prompt(session: StoreSession) -> int:
    """The question under the notice."""
    return session.exec(select(Prompt).where(col(Prompt.route) == "receipts.confirm")).one().id or 0


async def main(url: str, folder: str, most: str) -> None:
    """Send a notice to a large branch; then people tap, 20 at a time, until `most` have. Wait to be killed."""
    clock = ShiftedClock(START)
    app = App(shipped_settings(url, Path(folder)), shipped_content(), clock)
    await app.start()
    await app.store.write(gather, MEMBERS, clock.now(), "local")
    await app.store.write(appoint_secretary, clock.now())
    preview = await app.handle(said("boss", text="通知 请看新的值班表。"))
    assert preview.message is not None
    await app.handle(said("boss", token=button(preview.message, "notices.do_send").token))
    asking = await app.store.read(confirm_prompt)
    accounts = iter(range(10_001, 10_001 + int(most)))

    async def confirm() -> None:
        for number in accounts:
            account = str(number)
            reply = await app.handle(said(account, token=f"v:{asking}:0"))
            assert reply.message is not None
            print(account, flush=True)

    await asyncio.gather(*(confirm() for _ in range(20)))
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
