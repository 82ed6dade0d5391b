"""Every table module, imported once, so that the metadata is complete for migrations."""

from __future__ import annotations

from sqlmodel import SQLModel

from bot.store import access, audit, delivery, due, meetings, people, prompts

MODULES = (access, audit, delivery, due, meetings, people, prompts)
METADATA = SQLModel.metadata
