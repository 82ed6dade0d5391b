"""A code was given out: from then on only who comes by it casts, whatever account and page the member had before."""

from __future__ import annotations

import re

import httpx
import pytest

from bot.rules.rating import sealing
from bot.signing import sign_in_path
from bot.store import binding, rating
from bot.store.core.statements import StoreSession
from bot.store.rating import RatingError, RoundMode
from tests.support.cast import MEMBERS, SECRETARY
from tests.support.chat import Chat
from tests.support.pages import Pages
from tests.support.rating import member_id
from tests.support.rating_console import stored
from tests.support.rating_round import ITEMS, Plan, Round, open_round
from tests.support.wording import says
from tests.test_local_channel import Door
from tests.test_local_channel import door as door
from tests.test_rating_sheet import given, post, sealed
from tests.test_signed_out import entered, heard_no_more

HER, HIM = MEMBERS[0], MEMBERS[1]


async def voter_of(chat: Chat, found: Round, who: str) -> int:
    def look(session: StoreSession) -> int:
        voter = rating.voter_for(session, found.id, member_id(session, who), "")
        assert voter is not None
        return voter.id

    return await chat.app.store.read(look)


async def new_code(chat: Chat, found: Round, who: str) -> str:
    """The owner gives out a code on the page of the round."""
    pages = Pages(chat.app)
    page = await pages.enter(SECRETARY, f"/ratings/{found.id}")
    voter = await voter_of(chat, found, who)
    page = await pages.send(page, f"/ratings/{found.id}", action="presence", do=f"code-{voter}")
    return re.findall(r'class="code">([\d ]+)<', page.text)[0]


async def by_code(chat: Chat, found: Round, code: str) -> tuple[Pages, httpx.Response]:
    """A browser that came in by a code, and its sheet."""
    pages = Pages(chat.app)
    page = await pages.send(await pages.http.get("/rating/code"), "/rating/code", code=code)
    assert page.url.path == found.path
    return pages, page


@pytest.mark.parametrize("mode", [RoundMode.SEALED, RoundMode.NAMED])
async def test_the_old_browser_casts_no_more_whichever_account_it_used(
    chat: Chat, pages: Pages, mode: RoundMode
) -> None:
    """The member is bound in the web chat under one account, behind the pages under another, and on a platform."""
    found = await open_round(chat.app, Plan(targets=3, mode=mode))

    def more(session: StoreSession) -> str:
        number = member_id(session, HER)
        binding.bind(session, number, "telegram", "77", "77", chat.clock.now())
        binding.give_web_account(session, number, f"m{number}", chat.clock.now())
        return f"m{number}"

    accounts = (HER, await chat.app.store.write(more))
    browsers = []
    for account in accounts:
        browser = Pages(chat.app)
        browsers.append((browser, await browser.enter(account, found.path)))

    def sheet(page: httpx.Response) -> dict[str, str]:
        return (
            {"marks": sealing.b64u(bytes([1]) * 3 * len(ITEMS))}
            if mode is RoundMode.NAMED
            else {"sealed": sealed(found, page)}
        )

    for revision, (browser, page) in enumerate(browsers, 1):
        assert (await post(browser, page, found, **sheet(page))).json() == {"revision": revision}
    code = await new_code(chat, found, HER)
    for browser, page in browsers:
        answer = await post(browser, page, found, **sheet(page))
        assert answer.status_code == 403
        assert says(answer.json()["error"], "rating_sheet.sign_in_first")
        assert (await browser.http.get("/notices")).status_code == 401
    for account in accounts:
        again = Pages(chat.app)
        page = await again.enter(account, found.path)
        assert page.status_code == 403
        assert says(page.text, "rating_sheet.by_code")
        assert (await again.http.get(found.path + "/events")).status_code == 403
        said = await chat.say(account, "评议")
        assert says(said, "rating.by_code")
        assert not any(found.path in link.url for link in chat.last[account].links)
    new, page = await by_code(chat, found, code)
    assert (await post(new, page, found, **sheet(page))).json() == {"revision": 3}


async def test_sockets_and_links_of_before_end_too(door: Door) -> None:
    chat = door.chat
    found = await open_round(door.app, Plan(targets=3))
    line, _ = await entered(door, HER)
    links = [sign_in_path(chat.app.library.signer, HER, path, chat.clock.now()) for path in (found.path, "/console")]
    await new_code(chat, found, HER)
    assert await heard_no_more(line) == 4401
    for link in links:
        assert says((await Pages(chat.app).http.post(link)).text, "web.link_void")


async def test_another_code_ends_the_one_before_with_its_pages(chat: Chat, pages: Pages) -> None:
    found = await open_round(chat.app, Plan(targets=3))
    first, page = await by_code(chat, found, await new_code(chat, found, HER))
    sheet = sealed(found, page)
    assert (await post(first, page, found, sealed=sheet)).json() == {"revision": 1}
    code = await new_code(chat, found, HER)
    assert (await post(first, page, found, sealed=sheet)).status_code == 403
    assert (await first.http.get(found.path)).status_code == 401
    second, page = await by_code(chat, found, code)
    assert given(page)["cast"] == "1"
    assert (await post(second, page, found, sealed=sealed(found, page, 2))).json() == {"revision": 2}
    him = await pages.enter(HIM, found.path)
    assert (await post(pages, him, found, sealed=sealed(found, him))).json() == {"revision": 1}


async def test_a_sheet_that_was_on_its_way_when_the_code_was_given_out_is_refused(chat: Chat, pages: Pages) -> None:
    """Who casts is looked up before the round is locked: the ticket is compared behind the lock."""
    found = await open_round(chat.app, Plan(targets=3))
    page = await pages.enter(HER, found.path)
    sheet, hashed = sealed(found, page), given(page)["hash"]

    def race(session: StoreSession) -> int:
        her = rating.voter_for(session, found.id, member_id(session, HER), "")
        assert her is not None
        rating.issue_code(session, session.merge(stored(session, found.id)), her.id)
        with pytest.raises(RatingError, match="other_code"):
            rating.cast(session, found.id, her.id, sealing.unb64u(sheet), hashed, chat.clock.now(), her.ticket)
        return her.ticket

    assert await chat.app.store.write(race) == 0


async def test_what_is_kept_of_a_code_goes_with_the_round(chat: Chat, pages: Pages) -> None:
    found = await open_round(chat.app, Plan(targets=3))
    await new_code(chat, found, HER)

    def end(session: StoreSession) -> list[int]:
        rating.cancel(session, session.merge(stored(session, found.id)), None, chat.clock.now())
        return [one.ticket for one in rating.voters(session, found.id)]

    assert set(await chat.app.store.write(end)) == {0}
