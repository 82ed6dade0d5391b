"""Opens sealed rows with the page's own module in headless Chromium; speaks as ours/opening.py does."""

from __future__ import annotations

import functools
import importlib.util
import json
import os
import shutil
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import bot.web
from benchmarks.ours.sealed import MANIFEST_HASH, SealedBox, digest
from bot.rules.rating.sealing import b64u, unb64u

STATIC = Path(bot.web.__file__).parent / "static"
OPEN = """async ({ key, hash, target, items, sealed }) => {
  const s = await import("/rating/sealing.js");
  const secret = { public: s.unb64u(key.public), secret: s.unb64u(key.secret), share: 0 };
  let progress = 0;
  const { rows, failed } = await s.openRows(secret, s.unb64u(hash), target, items, s.unb64u(sealed), (done) => {
    progress = done;
  });
  return { rows: s.b64u(rows), failed, progress };
}"""


def missing() -> str:
    """A sentence when there is no browser to drive, or nothing."""
    if importlib.util.find_spec("playwright") is None:
        return "playwright is not installed"
    return "" if chromium() else "no Chromium found"


def chromium() -> str | None:
    """The system's Chromium."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class Files(SimpleHTTPRequestHandler):
    """The static files; says nothing."""

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


def open_target(page: Any, box: SealedBox, target: int) -> tuple[str, int]:
    """The digest of the target's rows, and how many do not open."""
    key = box.key()
    given = {
        "key": {"public": b64u(key.public), "secret": b64u(key.secret)},
        "hash": b64u(MANIFEST_HASH),
        "target": target,
        "items": box.items(),
        "sealed": b64u(box.rows(target)),
    }
    found = page.evaluate(OPEN, given)
    return digest(unb64u(found["rows"])), found["failed"]


def main() -> None:
    """Open until the input ends."""
    from playwright.sync_api import sync_playwright

    box = SealedBox(Path(sys.argv[1]))
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Files, directory=STATIC))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    arguments = ["--headless=new", "--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=arguments)
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{server.server_port}/azalea.svg")
        print("ready", flush=True)
        for line in sys.stdin:
            print(json.dumps([open_target(page, box, target) for target in json.loads(line)]), flush=True)
        browser.close()
    server.shutdown()


if __name__ == "__main__":
    main()
