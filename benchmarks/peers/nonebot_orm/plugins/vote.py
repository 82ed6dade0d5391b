"""Find the member, record one unique answer, commit, reply."""

from __future__ import annotations

from datetime import UTC, datetime

from nonebot import on_message
from nonebot.adapters.onebot.v11 import MessageEvent
from nonebot_plugin_orm import Model, async_scoped_session
from sqlalchemy import UniqueConstraint, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column


class Member(Model):
    """A member and the account that it answers from."""

    __tablename__ = "member"

    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(unique=True)


class Answer(Model):
    """One answer of one member."""

    __tablename__ = "answer"
    __table_args__ = (UniqueConstraint("prompt_id", "member_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int]
    prompt_id: Mapped[int]
    choice: Mapped[str]
    at: Mapped[datetime]


vote = on_message()


@vote.handle()
async def record(event: MessageEvent, session: async_scoped_session) -> None:
    """Record the digit."""
    member = await session.scalar(select(Member).where(Member.account == event.get_user_id()))
    choice = event.get_plaintext()
    if member is None or choice not in {"1", "2", "3", "4"}:
        await vote.finish("unknown")
    session.add(Answer(member_id=member.id, prompt_id=1, choice=choice, at=datetime.now(UTC)))
    try:
        await session.commit()
    except IntegrityError:
        await vote.finish("already there")
    await vote.finish(f"recorded {choice}")
