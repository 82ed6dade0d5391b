"""What hundreds of people do in a minute, to two programs on one database: what was acknowledged counts, and each person's
last word, in a quiz the first."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlmodel import col, func, select

from bot.messages import Choice, Message
from bot.rules.rating import sealing
from bot.store import access, poll, prompts, quiz, rating
from bot.store.access import Attempt
from bot.store.attendance import register
from bot.store.core.statements import StoreSession
from bot.store.leave import Leave, LeaveState
from bot.store.people import Account
from bot.store.poll import Poll, PollState, PollVote
from bot.store.quiz import Quiz, QuizAnswer, QuizSlot, QuizState
from bot.store.rating import RatingRound
from bot.store.receipts import NoticeReceipt
from bot.store.sign_in import Attendance
from tests.support.databases import Databases
from tests.support.races import Arena, Round
from tests.support.races.members import code, held, left, polled
from tests.support.races.ratings import RoundMode, key, make, manifest
from tests.support.races.sending import _sent
from tests.support.shipped import START, shipped_settings
from tests.support.wording import says

PEOPLE = 200


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def arena(
    request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Arena]:
    folder = tmp_path_factory.mktemp("crowds")
    url = databases.make(str(request.param), folder / "azalea.db")
    opened = Arena.open(shipped_settings(url, folder))
    yield opened
    opened.close()
    databases.drop(url)


async def crowd(arena: Arena) -> tuple[Round, list[str]]:
    """A branch with many more members; everybody's account."""
    (r,) = await arena.rounds(1)
    names = [f"众{r.branch.number}x{at}" for at in range(PEOPLE)]
    await r.write(_more, r, names)
    return r, names


def _more(session: StoreSession, r: Round, names: list[str]) -> None:
    from bot.rules.people import Stage
    from bot.store.people import Member

    first = int(session.exec(select(func.max(Member.id))).one() or 0) + 1
    people = [{"id": first + at, "name": name, "branch_id": r.branch.id, "stage": Stage.FULL_MEMBER,
               "voting_rights": True, "attendance_exempt": False} for at, name in enumerate(names)]  # fmt: skip
    accounts = [{"channel": "local", "account": name, "member_id": first + at, "chat": name, "rank": 0, "bound_at": START}
                for at, name in enumerate(names)]  # fmt: skip
    session.execute(sa.insert(Member), people)
    session.execute(sa.insert(Account), accounts)


async def show(r: Round, route: str, subject: int, names: list[str]) -> int:
    """Everybody is shown a question; its id."""

    def shown(session: StoreSession) -> int:
        from bot.messages import Address
        from bot.store.prompts import Prompt

        found = session.execute(select(Prompt.id).filter_by(route=route, subject=subject)).scalar_one()
        ids = dict(
            session.exec(select(Account.account, Account.member_id).where(col(Account.account).in_(names))).all()
        )
        for name in names:
            prompts.show(session, Address("local", name), ids[name], found, START)
        return int(found)

    return await r.write(shown)


def tapped(r: Round, name: str, asked: int, option: int, via: int) -> asyncio.Future[Message]:
    """The tap is on its way; what is tapped later arrives later."""
    return asyncio.ensure_future(r.event("众", token=Choice.option(asked, option, "").token, via=via, account=name))


async def test_votes_while_the_poll_closes(arena: Arena) -> None:
    r, names = await crowd(arena)
    number = await polled(r)
    asked = await show(r, "poll.vote", number, names)
    await r.say("书", "投票情况")
    end = r.choice("书", "poll.end_now")
    votes = [tapped(r, name, asked, at % 3, at % 2) for at, name in enumerate(names[:100])]
    closing = asyncio.ensure_future(r.event("书", token=end.token, via=1))
    votes += [tapped(r, name, asked, at % 3, at % 2) for at, name in enumerate(names[100:])]
    said = [one.text for one in await asyncio.gather(*votes)]
    assert says((await closing).text, "poll.ended")
    noted = sum(says(one, "poll.noted") for one in said)
    assert noted + sum(says(one, "poll.over") for one in said) == PEOPLE
    kept, counted = await r.write(_votes, number)
    assert (noted, noted) == (kept, counted)


def _votes(session: StoreSession, number: int) -> tuple[int, int]:
    kept = session.exec(select(func.count()).select_from(PollVote).where(col(PollVote.poll_id) == number)).one()
    found = session.get_one(Poll, number)
    assert found.state is PollState.CLOSED
    assert sum(found.counts) == found.voters
    return int(kept), found.voters


async def test_the_last_of_two_votes_typed_at_once_counts(arena: Arena) -> None:
    r, names = await crowd(arena)
    number = await polled(r)
    await show(r, "poll.vote", number, names)
    said = []
    for at, name in enumerate(names):
        for typed in ("1", "2"):
            said.append(asyncio.ensure_future(r.event("众", typed, via=at % 2, account=name)))
    assert all(says(one.text, "poll.noted") for one in await asyncio.gather(*said))

    def chosen(session: StoreSession) -> Counter[int]:
        return Counter(session.exec(select(PollVote.choice).where(col(PollVote.poll_id) == number)))

    assert await r.write(chosen) == {2: PEOPLE}
    assert await r.write(lambda session: poll.result(session, session.get_one(Poll, number)).voters) == PEOPLE


async def test_the_first_of_two_answers_counts_and_all_that_were_noted(arena: Arena) -> None:
    r, names = await crowd(arena)
    await r.say("书", "测验 3")
    await r.tap("书", "quiz.to_members")
    number = await r.newest(Quiz)
    slot = await r.write(lambda session: session.exec(
        select(QuizSlot.id).where(col(QuizSlot.quiz_id) == number).order_by(col(QuizSlot.position))).first())  # fmt: skip
    asked = await show(r, "quiz.answer", slot or 0, names)
    answers = []
    for at, name in enumerate(names[:150]):
        answers += [tapped(r, name, asked, 0, at % 2), tapped(r, name, asked, 1, at % 2)]
    ending = asyncio.ensure_future(r.event("书", "测验 结束", via=1))
    late = [tapped(r, name, asked, 0, at % 2) for at, name in enumerate(names[150:])]
    said = [one.text for one in await asyncio.gather(*answers, *late)]
    await ending
    noted = sum(says(one, "quiz.noted") for one in said)

    def stored(session: StoreSession) -> tuple[int, int, int]:
        mine = col(QuizAnswer.slot_id) == slot
        kept = session.exec(select(func.count()).select_from(QuizAnswer).where(mine)).one()
        wrong = session.exec(
            select(func.count()).select_from(QuizAnswer).where(mine, col(QuizAnswer.points) < 100)
        ).one()
        assert session.get_one(Quiz, number).state is QuizState.CLOSED
        return int(kept), int(wrong), quiz.shares(session, session.get_one(Quiz, number))[0].answered

    assert await r.write(stored) == (noted, 0, noted)


async def test_signing_in_while_the_sign_in_closes(arena: Arena) -> None:
    r, names = await crowd(arena)
    meeting = await r.write(held, r.branch.id)
    typed = code(r, meeting)
    coming = [
        asyncio.ensure_future(r.event("众", f"签到 {typed}", via=at % 2, account=name)) for at, name in enumerate(names)
    ]
    coming.insert(150, asyncio.ensure_future(r.event("书", "签到 结束", via=1)))
    said = [one.text for one in await asyncio.gather(*coming)]
    done = sum(says(one, "sign_in.done") for one in said)

    def came(session: StoreSession) -> tuple[int, int]:
        signed = (col(Attendance.meeting_id) == meeting, col(Attendance.signed_in_at).is_not(None))
        rows = session.exec(select(func.count()).select_from(Attendance).where(*signed)).one()
        return int(rows), sum(one.signed_in_at is not None for one in register(session, meeting))

    assert await r.write(came) == (done, done)


async def test_everybody_confirms_twice(arena: Arena) -> None:
    r, names = await crowd(arena)
    number = await r.write(_sent, r)
    asked = await show(r, "receipts.confirm", number, names)
    both = [tapped(r, name, asked, 0, via) for name in names for via in (0, 1)]
    said = Counter(one.text for one in await asyncio.gather(*both))
    confirmed = (col(NoticeReceipt.notice_id) == number, col(NoticeReceipt.confirmed_at).is_not(None))
    kept = await r.write(
        lambda session: session.exec(select(func.count()).select_from(NoticeReceipt).where(*confirmed)).one()
    )
    assert kept == PEOPLE
    assert sum(count for one, count in said.items() if says(one, "receipts.thanks_again")) == PEOPLE


async def test_one_code_binds_one_account_of_many(arena: Arena) -> None:
    (r,) = await arena.rounds(1)
    typed = (await r.say("书", f"绑定码 {r.branch.account('甲')}")).rpartition("：")[2].strip()
    many = [r.event("众", f"同意绑定 {typed}", via=at % 2, account=f"new{r.branch.number}-{at}") for at in range(60)]
    said = [one.text for one in await asyncio.gather(*many)]
    assert sum(says(one, "binding.bound") for one in said) == 1
    of_member = col(Account.member_id) == r.branch.people["甲"]
    assert len(await r.write(lambda session: list(session.exec(select(Account).where(of_member))))) == 2


async def test_every_wrong_code_is_counted_once(arena: Arena) -> None:
    (r,) = await arena.rounds(1)
    many = [r.write(access.wrong_code, "bind", f"guess{r.branch.number}", START, via=at % 2) for at in range(60)]
    assert sorted(await asyncio.gather(*many)) == list(range(1, 61))
    who = col(Attempt.who) == f"guess{r.branch.number}"
    assert await r.write(lambda session: list(session.exec(select(Attempt.tries).where(who)))) == [60]


async def test_sign_in_codes_are_looked_at_as_often_as_is_allowed(arena: Arena) -> None:
    r, _ = await crowd(arena)
    meeting = await r.write(held, r.branch.id)
    wrong = f"{(int(code(r, meeting)) + 1) % 10_000:04}"
    many = [r.say("甲", f"签到 {wrong}", via=at % 2) for at in range(40)]
    assert Counter(says(one, "sign_in.wrong") for one in await asyncio.gather(*many)) == {True: 10, False: 30}


async def test_leaves_are_withdrawn_while_they_are_decided(arena: Arena) -> None:
    rounds = await arena.rounds(40)
    asked = await asyncio.gather(*(left(one) for one in rounds))
    decided = [one.pick("书", number, 0, via=1) for one, number in zip(rounds, asked, strict=True)]
    said = await asyncio.gather(*(one.say("甲", "撤回请假") for one in rounds), *decided)
    withdrawn = sum(says(one, "leave.withdrawn") for one in said)
    approved = sum(says(one, "leave.you_approved") for one in said)
    ids = [one.branch.people["甲"] for one in rounds]

    def states(session: StoreSession) -> Counter[LeaveState]:
        return Counter(session.exec(select(Leave.state).where(col(Leave.member_id).in_(ids))))

    assert await rounds[0].write(states) == Counter({LeaveState.WITHDRAWN: withdrawn, LeaveState.APPROVED: approved})
    assert withdrawn + approved == len(rounds)


@pytest.mark.parametrize("mode", [RoundMode.SEALED, RoundMode.NAMED])
async def test_sheets_that_are_cast_while_the_rating_closes(arena: Arena, mode: RoundMode) -> None:
    (r,) = await arena.rounds(1)
    number = await r.write(_large, r, mode)
    hashed, voters = await r.write(manifest, number), await r.write(_voter_ids, number)
    cast = rating.cast if mode is RoundMode.SEALED else rating.cast_named
    sheet = (
        b"\1\2" if mode is RoundMode.NAMED else sealing.seal_sheet(key().public, bytes.fromhex(hashed), [b"\1", b"\2"])
    )

    async def one(voter: int, via: int) -> str:
        try:
            await r.write(cast, number, voter, sheet, hashed, START, via=via)
        except rating.RatingError as error:
            return error.key.rpartition(".")[2]
        return ""

    def close(session: StoreSession) -> None:
        rating.close(session, session.get_one(RatingRound, number), r.branch.people["书"], START)

    casting = [asyncio.ensure_future(one(voter, at % 2)) for at, voter in enumerate(voters)]
    casting += [asyncio.ensure_future(one(voter, (at + 1) % 2)) for at, voter in enumerate(voters[:50])]
    closing = asyncio.ensure_future(r.write(close, via=1))
    casting += [asyncio.ensure_future(one(voter, at % 2)) for at, voter in enumerate(voters[:50])]
    done = await asyncio.gather(*casting)
    await closing
    assert set(done) <= {"", "state_closed", "state_published"}
    kept = {voter for voter, why in zip([*voters, *voters[:50], *voters[:50]], done, strict=True) if not why}
    assert await r.write(lambda session: sum(session.get_one(RatingRound, number).cast)) == len(kept)


def _large(session: StoreSession, r: Round, mode: RoundMode) -> int:
    """The same rating with many more voters."""
    number = make(session, r, 0, mode)
    found = session.get_one(RatingRound, number)
    for at in range(90):
        rating.add_voter(session, found, None, f"众{at}", at % 2)
    if mode is RoundMode.SEALED:
        teller = r.branch.people["组"]
        rating.put_key(session, found, sealing.b64u(key().public), teller, START)
        rating.prove_key(
            session, found, teller, sealing.open_test(key(), rating.test_envelope(session, found, teller)), START
        )
    for who in "书组":
        rating.approve(session, found, r.branch.people[who], START)
    rating.mark_present(session, found)
    return number


def _voter_ids(session: StoreSession, number: int) -> list[int]:
    return [one.id for one in rating.voters(session, number)]
