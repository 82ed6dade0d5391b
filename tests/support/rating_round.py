"""A rating round of the roads branch that is open: 25 secretaries with invented names, six items, five grades."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.app import App
from bot.rules.rating import sealing
from bot.store import rating
from bot.store.core.statements import StoreSession
from bot.store.rating import RoundMode, Target
from tests.support.cast import MEMBERS, ORGANIZER, SECRETARY
from tests.support.rating import GRADES, TELLERS, approve_twice, bring_key, draft, member_id

TITLE = "2026年度党组织书记抓基层党建述职评议"
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩"
ITEMS = ("总体评价", "政治理论学习", "组织生活（三会一课、主题党日）", "党员教育管理和发展", "查摆问题整改", "党建与交通业务融合")
CAPPED = (("优秀", "100"), ("合格", "80"), ("基本合格", "60"), ("不合格", "40"), ("弃权", None))
VOTERS = (SECRETARY, ORGANIZER, *MEMBERS)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a test wants of the round. The member `rated` stands on the sheet at place `MEMBER_AT` (no self-rating)."""

    mode: RoundMode = RoundMode.SEALED
    targets: int = 25
    items: tuple[str, ...] = ITEMS
    grades: tuple[tuple[str, str | None], ...] = GRADES
    per_speaker: bool = False
    cap: str = ""
    rated: str = ""
    slips: int = 0
    least: int = 5


@dataclass(frozen=True, slots=True)
class Round:
    """An open round: its number, the tellers' key, and the codes of its slips."""

    id: int
    key: sealing.Key
    codes: tuple[str, ...]

    @property
    def path(self) -> str:
        """The address of everybody's sheet."""
        return f"/rating/{self.id}"


MEMBER_AT = 6


async def open_round(app: App, plan: Plan | None = None) -> Round:
    """Set a round up, prove its key and approve it twice."""
    return await app.store.write(_open, app, plan or Plan(), app.clock.now())


def name_of(place: int) -> str:
    """The name of the target at a place of the sheet."""
    return SURNAMES[place] + ("杜鹃" if place % 2 else "海")


def _open(session: StoreSession, app: App, plan: Plan, now: datetime) -> Round:
    voters = {"党员": VOTERS}
    found = draft(session, app, now, items=plan.items, classes={"党员": 0}, members=voters, mode=plan.mode)
    rated = [Target(name_of(place), f"第{place + 1}养护站党支部") for place in range(plan.targets)]
    if plan.rated:
        rated[MEMBER_AT] = Target(plan.rated, "", member_id(session, plan.rated))
    rating.set_targets(session, found, rated)
    rating.set_grades(session, found, plan.grades)
    rating.set_options(session, found, title=TITLE, per_speaker=plan.per_speaker, cap=plan.cap, min_group=plan.least)
    codes = rating.add_slips(session, found, 0, plan.slips) if plan.slips else []
    rating.mark_present(session, found)
    key, teller = sealing.make_key(), member_id(session, TELLERS[0])
    bring_key(session, found, teller, key, now)
    approve_twice(session, found, now)
    return Round(found.id or 0, key, tuple(codes))
