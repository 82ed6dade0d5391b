"""A message -> the Bot API calls that show it. Pure."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from msgspec.structs import replace

from bot.channels.telegram.http import Call
from bot.messages import Address, Attachment, Caps, Choice, Link, Message
from bot.render import render

CAPS = Caps(buttons=20, link_buttons=True, files=True, max_chars=4096, pieces=6)
MAX_CAPTION = 1024
MAX_TOAST = 200
_LONG = replace(CAPS, max_chars=CAPS.pieces * CAPS.max_chars)
_NO_PREVIEW = {"is_disabled": True}
_IMAGES = frozenset({"image/png", "image/jpeg"})


def calls(message: Message, chat: Address, reply_to: str = "") -> list[Call]:
    """The calls in order; the buttons are on the last text. `reply_to` is the message that is answered. Raises
    ValueError for what is no chat of Telegram's."""
    base: dict[str, Any] = {"chat_id": int(chat.chat)}
    if chat.topic:
        base["message_thread_id"] = int(chat.topic)
    if reply_to:
        base["reply_parameters"] = {"message_id": int(reply_to), "allow_sending_without_reply": True}
    if not message.attachments:
        return [Call("sendMessage", {**base, **payload}) for payload in _texts(message)]
    shown, markup = _shown(message)
    if len(shown.attachments) == 1 and len(shown.text) <= MAX_CAPTION:
        return [_upload(shown.attachments[0], base, markup, shown.text)]
    texts = [Call("sendMessage", {**base, **payload}) for payload in _pieces(shown, markup)]
    return [*texts, *(_upload(item, base, {}) for item in shown.attachments)]


def _shown(message: Message) -> tuple[Message, dict[str, Any]]:
    """The message as Telegram can show it, and its keyboard."""
    links, written = _sort_links(message.links)
    text = "\n".join([message.text, *written]) if written else message.text
    shown = render(replace(message, text=text, links=links), _LONG)
    rows = keyboard(shown.choices, shown.columns)
    rows += [[{"text": link.label, "url": link.url}] for link in shown.links]
    return shown, {"reply_markup": {"inline_keyboard": rows}} if rows else {}


def _pieces(shown: Message, markup: dict[str, Any]) -> list[dict[str, Any]]:
    parts = split(shown.text) if shown.text else []
    payloads = [{"link_preview_options": _NO_PREVIEW, "text": part} for part in parts]
    return [*payloads[:-1], {**payloads[-1], **markup}] if payloads else []


@lru_cache(maxsize=16)
def _texts(message: Message) -> list[dict[str, Any]]:
    """The payloads of a message without files; a notice to thousands is worked out once."""
    return _pieces(*_shown(message))


def keyboard(choices: tuple[Choice, ...], columns: int = 1) -> list[list[dict[str, Any]]]:
    """Rows of buttons, `columns` to a row."""
    buttons = [{"text": choice.label, "callback_data": choice.token} for choice in choices]
    return [buttons[at : at + columns] for at in range(0, len(buttons), max(columns, 1))]


def split(text: str, most: int = CAPS.max_chars) -> list[str]:
    """The text in pieces of at most `most` characters, cut at line ends where there are any."""
    pieces = []
    while len(text) > most:
        cut = text.rfind("\n", 1, most + 1)
        cut = cut if cut > 0 else most
        pieces.append(text[:cut])
        text = text[cut:].removeprefix("\n")
    return [piece for piece in (*pieces, text) if piece.strip()]


def toast(text: str) -> dict[str, Any]:
    """The fields of a small answer to a tap; a long one has to be closed by hand."""
    if not text:
        return {}
    short = text if len(text) <= MAX_TOAST else text[: MAX_TOAST - 1] + "…"
    return {"text": short, "show_alert": len(short) > 40}


def _upload(item: Attachment, base: dict[str, Any], markup: dict[str, Any], caption: str = "") -> Call:
    payload = {**base, **markup, **({"caption": caption} if caption else {})}
    picture = item.mime in _IMAGES
    return Call("sendPhoto" if picture else "sendDocument", payload, item, "photo" if picture else "document")


def _sort_links(links: tuple[Link, ...]) -> tuple[tuple[Link, ...], list[str]]:
    """Links that Telegram takes as buttons, and the others as lines of text."""
    return (
        tuple(link for link in links if public(link.url)),
        [f"{link.label} {link.url}" for link in links if not public(link.url)],
    )


def public(url: str) -> bool:
    """True for an address that Telegram accepts on a button: http(s) to a host of the public internet."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or "." not in host.strip("."):
        return False
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return not host.endswith((".local", ".localhost", ".internal"))
