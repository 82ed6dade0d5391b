"""All routes of all features, found by name, by what was typed, or by what looks like it."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterator, Mapping

from bot.router import Load, Route, Timed
from bot.texts import Texts

OPENING = "..."
"""A command phrase that ends so stands for every text that begins with it; `tidy` makes an ellipsis of three dots."""


class Router:
    """Finds the route of a command or a prompt. Every name is `<feature>.<action>`: a feature is loaded when one of
    its names is first used."""

    def __init__(self, features: Mapping[str, Load], texts: Texts) -> None:
        self._features, self._texts = features, texts
        self._routes: dict[str, Mapping[str, Route]] = {}
        said = {tidy(phrase): name for name, phrases in texts.commands.items() for phrase in phrases}
        self._phrases = {phrase: name for phrase, name in said.items() if not phrase.endswith(OPENING)}
        self._openings = {phrase.removesuffix(OPENING): said[phrase] for phrase in said if phrase.endswith(OPENING)}

    def route(self, name: str) -> Route | None:
        """The route of this name."""
        return self._routes_of(name.partition(".")[0]).get(name)

    def job(self, name: str) -> Timed | None:
        """The timed job of this name."""
        load = self._features.get(name.partition(".")[0])
        return load().jobs.get(name) if load else None

    def menu(self) -> tuple[Route, ...]:
        """Every route with a phrase and a `what.<action>` sentence, in the order of the features."""
        texts, what = self._texts, {route: ".what.".join(route.name.split(".")) for route in self._all()}
        return tuple(route for route in what if texts.phrases(route.name) and what[route] in texts.sentences)

    def command(self, text: str) -> tuple[Route, str] | None:
        """The route that a typed text calls, and the words that follow the phrase."""
        said = tidy(text)
        if (name := self._phrases.get(said)) and (route := self.route(name)):
            return route, ""
        phrase = said
        while " " in phrase:
            phrase = phrase.rpartition(" ")[0]
            name = self._phrases.get(phrase)
            if name and (route := self.route(name)) and route.takes_args:
                return route, text.strip().lstrip("/").strip()[len(phrase) :].strip()
        return None

    def opening(self, text: str) -> Route | None:
        """The route for a text that nothing else understood, by how it begins: phrases that end in an ellipsis."""
        said = tidy(text)
        return next((self.route(name) for start, name in self._openings.items() if said.startswith(start)), None)

    def by_digits(self, count: int) -> Route | None:
        """The route that a typed number of so many digits calls when it answers no question."""
        return next((route for route in self._all() if route.digits == count), None) if count else None

    def similar(self, text: str) -> list[tuple[str, Route]]:
        """Up to five commands that look like what was typed; they are offered, never executed. One character in common
        says nothing, unless it is the first: half of a two-character word is any other word."""
        said = tidy(text)[:20]
        near = [one for one in self._phrases if one[:1] == said[:1] or len({*said} & {*one}) > 1]
        close = difflib.get_close_matches(said, near, n=5, cutoff=0.5)
        return [(phrase, route) for phrase in close if (route := self.route(self._phrases[phrase]))]

    def _routes_of(self, feature: str) -> Mapping[str, Route]:
        found = self._routes.get(feature)
        if found is None:
            load = self._features.get(feature)
            found = self._routes[feature] = {route.name: route for route in load().routes} if load else {}
        return found

    def _all(self) -> Iterator[Route]:
        for feature in self._features:
            yield from self._routes_of(feature).values()


def tidy(text: str) -> str:
    """Half-width, single spaces, no leading slash, lower case: how commands are compared."""
    return " ".join(unicodedata.normalize("NFKC", text).strip().lstrip("/").lower().split())
