"""The roster of the sample bureau, written as an office would write it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import tomli

from bot.roster.values import RosterRow
from bot.roster.words import POSTS, STAGES

FIRST_ROW = 4
COLUMNS = (
    "ordinal", "name", "general_branch", "branch", "group", "stage", "posts", "voting_rights",
    "attendance_exempt", "number", "remark",
)  # fmt: skip
COLUMN_WIDTHS = (6, 12, 30, 26, 14, 16, 26, 12, 10, 12, 12)
COMMITTEE_FROM = 7
DEPUTY_FROM = 25


class DemoBureauError(ValueError):
    """content/demo/bureau.toml lacks a key or holds a wrong value; the message names file and key."""


@dataclass(frozen=True, slots=True)
class DemoBranch:
    """One branch; ``members`` counts everybody listed, ``exempt`` the last full members (AT-2)."""

    name: str
    members: int
    general_branch: str = ""
    probationary: int = 0
    activists: int = 0
    candidates: int = 0
    groups: int = 0
    exempt: int = 0
    office_staff: int = 0

    @property
    def full_members(self) -> int:
        """Everybody listed but the probationary members and the non-members."""
        return self.members - self.probationary - self.activists - self.candidates


@dataclass(frozen=True, slots=True)
class DemoBureau:
    """The sample bureau: units, the lists that names are made of, and the words of its roster."""

    name: str
    committee: str
    roster_title: str
    roster_subtitle: str
    roster_note: str
    sheet_title: str
    group_pattern: str
    number_pattern: str
    yes: str
    no: str
    post_separator: str
    surnames: tuple[str, ...]
    given_names: tuple[str, ...]
    headers: Mapping[str, str]
    stages: Mapping[str, str]
    posts: Mapping[str, str]
    branches: tuple[DemoBranch, ...] = field(repr=False)


def load_demo_bureau(path: Path) -> DemoBureau:
    """Read content/demo/bureau.toml. Raises DemoBureauError naming file and key."""
    try:
        data: dict[str, Any] = tomli.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomli.TOMLDecodeError) as error:
        raise DemoBureauError(f"{path}: {error}") from error
    names = [item.name for item in fields(DemoBureau)]
    if wrong := sorted(set(names) ^ set(data)):
        raise DemoBureauError(f"{path}: {wrong[0]}: missing or unknown key")
    for key, needed in (("headers", COLUMNS), ("stages", STAGES), ("posts", POSTS)):
        if lacking := [name for name in needed if name not in data[key]]:
            raise DemoBureauError(f"{path}: {key}.{lacking[0]}: missing")
    try:
        branches = tuple(DemoBranch(**branch) for branch in data.pop("branches"))
    except TypeError as error:
        raise DemoBureauError(f"{path}: branches: {error}") from error
    surnames, given_names = tuple(data.pop("surnames")), tuple(data.pop("given_names"))
    if sum(branch.members for branch in branches) > len(surnames) * len(given_names):
        raise DemoBureauError(f"{path}: given_names: too few for so many members")
    return DemoBureau(branches=branches, surnames=surnames, given_names=given_names, **data)


def demo_rows(bureau: DemoBureau) -> tuple[RosterRow, ...]:
    """Everybody in the sample bureau: the same people in the same order every time."""
    names = _names(bureau)
    rows: list[RosterRow] = []
    for branch in bureau.branches:
        posts = _posts(branch)
        for place in range(branch.members):
            stage = _stage(branch, place)
            serial = len(rows) + 1
            group = place % branch.groups + 1 if branch.groups else 0
            rows.append(
                RosterRow(
                    row_number=FIRST_ROW + len(rows),
                    name=next(names),
                    general_branch=branch.general_branch or None,
                    branch=branch.name,
                    group=bureau.group_pattern.format(number=group) if group else None,
                    stage=stage,
                    posts=posts.get(place, ()),
                    phone=None,
                    voting_rights=stage == "full_member",
                    attendance_exempt=branch.full_members - branch.exempt <= place < branch.full_members,
                    number=bureau.number_pattern.format(number=serial),
                )
            )
    return tuple(rows)


def _names(bureau: DemoBureau) -> Iterator[str]:
    # Each round pairs every surname with another given name, so no full name comes twice.
    count = len(bureau.given_names)
    for shift in range(count):
        for index, surname in enumerate(bureau.surnames):
            yield surname + bureau.given_names[(index * 7 + shift) % count]


def _stage(branch: DemoBranch, place: int) -> str:
    steps = (
        (branch.full_members, "full_member"),
        (branch.probationary, "probationary_member"),
        (branch.candidates, "candidate_member"),
        (branch.activists, "activist"),
    )
    for size, stage in steps:
        if place < size:
            return stage
        place -= size
    return "applicant"


def _posts(branch: DemoBranch) -> dict[int, tuple[str, ...]]:
    """Posts by place in the branch: BS-5 asks for a committee from 7 full members on."""
    posts: list[tuple[str, ...]] = [("secretary",)]
    if branch.full_members >= COMMITTEE_FROM:
        if branch.full_members >= DEPUTY_FROM:
            posts.append(("deputy_secretary",))
        posts += [("organization_commissioner",), ("publicity_commissioner",), ("discipline_commissioner",)]
        posts.append(("recorder",))
    else:
        posts.append(("recorder", "organization_commissioner"))
    # The first ones after the committee whose group is 1, 2, 3 ... lead it.
    leaders = {}
    for group in range(branch.groups):
        place = next(p for p in range(len(posts), branch.members) if p % branch.groups == group)
        leaders[place] = ("group_leader",)
    office = [p for p in range(len(posts), branch.members) if p not in leaders][: branch.office_staff]
    return dict(enumerate(posts)) | leaders | dict.fromkeys(office, ("party_office",))


def write_demo_roster(path: Path, bureau: DemoBureau) -> int:
    """Write the sample roster as XLSX and return the number of people in it."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Border, Font, Side

    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet.title = bureau.sheet_title
    rows = demo_rows(bureau)
    sheet.append([bureau.roster_title])
    sheet.append([bureau.roster_subtitle])
    sheet.append([bureau.headers[column] for column in COLUMNS])
    for ordinal, row in enumerate(rows, start=1):
        sheet.append(_cells(bureau, ordinal, row))
    sheet.append([bureau.roster_note])
    line = Side(style="thin")
    for cells in sheet.iter_rows(min_row=FIRST_ROW - 1, max_row=FIRST_ROW + len(rows) - 1):
        for cell in cells:
            cell.border = Border(left=line, right=line, top=line, bottom=line)
            cell.alignment = Alignment(horizontal="center", vertical="center")
            cell.font = Font(bold=cell.row == FIRST_ROW - 1)
    for merged in (1, 2, FIRST_ROW + len(rows)):
        sheet.merge_cells(start_row=merged, end_row=merged, start_column=1, end_column=len(COLUMNS))
    sheet["A1"].font = Font(size=18, bold=True)
    sheet["A1"].alignment = Alignment(horizontal="center")
    for letter, width in zip("ABCDEFGHIJK", COLUMN_WIDTHS, strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = f"A{FIRST_ROW}"
    sheet.print_title_rows = f"{FIRST_ROW - 1}:{FIRST_ROW - 1}"
    workbook.save(path)
    return len(rows)


def _cells(bureau: DemoBureau, ordinal: int, row: RosterRow) -> list[object]:
    return [
        ordinal,
        row.name,
        row.general_branch,
        row.branch,
        row.group,
        bureau.stages[row.stage],
        bureau.post_separator.join(bureau.posts[post] for post in row.posts) or None,
        bureau.yes if row.voting_rights else bureau.no,
        bureau.yes if row.attendance_exempt else bureau.no,
        row.number,
        None,
    ]
