"""Every form of an election, sent twice at once, and what two people do at once."""

from __future__ import annotations

from typing import Any

from bot.rules.election import Base, Office, RoundKind
from bot.store.core.statements import StoreSession
from bot.store.election import Candidate, Contest, Election, ElectionExclusion, ElectionRole, RoleKind
from bot.store.election import Round as Vote
from tests.support.races import Line, Round
from tests.support.races.branches import Branch
from tests.support.races.members import Pair
from tests.support.shipped import START

TODAY = START.date().isoformat()
BEGUN, LISTED, OPENED, COUNTED = range(4)
_SHEET = {"issued": 11, "voted": 11, "returned": 11, "invalid": 0, "decided": 0}
_MARKS = ((9, 2, 0), (8, 3, 0), (2, 9, 0))


class Made(dict[str, int]):
    """The ids of what a stage has made, by name."""


def make(session: StoreSession, branch: Branch, stage: int, marks: tuple[tuple[int, int, int], ...] = _MARKS) -> Made:
    """An election of the branch at a stage."""
    election = Election(unit_id=branch.id, held_on=START.date(), elected_base=Base.PRESENT, clause="第八条",
                        started_by=branch.people["书"], started_on=START.date())  # fmt: skip
    session.add(election)
    session.flush()
    made = Made(unit=branch.id, election=election.id or 0)
    if stage == BEGUN:
        return made
    election.with_rights = election.due = election.present = 11
    election.base_on = START.date()
    contest = Contest(election_id=made["election"], office=Office.COMMITTEE, seats=2, approval_no="8号")
    session.add(contest)
    session.flush()
    made["contest"] = contest.id or 0
    names = [branch.account(who) for who in "乙丙丁"]
    rows: list[Any] = [Candidate(contest_id=made["contest"], name=name, member_id=branch.people[name[0]], place=at + 1)
                       for at, name in enumerate(names)]  # fmt: skip
    rows += [ElectionRole(election_id=made["election"], role=kind, name=branch.account(who), member_id=branch.people[who])
             for kind, who in ((RoleKind.SCRUTINEER, "戊"), (RoleKind.TELLER, "甲"))]  # fmt: skip
    session.add_all(rows)
    session.flush()
    made |= {"candidate": rows[0].id, "role": rows[4].id}
    if stage == LISTED:
        return made
    vote = Vote(contest_id=made["contest"], number=1, kind=RoundKind.FIRST, seats=2, names=names, due=11, present=11)
    if stage == COUNTED:
        lines = [[name, *each] for name, each in zip(names, marks, strict=True)]
        vote.totals, vote.entered = {**_SHEET, "lines": lines, "write_ins": []}, ["a", "b"]
    session.add(vote)
    session.flush()
    made["vote"] = vote.id or 0
    return made


TIE = ((9, 2, 0), (8, 3, 0), (8, 3, 0))
OPEN_SEAT = ((9, 2, 0), (2, 9, 0), (2, 9, 0))


def _excluded(session: StoreSession, branch: Branch) -> int:
    made = make(session, branch, BEGUN)
    row = ElectionExclusion(election_id=made["election"], member_id=branch.people["甲"], reason=_reason())
    session.add(row)
    session.flush()
    return row.id or 0


def _reason() -> Any:
    from bot.rules.election import Reason

    return Reason.ILLNESS


def _sheet(other: bool = False) -> dict[str, str]:
    fields = {name: str(value) for name, value in _SHEET.items()}
    for at, (yes, no, rest) in enumerate(_MARKS):
        more = other and at == 0
        fields |= {f"approve_{at}": str(yes - more), f"disapprove_{at}": str(no + more), f"abstain_{at}": str(rest)}
    return fields


def form(
    page: str, do: str, stage: int | None, one: dict[str, str], two: dict[str, str] | None = None, *, who: str = "书副",
    item: str = "", marks: tuple[tuple[int, int, int], ...] = _MARKS, name: str = "",
) -> Line:  # fmt: skip
    """A form of a page, sent by two people at once."""

    async def begin(r: Round) -> Pair:
        made = Made(unit=r.branch.id)
        if stage is not None:
            made = await r.write(make, r.branch, stage, marks)
        path = page
        for key, ident in made.items():
            path = path.replace(f"{{{key}}}", str(ident))
        number = {"item": str(made[item])} if item else {}
        filled = [{key: text.format(n=r.branch.number) for key, text in said.items()} for said in (one, two or one)]
        return (
            r.forms(who[0], path, do=do, **number, **filled[0]),
            r.forms(who[1], path, do=do, **number, **filled[1]),
        )

    begin.__name__ = name or f"election_{page.split('/')[2]}_{do}_twice"
    return Line((f"{page}:{do}",), begin)


_UNIT, _ELECTION, _CONTEST, _TOTALS = (
    "/elections/unit/{unit}", "/elections/{election}", "/elections/contest/{contest}", "/elections/totals/{vote}"
)  # fmt: skip
_MEETING = {"held_on": TODAY, "place": "室", "chair": "主持", "elected_base": "present", "clause": "第八条"}
_ILL = {"name": "甲{n}", "reason": "a", "approval_no": "1", "resolution": "2"}
_APPOINT = {"office": "secretary", "name": "甲{n}", "approval_no": "1", "appointed_on": TODAY}


async def _excluded_twice(r: Round) -> Pair:
    from bot.store.election import Election as Table

    number = str(await r.write(_excluded, r.branch))
    path = f"/elections/{await r.newest(Table)}"
    return r.forms("书", path, do="include", item=number), r.forms("副", path, do="include", item=number)


async def _agreed_and_taken_back(r: Round) -> Pair:
    made = await r.write(make, r.branch, COUNTED)
    path = f"/elections/totals/{made['vote']}"
    await r.form("甲", path, do="aside", reason="误开")
    return r.forms("戊", path, do="aside_agreed"), r.forms("书", path, do="aside_not")


async def _agreed_twice(r: Round) -> Pair:
    made = await r.write(make, r.branch, COUNTED)
    path = f"/elections/totals/{made['vote']}"
    await r.form("戊", path, do="aside", reason="误开")
    return r.forms("甲", path, do="aside_agreed"), r.forms("书", path, do="aside_agreed")


async def _withdrawn_while_another_enters(r: Round) -> Pair:
    made = await r.write(make, r.branch, OPENED)
    path = f"/elections/totals/{made['vote']}"
    await r.form("戊", path, do="totals", **_sheet())
    return r.forms("戊", path, do="withdraw"), r.forms("甲", path, do="totals", **_sheet())


async def _corrected_twice(r: Round) -> Pair:
    made = await r.write(make, r.branch, COUNTED)
    path = f"/elections/{made['election']}"
    for state in ("counted", "reported"):
        await r.form("书", path, do="report", state=state, taken_on=TODAY, document_no="1")
    fields = {"text": "实到会应为十人", "reason": "写错了"}
    return r.forms("书", path, do="correct", **fields), r.forms("副", path, do="correct", **fields)


async def _voted_on_twice(r: Round) -> Pair:
    made = await r.write(make, r.branch, COUNTED, OPEN_SEAT)
    path = f"/elections/contest/{made['contest']}"
    await r.form("书", path, do="reduce", consents="8")
    return r.forms("书", path, do="vote_on"), r.forms("副", path, do="vote_on")


async def _appointment_taken_back_twice(r: Round) -> Pair:
    from bot.store.election import Appointment

    path = f"/elections/unit/{r.branch.id}"
    await r.form("办", path, do="appoint", **{key: text.format(n=r.branch.number) for key, text in _APPOINT.items()})
    number = str(await r.newest(Appointment))
    fields = {"do": "no_appointment", "item": number}
    return r.forms("办", path, **fields), r.forms("办", path, **fields)


LINES = [
    form(_UNIT, "begin", None, {}),
    form(_UNIT, "begin_by", None, {}),
    form(_UNIT, "term", None, {"elected_on": "2024-11-01", "years": "3"}, {"elected_on": "2024-10-01", "years": "3"}),
    form(_UNIT, "other_date", None, {"until": "2027-12-01", "approval_no": "1"}),
    form(_UNIT, "appoint", None, _APPOINT, who="办办"),
    form(_ELECTION, "meeting", BEGUN, _MEETING, _MEETING | {"place": "楼"}),
    form(_ELECTION, "exclude", BEGUN, _ILL, _ILL | {"approval_no": "3"}),
    form(_ELECTION, "base", BEGUN, {}),
    form(_ELECTION, "present", LISTED, {"present": "10"}, {"present": "9"}),
    form(_ELECTION, "role", BEGUN, {"role": "teller", "name": "甲{n}"}, {"role": "scrutineer", "name": "甲{n}"}),
    form(_ELECTION, "no_role", LISTED, {}, item="role"),
    form(_ELECTION, "contest", BEGUN, {"office": "committee", "seats": "2", "approval_no": "8", "by_committee": ""}),
    form(_ELECTION, "report", COUNTED, {"state": "counted", "taken_on": TODAY, "document_no": "1"}),
    form(_ELECTION, "give_up", LISTED, {}),
    form(_CONTEST, "settings", LISTED, {"seats": "2", "approval_no": "1"}, {"seats": "1", "approval_no": "2"}),
    form(_CONTEST, "add", LISTED, {"name": "纪{n}"}),
    form(_CONTEST, "remove", LISTED, {}, item="candidate"),
    form(_CONTEST, "place", LISTED, {"place": "2"}, {"place": "3"}, item="candidate"),
    form(_CONTEST, "drop", LISTED, {}),
    form(_CONTEST, "first", LISTED, {"present": "11"}),
    form(_CONTEST, "further", COUNTED, {"present": "11"}, marks=TIE),
    form(_CONTEST, "final", COUNTED, {"present": "11"}, item="contest"),
    form(_CONTEST, "unopen", OPENED, {}, item="vote"),
    form(
        _CONTEST,
        "rule",
        COUNTED,
        {"base": "due", "clause": "第八条"},
        {"base": "present", "clause": "第九条"},
        item="vote",
    ),
    form(_CONTEST, "reduce", COUNTED, {"consents": "8"}, {"consents": "9"}, marks=OPEN_SEAT),
    form(_CONTEST, "leave_open", COUNTED, {"vacant_approval": "1"}, marks=OPEN_SEAT),
    form(_TOTALS, "totals", OPENED, _sheet(), _sheet(), who="甲戊"),
    form(_TOTALS, "totals", OPENED, _sheet(), _sheet(other=True), who="甲戊", name="election_totals_that_differ"),
    form(_TOTALS, "aside", COUNTED, {"reason": "误开"}, who="甲戊"),
    Line((f"{_ELECTION}:include",), _excluded_twice),
    Line((f"{_TOTALS}:aside_agreed", f"{_TOTALS}:aside_not"), _agreed_and_taken_back),
    Line((f"{_TOTALS}:aside_agreed",), _agreed_twice),
    Line((f"{_TOTALS}:withdraw", f"{_TOTALS}:withdraw_for"), _withdrawn_while_another_enters),
    Line((f"{_ELECTION}:correct",), _corrected_twice),
    Line((f"{_CONTEST}:vote_on",), _voted_on_twice),
    Line((f"{_UNIT}:no_appointment",), _appointment_taken_back_twice),
]
