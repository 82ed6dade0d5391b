"""What every scene of the demo uses: speaking for people, showing the dialogue, moving the clock."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel

from bot.app import App
from bot.clock import SHANGHAI, ShiftedClock
from bot.demo.cast import Actor, Cast
from bot.demo.script import Script
from bot.demo.stage import Frame, Stage


class Scenes:
    """Says and taps through the stage and prints a few of the dialogues; all others only count."""

    def __init__(
        self, app: App, stage: Stage, clock: ShiftedClock, cast: Cast, script: Script, console: Console
    ) -> None:
        self.app, self.stage, self.clock, self.cast = app, stage, clock, cast
        self.script, self.console = script, console

    async def say(self, who: Actor, words: str, *, group: bool = False, quiet: bool = False) -> Frame:
        """Type something; the answer."""
        answer = await self.stage.say(who.account, words, in_group=group)
        if not quiet:
            self._show(who, "says", words, answer, group)
        return answer

    async def tap(self, who: Actor, label: str, message: Frame, *, group: bool = False, quiet: bool = False) -> Frame:
        """Tap a button of a message; the answer."""
        answer = await self.stage.tap(who.account, label, message, in_group=group)
        if not quiet:
            self._show(who, "taps", label, answer, group)
        return answer

    async def everybody(
        self, people: Iterable[Actor], does: Callable[[Actor], Awaitable[Frame]], containing: str
    ) -> int:
        """All do the same at once; how many answers contain a text."""
        answers = await asyncio.gather(*(does(who) for who in people))
        self.console.print(self.script.line("others", count=len(answers)), style="dim")
        return sum(containing in answer["text"] for answer in answers)

    async def go_to(self, *moment: int) -> None:
        """Move the clock to a moment of 2026 (month, day, hour, minute), through everything that falls due before."""
        self.clock.set(datetime(2026, *moment, tzinfo=SHANGHAI))  # type: ignore[arg-type, misc]
        await self.settle()

    async def settle(self) -> None:
        """Run what is due, send it, and let it arrive."""
        await self.app.schedule.run_due()
        await self.app.delivery.drain()
        await self.stage.say(self.cast.office.account, "?")

    def act(self, name: str) -> None:
        """The heading of an act."""
        self.console.rule("[bold]" + escape(self.script.line(name)))

    def received(self, people: Iterable[Actor], containing: str) -> int:
        """How many of these people were sent a message that contains a text."""
        inbox = self.stage.inbox
        return sum(any(containing in one["text"] for one in inbox.get(who.account, ())) for who in people)

    async def answer_question(self, who: Actor, card: Frame, number: int) -> Frame:
        """Answer one question card; the next one comes with the reply."""
        choices: Sequence[dict[str, str]] = card.get("choices", ())
        if not choices:
            return await self.stage.say(who.account, self.script.say("fill_in"))
        if choices[-1]["label"] != self.script.say("done"):
            return await self.stage.tap(who.account, choices[(who.id + number) % len(choices)]["label"], card)
        for choice in choices[: 2 + who.id % 2]:
            await self.stage.tap(who.account, choice["label"], card)
        return await self.stage.tap(who.account, self.script.say("done"), card)

    def _show(self, who: Actor, how: str, words: str, answer: Frame, group: bool) -> None:
        place = self.script.line("in_group") if group else ""
        said = self.script.line(how, who=who.name) + place
        self.console.print(f"[cyan]{escape(said)}[/cyan]{escape(words)}")
        if answer["text"]:
            self.show(answer)

    def show(self, message: Frame) -> None:
        """Print a message that was sent to somebody."""
        self.panel(self.script.line("bot"), _with_buttons(message))

    def panel(self, title: str, text: str) -> None:
        """Print something with a frame around it."""
        self.console.print(Panel(escape(text), title=title, title_align="left"))


def _with_buttons(message: Frame) -> str:
    lines = message["text"].splitlines()
    if len(lines) > 14:
        lines = [*lines[:12], "…"]
    labels = [f"[ {choice['label']} ]" for choice in message.get("choices", ())]
    labels += [f"→ {link['label']}" for link in message.get("links", ())]
    return "\n".join([*lines, " ".join(labels)] if labels else lines)
