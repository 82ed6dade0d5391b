"""Alembic's entry: runs on the connection that store/core/schema.py hands over."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy.types import TypeDecorator

from bot.store.core.schema import DERIVED, ENVELOPES
from bot.store.tables import METADATA


def _is_declared(item: object, name: str | None, kind: str, reflected: bool, compare_to: object) -> bool:
    """Whether a new migration compares this: search indexes and envelopes are made outside of migrations."""
    return kind != "table" or not (name or "").startswith((DERIVED, ENVELOPES))


def _plain(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """A type of ours as the type that it is kept as: old migrations must run when ours is gone."""
    if kind != "type" or not isinstance(item, TypeDecorator):
        return False
    kept = item.impl_instance
    return f"sa.{kept!r}"


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
    include_object=_is_declared,
    render_item=_plain,
)
with context.begin_transaction():
    context.run_migrations()
