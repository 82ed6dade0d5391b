"""Setting up a rating in the store: what it begins with, what is refused, and how it is frozen."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from sqlmodel import select

from bot.rules.rating import sealing
from bot.rules.rating.sealing import make_key
from bot.store import rating
from bot.store.core.statements import StoreSession
from bot.store.people import Unit, UnitKind
from bot.store.rating import RatingRound, RoundKind, RoundMode, RoundState, VoidReason
from bot.texts import fields_of, load_texts
from tests.support.cast import (
    COMMITTEE,
    FERRY,
    FERRY_SECRETARY,
    MEMBERS,
    OFFICE,
    ORGANIZER,
    PROBATIONARY,
    ROADS,
    SECRETARY,
)
from tests.support.chat import Chat
from tests.support.pages import Pages
from tests.support.rating import TELLERS, draft, member_id
from tests.support.rating_votes import prove, refusal
from tests.support.wording import pattern, says

ROOT = Path(__file__).parent.parent


def test_the_store_gives_every_refusal_the_values_that_its_sentence_needs() -> None:
    sentences = load_texts(ROOT / "content" / "texts").sentences
    found: dict[str, set[str | None]] = {f"state_{state}": set() for state in RoundState}
    for path in (ROOT / "bot" / "store" / "rating").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "RatingError":
                key = node.args[0]
                if isinstance(key, ast.Constant):
                    found.setdefault(key.value, {one.arg for one in node.keywords})
    found |= {"no_targets": set(), "no_voters": set()}
    kept = {key.removeprefix("rating.error.") for key in sentences if key.startswith("rating.error.")}
    assert kept == set(found)
    assert {key for key, given in found.items() if not fields_of(sentences[f"rating.error.{key}"]) <= given} == set()
    assert all(f"rating.void_reason.{reason}" in sentences for reason in VoidReason)


async def test_the_manifest_is_frozen_and_needs_two_who_saw_the_same(chat: Chat) -> None:
    write, now, key = chat.app.store.write, chat.clock.now(), make_key()

    def approvals(session: StoreSession) -> None:
        found = draft(session, chat.app, now, targets=("</script>&", "乙"))
        prove(session, found, chat, key)
        secretary, member = member_id(session, SECRETARY), member_id(session, MEMBERS[0])
        assert refusal(lambda: rating.approve(session, found, member, now)) == "may_not_approve"
        assert not rating.approve(session, found, secretary, now)
        assert not rating.approve(session, found, secretary, now)
        rating.set_items(session, found, [("别的", "1")])
        assert rating.approvals(session, found) == []
        before = rating.build_manifest(session, found)
        assert "<" not in before
        assert json.loads(before)["targets"][0]["name"] == "</script>&"
        assert not rating.approve(session, found, member_id(session, ORGANIZER), now)
        assert rating.approve(session, found, secretary, now)
        assert found.manifest == before
        for change in (
            lambda: rating.set_items(session, found, [("又一个", "1")]),
            lambda: rating.set_targets(session, found, []),
            lambda: rating.set_roll(session, found, []),
            lambda: rating.merge_class(session, found, 0, 1),
            lambda: rating.put_key(session, found, sealing.b64u(make_key().public), secretary, now),
        ):
            assert refusal(change) == "state_open"
        assert rating.digest(rating.build_manifest(session, found)) == found.manifest_hash

    await write(approvals)


async def test_what_keeps_a_round_from_opening(chat: Chat) -> None:
    write, now = chat.app.store.write, chat.clock.now()

    def build(session: StoreSession) -> None:
        found = draft(session, chat.app, now, classes={"领导": 4, "同行": 6, "代表": 0})
        rating.set_targets(session, found, [])
        keys = [(one.key.rpartition(".")[2], one.values) for one in rating.problems(session, found)]
        small = {"name": "领导", "count": 4, "least": 5}
        assert keys == [("no_targets", {}), ("class_small", small), ("class_empty", {"name": "代表"}), ("no_key", {})]
        rating.set_targets(session, found, [rating.Target("甲")])
        rating.merge_class(session, found, 0, 1)
        assert found.classes == [{"name": "同行", "weight": "70"}, {"name": "代表", "weight": "50"}]
        assert {one.class_index for one in rating.voters(session, found.id or 0)} == {0}
        rating.set_classes(session, found, [("同行", "70")])
        teller = member_id(session, TELLERS[0])
        rating.put_key(session, found, sealing.b64u(make_key().public), teller, now)
        assert [one.key for one in rating.problems(session, found)] == ["rating.error.key_not_proved"]
        assert refusal(lambda: rating.prove_key(session, found, teller, b"guess", now)) == "wrong_answer"
        prove(session, found, chat, make_key())
        assert rating.problems(session, found) == []
        rating.set_tellers(session, found, [member_id(session, OFFICE), member_id(session, TELLERS[1])])
        assert [one.key for one in rating.problems(session, found)] == ["rating.error.key_not_proved"]

    await write(build)


async def test_mistakes_in_a_draft_are_refused_and_change_nothing(chat: Chat) -> None:
    def build(session: StoreSession) -> None:
        found = draft(session, chat.app, chat.clock.now())
        her, teller = member_id(session, MEMBERS[0]), member_id(session, TELLERS[0])
        before = rating.build_manifest(session, found)
        wrong = {
            "target_twice": lambda: rating.set_targets(session, found, [rating.Target("甲"), rating.Target("甲")]),
            "target_unknown": lambda: rating.set_targets(session, found, [rating.Target("甲", member_id=9_999)]),
            "teller_is_target": lambda: rating.set_targets(session, found, [rating.Target("甲", member_id=teller)]),
            "no_name": lambda: rating.set_items(session, found, [("  ", "1")]),
            "no_number": lambda: rating.set_items(session, found, [("好", "-1")]),
            "how_many": lambda: rating.set_items(session, found, [(str(n), "1") for n in range(21)]),
            "name_twice": lambda: rating.set_classes(session, found, [("甲", "1"), ("甲 ", "1")]),
            "class_has_voters": lambda: rating.set_classes(session, found, [("甲", "1")]),
            "no_value": lambda: rating.set_grades(session, found, [("好", None)]),
            "two_tellers": lambda: rating.set_tellers(session, found, [teller, teller]),
            "roll_nobody": lambda: rating.set_roll(session, found, [(None, " ", "同行")]),
            "roll_unknown": lambda: rating.set_roll(session, found, [(9_999, "", "同行")]),
            "roll_twice": lambda: rating.set_roll(session, found, [(her, "", "同行"), (her, "", "领导")]),
            "no_class": lambda: rating.set_roll(session, found, [(her, "", "外宾")]),
            "slips": lambda: rating.add_slips(session, found, 0, 0),
            "merge": lambda: rating.merge_class(session, found, 0, 0),
            "min_group": lambda: rating.set_options(session, found, min_group=2),
            "cap": lambda: rating.set_options(session, found, cap="much"),
            "no_meeting": lambda: rating.set_options(session, found, meeting_id=77),
            "bad_key": lambda: rating.put_key(session, found, "AAAA", teller, chat.clock.now()),
            "not_a_teller": lambda: rating.test_envelope(session, found, her),
            "state_draft": lambda: rating.close(session, found, her, chat.clock.now()),
        }
        assert {key: refusal(act) for key, act in wrong.items()} == {key: key for key in wrong}
        assert rating.build_manifest(session, found) == before

    await chat.app.store.write(build)


async def test_what_a_new_round_begins_with(chat: Chat) -> None:
    def build(session: StoreSession) -> None:
        units = {unit.name: unit.id or 0 for unit in session.exec(select(Unit))}
        defaults = rating.defaults_of(chat.app.library.content.ratings, chat.app.settings.rating)
        maker, today = member_id(session, SECRETARY), chat.clock.now().date()

        def begun(unit: str, kind: RoundKind) -> tuple[RatingRound, list[str], list[str]]:
            found = rating.new_round(session, units[unit], kind, "年度", maker, today, defaults)
            rated = [one.name for one in rating.targets(session, found.id or 0)]
            return found, rated, [one.name for one in rating.voters(session, found.id or 0)]

        found, rated, voting = begun(ROADS, RoundKind.MEMBER_RATING)
        assert set(voting) - set(rated) == {PROBATIONARY}
        assert (found.ranked, found.cap, found.classes) == (False, "1/3", [{"name": "党员", "weight": "100"}])
        assert refusal(lambda: rating.set_options(session, found, ranked=True)) == "never_ranked"
        rating.prefill(session, found, defaults, rate_probationary=True)
        assert PROBATIONARY in [one.name for one in rating.targets(session, found.id or 0)]
        found, rated, voting = begun(COMMITTEE, RoundKind.SECRETARY_REVIEW)
        assert rated == voting == [SECRETARY, FERRY_SECRETARY]
        assert [one["weight"] for one in found.classes] == ["40", "30", "30"]
        assert {one.class_index for one in rating.voters(session, found.id or 0)} == {1}
        assert [one["name"] for one in found.items][-1] == "廉洁自律"
        assert len(found.items) == 7
        found, rated, voting = begun(COMMITTEE, RoundKind.BRANCH_REVIEW)
        assert {ROADS, FERRY} <= set(rated)
        assert [one.own_target is not None for one in rating.voters(session, found.id or 0)] == [True, True]
        assert session.get_one(Unit, units[COMMITTEE]).kind is UnitKind.COMMITTEE
        assert rating.may_run(session, found, member_id(session, OFFICE))
        assert not rating.may_run(session, found, maker)
        assert begun(COMMITTEE, RoundKind.FREE)[1:] == ([], [])

    await chat.app.store.write(build)


@pytest.mark.parametrize(
    ("size", "mode", "lost"),
    [
        (5, RoundMode.SEALED, 1),
        (6, RoundMode.SEALED, 2),
        (7, RoundMode.SEALED, None),
        (4, RoundMode.SEALED, None),
        (5, RoundMode.NAMED, None),
    ],
)
async def test_a_class_of_just_enough_people_is_hinted_at(
    chat: Chat, pages: Pages, size: int, mode: RoundMode, lost: int | None
) -> None:
    """SR-14: one blank sheet in it hides every class."""

    def make(session: StoreSession) -> int:
        made = draft(session, chat.app, chat.clock.now(), classes={"领导": size, "同行": 9}, mode=mode)
        return made.id or 0

    number = await chat.app.store.write(make)
    page = await pages.enter(SECRETARY, f"/ratings/{number}")
    assert len(pattern("rating_console.setup.thin").findall(page.text)) == bool(lost)
    assert not says(page.text, "rating_console.setup.thin_only")
    if lost:
        assert says(page.text, "rating_console.setup.thin", name="领导", count=size, lost=lost, least=5)


async def test_in_a_single_class_of_just_enough_people_the_result_itself_is_at_stake(chat: Chat, pages: Pages) -> None:
    def make(session: StoreSession) -> int:
        return draft(session, chat.app, chat.clock.now(), classes={"同行": 5}).id or 0

    number = await chat.app.store.write(make)
    page = await pages.enter(SECRETARY, f"/ratings/{number}")
    assert says(page.text, "rating_console.setup.thin_only", least=5)
