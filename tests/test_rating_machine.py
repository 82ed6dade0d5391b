"""A rating in any order of events: joining, casting, casting again, paper, closing, opening, crashes. Whatever
happens, model and store agree, and what is published is what was last cast."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest
from hypothesis import settings as examples
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import inspect
from sqlmodel import select

from bot.app import App
from bot.clock import ShiftedClock
from bot.config import Settings
from bot.rules.rating import tally
from bot.rules.rating.sealing import make_key
from bot.store import rating
from bot.store.core.engine import open_store
from bot.store.core.statements import StoreSession
from bot.store.rating import RatingError, RatingRound, RoundState
from tests.support.cast import MEMBERS
from tests.support.databases import Holds
from tests.support.rating import TELLERS, Opened, member_id, open_box, open_round
from tests.support.shipped import CHAIN, shipped_content

T = TypeVar("T")
CLASSES = {"领导": 5, "同行": 4}
TARGETS = ("甲书记", MEMBERS[0])
PEOPLE = st.integers(0, 9)
MARKS = st.integers(1, 4)
KEY = make_key()


@dataclass
class World:
    """One store for all examples: the program, restarted whenever an example says so."""

    settings: Settings
    clock: ShiftedClock
    runner: asyncio.Runner = field(default_factory=asyncio.Runner)

    def __post_init__(self) -> None:
        self.app = App(self.settings, shipped_content(), self.clock)

    def run(self, work: Callable[[StoreSession], T]) -> T:
        return self.runner.run(self.app.store.write(work))

    def restart(self) -> None:
        """The process ends and another one opens the same database."""
        self.app.store.close()
        self.app.store = open_store(self.settings.store.url, CHAIN)

    def close(self) -> None:
        self.app.store.close()
        self.runner.close()


class Rating(RuleBasedStateMachine):
    """One round: nine voters known by name and one who is rated as well; nobody is there at first."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.made = self.world.run(self._open)
        self.voters = self.made.everybody()
        self.class_of = {voter: at for at, ids in enumerate(self.made.voters.values()) for voter in ids}
        self.there: set[int] = set()
        self.cast: dict[int, int] = {}
        self.paper: set[int] = set()
        self.state = RoundState.OPEN
        self.opened: dict[str, bool] = {}
        self.typed: dict[tuple[int, str], tuple[int, ...]] = {}

    def _open(self, session: StoreSession) -> Opened:
        now = self.world.clock.now()
        given: dict[str, Any] = {"targets": TARGETS, "classes": CLASSES, "members": {"同行": MEMBERS[:1]}}
        made = open_round(session, self.world.app, now, KEY, **given)
        rating.mark_present(session, rating.get(session, made.id), None, here=False)  # type: ignore[arg-type]
        return made

    def on_round(self, work: Callable[[StoreSession, RatingRound], T]) -> T:
        return self.world.run(lambda session: work(session, session.get_one(RatingRound, self.made.id)))

    def refused(self, work: Callable[[StoreSession, RatingRound], object]) -> str:
        with pytest.raises(RatingError) as error:
            self.on_round(work)
        return error.value.key.removeprefix("rating.error.")

    @rule(person=PEOPLE)
    def join(self, person: int) -> None:
        voter = self.voters[person]
        if self.state is RoundState.OPEN:
            self.on_round(lambda session, found: rating.mark_present(session, found, [voter]))
            self.there.add(voter)
        else:
            assert self.refused(lambda session, found: rating.mark_present(session, found, [voter]))

    @rule(person=PEOPLE, mark=MARKS)
    def vote(self, person: int, mark: int) -> None:
        voter, made = self.voters[person], self.made
        rows = [bytes(made.items if made.own.get(at) == voter else 0) or bytes([mark] * made.items) for at in range(2)]
        sealed = made.seal(rows)

        def cast(session: StoreSession, found: RatingRound) -> int:
            return rating.cast(session, made.id, voter, sealed, made.manifest_hash, self.world.clock.now())

        if self.state is not RoundState.OPEN:
            assert self.refused(cast) == f"state_{self.state}"
        elif voter in self.paper:
            assert self.refused(cast) == "has_paper"
        elif voter not in self.there:
            assert self.refused(cast) == "not_present"
        else:
            assert self.on_round(cast) >= 1
            self.cast[voter] = mark

    @precondition(lambda self: self.state is RoundState.OPEN)
    @rule(mark=MARKS)
    def everybody_comes_and_votes(self, mark: int) -> None:
        for person, voter in enumerate(self.voters):
            if voter not in self.paper:
                self.join(person)
                self.vote(person, mark)

    @precondition(lambda self: self.state is RoundState.OPEN)
    @rule(person=PEOPLE)
    def hand_out_paper(self, person: int) -> None:
        voter = self.voters[person]
        self.on_round(lambda session, found: rating.mark_paper(session, found, voter))
        self.paper.add(voter)
        self.there.add(voter)
        self.cast.pop(voter, None)

    @precondition(lambda self: self.state is RoundState.OPEN and len(self.there) > 4)
    @rule()
    def close(self) -> None:
        few = len(self.cast) + len(self.paper) < 5
        after = self.on_round(lambda session, found: rating.close(session, found, None, self.world.clock.now()))
        assert after is (RoundState.VOID if few else RoundState.CLOSED)
        self.state = after

    @rule()
    def crash(self) -> None:
        self.world.restart()

    @precondition(lambda self: self.state is RoundState.CLOSED)
    @rule(teller=st.sampled_from(TELLERS), honest=st.booleans())
    def open_the_box(self, teller: str, honest: bool) -> None:
        def put(session: StoreSession, found: RatingRound) -> rating.Opened:
            boxes = open_box(session, self.made.id, KEY)
            for part, rows in boxes.items():
                if rows and not honest:
                    boxes[part] = bytes([4 if rows[0] != 4 else 3]) + rows[1:]
            return rating.put_opening(session, found, member_id(session, teller), boxes, self.world.clock.now())

        if len(self.cast) < 5 and not self._paper_done():
            assert self.refused(put) == "paper_first"
            return
        self.on_round(put)
        self.opened[teller] = honest or not self.cast
        self._settle()

    @precondition(lambda self: self.state is RoundState.CLOSED and self.paper)
    @rule(teller=st.sampled_from(TELLERS), mark=st.integers(1, 2), index=st.integers(0, 1))
    def type_in(self, teller: str, mark: int, index: int) -> None:
        """A class's paper: everybody marked everything 1; a clerk who misreads types 2."""
        on_paper = [voter for voter in sorted(self.paper) if self.class_of[voter] == index]

        def put(session: StoreSession, found: RatingRound) -> None:
            boxes = {
                at: b"".join(bytes([mark] * 2) for voter in on_paper if self.made.own.get(at) != voter)
                for at in range(2)
            }
            clerk = member_id(session, teller)
            rating.put_paper(session, found, index, clerk, len(on_paper), 0, boxes, self.world.clock.now())

        self.on_round(put)
        self.typed[index, teller] = (mark,) * len(on_paper)
        self._settle()

    def _paper_done(self) -> bool:
        for index in {self.class_of[voter] for voter in self.paper}:
            typed = [self.typed.get((index, teller)) for teller in TELLERS]
            if None in typed or typed[0] != typed[1]:
                return False
        return True

    def _settle(self) -> None:
        """What the model expects after an opening or an entry."""
        alike = len(self.opened) == 2 and len(set(self.opened.values())) == 1
        if alike and self._paper_done():
            self.state = RoundState.PUBLISHED

    @invariant()
    def store_and_model_agree(self) -> None:
        found, turnout, envelopes = self.on_round(
            lambda session, found: (
                found.state,
                rating.turnout(session, found),
                inspect(session.connection()).has_table(f"rating_envelope_{found.id}"),
            )
        )
        assert found is self.state
        assert (turnout.cast, turnout.paper) == (len(self.cast), len(self.paper))
        assert turnout.cast + turnout.paper <= turnout.present <= turnout.roll == 10
        assert envelopes is (self.state in (RoundState.OPEN, RoundState.CLOSED))

    @invariant()
    def results_are_there_once_and_right(self) -> None:
        if self.state is not RoundState.PUBLISHED:
            assert self.refused(lambda session, found: rating.counts(session, found))
            return
        counted = self.on_round(lambda session, found: rating.counts(session, found))
        honest = all(self.opened.values())
        for at, target in enumerate(counted):
            for index, counts in enumerate(target.classes):
                marks = Counter(self._marks(at, index))
                assert counts.rows == marks.total()
                assert all(sum(item) == counts.valid for item in counts.items)
                if honest:
                    rows = b"".join(bytes([mark] * 2) for mark in sorted(marks.elements()))
                    assert counts == tally(rows, 2, 5)

    def _marks(self, target: int, index: int) -> list[int]:
        """What a class gave a target, in the model."""
        own = self.made.own.get(target)
        mine = [mark for voter, mark in self.cast.items() if self.class_of[voter] == index and voter != own]
        on_paper = [voter for voter in self.paper if self.class_of[voter] == index and voter != own]
        return mine + [self.typed[index, TELLERS[0]][0] for _ in on_paper]


@pytest.fixture
def holds() -> Holds:
    """Everybody of the cast is there from the start."""
    return Holds.CAST


@pytest.fixture
def world(settings: Settings, clock: ShiftedClock) -> Iterator[World]:
    made = World(settings, clock)
    yield made
    made.close()


@pytest.mark.timeout(300)
def test_any_order_of_events(world: World) -> None:
    machine = type("RatingHere", (Rating,), {"world": world})
    run_state_machine_as_test(
        machine,
        settings=examples(max_examples=max(6, examples().max_examples // 8), stateful_step_count=30, derandomize=True),
    )
    states = world.run(lambda session: {one.state for one in session.exec(select(RatingRound))})
    assert {RoundState.OPEN, RoundState.PUBLISHED} <= states
