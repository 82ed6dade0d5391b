"""What a voter's and a teller's page do in a browser, done by the demo's people: seal, and open."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

from bot.demo.browser import Browser
from bot.rules.rating import key_file, sealing
from bot.rules.rating.sealing import Key

_VOID = 255
Marks = Callable[[int], Sequence[int]]
"""The grades (from 1) that somebody gives the items of a target (from 0)."""


async def cast(browser: Browser, marks: Marks) -> int:
    """Fill in the sheet that the browser shows and send it sealed; the revision."""
    text = browser.data("manifest")
    manifest, manifest_hash = json.loads(text), fingerprint(text)
    items, own = len(manifest["items"]), browser.data("own")
    rows = [bytes(items) if str(target) == own else bytes(marks(target)) for target in range(len(manifest["targets"]))]
    sealed = sealing.seal_sheet(sealing.unb64u(manifest["public_key"]), manifest_hash, rows)
    fields = {"sealed": sealing.b64u(sealed), "manifest": manifest_hash.hex()}
    return int((await browser.post(browser.path, fields))["revision"])


async def make_key(browser: Browser, path: Path, passphrase: str) -> Key:
    """Make the key on the page that the browser shows, save it, and prove that the file opens."""
    key = sealing.make_key()
    path.write_text(key_file.write_key_file(key, passphrase), encoding="utf-8")
    await browser.post(browser.path, {"action": "key", "public": sealing.b64u(key.public)})
    saved = key_file.read_key_file(path.read_text(encoding="utf-8"), passphrase)
    envelope = sealing.unb64u((await browser.post(browser.path, {"action": "test"}))["envelope"])
    answer = sealing.open_test(saved, envelope)
    await browser.post(browser.path, {"action": "prove", "answer": sealing.b64u(answer)})
    return saved


async def open_box(browser: Browser, key: Key) -> str:
    """Open the box of the page that the browser shows and hand its rows in; what became of it."""
    text = browser.data("manifest")
    manifest_hash, items = fingerprint(text), len(json.loads(text)["items"])
    boxes = []
    for part in browser.values("parts"):
        place = f"target={part['target']}&class={part['class_index']}"
        sealed = await browser.fetch(f"{browser.data('sealed')}?{place}")
        opened = sealing.open_rows(key, manifest_hash, part["target"], items, sealed)
        rows = opened.rows + bytes([_VOID]) * (opened.failed * items)
        boxes.append({**part, "rows": sealing.b64u(rows)})
    return str((await browser.post(browser.path, {"boxes": json.dumps(boxes)}))["state"])


async def type_paper(browser: Browser, class_index: int, rows: list[bytes]) -> str:
    """Type in the one sheet of paper of a class, a row a target; what became of it."""
    boxes = [{"target": target, "rows": sealing.b64u(row)} for target, row in enumerate(rows)]
    fields = {"class": str(class_index), "returned": "1", "void": "0", "boxes": json.dumps(boxes)}
    return str((await browser.post(browser.path, fields))["state"])


def fingerprint(manifest: str) -> bytes:
    """The fingerprint that every sealed row is bound to."""
    return hashlib.sha256(manifest.encode()).digest()
