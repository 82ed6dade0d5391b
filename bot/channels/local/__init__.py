"""The local web chat."""

from bot.channels.local.channel import LocalChannel
from bot.channels.local.values import Pane, Past, People, Someone

__all__ = ["LocalChannel", "Pane", "Past", "People", "Someone"]
