"""Terms, base, thresholds, sheets and reports of elections: every boundary (EL-1..EL-25)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bot.rules.election import (
    Ballot,
    Base,
    Exclusion,
    Line,
    Office,
    Outcome,
    Postponement,
    Reason,
    ReportState,
    Result,
    RoundKind,
    Sheet,
    Step,
    Term,
    TermState,
    WriteIn,
    add_months,
    box_is_valid,
    candidates_needed,
    differing,
    due_count,
    final_lists,
    has_quorum,
    judge,
    may_elect,
    may_reduce,
    may_shortlist,
    names_needed,
    next_reports,
    next_step,
    postponement_problem,
    quorum_needed,
    reasons,
    reminders,
    result,
    sheet_problems,
    term_state,
    votes_needed,
    who_may_win,
)
from bot.rules.people import Stage

TERM = Term(date(2023, 12, 5), 3)
LATER = replace(TERM, changed=Postponement(date(2027, 12, 5), "杜工组〔2026〕8号"))
EARLIER = replace(TERM, changed=Postponement(date(2026, 9, 1), "杜工组〔2026〕3号"))


def counted(**approvals: int) -> tuple[Line, ...]:
    """Lines of 17 valid ballots."""
    return tuple(Line(name, votes, 17 - votes, 0) for name, votes in approvals.items())


EXAMPLE = Sheet(18, 18, 18, 1, 0, counted(A=15, B=12, C=10, D=10))


def test_the_term_of_the_brief() -> None:
    assert TERM.ends_on == date(2026, 12, 5)
    assert reminders(TERM, 6)[0] == date(2026, 6, 5)
    assert TERM.latest_on == date(2027, 12, 5)
    assert TERM.earliest_on == date(2025, 12, 5)


@pytest.mark.parametrize(
    ("today", "state"),
    [
        (date(2023, 12, 5), TermState.NORMAL),
        (date(2026, 6, 4), TermState.NORMAL),
        (date(2026, 6, 5), TermState.REMINDED),
        (date(2026, 9, 5), TermState.REMINDED),
        (date(2026, 9, 6), TermState.DUE_SOON),
        (date(2026, 12, 5), TermState.DUE_SOON),
        (date(2026, 12, 6), TermState.OVERDUE),
    ],
)
def test_states_of_a_term(today: date, state: TermState) -> None:
    assert term_state(TERM, today, 6) is state


@pytest.mark.parametrize(
    ("term", "today", "state"),
    [
        (LATER, date(2026, 7, 1), TermState.POSTPONED),
        (LATER, date(2026, 12, 6), TermState.POSTPONED),
        (LATER, date(2027, 12, 5), TermState.POSTPONED),
        (LATER, date(2027, 12, 6), TermState.OVERDUE),
        (EARLIER, date(2026, 2, 28), TermState.NORMAL),
        (EARLIER, date(2026, 3, 1), TermState.REMINDED),
        (EARLIER, date(2026, 6, 3), TermState.DUE_SOON),
        (EARLIER, date(2026, 9, 2), TermState.OVERDUE),
    ],
)
def test_an_approved_date_moves_the_deadline(term: Term, today: date, state: TermState) -> None:
    assert term_state(term, today, 6) is state


@pytest.mark.parametrize(
    ("until", "number", "problem"),
    [
        (date(2027, 12, 5), "8号", ""),
        (date(2027, 12, 6), "8号", "range"),
        (date(2025, 12, 5), "8号", ""),
        (date(2025, 12, 4), "8号", "range"),
        (date(2027, 6, 1), "  ", "approval"),
    ],
)
def test_at_most_a_year_either_way_and_only_with_an_approval(until: date, number: str, problem: str) -> None:
    assert postponement_problem(TERM, Postponement(until, number)) == problem


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2024, 2, 29), 36, date(2027, 2, 28)),
        (date(2026, 8, 31), -6, date(2026, 2, 28)),
        (date(2026, 1, 15), -1, date(2025, 12, 15)),
        (date(2026, 12, 5), 0, date(2026, 12, 5)),
    ],
)
def test_the_end_of_a_short_month(day: date, months: int, then: date) -> None:
    assert add_months(day, months) == then


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.integers(-60, 60))
def test_months_never_overflow(day: date, months: int) -> None:
    then = add_months(day, months)
    assert (then.year - day.year) * 12 + then.month - day.month == months
    assert then.day == day.day or (then.day < day.day and (then + timedelta(1)).day == 1)


@pytest.mark.parametrize(("due", "needed"), [(7, 6), (10, 8), (16, 13), (20, 16), (23, 19), (31, 25)])
def test_the_quorum_table_of_the_brief(due: int, needed: int) -> None:
    assert quorum_needed(due) == needed
    assert has_quorum(due, needed)
    assert not has_quorum(due, needed - 1)


def test_exactly_four_fifths_is_enough_and_nobody_is_not() -> None:
    assert has_quorum(5, 4)
    assert not has_quorum(5, 3)
    assert not has_quorum(0, 0)
    assert has_quorum(1, 1)
    assert not has_quorum(1, 0)


@given(st.integers(1, 500), st.data())
def test_the_number_needed_is_the_least(due: int, data: st.DataObject) -> None:
    present = data.draw(st.integers(0, due))
    assert has_quorum(due, present) == (present >= quorum_needed(due))


@pytest.mark.parametrize(("due", "present"), [(5, 6), (5, -1), (-1, -1)])
def test_impossible_attendance_is_refused(due: int, present: int) -> None:
    with pytest.raises(ValueError, match="cannot be present"):
        has_quorum(due, present)


def test_who_elects() -> None:
    assert may_elect(Stage.FULL_MEMBER, True)
    assert not may_elect(Stage.FULL_MEMBER, False)
    assert not may_elect(Stage.PROBATIONARY_MEMBER, True)


def test_an_exclusion_needs_both_approvals() -> None:
    both = Exclusion(Reason.ILLNESS, "杜工组〔2026〕5号", "2026-11-20 党员大会")
    assert both.stands
    assert not replace(both, resolution=" ").stands
    assert not replace(both, approval_no="").stands
    assert due_count(23, [both, replace(both, resolution=""), replace(both, approval_no="")]) == 22
    assert due_count(1, [both]) == 0
    with pytest.raises(ValueError, match="1 more excluded"):
        due_count(0, [both])


def test_the_reason_of_the_guides_is_given_only_where_they_are_followed() -> None:
    assert [str(reason) for reason in reasons(False)] == ["a", "b", "c", "d", "e"]
    assert reasons(True)[-1] is Reason.RETIRED_AWAY


@pytest.mark.parametrize(("seats", "needed"), [(1, 2), (3, 4), (5, 6), (6, 8), (7, 9)])
def test_candidates_needed(seats: int, needed: int) -> None:
    assert candidates_needed(seats, 20) == needed
    assert candidates_needed(seats, 0) == seats


def test_no_seats_need_no_candidates() -> None:
    with pytest.raises(ValueError, match="0 seats"):
        candidates_needed(0, 20)


@pytest.mark.parametrize(
    ("issued", "voted", "returned", "valid"),
    [
        (18, 18, 18, True),
        (18, 17, 16, True),
        (18, 18, 19, False),
        (18, 17, 18, False),
        (17, 18, 17, False),
        (0, 0, 0, True),
    ],
)
def test_the_ballot_box(issued: int, voted: int, returned: int, valid: bool) -> None:
    assert box_is_valid(issued, voted, returned) is valid


@pytest.mark.parametrize(
    ("approvals", "write_ins", "ballot"),
    [(3, 0, Ballot.VALID), (2, 1, Ballot.VALID), (3, 1, Ballot.INVALID), (4, 0, Ballot.INVALID), (0, 0, Ballot.VALID)],
)
def test_a_single_ballot(approvals: int, write_ins: int, ballot: Ballot) -> None:
    assert judge(approvals, write_ins, 3) is ballot


def test_the_worked_example() -> None:
    assert has_quorum(20, 18)
    assert quorum_needed(20) == 16
    assert sheet_problems(EXAMPLE, 3, 18) == ()
    assert EXAMPLE.valid == 17
    assert (votes_needed(18), votes_needed(20)) == (10, 11)
    found = result(EXAMPLE, 3, present=18, due=20, base=Base.PRESENT)
    assert found.present == Outcome(("A", "B"), ("C", "D"), 1)
    assert found.due == Outcome(("A", "B"), vacant=1)
    assert found.needs_ruling
    assert found.outcome is None
    assert next_step(found) is Step.RULING


def test_a_ruling_decides_what_comes_next() -> None:
    on_present = result(EXAMPLE, 3, present=18, due=20, base=Base.PRESENT, ruled=True)
    assert next_step(on_present) is Step.TIE
    on_due = result(EXAMPLE, 3, present=18, due=20, base=Base.DUE, ruled=True)
    assert next_step(on_due) is Step.VACANT
    assert on_due.outcome == Outcome(("A", "B"), vacant=1)


def test_bases_that_differ_beside_the_seats_need_no_ruling() -> None:
    found = result(replace(EXAMPLE, lines=counted(A=15, B=12, C=11, D=10)), 3, present=18, due=20, base=Base.DUE)
    assert not found.needs_ruling
    assert found.outcome == Outcome(("A", "B", "C"))
    assert next_step(found) is Step.DONE


@pytest.mark.parametrize(
    ("votes", "present", "due", "on_present", "on_due"),
    [
        (9, 18, 20, False, False),
        (10, 18, 20, True, False),
        (10, 19, 20, True, False),
        (11, 20, 20, True, True),
        (11, 18, 21, True, True),
        (1, 1, 1, True, True),
        (0, 0, 0, False, False),
    ],
)
def test_exactly_half_is_not_enough_on_either_base(
    votes: int, present: int, due: int, on_present: bool, on_due: bool
) -> None:
    sheet = Sheet(present, present, present, 0, 0, (Line("A", votes, present - votes, 0),))
    found = result(sheet, 1, present=present, due=due, base=Base.PRESENT)
    assert (found.present.elected == ("A",), found.due.elected == ("A",)) == (on_present, on_due)
    assert found.needs_ruling is (on_present != on_due)


def test_one_ballot_too_many_and_the_vote_is_held_again() -> None:
    found = result(replace(EXAMPLE, returned=19), 3, present=18, due=20, base=Base.PRESENT)
    assert not found.box_valid
    assert found.outcome is None
    assert next_step(found) is Step.AGAIN
    assert sheet_problems(replace(EXAMPLE, returned=19), 3, 18) == ()


def test_all_tied_leaves_every_seat_open() -> None:
    found = result(replace(EXAMPLE, lines=counted(A=12, B=12, C=12, D=12)), 3, present=18, due=18, base=Base.DUE)
    assert found.outcome == Outcome((), ("A", "B", "C", "D"), 3)


def test_a_tie_inside_the_seats_is_none() -> None:
    found = result(replace(EXAMPLE, lines=counted(A=12, B=12, C=11, D=10)), 3, present=18, due=18, base=Base.DUE)
    assert found.outcome == Outcome(("A", "B", "C"))


def test_among_the_tied_more_approvals_win_without_a_threshold() -> None:
    sheet = Sheet(18, 18, 18, 0, 0, (Line("C", 8, 10, 0), Line("D", 7, 11, 0)))
    assert result(sheet, 1, present=18, due=20, base=Base.DUE, kind=RoundKind.TIE).outcome == Outcome(("C",))
    assert result(sheet, 1, present=18, due=20, base=Base.DUE).outcome == Outcome((), vacant=1)
    again = replace(sheet, lines=(Line("C", 7, 11, 0), Line("D", 7, 11, 0)))
    found = result(again, 1, present=18, due=20, base=Base.DUE, kind=RoundKind.TIE)
    assert found.outcome == Outcome((), ("C", "D"), 1)


@pytest.mark.parametrize(
    ("kind", "won", "may"),
    [
        (RoundKind.FIRST, (), True),
        (RoundKind.FIRST, ("F",), True),
        (RoundKind.REST, ("E",), False),
        (RoundKind.TIE, (), False),
        (RoundKind.PRELIMINARY, (), True),
    ],
)
def test_who_is_written_in_wins_no_second_seat_and_none_of_the_tied(
    kind: RoundKind, won: tuple[str, ...], may: bool
) -> None:
    sheet = replace(EXAMPLE, lines=counted(C=2, D=1), write_ins=(WriteIn("E", 12),))
    sheet = who_may_win(sheet, kind, won)
    assert sheet.write_ins == (WriteIn("E", 12, may),)
    outcome = result(sheet, 1, present=18, due=20, base=Base.DUE, kind=kind).outcome
    assert outcome is not None
    assert ("E" in outcome.elected) is may


def preliminary(size: int, **approvals: int) -> Result:
    """A preliminary vote of 17 valid ballots of 18."""
    sheet = replace(EXAMPLE, lines=counted(**approvals))
    return result(sheet, size, present=18, due=20, base=Base.DUE, kind=RoundKind.PRELIMINARY)


def test_a_preliminary_vote_needs_no_half_and_no_ruling() -> None:
    found = preliminary(4, A=15, B=10, C=2, D=1, E=0)
    assert not found.needs_ruling
    assert found.outcome == Outcome(("A", "B", "C", "D"))
    assert next_step(found) is Step.LISTED


@pytest.mark.parametrize(
    ("approvals", "outcome", "step"),
    [
        ({"A": 15, "B": 10, "C": 3, "D": 3, "E": 2}, Outcome(("A", "B", "C", "D")), Step.LISTED),
        ({"A": 15, "B": 10, "C": 3, "D": 2, "E": 2}, Outcome(("A", "B", "C"), ("D", "E"), 1), Step.TIE),
        ({"A": 9, "B": 9, "C": 9, "D": 9, "E": 9}, Outcome((), ("A", "B", "C", "D", "E"), 4), Step.TIE),
        ({"A": 15, "B": 10, "C": 3, "D": 0, "E": 0}, Outcome(("A", "B", "C"), vacant=1), Step.VACANT),
        ({"A": 15, "B": 10, "C": 3}, Outcome(("A", "B", "C"), vacant=1), Step.VACANT),
    ],
)
def test_the_cut_of_a_preliminary_vote(approvals: dict[str, int], outcome: Outcome, step: Step) -> None:
    found = preliminary(4, **approvals)
    assert found.outcome == outcome
    assert next_step(found) is step


def test_a_preliminary_box_with_a_ballot_too_many_is_held_again() -> None:
    sheet = replace(EXAMPLE, returned=19)
    found = result(sheet, 4, present=18, due=20, base=Base.DUE, kind=RoundKind.PRELIMINARY)
    assert next_step(found) is Step.AGAIN
    assert found.outcome is None


@pytest.mark.parametrize(
    ("listed", "tied", "least", "lists"),
    [
        ("ABCD", "", 4, ["ABCD"]),
        ("ABC", "", 4, []),
        ("ABC", "DE", 4, ["ABCDE"]),
        ("ABCD", "EF", 4, ["ABCD", "ABCDEF"]),
        ("", "ABCDE", 4, ["ABCDE"]),
    ],
)
def test_all_of_the_tied_come_on_the_list_or_none(listed: str, tied: str, least: int, lists: list[str]) -> None:
    assert final_lists(tuple(listed), tuple(tied), least) == tuple(tuple(one) for one in lists)


@pytest.mark.parametrize(("size", "may"), [(2, False), (3, True), (18, True), (19, False)])
def test_how_many_names_a_preliminary_vote_may_leave(size: int, may: bool) -> None:
    assert may_shortlist(size, 3, 18) is may


@pytest.mark.parametrize(
    ("shortlist", "first", "final"), [(None, 4, 4), (3, 4, 3), (4, 4, 4), (5, 5, 4)]
)
def test_the_preliminary_vote_or_the_final_one_has_the_surplus(shortlist: int | None, first: int, final: int) -> None:
    assert names_needed(candidates_needed(3, 20), shortlist) == (first, final)


def test_somebody_written_in_may_win_who_may_stand() -> None:
    sheet = replace(EXAMPLE, lines=counted(A=15, B=12, C=5, D=2), write_ins=(WriteIn("E", 11), WriteIn("F", 1)))
    assert sheet_problems(sheet, 3, 18) == ()
    assert result(sheet, 3, present=18, due=20, base=Base.DUE).outcome == Outcome(("A", "B", "E"))
    barred = replace(sheet, write_ins=(WriteIn("E", 11, may_stand=False),))
    assert result(barred, 3, present=18, due=20, base=Base.DUE).outcome == Outcome(("A", "B"), vacant=1)


def test_blank_ballots_are_valid_abstentions() -> None:
    sheet = Sheet(18, 18, 18, 0, 0, (Line("A", 0, 0, 18), Line("B", 0, 0, 18)))
    assert sheet_problems(sheet, 1, 18) == ()
    found = result(sheet, 1, present=18, due=18, base=Base.PRESENT)
    assert found.outcome == Outcome((), vacant=1)
    assert next_step(found) is Step.VACANT


def test_no_candidates_leave_the_seats_vacant() -> None:
    assert result(Sheet(5, 5, 5, 0, 0, ()), 2, present=5, due=5, base=Base.DUE).outcome == Outcome((), vacant=2)


@pytest.mark.parametrize(
    ("sheet", "problems"),
    [
        (replace(EXAMPLE, invalid=-1), ("negative",)),
        (replace(EXAMPLE, issued=19, voted=19), ("voted",)),
        (replace(EXAMPLE, invalid=19), ("invalid",)),
        (replace(EXAMPLE, decided=19), ("decided",)),
        (replace(EXAMPLE, invalid=0), ("line:A", "line:B", "line:C", "line:D")),
        (replace(EXAMPLE, write_ins=(WriteIn("A", 1),)), ("printed:A",)),
        (replace(EXAMPLE, write_ins=(WriteIn("E", 1), WriteIn("E", 1))), ("twice:E",)),
        (replace(EXAMPLE, write_ins=(WriteIn("E", 18),)), ("written", "chosen")),
        (replace(EXAMPLE, lines=counted(A=17, B=17, C=17, D=0), write_ins=(WriteIn("E", 1),)), ("chosen",)),
        (replace(EXAMPLE, lines=(Line("A", 17, 0, 0),), write_ins=(WriteIn("E", 1),)), ("written",)),
    ],
)
def test_totals_that_cannot_be(sheet: Sheet, problems: tuple[str, ...]) -> None:
    assert sheet_problems(sheet, 3, 18) == problems


def test_what_two_entries_differ_in() -> None:
    other = replace(EXAMPLE, voted=17, lines=counted(A=15, B=12, C=10, D=9), write_ins=(WriteIn("E", 1),))
    assert differing(EXAMPLE, other) == ("voted", "approve:D", "disapprove:D", "write_in:E")
    assert differing(EXAMPLE, EXAMPLE) == ()
    assert differing(EXAMPLE, replace(EXAMPLE, write_ins=(WriteIn("E", 0),))) == ()


@pytest.mark.parametrize(
    ("consents", "voters", "may"), [(9, 18, True), (8, 18, False), (9, 17, True), (8, 17, False), (0, 0, False)]
)
def test_seats_are_given_up_with_the_consent_of_half(consents: int, voters: int, may: bool) -> None:
    assert may_reduce(consents, voters) is may


def test_impossible_numbers_are_refused() -> None:
    for call in (
        lambda: may_reduce(3, 2),
        lambda: result(EXAMPLE, 0, present=1, due=1, base=Base.DUE),
        lambda: result(EXAMPLE, 1, present=2, due=1, base=Base.DUE),
        lambda: judge(-1, 0, 1),
        lambda: votes_needed(-1),
    ):
        with pytest.raises(ValueError, match=r"\d"):
            call()


def test_the_way_of_the_report() -> None:
    both = {Office.COMMITTEE, Office.SECRETARY}
    done: list[ReportState] = []
    for state in ReportState:
        assert state in next_reports(done, both)
        done.append(state)
    assert next_reports(done, both) == ()
    reported = [ReportState.COUNTED, ReportState.REPORTED]
    assert next_reports(reported, both) == (ReportState.FILED, ReportState.APPROVED)
    assert next_reports(reported, {Office.COMMITTEE}) == (ReportState.FILED,)
    assert next_reports(reported, {Office.DEPUTY}) == (ReportState.APPROVED,)
    assert next_reports([*reported, ReportState.APPROVED], both) == (ReportState.FILED,)
    assert next_reports([*reported, ReportState.FILED], {Office.COMMITTEE}) == (ReportState.ANNOUNCED,)


votes = st.lists(st.integers(0, 12), min_size=0, max_size=7)


@given(votes, st.integers(1, 5), st.integers(0, 12), st.integers(0, 4))
def test_seats_are_never_over_or_under_filled(approvals: list[int], seats: int, present: int, away: int) -> None:
    lines = tuple(Line(str(number), count, 0, 0) for number, count in enumerate(approvals))
    sheet = Sheet(12, 12, 12, 0, 0, lines)
    found = result(sheet, seats, present=present, due=present + away, base=Base.DUE)
    for outcome, base in ((found.present, present), (found.due, present + away)):
        assert len(outcome.elected) + outcome.tied_seats + outcome.vacant == seats
        assert not outcome.tied or len(outcome.tied) > outcome.tied_seats > 0
        winners = [approvals[int(name)] for name in outcome.elected]
        assert all(2 * count > base for count in winners)
        assert winners == sorted(winners, reverse=True)
        losers = [count for name, count in enumerate(approvals) if str(name) not in outcome.elected]
        assert not winners or not losers or min(winners) > max(losers) or not outcome.tied
    assert found.needs_ruling == (found.present != found.due)
