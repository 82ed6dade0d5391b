"""Sealing in a real browser and in Python: what one seals, writes or splits, the other opens, reads or joins."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest_asyncio
from playwright.async_api import Page, Route

import bot.web
from bot.rules.rating.key_file import join_key, read_key_file, split_key, write_key_file
from bot.rules.rating.sealing import (
    Key,
    b64u,
    cut_sheet,
    fingerprint,
    key_of,
    make_key,
    make_test,
    open_row,
    open_rows,
    seal_row,
    sealed_length,
    unb64u,
    unseal,
)
from tests.browser.conftest import BrowserPage
from tests.support.hpke import load_vector

STATIC = Path(bot.web.__file__).parent / "static"
ROUND = bytes(range(32))
PASSPHRASE, FULL_WIDTH = "杜鹃花开 2026 年", "杜鹃花开 ２０２６ 年"
PRELUDE = """
  const s = await import("/static/rating/sealing.js");
  const f = await import("/static/rating/key_file.js");
  const keyIn = (key) => ({ public: s.unb64u(key.public), secret: s.unb64u(key.secret), share: key.share });
  const keyOut = (key) => ({ public: s.b64u(key.public), secret: s.b64u(key.secret), share: key.share });
  const reason = (attempt) => attempt.then(() => "none", (error) => error.reason);
"""


async def run(page: Page, script: str, **values: object) -> Any:
    """What a script in the page returns; bytes and keys go there as text."""
    return await page.evaluate(f"async (given) => {{ {PRELUDE} {script} }}", _out(values))


def _out(value: object) -> object:
    match value:
        case bytes():
            return b64u(value)
        case Key():
            return _out({"public": value.public, "secret": value.secret, "share": value.share})
        case Mapping():
            return {name: _out(each) for name, each in value.items()}
        case list() | tuple():
            return [_out(each) for each in value]
    return value


def key_in(found: Mapping[str, Any]) -> Key:
    return Key(unb64u(found["public"]), unb64u(found["secret"]), found["share"])


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser_page: BrowserPage) -> Page:
    """A page of the program, with its content security policy."""
    await browser_page.page.goto(browser_page.served.url + "/rating/secret")
    return browser_page.page


async def test_the_published_vector_opens_in_the_browser(page: Page) -> None:
    vector = load_vector()
    script = """
      const plain = await s.unseal(keyIn(given.key), s.unb64u(given.info), s.unb64u(given.sealed));
      return [await s.supported(), s.b64u(plain)];
    """
    found = await run(page, script, key=vector.key, info=vector.info, sealed=vector.sealed)
    assert found == [True, b64u(vector.plain)]


async def test_a_sheet_from_the_browser_opens_in_python(page: Page) -> None:
    key, rows = make_key(), [bytes((1, 2, 3)), bytes(3), bytes((4, 0, 4))]
    script = "return s.b64u(await s.sealSheet(s.unb64u(given.public), s.unb64u(given.round), given.rows.map(s.unb64u)));"
    sheet = unb64u(await run(page, script, public=key.public, round=ROUND, rows=rows))
    assert len(sheet) == 3 * sealed_length(3)
    assert [open_row(key, ROUND, at, sealed) for at, sealed in enumerate(cut_sheet(sheet, 3, 3))] == rows


async def test_rows_from_python_open_in_the_browser(page: Page) -> None:
    key = make_key()
    sealed = [seal_row(key.public, ROUND, 258, bytes((at % 5, at % 3))) for at in range(300)]
    batch = b"".join([*sealed, seal_row(key.public, ROUND, 257, bytes(2)), bytes(sealed_length(2))])
    script = """
      const told = [];
      const opened = await s.openRows(keyIn(given.key), s.unb64u(given.round), 258, 2, s.unb64u(given.batch),
        (done, total) => told.push([done, total]));
      return { rows: s.b64u(opened.rows), failed: opened.failed, told };
    """
    found = await run(page, script, key=key, round=ROUND, batch=batch)
    expected = open_rows(key, ROUND, 258, 2, batch)
    assert (unb64u(found["rows"]), found["failed"]) == (expected.rows, expected.failed)
    assert found["failed"] == 2
    assert found["told"] == [[done, 302] for done in range(1, 303)]


async def test_a_key_from_the_browser_works_in_python(page: Page) -> None:
    found = await run(page, "const key = await s.makeKey(); return [keyOut(key), await s.fingerprint(key.public)];")
    key = key_in(found[0])
    assert key_of(key.secret) == key
    assert found[1] == fingerprint(key.public)
    challenge = make_test(key.public)
    script = "return s.b64u(await s.openTest(keyIn(given.key), s.unb64u(given.sealed)));"
    assert await run(page, script, key=key, sealed=challenge.sealed) == b64u(challenge.answer)
    script = 'return s.b64u(await s.seal(s.unb64u(given.public), s.ascii("info"), s.ascii("plain")));'
    assert unseal(key, b"info", unb64u(await run(page, script, public=key.public))) == b"plain"


async def test_key_files_are_read_on_both_sides(page: Page) -> None:
    key = split_key(make_key())[1]
    script = """
      const [key, label] = [await f.readKeyFile(given.text, given.passphrase), f.readLabel(given.text)];
      return [keyOut(key), label.share, s.b64u(label.public), await f.writeKeyFile(key, given.passphrase)];
    """
    text = write_key_file(key, PASSPHRASE)
    read, share, public, written = await run(page, script, text=text, passphrase=FULL_WIDTH)
    assert key_in(read) == key
    assert (share, unb64u(public)) == (2, key.public)
    assert read_key_file(written, PASSPHRASE) == key
    assert written.splitlines()[:6] == text.splitlines()[:6]


async def test_shares_are_joined_on_both_sides(page: Page) -> None:
    key = make_key()
    pairs = list(itertools.permutations(split_key(key), 2))
    script = """
      const joined = [];
      for (const [one, other] of given.pairs) {
        joined.push(keyOut(await f.joinKey(keyIn(one), keyIn(other))));
      }
      return [joined, f.splitKey(keyIn(given.key)).map(keyOut)];
    """
    joined, split = await run(page, script, pairs=pairs, key=key)
    assert [key_in(each) for each in joined] == [key] * 6
    shares = [key_in(each) for each in split]
    assert [share.share for share in shares] == [1, 2, 3]
    assert [join_key(*pair) for pair in itertools.permutations(shares, 2)] == [key] * 6


async def test_what_does_not_fit_is_said_in_one_word(page: Page) -> None:
    key, stranger = make_key(), make_key()
    script = """
      const [key, stranger, one, other] = [given.key, given.stranger, given.one, given.other].map(keyIn);
      const round = s.unb64u(given.round);
      const row = await s.sealRow(key.public, round, 1, s.ascii("x"));
      const test = s.unb64u(given.test);
      const mixed = { ...key, secret: stranger.secret };
      const altered = JSON.stringify({ ...JSON.parse(given.file), share: 1 });
      const versioned = JSON.stringify({ ...JSON.parse(given.file), version: 2 });
      const weak = JSON.stringify({ ...JSON.parse(given.file), iterations: 599999 });
      const attempts = [
        s.openTest(stranger, test), s.openTest(key, row), s.openTest(one, test), s.checkKey(mixed), s.checkKey(key),
        s.seal(new Uint8Array(65), round, row), s.seal(key.public.subarray(0, 64), round, row),
        s.sealRow(key.public, round.subarray(1), 0, row), s.openRows(key, round, 1, 1, row.subarray(1)),
        f.readKeyFile(given.file, "another passphrase"), f.readKeyFile(altered, given.passphrase),
        f.readKeyFile(versioned, given.passphrase), f.readKeyFile(weak, given.passphrase), f.readKeyFile("null", ""), f.readKeyFile("", ""),
        f.writeKeyFile(key, "九个字的口令不够长"), f.joinKey(one, one), f.joinKey(one, other), f.joinKey(one, key),
        f.joinKey(one, { ...other, public: one.public }),
      ];
      return Promise.all(attempts.map(reason));
    """
    said = await run(
        page, script, key=key, stranger=stranger, one=split_key(key)[0], other=split_key(stranger)[1], round=ROUND,
        test=make_test(key.public).sealed, file=write_key_file(key, PASSPHRASE), passphrase=PASSPHRASE,
    )  # fmt: skip
    assert said == [
        "does-not-open", "does-not-open", "needs-two-shares", "not-a-key", "none",
        "not-a-public-key", "not-a-public-key",
        "wrong-length", "wrong-length",
        "wrong-passphrase", "wrong-passphrase",
        "not-a-key-file", "not-a-key-file", "not-a-key-file", "not-a-key-file",
        "passphrase-too-short", "shares-do-not-fit", "shares-do-not-fit", "shares-do-not-fit", "shares-do-not-fit",
    ]  # fmt: skip


async def test_a_page_without_https_is_told_that_it_cannot_seal(browser_page: BrowserPage) -> None:
    """Browsers keep WebCrypto from plain http, except on the own machine."""

    async def serve(route: Route) -> None:
        name = route.request.url.partition("/static/")[2]
        await route.fulfill(path=STATIC / name, content_type="text/javascript" if name.endswith(".js") else None)

    page = browser_page.page
    await page.route("http://branch.example/**", serve)
    await page.goto("http://branch.example/static/azalea.svg")
    assert await page.evaluate("isSecureContext") is False
    assert await run(page, "return s.supported();") is False
