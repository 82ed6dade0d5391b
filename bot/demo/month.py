"""One branch's month: theme day, notice, study, leave, sign-in, quiz, motion, make-ups, records."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from decimal import ROUND_HALF_UP, Decimal

from rich.console import Console

from bot.app import App
from bot.clock import ShiftedClock
from bot.demo import stored
from bot.demo.cast import Actor, Cast, of_branch
from bot.demo.scenes import Scenes
from bot.demo.script import Script
from bot.demo.stage import Frame, Stage, StageError
from bot.demo.summary import Line
from bot.rules.people import Post
from bot.store.local import group_chat

_CODE = re.compile(r"[A-Z0-9]{8}")
_QUESTIONS = 3


class Month:
    """Plays the month and counts what it sees; `play` returns the summary, with the store's own numbers beside."""

    def __init__(self, app: App, stage: Stage, clock: ShiftedClock, script: Script, console: Console) -> None:
        self._app, self._stage, self._clock, self._script, self._console = app, stage, clock, script, console
        self._counted: dict[str, object] = {}

    async def play(self) -> list[Line]:
        """All acts, in the order of the calendar."""
        self._cast: Cast = await self._app.store.read(of_branch, self._script.branch)
        self._scenes = Scenes(self._app, self._stage, self._clock, self._cast, self._script, self._console)
        self._secretary = self._cast.holder(Post.SECRETARY)
        for act in (self._bind, self._plan, self._notice, self._study, self._leave, self._sign_in, self._quiz,
                    self._motion, self._close, self._make_up, self._record):  # fmt: skip
            await act()
        found = await self._app.store.read(stored.numbers, self._cast.branch_id)
        return [Line(label, value, found.get(label)) for label, value in self._counted.items()]

    @property
    def scenes(self) -> Scenes:
        """What the acts after the month go on with."""
        return self._scenes

    def _said(self, name: str, /, **values: object) -> str:
        return self._script.say(name, **values)

    async def _bind(self) -> None:
        """Everybody of the bureau binds by a code, but the last two of our branch, who use paper."""
        scenes, office = self._scenes, self._cast.office
        scenes.act("act_bind")
        await self._stage.join(office.account)
        codes = await scenes.say(office, self._said("codes"))
        people = await self._app.store.read(stored.everybody)
        given = _CODE.findall(codes["text"])
        paper = {actor.id for actor in self._paper}
        pairs = [(ident, code) for ident, code in zip(people, given, strict=True) if ident not in paper]

        async def bind(ident: int, code: str) -> Frame:
            account = f"m{ident}"
            await self._stage.join(account)
            notice = await self._stage.say(account, code)
            answer = await self._stage.tap(account, self._said("agree"), notice)
            await self._stage.join(account)
            return answer

        bound = 1
        first, *rest = pairs
        scenes.show(await bind(*first))
        with self._console.status(self._script.line("binding", count=len(pairs))):
            for start in range(0, len(rest), 50):
                bound += await stored.count_bound([bind(*pair) for pair in rest[start : start + 50]])
        self._counted["bound"] = bound + 1
        await scenes.say(self._secretary, self._said("bind_group"), group=True)

    @property
    def _paper(self) -> list[Actor]:
        return self._cast.expected[-2:]

    @property
    def _bound(self) -> list[Actor]:
        return [actor for actor in self._cast.people if actor not in self._paper]

    async def _plan(self) -> None:
        scenes, secretary = self._scenes, self._secretary
        scenes.act("act_plan")
        await scenes.say(secretary, self._said("policy"))
        await scenes.say(secretary, self._said("plan"), quiet=True)
        await scenes.say(secretary, self._said("cancel"), quiet=True)
        scenes.act("act_topic")
        await scenes.go_to(11, 11, 9, 1)
        scenes.show(self._stage.last(secretary.account))
        await scenes.say(secretary, self._said("plan"), quiet=True)
        await scenes.say(secretary, self._said("topic"), quiet=True)
        card = await scenes.say(secretary, self._said("place"))
        items = await scenes.tap(secretary, self._said("change_items"), card)
        await scenes.tap(secretary, self._said("item"), items, quiet=True)
        card = await scenes.tap(secretary, self._said("done"), items)
        await scenes.tap(secretary, self._said("announce"), card)

    async def _notice(self) -> None:
        """Half tap, half type the number, three stay silent until they are reminded, two stay silent."""
        scenes, secretary = self._scenes, self._secretary
        scenes.act("act_notice")
        await scenes.go_to(11, 12, 9, 0)
        preview = await scenes.say(secretary, self._said("notice"))
        await scenes.tap(secretary, self._said("send"), preview)
        await scenes.settle()
        text = self._said("notice").partition(" ")[2]
        self._counted["notice_sent"] = scenes.received(self._bound, text)
        audience = self._bound
        silent, late = audience[-2:], audience[-5:-2]
        confirmed = await scenes.everybody(audience[:-5], self._confirm(text), "")
        await scenes.go_to(11, 13, 9, 0)
        status = await scenes.say(secretary, self._said("status"))
        await scenes.tap(secretary, self._said("chase"), status)
        await scenes.settle()
        self._counted["chased"] = sum(
            sum(text in one["text"] for one in self._stage.inbox.get(who.account, ())) == 2 for who in [*late, *silent]
        )
        confirmed += await scenes.everybody(late, self._confirm(text), "")
        self._counted["notice_confirmed"] = confirmed
        await scenes.say(secretary, self._said("status"))

    def _confirm(self, text: str) -> Callable[[Actor], Awaitable[Frame]]:
        async def confirm(who: Actor) -> Frame:
            message = self._stage.last(who.account, text)
            if who.id % 2:
                return await self._stage.tap(who.account, self._said("confirm"), message)
            return await self._stage.say(who.account, self._said("confirm_number"))

        return confirm

    async def _study(self) -> None:
        scenes, secretary = self._scenes, self._secretary
        scenes.act("act_study")
        await scenes.go_to(11, 13, 14, 0)
        push = await scenes.say(secretary, self._said("push"))
        push = await scenes.tap(secretary, self._said("material"), push)
        await scenes.tap(secretary, self._said("to_members"), push)
        await scenes.settle()
        first = self._bound[1]
        await scenes.say(first, self._said("search"))

        async def read(who: Actor) -> Frame:
            material = next(
                one
                for one in reversed(self._stage.inbox[who.account])
                if any(self._said("read") in choice["label"] for choice in one.get("choices", ()))
            )
            return await self._stage.tap(who.account, self._said("read"), material)

        self._counted["read"] = await scenes.everybody(self._bound[:15], read, "")

    async def _leave(self) -> None:
        """Three days and one day before: reminders; three ask for leave, and it is granted."""
        scenes, secretary = self._scenes, self._secretary
        scenes.act("act_remind")
        await scenes.go_to(11, 17, 9, 1)
        topic = self._said("topic")
        self._counted["reminded"] = scenes.received(self._bound, topic)
        absent = [actor for actor in self._bound if actor.expected and not actor.posts][-5:-2]
        for number, who in enumerate(absent, 2):
            await scenes.say(who, self._said("leave"), quiet=who is not absent[0])
            await self._stage.say(who.account, str(number))
        await scenes.settle()
        waiting = [
            one for one in self._stage.inbox[secretary.account]
            if [choice["label"] for choice in one.get("choices", ())][:1] == [self._said("approve")]
        ]  # fmt: skip
        scenes.show(waiting[0])
        for request in waiting:
            await scenes.tap(secretary, self._said("approve"), request, quiet=request is not waiting[0])
        self._counted["leave"] = len(waiting)
        self._absent = absent
        before = {who.account: len(self._stage.inbox.get(who.account, ())) for who in self._bound}
        await scenes.go_to(11, 19, 9, 1)
        self._counted["reminded_short"] = sum(
            len(self._stage.inbox.get(account, ())) > count for account, count in before.items()
        )
        scenes.show(self._stage.last(self._bound[3].account))

    async def _sign_in(self) -> None:
        """Two are missing without leave; one of the two without a phone is signed in by the secretary."""
        scenes, secretary = self._scenes, self._secretary
        scenes.act("act_day")
        await scenes.go_to(11, 20, 14, 50)
        opened = await scenes.say(secretary, self._said("sign_in"))
        await scenes.settle()
        came = [actor for actor in self._bound if actor.expected and actor not in self._absent][:-2]
        early, late = came[:-1], came[-1:]
        code = self._code(opened)
        signed = await scenes.everybody(early, lambda who: self._stage.say(who.account, code), self._said("signed"))
        await scenes.say(secretary, self._said("on_behalf", name=self._paper[0].name))
        guest = next(actor for actor in self._cast.people if not actor.expected and not actor.exempt)
        await scenes.say(secretary, self._said("observer", name=guest.name))
        await scenes.go_to(11, 20, 15, 15)
        code = self._code(await scenes.say(secretary, self._said("sign_in"), quiet=True))
        signed += await scenes.everybody(late, lambda who: self._stage.say(who.account, code), self._said("signed"))
        self._counted["present"] = signed + 1
        self._came = came
        await scenes.say(secretary, self._said("attendance"))

    def _code(self, opened: Frame) -> str:
        found = re.search(self._said("sign_in_code"), opened["text"])
        return found[1] if found else ""

    async def _quiz(self) -> None:
        scenes, secretary = self._scenes, self._secretary
        preview = await scenes.say(secretary, self._said("quiz"))
        await scenes.tap(secretary, self._said("quiz_private"), preview)
        await scenes.settle()
        answered = 0
        takers = self._came[:12]
        for who in takers:
            card = self._stage.last(who.account, self._said("quiz_number", number=1))
            for number in range(_QUESTIONS):
                card = await scenes.answer_question(who, card, number)
                answered += 1
        self._counted["quiz_people"], self._counted["quiz_answers"] = len(takers), answered
        await scenes.say(secretary, self._said("quiz_end"))
        await scenes.settle()
        scenes.show(self._stage.last(takers[0].account))

    async def _motion(self) -> None:
        scenes, secretary = self._scenes, self._secretary
        ask = await scenes.say(secretary, self._said("motion"))
        ask = await scenes.tap(secretary, self._said("motion_deadline"), ask, quiet=True)
        await scenes.tap(secretary, self._said("motion_where"), ask)
        await scenes.settle()
        card = self._stage.last(group_chat(self._cast.branch_id))
        scenes.show(card)
        voters = [actor for actor in self._came if actor.stage == "full_member"]

        async def vote(who: Actor) -> Frame:
            label = self._said("motion_abstain" if who.id % 9 == 0 else "motion_yes")
            token = next(choice["token"] for choice in card["choices"] if choice["label"] == label)
            one = {**card, "choices": [{"label": label, "token": token}]}
            return await self._stage.tap(who.account, label, one, in_group=True)

        await scenes.everybody(voters, vote, "")
        self._counted["voted"] = len(voters)
        self._counted["yes"] = sum(who.id % 9 != 0 for who in voters)
        status = await scenes.say(secretary, self._said("poll_status"))
        await scenes.tap(secretary, self._said("end_now"), status, quiet=True)
        await scenes.settle()
        scenes.show(self._stage.last(group_chat(self._cast.branch_id)))

    async def _close(self) -> None:
        await self._scenes.say(self._secretary, self._said("close_sign_in"), quiet=True)
        await self._scenes.settle()

    async def _make_up(self) -> None:
        """Two of those on leave read the material and write a few words; the commissioner confirms."""
        scenes = self._scenes
        scenes.act("act_after")
        await scenes.go_to(11, 23, 9, 1)
        commissioner = self._cast.holder(Post.ORGANIZATION_COMMISSIONER)
        made_up = 0
        for who in self._absent[:2]:
            ways = await scenes.say(who, self._said("make_up"), quiet=bool(made_up))
            await self._stage.tap(who.account, self._said("make_up_way"), ways)
            await scenes.say(who, self._said("make_up_note"), quiet=bool(made_up))
            await scenes.settle()
            request = self._stage.last(commissioner.account, self._said("make_up"))
            await scenes.tap(commissioner, self._said("make_up_confirm"), request, quiet=bool(made_up))
            made_up += 1
        self._counted["made_up"] = made_up
        expected, present = len(self._cast.expected), int(str(self._counted["present"]))
        self._counted["rate"] = _percent(present, expected)
        self._counted["coverage"] = _percent(present + made_up, expected)

    async def _record(self) -> None:
        scenes, secretary = self._scenes, self._secretary
        await scenes.say(secretary, self._said("record"))
        card = await scenes.say(secretary, self._said("content"))
        await scenes.tap(secretary, self._said("menu_decision"), card, quiet=True)
        await scenes.say(secretary, self._said("decision"), quiet=True)
        ask = await scenes.say(secretary, self._said("sign"))
        await scenes.tap(secretary, self._said("sign_yes"), ask)
        self._counted["minutes"] = 1
        export = await scenes.say(secretary, self._said("export"))
        if len(export.get("files", ())) < 2:
            raise StageError(export["text"])
        await scenes.say(secretary, self._said("month"))
        await scenes.say(self._absent[0], self._said("mine"))


def _percent(part: int, whole: int) -> Decimal:
    return (Decimal(100 * part) / whole).quantize(Decimal("0.1"), ROUND_HALF_UP)
