"""Branch elections on paper: terms, the base, what the ballots say, the report (EL-1..EL-25). Pure arithmetic.

Votes never come in: only the totals of the sheet that the scrutineers signed (SE-1).
"""

from __future__ import annotations

from bot.rules.election.base import (
    Exclusion,
    Reason,
    candidates_needed,
    completes,
    due_count,
    has_quorum,
    may_elect,
    quorum_needed,
    reasons,
)
from bot.rules.election.names import Named, beginnings, close_to, meant
from bot.rules.election.posts import PostChange, post_changes
from bot.rules.election.preliminary import final_lists, may_shortlist, names_needed
from bot.rules.election.report import Office, ReportState, next_reports
from bot.rules.election.result import (
    MORE_WINS,
    Base,
    Outcome,
    Result,
    RoundKind,
    Step,
    may_reduce,
    next_step,
    result,
    votes_needed,
    who_may_win,
)
from bot.rules.election.sheet import (
    Ballot,
    Line,
    Sheet,
    WriteIn,
    box_is_valid,
    differing,
    judge,
    sheet_problems,
)
from bot.rules.election.term import (
    Postponement,
    Term,
    TermState,
    add_months,
    postponement_problem,
    reminders,
    term_state,
)

__all__ = [
    "MORE_WINS",
    "Ballot",
    "Base",
    "Exclusion",
    "Line",
    "Named",
    "Office",
    "Outcome",
    "PostChange",
    "Postponement",
    "Reason",
    "ReportState",
    "Result",
    "RoundKind",
    "Sheet",
    "Step",
    "Term",
    "TermState",
    "WriteIn",
    "add_months",
    "beginnings",
    "box_is_valid",
    "candidates_needed",
    "close_to",
    "completes",
    "differing",
    "due_count",
    "final_lists",
    "has_quorum",
    "judge",
    "may_elect",
    "may_reduce",
    "may_shortlist",
    "meant",
    "names_needed",
    "next_reports",
    "next_step",
    "post_changes",
    "postponement_problem",
    "quorum_needed",
    "reasons",
    "reminders",
    "result",
    "sheet_problems",
    "term_state",
    "votes_needed",
    "who_may_win",
]
