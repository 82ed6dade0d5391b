"""The local web chat."""

from bot.channels.local.channel import LocalChannel
from bot.channels.local.values import Door, Pane, Past, People, Someone

__all__ = ["Door", "LocalChannel", "Pane", "Past", "People", "Someone"]
