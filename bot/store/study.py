"""Study materials: approved, public, found by words; "read" is what members say (TD-6)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum

from msgspec import Struct
from sqlalchemy import JSON, Column, func
from sqlmodel import Field, col, delete, select

from bot.clock import SHANGHAI
from bot.store.core import search, turns
from bot.store.core.columns import WITHOUT_ROWID, Moment, Row, Word, insert
from bot.store.core.statements import StoreSession
from bot.store.meetings import Meeting
from bot.store.people import Audience, Fact, Member, Unit, in_audience


class MaterialState(StrEnum):
    """A retired material is neither found nor pushed."""

    APPROVED = "approved"
    RETIRED = "retired"


class Material(Row, table=True):
    """An approved public material. `targets` are names of units (none: everybody). It names only who
    answered for it (TD-6, SC-5); kept as long as records refer to it."""

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True)
    state: MaterialState = Field(default=MaterialState.APPROVED, sa_type=Word(MaterialState))
    title: str
    source: str
    url: str = ""
    approver: str
    cleared_by: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    statement: str = ""
    targets: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    keywords: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    markdown: str
    plain: str
    imported_at: datetime = Field(sa_type=Moment)


class MaterialPush(Row, table=True):
    """A material sent to a unit; a draft (not sent yet) has no `pushed_at`. Kept as long as month records."""

    __tablename__ = "material_push"

    id: int | None = Field(default=None, primary_key=True)
    material_id: int | None = Field(default=None, foreign_key="material.id")
    unit_id: int = Field(foreign_key="unit.id", index=True)
    meeting_id: int | None = Field(default=None, foreign_key="meeting.id")
    offered: list[int] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    made_by: int = Field(foreign_key="member.id")
    to_group: bool = False
    pushed_at: datetime | None = Field(default=None, sa_type=Moment)


class Reading(Row, table=True):
    """A member said that they have read a material. Deleted after `privacy.practice_days` (90) days."""

    __table_args__ = WITHOUT_ROWID

    material_id: int = Field(foreign_key="material.id", primary_key=True)
    member_id: int = Field(foreign_key="member.id", primary_key=True)
    read_at: datetime = Field(sa_type=Moment)


class NewMaterial(Struct, frozen=True):
    """A material file, checked (bot/learning/material.py)."""

    code: str
    title: str
    source: str
    url: str
    approver: str
    cleared_by: tuple[str, ...]
    statement: str
    targets: tuple[str, ...]
    keywords: tuple[str, ...]
    markdown: str
    plain: str


class Imported(Struct, frozen=True):
    """What an import did, in materials; `replaced` names those that have another text now, `others` those in use that
    the files do not hold."""

    added: int
    changed: int
    unchanged: int
    retired: int
    replaced: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


class MaterialLine(Struct, frozen=True):
    """A pushed material for the month record; `readers` is a count (FM-3: no appraisal input)."""

    title: str
    source: str
    readers: int
    pushed_on: date
    url: str


def import_materials(
    session: StoreSession, materials: Iterable[NewMaterial], now: datetime, *, retire_others: bool = False
) -> Imported:
    """Add the materials of the files to the store and the search index, by code. With `retire_others` those that the
    files do not hold are retired."""
    turns.take(session)
    known = {row.code: row for row in session.exec(select(Material))}
    added = unchanged = 0
    replaced: list[str] = []
    named: set[str] = set()
    for new in materials:
        named.add(new.code)
        row = known.get(new.code)
        if row is not None and row.state is MaterialState.APPROVED and _content(row) == _content(new):
            unchanged += 1
            continue
        added += row is None
        replaced += [new.title] if row is not None else []
        row = row or Material(code=new.code, title="", source="", approver="", markdown="", plain="", imported_at=now)
        for name, value in zip(_FIELDS, _content(new), strict=True):
            setattr(row, name, value)
        row.state, row.imported_at = MaterialState.APPROVED, now
        session.add(row)
        session.flush()
        _index(session, row)
    gone = [row for row in known.values() if row.code not in named and row.state is MaterialState.APPROVED]
    if retire_others:
        for row in gone:
            row.state = MaterialState.RETIRED
            session.add(row)
            search.remove(session, row.id or 0)
    session.flush()
    others = tuple(row.title for row in gone)
    return Imported(added, len(replaced), unchanged, len(gone) if retire_others else 0, tuple(replaced), others)


def rebuild_index(session: StoreSession) -> None:
    """Make the search index anew (after a backup was restored)."""
    for row in session.exec(select(Material).where(col(Material.state) == MaterialState.APPROVED)):
        _index(session, row)


def find(session: StoreSession, material_id: int) -> Material | None:
    """An approved material."""
    found = session.get(Material, material_id) if 0 < material_id < 2**31 else None
    return found if found is not None and found.state is MaterialState.APPROVED else None


def names_around(session: StoreSession, unit_id: int) -> set[str]:
    """The names of a unit and of everything above it: what `targets` may name for it."""
    unit = session.get(Unit, unit_id)
    ids = unit.line if unit else []
    return set(session.exec(select(Unit.name).where(col(Unit.id).in_(ids))))


def meant_for(material: Material, names: set[str]) -> bool:
    """True when the material is for everybody or for one of these units."""
    return not material.targets or bool(names.intersection(material.targets))


def matching(session: StoreSession, words: str, names: set[str]) -> list[Material]:
    """Approved materials for these units that hold every word, those with a word in the title first."""
    ids = search.find(session, words)
    terms = search.terms_of(words)
    rows = list(session.exec(select(Material).where(col(Material.id).in_(ids[:500]))))
    fitting = [row for row in rows if row.state is MaterialState.APPROVED and meant_for(row, names)]

    def rank(row: Material) -> tuple[bool, int]:
        title = search.fold(row.title).text
        return not any(term in title for term in terms), -(row.id or 0)

    return sorted(fitting, key=rank)


def newest(session: StoreSession, names: set[str], most: int) -> list[Material]:
    """The newest materials for these units."""
    query = select(Material).where(col(Material.state) == MaterialState.APPROVED)
    rows = session.exec(query.order_by(col(Material.imported_at).desc(), col(Material.id).desc()).limit(200))
    return [row for row in rows if meant_for(row, names)][:most]


def for_meeting(session: StoreSession, meeting_id: int) -> list[Material]:
    """The approved materials of a meeting, in its order."""
    meeting = session.get(Meeting, meeting_id)
    found = (find(session, ident) for ident in (meeting.materials if meeting else []))
    return [one for one in found if one is not None]


def mark_read(session: StoreSession, material_id: int, member_id: int, now: datetime) -> None:
    """The member says that they have read it."""
    values = {"material_id": material_id, "member_id": member_id, "read_at": now}
    session.execute(insert(Reading).values(values).on_conflict_do_nothing())


def has_read(session: StoreSession, material_id: int, member_id: int) -> bool:
    """What the member said; for the member's own eyes."""
    return session.get(Reading, (material_id, member_id)) is not None


def readers(session: StoreSession, material_id: int, unit_id: int) -> int:
    """How many of a unit said that they have read it; never who."""
    members = select(Member.id).where(in_audience(Audience(units=(unit_id,))))
    query = select(func.count()).select_from(Reading).where(col(Reading.material_id) == material_id)
    return session.exec(query.where(col(Reading.member_id).in_(members))).one()


def of_month(session: StoreSession, unit_id: int, year: int, month: int) -> list[MaterialLine]:
    """What was pushed to the unit in a month (Shanghai time), each material once."""
    first = datetime(year, month, 1, tzinfo=SHANGHAI)
    after = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=SHANGHAI)
    query = (
        select(MaterialPush)
        .where(col(MaterialPush.unit_id) == unit_id)
        .where(col(MaterialPush.pushed_at) >= first, col(MaterialPush.pushed_at) < after)
        .order_by(col(MaterialPush.pushed_at))
    )
    days: dict[int, date] = {}
    for push in session.exec(query):
        if push.material_id is not None and push.pushed_at is not None:
            days.setdefault(push.material_id, push.pushed_at.date())
    lines = []
    for ident, pushed_on in days.items():
        row = session.get_one(Material, ident)
        lines.append(MaterialLine(row.title, row.source, readers(session, ident, unit_id), pushed_on, row.url))
    return lines


def about_member(session: StoreSession, member_id: int) -> list[Fact]:
    """What is stored about the member's reading (PI-4)."""
    query = (
        select(Material.title)
        .join(Reading, col(Reading.material_id) == col(Material.id))
        .where(col(Reading.member_id) == member_id)
    )
    return [Fact("study.fact_read", {"title": title}) for title in session.exec(query.order_by(col(Material.id)))]


def forget_old(session: StoreSession, now: datetime, practice_days: int) -> None:
    """Nightly: drop readings after `practice_days` (PI-10) and drafts of pushes after a day."""
    session.execute(delete(Reading).where(col(Reading.read_at) < now - timedelta(days=practice_days)))
    session.execute(delete(MaterialPush).where(col(MaterialPush.pushed_at).is_(None)))


_FIELDS = (
    "title",
    "source",
    "url",
    "approver",
    "statement",
    "markdown",
    "plain",
    "cleared_by",
    "targets",
    "keywords",
)


def _content(one: Material | NewMaterial) -> tuple[object, ...]:
    values = (getattr(one, name) for name in _FIELDS)
    return tuple(list(value) if isinstance(value, tuple | list) else value for value in values)


def _index(session: StoreSession, row: Material) -> None:
    search.put(session, row.id or 0, f"{row.title}\n{row.plain}\n{' '.join(row.keywords)}")
