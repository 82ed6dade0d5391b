"""The way of the report to the superior (EL-14, EL-25)."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum


class Office(StrEnum):
    """What is elected: members of the committee, its secretary, its deputy secretary (EL-14)."""

    COMMITTEE = "committee"
    SECRETARY = "secretary"
    DEPUTY = "deputy"


class ReportState(StrEnum):
    """counted -> reported -> filed (committee members) and approved (secretary, deputy) -> announced."""

    COUNTED = "counted"
    REPORTED = "reported"
    FILED = "filed"
    APPROVED = "approved"
    ANNOUNCED = "announced"


def next_reports(done: Collection[ReportState], offices: Collection[Office]) -> tuple[ReportState, ...]:
    """What may be recorded next: members of the committee are filed with the superior, secretary and deputy need its
    approval, and only then is the result announced (EL-25)."""
    for state in (ReportState.COUNTED, ReportState.REPORTED):
        if state not in done:
            return (state,)
    wanted = {ReportState.FILED} if Office.COMMITTEE in offices else set()
    if Office.SECRETARY in offices or Office.DEPUTY in offices:
        wanted.add(ReportState.APPROVED)
    if missing := wanted - set(done):
        return tuple(sorted(missing, key=list(ReportState).index))
    return () if ReportState.ANNOUNCED in done else (ReportState.ANNOUNCED,)
