"""The owner runs a rating: the meeting, the deadline, the big screen, sheets of paper."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from bot.store import rating
from bot.store.core.statements import StoreSession
from bot.store.rating import RoundMode, RoundState
from tests.support import rating as rounds
from tests.support.cast import (
    FERRY_MEMBER,
    MEMBERS,
    ORGANIZER,
    SECRETARY,
)
from tests.support.chat import Chat
from tests.support.meetings import code as sign_in_code
from tests.support.pages import Pages
from tests.support.rating_console import (
    KEY,
    TITLE,
    begun,
    hidden,
    number_of,
    shown,
    stored,
)
from tests.support.wording import pattern, says, sentence
from tests.test_attendance import opened as sign_in_opened


async def running(chat: Chat, **given: object) -> rounds.Opened:
    """An open round of the roads branch, with the cast's members in the second class and everybody there."""
    members = {"同行": (*MEMBERS[:2], SECRETARY)}

    def prepared(session: StoreSession) -> rounds.Opened:
        return rounds.open_round(session, chat.app, chat.clock.now(), KEY, members=members, **given)

    return await chat.app.store.write(prepared)


async def cast(chat: Chat, made: rounds.Opened, voter: int, grade: int = 1) -> None:
    """Hand in a sheet in the way that holds for the voter now, be it a code."""
    sheet = made.seal([bytes([grade]) * made.items] * made.targets)

    def put(session: StoreSession) -> int:
        found = rating.voter(session, made.id, voter)
        ticket = found.ticket if found else 0
        return rating.cast(session, made.id, voter, sheet, made.manifest_hash, chat.clock.now(), ticket)

    await chat.app.store.write(put)


def turnout(session: StoreSession, number: int) -> tuple[int, int]:
    """How many have cast, and how many hold a sheet of paper."""
    counted = rating.turnout(session, stored(session, number))
    return counted.cast, counted.paper


async def test_the_meeting_from_the_first_speaker_to_the_end(chat: Chat, pages: Pages) -> None:
    made = await running(chat)
    path = f"/ratings/{made.id}"
    page = await pages.enter(SECRETARY, path)
    assert says(page.text, "rating_console.running.progress", cast=0, present=14, roll=14)
    assert sentence("rating_console.running.next", name="甲书记") in page.text
    page = await pages.send(page, path, action="speak", value="0")
    assert sentence("rating_console.running.speaker", name="甲书记") in page.text
    assert sentence("rating_console.running.next", name="乙书记") in page.text
    page = await pages.send(page, path, action="speak", value="2")
    assert sentence("rating_console.running.finish") in page.text
    assert says((await pages.send(page, path, action="speak", value="99")).text, "rating.error.no_target")
    page = await pages.send(page, path, action="speak", value="3")
    assert says(page.text, "rating_console.running.speaker_none")

    voter = made.voters["同行"][0]
    await cast(chat, made, voter)
    page = await pages.http.get(path)
    assert says(page.text, "rating_console.running.progress", cast=1)
    page = await pages.send(page, path, action="presence", do=f"paper-{voter}", sure="1")
    assert says(page.text, "rating_console.running.paper_given")
    assert says(page.text, "rating_console.running.progress", cast=1)
    with pytest.raises(rating.RatingError):
        await cast(chat, made, voter)
    page = await pages.send(page, path, action="presence", do=f"unpaper-{voter}")
    assert says(page.text, "rating_console.running.progress", cast=0)

    code = await pages.send(page, path, action="presence", do=f"code-{voter}")
    assert re.search(r'class="code">\d{4} \d{4} \d{4}<', code.text)
    assert (await pages.send(page, path, action="presence", do="code-99999")).status_code == 422
    page = await pages.send(page, path, action="presence", do="away", voter=[str(voter)])
    assert says(page.text, "rating_console.running.progress", present=13)
    page = await pages.send(page, path, action="presence", do="all")
    assert says(page.text, "rating_console.running.progress", present=14)
    assert says((await pages.send(page, path, action="presence", do="here")).text, "rating_console.setup.nobody_ticked")

    assert MEMBERS[0] in page.text.split('id="not-cast"')[1]
    for ident in made.everybody():
        await cast(chat, made, ident)
    page = await pages.http.get(path)
    assert says(page.text, "rating_console.running.not_cast_none")
    assert says((await pages.send(page, path, action="close")).text, "rating_console.sure_first")
    page = await pages.send(page, path, action="close", sure="1")
    assert says(page.text, "rating_console.after.closed", cast=14)
    assert (await chat.app.store.read(stored, made.id)).state is RoundState.CLOSED
    late = await pages.send(page, path, action="speak", value="0")
    assert late.status_code == 422


async def test_paper_for_somebody_who_has_cast_is_asked_once_more(chat: Chat, pages: Pages) -> None:
    made = await running(chat)
    path = f"/ratings/{made.id}"
    voter, other = made.voters["同行"][-2:]
    await cast(chat, made, voter)
    page = await pages.enter(SECRETARY, path)
    page = await pages.send(page, path, action="presence", do=f"paper-{other}")
    assert says(page.text, "rating_console.running.paper_given")
    page = await pages.send(page, path, action="presence", do=f"paper-{voter}")
    assert says(page.text, "rating_console.running.paper_about")
    assert not says(page.text, "rating_console.running.paper_given")
    assert f'value="paper-{voter}"' in page.text
    again = await pages.send(page, path, action="presence", do=f"paper-{voter}", asked=hidden(page, "asked"))
    assert again.status_code == 422
    assert says(again.text, "rating_console.sure_first")
    assert says(again.text, "rating_console.running.paper_about")
    assert (await chat.app.store.read(turnout, made.id)) == (1, 1)
    page = await pages.send(again, path, action="presence", do=f"paper-{voter}", asked="1", sure="1")
    assert says(page.text, "rating_console.running.paper_given")
    assert (await chat.app.store.read(turnout, made.id)) == (0, 2)


async def test_no_page_of_the_owner_shows_a_grade_before_publication(chat: Chat, pages: Pages) -> None:
    """Invariant 8: what the owner and the room see is the same whatever is on the sheets."""
    seen: list[list[str]] = []
    grades = [("甲等", "100"), ("乙等", "80"), ("丙等", "60"), ("丁等", "40")]
    for grade in (1, 4):
        made = await running(chat, grades=grades)
        for ident in made.everybody():
            await cast(chat, made, ident, grade)
        path = f"/ratings/{made.id}"
        looks = []
        for address in (path, f"{path}/screen"):
            page = await pages.enter(SECRETARY, address)
            looks.append(re.sub(r"[0-9a-f]{4}( [0-9a-f]{4}){3}|/ratings?/\d+|\d+\.\d+", "", shown(page)))
        page = await pages.send(await pages.http.get(path), path, action="close", sure="1")
        looks.append(re.sub(r"[0-9a-f]{4}( [0-9a-f]{4}){3}", "", shown(page)))
        seen.append(looks)
        assert "href" not in page.text.split('class="sentence"')[1] or "/result" not in page.text
    assert seen[0] == seen[1]
    assert not any(name in " ".join(seen[0]) for name, _ in grades)


async def test_per_speaker_cards_come_with_the_speaker(chat: Chat, pages: Pages) -> None:
    def per_speaker(session: StoreSession, now: object) -> int:
        found = rounds.draft(session, chat.app, chat.clock.now(), mode=RoundMode.NAMED)
        rating.set_options(session, found, per_speaker=True)
        rounds.approve_twice(session, found, chat.clock.now())
        return found.id or 0

    number = await chat.app.store.write(per_speaker, None)
    path = f"/ratings/{number}"
    page = await pages.enter(SECRETARY, path)
    assert says(page.text, "rating_console.running.released", released=0, total=3)
    assert sentence("rating_console.running.code") in page.text
    assert sentence("rating_console.running.give_paper") not in page.text
    page = await pages.send(page, path, action="speak", value="0")
    assert says(page.text, "rating_console.running.released", released=1, total=3)
    page = await pages.send(page, path, action="speak", value="-1")
    assert sentence("rating_console.running.next", name="乙书记") in page.text


async def test_the_deadline_can_be_moved_and_closes(chat: Chat, pages: Pages) -> None:
    made = await running(chat)
    path = f"/ratings/{made.id}"
    page = await pages.enter(SECRETARY, path)
    later = chat.clock.now() + timedelta(hours=1)
    await pages.send(page, path, action="deadline", closes_at=later.strftime("%Y-%m-%dT%H:%M"))
    page = await pages.send(
        page, path, action="deadline", closes_at=(later + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M")
    )
    assert says(page.text, "rating_console.running.auto_close")
    for ident in made.everybody():
        await cast(chat, made, ident)
    await chat.go_to(later + timedelta(minutes=5))
    assert (await chat.app.store.read(stored, made.id)).state is RoundState.OPEN
    await chat.go_to(later + timedelta(hours=3))
    assert (await chat.app.store.read(stored, made.id)).state is RoundState.CLOSED


async def test_a_cancelled_round_has_no_result(chat: Chat, pages: Pages) -> None:
    made = await running(chat)
    path = f"/ratings/{made.id}"
    page = await pages.enter(SECRETARY, path)
    assert says((await pages.send(page, path, action="cancel")).text, "rating_console.sure_first")
    page = await pages.send(page, path, action="cancel", sure="1")
    assert says(page.text, "rating.void_reason.cancelled")
    assert says((await chat.inbox(FERRY_MEMBER))[-1].text, "rating.void_reason.cancelled")


async def test_the_big_screen_shows_turnout_and_speaker_only(chat: Chat, pages: Pages) -> None:
    made = await running(chat)
    path = f"/ratings/{made.id}/screen"
    page = await pages.enter(SECRETARY, path)
    said = shown(page)
    assert sentence("rating_console.screen.turnout", cast=0, present=14) in said
    assert f"{chat.app.settings.server.public_url.partition('://')[2]} /rating/{made.id}" in said
    assert not any(name in said for name in (*MEMBERS, "同行", "领导", "较好", "甲书记"))
    await cast(chat, made, made.voters["同行"][0])
    await pages.send(await pages.http.get(f"/ratings/{made.id}"), f"/ratings/{made.id}", action="speak", value="0")
    said = shown(await pages.http.get(path))
    assert sentence("rating_console.screen.turnout", cast=1, present=14) in said
    assert "甲书记" in said
    assert sentence("rating_console.screen.next", name="乙书记") in said
    fingerprint = re.search(r"[0-9a-f]{4}( [0-9a-f]{4}){3}", said)
    assert fingerprint
    assert says(said, "rating_console.screen.fingerprint", fingerprint=fingerprint[0])
    chat.clock.set(chat.clock.now() + timedelta(minutes=9))
    over = pattern("rating_console.screen.time_over", time="TIME").pattern.replace("TIME", "1:[0-5][0-9]")
    assert re.search(over, shown(await pages.http.get(path)))
    picture = await pages.http.get(f"{path}/qr")
    assert "<svg" in picture.text
    await pages.send(await pages.http.get(f"/ratings/{made.id}"), f"/ratings/{made.id}", action="cancel", sure="1")
    assert sentence("rating_console.screen.over") in shown(await pages.http.get(path))


async def test_who_signs_in_at_the_meeting_is_there(chat: Chat, pages: Pages) -> None:
    meeting = await sign_in_opened(chat)
    page = await begun(pages, mode="named")
    path, number = page.url.path, number_of(page)
    page = await pages.send(
        page, path, action="options", title=TITLE, mode="named", minutes_each="0", meeting=str(meeting)
    )
    assert re.search(rf'<option value="{meeting}" selected', page.text)
    wrong = await pages.send(page, path, action="options", title=TITLE, mode="named", minutes_each="0", meeting="9999")
    assert says(wrong.text, "rating.error.no_meeting")
    page = await pages.send(page, path, action="approve", hash=hidden(page, "hash"))
    other = await pages.enter(ORGANIZER, path)
    await pages.send(other, path, action="approve", hash=hidden(other, "hash"))
    assert (await chat.app.store.read(stored, number)).state is RoundState.OPEN
    assert says(await chat.say(MEMBERS[0], "评议"), "rating.absent")
    await chat.say(MEMBERS[0], sign_in_code(chat, meeting))
    assert says(await chat.say(MEMBERS[0], "评议"), "rating.named")
    page = await pages.enter(SECRETARY, path)
    assert says(page.text, "rating_console.running.presence_meeting")
    assert says(page.text, "rating_console.running.progress", present=1, roll=12)


async def test_the_sheet_of_paper_is_printed_by_class_without_a_name(chat: Chat, pages: Pages) -> None:
    def opened(session: StoreSession) -> rounds.Opened:
        return rounds.open_round(session, chat.app, chat.clock.now(), KEY)

    made = await chat.app.store.write(opened)
    page = await pages.enter(SECRETARY, f"/ratings/{made.id}")
    assert f"/ratings/{made.id}/sheet" in page.text
    page = await pages.http.get(f"/ratings/{made.id}/sheet?class=1")
    assert sentence("rating_console.printed.class", name="同行") in shown(page)
    assert page.text.count("□") == made.targets * made.items * len(rounds.GRADES)
    assert "同行1" not in page.text
    for odd in ("9", "-1", "x", "9" * 5000):
        assert (await pages.http.get(f"/ratings/{made.id}/sheet?class={odd}")).status_code == 200
    assert (await pages.enter(MEMBERS[0], f"/ratings/{made.id}/sheet")).status_code == 403
