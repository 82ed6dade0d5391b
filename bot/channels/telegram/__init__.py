"""Telegram, through python-telegram-bot's types and our own sending.

A foreign service: what is sent leaves China, so it is off unless the operator turns it on (docs/telegram.md).
"""

from __future__ import annotations

import asyncio

from bot.channels.telegram.channel import PATH, TelegramChannel
from bot.channels.telegram.http import Api, Call
from bot.config import Telegram

__all__ = ["PATH", "TelegramChannel", "check_token"]


def check_token(settings: Telegram) -> str:
    """Ask Telegram who this bot is (for `doctor`): "" when it answers, else what went wrong, without the token."""

    async def ask() -> str:
        api = Api(settings.api_url, settings.token, settings.proxy)
        try:
            answer = await api.call(Call("getMe", {}))
        finally:
            await api.close()
        return "" if answer.ok else api.clean(answer.receipt.reason or str(answer.receipt.outcome))

    return asyncio.run(ask())
