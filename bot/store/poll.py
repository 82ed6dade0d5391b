"""Plain group votes, motions of a meeting, and lists of short entries; all of them named, and said to be so."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct
from sqlalchemy import JSON, Column, bindparam, func
from sqlmodel import Field, col, delete, select

from bot.store import people
from bot.store.core import turns
from bot.store.core.columns import WITHOUT_ROWID, Moment, Row, Word, insert, table_of
from bot.store.core.statements import Hot, StoreSession
from bot.store.people import Audience, Fact, Member

if TYPE_CHECKING:
    from bot.store import voting


class PollKind(StrEnum):
    """A vote on options; a motion (yes, no, abstain; MD-3); or a list to which everybody adds one line."""

    VOTE = "vote"
    MOTION = "motion"
    ENTRIES = "entries"


class PollState(StrEnum):
    """draft -> open -> closed."""

    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"


class Poll(Row, table=True):
    """A question to a unit. `counts` (one number an option), `voters`, `due` and `present` (of people with a
    vote) are written at closing, so that the result outlives the names. Kept as long as the records of its
    unit."""

    id: int | None = Field(default=None, primary_key=True)
    unit_id: int = Field(foreign_key="unit.id", index=True)
    made_by: int = Field(foreign_key="member.id")
    meeting_id: int | None = Field(default=None, foreign_key="meeting.id", index=True)
    kind: PollKind = Field(default=PollKind.VOTE, sa_type=Word(PollKind))
    state: PollState = Field(default=PollState.DRAFT, sa_type=Word(PollState))
    title: str = ""
    options: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    multiple: bool = False
    in_group: bool = False
    in_private: bool = True
    made_at: datetime = Field(sa_type=Moment)
    closes_at: datetime | None = Field(default=None, sa_type=Moment)
    counts: list[int] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    voters: int = 0
    due: int = 0
    present: int | None = None


class PollVote(Row, table=True):
    """What a member chose (bit set of options) or wrote. No time is kept. Deleted with the notices' keeping
    time after the poll has closed; the counts stay."""

    __tablename__ = "poll_vote"
    __table_args__ = WITHOUT_ROWID

    poll_id: int = Field(foreign_key="poll.id", primary_key=True)
    member_id: int = Field(foreign_key="member.id", primary_key=True, index=True)
    choice: int = 0
    entry: str = ""


class Ballot(Struct, frozen=True):
    """The poll as the voting path needs it."""

    unit_id: int
    made_by: int
    meeting_id: int | None
    kind: PollKind
    state: PollState
    closes_at: datetime | None


class PollResult(Struct, frozen=True):
    """What the records show: counts, never names (RC-3)."""

    title: str
    options: tuple[tuple[str, int], ...]
    voters: int
    due: int = 0
    present: int | None = None
    motion: bool = False


_poll = table_of(Poll)
_BALLOT = Hot(
    select(*[_poll.c[name] for name in ("unit_id", "made_by", "meeting_id", "kind", "state", "closes_at")])
    .where(_poll.c.id == bindparam("poll_id"))
    .with_for_update(read=True)
)
"""Voters do not wait for each other; whoever closes the poll waits for them all, and they for whoever closes it."""
_VOTE = Hot(
    insert(PollVote)
    .values({name: bindparam(name) for name in ("poll_id", "member_id", "choice", "entry")})
    .on_conflict_do_update(
        index_elements=["poll_id", "member_id"],
        set_={"choice": bindparam("choice"), "entry": bindparam("entry")},
    )
)


def ballot(session: StoreSession, poll_id: int) -> Ballot | None:
    """The poll that is voted on; it stays as it is until this transaction ends. None when there is none."""
    row = session.one(_BALLOT, poll_id=poll_id)
    return None if row is None else Ballot(*row)


def vote(
    session: StoreSession, poll_id: int, member_id: int, options: tuple[int, ...] = (), entry: str = ""
) -> None:
    """Write a vote or an entry; a second one replaces the first."""
    session.run(
        _VOTE, poll_id=poll_id, member_id=member_id, choice=sum(1 << one for one in options), entry=entry
    )


def find(session: StoreSession, poll_id: int) -> Poll | None:
    """The poll with this id."""
    return session.get(Poll, poll_id)


def latest(
    session: StoreSession, units: list[int], states: tuple[PollState, ...], most: int = 20
) -> list[Poll]:
    """Polls of these units, newest first."""
    query = select(Poll).where(col(Poll.unit_id).in_(units), col(Poll.state).in_(states))
    return list(session.exec(query.order_by(col(Poll.id).desc()).limit(most)))


def asked(session: StoreSession, poll: Poll) -> list[Member]:
    """Whose answer is awaited: everybody of the unit; for a motion those with a vote who are due."""
    query = select(Member).where(people.in_audience(Audience((poll.unit_id,)))).order_by(col(Member.id))
    found = list(session.exec(query))
    base = _electorate(session, poll)
    return [one for one in found if base is None or one.id in base.due]


def votes(session: StoreSession, poll_id: int) -> list[tuple[str, int, str]]:
    """Who chose or wrote what: (name, bit set, entry), in the order of the roster."""
    query = (
        select(Member.name, PollVote.choice, PollVote.entry)
        .join(PollVote, col(PollVote.member_id) == col(Member.id))
        .where(col(PollVote.poll_id) == poll_id)
        .order_by(col(Member.id))
    )
    return list(session.exec(query))


def missing(session: StoreSession, poll: Poll) -> list[Member]:
    """Who has not answered; for a motion of a meeting with a sign-in only those who are there."""
    done, base = _answered(session, poll), _electorate(session, poll)
    here = base.present if base else None
    return [one for one in asked(session, poll) if one.id not in done and (here is None or one.id in here)]


def result(session: StoreSession, poll: Poll) -> PollResult:
    """The counts as they stand, or as they were written at closing."""
    if poll.state is PollState.CLOSED:
        counts, voters, due, present = poll.counts, poll.voters, poll.due, poll.present
    else:
        counts, voters = _count(session, poll)
        due, present = _base(session, poll)
    labels = tuple(zip(poll.options, counts, strict=True)) if poll.kind is not PollKind.ENTRIES else ()
    return PollResult(poll.title, labels, voters, due, present, poll.kind is PollKind.MOTION)


def hold(session: StoreSession, poll_id: int) -> Poll | None:
    """The poll as it is once everybody who votes at this moment has voted; nobody votes until this transaction ends."""
    return turns.hold(session, Poll, poll_id)


def close(session: StoreSession, poll: Poll) -> PollResult:
    """Write the result of a poll that is held; nobody can vote any more."""
    found = result(session, poll)
    poll.counts = [number for _, number in found.options]
    poll.voters, poll.due, poll.present = found.voters, found.due, found.present
    poll.state = PollState.CLOSED
    session.add(poll)
    return found


def of_meeting(session: StoreSession, meeting_id: int) -> list[PollResult]:
    """The closed polls of a meeting, for its records."""
    query = select(Poll).where(
        col(Poll.meeting_id) == meeting_id,
        col(Poll.state) == PollState.CLOSED,
        col(Poll.kind) != PollKind.ENTRIES,
    )
    return [result(session, poll) for poll in session.exec(query.order_by(col(Poll.id)))]


def about_member(session: StoreSession, member_id: int) -> list[Fact]:
    """What the member voted or wrote, for the member to see (PI-4)."""
    query = (
        select(Poll, PollVote)
        .join(PollVote, col(PollVote.poll_id) == col(Poll.id))
        .where(col(PollVote.member_id) == member_id)
        .order_by(col(Poll.id).desc())
    )
    return [
        Fact(
            "poll.fact", {"title": poll.title, "answer": cast.entry or " / ".join(chosen(poll, cast.choice))}
        )
        for poll, cast in session.exec(query)
    ]


def chosen(poll: Poll, choice: int) -> list[str]:
    """The labels of a bit set."""
    return [label for number, label in enumerate(poll.options) if choice >> number & 1]


def forget_old(session: StoreSession, before: datetime) -> None:
    """Nightly: drop the names behind polls that closed before this moment, and drafts nobody finished."""
    old = select(Poll.id).where(col(Poll.state) == PollState.CLOSED, col(Poll.closes_at) < before)
    session.execute(delete(PollVote).where(col(PollVote.poll_id).in_(old)))
    session.execute(delete(Poll).where(col(Poll.state) == PollState.DRAFT, col(Poll.made_at) < before))


def _count(session: StoreSession, poll: Poll) -> tuple[list[int], int]:
    query = (
        select(PollVote.choice, func.count())
        .where(col(PollVote.poll_id) == poll.id)
        .group_by(col(PollVote.choice))
    )
    rows = list(session.exec(query))
    counts = [
        sum(number for choice, number in rows if choice >> option & 1) for option in range(len(poll.options))
    ]
    return counts, sum(number for _, number in rows)


def _answered(session: StoreSession, poll: Poll) -> set[int]:
    return set(session.exec(select(PollVote.member_id).where(col(PollVote.poll_id) == poll.id)))


def _electorate(session: StoreSession, poll: Poll) -> voting.Base | None:
    """Who decides a motion; None for any other poll, which needs none of the tables of meetings."""
    if poll.kind is not PollKind.MOTION:
        return None
    from bot.store.voting import base

    return base(session, poll.unit_id, poll.meeting_id)


def _base(session: StoreSession, poll: Poll) -> tuple[int, int | None]:
    """How many are due and present; an exempt member who votes on a motion is one of those due."""
    found = _electorate(session, poll)
    if found is None:
        return len(asked(session, poll)), None
    present = None if found.present is None else len(found.present)
    return len(found.due | _answered(session, poll)), present


def group_key(poll: Poll) -> str:
    """The key of the question in the unit's groups."""
    return f"poll:{poll.id}:group"


def result_key(poll: Poll) -> str:
    """The key of the result there."""
    return f"poll:{poll.id}:result"
