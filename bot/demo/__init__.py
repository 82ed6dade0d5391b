"""The demo: a sample bureau, one branch's month played through the real program, then the chat to try."""

from bot.demo.play import play

__all__ = ["play"]
