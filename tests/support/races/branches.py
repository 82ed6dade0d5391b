"""Branches in any number, each with the same posts and members of its own."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct
from sqlalchemy import func
from sqlmodel import insert, select

from bot.messages import Address
from bot.rules.people import Post as PostKind
from bot.rules.people import Stage
from bot.store import groups
from bot.store.core.statements import StoreSession
from bot.store.people import Account, Member, Post, Unit, UnitKind

PEOPLE: dict[str, tuple[PostKind, ...]] = {
    "书": (PostKind.SECRETARY,),
    "副": (PostKind.DEPUTY_SECRETARY,),
    "组": (PostKind.ORGANIZATION_COMMISSIONER,),
    "记": (PostKind.PUBLICITY_COMMISSIONER, PostKind.RECORDER),
    "纪": (PostKind.DISCIPLINE_COMMISSIONER,),
    "办": (PostKind.PARTY_OFFICE,),
    "甲": (),
    "乙": (),
    "丙": (),
    "丁": (),
    "戊": (),
}
"""Everybody of a branch by one character: the posts held."""


class Branch(Struct, frozen=True):
    """A branch: its id, the number that all its names carry, the ids of its people."""

    id: int
    number: int
    people: dict[str, int]

    @property
    def group(self) -> str:
        """Its group chat."""
        return f"g{self.number}"

    def account(self, who: str) -> str:
        """The account of one of its people in the local chat; the name is the same."""
        return f"{who}{self.number}"


def add_branches(session: StoreSession, number: int, now: datetime) -> list[Branch]:
    """So many new branches below a committee of their own."""
    committee = int(session.exec(select(func.max(Unit.id))).one() or 0) + 1
    top = Unit(id=committee, kind=UnitKind.COMMITTEE, name=f"委员会{committee}", path=f"/{committee}/")
    session.add(top)
    session.flush()
    first_unit = committee + 1
    first_member = int(session.exec(select(func.max(Member.id))).one() or 0) + 1
    branches, members, posts, accounts = [], [], [], []
    for at in range(number):
        unit, people = first_unit + at, {}
        for who, kinds in PEOPLE.items():
            ident = first_member + len(members)
            people[who] = ident
            members.append({"id": ident, "name": f"{who}{unit}", "branch_id": unit, "stage": Stage.FULL_MEMBER,
                            "voting_rights": True, "attendance_exempt": False})  # fmt: skip
            accounts.append({"channel": "local", "account": f"{who}{unit}", "member_id": ident,
                             "chat": f"{who}{unit}", "rank": 0, "bound_at": now})  # fmt: skip
            held_in = top.id if PostKind.PARTY_OFFICE in kinds else unit
            posts += [{"member_id": ident, "unit_id": held_in, "kind": kind} for kind in kinds]
        branches.append(Branch(unit, unit, people))
    rows = [{"id": one.id, "kind": UnitKind.BRANCH, "name": f"支部{one.number}", "parent_id": top.id,
             "path": f"{top.path}{one.id}/", "has_committee": True} for one in branches]  # fmt: skip
    for table, values in ((Unit, rows), (Member, members), (Post, posts), (Account, accounts)):
        session.execute(insert(table), values)
    for one in branches:
        groups.bind(session, Address("local", one.group, True), one.id, now)
    return branches
