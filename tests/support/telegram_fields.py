"""What a call to the fake Bot API carries, and what the real server refuses in it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from aiohttp import web

Files = dict[str, tuple[str, bytes]]
"""Field name -> (file name, content)."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What goes wrong: an error code with its text, `hang` (no answer) or `drop` (the connection is cut after
    the request was read; `delivered` says whether the message still arrived)."""

    code: int = 0
    description: str = ""
    retry_after: int = 0
    moved_to: int = 0
    hang: bool = False
    drop: bool = False
    delivered: bool = False


class Bad(Exception):
    """A request that the real server answers with an error."""

    def __init__(self, description: str, code: int = 400) -> None:
        super().__init__(description)
        self.code = code


async def read_call(request: web.Request) -> tuple[dict[str, Any], Files]:
    """The fields of a JSON, form or multipart request, and its files."""
    if request.content_type == "application/json":
        return await request.json(), {}
    fields: dict[str, Any] = {}
    files: Files = {}
    for name, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            files[name] = (value.filename, value.file.read())
        elif name in ("text", "caption", "question"):
            fields[name] = value
        else:
            fields[name] = _loads(str(value))
    return fields, files


def _loads(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


def error(failure: Failure) -> dict[str, Any]:
    """The answer that says no."""
    answer: dict[str, Any] = {"ok": False, "error_code": failure.code, "description": failure.description}
    if failure.retry_after:
        answer["parameters"] = {"retry_after": failure.retry_after}
    if failure.moved_to:
        answer["parameters"] = {"migrate_to_chat_id": failure.moved_to}
    return answer


def need(files: Files, name: str) -> None:
    """Refused without this file."""
    if name not in files:
        raise Bad(f"there is no {name} in the request")


def caption(fields: dict[str, Any]) -> dict[str, Any]:
    """The text under a file, refused where it is too long."""
    text = fields.get("caption", "")
    if len(text) > 1024:
        raise Bad("message caption is too long")
    return {"caption": text} if text else {}


def markup(fields: dict[str, Any]) -> dict[str, Any]:
    """The keyboard, refused as the real server refuses it."""
    rows = (fields.get("reply_markup") or {}).get("inline_keyboard") or []
    for button in (one for row in rows for one in row):
        if not button.get("text"):
            raise Bad("Button text must be non-empty")
        if "url" in button and ("127.0.0.1" in button["url"] or "localhost" in button["url"]):
            raise Bad(f"inline keyboard button URL '{button['url']}' is invalid: Wrong HTTP URL")
        if "url" not in button and not 1 <= len(button["callback_data"].encode()) <= 64:
            raise Bad("BUTTON_DATA_INVALID")
    return {"reply_markup": {"inline_keyboard": rows}} if rows else {}


def topic(fields: dict[str, Any]) -> dict[str, Any]:
    """The topic of a group in which a message stands."""
    number = fields.get("message_thread_id")
    return {"message_thread_id": number, "is_topic_message": True} if number else {}
