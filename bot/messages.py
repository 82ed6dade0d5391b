"""The frozen values that travel between platforms, handlers and the store."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from bot.incoming import clean

CHOICE = "v"
COMMAND = "c"
SUBMIT = -1
EDITED, FORWARD, ALBUM = "edited", "forward", "album"
_OPTION = re.compile(CHOICE + r":([1-9][0-9]{0,17}):(0|-?[1-9][0-9]{0,8})", re.ASCII)


class Role(StrEnum):
    """What a route requires. Roles derive from posts (store/people.py)."""

    ANYONE = "anyone"
    MEMBER = "member"
    COMMITTEE = "committee"
    SECRETARY = "secretary"
    OFFICE = "office"


class Address(Struct, frozen=True):
    """Where a message can be sent: a chat of a platform. `group` is false for a one-to-one chat; `topic` is the part of
    a group chat, where it has parts."""

    channel: str
    chat: str
    group: bool = False
    topic: str = ""


class Inbound(Struct, frozen=True):
    """One thing that a person said or tapped.

    `event_id` is the platform's own id: a repeated delivery carries the same one. `token` is the choice
    token of a tapped button. `options` holds the chosen option numbers (from 0) once they are resolved.
    `addressed` is false for group talk that does not mention the bot; `left` says that nothing was said, but
    the bot was removed from this group, which goes on under another number where `moved_to` names one. What comes in
    by a web session names it (`session`), and the address that it comes from (`peer`). `lost` names what came with it
    and is not taken (`help.lost_<kind>`; EDITED: it replaces what was said before); `rest_of` the questions that the
    other part of the same pasted text opened, None where it is no part.
    """

    channel: str
    account: str
    chat: Address
    event_id: str
    text: str = ""
    token: str = ""
    options: tuple[int, ...] = ()
    addressed: bool = True
    message_id: str = ""
    left: bool = False
    moved_to: str = ""
    session: str = ""
    peer: str = ""
    lost: tuple[str, ...] = ()
    rest_of: tuple[int, ...] | None = None

    def cleaned(self) -> Inbound:
        """The same event, with what is no text left out of it. Hot path."""
        here = self.chat
        if "".join((self.text, self.event_id, self.token, self.account, here.chat, self.message_id)).isprintable():
            return self
        return replace(
            self, text=clean(self.text), event_id=clean(self.event_id), token=clean(self.token),
            account=clean(self.account), chat=replace(here, chat=clean(here.chat)), message_id=clean(self.message_id),
        )  # fmt: skip

    def chosen(self, options: tuple[int, ...]) -> Inbound:
        """The same event with its options resolved."""
        return replace(self, options=options)


class Choice(Struct, frozen=True):
    """A button: a label and a token of at most 64 ASCII bytes (`v:<prompt>:<option>` or `c:<command>`)."""

    label: str
    token: str

    @classmethod
    def option(cls, prompt: int, number: int, label: str) -> Choice:
        """The button of option `number` (from 0; SUBMIT sends a multiple choice) of a prompt."""
        return cls(label, f"{CHOICE}:{prompt}:{number}")

    @classmethod
    def command(cls, words: str) -> Choice:
        """A button that says `words` for the member; a token of over 64 bytes is refused."""
        token = f"{COMMAND}:{words}"
        if len(token.encode()) > 64:
            raise ValueError("a command button carries at most 62 bytes")
        return cls(words, token)


def read_token(token: str) -> tuple[int, int] | None:
    """`v:<prompt>:<option>` -> (prompt, option), as `Choice.option` writes it; None for anything else, also for another
    spelling of the same numbers."""
    found = _OPTION.fullmatch(token)
    return (int(found[1]), int(found[2])) if found else None


class Link(Struct, frozen=True):
    """A page that belongs to the message."""

    label: str
    url: str


class Attachment(Struct, frozen=True):
    """A file sent with a message; an image is shown, anything else is offered for download."""

    name: str
    mime: str
    data: bytes


class Unmade(Struct, frozen=True):
    """A file of an answer that is still to be written, from values alone: it is made once the answer's transaction is
    over, so that nobody waits for it."""

    name: str
    mime: str
    write: Callable[[], bytes]

    def made(self) -> Attachment:
        """The file."""
        return Attachment(self.name, self.mime, self.write())


class Message(Struct, frozen=True):
    """What the bot says. `choices` are shown as buttons or numbered lines, whichever the platform can; `awaits`
    is the prompt that the next typed text answers (0: none). Only an answer may have `unmade` files."""

    text: str
    choices: tuple[Choice, ...] = ()
    links: tuple[Link, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    columns: int = 1
    awaits: int = 0
    unmade: tuple[Unmade, ...] = ()

    def made(self) -> Message:
        """The same with all its files."""
        return replace(self, attachments=(*self.attachments, *(file.made() for file in self.unmade)), unmade=())

    @property
    def prompts(self) -> tuple[int, ...]:
        """The prompts that the choices belong to, and the one that awaits text; each once, in order."""
        found = [pair[0] for pair in (read_token(choice.token) for choice in self.choices) if pair]
        return tuple(dict.fromkeys([*found, self.awaits] if self.awaits else found))


class Reply(Struct, frozen=True):
    """The answer to one inbound event.

    `settled` replaces the buttons of the message that was tapped (None leaves them); `duplicate` says that
    this event had been handled before and is only acknowledged; `queued` that messages for others wait to be sent;
    `ended` that the web session is over by which it came, and that nothing was done. `wrong_codes`: it was a wrong
    code, so many came from this account in this hour; `pause`: seconds after which it is to be answered.
    """

    message: Message | None = None
    settled: tuple[Choice, ...] | None = None
    duplicate: bool = False
    queued: bool = False
    ended: bool = False
    wrong_codes: int = 0
    pause: float = 0.0


class Caps(Struct, frozen=True):
    """What a platform can show. `buttons` is how many fit one message (0: none, numbered lines are used); a text of
    over `max_chars` goes out in up to `pieces`."""

    buttons: int = 0
    link_buttons: bool = False
    files: bool = False
    max_chars: int = 4096
    pieces: int = 1


class Outcome(StrEnum):
    """How a send ended. `UNKNOWN` is never retried blindly."""

    SENT = "sent"
    REJECTED = "rejected"
    RATE_LIMITED = "rate_limited"
    WINDOW_CLOSED = "window_closed"
    RETRY = "retry"
    UNKNOWN = "unknown"


class Trouble(StrEnum):
    """Why a group chat takes no message: the bot may not write there, the part of the chat that was chosen is closed or
    gone, the bot is no longer in it, or anything else."""

    NONE = ""
    NO_RIGHT = "no_right"
    TOPIC_CLOSED = "topic_closed"
    TOPIC_GONE = "topic_gone"
    GONE = "gone"
    OTHER = "other"


class Receipt(Struct, frozen=True):
    """The platform's answer to a send: `retry_after` in seconds, `message_id` as the platform names it. `trouble` says
    what is wrong with a group; `moved_to` that it goes on under another number, where nothing was sent yet; `unopened`
    that it lies where the recipient has to come for it, and nobody has looked."""

    outcome: Outcome
    message_id: str = ""
    retry_after: float = 0.0
    reason: str = ""
    trouble: Trouble = Trouble.NONE
    moved_to: str = ""
    unopened: bool = False


class Outgoing(Struct, frozen=True):
    """One message for one chat, handed to a channel. `key` is the same at every attempt."""

    address: Address
    message: Message
    key: str = ""


def to_json(message: Message) -> dict[str, Any]:
    """A JSON-ready form of a message; `from_json` restores it exactly. Raises ValueError for unmade files."""
    if message.unmade:
        raise ValueError("a message for others carries finished files only")
    data: dict[str, Any] = {"text": message.text}
    if message.choices:
        data["choices"] = [[choice.label, choice.token] for choice in message.choices]
    if message.links:
        data["links"] = [[link.label, link.url] for link in message.links]
    if message.attachments:
        data["attachments"] = [
            [item.name, item.mime, base64.b64encode(item.data).decode()] for item in message.attachments
        ]
    if message.columns != 1:
        data["columns"] = message.columns
    if message.awaits:
        data["awaits"] = message.awaits
    return data


def from_json(data: dict[str, Any]) -> Message:
    """The message that `to_json` wrote."""
    return Message(
        text=data["text"],
        choices=tuple(Choice(label, token) for label, token in data.get("choices", ())),
        links=tuple(Link(label, url) for label, url in data.get("links", ())),
        attachments=tuple(
            Attachment(name, mime, base64.b64decode(body)) for name, mime, body in data.get("attachments", ())
        ),
        columns=data.get("columns", 1),
        awaits=data.get("awaits", 0),
    )
