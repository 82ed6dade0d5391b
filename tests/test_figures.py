"""One figure, one function: whatever tells of a meeting (page, chat, minutes, month, ledger) tells the same numbers."""

from __future__ import annotations

import io
import random
import re
from collections import Counter
from datetime import date, datetime, timedelta
from fractions import Fraction

from docx import Document
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace
from openpyxl import load_workbook
from sqlmodel import col, select

from bot.clock import SHANGHAI
from bot.content import load_labels
from bot.documents import QuizLine, SessionLine, minutes_docx, month_docx, month_xlsx
from bot.rules.attendance import Status, Tally, percent
from bot.rules.meeting import Verdict, verdict
from bot.rules.quiz import right_share
from bot.rules.records import decided
from bot.store import attendance
from bot.store.attendance import Line
from bot.store.core.statements import StoreSession
from bot.store.leave import Category, Leave, LeaveState
from bot.store.make_up import MakeUp, MakeUpState, Way
from bot.store.meetings import Meeting
from bot.store.people import Member
from bot.store.poll import Poll, PollKind, PollState
from bot.store.quiz import Share
from bot.store.records import GROUPS, Attended
from bot.store.sign_in import Attendance, SignIn
from tests.support.cast import DISCIPLINE, EXEMPT, MEMBERS, PUBLICITY, SECRETARY
from tests.support.chat import Chat
from tests.support.pages import Pages
from tests.support.wording import says, sentence
from tests.test_documents import LABELS_PATH, MINUTES, MONTH
from tests.test_records import at, hold, sign, write

LABELS = load_labels(LABELS_PATH)
MOTION = "通过冬季保畅方案"
STARTS = datetime(2026, 11, 12, 15, 0, tzinfo=SHANGHAI)
MADE_UP_ON = date(2026, 11, 16)
NUMBERS = ("due", "present", "late", "leave", "absent", "exempt", "observers")


class Case(Struct, frozen=True):
    """How many members came in time, came late, were on leave, did not come; how many of those away caught up; guests; the
    votes of a motion."""

    present: int
    late: int
    leave: int
    absent: int
    made_up: int
    observers: int
    votes: tuple[int, int, int]

    @property
    def numbers(self) -> list[int]:
        """In the order of NUMBERS."""
        away = self.leave + self.absent
        return [
            self.present + self.late + away,
            self.present + self.late,
            self.late,
            self.leave,
            self.absent,
            1,
            self.observers,
        ]


def cases() -> list[Case]:
    """Some theme days of the branch of eleven who are due."""
    some, made = random.Random(24), []
    for _ in range(3):
        present, late = some.randint(0, 5), some.randint(1, 3)
        leave = some.randint(1, 11 - present - late)
        absent = 11 - present - late - leave
        yes = some.randint(0, present + late)
        votes = (yes, present + late - yes, 0)
        made.append(Case(present, late, leave, absent, some.randint(1, leave + absent), some.randint(1, 3), votes))
    return made


def hold_day(session: StoreSession, case: Case, hour: int) -> int:
    """A theme day as in the case, `hour` hours after STARTS, straight into the store; its id."""
    starts = STARTS + timedelta(hours=hour)
    unit = session.exec(select(Member).where(col(Member.name) == SECRETARY)).one().branch_id
    here = session.exec(select(Member).where(col(Member.branch_id) == unit).order_by(col(Member.id)))
    people = [one for one in here if one.stage in ("full_member", "probationary_member")]
    due = [one for one in people if not one.attendance_exempt]
    meeting = Meeting(
        unit_id=unit, title="主题党日", starts_at=starts, ends_at=starts + timedelta(hours=2), duties=["theme_day"]
    )
    session.add(meeting)
    session.flush()
    number = meeting.id or 0
    session.add(SignIn(meeting_id=number, opened_at=starts, closes_at=starts, closed_at=starts, settled=True))
    came = case.present + case.late
    for place, one in enumerate(due):
        signed = None
        if place < came:
            signed = starts + timedelta(minutes=0 if place < case.present else 40)
        session.add(Attendance(meeting_id=number, member_id=one.id, signed_in_at=signed))
        if came <= place < came + case.leave:
            asked = Leave(
                event_id=number, member_id=one.id, category=Category.OTHER, asked_at=STARTS - timedelta(days=1)
            )
            asked.state = LeaveState.APPROVED
            session.add(asked)
        if came <= place < came + case.made_up:
            at_noon = datetime(2026, 11, 16, 12, tzinfo=SHANGHAI)
            caught = MakeUp(event_id=number, member_id=one.id, way=Way.NOTES, state=MakeUpState.CONFIRMED)
            caught.sent_at, caught.decided_at = at_noon, at_noon + timedelta(days=1)
            session.add(caught)
    for exempt in (one for one in people if one.attendance_exempt):
        session.add(Attendance(meeting_id=number, member_id=exempt.id, exempt=True))
    for guest in range(case.observers):
        session.add(Attendance(meeting_id=number, name=f"列席{guest}", observer=True))
    motion = Poll(unit_id=unit, made_by=due[0].id, meeting_id=number, kind=PollKind.MOTION, state=PollState.CLOSED, title=MOTION,
                  options=["同意", "不同意", "弃权"], counts=list(case.votes), voters=sum(case.votes), due=10, present=came - 1,
                  made_at=STARTS, closes_at=STARTS)  # fmt: skip
    session.add(motion)
    session.flush()
    return number


def cells(data: bytes) -> list[list[str]]:
    """The rows of all tables of a Word file."""
    return [[cell.text for cell in row.cells] for table in Document(io.BytesIO(data)).tables for row in table.rows]


def label(key: str, /, **values: object) -> str:
    return sentence(f"documents.{key}", **values)


def minutes_numbers(data: bytes) -> list[int]:
    """How many stand in the head of the minutes, in the order of NUMBERS."""
    head = {row[0]: row[1] for row in cells(data) if len(row) == 2}
    return [int(re.findall(r"\d+", head[label(f"minutes.{name}")])[0]) for name in NUMBERS]


def ledger_numbers(rows: list[list[object]]) -> list[int]:
    """The same, counted in the rows of the ledger."""
    found = Counter(row[4] for row in rows)
    number = {
        name: found[label(f"status.{name}")]
        for name in ("present", "late", "leave_approved", "absent", "exempt", "observer")
    }
    came, away = number["present"] + number["late"], number["leave_approved"] + number["absent"]
    return [
        came + away,
        came,
        number["late"],
        number["leave_approved"],
        number["absent"],
        number["exempt"],
        number["observer"],
    ]


async def test_page_minutes_month_and_ledger_agree(chat: Chat, pages: Pages) -> None:
    """18 came, one of them late: every paper says 18; guests, make-up days and the motion's counts stand in all of them."""
    await chat.go_to(STARTS + timedelta(days=10))
    for hour, case in enumerate(cases()):
        number = await chat.app.store.write(hold_day, case, hour)
        await pages.enter(DISCIPLINE, "/records/2026/11")
        word, excel = [(await pages.http.get(f"/records/2026/11/{kind}")).content for kind in ("docx", "xlsx")]
        minutes = (await pages.http.get(f"/records/minutes/{number}/docx")).content
        due, came, late, leave, absent, exempt, guests = case.numbers
        assert minutes_numbers(minutes) == case.numbers
        book = load_workbook(io.BytesIO(excel))
        kind = label("kind.theme_day")
        row = [list(one) for one in book.worksheets[0].iter_rows(values_only=True) if one[1] == kind][-1]
        assert row[4:12] == [due, came, late, leave, absent, exempt, guests, case.made_up]
        line = [one for one in cells(word) if len(one) == len(row) and one[1] == kind][-1]
        assert line[4:12] == [str(one) for one in row[4:12]]
        ledger = [list(one) for one in book[label("month.sheet_attendance")].iter_rows(min_row=3, values_only=True)]
        ledger = [one for one in ledger if one[0] == datetime(2026, 11, 12)][-sum(case.numbers[i] for i in (0, 5, 6)) :]
        assert ledger_numbers(ledger) == case.numbers
        days = [one[6].date() for one in ledger if one[6]]
        assert days == [MADE_UP_ON] * case.made_up
        counted = await chat.app.store.read(attendance.tally, number)
        shown = await chat.say(SECRETARY, "签到 情况")
        assert (counted.expected, counted.came, counted.made_up) == (due, came, case.made_up)
        values = {"expected": due, "came": came, "late": late, "leave": leave, "exempt": exempt, "observers": guests}
        assert says(shown, "attendance.numbers", **values)
        yes, no, abstain = case.votes
        result = label(f"minutes.{verdict(10, came - 1, yes)}")
        votes = ["1", MOTION, "10", str(came - 1), str(yes), str(no), str(abstain), result]
        assert votes in cells(minutes)
        option = [list(one) for one in book[label("month.sheet_polls")].iter_rows(values_only=True) if one[0] == MOTION]
        assert [one[2] for one in option[-3:]] == [yes, no, abstain]
        page = (await pages.http.get("/records/2026/11?unit=")).text
        assert f">{came}</td>" in page
        assert f"{percent(counted_rate(case))}%" in page


def counted_rate(case: Case) -> Fraction:
    """AT-6."""
    return Fraction(case.present + case.late, case.numbers[0])


async def test_signed_minutes_and_the_month_stay_one(chat: Chat, pages: Pages) -> None:
    """RC-2: who is signed in after the signature changes neither the minutes nor the month's files, nor what the page and
    the chat say of the meeting."""
    await hold(chat)
    await write(chat)
    await sign(chat)
    before = await chat.say(SECRETARY, "签到 情况")
    for said in (f"代签 {MEMBERS[2]}", "列席 来宾张三"):
        assert says(await chat.say(SECRETARY, said), "records.locked")
    page = await pages.enter(SECRETARY, "/attendance/1")
    for fields in ({"do": "on_behalf", "id": "7"}, {"do": "undo", "id": "1"}, {"do": "observer", "name": "来宾张三"}):
        assert says((await pages.send(page, "/attendance/1", **fields)).text, "records.locked"), fields
    assert 'value="on_behalf"' not in page.text

    def late(session: StoreSession) -> None:
        row = session.exec(select(Attendance).where(col(Attendance.signed_in_at).is_(None))).first()
        assert row is not None
        row.signed_in_at = chat.clock.now()
        session.add(row)

    await chat.app.store.write(late)
    assert await chat.say(SECRETARY, "签到 情况") == before
    assert before.splitlines()[1] in (await pages.http.get("/attendance/1")).text
    await chat.say(SECRETARY, "记录 导出")
    word, excel, minutes = [one.data for one in chat.last[SECRETARY].attachments]
    came = minutes_numbers(minutes)[1]
    assert came == 3
    row = next(
        list(one)
        for one in load_workbook(io.BytesIO(excel)).worksheets[0].iter_rows(values_only=True)
        if one[1] == label("kind.theme_day")
    )
    assert row[5:7] == [came, 1]
    assert any(one[5:7] == [str(came), "1"] for one in cells(word))


async def test_nobody_is_absent_where_no_sign_in_was_kept(chat: Chat) -> None:
    """FG-1: what nobody knows is a dash, not a nought: in the month, in its rates and in the draft of the minutes."""
    await chat.say(SECRETARY, "主题党日 计划")
    await chat.say(SECRETARY, "冬季保畅")
    await chat.say(SECRETARY, "三楼会议室")
    await chat.tap(SECRETARY, "theme_day.button_announce")
    await chat.go_to(at(6))
    await chat.say(PUBLICITY, "记录")
    await chat.say(SECRETARY, "记录 导出")
    _, excel, minutes = [one.data for one in chat.last[SECRETARY].attachments]
    dash = label("format.unknown")
    row = next(
        list(one)
        for one in load_workbook(io.BytesIO(excel)).worksheets[0].iter_rows(values_only=True)
        if one[1] == label("kind.theme_day")
    )
    assert row[4:9] == [11, dash, dash, dash, dash]
    assert row[12:14] == [dash, dash]
    head = {one[0]: one[1] for one in cells(minutes) if len(one) == 2}
    assert {head[label(f"minutes.{name}")] for name in ("present", "late", "leave", "absent")} == {dash}
    assert head[label("minutes.exempt")] == label("format.people_named", count=1, names=EXEMPT)


async def test_a_motion_is_written_once_with_its_counts(chat: Chat) -> None:
    """What the minutes say in a motion's own words is the motion; other counts for it are refused."""
    await chat.go_to(STARTS + timedelta(days=1))
    await chat.app.store.write(hold_day, Case(6, 1, 2, 2, 1, 1, (6, 0, 1)), 0)
    await write(chat)
    await chat.tap(PUBLICITY, "records.button_decision")
    refused = await chat.say(PUBLICITY, f"{MOTION}，赞成5 反对2")
    assert says(refused, "records.voted_here", yes=6, no=0, abstain=1)
    await chat.say(PUBLICITY, f"{MOTION}。")
    shown = await chat.tap(PUBLICITY, "records.button_preview")
    passed = sentence("records.passed")
    assert says(shown, "records.preview_vote", number=1, text=MOTION, due=10, yes=6, no=0, abstain=1, result=passed)
    assert shown.count(MOTION) == 1


people = st.lists(st.tuples(st.sampled_from(list(Status)), st.booleans(), st.booleans()), max_size=30)


@given(people, st.booleans())
def test_any_list_gives_one_set_of_numbers(drawn: list[tuple[Status, bool, bool]], taken: bool) -> None:
    """Names and numbers of any list fit together, and Word and Excel show them."""
    caught = date(2026, 11, 12)
    lines = [
        Line(
            number,
            f"甲{number}",
            status,
            made_up_on=caught if made_up and status in (Status.ABSENT, Status.LEAVE_APPROVED) else None,
            observer=guest,
        )
        for number, (status, made_up, guest) in enumerate(drawn)
    ]
    found = Attended(taken, tuple(lines))
    tally, names = found.tally, {group: found.names(group) for group in GROUPS}
    assert (len(names["due"]), len(names["observers"]), len(names["exempt"])) == (
        tally.expected,
        tally.observers,
        tally.exempt,
    )
    if taken:
        here = [len(names[one]) for one in ("present", "late", "leave", "absent")]
        assert here == [tally.came, tally.late, tally.leave_approved, tally.absent]
        assert len(names["due"]) == sum(here) - here[1]
    session = type(MONTH.sessions[0])(caught, "theme_day", "x", "x", tally, "draft", taken)
    month = type(MONTH)("甲", None, "乙", 2026, 11, MONTH.made_at, 3, sessions=(session,))
    row = list(load_workbook(io.BytesIO(month_xlsx(month, LABELS))).worksheets[0].iter_rows(values_only=True))[-2]
    line = next(one for one in cells(month_docx(month, LABELS)) if one[2:3] == ["x"])
    assert [str(one) for one in row[4:12]] == line[4:12]
    minutes = type(MINUTES)("甲", "theme_day", "x", MINUTES.starts_at, None, "x", "x", "x", taken=taken, **names)
    head = {one[0]: one[1] for one in cells(minutes_docx(minutes, LABELS)) if len(one) == 2}
    assert (head[label("minutes.present")] == label("format.unknown")) is not taken
    if taken:
        assert minutes_numbers(minutes_docx(minutes, LABELS))[1:7] == [int(one) for one in line[5:11]]


def test_verdicts() -> None:
    """MD-1..MD-3, and what is written about a motion that was voted on."""
    assert verdict(20, 17, 15) is Verdict.PASSED
    assert verdict(20, 17, 10) is Verdict.FAILED
    assert verdict(20, 9, 9) is Verdict.NO_QUORUM
    motions = [{"text": "通过计划", "yes": 15}]
    written = [{"text": "通过 计划。", "yes": None}, {"text": "另一件", "yes": None}]
    assert decided(motions, written) == [motions[0], written[1]]


async def test_counts_may_be_written_short(chat: Chat) -> None:
    """15:0:2 is a vote, 15:30:00 a time of day."""
    await hold(chat)
    await write(chat)
    for said in ("通过除雪方案 2:0:1", "散会时间改为15:30:00"):
        await chat.tap(PUBLICITY, "records.button_decision")
        await chat.say(PUBLICITY, said)
    shown = await chat.tap(PUBLICITY, "records.button_preview")
    assert says(shown, "records.preview_vote", number=1, text="通过除雪方案", due=10, yes=2, no=0, abstain=1)
    assert sentence("records.preview_decision", number=2, text="散会时间改为15:30:00") in shown


def test_page_and_paper_show_one_share_of_right_answers() -> None:
    """Two of three are 67 per cent on the page and 66.7 in the file, and both hide what fewer than five answered."""
    assert [Share(1, "x", right, answered).percent for right, answered in ((4, 6), (1, 8), (4, 4))] == [67, 13, None]
    assert [right_share(right, answered) for right, answered in ((4, 6), (4, 4))] == [Fraction(2, 3), None]
    record = replace(MONTH, quiz=(QuizLine("x", 1, "x", 6, 4), QuizLine("x", 2, "x", 4, 4)))
    shown = [row[4] for row in cells(month_docx(record, LABELS)) if row[0] == "x"]
    assert shown == ["66.7%", label("format.unknown")]


def test_a_rate_is_rounded_alike_everywhere() -> None:
    """Half a tenth goes up: one of sixteen is 6.3 per cent in chat, on the page and on paper."""
    tally = Tally(present=1, absent=15)
    session = SessionLine(date(2026, 11, 12), "theme_day", "x", "x", tally, "draft")
    assert str(percent(session.attendance_rate)) == "6.3"
    row = next(one for one in cells(month_docx(replace(MONTH, sessions=(session,)), LABELS)) if one[2:3] == ["x"])
    assert row[12] == "6.3%"
