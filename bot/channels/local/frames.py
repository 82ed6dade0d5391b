"""JSON frames: reading what a browser says, writing messages."""

from __future__ import annotations

import base64
import json
from typing import Any

from bot.messages import Address, Choice, Inbound, Message

NAME = "local"
MAX_FRAME = 64_000
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def as_json(message: Message, message_id: str) -> dict[str, Any]:
    """A message as the browser gets it; files travel as base64."""
    data: dict[str, Any] = {"id": message_id, "text": message.text}
    if message.choices:
        data["choices"] = choices_json(message.choices)
        data["columns"] = message.columns
    if message.links:
        data["links"] = [{"label": link.label, "url": link.url} for link in message.links]
    if message.attachments:
        data["files"] = [
            {"name": item.name, "mime": item.mime, "data": base64.b64encode(item.data).decode()}
            for item in message.attachments
        ]
    return data


def choices_json(choices: tuple[Choice, ...]) -> list[dict[str, str]]:
    return [{"label": choice.label, "token": choice.token} for choice in choices]


def parse(text: str) -> dict[str, Any]:
    if len(text) > MAX_FRAME:
        return {}
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return frame if isinstance(frame, dict) else {}


def read_event(frame: dict[str, Any], account: str) -> Inbound | None:
    """The event in a frame; None when a field is missing or has the wrong type."""
    event_id, chat, text, token = (
        frame.get("id"),
        frame.get("chat"),
        frame.get("text", ""),
        frame.get("token", ""),
    )
    message_id = frame.get("message", "")
    if not all(isinstance(value, str) for value in (event_id, chat, text, token, message_id)):
        return None
    if not event_id or len(event_id) > 64 or not chat or len(chat) > 64 or len(token) > 64:
        return None
    group = chat.startswith("g:")
    if not group and chat != account:
        return None
    return Inbound(
        NAME, account, Address(NAME, chat, group), event_id, text, token,
        addressed=not group or text.startswith("@"), message_id=message_id,
    )  # fmt: skip


def dump(frame: dict[str, Any]) -> str:
    return _ENCODER.encode(frame)
