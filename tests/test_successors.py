"""What a secretary began ends with whoever holds the post then: results of votes, quizzes and ratings."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import col, delete, select

from bot.clock import SHANGHAI
from bot.learning.quiz_bank import load_bank
from bot.messages import Message
from bot.rules.people import Post as PostKind
from bot.store import questions
from bot.store.core.statements import StoreSession
from bot.store.people import Account, Member, Post, Unit
from tests.support.cast import FERRY, FERRY_SECRETARY, MEMBERS, OFFICE, ORGANIZER, ROADS, SECRETARY
from tests.support.chat import Chat
from tests.support.shipped import ROOT
from tests.support.wording import says, sentence

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=SHANGHAI)
AFTER = NOW + timedelta(hours=1, minutes=1)
BANK = load_bank(ROOT / "content" / "quiz")


def posts_are(session: StoreSession, given: dict[str, PostKind]) -> None:
    """The posts of the roads branch's secretaries from now on."""
    unit = session.exec(select(Unit.id).where(col(Unit.name) == ROADS)).one() or 0
    kinds = (PostKind.SECRETARY, PostKind.DEPUTY_SECRETARY)
    session.execute(delete(Post).where(col(Post.unit_id) == unit, col(Post.kind).in_(kinds)))
    for name, kind in given.items():
        session.add(Post(member_id=ident(session, name), unit_id=unit, kind=kind))


def ident(session: StoreSession, name: str) -> int:
    return session.exec(select(Member.id).where(col(Member.name) == name)).one() or 0


def moves_away(session: StoreSession, name: str) -> None:
    """The member belongs to the ferry branch from now on."""
    member = session.get_one(Member, ident(session, name))
    member.branch_id = session.exec(select(Unit.id).where(col(Unit.name) == FERRY)).one() or 0
    session.add(member)


async def vote(chat: Chat, deadline: str = "poll.deadline_hour") -> None:
    """A vote that the secretary puts out, and one answer."""
    await chat.say(SECRETARY, "投票 周末植树去哪里")
    await chat.say(SECRETARY, "城南苗圃 / 江边公园")
    await chat.tap(SECRETARY, "poll.kind_single")
    await chat.tap(SECRETARY, deadline)
    await chat.tap(SECRETARY, "poll.where_private")
    await chat.tap(MEMBERS[0], "江边", (await chat.inbox(MEMBERS[0]))[-1])


def named(shown: list[Message]) -> bool:
    line = sentence("poll.named", label="江边公园", names=MEMBERS[0])
    return any(line in one.text for one in shown)


async def test_the_names_of_a_vote_go_to_the_successor_and_not_to_who_left(chat: Chat) -> None:
    await vote(chat)
    await chat.app.store.write(posts_are, {ORGANIZER: PostKind.SECRETARY})
    await chat.app.store.write(moves_away, SECRETARY)
    await chat.go_to(AFTER)
    assert named(await chat.inbox(ORGANIZER))
    assert not named(await chat.inbox(SECRETARY))


async def test_who_began_it_as_a_deputy_and_still_is_one_gets_the_names_beside_the_secretary(chat: Chat) -> None:
    await vote(chat)
    await chat.app.store.write(posts_are, {ORGANIZER: PostKind.SECRETARY, SECRETARY: PostKind.DEPUTY_SECRETARY})
    await chat.go_to(AFTER)
    assert named(await chat.inbox(ORGANIZER))
    assert named(await chat.inbox(SECRETARY))


async def test_without_a_secretary_who_can_be_reached_the_deputy_gets_the_names(chat: Chat) -> None:
    await vote(chat)
    await chat.app.store.write(posts_are, {ORGANIZER: PostKind.SECRETARY, MEMBERS[5]: PostKind.DEPUTY_SECRETARY})

    def lose_the_account(session: StoreSession) -> None:
        session.execute(delete(Account).where(col(Account.member_id) == ident(session, ORGANIZER)))

    await chat.app.store.write(lose_the_account)
    await chat.go_to(AFTER)
    assert named(await chat.inbox(MEMBERS[5]))
    assert not named(await chat.inbox(SECRETARY))


async def test_while_nobody_holds_the_post_the_names_wait_and_the_office_is_told(chat: Chat) -> None:
    await vote(chat)
    await chat.app.store.write(posts_are, {})
    await chat.go_to(AFTER)
    [told] = await chat.inbox(OFFICE)
    assert says(told.text, "poll.nobody_in_charge", unit=ROADS)
    assert MEMBERS[0] not in told.text
    for days in (1, 2):
        await chat.go_to(AFTER + timedelta(days=days))
    assert len(await chat.inbox(OFFICE)) == 1
    await chat.app.store.write(posts_are, {MEMBERS[4]: PostKind.SECRETARY})
    for days in (3, 4):
        await chat.go_to(AFTER + timedelta(days=days))
    assert sum(says(one.text, "poll.for_secretary") for one in await chat.inbox(MEMBERS[4])) == 1
    assert named(await chat.inbox(MEMBERS[4]))
    for who in (SECRETARY, OFFICE, FERRY_SECRETARY):
        assert not named(await chat.inbox(who))


async def test_what_waits_for_the_morning_goes_to_who_holds_the_post_then(chat: Chat) -> None:
    chat.clock.set(NOW.replace(hour=19, minute=30))
    await vote(chat)
    await chat.go_to(NOW.replace(hour=20, minute=31))
    assert not named(await chat.inbox(SECRETARY))
    await chat.app.store.write(posts_are, {ORGANIZER: PostKind.SECRETARY})
    await chat.go_to(NOW + timedelta(days=1))
    assert named(await chat.inbox(ORGANIZER))
    assert not named(await chat.inbox(SECRETARY))


async def test_the_counts_of_a_quiz_go_to_the_successor(chat: Chat) -> None:
    await chat.app.store.write(questions.import_questions, BANK, NOW)
    await chat.say(SECRETARY, "测验 1")
    await chat.tap(SECRETARY, "quiz.to_members")
    await chat.app.store.write(posts_are, {ORGANIZER: PostKind.SECRETARY})
    await chat.go_to(NOW + timedelta(minutes=31))
    assert says((await chat.inbox(ORGANIZER))[-1].text, "quiz.status", state=sentence("quiz.state_closed"))
    assert not any(says(one.text, "quiz.status") for one in await chat.inbox(SECRETARY))


async def test_a_quiz_of_a_unit_without_secretary_is_told_to_the_office(chat: Chat) -> None:
    await chat.app.store.write(questions.import_questions, BANK, NOW)
    await chat.say(SECRETARY, "测验 1")
    await chat.tap(SECRETARY, "quiz.to_members")
    await chat.app.store.write(posts_are, {})
    await chat.go_to(NOW + timedelta(minutes=31))
    assert says((await chat.inbox(OFFICE))[-1].text, "quiz.status", state=sentence("quiz.state_closed"))
