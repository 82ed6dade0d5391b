"""Sheets of paper in the store: typed in twice, checked, and counted together with the electronic ones."""

from __future__ import annotations

from collections.abc import Mapping

from sqlmodel import select

from bot.store import rating
from bot.store.core.statements import StoreSession
from bot.store.rating import PaperStatus, RatingPaper, RoundState, VoidReason
from tests.support.cast import MEMBERS, SECRETARY
from tests.support.chat import Chat
from tests.support.rating import TELLERS, Opened, member_id
from tests.support.rating_votes import cast_all, close, put, refusal, started, stored


def hand_out(session: StoreSession, opened: Opened, voters: list[int]) -> None:
    for voter in voters:
        rating.mark_paper(session, stored(session, opened.id), voter)


def typed(
    session: StoreSession,
    opened: Opened,
    chat: Chat,
    teller: str,
    boxes: Mapping[int, bytes],
    *,
    class_index: int = 0,
    returned: int = 2,
    void: int = 0,
) -> PaperStatus:
    found = stored(session, opened.id)
    clerk, now = member_id(session, teller), chat.clock.now()
    return rating.put_paper(session, found, class_index, clerk, returned, void, boxes, now)


def state(session: StoreSession, opened: Opened) -> tuple[RoundState, VoidReason | None]:
    found = stored(session, opened.id)
    return found.state, found.void_reason


async def with_paper(chat: Chat, electronic: int, paper: int) -> Opened:
    """A closed round: so many of the first class hold paper, so many of the others have cast."""
    write = chat.app.store.write
    opened = await started(
        chat, targets=(SECRETARY, "乙"), members={"领导": [SECRETARY]}, classes={"领导": 5, "同行": 6}
    )
    first, second = opened.voters.values()
    on_paper = [opened.own[0], *[voter for voter in first if voter != opened.own[0]]][:paper]
    await write(hand_out, opened, on_paper)
    rest = [voter for voter in (*second, *first) if voter not in on_paper]
    await write(cast_all, opened, chat, dict.fromkeys(rest[:electronic], 1))
    await write(close, opened, chat)
    return opened


async def test_paper_and_electronic_sheets_are_counted_together(chat: Chat) -> None:
    write = chat.app.store.write
    opened = await with_paper(chat, electronic=6, paper=3)
    boxes = {0: b"\2\xff", 1: b"\4\4\0\2"}
    first, second = TELLERS
    for teller in TELLERS:
        await write(put, opened, chat, teller)
    assert await write(state, opened) == (RoundState.CLOSED, None)
    assert (await write(typed, opened, chat, first, boxes, returned=3, void=1)).returned is None
    assert (await write(typed, opened, chat, second, {**boxes, 1: b"\4\4\0\1"}, returned=3, void=1)).returned is None
    different = await write(lambda s: rating.paper_differences(s, stored(s, opened.id), 0))
    assert [(one.target, one.first, one.second) for one in different] == [(1, (b"\0\2",), (b"\0\1",))]
    status = await write(typed, opened, chat, second, {**boxes, 1: b"\0\2\4\4"}, returned=3, void=1)
    assert (status.returned, status.void) == (3, 1)
    assert await write(state, opened) == (RoundState.PUBLISHED, None)

    def result(session: StoreSession) -> None:
        found = stored(session, opened.id)
        himself, other = rating.counts(session, found)
        assert himself.classes[0].rows == 1
        assert other.classes[0].items == ((1, 0, 0, 0, 1, 0), (0, 0, 1, 0, 1, 0))
        assert other.classes[1].rows == 6
        sheets = [(one.issued, one.returned, one.void) for one in rating.sheets(found)]
        assert sheets == [(6, 3, 1), (6, 6, 0)]
        assert not session.exec(select(RatingPaper)).all()
        assert not [one for one in rating.voters(session, opened.id) if one.paper]

    await write(result)


async def test_paper_that_does_not_add_up_is_refused(chat: Chat) -> None:
    opened = await with_paper(chat, electronic=6, paper=2)
    good = {0: b"\1\1", 1: b"\1\1\2\2"}

    def attempts(session: StoreSession) -> None:
        def attempt(boxes: Mapping[int, bytes] = good, who: str = TELLERS[0], **given: int) -> str:
            return refusal(lambda: typed(session, opened, chat, who, boxes, **given))

        assert attempt(returned=3) == "paper_surplus"
        assert attempt(returned=-1) == "paper_surplus"
        assert attempt(returned=1, void=2) == "paper_void"
        assert attempt(class_index=1) == "paper_surplus"
        assert attempt(class_index=2) == "no_class"
        assert attempt({**good, 1: b"\1\1"}) == "paper_rows"
        assert attempt({**good, 0: b"\1\1" * 3}) == "paper_rows"
        assert attempt({**good, 0: b"\1"}) == "bad_rows"
        assert attempt({**good, 0: b"\6\1"}) == "bad_rows"
        assert attempt({**good, 5: b""}) == "no_target"
        assert attempt(who=MEMBERS[0]) == "not_a_teller"
        assert not session.exec(select(RatingPaper)).all()

    await chat.app.store.write(attempts)


async def test_a_box_with_few_sheets_stays_shut_until_the_paper_is_counted(chat: Chat) -> None:
    write = chat.app.store.write
    opened = await with_paper(chat, electronic=3, paper=2)

    def early(session: StoreSession) -> None:
        found = stored(session, opened.id)
        assert refusal(lambda: rating.sealed_rows(session, found, 0, 0)) == "paper_first"
        teller = member_id(session, TELLERS[0])
        assert refusal(lambda: rating.put_opening(session, found, teller, {}, chat.clock.now())) == "paper_first"

    await write(early)
    for teller in TELLERS:
        await write(typed, opened, chat, teller, {0: b"\1\1", 1: b"\1\1\2\2"})
    assert await write(state, opened) == (RoundState.CLOSED, None)
    for teller in TELLERS:
        await write(put, opened, chat, teller)
    assert await write(state, opened) == (RoundState.PUBLISHED, None)
    fewer = await with_paper(chat, electronic=3, paper=2)
    for teller in TELLERS:
        await write(typed, fewer, chat, teller, {0: b"", 1: b"\1\1"}, returned=1)
    assert await write(state, fewer) == (RoundState.VOID, VoidReason.FEW_SHEETS)
