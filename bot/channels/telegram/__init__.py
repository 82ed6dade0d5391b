"""Telegram, through python-telegram-bot's types and our own sending.

A foreign service: what is sent leaves China, so it is off unless the operator turns it on (docs/telegram.md).
"""

from __future__ import annotations

from bot.channels.telegram.channel import PATH, PollBook, TelegramChannel

__all__ = ["PATH", "PollBook", "TelegramChannel"]
