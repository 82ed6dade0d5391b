"""The local web chat."""

from bot.channels.local.channel import LocalChannel
from bot.channels.local.values import Door, People

__all__ = ["Door", "LocalChannel", "People"]
