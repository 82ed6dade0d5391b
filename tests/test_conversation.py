"""A random conversation: whatever order people talk in, the bot's totals, the model and the store agree."""

from __future__ import annotations

import asyncio
import re
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import text

from bot.app import App
from bot.clock import ShiftedClock
from bot.messages import Message
from bot.store.core.statements import StoreSession
from tests.support.cast import ACTIVIST, EXEMPT, FERRY_MEMBER, MEMBERS, PROBATIONARY, ROADS, SECRETARY
from tests.support.chat import Chat
from tests.support.databases import Databases, Holds
from tests.support.shipped import START, shipped_content, shipped_settings
from tests.support.wording import says, sentence

BRANCH = (SECRETARY, *MEMBERS, PROBATIONARY, EXEMPT, ACTIVIST)
ANYBODY = st.sampled_from((*BRANCH, FERRY_MEMBER, "stranger"))
OPTIONS = ("甲", "乙", "丙")
ON_THE_LIST = 13


@dataclass
class Asked:
    """What the model knows of one notice or poll."""

    message: Message
    answers: dict[str, int] = field(default_factory=dict)
    closed: bool = False


class Conversation(RuleBasedStateMachine):
    """Notices, polls, a sign-in, repeated events and noise, in any order."""

    databases: Databases
    folders: Path

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=self.folders))
        self.runner = asyncio.Runner()
        self.clock = ShiftedClock(START)
        self.notices: list[Asked] = []
        self.polls: list[Asked] = []
        self.signed: set[str] = set()
        self.code = ""
        self.sent = 0
        self.app = self.runner.run(self._start())
        self.chat = Chat(self.app, self.clock)

    async def _start(self) -> App:
        url = self.databases.make("sqlite", self.folder / "azalea.db", Holds.CAST)
        app = App(shipped_settings(url, self.folder), shipped_content(), self.clock)
        await app.start()
        return app

    def teardown(self) -> None:
        self.runner.run(self.app.stop())
        self.runner.close()
        shutil.rmtree(self.folder)

    def say(self, who: str, words: str) -> str:
        return self.runner.run(self.chat.say(who, words))

    def number(self, query: str, **values: object) -> int:
        """One number from the store."""

        def ask(session: StoreSession) -> int:
            return int(session.execute(text(query), values).scalar_one())

        return self.runner.run(self.app.store.read(ask))

    @precondition(lambda self: len(self.notices) < 3)
    @rule()
    def notice(self) -> None:
        self.sent += 1
        self.say(SECRETARY, f"通知 第{self.sent}件事，请看一看。")
        self.runner.run(self.chat.tap(SECRETARY, "notices.do_send"))
        self.notices.append(Asked(self.runner.run(self.chat.inbox(MEMBERS[0]))[-1]))

    @precondition(lambda self: self.notices)
    @rule(who=ANYBODY, which=st.integers(0, 2), twice=st.booleans())
    def confirm(self, who: str, which: int, twice: bool) -> None:
        asked = self.notices[which % len(self.notices)]
        self.sent += 1
        for _ in range(1 + twice):
            self.runner.run(
                self.chat.event(who, token=asked.message.choices[0].token, event_id=f"confirm-{self.sent}")
            )
        if who in BRANCH:
            asked.answers.setdefault(who, 0)

    @precondition(lambda self: len(self.polls) < 2)
    @rule()
    def poll(self) -> None:
        self.say(SECRETARY, f"投票 第{len(self.polls)}次去哪里")
        self.say(SECRETARY, "/".join(OPTIONS))
        self.runner.run(self.chat.tap(SECRETARY, "poll.kind_single"))
        self.runner.run(self.chat.tap(SECRETARY, "poll.deadline_tomorrow"))
        self.runner.run(self.chat.tap(SECRETARY, "poll.where_group"))
        self.polls.append(Asked(self.runner.run(self.chat.group_inbox())[-1]))

    @precondition(lambda self: self.polls)
    @rule(who=ANYBODY, which=st.integers(0, 1), option=st.integers(0, 3))
    def vote(self, who: str, which: int, option: int) -> None:
        asked = self.polls[which % len(self.polls)]
        token = asked.message.choices[0].token.rsplit(":", 1)[0] + f":{option}"
        self.runner.run(self.chat.event(who, token=token, group=ROADS))
        if who in BRANCH and option < len(OPTIONS):
            asked.answers[who] = option

    @precondition(lambda self: not self.code)
    @rule()
    def open_sign_in(self) -> None:
        self.say(SECRETARY, "签到 开始")
        opened = self.say(SECRETARY, "十一月学习会")
        if found := re.search(r"(?<![0-9])[0-9]{4}(?![0-9])", opened):
            self.code = found[0]

    @precondition(lambda self: self.code)
    @rule(who=ANYBODY, right=st.booleans())
    def sign_in(self, who: str, right: bool) -> None:
        said = self.code if right else f"{(int(self.code) + 1) % 10_000:04}"
        answer = self.say(who, f"签到 {said}")
        if right and who in BRANCH and who != ACTIVIST:
            assert says(answer, "sign_in.done") or says(answer, "sign_in.already"), answer
            self.signed.add(who)
        else:
            assert not says(answer, "sign_in.done"), answer

    @rule(who=ANYBODY, words=st.text(max_size=30))
    def noise(self, who: str, words: str) -> None:
        assert "Traceback" not in self.say(who, "。" + words)

    @invariant()
    def receipts_agree(self) -> None:
        total = sum(len(asked.answers) for asked in self.notices)
        assert self.number("SELECT count(*) FROM notice_receipt WHERE confirmed_at IS NOT NULL") == total
        assert self.number("SELECT count(*) FROM notice_receipt") == ON_THE_LIST * len(self.notices)
        assert self.number("SELECT count(*) FROM delivery WHERE state = 'unknown'") == 0

    @invariant()
    def votes_agree(self) -> None:
        for number, asked in enumerate(self.polls, 1):
            for option in range(len(OPTIONS)):
                query = "SELECT count(*) FROM poll_vote WHERE poll_id = :poll AND choice = :choice"
                expected = sum(chosen == option for chosen in asked.answers.values())
                assert self.number(query, poll=number, choice=1 << option) == expected

    @invariant()
    def the_bot_says_what_the_store_says(self) -> None:
        if self.notices:
            last = len(self.notices[-1].answers)
            counted = sentence("receipts.confirmed", done=last, all=ON_THE_LIST)
            assert counted in self.say(SECRETARY, "通知情况") or last == ON_THE_LIST
        if self.code:
            came = len(self.signed - {EXEMPT})
            assert says(self.say(SECRETARY, "签到 情况"), "attendance.numbers", came=came)


def test_whatever_order_people_talk_in(databases: Databases, tmp_path: Path) -> None:
    machine = type("ConversationHere", (Conversation,), {"databases": databases, "folders": tmp_path})
    run_state_machine_as_test(machine, settings=settings(max_examples=settings().max_examples // 5, stateful_step_count=30))
