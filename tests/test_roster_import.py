"""Importing rosters into the store: namesakes, transfers, posts above the branch, committees."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from bot.learning.material import load_materials
from bot.learning.quiz_bank import load_bank
from bot.messages import Role
from bot.roster import RosterWords, load_roster_words, read_roster
from bot.store import binding, leave, people, questions, study
from bot.store.core.engine import Store, open_store, run_sync
from bot.store.core.schema import bring_up_to_date
from bot.store.core.statements import StoreSession
from bot.store.people import Account, Member, Post, Unit, UnitKind
from bot.store.roster import FIELDS, Applied, Loss, Move, apply
from bot.store.roster_units import Answers, Doubt, Reform, UnitsUnclear
from tests.support.cast import FERRY_SECRETARY, SECRETARY
from tests.support.chat import Chat
from tests.support.shipped import shipped_content
from tests.support.wording import says, sentence

CONTENT = Path(__file__).parent.parent / "content"
COMMITTEE = "杜鹃市交通运输局党委"
NOW = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
HEADER = "姓名,党总支,党支部,党员类型,党内职务,工号\n"


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = open_store(store_url)
    bring_up_to_date(opened.engine)
    yield opened
    opened.close()


class Office:
    """Imports CSV files: one line is `name,general branch,branch,stage,posts,number`."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store = store
        self.path = folder / "roster.csv"
        self.words: RosterWords = load_roster_words(CONTENT / "roster.toml", shipped_content().marks)

    async def imports(
        self,
        *lines: str,
        header: str = HEADER,
        left_on: date | None = None,
        committee: str = COMMITTEE,
        renamed: Mapping[str, str] | None = None,
        new: Collection[str] = (),
    ) -> Applied:
        self.path.write_text("\n".join((header.strip(), *lines)), encoding="utf-8")
        roster = read_roster(self.path, self.words)
        assert not roster.has_errors, roster.errors
        return await self.store.write(
            apply, committee, roster.rows, left_on=left_on, given=roster.given & FIELDS,
            answers=Answers(renamed or {}, new),
        )  # fmt: skip

    async def people(self) -> dict[int, tuple[str, str]]:
        """Name and branch of everybody who has not left, by id."""
        return await self.store.read(_people)


@pytest.fixture
def office(store: Store, tmp_path: Path) -> Office:
    return Office(store, tmp_path)


def _people(session: StoreSession) -> dict[int, tuple[str, str]]:
    query = select(Member, Unit.name).join(Unit, col(Unit.id) == col(Member.branch_id))
    return {m.id or 0: (m.name, unit) for m, unit in session.exec(query.where(col(Member.left_on).is_(None)))}


def _bind(session: StoreSession, name: str) -> int:
    member = session.exec(select(Member).where(Member.name == name)).one()
    binding.bind(session, member.id or 0, "local", name, name, NOW)
    return member.id or 0


def _accounts(session: StoreSession) -> list[int]:
    return list(session.exec(select(Account.member_id)))


async def test_namesakes_with_numbers_are_kept_apart_and_stay_so(office: Office) -> None:
    rows = ("张伟,,甲支部,正式党员,,001", "张伟,,甲支部,正式党员,,002")
    assert (await office.imports(*rows)).added == 2
    before = await office.people()
    assert sorted(before.values()) == [("张伟（001）", "甲支部"), ("张伟（002）", "甲支部")]
    again = await office.imports(*reversed(rows))
    assert (again.added, again.unchanged, again.missing) == (0, 2, ())
    one_left = await office.imports(rows[1], left_on=date(2026, 11, 2))
    assert (one_left.added, one_left.unchanged, one_left.missing) == (0, 1, ("张伟（001）",))
    kept = await office.people()
    assert list(kept.values()) == [("张伟（002）", "甲支部")]
    assert kept.items() <= before.items()
    back = await office.imports(*rows)
    assert (back.added, back.missing) == (0, ())
    assert await office.people() == before


async def test_a_name_that_two_now_share_is_not_given_to_either(office: Office) -> None:
    await office.imports("张伟,,甲支部,正式党员,,001")
    shared = await office.imports("张伟,,甲支部,正式党员,,001", "张伟,,甲支部,正式党员,,002")
    assert (shared.added, shared.missing) == (2, ("张伟",))
    assert shared.unsure == ("张伟（001）", "张伟（002）")


async def test_a_transferred_person_keeps_account_and_row(office: Office) -> None:
    await office.imports("林海棠,,甲支部,正式党员,组织委员,", "叶银杏,,甲支部,正式党员,,", "花水杉,,乙支部,正式党员,,")
    moving = await office.store.write(_bind, "林海棠")
    moved = await office.imports(
        "林海棠,,乙支部,正式党员,书记,", "叶银杏,,甲支部,正式党员,,", "花水杉,,乙支部,正式党员,,",
        left_on=date(2026, 11, 2),
    )  # fmt: skip
    assert moved.moved == (Move("林海棠", "甲支部", "乙支部"),)
    assert (moved.added, moved.updated, moved.unchanged, moved.missing) == (0, 0, 2, ())
    assert (await office.people())[moving] == ("林海棠", "乙支部")
    assert await office.store.read(_accounts) == [moving]
    assert await office.store.read(_posts_of, moving) == [("乙支部", "secretary")]


def _posts_of(session: StoreSession, member: int) -> list[tuple[str, str]]:
    query = select(Unit.name, Post.kind).join(Post, col(Post.unit_id) == col(Unit.id))
    return sorted((name, str(kind)) for name, kind in session.exec(query.where(Post.member_id == member)))


async def test_a_transfer_from_a_branch_outside_the_file_needs_a_unique_name(office: Office) -> None:
    await office.imports("林海棠,,甲支部,正式党员,,", "叶银杏,,甲支部,正式党员,,", "叶银杏,,丙支部,正式党员,,")
    moved = await office.imports("林海棠,,乙支部,正式党员,,", "叶银杏,,乙支部,正式党员,,", new=["乙支部"])
    assert moved.moved == (Move("林海棠", "甲支部", "乙支部"),)
    assert (moved.added, moved.unsure) == (1, ("叶银杏",))


async def test_two_rows_never_share_one_transferred_person(office: Office) -> None:
    await office.imports("林海棠,,甲支部,正式党员,,", "叶银杏,,甲支部,正式党员,,")
    unsure = await office.imports(
        "林海棠,,乙支部,正式党员,,", "林海棠,,丙支部,正式党员,,", "叶银杏,,甲支部,正式党员,,",
        new=["乙支部", "丙支部"],
    )  # fmt: skip
    assert (unsure.added, unsure.moved, unsure.missing) == (2, (), ("林海棠",))
    assert unsure.unsure == ("林海棠", "林海棠")


async def test_a_namesake_who_moves_takes_the_number_to_tell(office: Office) -> None:
    await office.imports("张伟,,甲支部,正式党员,,001", "张伟,,甲支部,正式党员,,002", "林海棠,,乙支部,正式党员,,")
    before = await office.people()
    moved = await office.imports(
        "张伟,,甲支部,正式党员,,001", "张伟,,乙支部,正式党员,,002", "林海棠,,乙支部,正式党员,,"
    )
    assert moved.moved == (Move("张伟", "甲支部", "乙支部"),)
    after = await office.people()
    second = next(number for number, who in before.items() if who[0] == "张伟（002）")
    assert after[second] == ("张伟", "乙支部")
    assert after.keys() == before.keys()


async def test_the_secretary_of_a_general_branch_leads_it_and_is_asked_by_its_secretaries(office: Office) -> None:
    rows = (
        "林海棠,公路总支,甲支部,正式党员,党总支书记,",
        "叶银杏,公路总支,乙支部,正式党员,书记,",
        "花水杉,,机关支部,正式党员,党建办,",
        "柳丁香,,机关支部,正式党员,书记,",
    )
    await office.imports(*rows)
    general, secretary, staff, other = [await office.store.write(_bind, row.split(",")[0]) for row in rows]
    assert await office.store.read(_posts_of, general) == [("公路总支", "secretary")]
    units = await office.store.read(_units)
    assert await office.store.read(people.units_led, general, Role.SECRETARY) == [units["公路总支"]]
    assert await office.store.read(people.may, general, Role.SECRETARY, units["乙支部"])
    assert not await office.store.read(people.may, general, Role.SECRETARY, units["机关支部"])
    assert await office.store.read(leave.approvers, units["乙支部"], secretary) == [general]
    assert await office.store.read(leave.approvers, units["机关支部"], other) == [staff]
    again = await office.imports(*rows)
    assert (again.updated, again.unchanged) == (0, 4)


async def test_a_committee_member_of_a_general_branch_sits_there_and_not_on_the_branch(office: Office) -> None:
    await office.imports(
        "林海棠,公路总支,甲支部,正式党员,党总支委员,", "叶银杏,公路总支,甲支部,正式党员,书记、总支委员,"
    )
    member, both = [await office.store.write(_bind, name) for name in ("林海棠", "叶银杏")]
    assert await office.store.read(_posts_of, member) == [("公路总支", "committee_member")]
    assert sorted(await office.store.read(_posts_of, both)) == [
        ("公路总支", "committee_member"),
        ("甲支部", "secretary"),
    ]
    assert await office.store.read(people.units_led, member, Role.SECRETARY) == []
    assert await office.store.read(_with_committee) == set()


def _units(session: StoreSession) -> dict[str, int]:
    return {unit.name: unit.id or 0 for unit in session.exec(select(Unit))}


def _with_committee(session: StoreSession) -> set[str]:
    return {u.name for u in session.exec(select(Unit)) if u.kind is UnitKind.BRANCH and u.has_committee}


async def test_a_branch_has_a_committee_while_somebody_sits_on_it(office: Office) -> None:
    rest = (
        "叶银杏,,甲支部,正式党员,纪检委员,",
        "花水杉,,乙支部,正式党员,书记,",
        "柳丁香,,乙支部,正式党员,副书记、记录员,",
    )
    await office.imports("林海棠,,甲支部,正式党员,书记,", *rest)
    assert await office.store.read(_with_committee) == {"甲支部"}
    await office.imports("林海棠,,甲支部,正式党员,书记,", "叶银杏,,甲支部,正式党员,,", *rest[1:2])
    assert await office.store.read(_with_committee) == set()
    await office.imports("花水杉,,乙支部,正式党员,书记,", "柳丁香,,乙支部,正式党员,支部委员,")
    assert await office.store.read(_with_committee) == {"乙支部"}


async def test_a_branch_without_a_committee_is_not_asked_for_its_meeting(chat: Chat) -> None:
    small = await chat.say(FERRY_SECRETARY, "本月")
    large = await chat.say(SECRETARY, "本月")
    committee_meeting = sentence("documents.kind.committee_meeting")
    assert committee_meeting not in small
    assert says(small, "records.summary_missing")
    assert committee_meeting in large


FULL = "姓名,党总支,党支部,党小组,党员类型,党内职务,手机号,有无表决权,免考勤\n"
PEOPLE = (
    "林海棠,公路总支,甲支部,一组,正式党员,书记、党建办,13800001111,,",
    "叶银杏,公路总支,甲支部,一组,正式党员,组长,13800002222,无,",
    "花水杉,公路总支,乙支部,二组,正式党员,书记,13800003333,,是",
)


def _state(session: StoreSession) -> list[tuple[object, ...]]:
    """Everything that a roster may change, person by person, and the tree."""
    units = {unit.id: unit.name for unit in session.exec(select(Unit))}
    people_now: list[tuple[object, ...]] = [
        (one.name, units[one.branch_id], units.get(one.group_id), one.stage, one.phone, one.voting_rights,
         one.attendance_exempt, tuple(_posts_of(session, one.id or 0)), one.left_on)
        for one in session.exec(select(Member).order_by(col(Member.id)))
    ]  # fmt: skip
    tree = sorted((unit.name, units.get(unit.parent_id), unit.path) for unit in session.exec(select(Unit)))
    return [*people_now, *tree]


async def test_what_a_file_has_no_column_for_stays(office: Office) -> None:
    await office.imports(*PEOPLE, header=FULL)
    before = await office.store.read(_state)
    bare = await office.imports(
        "林海棠,甲支部,正式党员", "叶银杏,甲支部,正式党员", "花水杉,乙支部,正式党员", header="姓名,所属支部,人员类别",
    )  # fmt: skip
    assert (bare.added, bare.updated, bare.unchanged, bare.losses, bare.units) == (0, 0, 3, (), ())
    assert await office.store.read(_state) == before


@pytest.mark.parametrize(
    "columns", [",,,,", ",科长,,,", ",,13800009999,,"], ids=["empty", "office_titles", "one_phone"]
)
async def test_an_empty_column_and_one_of_office_titles_say_nothing(office: Office, columns: str) -> None:
    await office.imports(*PEOPLE, header=FULL)
    group, title, phone, vote, exempt = columns.split(",")
    line = f"{{}},{{}},{group},正式党员,{title},{phone},{vote},{exempt}"
    again = await office.imports(
        line.format("林海棠", "甲支部"), line.format("花水杉", "乙支部"), line.format("叶银杏", "甲支部"),
        header="姓名,党支部,党小组,党员类型,职务,手机号,有无表决权,免考勤",
    )  # fmt: skip
    assert again.losses == ()
    assert await office.store.read(_posts_of, 1) == [(COMMITTEE, "party_office"), ("甲支部", "secretary")]
    assert (await office.store.read(_state))[2][2] == "二组"


async def test_every_loss_is_listed_by_name(office: Office) -> None:
    await office.imports(*PEOPLE, header=FULL)
    changed = await office.imports(
        "林海棠,公路总支,甲支部,一组,正式党员,党建办,13800001111,,", "叶银杏,公路总支,甲支部,,预备党员,,,,",
        "花水杉,公路总支,乙支部,二组,正式党员,书记,13800003333,无,否", header=FULL,
    )  # fmt: skip
    assert set(changed.losses) == {
        Loss("林海棠", "甲支部", "post", "secretary", "甲支部"),
        Loss("叶银杏", "甲支部", "post", "group_leader", "一组"),
        Loss("叶银杏", "甲支部", "group", "", "一组"),
        Loss("叶银杏", "甲支部", "phone"),
        Loss("叶银杏", "甲支部", "stage", "full_member"),
        Loss("花水杉", "乙支部", "voting_rights"),
        Loss("花水杉", "乙支部", "attendance_exempt"),
    }
    assert changed.administrators == 1
    freed = await office.imports(
        "花水杉,公路总支,乙支部,二组,正式党员,书记,13800003333,有,否", header=FULL, left_on=date(2026, 11, 2)
    )
    assert freed.losses == (Loss("花水杉", "乙支部", "voting_bar"),)


async def test_the_posts_of_who_leaves_are_listed(office: Office) -> None:
    stays, leaves = "林海棠,,甲支部,正式党员,,", "叶银杏,,甲支部,正式党员,书记、组织委员,"
    await office.imports(stays, leaves)
    assert (await office.imports(stays)).losses == ()
    left = await office.imports(stays, left_on=NOW.date())
    assert left.losses == (
        Loss("叶银杏", "甲支部", "post", "organization_commissioner", "甲支部"),
        Loss("叶银杏", "甲支部", "post", "secretary", "甲支部"),
    )


async def test_who_moves_leaves_the_posts_of_the_old_branch_and_no_others(office: Office) -> None:
    await office.imports(*PEOPLE, header=FULL)
    moved = await office.imports(
        "林海棠,乙支部,正式党员", "叶银杏,甲支部,正式党员", "花水杉,乙支部,正式党员", header="姓名,党支部,党员类型"
    )
    assert moved.moved == (Move("林海棠", "甲支部", "乙支部"),)
    assert set(moved.losses) == {
        Loss("林海棠", "乙支部", "post", "secretary", "甲支部"), Loss("林海棠", "乙支部", "group", "", "一组"),
    }  # fmt: skip
    assert await office.store.read(_posts_of, 1) == [(COMMITTEE, "party_office")]
    assert moved.administrators == 1


async def test_no_branch_is_made_twice(office: Office) -> None:
    await office.imports(*PEOPLE, header=FULL)
    before = await office.store.read(_state)
    renamed = [line.replace("甲支部", "甲一支部") for line in PEOPLE]
    with pytest.raises(UnitsUnclear) as refused:
        await office.imports(*renamed, header=FULL)
    assert refused.value.doubts == (Doubt("unknown", "甲一支部", ("甲支部",)),)
    assert await office.store.read(_state) == before
    done = await office.imports(*renamed, header=FULL, renamed={"甲支部": "甲一支部"})
    assert (done.units, done.moved, done.missing, done.unchanged) == ((), (), (), 3)
    units = await office.store.read(_units)
    assert "甲支部" not in units
    fresh = await office.imports(*renamed, "柳丁香,公路总支,丙支部,,正式党员,,,,", header=FULL, new=["丙支部"])
    assert fresh.units == ("丙支部",)


async def test_nor_any_unit_above_it(office: Office) -> None:
    await office.imports(*PEOPLE, header=FULL)
    for old, new in (("公路总支", "公路中心总支"), (COMMITTEE, "江城市交通运输局党委")):
        renamed = [line.replace(old, new) for line in PEOPLE]
        committee = new if old == COMMITTEE else COMMITTEE
        rows = renamed if old != COMMITTEE else [line.replace("公路总支", "公路中心总支") for line in PEOPLE]
        with pytest.raises(UnitsUnclear) as refused:
            await office.imports(*rows, header=FULL, committee=committee)
        assert refused.value.doubts == (Doubt("unknown", new, (old,)),)
        done = await office.imports(*rows, header=FULL, committee=committee, renamed={old: new})
        assert (done.units, done.unchanged, done.losses) == ((), 3, ())


async def test_a_branch_may_go_under_another_general_branch_with_all_it_has(office: Office) -> None:
    await office.imports(*PEOPLE, header=FULL)
    chat_of = (await office.store.read(_units))["甲支部"]
    done = await office.imports(
        *(line.replace("公路总支,甲", "港航总支,甲") for line in PEOPLE), header=FULL, new=["港航总支"]
    )
    assert done.reformed == (Reform("甲支部", "公路总支", "港航总支"),)
    assert done.units == ("港航总支",)
    units = await office.store.read(_units)
    assert units["甲支部"] == chat_of
    state = await office.store.read(_state)
    path = f"/{units[COMMITTEE]}/{units['港航总支']}/{units['甲支部']}/"
    assert ("甲支部", "港航总支", path) in state
    assert ("一组", "甲支部", f"{path}{units['一组']}/") in state


@pytest.mark.parametrize(
    ("renamed", "new", "problem"),
    [({"丁支部": "甲一支部"}, (), "not_there"), ({"甲支部": "乙支部"}, (), "taken"), ({}, ("甲支部",), "unused"),
     ({}, ("戊支部",), "unused"), ({"甲支部": "戊支部"}, (), "unused")],
)  # fmt: skip
async def test_an_answer_that_answers_nothing_is_refused(
    office: Office, renamed: dict[str, str], new: tuple[str, ...], problem: str
) -> None:
    await office.imports(*PEOPLE, header=FULL)
    with pytest.raises(UnitsUnclear) as refused:
        await office.imports(*PEOPLE, header=FULL, renamed=renamed, new=new)
    assert problem in [doubt.problem for doubt in refused.value.doubts]


async def test_a_post_of_the_general_branch_is_homed_without_a_column_for_it(office: Office) -> None:
    await office.imports("林海棠,公路总支,甲支部,正式党员,党总支书记,")
    again = await office.imports("林海棠,甲支部,正式党员,党总支书记", header="姓名,党支部,党员类型,党内职务")
    assert (again.unchanged, again.losses) == (1, ())
    await office.imports("叶银杏,机关支部,正式党员,", header="姓名,党支部,党员类型,党内职务", new=["机关支部"])
    with pytest.raises(UnitsUnclear) as refused:
        await office.imports("叶银杏,机关支部,正式党员,党总支书记", header="姓名,党支部,党员类型,党内职务")
    assert refused.value.doubts == (Doubt("no_general_branch", "机关支部"),)


def test_two_imports_at_once_are_one_after_the_other(store: Store, store_url: str, office: Office) -> None:
    lines = [f"林海棠{number},总支{number % 3},支部{number % 9},正式党员,,{number}" for number in range(100)]
    office.path.write_text("\n".join((HEADER.strip(), *lines)), encoding="utf-8")
    people, bank = read_roster(office.path, office.words).rows, load_bank(CONTENT / "quiz")
    materials = load_materials(CONTENT / "study", ())
    jobs: tuple[Callable[[StoreSession], Applied | questions.Imported | study.Imported], ...] = (
        lambda session: apply(session, COMMITTEE, people),
        lambda session: questions.import_questions(session, bank, NOW),
        lambda session: study.import_materials(session, materials, NOW),
    )
    stores = [open_store(store_url), open_store(store_url)]
    for job in jobs:
        together = threading.Barrier(2)

        def begin(one: Store, job: Callable[[StoreSession], Any] = job, together: threading.Barrier = together) -> Any:
            together.wait()
            return run_sync(one, job)

        with ThreadPoolExecutor(2) as pool:
            done = list(pool.map(begin, stores))
        assert sorted(one.added for one in done)[0] == 0
        assert sorted(one.unchanged for one in done)[0] == 0
    for one in stores:
        one.close()
