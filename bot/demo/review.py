"""The yearly review of the secretaries: a sealed rating from the office's list to the printed result; and one that
stays open for whoever tries the demo."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from io import BytesIO
from pathlib import Path

from msgspec import Struct

from bot.demo import ballot, stored
from bot.demo.browser import Browser
from bot.demo.cast import Actor, Roll, for_review
from bot.demo.scenes import Scenes
from bot.demo.stage import StageError
from bot.demo.summary import Line
from bot.rules.people import Post
from bot.rules.rating.sealing import Key

_AT_ONCE = 8
_PAPER_CLASS = 2
_ITEMS = 7
_VALUES = (100, 80, 60, 40)
_WEIGHTS = (40, 30, 30)


class Round(Struct, frozen=True):
    """A rating that was set up: its number, the tellers, and the file that opens the box."""

    number: int
    tellers: tuple[Actor, ...]
    key: Key
    file: Path


class Review:
    """Plays the review through the chat and the pages, as people at their browsers do."""

    def __init__(self, scenes: Scenes, folder: Path) -> None:
        self._scenes, self._folder = scenes, folder
        self._said, self._line = scenes.script.say, scenes.script.line
        self._home = scenes.app.settings.server.public_url

    async def play(self) -> list[Line]:
        """The review, and what it counted beside what the store says."""
        scenes = self._scenes
        scenes.act("act_review")
        await scenes.go_to(12, 18, 9, 0)
        roll = await scenes.app.store.read(for_review, scenes.cast.branch_id)
        made = await self._set_up(roll)
        await self._vote(made, roll)
        await self._count(made, roll)
        voters = [one for group in roll.classes for one in group]
        counted = {
            "review_cast": len(voters) - 1,
            "review_paper": 1,
            "review_rows": sum(one != rated for one in voters for rated in roll.rated),
            "review_total": _total(roll, 0),
            "review_left": 0,
        }
        found = await scenes.app.store.read(stored.review, made.number)
        return [Line(label, value, found[label]) for label, value in counted.items()]

    async def leave_open(self) -> str:
        """A rating of the branch's members, approved and open; the sentence that says how to try it."""
        scenes, secretary = self._scenes, self._scenes.cast.holder(Post.SECRETARY)
        roll = await scenes.app.store.read(for_review, scenes.cast.branch_id)
        title = self._said("rating_title")
        async with Browser(self._home) as mine:
            await self._enter(mine, secretary)
            made = await self._prepare(mine, "member_rating", title, roll.offices[:2], None)
            await self._approve(mine, made.number, scenes.cast.holder(Post.ORGANIZATION_COMMISSIONER))
            await mine.send(f"/ratings/{made.number}", {"action": "presence", "do": "all"})
        await scenes.settle()
        tellers = self._line("and").join(one.name for one in made.tellers)
        return self._line(
            "try_rating", title=title, tellers=tellers, file=made.file, passphrase=self._said("passphrase")
        )

    async def _set_up(self, roll: Roll) -> Round:
        """The office makes the review and brings its list, two of its people approve; the first one speaks."""
        async with Browser(self._home) as mine:
            await self._enter(mine, roll.offices[0], quiet=False)
            tellers = (roll.leaders[0], roll.representatives[0])
            made = await self._prepare(mine, "secretary_review", self._said("review_title"), tellers, self._list(roll))
            await self._approve(mine, made.number, roll.offices[1])
            page = f"/ratings/{made.number}"
            await mine.send(page, {"action": "presence", "do": "all"})
            await mine.send(page, {"action": "speak", "value": "0"})
            voter = await self._scenes.app.store.read(stored.voter, made.number, roll.on_paper.id)
            await mine.send(page, {"action": "presence", "do": f"paper-{voter}"})
        await self._scenes.settle()
        return made

    def _list(self, roll: Roll) -> bytes:
        """The office's spreadsheet of who rates, in which class."""
        from openpyxl import Workbook

        book = Workbook()
        sheet = book.active or book.create_sheet()
        sheet.append(self._said("review_columns").split())
        for name, people in zip(self._said("review_classes").split(), roll.classes, strict=True):
            for one in people:
                sheet.append([one.name, one.branch, name])
        data = BytesIO()
        book.save(data)
        return data.getvalue()

    async def _prepare(
        self, mine: Browser, kind: str, title: str, tellers: Sequence[Actor], people: bytes | None
    ) -> Round:
        """A new rating, its list of voters, its tellers, and the key that one of them makes and proves."""
        await mine.go("/ratings")
        await mine.send("/ratings", {"title": title, "unit": mine.hidden("unit"), "kind": kind, "mode": "sealed"})
        page = mine.path
        number = int(page.rsplit("/", 1)[1])
        if people is not None:
            await mine.send(f"{page}/upload", {"action": "voters"}, (self._said("review_file"), people))
            await mine.send(page, {"action": "take_voters", "list": mine.hidden("list")})
        await mine.send(page, {"action": "tellers", "teller": [f"{one.name} {one.branch}" for one in tellers]})
        file = self._folder / self._said("key_file", number=number)
        async with Browser(self._home) as theirs:
            await self._enter(theirs, tellers[0])
            await theirs.go(f"{page}/key")
            key = await ballot.make_key(theirs, file, self._said("passphrase"))
        return Round(number, tuple(tellers), key, file)

    async def _approve(self, mine: Browser, number: int, second: Actor) -> None:
        page = f"/ratings/{number}"
        await mine.go(page)
        await mine.send(page, {"action": "approve", "hash": mine.hidden("hash")})
        await self._scenes.settle()
        async with Browser(self._home) as other:
            await self._enter(other, second)
            await other.go(page)
            await other.send(page, {"action": "approve", "hash": other.hidden("hash")})
        await mine.go(page)

    async def _vote(self, made: Round, roll: Roll) -> None:
        """Everybody with a phone asks for the link and casts, one of them twice; the screen shows the turnout."""
        people = [one for group in roll.classes for one in group if one != roll.on_paper]
        limit = asyncio.Semaphore(_AT_ONCE)

        async def vote(who: Actor, quiet: bool = True) -> None:
            async with limit, Browser(self._home) as phone:
                await self._enter(phone, who, quiet=quiet)
                await phone.go(f"/rating/{made.number}")
                await ballot.cast(phone, lambda target: _marks(who, target))

        await vote(people[0], False)
        await self._screen(made.number, roll.offices[0])
        await asyncio.gather(*(vote(who) for who in people[1:]))
        await vote(people[1])
        await self._screen(made.number, roll.offices[0])

    async def _screen(self, number: int, office: Actor) -> None:
        """What the big screen shows."""
        async with Browser(self._home) as screen:
            await self._enter(screen, office)
            await screen.go(f"/ratings/{number}/screen")
            self._scenes.panel(self._line("big_screen"), screen.words())

    async def _count(self, made: Round, roll: Roll) -> None:
        """Closing; both tellers type in the sheet of paper and open the box; the office fetches the result."""
        page, office = f"/ratings/{made.number}", roll.offices[0]
        marks = [bytes(_marks(roll.on_paper, target)) for target in range(len(roll.rated))]
        async with Browser(self._home) as mine:
            await self._enter(mine, office)
            await mine.go(page)
            await mine.send(page, {"action": "close", "sure": "1"})
            for teller in made.tellers:
                async with Browser(self._home) as theirs:
                    await self._enter(theirs, teller)
                    await theirs.go(f"{page}/paper?class={_PAPER_CLASS}")
                    await ballot.type_paper(theirs, _PAPER_CLASS, marks)
                    await theirs.go(f"{page}/open")
                    state = await ballot.open_box(theirs, made.key)
            if state != "published":
                raise StageError(f"the tellers arrived at {state}")
            await mine.go(f"{page}/result")
            for kind in ("xlsx", "docx", "pdf"):
                await mine.fetch(f"{page}/result/{kind}", by_form=True)
        await self._scenes.settle()
        self._scenes.show(self._scenes.stage.last(office.account))

    async def _enter(self, browser: Browser, who: Actor, *, quiet: bool = True) -> None:
        """Ask the bot for a link and open it."""
        answer = await self._scenes.say(who, self._said("rating"), quiet=quiet)
        if not answer.get("links"):
            raise StageError(f"{who.name}: {answer['text']}")
        await browser.enter(answer["links"][0]["url"])


def _marks(who: Actor, target: int) -> list[int]:
    """The grades that somebody gives a target: mostly the first, some second, a few third."""
    return [(1, 1, 2, 1, 1, 3, 1, 2)[(who.id * 7 + target * 3 + item * 5) % 8] for item in range(_ITEMS)]


def _total(roll: Roll, target: int) -> Decimal:
    """T of one target by hand, from what everybody gave (SR-11)."""
    points, weights = Fraction(), Fraction()
    for weight, people in zip(_WEIGHTS, roll.classes, strict=True):
        sheets = [_marks(who, target) for who in people if who != roll.rated[target]]
        given = [_VALUES[mark - 1] for marks in sheets for mark in marks]
        points += weight * Fraction(sum(given), len(given))
        weights += weight
    total = points / weights
    return (Decimal(total.numerator) / total.denominator).quantize(Decimal("0.01"), ROUND_HALF_UP)
