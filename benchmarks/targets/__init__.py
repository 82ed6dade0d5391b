"""The explicit lists of everything that can be measured, by workload. The names are those of `--targets`."""

from __future__ import annotations

from benchmarks.limits.app import TOKEN
from benchmarks.targets.base import AnswerTarget, BroadcastTarget, SearchTarget
from benchmarks.targets.limit import BareSender, LikeScan, LimitApp, LocalWire, WeChatWire
from benchmarks.targets.ours import OurApp, OurSearch, OurSender
from benchmarks.targets.peers import NoneBotOrm, PtbOrm
from benchmarks.targets.rating import (
    BareBooth,
    BareOpening,
    Belenios,
    BoothTarget,
    ElectionTarget,
    GroupByTally,
    NumpyTally,
    OpeningTarget,
    OurBooth,
    OurElection,
    OurOpening,
    OurTally,
    TallyTarget,
)

_LOCAL = LocalWire()
_ANSWERS: tuple[AnswerTarget, ...] = (
    LimitApp("limit", _LOCAL),
    LimitApp("limit_wechat", WeChatWire("/wechat", TOKEN)),
    LimitApp("control_none", _LOCAL),
    LimitApp("control_sleep", _LOCAL, "--sleep-ms", "1"),
    LimitApp("control_commit", _LOCAL, "--commit-each"),
    LimitApp("control_drop", _LOCAL, "--drop", "300"),
    OurApp(),
    OurApp("ours_sleep", "--sleep-ms", "1"),
    OurApp("ours_commit", "--commit-each"),
    OurApp("ours_drop", "--drop", "300"),
    NoneBotOrm(),
)
_BROADCAST: tuple[BroadcastTarget, ...] = (OurSender(), BareSender(), PtbOrm())
_SEARCH: tuple[SearchTarget, ...] = (OurSearch(), LikeScan())
_TALLY: tuple[TallyTarget, ...] = (OurTally(), NumpyTally(), GroupByTally())
_ELECTION: tuple[ElectionTarget, ...] = (OurElection(), Belenios())
_CASTING: tuple[BoothTarget, ...] = (OurBooth(), BareBooth())
_OPENING: tuple[OpeningTarget, ...] = (OurOpening(), BareOpening())

ANSWERS = {target.name: target for target in _ANSWERS}
BROADCAST = {target.name: target for target in _BROADCAST}
SEARCH = {target.name: target for target in _SEARCH}
TALLY = {target.name: target for target in _TALLY}
ELECTION = {target.name: target for target in _ELECTION}
CASTING = {target.name: target for target in _CASTING}
OPENING = {target.name: target for target in _OPENING}
PEERS = ("nonebot_orm", "ptb_orm", "numpy", "group_by", "belenios")
CONTROLS = {"control_none": 0, "control_sleep": 1, "control_commit": 1, "control_drop": 2} | {
    "ours_sleep": 1,
    "ours_commit": 1,
    "ours_drop": 2,
}
"""The exit code that each must lead to."""
