"""Full-text search for Chinese: bigrams cut by us, so no dictionary is needed and every substring is found.

SQLite: an FTS5 table of bigrams, queried as phrases. PostgreSQL: a tsvector of bigrams with a GIN index
narrows, and the folded text decides. A single character is looked up in the folded text. The tables are made
by migration 0002. They hold public material only and name no person.
"""

from __future__ import annotations

import unicodedata

from msgspec import Struct
from sqlalchemy import text

from bot.store.core.statements import StoreSession

_MOST_TERMS, _LONGEST_TERM = 8, 60
_CJK = ("CJK", "IDEOGRAPHIC")


class Folded(Struct, frozen=True):
    """A text as it is compared: NFKC, case folded, letters and digits only, all else one space.
    `places` gives for each character its place in the original."""

    text: str
    places: tuple[int, ...]


class Snippet(Struct, frozen=True):
    """A piece of the original text around a match."""

    before: str
    match: str
    after: str


def fold(original: str) -> Folded:
    """Fold a text character by character; marks and invisible characters are dropped."""
    chars: list[str] = []
    places: list[int] = []
    gap = False
    for place, raw in enumerate(original):
        for char in unicodedata.normalize("NFKC", raw).casefold():
            if not char.isalnum():
                gap = gap or unicodedata.category(char) not in ("Mn", "Cf")
                continue
            if chars and gap:
                chars.append(" ")
                places.append(place)
            gap = False
            chars.append(char)
            places.append(place)
    return Folded("".join(chars), tuple(places))


def terms_of(words: str) -> tuple[str, ...]:
    """What a query looks for: each run of letters and digits; empty when it holds none (say, emoji only)."""
    runs = fold(words[:1000]).text.split()
    return tuple(dict.fromkeys(run[:_LONGEST_TERM] for run in runs))[:_MOST_TERMS]


def bigrams(folded: str) -> list[str]:
    """Every two neighbouring characters of each run, in order."""
    return [run[at : at + 2] for run in folded.split() for at in range(len(run) - 1)]


def put(session: StoreSession, ident: int, original: str) -> None:
    """Index a text under a number, replacing what was there."""
    remove(session, ident)
    folded = fold(original).text
    pairs = bigrams(folded)
    if _on_postgres(session):
        sql = "INSERT INTO material_search (id, body, pairs) VALUES (:id, :body, array_to_tsvector(:pairs))"
        session.execute(text(sql), {"id": ident, "body": folded, "pairs": sorted(set(pairs))})
    else:
        sql = "INSERT INTO material_search (rowid, body, pairs) VALUES (:id, :body, :pairs)"
        session.execute(text(sql), {"id": ident, "body": folded, "pairs": " ".join(pairs)})


def remove(session: StoreSession, ident: int) -> None:
    """Drop a text from the index."""
    key = "id" if _on_postgres(session) else "rowid"
    session.execute(text(f"DELETE FROM material_search WHERE {key} = :id"), {"id": ident})


def find(session: StoreSession, words: str) -> list[int]:
    """All texts that hold every term of the query, newest first. Nothing in a query is syntax."""
    terms = terms_of(words)
    if not terms:
        return []
    postgres = _on_postgres(session)
    key, place = ("id", "strpos(body, :{0}) > 0") if postgres else ("rowid", "instr(body, :{0}) > 0")
    clauses: list[str] = []
    values: dict[str, str] = {}
    pairs = [run for run in terms if len(run) > 1]
    if pairs:
        clauses.append("pairs @@ CAST(:pairs AS tsquery)" if postgres else "material_search MATCH :pairs")
        values["pairs"] = _tsquery(pairs) if postgres else _match(pairs)
    for number, run in enumerate(terms if postgres else [run for run in terms if len(run) == 1]):
        clauses.append(place.format(f"t{number}"))
        values[f"t{number}"] = run
    sql = f"SELECT {key} FROM material_search WHERE {' AND '.join(clauses)} ORDER BY {key} DESC"
    if postgres:
        return list(session.execute(text(sql), values).scalars().all())
    return [number for (number,) in session.driver.execute(sql, values).fetchall()]


def snippet(original: str, terms: tuple[str, ...], around: int = 24) -> Snippet:
    """The first match of the longest term with some text around it; without one the beginning."""
    folded = fold(original)
    for term in sorted(terms, key=len, reverse=True):
        at = folded.text.find(term)
        if at < 0:
            continue
        first, last = folded.places[at], folded.places[at + len(term) - 1] + 1
        start, end = max(first - around, 0), min(last + around, len(original))
        before = ("…" if start else "") + original[start:first]
        after = original[last:end] + ("…" if end < len(original) else "")
        return Snippet(_line(before), _line(original[first:last]), _line(after))
    return Snippet(_line(original[: 2 * around]) + ("…" if len(original) > 2 * around else ""), "", "")


def _match(runs: list[str]) -> str:
    """An FTS5 query: each run a phrase of its bigrams. Runs hold letters and digits only."""
    return " AND ".join('pairs : "' + " ".join(bigrams(run)) + '"' for run in runs)


def _tsquery(runs: list[str]) -> str:
    return " & ".join(f"'{pair}'" for run in runs for pair in bigrams(run))


def _on_postgres(session: StoreSession) -> bool:
    return session.get_bind().dialect.name == "postgresql"


def is_chinese(char: str) -> bool:
    """Written without spaces: a line break beside it is no word border."""
    return unicodedata.name(char, "").startswith(_CJK)


def _line(piece: str) -> str:
    return piece.replace("\n", " ")
