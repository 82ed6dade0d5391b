"""JSON frames: reading what a browser says, writing messages."""

from __future__ import annotations

import base64
from typing import Any

from msgspec import DecodeError, Struct, ValidationError, convert, to_builtins
from msgspec.json import Decoder, Encoder

from bot.incoming import cleaned, read_json
from bot.messages import Address, Choice, Inbound, Message

NAME = "local"
MAX_FRAME = 64_000


class Frame(Struct, frozen=True, rename={"account": "as"}):
    """What a browser says. `op` names what is wanted; what it does not need stays empty."""

    op: str = ""
    id: str = ""
    account: str = ""
    chat: str = ""
    text: str = ""
    token: str = ""
    message: str = ""
    page: int = 0


_DECODER = Decoder(Frame)
_ENCODER = Encoder()


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


def parse(text: str) -> Frame:
    """What a browser says; a frame without an `op` when it is malformed."""
    if len(text) > MAX_FRAME:
        return Frame()
    try:
        frame = _DECODER.decode(text)
    except ValidationError:
        return Frame()
    except (DecodeError, RecursionError):
        return _mended(text)
    whole = "".join((frame.op, frame.id, frame.account, frame.chat, frame.text, frame.token, frame.message))
    return frame if whole.isprintable() else convert(cleaned(to_builtins(frame)), Frame)


def _mended(text: str) -> Frame:
    """A frame with halves of characters, which a browser writes when a text was cut within one: they are left out."""
    try:
        return convert(read_json(text), Frame)
    except (ValueError, RecursionError):
        return Frame()


def read_event(frame: Frame, account: str, session: str, peer: str) -> Inbound | None:
    """The event in a frame; None when a field is missing, too long, or of somebody else's chat."""
    event_id, chat, text, token = frame.id, frame.chat, frame.text, frame.token
    if not event_id or len(event_id) > 64 or not chat or len(chat) > 64 or len(token) > 64:
        return None
    text = "" if token else text
    group = chat.startswith("g:")
    if not group and chat != account:
        return None
    return Inbound(
        NAME, account, Address(NAME, chat, group), event_id, text, token,
        addressed=not group or text.startswith("@"), message_id=frame.message,
        session=session, peer=peer,
    )  # fmt: skip


def dump(frame: dict[str, Any]) -> str:
    return _ENCODER.encode(frame).decode()
