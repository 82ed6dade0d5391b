"""A rating in the store once it is open: casting to result, with real keys, on both databases."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from sqlalchemy import inspect
from sqlmodel import col, select

from bot.store import rating
from bot.store.audit import AuditEntry
from bot.store.core.statements import StoreSession
from bot.store.rating import OpenedState, RatingRound, RoundKind, RoundMode, RoundState, VoidReason
from tests.support.cast import (
    MEMBERS,
    SECRETARY,
)
from tests.support.chat import Chat
from tests.support.rating import TELLERS, draft, member_id, open_box
from tests.support.rating_votes import cast_all, close, put, refusal, started, stored


async def test_from_the_draft_to_the_result(chat: Chat) -> None:
    write = chat.app.store.write
    opened = await started(
        chat, targets=(SECRETARY, "乙"), classes={"领导": 5, "同行": 6}, members={"同行": [SECRETARY]}
    )
    leaders, peers = opened.voters.values()
    himself = opened.own[0]
    marks = dict.fromkeys(leaders, 1) | dict.fromkeys(peers[:5], 2) | {himself: 4}
    await write(cast_all, opened, chat, marks)
    assert await write(lambda s: rating.turnout(s, stored(s, opened.id))) == rating.Turnout(12, 12, 11, 0)
    assert await write(close, opened, chat) is RoundState.CLOSED
    parts = await write(lambda s: rating.parts(s, stored(s, opened.id)))
    assert [(one.target, one.class_index, one.count) for one in parts] == [(0, 0, 5), (0, 1, 5), (1, 0, 5), (1, 1, 6)]
    first, second = TELLERS
    assert (await write(put, opened, chat, first)).state is OpenedState.WAITING
    assert (await write(put, opened, chat, first)).state is OpenedState.WAITING
    different = await write(put, opened, chat, second, changed=True)
    assert different.state is OpenedState.DIFFERENT
    assert different.others == (await write(member_id, first),)
    assert (await write(put, opened, chat, second)).state is OpenedState.PUBLISHED

    def result(session: StoreSession) -> None:
        found = stored(session, opened.id)
        assert (found.state, found.tidy) == (RoundState.PUBLISHED, False)
        one, other = rating.counts(session, found)
        assert [counts.rows for counts in one.classes] == [5, 5]
        assert one.classes[0].items == ((0, 5, 0, 0, 0, 0),) * 2
        assert other.classes[1].items == ((0, 0, 5, 0, 1, 0),) * 2
        assert rating.turnout(session, found) == rating.Turnout(12, 12, 11, 0)
        assert [(one.issued, one.returned, one.valid) for one in rating.sheets(found)] == [(5, 5, 5), (7, 6, 6)]
        rows = rating.rows_file(session, found)
        assert rating.digest(rows["manifest"]) == rows["manifest_hash"] == opened.manifest_hash
        assert rows["boxes"][3] == {"target": 1, "class": 1, "rows": (b"\2" * 10 + b"\4" * 2).hex()}
        assert not [name for name in inspect(session.connection()).get_table_names() if "envelope" in name]
        assert not session.exec(select(rating.RatingOpening)).all()
        log = [entry.action for entry in session.exec(select(AuditEntry)) if entry.action.startswith("rating")]
        assert log[-6:] == ["rating closed", *["rating box opened"] * 4, "rating published"]

    await write(result)


async def test_too_few_sheets_are_destroyed_unopened(chat: Chat) -> None:
    write = chat.app.store.write
    opened = await started(chat)
    await write(cast_all, opened, chat, dict.fromkeys(opened.everybody()[:4], 1))
    assert await write(close, opened, chat) is RoundState.VOID

    def gone(session: StoreSession) -> None:
        found = stored(session, opened.id)
        assert (found.void_reason, found.tidy) == (VoidReason.FEW_SHEETS, False)
        assert not [name for name in inspect(session.connection()).get_table_names() if "envelope" in name]
        assert refusal(lambda: rating.counts(session, found)) == "state_void"
        assert refusal(lambda: rating.parts(session, found)) == "state_void"

    await write(gone)


async def test_what_a_teller_brings_back_is_checked(chat: Chat) -> None:
    write = chat.app.store.write
    opened = await started(chat)
    await write(cast_all, opened, chat, dict.fromkeys(opened.everybody(), 3))
    await write(close, opened, chat)

    def bring(session: StoreSession) -> None:
        found, teller = stored(session, opened.id), member_id(session, TELLERS[0])
        boxes = open_box(session, opened.id, opened.key)

        def brought(changed: dict[tuple[int, int], bytes], who: int = teller) -> str:
            given = {**boxes, **changed}
            return refusal(lambda: rating.put_opening(session, found, who, given, chat.clock.now()))

        rows = boxes[0, 0]
        assert brought({(0, 0): rows[2:]}) == "rows_missing"
        assert brought({(0, 0): rows + b"\1\1"}) == "rows_missing"
        assert brought({(0, 0): rows + b"\1"}) == "bad_rows"
        assert brought({(0, 0): b"\6" + rows[1:]}) == "bad_rows"
        assert brought({(9, 0): rows}) == "bad_rows"
        assert brought({}, member_id(session, SECRETARY)) == "not_a_teller"
        assert rating.openings(session, found) == {}
        void = {**boxes, (0, 0): b"\xff\xff" + rows[2:]}
        assert rating.put_opening(session, found, teller, void, chat.clock.now()).state is OpenedState.WAITING

    await write(bring)


async def test_a_named_round_is_published_when_it_closes(chat: Chat) -> None:
    write, now = chat.app.store.write, chat.clock.now()
    opened = await started(
        chat, targets=(SECRETARY, "乙"), members={"同行": [SECRETARY]}, classes={"同行": 1}, mode=RoundMode.NAMED
    )
    himself = opened.own[0]
    other = next(voter for voter in opened.everybody() if voter != himself)

    def vote(session: StoreSession, voter: int, marks: bytes) -> int:
        return rating.cast_named(session, opened.id, voter, marks, opened.manifest_hash, now)

    assert await write(vote, himself, b"\1\1\2\2") == 1
    assert await write(vote, other, b"\1\0\5\5") == 1
    assert await write(vote, other, b"\3\3\5\5") == 2
    assert await write(rating.named_marks, opened.id, himself) == {1: b"\2\2"}

    def wrong(session: StoreSession) -> None:
        assert refusal(lambda: vote(session, other, b"\1")) == "wrong_length"
        assert refusal(lambda: vote(session, other, b"\6\1\1\1")) == "wrong_length"
        sealed = partial(rating.cast, session, opened.id, other, b"", opened.manifest_hash, now)
        assert refusal(sealed) == "other_manifest"

    await write(wrong)
    assert await write(close, opened, chat) is RoundState.PUBLISHED
    counts = await write(lambda s: rating.counts(s, stored(s, opened.id)))
    assert [one.classes[0].items for one in counts] == [((0, 0, 0, 1, 0, 0),) * 2, ((0, 0, 1, 0, 0, 1),) * 2]


async def test_a_grade_is_decided_by_people_and_told_later(chat: Chat) -> None:
    write, now = chat.app.store.write, chat.clock.now()
    opened = await started(chat, targets=(MEMBERS[0], "乙"))
    await write(lambda s: setattr(stored(s, opened.id), "kind", RoundKind.MEMBER_RATING))
    await write(cast_all, opened, chat, dict.fromkeys(opened.everybody(), 1))
    await write(close, opened, chat)
    for teller in TELLERS:
        await write(put, opened, chat, teller)

    def decide(session: StoreSession) -> None:
        found, her, by = stored(session, opened.id), member_id(session, MEMBERS[0]), member_id(session, SECRETARY)

        def facts() -> list[str]:
            return [fact.key.rpartition(".")[2] for fact in rating.about_member(session, her)]

        assert refusal(lambda: rating.decide(session, found, 0, "弃权", "好", now.date(), by)) == "no_grade"
        assert refusal(lambda: rating.decide(session, found, 0, "好", " ", now.date(), by)) == "no_reason"
        assert refusal(lambda: rating.decide(session, found, 7, "好", "好", now.date(), by)) == "no_target"
        assert refusal(lambda: rating.tell(session, found, 0, now.date())) == "no_decision"
        assert facts() == ["rated"]
        rating.decide(session, found, 0, "较好", "平时表现", now.date(), by)
        assert facts() == ["rated", "grade_untold"]
        rating.tell(session, found, 0, now.date())
        assert facts() == ["rated", "grade"]
        rating.decide(session, found, 0, "好", "改判", now.date(), by)
        assert facts() == ["rated", "grade_untold", "grade_before"]

    await write(decide)


async def test_how_long_everything_is_kept(chat: Chat) -> None:
    write, now = chat.app.store.write, chat.clock.now()
    done = await started(chat)
    await write(cast_all, done, chat, dict.fromkeys(done.everybody(), 1))
    await write(close, done, chat)
    for teller in TELLERS:
        await write(put, done, chat, teller)
    left = await started(chat)
    await write(cast_all, left, chat, dict.fromkeys(left.everybody(), 1))
    await write(close, left, chat)
    open_still = await started(chat)
    await write(draft, chat.app, now)

    def look(session: StoreSession) -> tuple[int, int, int, list[str]]:
        boxes = session.exec(select(rating.RatingBox)).all()
        voters = session.exec(select(rating.RatingVoter)).all()
        counts = session.exec(select(rating.RatingCount)).all()
        states = session.exec(select(RatingRound.state).order_by(col(RatingRound.id)))
        return len(boxes), len(voters), len(counts), [str(state) for state in states]

    assert await write(look) == (6, 44, 6, ["published", "closed", "open", "draft"])
    await write(rating.forget_old, now + timedelta(days=30), 30)
    assert await write(look) == (6, 44, 6, ["published", "closed", "open", "draft"])
    await write(rating.forget_old, now + timedelta(days=31), 30)
    assert await write(look) == (0, 22, 6, ["published", "void", "void", "draft"])
    assert await write(lambda s: stored(s, open_still.id).void_reason) is VoidReason.NEVER_OPENED
    assert await write(lambda s: refusal(lambda: rating.rows_file(s, stored(s, done.id)))) == "rows_deleted"
    assert await write(lambda s: rating.turnout(s, stored(s, done.id))) == rating.Turnout(11, 11, 11, 0)
    await write(rating.forget_old, now + timedelta(days=200), 30)
    assert await write(look) == (0, 0, 6, ["published", "void", "void"])
