"""What Telegram sends -> the events that the program knows. Pure; the library has parsed the update."""

from __future__ import annotations

import re
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from telegram import CallbackQuery, Chat, ChatMember, ChatMemberUpdated, Message, Update, User

from bot.channels.telegram.extras import kinds_of
from bot.messages import EDITED, Address, Inbound

NAME = "telegram"
BIND = "/bind"
ALLOWED = ("message", "edited_message", "callback_query", "my_chat_member")
_GROUPS = (Chat.GROUP, Chat.SUPERGROUP)
_GONE = (ChatMember.LEFT, ChatMember.BANNED)
_COMMAND = re.compile(r"/(\w+)(?:@(\w+))?(?:\s+|$)")


class Said(Struct, frozen=True):
    """A typed message, or word that the bot was removed from a group or that a group has a new number. `at`: when a
    text was said that may be part of a longer one (seconds; 0: it is none)."""

    inbound: Inbound
    at: float = 0.0


class Tapped(Struct, frozen=True):
    """A tapped button; `urls` are the rows of link buttons on its message, which stay when it is edited."""

    inbound: Inbound
    callback_id: str
    urls: tuple[tuple[dict[str, Any], ...], ...] = ()


def read(update: Update, me: User | None) -> Said | Tapped | None:
    """The event in an update; None for what concerns nobody: channels, bots, anonymous administrators,
    the coming and going of people. An event's id has something of its own beside the update's number: Telegram numbers
    anew after a quiet week, and each bot by itself."""
    number = update.update_id
    if update.message is not None:
        event_id = f"{number}.{update.message.date.timestamp():.0f}"
        return _moved(update.message, event_id) or _said(update.message, event_id, me)
    if update.edited_message is not None:
        changed = update.edited_message.edit_date or update.edited_message.date
        return _edited(update.edited_message, f"{number}.{changed.timestamp():.0f}", me)
    if update.callback_query is not None:
        return _tapped(update.callback_query, f"{number}.{update.callback_query.id}")
    if update.my_chat_member is not None:
        return _removed(update.my_chat_member, f"{number}.{update.my_chat_member.date.timestamp():.0f}")
    return None


def _said(message: Message, event_id: str, me: User | None) -> Said | None:
    person, chat = message.from_user, _address(message.chat, message)
    if person is None or person.is_bot or message.sender_chat is not None or chat is None:
        return None
    text, lost = message.text or message.caption or "", kinds_of(message)
    ours = _to_us(text, message, me)
    if ours is None or (chat.group and not text and not (lost and ours[1])):
        return None
    addressed = ours[1] or not chat.group
    number = str(message.message_id)
    if message.media_group_id:  # each part comes by itself, with the text on one of them: they are one event
        event_id = f"album.{message.media_group_id}"
    inbound = Inbound(NAME, str(person.id), chat, event_id, ours[0], addressed=addressed, message_id=number, lost=lost)
    return Said(inbound, message.date.timestamp() if message.text else 0.0)


def _edited(message: Message, event_id: str, me: User | None) -> Said | None:
    """Somebody has changed what they said before. A place that moves on changes its message too; nobody said that."""
    found = _said(message, event_id, me) if message.text or message.caption else None
    return Said(replace(found.inbound, event_id=event_id, lost=(EDITED,))) if found else None


def _to_us(text: str, message: Message, me: User | None) -> tuple[str, bool] | None:
    """The text without its `@name`, and whether it speaks to the bot; None when a command names another bot. What a
    deep link carries is a binding code."""
    name = (me.username or "").lower() if me else ""
    if command := _COMMAND.match(text):
        if command.group(2) and command.group(2).lower() != name:
            return None
        rest = text[command.end() :].strip()
        if command.group(1) == "start" and rest:
            return f"{BIND} {rest}", True
        return f"/{command.group(1)} {rest}".strip(), True
    answered = message.reply_to_message.from_user if message.reply_to_message else None
    addressed = bool(me and answered and answered.id == me.id)
    if name:
        bare = re.sub(rf"@{re.escape(name)}\b", "", text, flags=re.IGNORECASE)
        if bare != text:
            return bare.strip(), True
    return text, addressed


def _tapped(query: CallbackQuery, event_id: str) -> Tapped | None:
    chat = _address(query.message.chat, query.message) if query.message else None
    if query.message is None or chat is None or not query.data or query.from_user.is_bot:
        return None
    number = str(query.message.message_id)
    inbound = Inbound(NAME, str(query.from_user.id), chat, event_id, token=query.data, message_id=number)
    markup = query.message.reply_markup if isinstance(query.message, Message) else None
    rows = markup.inline_keyboard if markup else ()
    urls = (tuple({"text": one.text, "url": one.url} for one in row if one.url) for row in rows)
    return Tapped(inbound, query.id, tuple(row for row in urls if row))


def _removed(change: ChatMemberUpdated, event_id: str) -> Said | None:
    chat = _address(change.chat)
    if chat is None or not chat.group or change.new_chat_member.status not in _GONE:
        return None
    return Said(Inbound(NAME, str(change.from_user.id), chat, event_id, left=True))


def moved(old: str, new: str, event_id: str) -> Inbound:
    """Word that Telegram has given a group another number."""
    return Inbound(NAME, "", Address(NAME, old, True), event_id, left=True, moved_to=new)


def _moved(message: Message, event_id: str) -> Said | None:
    """A group became a supergroup; both say so, the old one and the new."""
    here = str(message.chat.id)
    if message.migrate_to_chat_id:
        return Said(moved(here, str(message.migrate_to_chat_id), event_id))
    if message.migrate_from_chat_id:
        return Said(moved(str(message.migrate_from_chat_id), here, event_id))
    return None


def _address(chat: Chat, message: object = None) -> Address | None:
    """The chat; of a group with topics also the topic in which the message stands."""
    if chat.type == Chat.PRIVATE:
        return Address(NAME, str(chat.id))
    if chat.type not in _GROUPS:
        return None
    topic = message.message_thread_id if isinstance(message, Message) and message.is_topic_message else None
    return Address(NAME, str(chat.id), True, str(topic or ""))
