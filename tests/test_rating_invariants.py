"""Attacks on a rating by people who may do something in it: voters who copy, tellers who alter, an owner who learns."""

from __future__ import annotations

import io
import json
import re
from itertools import takewhile
from pathlib import Path

import pytest
from docx import Document
from openpyxl import load_workbook
from pypdf import PdfReader
from sqlalchemy import inspect
from sqlmodel import select

from bot.rules.rating import VOID, sealing
from bot.store import rating
from bot.store.core.statements import StoreSession
from bot.store.rating import OpenedState, RatingBox, RatingOpening, RatingPaper, RoundState
from tests.support.cast import MEMBERS, OFFICE, SECRETARY
from tests.support.chat import Chat
from tests.support.linkage import gather, heap_only
from tests.support.pages import Pages
from tests.support.rating import TELLERS, Opened, approve_twice, bring_key, draft, member_id, open_box, opened
from tests.support.rating_result import THIRD, publish_review
from tests.support.rating_round import ITEMS, Plan, Round
from tests.support.rating_round import open_round as open_plan
from tests.support.rating_votes import cast_all, close, put, refusal, started, stored
from tests.support.wording import says

HER, HIM = MEMBERS[:2]


def cast(session: StoreSession, opened: Opened, chat: Chat, voter: int, sealed: bytes) -> None:
    rating.cast(session, opened.id, voter, sealed, opened.manifest_hash, chat.clock.now())


async def published(chat: Chat, opened: Opened) -> dict[tuple[int, int], bytes]:
    """Closed, opened by both tellers; the rows by target and class."""
    await chat.app.store.write(close, opened, chat)
    for teller in TELLERS:
        await chat.app.store.write(put, opened, chat, teller)

    def boxes(session: StoreSession) -> dict[tuple[int, int], bytes]:
        found = session.exec(select(RatingBox).where(RatingBox.round_id == opened.id))
        return {(box.target, box.class_index): bytes(box.rows) for box in found}

    return await chat.app.store.read(boxes)


async def test_a_sheet_that_was_copied_shows_nothing_of_its_original(chat: Chat) -> None:
    """Somebody reads the database and hands in, in another class, what a voter has sealed: what comes twice in the
    result would be hers. Also a row of hers in the place of another target, and a whole sheet for another round."""
    opened, other = await started(chat), await started(chat)
    write, voters = chat.app.store.write, opened.voters
    hers = opened.seal([bytes([3, 4])] * 3)
    rows = sealing.cut_sheet(hers, 3, 2)
    own, others = (sealing.cut_sheet(opened.seal([bytes([1, 1])] * 3), 3, 2) for _ in range(2))
    victim, thief, mover = voters["领导"][0], voters["同行"][0], voters["同行"][1]
    await write(cast, opened, chat, victim, hers)
    await write(cast, opened, chat, thief, rows[0] + own[1] + own[2])
    await write(cast, opened, chat, mover, others[0] + rows[0] + others[2])
    await write(cast_all, opened, chat, dict.fromkeys((*voters["领导"][1:], *voters["同行"][2:]), 1))
    stolen = await write(lambda s: refusal(lambda: rating.cast(
        s, other.id, other.everybody()[0], hers, opened.manifest_hash, chat.clock.now()
    )))  # fmt: skip
    assert stolen == "other_manifest"

    boxes = await published(chat, opened)
    void = bytes([VOID, VOID])
    assert boxes[0, 0] == bytes([1, 1]) * 4 + void, "her row and its copy are void, each in its class"
    assert boxes[0, 1] == bytes([1, 1]) * 5 + void
    assert boxes[1, 0] == bytes([1, 1]) * 4 + bytes([3, 4]), "what was not copied counts"
    assert boxes[1, 1] == bytes([1, 1]) * 5 + void, "a row opens at its own target only"
    assert boxes[2, 1] == bytes([1, 1]) * 6


async def test_garbage_in_a_sheet_is_void_and_stops_nobody(chat: Chat) -> None:
    """A voter cannot keep the box from being opened, nor mark a row so that it is known again."""
    opened = await started(chat)
    voter, length = opened.everybody()[0], sealing.sealed_length(2)
    strange = sealing.seal_row(opened.key.public, opened.hash, 0, bytes([200, 1]))
    garbage = strange + bytes([4]) * length + bytes(length)
    await chat.app.store.write(cast, opened, chat, voter, garbage)
    await chat.app.store.write(cast_all, opened, chat, dict.fromkeys(opened.everybody()[1:], 2))
    await chat.app.store.write(close, opened, chat)

    def attempt(session: StoreSession) -> str:
        boxes = open_box(session, opened.id, opened.key)
        assert boxes[0, 0].endswith(bytes([200, 1])), "a teller's page writes an unknown grade as void"
        teller = member_id(session, TELLERS[0])
        now = chat.clock.now()
        return refusal(lambda: rating.put_opening(session, stored(session, opened.id), teller, boxes, now))

    assert await chat.app.store.write(attempt) == "bad_rows"

    def put_all(session: StoreSession, teller: str) -> rating.Opened:
        boxes = open_box(session, opened.id, opened.key)
        boxes[0, 0] = boxes[0, 0].replace(bytes([200]), bytes([VOID]))
        found = stored(session, opened.id)
        return rating.put_opening(session, found, member_id(session, teller), boxes, chat.clock.now())

    states = [(await chat.app.store.write(put_all, teller)).state for teller in TELLERS]
    assert states == [OpenedState.WAITING, OpenedState.PUBLISHED]
    counted = await chat.app.store.read(lambda session: rating.counts(session, stored(session, opened.id)))
    assert [target.classes[0].void for target in counted] == [0, 1, 1]


async def test_one_teller_alone_neither_alters_nor_publishes(chat: Chat) -> None:
    """Altered, left out, added, of another round, by somebody who is no teller, before closing: nothing is published
    and nothing destroyed."""
    opened, other = await started(chat), await started(chat)
    for made in (opened, other):
        await chat.app.store.write(cast_all, made, chat, dict.fromkeys(made.everybody(), 1 if made is opened else 4))

    def bring(session: StoreSession, who: str, boxes: dict[tuple[int, int], bytes]) -> rating.Opened:
        found = stored(session, opened.id)
        return rating.put_opening(session, found, member_id(session, who), boxes, chat.clock.now())

    early = await chat.app.store.write(lambda s: refusal(lambda: rating.parts(s, stored(s, opened.id))))
    assert early == "state_open"
    assert await chat.app.store.write(lambda s: refusal(lambda: bring(s, TELLERS[0], {}))) == "state_open"
    assert await chat.app.store.write(
        lambda s: refusal(lambda: rating.sealed_rows(s, stored(s, opened.id), 0, 0))
    ) == "state_open"  # fmt: skip
    for made in (opened, other):
        await chat.app.store.write(close, made, chat)
    true = await chat.app.store.read(open_box, opened.id, opened.key)
    foreign = await chat.app.store.read(open_box, other.id, other.key)
    assert await chat.app.store.write(lambda s: refusal(lambda: bring(s, MEMBERS[0], true))) == "not_a_teller"
    for wrong in ({**true, (0, 0): true[0, 0][2:]}, {**true, (0, 0): true[0, 0] + b"\1\1"}, {}):
        said = await chat.app.store.write(lambda s, wrong=wrong: refusal(lambda: bring(s, TELLERS[0], wrong)))
        assert said == "rows_missing"
    for false in (foreign, {**true, (0, 0): b"\2\2" + true[0, 0][2:]}):
        assert (await chat.app.store.write(bring, TELLERS[0], false)).state is OpenedState.WAITING
        assert (await chat.app.store.write(bring, TELLERS[0], false)).state is OpenedState.WAITING, "twice is one"
        assert (await chat.app.store.write(bring, TELLERS[1], true)).state is OpenedState.DIFFERENT
        await chat.app.store.write(lambda s: s.delete(s.get_one(RatingOpening, (opened.id, member_id(s, TELLERS[1])))))
    table = f"rating_envelope_{opened.id}"
    assert await chat.app.store.read(lambda s: inspect(s.connection()).has_table(table))
    assert (await chat.app.store.write(bring, TELLERS[0], true)).state is OpenedState.WAITING
    assert (await chat.app.store.write(bring, TELLERS[1], true)).state is OpenedState.PUBLISHED


async def test_what_tellers_brought_and_typed_is_unreadable_afterwards(chat: Chat, tmp_path: Path) -> None:
    """Invariant 14: openings and paper, beside the envelopes (test_rating_secrecy)."""
    opened = await started(chat, targets=("甲", "乙"), items=tuple("一二三四五六七八"))
    write, now, voters = chat.app.store.write, chat.clock.now(), opened.everybody()
    on_paper = bytes([4, 1, 3, 2, 4, 2, 1, 3])
    await write(lambda s: rating.mark_paper(s, stored(s, opened.id), voters[0]))
    await write(cast_all, opened, chat, dict.fromkeys(voters[1:], 2))
    await write(close, opened, chat)
    for teller in TELLERS:
        await write(lambda s, teller=teller: rating.put_paper(
            s, stored(s, opened.id), 0, member_id(s, teller), 1, 0, dict.fromkeys(range(2), on_paper), now
        ))  # fmt: skip
    await write(put, opened, chat, TELLERS[0])
    packed = await chat.app.store.read(lambda s: [s.exec(select(RatingOpening.boxes)).one(),
                                                  s.exec(select(RatingPaper.boxes)).first()])  # fmt: skip
    await write(put, opened, chat, TELLERS[1])
    assert (await chat.app.store.read(lambda s: stored(s, opened.id).state)) is RoundState.PUBLISHED
    await chat.app.tidying.once()
    left = heap_only(gather(chat.app.store, tmp_path, logs="", backups=()))
    assert left.holding(on_paper) != [], "the published rows are there"
    assert [left.holding(bytes(one or b"?")) for one in packed] == [[], []]


async def test_two_who_share_one_phone_both_vote(chat: Chat, pages: Pages) -> None:
    """Invariant 11, without scripts: each with the own link, one after the other in one browser."""
    found = await open_plan(chat.app, Plan(targets=3))
    for who in (HER, HIM):
        page = await pages.enter(who, found.path)
        sheet = sealing.seal_sheet(found.key.public, await fingerprint(chat, found), [bytes([2]) * len(ITEMS)] * 3)
        form = {"sealed": sealing.b64u(sheet), "manifest": (await fingerprint(chat, found)).hex()}
        token = page.text.split('data-csrf="')[1].split('"')[0]
        answer = await pages.http.post(found.path, data={"csrf": token, **form}, headers={"accept": "application/json"})
        assert answer.json() == {"revision": 1}
        await pages.http.post("/out")
    turnout = await chat.app.store.read(lambda s: rating.turnout(s, stored(s, found.id)))
    assert (turnout.cast, turnout.present, turnout.roll) == (2, 8, 8)


async def fingerprint(chat: Chat, found: Round) -> bytes:
    return bytes.fromhex(await chat.app.store.read(lambda s: stored(s, found.id).manifest_hash))


@pytest.mark.parametrize("kind", ["xlsx", "docx", "pdf", "rows"])
async def test_a_hidden_breakdown_is_in_no_document(chat: Chat, pages: Pages, kind: str) -> None:
    """Invariant 9: only three of the leaders judged the third secretary; the total is all that is said of them."""
    number = await publish_review(chat.app)
    path = f"/ratings/{number}/result"
    data = (await pages.send(await pages.enter(OFFICE, path), f"{path}/{kind}")).content
    if kind == "rows":
        boxes = json.loads(data)["boxes"]
        assert [box for box in boxes if box["target"] == 2] == [{"target": 2, "withheld": True}]
        assert len(boxes) == 7
        return
    numbers = [word for line in lines_about(data, kind, THIRD) for word in line if word.replace(".", "").isdigit()]
    assert set(numbers) - {"3"} == {"90.83"}, "rank and total"


@pytest.mark.parametrize("ranked", [True, False])
async def test_an_item_that_one_person_answered_is_shown_nowhere(chat: Chat, pages: Pages, ranked: bool) -> None:
    """Invariant 9: four of five leave the second item blank for the first of two people. Nothing of this person's
    marks, by class or merged, is on the page or in a file; the other one's are shown in full."""
    number = await chat.app.store.write(publish_thin, chat, ranked)
    path = f"/ratings/{number}/result"
    page = await pages.enter(SECRETARY, path)
    key = "rating_result.withheld_total" if ranked else "rating_result.withheld_nothing"
    assert says(page.text, key, minimum=5)
    thin, full = (re.findall(rf"<strong>{name}</strong>.*?</details>", page.text, re.S)[0] for name in ("甲", "乙"))
    assert "<table" not in thin
    assert "<table" in full
    for kind in ("xlsx", "docx", "pdf"):
        data = (await pages.send(page, f"{path}/{kind}")).content
        lines = [takewhile(lambda word: word != "乙", line) for line in lines_about(data, kind, "甲", 1 + ranked)]
        told = {float(word) for line in lines for word in line if re.fullmatch(r"[0-9.]+", word)}
        assert told <= ({1, 2, 90} if ranked else set()), f"{kind}: ranks and the total"
    boxes = json.loads((await pages.send(page, f"{path}/rows")).content)["boxes"]
    assert [box for box in boxes if box["target"] == 0] == [{"target": 0, "withheld": True}]
    assert [sorted(box) for box in boxes if box["target"] == 1] == [["class", "rows", "target"]]


def publish_thin(session: StoreSession, chat: Chat, ranked: bool) -> int:
    """A sealed rating of two people by one class of five; its number."""
    key, now, marks = sealing.make_key(), chat.clock.now(), [bytes([1, 2]), *[bytes([1, 0])] * 4]
    found = draft(session, chat.app, now, targets=("甲", "乙"), classes={"同行": 5})
    rating.set_options(session, found, ranked=ranked)
    bring_key(session, found, member_id(session, TELLERS[0]), key, now)
    approve_twice(session, found, now)
    rating.mark_present(session, found, None)
    made = opened(session, found, key)
    for voter, row in zip(made.everybody(), marks, strict=True):
        rating.cast(session, made.id, voter, made.seal([row, bytes([2, 2])]), made.manifest_hash, now)
    close(session, made, chat)
    for teller in TELLERS:
        put(session, made, chat, teller)
    return made.id


def lines_about(data: bytes, kind: str, name: str, times: int = 2) -> list[list[str]]:
    """What stands in a document's tables in the lines of somebody, who is named so many times in a PDF's."""
    if kind == "xlsx":
        sheets = load_workbook(io.BytesIO(data)).worksheets
        lines = [
            [str(cell.value) for cell in row if cell.value is not None] for one in sheets for row in one.iter_rows()
        ]
    elif kind == "docx":
        tables = Document(io.BytesIO(data)).tables
        lines = [[cell.text for cell in row.cells] for table in tables for row in table.rows]
    else:
        words = [word for page in PdfReader(io.BytesIO(data)).pages for word in page.extract_text().split()]
        starts = [at for at, word in enumerate(words) if word == name]
        assert len(starts) == times
        lines = [[name, *takewhile(lambda word: len(word) < 6, words[at + 1 :])] for at in starts]
    return [line for line in lines if name in line]


def test_the_document_names_tests_that_exist() -> None:
    root = Path(__file__).parent
    table = (root.parent / "docs" / "secrecy.md").read_text().partition("## Invariants")[2].partition("## Limits")[0]
    named = re.findall(r"`([a-z0-9_]+)(\.py)?`", table)
    files = {path.name: path.read_text() for path in root.rglob("test_*.py")}
    assert len(named) > 30
    assert {name for name, suffix in named if suffix and f"{name}.py" not in files} == set()
    written = "".join(files.values())
    assert {name for name, suffix in named if not suffix and f"def test_{name}(" not in written} == set()
