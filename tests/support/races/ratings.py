"""Every form of a rating's console, sent twice at once; sheets, paper, codes, the key and the box."""

from __future__ import annotations

import json
from functools import cache

import sqlalchemy as sa
from sqlmodel import insert

from bot.rules.rating import sealing
from bot.store import rating
from bot.store.core.statements import StoreSession
from bot.store.rating import RatingRound, RoundKind, RoundMode, RoundState, envelopes
from bot.store.rating.tables import RatingApproval, RatingNamed, RatingTarget, RatingTeller, RatingVoter
from tests.support.races import Input, Line, Round, line
from tests.support.races.branches import Branch
from tests.support.races.members import Pair
from tests.support.rating import open_box
from tests.support.shipped import START

DRAFT, OPEN, CLOSED = range(3)
_VOTERS, _RATED = "甲丁戊书副记", "乙丙"
_ITEMS = [{"name": "总体评价", "weight": "1"}]
_GRADES = [{"name": "好", "value": "100"}, {"name": "一般", "value": "60"}, {"name": "弃权", "value": None}]
_CLASSES = [{"name": "领导", "weight": "40"}, {"name": "同行", "weight": "60"}]
_MARKS = [b"\1", b"\2"]
"""What everybody gives each of those who are rated."""


@cache
def key() -> sealing.Key:
    return sealing.make_key()


def make(session: StoreSession, r: Round, stage: int, mode: RoundMode = RoundMode.NAMED) -> int:
    """A rating of the branch at a stage, with five voters in each of two classes; at the end everybody has cast."""
    branch = r.branch
    found = RatingRound(unit_id=branch.id, kind=RoundKind.FREE, mode=mode, title="试评", items=_ITEMS, grades=_GRADES,
                        classes=_CLASSES, minutes_each=r.arena.apps[0].settings.rating.minutes_each,
                        made_by=branch.people["书"], made_on=START.date())  # fmt: skip
    session.add(found)
    session.flush()
    number = found.id or 0
    _add_people(session, branch, number, here=stage != DRAFT)
    if stage == DRAFT:
        return number
    if mode is RoundMode.SEALED:
        found.public_key, found.key_proved_by = sealing.b64u(key().public), branch.people["组"]
    found.manifest = rating.build_manifest(session, found)
    found.manifest_hash = rating.digest(found.manifest)
    found.state, found.opened_on, found.released = RoundState.OPEN, START.date(), len(_RATED)
    approvals = [{"round_id": number, "member_id": branch.people[who], "manifest_hash": found.manifest_hash}
                 for who in "书组"]  # fmt: skip
    session.execute(insert(RatingApproval), approvals)
    if mode is RoundMode.SEALED:
        found.sheet_bytes = len(_RATED) * sealing.sealed_length(len(_ITEMS))
        envelopes.of(number).make(session)
    session.flush()
    if stage == CLOSED:
        _cast(session, found, [voter.id for voter in rating.voters(session, number)])
        rating.close(session, found, branch.people["书"], START)
    return number


def _add_people(session: StoreSession, branch: Branch, number: int, here: bool) -> None:
    """Who is rated, who rates, all of them there or nobody yet, and who keeps the key."""
    rated = [{"round_id": number, "position": at, "name": branch.account(who), "unit": "", "note": "", "weights": {},
              "member_id": branch.people[who]} for at, who in enumerate(_RATED)]  # fmt: skip
    roll: list[tuple[int | None, str, int]] = [(branch.people[who], "", 0 if who in "书副" else 1) for who in _VOTERS]
    roll += [(None, f"外{at}", 1 if at == 0 else 0) for at in range(4)]
    rows = [{"round_id": number, "member_id": member, "label": label, "class_index": index, "present": here,
             "paper": False, "ticket": 0} for member, label, index in roll]  # fmt: skip
    tellers = [{"round_id": number, "member_id": branch.people[who]} for who in "组纪"]
    for table, values in ((RatingTarget, rated), (RatingVoter, rows), (RatingTeller, tellers)):
        session.execute(insert(table), values)


def _cast(session: StoreSession, found: RatingRound, who: list[int]) -> None:
    """These voters cast; nobody of them is rated."""
    number = found.id or 0
    if found.mode is RoundMode.NAMED:
        rows = [{"round_id": number, "voter_id": voter, "target": at, "revision": 1, "marks": marks}
                for voter in who for at, marks in enumerate(_MARKS)]  # fmt: skip
        session.execute(insert(RatingNamed), rows)
        return
    hashed = bytes.fromhex(found.manifest_hash)
    sheets = [{"voter_id": voter, "revision": 1, "sealed": sealing.seal_sheet(key().public, hashed, _MARKS)}
              for voter in who]  # fmt: skip
    session.execute(sa.insert(envelopes.of(number).table), sheets)


def voters(session: StoreSession, number: int) -> dict[str, int]:
    """Voter ids by the character of the name."""
    return {one.name[:1]: one.id for one in rating.voters(session, number)}


def _with_roll(session: StoreSession, r: Round, stage: int) -> tuple[int, dict[str, int]]:
    number = make(session, r, stage)
    return number, voters(session, number)


def manifest(session: StoreSession, number: int) -> str:
    return session.get_one(RatingRound, number).manifest_hash


def draft_hash(session: StoreSession, number: int) -> str:
    return rating.digest(rating.build_manifest(session, session.get_one(RatingRound, number)))


def form(
    action: str, stage: int, one: dict[str, str | list[str]], two: dict[str, str | list[str]] | None = None
) -> Line:
    """A form of the console, sent by two people at once. `@甲` stands for that voter's number."""

    async def begin(r: Round) -> Pair:
        number, roll = await r.write(_with_roll, r, stage)
        known = {f"@{who}": str(ident) for who, ident in roll.items()}
        known |= {"@branch": str(r.branch.id), "@n": str(r.branch.number), "@m": str(r.branch.people["纪"])}

        def filled(said: dict[str, str | list[str]]) -> dict[str, str | list[str]]:
            return {name: _filled(value, known) for name, value in said.items()}

        path = f"/ratings/{number}"
        return (
            r.forms("书", path, action=action, **filled(one)),
            r.forms("副", path, action=action, **filled(two or one)),
        )

    begin.__name__ = f"rating_{action}_twice"
    return Line((f"/ratings/{{round}}:{action}",), begin)


def _filled(value: str | list[str], known: dict[str, str]) -> str | list[str]:
    if isinstance(value, list):
        return [str(_filled(one, known)) for one in value]
    for mark, text in sorted(known.items(), key=lambda pair: -len(pair[0])):
        value = value.replace(mark, text)
    return value


@line("/ratings")
async def a_rating_made_twice(r: Round) -> Pair:
    fields = {"unit": str(r.branch.id), "title": "试评", "kind": "free", "mode": "named"}
    return r.forms("书", "/ratings", **fields), r.forms("副", "/ratings", **fields)


@line("/rating/{round}", "/ratings/{round}:close")
async def cast_while_it_closes(r: Round) -> Pair:
    number = await r.write(make, r, OPEN)
    fields = {"marks": sealing.b64u(b"\1\2"), "manifest": await r.write(manifest, number)}
    return r.forms("甲", f"/rating/{number}", **fields), r.forms("书", f"/ratings/{number}", action="close", sure="1")


@line("/rating/{round}", "rating.close")
async def cast_while_its_time_ends(r: Round) -> Pair:
    number = await r.write(make, r, OPEN)
    await r.form("书", f"/ratings/{number}", action="deadline", closes_at="2026-11-02T10:00")
    fields = {"marks": sealing.b64u(b"\1\2"), "manifest": await r.write(manifest, number)}
    return r.forms("甲", f"/rating/{number}", **fields), r.job("rating.close", number)


@line("/rating/{round}")
async def cast_twice_named(r: Round) -> Pair:
    number = await r.write(make, r, OPEN)
    hashed = await r.write(manifest, number)
    sent = [r.forms("甲", f"/rating/{number}", marks=sealing.b64u(one), manifest=hashed) for one in (b"\1\2", b"\2\1")]
    return sent[0], sent[1]


@line("/rating/{round}")
async def cast_twice_sealed(r: Round) -> Pair:
    number = await r.write(make, r, OPEN, RoundMode.SEALED)
    hashed = await r.write(manifest, number)
    sheets = [
        sealing.seal_sheet(key().public, bytes.fromhex(hashed), rows) for rows in ([b"\1", b"\2"], [b"\2", b"\1"])
    ]
    sent = [r.forms("甲", f"/rating/{number}", sealed=sealing.b64u(one), manifest=hashed) for one in sheets]
    return sent[0], sent[1]


@line("/rating/{round}", "/ratings/{round}:presence")
async def cast_while_paper_is_handed_out(r: Round) -> Pair:
    number = await r.write(make, r, OPEN)
    voter = (await r.write(voters, number))["甲"]
    fields = {"marks": sealing.b64u(b"\1\2"), "manifest": await r.write(manifest, number)}
    given = {"action": "presence", "do": f"paper-{voter}", "sure": "1"}
    return r.forms("甲", f"/rating/{number}", **fields), r.forms("书", f"/ratings/{number}", **given)


@line("/rating/code")
async def a_code_typed_twice(r: Round) -> Pair:
    number = await r.write(make, r, DRAFT)

    def slip(session: StoreSession) -> str:
        return rating.add_slips(session, session.get_one(RatingRound, number), 1, 1)[0]

    typed = await r.write(slip)
    return r.forms("甲", "/rating/code", code=typed), r.forms("丁", "/rating/code", code=typed)


@line("rating.remind", "rating.remind_one", "/ratings/{round}:remind")
async def reminded_twice(r: Round) -> Pair:
    number = await r.write(make, r, OPEN)
    return r.says("书", "评议 提醒"), r.forms("书", f"/ratings/{number}", action="remind")


@line("/ratings/{round}/key")
async def two_tellers_bring_a_key(r: Round) -> Pair:
    number = await r.write(make, r, DRAFT, RoundMode.SEALED)
    public = sealing.b64u(key().public)
    fields = {"action": "put", "public": public}
    return r.forms("组", f"/ratings/{number}/key", **fields), r.forms("纪", f"/ratings/{number}/key", **fields)


def boxes(session: StoreSession, number: int) -> str:
    found = open_box(session, number, key())
    return json.dumps(
        [{"target": target, "class": index, "rows": sealing.b64u(rows)} for (target, index), rows in found.items()]
    )


@line("/ratings/{round}/open")
async def two_tellers_open_the_box(r: Round) -> Pair:
    number = await r.write(make, r, CLOSED, RoundMode.SEALED)
    given = await r.write(boxes, number)
    path = f"/ratings/{number}/open"
    return r.forms("组", path, boxes=given), r.forms("纪", path, boxes=given)


@line("/ratings/{round}/paper")
async def two_clerks_type_paper(r: Round) -> Pair:
    number = await r.write(_with_paper, r)
    rows = json.dumps([{"target": at, "rows": sealing.b64u(b"\1")} for at in range(2)])
    fields = {"class": "1", "boxes": rows, "returned": "1", "void": "0"}
    return r.forms("组", f"/ratings/{number}/paper", **fields), r.forms("纪", f"/ratings/{number}/paper", **fields)


def _with_paper(session: StoreSession, r: Round) -> int:
    number = make(session, r, OPEN, RoundMode.SEALED)
    found, known = session.get_one(RatingRound, number), voters(session, number)
    rating.mark_paper(session, found, known["甲"], True)
    _cast(session, found, [known[who] for who in _VOTERS[1:]])
    rating.close(session, found, r.branch.people["书"], START)
    return number


def _result(**fields: str) -> Line:
    async def begin(r: Round) -> Pair:
        number = await r.write(make, r, CLOSED)
        path = f"/ratings/{number}/result"
        return r.forms("书", path, **fields), r.forms("副", path, **fields)

    begin.__name__ = f"rating_result_{fields['action']}_twice"
    return Line(("/ratings/{round}/result",), begin)


@line("/ratings/{round}/result/{kind}")
async def a_file_taken_twice(r: Round) -> Pair:
    number = await r.write(make, r, CLOSED)
    path = f"/ratings/{number}/result/xlsx"

    def taken(who: str) -> Input:
        async def send(via: int) -> str:
            return (await r.form(who, path, via))[:3]

        return send

    return taken("书"), taken("副")


@line("/ratings/{round}:approve")
async def approved_by_two(r: Round) -> Pair:
    number = await r.write(make, r, DRAFT)
    fields = {"action": "approve", "hash": await r.write(draft_hash, number)}
    return r.forms("书", f"/ratings/{number}", **fields), r.forms("组", f"/ratings/{number}", **fields)


@line("/ratings/{round}:cancel")
async def cancelled_while_the_box_is_opened(r: Round) -> Pair:
    number = await r.write(make, r, CLOSED, RoundMode.SEALED)
    await r.form("组", f"/ratings/{number}/open", boxes=await r.write(boxes, number))
    given = await r.write(boxes, number)
    return r.forms("纪", f"/ratings/{number}/open", boxes=given), r.forms(
        "书", f"/ratings/{number}", action="cancel", sure="1"
    )


_OPTIONS: dict[str, str | list[str]] = {
    "title": "试评", "mode": "named", "minutes_each": "0", "meeting": "0", "ranked": "1", "min_group": "5",
}  # fmt: skip
_MOST = {"position": ["0", "1"], "order": ["2", "1"], "unit": ["", ""], "note": ["", ""]}
CONSOLE = [
    form("options", DRAFT, _OPTIONS, _OPTIONS | {"title": "再评"}),
    form("items", DRAFT, {"item": ["德", "能"], "weight": ["1", "1"]}),
    form("grades", DRAFT, {"grade": ["好", "差"], "value": ["100", "50"]}),
    form("classes", DRAFT, {"class": ["甲类", "乙类"], "weight": ["1", "1"]}),
    form("merge", DRAFT, {"from": "1", "into": "0"}),
    form("prefill", DRAFT, {"probationary": "0", "sure": "1"}),
    form("targets", DRAFT, {**_MOST}),
    form("add_targets", DRAFT, {"names": "丁@n"}),
    form("add_members", DRAFT, {"branch": "@branch", "member": ["@m"], "class": "1", "do": "voters"}),
    form("voters", DRAFT, {"voter": ["@甲"], "do": "remove"}, {"voter": ["@甲"], "do": "move", "class": "0"}),
    form("slips", DRAFT, {"number": "2", "class": "0"}),
    form("drop_slips", DRAFT, {"class": "0"}),
    form("tellers", DRAFT, {"teller": ["戊@n", "纪@n"]}),
    form("take_voters", DRAFT, {"list": "[]"}),
    form("take_targets", DRAFT, {"list": "[]"}),
    form("drop", DRAFT, {"sure": "1"}),
    form("speak", OPEN, {"value": "0"}, {"value": "1"}),
    form("presence", OPEN, {"do": "away", "voter": ["@甲"]}, {"do": "code-@甲"}),
    form("deadline", OPEN, {"closes_at": "2026-11-02T18:00"}, {"closes_at": ""}),
    form("close", OPEN, {"sure": "1"}),
    _result(action="decide", target="0", grade="好", reason="", on="2026-11-02"),
    _result(action="tell", target="0"),
]
LINES = [*[one for one in globals().values() if isinstance(one, Line)], *CONSOLE]
