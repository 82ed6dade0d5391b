"""Published ratings: the office's review of three secretaries, and a branch's rating of its members. Every sheet was
sealed, cast and opened twice as on the day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import col, select

from bot.app import App
from bot.rules.people import Post as PostKind
from bot.rules.rating import sealing
from bot.rules.rating.sealing import Key
from bot.store import rating
from bot.store.core.statements import StoreSession
from bot.store.people import Post, Unit
from bot.store.rating import RatingRound, RoundKind, RoundMode, RoundState, Target
from tests.support.cast import (
    COMMITTEE,
    FERRY,
    FERRY_MEMBER,
    FERRY_SECRETARY,
    MEMBERS,
    OFFICE,
    ORGANIZER,
    ROADS,
    SECRETARY,
)  # fmt: skip
from tests.support.rating import approve_twice, bring_key, member_id, open_box

GRADES = (("好", "100"), ("较好", "80"), ("一般", "60"), ("差", "40"), ("弃权", None))
CLASSES = (("局领导", "40", 5), ("同级", "30", 24), ("代表", "30", 60))
SECOND_OFFICE = FERRY_MEMBER
REVIEW = "2026年度党支部书记述职评议"
MEMBER_RATING = "2026年度民主评议党员"
THIRD = "港航书记"
VOTES = {
    SECRETARY: ((3, 2), (15, 8, 1), (40, 15, 4, 0, 1)),
    FERRY_SECRETARY: ((4, 0, 1), (14, 10), (45, 10, 3, 1, 1)),
    THIRD: ((2, 1, 0, 0, 2), (10, 14), (30, 30)),
}
"""By class, how many gave each grade: the vector of DOMAIN 4.3, and somebody whom too few leaders could judge."""


async def publish_review(app: App) -> int:
    """The review of three secretaries by the committee; its number."""
    number, key = await close_review(app)
    assert await open_once(app, number, key, 0) is RoundState.CLOSED
    assert await open_once(app, number, key, 1) is RoundState.PUBLISHED
    return number


async def close_review(app: App) -> tuple[int, Key]:
    """The same, cast and closed, but not opened."""
    number, key = await app.store.write(_open_review, app, app.clock.now())
    await app.store.write(_cast, number, key, _review_sheets(), app.clock.now())
    await app.store.write(_close, number, app.clock.now())
    return number, key


async def open_once(app: App, number: int, key: Key, teller: int) -> RoundState:
    """One of the two tellers opens the box."""
    return await app.store.write(_open_box, number, key, teller, app.clock.now())


async def publish_member_rating(app: App) -> int:
    """The roads branch rates its members; its number. Every other mark is the first grade, the rest the second."""
    number, key = await app.store.write(_open_member_rating, app, app.clock.now())
    voters = await app.store.read(rating.voters, number)
    targets = await app.store.read(rating.targets, number)
    sheets = [[bytes([1 + (voter + target) % 2]) for target in range(len(targets))] for voter in range(len(voters))]
    await app.store.write(_cast, number, key, sheets, app.clock.now())
    await app.store.write(_close, number, app.clock.now())
    await open_once(app, number, key, 0)
    await open_once(app, number, key, 1)
    return number


def publish_named(session: StoreSession, app: App, now: datetime) -> int:
    """A named round of two classes with one voter each, two items and a target with weights of its own."""
    unit = session.exec(select(Unit.id).where(col(Unit.name) == ROADS)).one() or 0
    defaults = rating.defaults_of(app.library.content.ratings, app.settings.rating)
    secretary = member_id(session, SECRETARY)
    found = rating.new_round(session, unit, RoundKind.FREE, "项目评议", secretary, now.date(), defaults)
    rating.set_options(session, found, mode=RoundMode.NAMED, ranked=True)
    rating.set_roll(session, found, [])
    rating.set_classes(session, found, [("领导", "30"), ("同行", "70")])
    rating.set_items(session, found, [("成效", "1"), ("作风", "3")])
    rating.set_grades(session, found, [("好", "100"), ("一般", "60"), ("弃权", None)])
    rating.set_targets(session, found, [Target("甲项目", weights={"领导": "1", "同行": "1"}), Target("乙项目")])
    rating.set_roll(session, found, [(None, "李领导", "领导"), (None, "王同行", "同行")])
    approve_twice(session, found, now)
    rating.mark_present(session, found)
    number = found.id or 0
    for voter, marks in zip(rating.voters(session, number), (b"\2\1\2\2", b"\1\1\3\0"), strict=True):
        rating.cast_named(session, number, voter.id, marks, found.manifest_hash, now)
    assert rating.close(session, found, secretary, now) is RoundState.PUBLISHED
    return number


def _review_sheets() -> list[list[bytes]]:
    """One row a target, voters in the order of the classes."""
    sheets: list[list[bytes]] = []
    for index, (_, _, size) in enumerate(CLASSES):
        columns = [
            [mark for mark, count in enumerate(classes[index], 1) for _ in range(count)] for classes in VOTES.values()
        ]
        sheets += [[bytes([column[voter]]) for column in columns] for voter in range(size)]
    return sheets


def _open_review(session: StoreSession, app: App, now: datetime) -> tuple[int, Key]:
    unit = session.exec(select(Unit.id).where(col(Unit.name) == COMMITTEE)).one() or 0
    session.add(Post(member_id=member_id(session, SECOND_OFFICE), unit_id=unit, kind=PostKind.PARTY_OFFICE))
    session.flush()
    defaults = rating.defaults_of(app.library.content.ratings, app.settings.rating)
    kind, office = RoundKind.SECRETARY_REVIEW, member_id(session, OFFICE)
    found = rating.new_round(session, unit, kind, REVIEW, office, now.date(), defaults)
    rating.set_roll(session, found, [])
    rating.set_classes(session, found, [(name, weight) for name, weight, _ in CLASSES])
    rating.set_items(session, found, [("总体评价", "1")])
    rating.set_grades(session, found, GRADES)
    people = [(name, unit, member_id(session, name)) for name, unit in ((SECRETARY, ROADS), (FERRY_SECRETARY, FERRY))]
    rating.set_targets(session, found, [*(Target(*one) for one in people), Target(THIRD, "港航党支部")])
    roll = [(None, f"{name}{number}", name) for name, _, size in CLASSES for number in range(size)]
    rating.set_roll(session, found, roll)
    return _approved(session, found, (MEMBERS[0], MEMBERS[1]), (OFFICE, SECOND_OFFICE), now)


def _open_member_rating(session: StoreSession, app: App, now: datetime) -> tuple[int, Key]:
    unit = session.exec(select(Unit.id).where(col(Unit.name) == ROADS)).one() or 0
    defaults = rating.defaults_of(app.library.content.ratings, app.settings.rating)
    secretary = member_id(session, SECRETARY)
    found = rating.new_round(session, unit, RoundKind.MEMBER_RATING, MEMBER_RATING, secretary, now.date(), defaults)
    return _approved(session, found, (FERRY_SECRETARY, FERRY_MEMBER), (SECRETARY, ORGANIZER), now)


def _approved(
    session: StoreSession, found: RatingRound, tellers: tuple[str, str], approvers: tuple[str, str], now: datetime
) -> tuple[int, Key]:
    key, ids = sealing.make_key(), [member_id(session, name) for name in tellers]
    rating.set_tellers(session, found, ids)
    bring_key(session, found, ids[0], key, now)
    approve_twice(session, found, now, approvers)
    rating.mark_present(session, found)
    return found.id or 0, key


def _cast(session: StoreSession, number: int, key: Key, sheets: Sequence[Sequence[bytes]], now: datetime) -> None:
    found = session.get_one(RatingRound, number)
    for voter, rows in zip(rating.voters(session, number), sheets, strict=True):
        sealed = sealing.seal_sheet(key.public, bytes.fromhex(found.manifest_hash), rows)
        rating.cast(session, number, voter.id, sealed, found.manifest_hash, now)


def _close(session: StoreSession, number: int, now: datetime) -> None:
    found = session.get_one(RatingRound, number)
    rating.close(session, found, found.made_by, now)


def _open_box(session: StoreSession, number: int, key: Key, teller: int, now: datetime) -> RoundState:
    found = session.get_one(RatingRound, number)
    who = rating.tellers(session, number)[teller].member_id
    rating.put_opening(session, found, who, open_box(session, number, key), now)
    return found.state
