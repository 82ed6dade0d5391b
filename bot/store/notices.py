"""Notices: drafts, the audience that was chosen, and what became of them (receipts: store/receipts.py)."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct
from sqlalchemy import JSON, Column, literal
from sqlmodel import Field, col, delete, or_, select, update

from bot.messages import Role
from bot.rules.people import COMMITTEE_POSTS, Stage
from bot.rules.people import Post as PostKind
from bot.store import people, posts, prompts
from bot.store.core.columns import Moment, Row, Word, insert
from bot.store.core.statements import StoreSession
from bot.store.people import Account, Audience, Fact, GroupChat, Member, Unit, UnitKind
from bot.store.prompts import Prompt
from bot.store.receipts import NoticeReceipt

DRAFT_DAYS = 7
LONGEST = 3000
_ACTIONS = ("preview", "audience", "branches", "retext", "when", "typed")
_PROMPTS = (*(f"notices.{action}" for action in _ACTIONS), "receipts.manage", "receipts.confirm")


class NoticeState(StrEnum):
    """draft -> scheduled -> sent -> closed; or cancelled. A sent one has an outgoing message."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    SENT = "sent"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class Notice(Row, table=True):
    """A notice of a unit and whom it is for. `send_at` is the time asked for (None: as soon as allowed).
    A draft is kept 7 days, anything else `notice_months`."""

    id: int | None = Field(default=None, primary_key=True)
    unit_id: int = Field(foreign_key="unit.id", index=True)
    author_id: int = Field(foreign_key="member.id", index=True)
    text: str
    audience_label: str
    units: list[int] = Field(sa_column=Column(JSON, nullable=False))
    posts: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    stages: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    needs_confirm: bool = True
    in_groups: bool = False
    send_at: datetime | None = Field(default=None, sa_type=Moment)
    state: NoticeState = Field(default=NoticeState.DRAFT, sa_type=Word(NoticeState), index=True)
    made_at: datetime = Field(sa_type=Moment)
    sent_at: datetime | None = Field(default=None, sa_type=Moment)
    outgoing_id: int | None = Field(default=None, foreign_key="outgoing.id")
    chased_at: datetime | None = Field(default=None, sa_type=Moment)

    @property
    def audience(self) -> Audience:
        """The members addressed."""
        return Audience(tuple(self.units), posts=tuple(self.posts), stages=tuple(self.stages))

    @property
    def title(self) -> str:
        """The beginning of the first line, as it names the notice in lists and questions."""
        line = self.text.strip().splitlines()[0].strip()
        return line if len(line) <= 18 else line[:17] + "…"


class Choosable(Struct, frozen=True):
    """An audience that can be picked: `key` is the text that names it, `name` the unit's where it has one."""

    key: str
    name: str
    units: tuple[int, ...]
    posts: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()


class Reach(Struct, frozen=True):
    """How many members an audience has, and how many of them have no account (phone or paper)."""

    people: int
    without_account: int


_MEMBERS = (str(Stage.FULL_MEMBER), str(Stage.PROBATIONARY_MEMBER))


def choosable(session: StoreSession, unit_id: int) -> list[Choosable]:
    """The audiences inside a unit: everybody, kinds of members, posts, and each party group of a branch."""
    unit = people.unit(session, unit_id)
    here = (unit_id,)
    found = [
        Choosable("everybody", unit.name, here),
        Choosable("members", unit.name, here, stages=_MEMBERS),
        Choosable("full", unit.name, here, stages=(str(Stage.FULL_MEMBER),)),
        Choosable("committee", unit.name, here, posts=tuple(sorted(COMMITTEE_POSTS))),
        Choosable("leaders", unit.name, here, posts=(str(PostKind.GROUP_LEADER),)),
    ]
    if unit.kind is UnitKind.BRANCH:
        groups = _below(session, unit_id, UnitKind.GROUP)
        return found + [Choosable("group", group.name, (group.id or 0,)) for group in groups]
    secretaries = (str(PostKind.SECRETARY), str(PostKind.DEPUTY_SECRETARY))
    return [*found, Choosable("secretaries", unit.name, here, posts=secretaries)]


def branches(session: StoreSession, unit_id: int) -> list[Unit]:
    """The branches below a unit, by name; none for a branch itself."""
    return _below(session, unit_id, UnitKind.BRANCH)


def _below(session: StoreSession, unit_id: int, kind: UnitKind) -> list[Unit]:
    query = select(Unit).where(
        col(Unit.path).contains(f"/{unit_id}/"), col(Unit.kind) == kind, col(Unit.id) != unit_id
    )
    return list(session.exec(query.order_by(col(Unit.id))))


def reach(session: StoreSession, audience: Audience) -> Reach:
    """Count the audience."""
    everybody = people.count(session, audience)
    query = select(Member.id).join(Account, col(Account.member_id) == col(Member.id))
    with_account = session.exec(query.where(people.in_audience(audience)).distinct()).all()
    return Reach(everybody, everybody - len(with_account))


def chat_units(session: StoreSession, notice: Notice) -> tuple[int, ...]:
    """Units with a bound group chat whose people are all addressed; none for a narrowed audience (PI-6)."""
    if notice.posts or notice.stages:
        return ()
    within = or_(*(col(Unit.path).contains(f"/{unit}/") for unit in notice.units))
    query = select(GroupChat.unit_id).join(Unit, col(Unit.id) == col(GroupChat.unit_id)).where(within)
    return tuple(sorted(set(session.exec(query))))


def draft(
    session: StoreSession, unit_id: int, author_id: int, text: str, label: str, now: datetime
) -> Notice:
    """A new draft for everybody in the unit, with confirmation, to be sent at once."""
    made = Notice(
        unit_id=unit_id, author_id=author_id, text=text, audience_label=label, units=[unit_id], made_at=now
    )
    session.add(made)
    session.flush()
    return made


def find(session: StoreSession, notice_id: int) -> Notice | None:
    """The notice with this id."""
    return session.get(Notice, notice_id)


def in_charge(session: StoreSession, notice: Notice) -> list[int]:
    """Who says what becomes of a notice: whoever leads its unit now, and who wrote it while they still may."""
    author, unit_id = notice.author_id, notice.unit_id
    if people.may(session, author, Role.OFFICE, unit_id):
        return posts.reachable(session, [author])
    return posts.in_charge(session, unit_id, author)


def move(session: StoreSession, notice_id: int, before: NoticeState, after: NoticeState) -> bool:
    """Change the state, once: False when another device was faster."""
    done = session.changed(
        update(Notice)
        .where(col(Notice.id) == notice_id, col(Notice.state) == before)
        .values(state=after)
        .execution_options(synchronize_session=False)
    )
    session.expire_all()
    return done == 1


def address(session: StoreSession, notice: Notice) -> int:
    """Write down whom the notice goes to, as the audience is now; how many. Repeating changes nothing."""
    people_now = select(literal(notice.id), col(Member.id)).where(people.in_audience(notice.audience))
    statement = (
        insert(NoticeReceipt).from_select(["notice_id", "member_id"], people_now).on_conflict_do_nothing()
    )
    return session.changed(statement)


def of_units(session: StoreSession, units: list[int], most: int = 30) -> list[Notice]:
    """What these units have sent or will send at a set time, newest first."""
    query = select(Notice).where(col(Notice.unit_id).in_(units), col(Notice.state) != NoticeState.DRAFT)
    return list(session.exec(query.order_by(col(Notice.id).desc()).limit(most)))


def start_chase(session: StoreSession, notice_id: int, now: datetime) -> bool:
    """Take the one reminder that a notice has (FM-6); False when it is used up."""
    done = session.changed(
        update(Notice)
        .where(
            col(Notice.id) == notice_id,
            col(Notice.chased_at).is_(None),
            col(Notice.state) == NoticeState.SENT,
        )
        .values(chased_at=now)
        .execution_options(synchronize_session=False)
    )
    session.expire_all()
    return done == 1


def forget_old(session: StoreSession, now: datetime, months: int) -> None:
    """Nightly: drop drafts after 7 days, all else after `months`, with receipts and questions (PI-10)."""
    stale = (col(Notice.state) == NoticeState.DRAFT) & (
        col(Notice.made_at) < now - timedelta(days=DRAFT_DAYS)
    )
    old = col(Notice.made_at) < now - timedelta(days=31 * months)
    gone = [ident or 0 for ident in session.exec(select(Notice.id).where(or_(stale, old)))]
    for first in range(0, len(gone), 500):
        some = gone[first : first + 500]
        session.execute(delete(NoticeReceipt).where(col(NoticeReceipt.notice_id).in_(some)))
        prompts.forget(session, col(Prompt.route).in_(_PROMPTS), col(Prompt.subject).in_(some))
        session.execute(delete(Notice).where(col(Notice.id).in_(some)))


def waiting_for(session: StoreSession, member_id: int, most: int = 5) -> list[Notice]:
    """The open notices that this member has not confirmed, newest first."""
    query = (
        select(Notice)
        .join(NoticeReceipt, col(NoticeReceipt.notice_id) == col(Notice.id))
        .where(
            col(NoticeReceipt.member_id) == member_id,
            col(NoticeReceipt.confirmed_at).is_(None),
            col(Notice.needs_confirm),
            col(Notice.state) == NoticeState.SENT,
        )
    )
    return list(session.exec(query.order_by(col(Notice.id).desc()).limit(most)))


def received(session: StoreSession, member_id: int, most: int = 10) -> list[tuple[Notice, NoticeReceipt]]:
    """What was sent to this member and not taken back, newest first."""
    query = (
        select(Notice, NoticeReceipt)
        .join(NoticeReceipt, col(NoticeReceipt.notice_id) == col(Notice.id))
        .where(
            col(NoticeReceipt.member_id) == member_id,
            col(Notice.sent_at).is_not(None),
            col(Notice.state).in_([NoticeState.SENT, NoticeState.CLOSED]),
        )
    )
    return [(one, own) for one, own in session.exec(query.order_by(col(Notice.id).desc()).limit(most))]


def about_member(session: StoreSession, member_id: int) -> list[Fact]:
    """Every notice that was addressed to the member or written by them, with the times (PI-4)."""
    query = select(Notice, NoticeReceipt).join(NoticeReceipt, col(NoticeReceipt.notice_id) == col(Notice.id))
    received = query.where(col(NoticeReceipt.member_id) == member_id).order_by(col(Notice.id))
    facts = []
    for notice, receipt in session.exec(received):
        moment = receipt.confirmed_at or receipt.opened_at
        key = "confirmed" if receipt.confirmed_at else "opened" if receipt.opened_at else "silent"
        values: dict[str, object] = {
            "title": notice.title,
            "at": _minute(moment),
            "sent": _minute(notice.sent_at),
        }
        facts.append(Fact(f"receipts.fact_{key}", values))
    for notice in session.exec(
        select(Notice).where(col(Notice.author_id) == member_id).order_by(col(Notice.id))
    ):
        facts.append(Fact("notices.fact_written", {"title": notice.title, "at": _minute(notice.made_at)}))
    return facts


def _minute(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%d %H:%M") if moment else ""
