"""Before what people handed in is destroyed unopened, the owner is told how much it is, and is asked twice (SE-6)."""

from __future__ import annotations

import json
import re

import pytest

from bot.rules.rating import sealing
from bot.store import rating
from bot.store.rating import RoundState
from tests.support.cast import SECRETARY
from tests.support.chat import Chat
from tests.support.pages import Pages
from tests.support.rating import TELLERS
from tests.support.rating_console import stored
from tests.support.wording import says
from tests.test_rating_paper import with_paper
from tests.test_rating_running import cast, running


async def state_of(chat: Chat, number: int) -> RoundState:
    return (await chat.app.store.read(stored, number)).state


@pytest.mark.parametrize("action", ["close", "cancel"])
async def test_the_box_is_destroyed_after_two_questions_that_name_the_sheets(
    chat: Chat, pages: Pages, action: str
) -> None:
    made = await running(chat)
    path, voters = f"/ratings/{made.id}", made.everybody()
    for voter in voters[:3]:
        await cast(chat, made, voter)
    page = await pages.enter(SECRETARY, path)
    assert says(page.text, "rating_console.running.close_few", sheets=3, least=5)
    await pages.send(page, path, action="presence", do=f"paper-{voters[4]}")
    assert says((await pages.send(page, path, action=action)).text, "rating_console.sure_first")
    asked = await pages.send(page, path, action=action, sure="1")
    assert asked.status_code == 200
    assert says(asked.text, "rating_console.destroy.heading", sheets=4)
    assert says(asked.text, f"rating_console.destroy.about_{action}", sheets=4, cast=3, paper=1)
    assert await state_of(chat, made.id) is RoundState.OPEN
    unticked = await pages.send(asked, path, action=action, sure="1", asked="1")
    assert unticked.status_code == 422
    assert says(unticked.text, "rating_console.destroy.again", sheets=4)
    await cast(chat, made, voters[3])
    if action == "cancel":
        late = await pages.send(asked, path, action=action, sure="1", asked="1", destroy="4")
        assert late.status_code == 422
        assert says(late.text, "rating_console.destroy.again", sheets=5)
        await pages.send(asked, path, action=action, sure="1", asked="1", destroy="5")
        assert await state_of(chat, made.id) is RoundState.VOID
    else:
        page = await pages.send(asked, path, action=action, sure="1", asked="1", destroy="4")
        assert says(page.text, "rating_console.after.closed", cast=4, paper=1)
        assert await state_of(chat, made.id) is RoundState.CLOSED


async def test_a_closed_box_that_waits_for_its_tellers_is_asked_about_too(chat: Chat, pages: Pages) -> None:
    made = await running(chat)
    path = f"/ratings/{made.id}"
    for voter in made.everybody():
        await cast(chat, made, voter)
    page = await pages.enter(SECRETARY, path)
    await pages.send(page, path, action="close", sure="1")
    assert await state_of(chat, made.id) is RoundState.CLOSED
    asked = await pages.send(page, path, action="cancel", sure="1")
    assert says(asked.text, "rating_console.destroy.about_cancel", sheets=14)
    assert await state_of(chat, made.id) is RoundState.CLOSED
    page = await pages.send(asked, path, action="cancel", sure="1", asked="1", destroy="14")
    assert says(page.text, "rating.void_reason.cancelled")


async def test_too_few_and_all_of_them_known_ends_void(chat: Chat, pages: Pages) -> None:
    made = await running(chat)
    path = f"/ratings/{made.id}"
    for voter in made.everybody()[:4]:
        await cast(chat, made, voter)
    page = await pages.enter(SECRETARY, path)
    page = await pages.send(page, path, action="close", sure="1", asked="1", destroy="4")
    assert says(page.text, "rating.void_reason.few_sheets")
    assert await state_of(chat, made.id) is RoundState.VOID
    assert says((await pages.enter(SECRETARY, path)).text, "rating.void_reason.few_sheets")
    with pytest.raises(rating.RatingError):
        await cast(chat, made, made.everybody()[5])


async def test_tellers_are_asked_too_when_paper_leaves_too_few(chat: Chat, pages: Pages) -> None:
    """Three have cast, two hold paper, one sheet came back: four in all."""
    made = await with_paper(chat, electronic=3, paper=2)
    path = f"/ratings/{made.id}/paper"
    boxes = [{"target": at, "rows": sealing.b64u(rows)} for at, rows in enumerate((b"", b"\1\1"))]
    answers: list[dict[str, object]] = []
    for who, destroy in ((TELLERS[0], ""), (TELLERS[1], ""), (TELLERS[1], "3"), (TELLERS[1], "4")):
        page = await pages.enter(who, f"{path}?class=0")
        csrf = re.findall(r'csrf[^>]*?"([^"]{20,})"', page.text)[0]
        fields = {"class": "0", "returned": "1", "void": "0", "boxes": json.dumps(boxes), "destroy": destroy}
        answers.append((await pages.http.post(path, data={"csrf": csrf, **fields})).json())
        over = await state_of(chat, made.id) is RoundState.VOID
        assert over is (destroy == "4")
    assert [one["state"] for one in answers] == ["waiting", "destroys", "destroys", "agreed"]
    assert answers[1]["sheets"] == 4
    assert says(str(answers[2]["sentence"]), "rating.error.few_in_all", sheets=4, least=5)
    assert says(str(answers[3]["sentence"]), "rating.void_reason.few_sheets")
