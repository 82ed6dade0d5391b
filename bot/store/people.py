"""Units, members, posts, the platform accounts bound to members, and who an audience is."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import Column, ColumnElement, Integer, UniqueConstraint, and_, bindparam, exists, func, or_, true
from sqlmodel import Field, col, select

from bot.messages import Address, Role, Trouble
from bot.rules.people import COMMITTEE_POSTS, Stage
from bot.rules.people import Post as PostKind
from bot.store.core.columns import Moment, Row, Word, table_of
from bot.store.core.statements import Hot, StoreSession
from bot.store.sessions import WebSession


class UnitKind(StrEnum):
    """Committee -> general branch -> branch -> group (DOMAIN 0.4)."""

    COMMITTEE = "bureau_committee"
    GENERAL_BRANCH = "general_branch"
    BRANCH = "branch"
    GROUP = "group"


class Unit(Row, table=True):
    """A Party organization. `path` is `/1/4/17/`: the ids from the top down to this unit. Whether a branch has a
    committee follows from the posts in the roster (BS-5). Kept for good."""

    __table_args__ = (UniqueConstraint("parent_id", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    kind: UnitKind = Field(sa_type=Word(UnitKind))
    name: str
    parent_id: int | None = Field(default=None, foreign_key="unit.id")
    path: str = Field(default="", index=True)
    has_committee: bool = True

    @property
    def line(self) -> list[int]:
        """The ids from the top down to this unit."""
        return [int(part) for part in self.path.split("/") if part]


class Member(Row, table=True):
    """A person of a branch, with the fields that PI-3 allows and no others. Kept until the person has left
    and the archive no longer needs the row; the display name is unique within its branch."""

    __table_args__ = (UniqueConstraint("branch_id", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    name: str
    branch_id: int = Field(foreign_key="unit.id")
    group_id: int | None = Field(default=None, foreign_key="unit.id", index=True)
    stage: Stage = Field(sa_type=Word(Stage))
    voting_rights: bool = True
    attendance_exempt: bool = False
    phone: str | None = None
    left_on: date | None = None


class Post(Row, table=True):
    """A post that a member holds in a unit. Removed when the roster no longer names it."""

    member_id: int = Field(foreign_key="member.id", primary_key=True)
    unit_id: int = Field(foreign_key="unit.id", primary_key=True)
    kind: PostKind = Field(sa_type=Word(PostKind), primary_key=True)


class Account(Row, table=True):
    """A platform account of a member. Messages go to rank 0 first, then up; below 0 none goes (store/accounts.py).
    `used` counts the member's changes from one chat to another, no times. Deleted on unbinding (PI-10)."""

    channel: str = Field(primary_key=True)
    account: str = Field(primary_key=True)
    member_id: int = Field(foreign_key="member.id", index=True)
    chat: str
    rank: int = 0
    used: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default="0"))
    bound_at: datetime = Field(sa_type=Moment)


class GroupChat(Row, table=True):
    """A group chat of a platform that belongs to a unit. `topic` is the part of the chat in which it was bound ("": it
    has none). `trouble` says why the last message did not arrive, since `trouble_at` ("": it did). Kept until it is
    unbound."""

    channel: str = Field(primary_key=True)
    chat: str = Field(primary_key=True)
    unit_id: int = Field(foreign_key="unit.id", index=True)
    title: str = ""
    topic: str = ""
    trouble: Trouble = Field(default=Trouble.NONE, sa_type=Word(Trouble))
    trouble_at: datetime | None = Field(default=None, sa_type=Moment)
    bound_at: datetime = Field(sa_type=Moment)


class Person(Struct, frozen=True):
    """A bound member as handlers see one. `rank` is that of the account in which they speak."""

    id: int
    name: str
    branch_id: int
    group_id: int | None
    stage: Stage
    voting_rights: bool
    attendance_exempt: bool
    rank: int = 0


class Fact(Struct, frozen=True):
    """One thing that is stored about a member, for the member to see: a text key and its values (PI-4)."""

    key: str
    values: dict[str, object]


class Audience(Struct, frozen=True):
    """Who is addressed: everybody in `units` (each with all below it), narrowed by stages and posts where
    given, and/or the named `members`; or, with `chats`, the group chats of those units."""

    units: tuple[int, ...] = ()
    posts: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    members: tuple[int, ...] = ()
    chats: bool = False

    def to_json(self) -> dict[str, Any]:
        """A JSON-ready form; `Audience.from_json` restores it."""
        return {name: value for name, value in asdict(self).items() if value}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Audience:
        lists = {name: tuple(value) for name, value in data.items() if name != "chats"}
        return cls(**lists, chats=bool(data.get("chats")))


_unit = table_of(Unit)
_member = table_of(Member)
_account = table_of(Account)
_group_chat = table_of(GroupChat)

_PERSON = [
    _member.c[name]
    for name in ("id", "name", "branch_id", "group_id", "stage", "voting_rights", "attendance_exempt")
]
WHO = (
    select(*[*_PERSON, _account.c.rank])
    .join(_account, _account.c.member_id == _member.c.id)
    .where(
        _account.c.channel == bindparam("channel"),
        _account.c.account == bindparam("account"),
        _member.c.left_on.is_(None),
    )
)
_IDENTIFY = Hot(WHO)
_IDENTIFY_ALONE = Hot(WHO.with_for_update(of=_account, key_share=True))
_CHAT_UNIT = Hot(
    select(_group_chat.c.unit_id).where(
        _group_chat.c.channel == bindparam("channel"), _group_chat.c.chat == bindparam("chat")
    )
)

_post = table_of(Post)
_KINDS_HELD = Hot(select(_post.c.kind).where(_post.c.member_id == bindparam("member_id")))

_SECRETARIES = (PostKind.SECRETARY, PostKind.DEPUTY_SECRETARY)


def identify(session: StoreSession, channel: str, account: str, *, alone: bool = False) -> Person | None:
    """The member behind a platform account; None for an unknown account or one who has left. With `alone` what the same
    account sends to another process waits until this transaction ends."""
    row = session.one(_IDENTIFY_ALONE if alone else _IDENTIFY, channel=channel, account=account)
    return None if row is None else Person(*row)


def unit_of_chat(session: StoreSession, address: Address) -> int | None:
    """The unit that a group chat is bound to."""
    row = session.one(_CHAT_UNIT, channel=address.channel, chat=address.chat)
    return None if row is None else int(row[0])


def person(session: StoreSession, member_id: int) -> Person | None:
    """A member by id, unless they have left."""
    row = session.execute(
        select(*_PERSON).where(_member.c.id == member_id, _member.c.left_on.is_(None))
    ).first()
    return None if row is None else Person(*row)


def office_without_account(session: StoreSession) -> tuple[int, Person | None]:
    """How many members there are, and somebody of the Party office while nobody of it can come in: none has a platform
    account, nor a browser that is signed in (a link that was given out and never opened is neither)."""
    members = session.exec(select(func.count()).select_from(Member)).one()
    office = (
        select(Post.member_id).where(col(Post.kind) == PostKind.PARTY_OFFICE).order_by(col(Post.member_id))
    )
    ids = list(session.exec(office))
    signed_in = exists().where(col(WebSession.account) == col(Account.account))
    comes_in = select(Account.member_id).where(
        col(Account.member_id).in_(ids), (col(Account.channel) != "local") | signed_in
    )
    return int(members), person(session, ids[0]) if ids and session.exec(comes_in.limit(1)).first() is None else None


def units_led(session: StoreSession, member_id: int, role: Role) -> list[int]:
    """The units in which the member's posts give this role (OFFICE, SECRETARY or COMMITTEE), lowest id first."""
    query = (
        select(Post.unit_id).where(col(Post.member_id) == member_id).order_by(col(Post.unit_id)).distinct()
    )
    if role is Role.OFFICE:
        query = query.where(col(Post.kind) == PostKind.PARTY_OFFICE)
    elif role is Role.SECRETARY:
        query = query.where(col(Post.kind).in_(_SECRETARIES))
    elif role is Role.COMMITTEE:
        query = query.where(col(Post.kind).in_([*COMMITTEE_POSTS, PostKind.RECORDER]))
    else:
        raise ValueError(f"{role} is not given by a post")
    return list(session.exec(query))


def roles_of(session: StoreSession, member_id: int) -> set[Role]:
    """The roles that the member's posts give them somewhere. Every page asks, for its menu."""
    held = {kind for (kind,) in session.rows(_KINDS_HELD, member_id=member_id)}
    given = {
        Role.OFFICE: {PostKind.PARTY_OFFICE},
        Role.SECRETARY: set(_SECRETARIES),
        Role.COMMITTEE: {*COMMITTEE_POSTS, PostKind.RECORDER},
    }
    return {role for role, posts in given.items() if posts & held}


def may(session: StoreSession, member_id: int, role: Role, unit_id: int) -> bool:
    """True when a post gives the role in this unit or in one above it."""
    led = units_led(session, member_id, role)
    if not led:
        return False
    unit = session.get(Unit, unit_id)
    return unit is not None and any(f"/{above}/" in unit.path for above in led)


def belongs(session: StoreSession, person: Person, unit_id: int) -> bool:
    """True when the person's branch or group is this unit or lies below it."""
    if unit_id in (person.branch_id, person.group_id):
        return True
    branch = session.get(Unit, person.branch_id)
    return branch is not None and f"/{unit_id}/" in branch.path


def unit(session: StoreSession, unit_id: int) -> Unit:
    """The unit; raises LookupError when there is none."""
    found = session.get(Unit, unit_id)
    if found is None:
        raise LookupError(f"unit {unit_id}")
    return found


def branch_members(session: StoreSession, branch_id: int) -> list[Member]:
    """The members of a branch who have not left, by name."""
    query = select(Member).where(col(Member.branch_id) == branch_id, col(Member.left_on).is_(None))
    return list(session.exec(query.order_by(col(Member.id))))


def in_audience(audience: Audience) -> ColumnElement[bool]:
    """The WHERE clause on `member` for an audience (chats are addressed by `chats_of`)."""
    parts: list[ColumnElement[bool]] = []
    if audience.units:
        below = select(_unit.c.id).where(or_(*(_unit.c.path.contains(f"/{unit}/") for unit in audience.units)))
        within = or_(_member.c.branch_id.in_(below), _member.c.group_id.in_(below))
        narrowed: list[ColumnElement[bool]] = [within]
        if audience.stages:
            narrowed.append(_member.c.stage.in_([Stage(stage) for stage in audience.stages]))
        if audience.posts:
            kinds = [PostKind(post) for post in audience.posts]
            holders = select(_post.c.member_id).where(_post.c.kind.in_(kinds), _post.c.unit_id.in_(below))
            narrowed.append(_member.c.id.in_(holders))
        parts.append(and_(*narrowed))
    if audience.members:
        parts.append(_member.c.id.in_(audience.members))
    return and_(_member.c.left_on.is_(None), or_(*parts) if parts else ~true())


def count(session: StoreSession, audience: Audience) -> int:
    """How many members the audience has."""
    return int(session.exec(select(func.count()).select_from(Member).where(in_audience(audience))).one())


def chats_of(session: StoreSession, units: tuple[int, ...]) -> list[Address]:
    """The group chats bound to exactly these units."""
    query = select(GroupChat).where(col(GroupChat.unit_id).in_(units))
    return [Address(chat.channel, chat.chat, True) for chat in session.exec(query)]
