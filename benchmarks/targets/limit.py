"""The yardsticks as targets, and the negative controls."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Literal

from benchmarks.limits.app import SCHEMA, TOKEN
from benchmarks.targets.base import Event, Heard, Wire, account

_CONTENT = re.compile(r"<ToUserName><!\[CDATA\[(.*?)\]\]></ToUserName>.*<Content><!\[CDATA\[recorded")


class LocalWire:
    """Events as JSON frames `{"id", "as", "chat", "text"}`, answers as `{"to", "text"}`."""

    transport: Literal["ws", "http"] = "ws"
    path = "/ws"

    def headers(self, connection: int) -> dict[str, str]:
        """Return the token."""
        return {"X-Token": TOKEN}

    def query(self, event: Event) -> str:
        """Return nothing."""
        return ""

    def encode(self, event: Event) -> str:
        """Return the JSON frame."""
        return json.dumps({"id": event.id, "as": event.account, "chat": event.chat, "text": event.text})

    def decode(self, frame: str) -> Heard:
        """Only a recorded answer counts as an acknowledgement."""
        said = json.loads(frame)
        return Heard(answers=said["to"]) if said["text"].startswith("recorded") else Heard()


class WeChatWire:
    """Events as a WeChat official account's server posts them: signed query, XML body, passive reply."""

    transport: Literal["ws", "http"] = "http"

    def __init__(self, path: str, token: str) -> None:
        self.path, self._token = path, token

    def headers(self, connection: int) -> dict[str, str]:
        """Return the content type."""
        return {"Content-Type": "text/xml"}

    def query(self, event: Event) -> str:
        """Return the signature of the request."""
        timestamp, nonce = "1790000000", event.account
        signature = hashlib.sha1("".join(sorted([self._token, timestamp, nonce])).encode()).hexdigest()
        return f"?signature={signature}&timestamp={timestamp}&nonce={nonce}&openid={event.account}"

    def encode(self, event: Event) -> str:
        """Return a text message; its MsgId is made of the account."""
        return (
            f"<xml><ToUserName><![CDATA[gh_branch]]></ToUserName><FromUserName><![CDATA[{event.account}]]></FromUserName>"
            f"<CreateTime>1790000000</CreateTime><MsgType><![CDATA[text]]></MsgType>"
            f"<Content><![CDATA[{event.text}]]></Content><MsgId>77{event.account}</MsgId></xml>"
        )

    def decode(self, frame: str) -> Heard:
        """The passive reply names the member."""
        found = _CONTENT.search(frame)
        return Heard(answers=found[1]) if found else Heard()


class LimitApp:
    """limits/app.py, with or without a control's switches."""

    share = 1.0

    def __init__(self, name: str, wire: Wire, *switches: str) -> None:
        self.name, self.wire, self._switches = name, wire, switches

    def prepare(self, folder: Path, members: int) -> None:
        """Write the members."""
        with closing(sqlite3.connect(folder / "limit.db")) as connection:
            connection.executescript(SCHEMA)
            connection.executemany(
                "INSERT INTO member (account) VALUES (?)", ((account(n),) for n in range(members))
            )
            connection.commit()

    def command(self, folder: Path, port: int) -> Sequence[str]:
        """Run it in this interpreter's environment."""
        return [sys.executable, "-m", "benchmarks.limits.app", str(folder), str(port), *self._switches]

    def rows(self, folder: Path) -> dict[str, str]:
        """Read all answers."""
        with closing(sqlite3.connect(folder / "limit.db")) as connection:
            found = connection.execute(
                "SELECT account, choice FROM answer JOIN member ON member.id = member_id"
            ).fetchall()
        return dict(found)

    def synchronous(self, folder: Path) -> int:
        """Read the report of the writer."""
        return int(json.loads((folder / "report.json").read_text())["synchronous"])


class BareSender:
    """limits/sender.py."""

    name, durable, share = "limit", False, 1.0

    def prepare(self, folder: Path, recipients: int) -> None:
        """Write down how many there are."""
        (folder / "recipients").write_text(str(recipients))

    def command(self, folder: Path, api: str) -> Sequence[str]:
        """Run it in this interpreter's environment."""
        recipients = (folder / "recipients").read_text()
        return [sys.executable, "-m", "benchmarks.limits.sender", str(folder), api, recipients]

    def rows(self, folder: Path) -> dict[int, int]:
        """Read the receipts."""
        return {int(chat): int(number) for chat, number in json.loads((folder / "receipts.json").read_text())}

    def synchronous(self, folder: Path) -> int:
        """It has no store."""
        return 0


class LikeScan:
    """limits/search.py."""

    name = "limit"

    def prepare(self, folder: Path, documents: Sequence[str]) -> None:
        """Write the documents."""
        with closing(sqlite3.connect(folder / "search.db")) as connection:
            connection.execute("CREATE TABLE document (id INTEGER PRIMARY KEY, body TEXT NOT NULL)")
            connection.executemany("INSERT INTO document VALUES (?, ?)", enumerate(documents))
            connection.commit()

    def command(self, folder: Path) -> Sequence[str]:
        """Run it in this interpreter's environment."""
        return [sys.executable, "-m", "benchmarks.limits.search", str(folder)]
