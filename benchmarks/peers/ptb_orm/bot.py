"""Stock python-telegram-bot, one SQLModel row and one commit per message: `bot.py FOLDER API`."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlmodel import Field, SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession
from telegram.ext import ApplicationBuilder, ExtBot

IN_FLIGHT = 1
"""Its cheapest setting: with 32 in flight httpx costs half as much again per message."""


class Recipient(SQLModel, table=True):
    """Who gets the message."""

    id: int | None = Field(default=None, primary_key=True)
    chat: int
    text: str


class Delivery(SQLModel, table=True):
    """One message sent."""

    id: int | None = Field(default=None, primary_key=True)
    recipient_id: int = Field(unique=True)
    message_id: int
    at: datetime


async def work(
    bot: ExtBot, sessions: async_sessionmaker[AsyncSession], waiting: Iterator[tuple[int, int, str]]
) -> None:
    """Send and record until nobody is left."""
    for identity, chat, words in waiting:
        sent = await bot.send_message(chat, words)
        async with sessions() as session:
            session.add(Delivery(recipient_id=identity, message_id=sent.message_id, at=datetime.now(UTC)))
            await session.commit()


async def main() -> None:
    """Wait for the word, send to all."""
    folder, api = Path(sys.argv[1]), sys.argv[2]
    engine = create_async_engine(f"sqlite+aiosqlite:///{folder / 'peer.db'}", connect_args={"timeout": 60})
    sessions = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)
    application = ApplicationBuilder().token("1:TOKEN").base_url(f"{api}/bot").build()
    async with engine.connect() as connection:
        await connection.execute(text("PRAGMA journal_mode = WAL"))
        synchronous = (await connection.execute(text("PRAGMA synchronous"))).scalar_one()
        (folder / "report.json").write_text(json.dumps({"synchronous": synchronous}))
    async with application, sessions() as session:
        found: Sequence[Recipient] = (await session.exec(select(Recipient))).all()
        waiting = iter([(each.id or 0, each.chat, each.text) for each in found])
        await session.close()
        print("ready", flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
        await asyncio.gather(*(work(application.bot, sessions, waiting) for _ in range(IN_FLIGHT)))
        print("done", flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    await engine.dispose()


if __name__ == "__main__":
    asyncio.run(main())
