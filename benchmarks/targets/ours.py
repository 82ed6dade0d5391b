"""Our own bot as a target."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Literal

from benchmarks.targets.base import Event, Heard, Wire, account, chat

OPERATOR_KEY = "benchmark-operator-session"
OPTIONS = ("一号方案", "二号方案", "三号方案", "四号方案")
_ANSWERS = (
    "SELECT account, choice FROM poll_vote JOIN account ON account.member_id = poll_vote.member_id"
    " WHERE channel = 'local'"
)
_SENT = "SELECT chat, message_id FROM delivery WHERE state = 'sent'"


class BrowserWire:
    """The operator's browser: members type a digit in their private chats, the `ack` names their choice."""

    transport: Literal["ws", "http"] = "ws"
    path = "/local/ws"

    def headers(self, connection: int) -> dict[str, str]:
        """Return the session's cookie."""
        return {"Cookie": f"azalea={OPERATOR_KEY}"}

    def query(self, event: Event) -> str:
        """Return nothing."""
        return ""

    def encode(self, event: Event) -> str:
        """Return the frame of something typed."""
        frame = {"op": "say", "id": event.id, "as": event.account, "chat": event.account, "text": event.text}
        return json.dumps(frame)

    def decode(self, frame: str) -> Heard:
        """Only the sentence that a vote was noted, with the option's label, counts as an acknowledgement."""
        said = json.loads(frame)
        text = said.get("message", {}).get("text", "")
        noted = said["op"] == "ack" and any(label in text for label in OPTIONS)
        return Heard(answers=said["id"]) if noted else Heard()


class OurApp:
    """ours/start.py, with or without a control's switches."""

    share = 1.0
    wire: Wire = BrowserWire()

    def __init__(self, name: str = "ours", *switches: str) -> None:
        self.name, self._switches = name, switches

    def prepare(self, folder: Path, members: int) -> None:
        """Write the members, the open poll, and the operator's session."""
        from benchmarks.ours.setup import fill_people, open_poll

        fill_people(folder, members, "local", account)
        open_poll(folder, members, account)

    def command(self, folder: Path, port: int) -> Sequence[str]:
        """Run it in this interpreter's environment."""
        return [sys.executable, "-m", "benchmarks.ours.start", str(folder), str(port), *self._switches]

    def rows(self, folder: Path) -> dict[str, str]:
        """Read all votes; a bit set with one bit is one digit."""
        with closing(sqlite3.connect(folder / "azalea.db")) as connection:
            return {name: str(choice.bit_length()) for name, choice in connection.execute(_ANSWERS)}

    def synchronous(self, folder: Path) -> int:
        """Read the report of the writing connection."""
        return int(json.loads((folder / "report.json").read_text())["synchronous"])


class OurSender:
    """ours/sender.py."""

    name, durable, share = "ours", True, 1.0

    def prepare(self, folder: Path, recipients: int) -> None:
        """Write the members with their Telegram accounts."""
        from benchmarks.ours.setup import fill_people

        fill_people(folder, recipients, "telegram", lambda number: str(chat(number)))

    def command(self, folder: Path, api: str) -> Sequence[str]:
        """Run it in this interpreter's environment."""
        return [sys.executable, "-m", "benchmarks.ours.sender", str(folder), api]

    def rows(self, folder: Path) -> dict[int, int]:
        """Read the delivery rows."""
        with closing(sqlite3.connect(folder / "azalea.db")) as connection:
            return {int(to): int(number) for to, number in connection.execute(_SENT)}

    def synchronous(self, folder: Path) -> int:
        """Read the report of the writing connection."""
        return int(json.loads((folder / "report.json").read_text())["synchronous"])


class OurSearch:
    """ours/search.py."""

    name = "ours"

    def prepare(self, folder: Path, documents: Sequence[str]) -> None:
        """Index the documents."""
        from benchmarks.ours.setup import fill_search

        fill_search(folder, documents)

    def command(self, folder: Path) -> Sequence[str]:
        """Run it in this interpreter's environment."""
        return [sys.executable, "-m", "benchmarks.ours.search", str(folder)]
