"""The peers as targets: each in its own environment under peers/<name>/.venv."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Literal

from benchmarks.targets.base import BROADCAST_TEXT, PEERS, Event, Heard, Wire, account, chat

_MEMBERS = """
CREATE TABLE member (id INTEGER PRIMARY KEY, account VARCHAR NOT NULL UNIQUE);
CREATE TABLE answer (
    id INTEGER PRIMARY KEY, member_id INTEGER NOT NULL, prompt_id INTEGER NOT NULL, choice VARCHAR NOT NULL,
    at DATETIME NOT NULL, UNIQUE (prompt_id, member_id)
);
"""
_RECIPIENTS = """
CREATE TABLE recipient (id INTEGER PRIMARY KEY, chat INTEGER NOT NULL UNIQUE, text VARCHAR NOT NULL);
CREATE TABLE delivery (
    id INTEGER PRIMARY KEY, recipient_id INTEGER NOT NULL UNIQUE, message_id INTEGER NOT NULL,
    at DATETIME NOT NULL
);
"""


def ensure(name: str) -> None:
    """Make the peer's environment, unless it needs none, or stands and its requirements are unchanged."""
    folder = PEERS / name
    requirements = folder / "requirements.txt"
    if not requirements.exists():
        return
    stamp, wanted = (
        folder / ".venv" / "requirements.sha256",
        hashlib.sha256(requirements.read_bytes()).hexdigest(),
    )
    if stamp.exists() and stamp.read_text() == wanted:
        return
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder / ".venv")], check=True)
    install = [str(python_of(name)), "-m", "pip", "install", "--quiet", "-r", str(requirements)]
    subprocess.run(install, check=True)
    stamp.write_text(wanted)


def python_of(name: str) -> Path:
    """The interpreter of a peer's environment."""
    return PEERS / name / ".venv" / "bin" / "python"


class OneBotWire:
    """Events as a OneBot v11 implementation sends them over a reverse WebSocket; it answers API calls."""

    transport: Literal["ws", "http"] = "ws"
    path = "/onebot/v11/ws"

    def headers(self, connection: int) -> dict[str, str]:
        """Return what the protocol asks of the handshake; every connection is an account of its own."""
        return {
            "X-Self-ID": str(90_000 + connection),
            "X-Client-Role": "Universal",
            "Authorization": "Bearer benchmark-token",
        }

    def query(self, event: Event) -> str:
        """Return nothing."""
        return ""

    def encode(self, event: Event) -> str:
        """Return a private text message."""
        return json.dumps(
            {
                "time": 1_790_000_000,
                "self_id": 90_000,
                "post_type": "message",
                "message_type": "private",
                "sub_type": "friend",
                "message_id": int(event.account),
                "user_id": int(event.account),
                "message": [{"type": "text", "data": {"text": event.text}}],
                "raw_message": event.text,
                "font": 0,
                "sender": {"user_id": int(event.account), "nickname": "m", "sex": "unknown", "age": 0},
            }
        )

    def decode(self, frame: str) -> Heard:
        """Every call gets its answer; a message that says `recorded` is the acknowledgement."""
        call = json.loads(frame)
        answer = {"status": "ok", "retcode": 0, "data": {"message_id": 1}, "echo": call.get("echo")}
        params = call.get("params", {})
        recorded = "recorded" in json.dumps(params.get("message", ""))
        return Heard(str(params["user_id"]) if recorded else None, json.dumps(answer))


class NoneBotOrm:
    """NoneBot2 + nonebot-plugin-orm over OneBot v11."""

    name, share = "nonebot_orm", 0.1
    wire: Wire = OneBotWire()

    def prepare(self, folder: Path, members: int) -> None:
        """Write the members."""
        with closing(sqlite3.connect(folder / "peer.db")) as connection:
            connection.executescript(_MEMBERS)
            connection.executemany(
                "INSERT INTO member (account) VALUES (?)", ((account(n),) for n in range(members))
            )
            connection.commit()

    def command(self, folder: Path, port: int) -> Sequence[str]:
        """Run its bot."""
        return [str(python_of(self.name)), str(PEERS / self.name / "bot.py"), str(folder), str(port)]

    def rows(self, folder: Path) -> dict[str, str]:
        """Read all answers."""
        with closing(sqlite3.connect(folder / "peer.db")) as connection:
            found = connection.execute(
                "SELECT account, choice FROM answer JOIN member ON member.id = member_id"
            ).fetchall()
        return dict(found)

    def synchronous(self, folder: Path) -> int:
        """Read the bot's report."""
        return int(json.loads((folder / "report.json").read_text())["synchronous"])


class PtbOrm:
    """Stock python-telegram-bot, one SQLModel row and one commit per message."""

    name, durable, share = "ptb_orm", True, 0.1

    def prepare(self, folder: Path, recipients: int) -> None:
        """Write the recipients."""
        chats = [chat(number) for number in range(recipients)]
        with closing(sqlite3.connect(folder / "peer.db")) as connection:
            connection.executescript(_RECIPIENTS)
            values = ((each, BROADCAST_TEXT) for each in chats)
            connection.executemany("INSERT INTO recipient (chat, text) VALUES (?, ?)", values)
            connection.commit()

    def command(self, folder: Path, api: str) -> Sequence[str]:
        """Run its sender."""
        return [str(python_of(self.name)), str(PEERS / self.name / "bot.py"), str(folder), api]

    def rows(self, folder: Path) -> dict[int, int]:
        """Read all deliveries."""
        query = "SELECT chat, message_id FROM delivery JOIN recipient ON recipient.id = recipient_id"
        with closing(sqlite3.connect(folder / "peer.db")) as connection:
            return dict(connection.execute(query).fetchall())

    def synchronous(self, folder: Path) -> int:
        """Read the sender's report."""
        return int(json.loads((folder / "report.json").read_text())["synchronous"])
