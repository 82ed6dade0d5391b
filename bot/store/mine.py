"""What is stored about a member, requests to correct it, and leaving the bot."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import String, cast, func
from sqlmodel import Field, col, delete, literal, or_, select, update

from bot.rules.people import Post as PostKind
from bot.store import people, sessions
from bot.store.access import BindCode
from bot.store.audit import AuditEntry
from bot.store.core.columns import Moment, Row, Word
from bot.store.core.statements import StoreSession
from bot.store.delivery import Delivery, State
from bot.store.people import Account, Fact, Member, Person, Post, Unit
from bot.store.prompts import OpenPrompt


class RequestKind(StrEnum):
    """A wish about one's own data (PI-4), or a suggestion or complaint (FM-7)."""

    CORRECTION = "correction"
    SUGGESTION = "suggestion"


class RequestState(StrEnum):
    """open -> done | refused, by a person (PI-4, PI-5)."""

    OPEN = "open"
    DONE = "done"
    REFUSED = "refused"


class CorrectionRequest(Row, table=True):
    """A member's wish to have something corrected, deleted or explained (PI-4), or what they suggest or complain of
    (FM-7). Kept `notice_months` once answered."""

    __tablename__ = "correction_request"

    id: int | None = Field(default=None, primary_key=True)
    member_id: int = Field(foreign_key="member.id", index=True)
    text: str
    asked_at: datetime = Field(sa_type=Moment)
    due_on: date
    kind: RequestKind = Field(
        default=RequestKind.CORRECTION,
        sa_type=Word(RequestKind),
        sa_column_kwargs={"server_default": str(RequestKind.CORRECTION)},
    )
    state: RequestState = Field(default=RequestState.OPEN, sa_type=Word(RequestState))
    answer: str = ""
    answered_by: int | None = Field(default=None, foreign_key="member.id")
    answered_at: datetime | None = Field(default=None, sa_type=Moment)


def about_member(session: StoreSession, member_id: int) -> list[Fact]:
    """The roster's row, accounts, posts and correction requests of a member (PI-4)."""
    member = session.get(Member, member_id)
    if member is None:
        return []
    branch = people.unit(session, member.branch_id).name
    facts = [Fact("mine.fact_person", {"name": member.name, "branch": branch})]
    if member.group_id is not None:
        facts.append(Fact("mine.fact_group", {"group": people.unit(session, member.group_id).name}))
    facts.append(Fact(f"mine.fact_stage_{member.stage}", {}))
    if not member.voting_rights:
        facts.append(Fact("mine.fact_no_vote", {}))
    if member.attendance_exempt:
        facts.append(Fact("mine.fact_exempt", {}))
    facts.append(
        Fact("mine.fact_phone" if member.phone else "mine.fact_no_phone", {"phone": member.phone or ""})
    )
    return [
        *facts,
        *_posts(session, member_id),
        *_accounts(session, member_id),
        *_requests(session, member_id),
        *_traces(session, member_id),
    ]


def _posts(session: StoreSession, member_id: int) -> list[Fact]:
    query = select(Post.kind, Unit.name).join(Unit, col(Unit.id) == col(Post.unit_id))
    rows = session.exec(query.where(col(Post.member_id) == member_id).order_by(col(Post.unit_id)))
    return [Fact(f"mine.fact_post_{kind}", {"unit": name}) for kind, name in rows]


def _accounts(session: StoreSession, member_id: int) -> list[Fact]:
    rows = session.exec(
        select(Account).where(col(Account.member_id) == member_id).order_by(col(Account.rank) < 0, col(Account.rank))
    )
    return [
        Fact(
            "mine.fact_account",
            {"channel": row.channel, "account": row.account, "since": row.bound_at.date()},
        )
        for row in rows
    ]


def _requests(session: StoreSession, member_id: int) -> list[Fact]:
    query = select(CorrectionRequest).where(col(CorrectionRequest.member_id) == member_id)
    return [
        Fact(
            f"mine.fact_{row.kind}_{row.state}",
            {"at": row.asked_at.date(), "text": row.text, "answer": row.answer},
        )
        for row in session.exec(query.order_by(col(CorrectionRequest.id)))
    ]


def _traces(session: StoreSession, member_id: int) -> list[Fact]:
    sent = select(func.count()).select_from(Delivery).where(col(Delivery.member_id) == member_id)
    done = select(func.count()).select_from(AuditEntry).where(col(AuditEntry.member_id) == member_id)
    counts = {"messages": session.exec(sent).one(), "actions": session.exec(done).one()}
    return [Fact("mine.fact_traces", dict(counts))]


def request(
    session: StoreSession, member_id: int, kind: RequestKind, text: str, now: datetime, due_on: date
) -> int:
    """Note a request; its id."""
    row = CorrectionRequest(member_id=member_id, kind=kind, text=text, asked_at=now, due_on=due_on)
    session.add(row)
    session.flush()
    return row.id or 0


def find(session: StoreSession, request_id: int) -> CorrectionRequest | None:
    """The request with this id."""
    return session.get(CorrectionRequest, request_id)


def open_requests(session: StoreSession, member_id: int) -> int:
    """How many requests of a member wait for an answer."""
    query = select(CorrectionRequest.id).where(
        col(CorrectionRequest.member_id) == member_id, col(CorrectionRequest.state) == RequestState.OPEN
    )
    return len(session.exec(query).all())


def answer(
    session: StoreSession, request_id: int, state: RequestState, text: str, by: int, now: datetime
) -> bool:
    """Settle an open request; False when somebody was faster."""
    done = session.changed(
        update(CorrectionRequest)
        .where(col(CorrectionRequest.id) == request_id, col(CorrectionRequest.state) == RequestState.OPEN)
        .values(state=state, answer=text, answered_by=by, answered_at=now)
        .execution_options(synchronize_session=False)
    )
    session.expire_all()
    return done == 1


def secretaries(session: StoreSession, person: Person) -> tuple[int, ...]:
    """The secretaries of the person's branch, without the person."""
    kinds = (PostKind.SECRETARY, PostKind.DEPUTY_SECRETARY)
    here = col(Post.unit_id) == person.branch_id
    return _others(
        session, person, list(session.exec(select(Post.member_id).where(here, col(Post.kind).in_(kinds))))
    )


def office(session: StoreSession, person: Person) -> tuple[int, ...]:
    """Who holds the office above the person's branch, without the person."""
    above = people.unit(session, person.branch_id).line
    query = select(Post.member_id).where(
        col(Post.kind) == PostKind.PARTY_OFFICE, col(Post.unit_id).in_(above)
    )
    return _others(session, person, list(session.exec(query)))


def _others(session: StoreSession, person: Person, members: list[int]) -> tuple[int, ...]:
    return tuple(sorted(set(members) - {person.id}))


def leave(session: StoreSession, member_id: int) -> None:
    """Delete every account, web session, code and open question of a member, and take the chat ids out of
    what was sent (PI-10). The member's row and records stay."""
    accounts = select(Account).where(col(Account.member_id) == member_id)
    for account in list(session.exec(accounts)):
        if account.channel == "local":
            sessions.close_sessions(session, account.account)
        session.delete(account)
    session.flush()
    session.execute(delete(BindCode).where(col(BindCode.member_id) == member_id))
    forget_traces(session, member_id)
    open_rows = (col(Delivery.member_id) == member_id, col(Delivery.state) == State.QUEUED)
    session.execute(update(Delivery).where(*open_rows).values(state=State.CANCELLED))


def forget_traces(session: StoreSession, member_id: int) -> bool:
    """Take what names a member's chats out of questions and deliveries; False when they are bound again."""
    if session.exec(select(Account.account).where(col(Account.member_id) == member_id)).first() is not None:
        return False
    session.execute(delete(OpenPrompt).where(col(OpenPrompt.member_id) == member_id))
    gone = literal("gone:") + cast(col(Delivery.id), String)
    theirs = (
        col(Delivery.member_id) == member_id,
        ~col(Delivery.is_group),
        col(Delivery.state) != State.SENDING,
    )
    session.execute(
        update(Delivery)
        .where(*theirs)
        .values(chat=gone, message_id="")
        .execution_options(synchronize_session=False)
    )
    return True


def forget_old(session: StoreSession, now: datetime, months: int) -> None:
    """Nightly: drop requests that were answered more than `months` ago, and those of people who have left."""
    before = now - timedelta(days=31 * months)
    left = select(Member.id).where(col(Member.left_on) < before.date())
    over = or_(col(CorrectionRequest.answered_at) < before, col(CorrectionRequest.member_id).in_(left))
    session.execute(delete(CorrectionRequest).where(over))
