"""Every table module, imported once, so that the metadata is complete for migrations."""

from __future__ import annotations

from sqlmodel import SQLModel

from bot.store import access, audit, delivery, due, meetings, native_polls, people, prompts

MODULES = (access, audit, delivery, due, meetings, native_polls, people, prompts)
METADATA = SQLModel.metadata
