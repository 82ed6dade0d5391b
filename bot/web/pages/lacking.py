"""Before a paper is made: the names with a character that neither font has, for somebody to look at."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from bot.documents.typeface import lacking, printable
from bot.web.page import View, Visit


def unseen(visit: Visit, texts: Iterable[str], *, form: bool = False) -> View | None:
    """The list of those of the texts that are printed with a mark in place of a character; None where there are none,
    or where this very list was seen. `form` says that the paper was asked for by a form."""
    names = lacking(texts)
    seen = sha256("\n".join(names).encode()).hexdigest()[:16]
    if not names or seen in (visit.field("seen"), visit.query.get("seen", "")):
        return None
    kept = {name: value for name, value in visit.query.items() if name != "seen"}
    values = {"names": [(name, printable(name)) for name in names], "seen": seen, "kept": kept, "form": form}
    return View("names_lacking.html", values)
