"""What a Telegram message carries beside its text: this program takes none of it, and has to say so. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from telegram import Message, MessageEntity

from bot.messages import ALBUM, FORWARD

_KINDS = {
    "animation": "video", "audio": "audio", "checklist": "checklist", "contact": "contact", "dice": "sticker",
    "document": "file", "game": "other", "gift": "other", "giveaway": "other", "invoice": "other",
    "live_photo": "picture", "location": "location", "paid_media": "other", "passport_data": "other",
    "photo": "picture", "poll": "poll", "sticker": "sticker", "story": "other", "venue": "location",
    "video": "video", "video_note": "video", "voice": "voice", "web_app_data": "other",
}  # fmt: skip
"""Fields of a message, and what people call their content."""


def kinds_of(message: Message) -> tuple[str, ...]:
    """What came with the text or instead of it, each kind once; empty where the text is all."""
    found = [kind for name, kind in _KINDS.items() if getattr(message, name, None)]
    if message.animation and "file" in found:
        found.remove("file")
    if message.media_group_id:
        found.append(ALBUM)
    entities = (*(message.entities or ()), *(message.caption_entities or ()))
    if _hidden_links(entities):
        found.append("link")
    if any(one.type == MessageEntity.STRIKETHROUGH for one in entities):
        found.append("struck")
    if _quotes(message):
        found.append("quote")
    if any(_holds_file(value) for value in message.api_kwargs.values()):
        found.append("other")
    if message.forward_origin:
        found.append(FORWARD)
    return tuple(dict.fromkeys(found))


def _hidden_links(entities: Sequence[MessageEntity]) -> bool:
    """Words that carry an address which is not among them."""
    return any(one.type == MessageEntity.TEXT_LINK for one in entities)


def _quotes(message: Message) -> bool:
    """Words of another message, or all of one from elsewhere, shown with the text; the bot's own words are no loss."""
    answered = message.reply_to_message.from_user if message.reply_to_message else None
    return bool(message.external_reply or (message.quote and not (answered and answered.is_bot)))


def _holds_file(value: object) -> bool:
    """Whether a field that the library does not know yet brings a file."""
    parts = value if isinstance(value, list) else [value]
    return any(isinstance(part, dict) and "file_id" in part for part in parts)
