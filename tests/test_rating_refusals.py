"""A form of a rating's console that is refused comes back as it was sent, with the reason, and nothing of it is stored."""

from __future__ import annotations

import re

import httpx

from tests.support.cast import MEMBERS, SECRETARY
from tests.support.chat import Chat
from tests.support.pages import Pages
from tests.support.rating_console import begun, rows_of
from tests.support.wording import says
from tests.test_rating_running import running


def form(page: httpx.Response, action: str) -> str:
    """The form with this action."""
    parts = re.split(r"<form ", page.text)
    return next(part for part in parts if f'name="action" value="{action}"' in part).split("</form>")[0]


async def test_forms_of_a_draft_keep_what_was_typed(chat: Chat, pages: Pages) -> None:
    page = await begun(pages)
    path = page.url.path
    names = [rows_of(page, "classes", "name")[0], "同行"]
    page = await pages.send(page, path, action="classes", name=names, number=["1", "1"])
    refused = await pages.send(page, path, action="slips", number="999", **{"class": "0"})
    assert refused.status_code == 422
    assert says(refused.text, "rating_console.setup.slips_range")
    assert 'value="999"' in form(refused, "slips")
    assert '<option value="0" selected>' in form(refused, "slips")

    voters = re.findall(r'name="voter" value="(\d+)"', page.text)[:2]
    refused = await pages.send(page, path, action="voters", do="move", voter=voters, **{"class": "7"})
    assert refused.status_code == 422
    for voter in voters:
        assert f'name="voter" value="{voter}" checked' in form(refused, "voters")
    assert form(refused, "voters").count(" checked") == 2

    refused = await pages.send(page, path, action="merge", **{"from": "1", "into": "1"})
    assert says(refused.text, "rating.error.merge")
    assert form(refused, "merge").count('<option value="1" selected>') == 2

    refused = await pages.send(page, f"{path}/upload", action="targets")
    assert refused.status_code == 422
    assert says(refused.text, "rating_console.upload.no_file")
    assert 'enctype="multipart/form-data"' in refused.text
    assert re.findall(r'name="order" value="(\d+)"', refused.text)


async def test_forms_of_an_open_round_keep_what_was_typed(chat: Chat, pages: Pages) -> None:
    made = await running(chat)
    path = f"/ratings/{made.id}"
    page = await pages.enter(SECRETARY, path)
    refused = await pages.send(page, path, action="deadline", closes_at="2026-11-01T08:00")
    assert refused.status_code == 422
    assert says(refused.text, "rating_console.setup.closes_soon")
    assert 'value="2026-11-01T08:00"' in form(refused, "deadline")

    ticked = [str(voter) for voter in made.voters["同行"][:2]]
    refused = await pages.send(page, path, action="presence", do="elsewhere", voter=ticked)
    assert refused.status_code == 422
    for voter in ticked:
        assert f'name="voter" value="{voter}" checked' in form(refused, "presence")
    assert MEMBERS[0] in refused.text
