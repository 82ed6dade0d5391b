"""The named cast: a small bureau with two branches. Names are invented."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, select

from bot.messages import Address
from bot.store import binding, groups
from bot.store.core.statements import StoreSession
from bot.store.people import Member, Unit
from bot.store.roster import apply

COMMITTEE = "杜鹃市交通运输局党委"
ROADS = "公路养护党支部"
FERRY = "渡运党支部"


@dataclass(frozen=True, slots=True)
class Row:
    """One roster row; the name is also the key under which tests speak for the person."""

    name: str
    branch: str
    posts: tuple[str, ...] = ()
    stage: str = "full_member"
    group: str | None = None
    voting_rights: bool = True
    attendance_exempt: bool = False
    general_branch: str | None = None
    phone: str | None = None
    also: str | None = None


SECRETARY = "书记甲"
ORGANIZER = "组织委员乙"
PUBLICITY = "宣传委员丙"
DISCIPLINE = "纪检委员丁"
MEMBERS = ("党员一", "党员二", "党员三", "党员四", "党员五", "党员六")
PROBATIONARY = "预备党员七"
EXEMPT = "老党员八"
ACTIVIST = "积极分子九"
FERRY_SECRETARY = "渡口书记"
FERRY_MEMBER = "渡口党员"
OFFICE = "党建办十"

ROWS = (
    Row(SECRETARY, ROADS, ("secretary",)),
    Row(ORGANIZER, ROADS, ("organization_commissioner",)),
    Row(PUBLICITY, ROADS, ("publicity_commissioner", "recorder")),
    Row(DISCIPLINE, ROADS, ("discipline_commissioner",)),
    *(
        Row(name, ROADS, group="第一党小组" if number < 3 else "第二党小组")
        for number, name in enumerate(MEMBERS)
    ),
    Row(PROBATIONARY, ROADS, stage="probationary_member"),
    Row(EXEMPT, ROADS, attendance_exempt=True),
    Row(ACTIVIST, ROADS, stage="activist"),
    Row(FERRY_SECRETARY, FERRY, ("secretary",)),
    Row(FERRY_MEMBER, FERRY),
    Row(OFFICE, "机关党支部", ("party_office",)),
)


def enrol(session: StoreSession, now: datetime, channel: str = "local") -> None:
    """Put everybody on the roster, bind an account `<name>` for each, and bind the roads branch's group chat."""
    apply(session, COMMITTEE, ROWS)
    for member in session.exec(select(Member)):
        binding.bind(session, member.id or 0, channel, member.name, member.name, now)
    for unit in session.exec(select(Unit).where(col(Unit.name).in_([ROADS, FERRY]))):
        groups.bind(session, Address(channel, group_of(unit.name), True), unit.id or 0, now)


def group_of(branch: str) -> str:
    """The group chat of a branch."""
    return f"g:{branch}"
