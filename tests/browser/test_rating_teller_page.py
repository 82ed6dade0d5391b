"""The tellers in front of a browser: a key made and proved, paper typed in twice, the box opened twice."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.async_api import Page, expect

from bot.rules.rating import key_file, sealing
from bot.rules.rating.sealing import Key
from bot.store import rating
from bot.store.core.statements import StoreSession
from bot.store.rating import RoundState
from tests.browser.conftest import BrowserPage, Served
from tests.browser.looks import check_looks
from tests.browser.sheet import forgotten
from tests.support import rating as support
from tests.support.cast import MEMBERS, SECRETARY
from tests.support.rating import TELLERS, Opened
from tests.support.wording import pattern, says, sentence

PASSPHRASE = "公路两旁的杜鹃花全都开了"


async def make_draft(served: Served) -> int:
    found = await served.app.store.write(lambda session: support.draft(session, served.app, served.app.clock.now()).id)
    return found or 0


async def make_open(served: Served, key: Key, **given: object) -> Opened:
    return await served.app.store.write(support.open_round, served.app, served.app.clock.now(), key, **given)


async def state_of(served: Served, number: int) -> RoundState:
    found = await served.app.store.read(lambda session: rating.get(session, number).state)  # type: ignore[union-attr]
    return RoundState(found)


def cast_all(session: StoreSession, served: Served, made: Opened, row: bytes, *, but: int = 0) -> None:
    """Everybody casts the same row for every target, except one voter."""
    for voter in made.everybody():
        if voter != but:
            rows = [bytes(made.items) if made.own.get(at) == voter else row for at in range(made.targets)]
            sealed = made.seal(rows)
            rating.cast(session, made.id, voter, sealed, made.manifest_hash, served.app.clock.now())


async def unlock(page: Page, path: Path) -> None:
    await page.locator("input[name=file]").set_input_files(path)
    await page.locator("input[name=passphrase]").fill(PASSPHRASE)


async def test_a_key_is_made_saved_and_proved(browser_page: BrowserPage, tmp_path: Path) -> None:
    number = await make_draft(browser_page.served)
    page = await browser_page.sign_in(TELLERS[0], f"/ratings/{number}/key")
    await check_looks(browser_page, "rating-key")
    make = page.locator("#make")
    await make.locator("input[name=passphrase0]").fill(PASSPHRASE)
    await make.locator("input[name=again0]").fill("另一句完全不同的口令")
    await make.locator("button").click()
    await expect(page.locator("#said")).to_contain_text(pattern("rating_teller.key_not_same"))
    await make.locator("input[name=again0]").fill(PASSPHRASE)
    async with page.expect_download() as saved:
        await make.locator("button").click()
    file = tmp_path / "key.json"
    await (await saved.value).save_as(file)
    await expect(page.locator("#made")).to_contain_text(pattern("rating_teller.key_save_now"))
    await page.get_by_role("link", name=pattern("rating_teller.key_next")).click()
    await expect(page.get_by_text(pattern("rating_teller.fingerprint"))).to_be_visible()
    prove = page.locator("#prove")
    await prove.locator("input[name=file]").set_input_files(file)
    await prove.locator("input[name=passphrase]").fill("这句不是当时的口令")
    await prove.locator("button").click()
    await expect(page.locator("#said")).to_contain_text(pattern("rating_teller.wrong_passphrase"))
    await prove.locator("input[name=passphrase]").fill(PASSPHRASE)
    await prove.locator("button").click()
    await expect(page.get_by_text(pattern("rating_teller.key_proved"))).to_be_visible()
    key = key_file.read_key_file(file.read_text(), PASSPHRASE)
    public = await browser_page.served.app.store.read(
        lambda session: rating.get(session, number).public_key  # type: ignore[union-attr]
    )
    assert sealing.b64u(key.public) == public
    assert sealing.b64u(key.secret) not in await page.content()


async def test_a_key_in_three_parts_is_proved_with_two(browser_page: BrowserPage, tmp_path: Path) -> None:
    number = await make_draft(browser_page.served)
    page = await browser_page.sign_in(TELLERS[0], f"/ratings/{number}/key")
    make = page.locator("#make")
    await make.get_by_label(pattern("rating_teller.key_split")).check()
    for share in (1, 2, 3):
        for name in ("passphrase", "again"):
            await make.locator(f"input[name={name}{share}]").fill(f"{PASSPHRASE}{share}")
    await make.locator("button").click()
    files = []
    await expect(page.locator("#files a")).to_have_count(3)
    for at in (1, 2):
        async with page.expect_download() as saved:
            await page.locator("#files a").nth(at).click()
        files.append(tmp_path / f"share-{at}.json")
        await (await saved.value).save_as(files[-1])
    await page.get_by_role("link", name=pattern("rating_teller.key_next")).click()
    prove = page.locator("#prove")
    await prove.locator("input[name=file]").set_input_files(files[0])
    await prove.locator("input[name=passphrase]").fill(f"{PASSPHRASE}2")
    await prove.locator("button").click()
    await expect(page.locator("#said")).to_contain_text(pattern("rating_teller.needs_two_shares"))
    await prove.locator("input[name=file2]").set_input_files(files[1])
    await prove.locator("input[name=passphrase2]").fill(f"{PASSPHRASE}3")
    await prove.locator("button").click()
    await expect(page.get_by_text(pattern("rating_teller.key_proved"))).to_be_visible()


async def test_two_tellers_open_the_box(browser_page: BrowserPage, tmp_path: Path) -> None:
    served, key = browser_page.served, sealing.make_key()
    file = tmp_path / "key.json"
    file.write_text(key_file.write_key_file(key, PASSPHRASE))
    made = await make_open(served, key, targets=("甲书记", MEMBERS[0]), members={"同行": MEMBERS[:2]})
    await served.app.store.write(cast_all, served, made, bytes([1, 2]))
    page = await browser_page.sign_in(TELLERS[0], f"/ratings/{made.id}/open")
    await expect(page.get_by_text(pattern("rating_teller.open_not_closed"))).to_be_visible()
    await served.app.store.write(
        lambda session: rating.close(
            session,
            rating.get(session, made.id),
            support.member_id(session, SECRETARY),
            served.app.clock.now(),  # type: ignore[arg-type]
        )
    )
    await page.reload()
    await check_looks(browser_page, "rating-open")
    await unlock(page, file)
    await page.get_by_role("button", name=sentence("rating_teller.open_button")).click()
    await expect(page.locator("#said")).to_contain_text(pattern("rating_teller.open_waiting"))
    assert await state_of(served, made.id) is RoundState.CLOSED
    await page.goto(served.url + f"/ratings/{made.id}/paper")
    await expect(page.get_by_text(pattern("rating_teller.paper_none"))).to_be_visible()

    page = await browser_page.sign_in(TELLERS[1], f"/ratings/{made.id}/open")
    await expect(page.get_by_text(pattern("rating_teller.open_by"))).to_be_visible()
    await unlock(page, file)
    await page.get_by_role("button", name=sentence("rating_teller.open_button")).click()
    await expect(page.get_by_text(pattern("rating_teller.open_done"))).to_be_visible()
    await browser_page.screenshot("rating-opened")
    counts = await served.app.store.read(
        lambda session: rating.counts(session, rating.get(session, made.id))  # type: ignore[arg-type]
    )
    assert [one.classes[1].rows for one in counts] == [8, 7]
    assert counts[0].classes[0].items == ((0, 5, 0, 0, 0, 0), (0, 0, 5, 0, 0, 0))


async def test_a_wrong_key_opens_nothing_and_says_so(browser_page: BrowserPage, tmp_path: Path) -> None:
    served, key = browser_page.served, sealing.make_key()
    file = tmp_path / "other.json"
    file.write_text(key_file.write_key_file(sealing.make_key(), PASSPHRASE))
    made = await make_open(served, key)
    await served.app.store.write(cast_all, served, made, bytes([1, 2]))
    await served.app.store.write(
        lambda session: rating.close(session, rating.get(session, made.id), None, served.app.clock.now())  # type: ignore[arg-type]
    )
    page = await browser_page.sign_in(TELLERS[0], f"/ratings/{made.id}/open")
    await unlock(page, file)
    await page.get_by_role("button", name=sentence("rating_teller.open_button")).click()
    await expect(page.locator("#said")).to_contain_text(pattern("rating_teller.does_not_open"))
    assert (
        await served.app.store.read(
            lambda session: rating.openings(session, rating.get(session, made.id))  # type: ignore[arg-type]
        )
        == {}
    )


async def test_paper_is_typed_in_by_two_and_counted_with_the_rest(browser_page: BrowserPage, tmp_path: Path) -> None:
    served, key = browser_page.served, sealing.make_key()
    file = tmp_path / "key.json"
    file.write_text(key_file.write_key_file(key, PASSPHRASE))
    made = await make_open(served, key)
    on_paper = made.voters["领导"][0]

    def run(session: StoreSession) -> None:
        found = rating.get(session, made.id)
        assert found is not None
        rating.mark_paper(session, found, on_paper)
        cast_all(session, served, made, bytes([1, 1]), but=on_paper)
        rating.close(session, found, None, served.app.clock.now())

    await served.app.store.write(run)
    page = await browser_page.sign_in(TELLERS[0], f"/ratings/{made.id}/paper")
    await page.get_by_role("link", name=pattern("rating_teller.paper_choose", name="领导")).click()
    await check_looks(browser_page, "rating-paper")
    await type_sheet(page, ("11", "1", "0x"), said="line")
    await type_sheet(page, ("11", "12", "0x"), said="kept", number=1)
    await page.reload()
    await expect(page.locator("#typed")).to_have_text(sentence("rating_teller.paper_typed", number=1))
    await hand_in(page, 1)
    await expect(page.locator("#said")).to_contain_text(pattern("rating_teller.paper_waiting"))
    kept = await page.evaluate("JSON.stringify(localStorage)")
    assert "azalea.rating.paper" in kept, "until the other teller has typed the same"
    assert not re.search(r"""[\\"]0x[\\"]""", kept), "a whole sheet, which nobody but this teller may read"

    page = await browser_page.sign_in(TELLERS[1], f"/ratings/{made.id}/paper?class=0")
    await type_sheet(page, ("11", "12", "01"), said="kept", number=1)
    await hand_in(page, 1)
    differs = sentence("rating_teller.paper_where_row", name="丙书记", number=1)
    await expect(page.locator("#said")).to_contain_text(differs)
    await page.get_by_role("button", name=pattern("rating_teller.paper_take_back")).click()
    await type_sheet(page, ("11", "12", "0x"), said="kept", number=1)
    await hand_in(page, 1)
    await expect(page.locator("#said")).to_contain_text(pattern("rating_teller.paper_agreed"))
    for teller in TELLERS:
        page = await browser_page.sign_in(teller, f"/ratings/{made.id}/open")
        await unlock(page, file)
        await page.get_by_role("button", name=sentence("rating_teller.open_button")).click()
        said = "open_waiting" if teller == TELLERS[0] else "open_done"
        await expect(page.get_by_text(pattern(f"rating_teller.{said}"))).to_be_visible()
    await forgotten(page)
    counts = await served.app.store.read(
        lambda session: rating.counts(session, rating.get(session, made.id))  # type: ignore[arg-type]
    )
    third = counts[2].classes[0]
    assert (third.rows, third.void, third.void_marks(1)) == (5, 0, 1)
    assert third.items == ((1, 4, 0, 0, 0, 0), (0, 4, 0, 0, 0, 0))


async def type_sheet(page: Page, rows: tuple[str, ...], *, said: str, **values: object) -> None:
    for at, row in enumerate(rows):
        await page.locator(f"input[data-target='{at}']").fill(row)
    await page.get_by_role("button", name=sentence("rating_teller.paper_keep")).click()
    await expect(page.locator("#said")).to_contain_text(pattern(f"rating_teller.paper_{said}", **values))


async def hand_in(page: Page, returned: int) -> None:
    await page.locator("input[name=returned]").fill(str(returned))
    await page.get_by_role("button", name=pattern("rating_teller.paper_hand")).click()


async def test_the_pages_are_for_the_tellers_alone(browser_page: BrowserPage) -> None:
    made = await make_open(browser_page.served, sealing.make_key())
    for who in (SECRETARY, MEMBERS[0]):
        page = await browser_page.sign_in(who, "/console") if who == SECRETARY else await browser_page.sign_in(who)
        for step in ("key", "paper", "open", "sealed?target=0&class=0"):
            response = await page.request.get(f"{browser_page.served.url}/ratings/{made.id}/{step}")
            assert response.status == 403
            assert says(await response.text(), "rating_teller.not_teller")
