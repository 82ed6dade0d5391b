#!/usr/bin/env python3
"""How much of what people really type does Azalea 杜鹃 understand, and what does it do by mistake?

    python utterances.py [FILE.toml …] [--need 0.90] [--list miss|harm|all] [--row ID] [--jobs N]
    python utterances.py --same today.json

Every row of a corpus is one thing said in a named set-up (a database that was prepared by talking to the bot, and is
copied for each row). The answer and the changed rows decide: right, harmless miss, or harm. Exit status 0 when the
share of right rows is at least --need and no row did harm; 1 otherwise; 2 when a set-up could not be made, or the program
has a table that section 1 does not name. With --same the status is 0 when every row has the verdict that the file keeps.
The column (idle) says how many of the right rows are right because nothing was done, which is all that they ask.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import logging
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import tomllib
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

HERE = Path(__file__).resolve().parent
CST = timezone(timedelta(hours=8))

# ------------------------------------------------------------------------------------------------------------------
# 1  ADAPTER: all that knows the project's inside. If names move, mend here.
# ------------------------------------------------------------------------------------------------------------------

CAST = {  # role -> name; all invented
    "secretary": "梅山茶", "organizer": "竹青禾", "recorder": "兰心蕊", "discipline": "菊清霜",
    "member": "张玉兰", "member2": "王海棠", "member3": "李丁香", "member4": "陈木棉", "member5": "刘石榴",
    "member6": "赵紫薇", "probationary": "孙芙蓉", "exempt": "周青松", "activist": "吴茉莉",
    "ferry_secretary": "何水仙", "ferry_member": "郑芦苇", "office": "方玉簪", "stranger": "新号",
}  # fmt: skip
BRANCH = "公路养护党支部"
GROUP_CHAT = "g:" + BRANCH
CHANNEL = "local"


def project(root: Path):
    """Import the project from `root`; what set-up and runs need of it."""
    os.chdir(root)
    sys.path.insert(0, str(root))
    logging.disable(logging.CRITICAL)
    from msgspec.structs import replace

    from bot import config
    from bot.app import App
    from bot.clock import ShiftedClock
    from bot.content import load_content
    from bot.messages import Address, Inbound

    content = load_content(root / "content")

    class Project:
        @staticmethod
        def app(db: Path, now: datetime):
            loaded = config.load(
                root / "config.toml", {"AZALEA_STORE_URL": f"sqlite:///{db}", "AZALEA_SECRET": "s" * 40}
            )
            loaded = replace(loaded, store=replace(loaded.store, backup_folder=str(db.parent / "backups")))
            clock = ShiftedClock(now)
            return App(loaded, content, clock), clock

        @staticmethod
        def inbound(who: str, text: str, token: str, group: bool, addressed: bool, ident: str):
            chat = Address(CHANNEL, GROUP_CHAT if group else who, group)
            return Inbound(CHANNEL, who, chat, ident, text, token, addressed=addressed)

        @staticmethod
        async def populate(app, now: datetime, bank: Path) -> None:
            """Roster, accounts, quiz bank and study material: what the office does before anybody talks."""
            from bot.learning.quiz_bank import load_bank
            from bot.store import binding, questions

            def fill(session) -> None:
                from sqlmodel import select

                from bot.store import roster
                from bot.store.people import Member

                roster.apply(session, "临江市交通运输局党委", [_Row(*line) for line in _ROSTER])
                for member in session.exec(select(Member)):
                    if member.name != "新号":
                        binding.bind(session, member.id or 0, CHANNEL, member.name, member.name, now)

            await app.store.write(fill)
            await app.store.write(questions.import_questions, load_bank(bank), now)
            try:
                from bot.content import load_content
                from bot.learning.material import load_materials
                from bot.store import study

                loaded = load_materials(root / "content" / "study", load_content(root / "content").marks)
                await app.store.write(study.import_materials, loaded, now)
            except Exception as error:  # study material is only needed by one set-up
                print("study material not imported:", error, file=sys.stderr)

        @staticmethod
        async def turn(app) -> None:
            """Do what is due now and send what waits."""
            await app.schedule.run_due()
            await app.delivery.drain()

    return Project


@dataclass(frozen=True)
class _Row:
    """A roster row as `bot.store.roster.apply` takes it."""

    name: str
    branch: str = BRANCH
    posts: tuple = ()
    stage: str = "full_member"
    group: str | None = None
    attendance_exempt: bool = False
    voting_rights: bool = True
    general_branch: str | None = None
    phone: str | None = None
    also: str | None = None


_ROSTER = [
    ("梅山茶", BRANCH, ("secretary",)),
    ("竹青禾", BRANCH, ("organization_commissioner",)),
    ("兰心蕊", BRANCH, ("publicity_commissioner", "recorder")),
    ("菊清霜", BRANCH, ("discipline_commissioner",)),
    *[(name, BRANCH, (), "full_member", "第一党小组") for name in ("张玉兰", "王海棠", "李丁香")],
    *[(name, BRANCH, (), "full_member", "第二党小组") for name in ("陈木棉", "刘石榴", "赵紫薇")],
    ("孙芙蓉", BRANCH, (), "probationary_member"),
    ("周青松", BRANCH, (), "full_member", None, True),
    ("吴茉莉", BRANCH, (), "activist"),
    ("新号", BRANCH),
    ("何水仙", "渡运党支部", ("secretary",)),
    ("郑芦苇", "渡运党支部"),
    ("方玉簪", "机关党支部", ("party_office",)),
]
BANK = """[meta]
version = "2026-11-01"
language = "zh-CN"
count = 3
""" + "".join(
    f"""
[[question]]
id = "u-{number}"
type = "single"
subject = "安全"
difficulty = 1
stem = "{stem}"
options = {{ A = "{a}", B = "{b}", C = "{c}", D = "{d}" }}
answer = ["B"]
explanation = "按单位的安全操作要求。"
source = "自拟样题"
verification = "recall"
expires_with = []
"""
    for number, (stem, a, b, c, d) in enumerate(
        (
            ("上路作业前先做什么？", "直接开工", "摆放警示标志", "先拍照片", "等车流变少"),
            ("雪天出车前要检查什么？", "车载音响", "轮胎和刹车", "座椅颜色", "车内香水"),
            ("渡口遇到大雾怎么办？", "加速通过", "停航等待", "鸣笛就走", "关灯航行"),
        ),
        1,
    )
)

PRIMARY = {  # route -> the command as the manual writes it; the answer to it is what the row's answer must be
    "notices.compose": "通知", "receipts.status": "通知情况", "receipts.inbox": "我的通知", "sign_in.code": "签到",
    "sign_in.on_behalf": "代签", "sign_in.observer": "列席", "attendance.open": "签到 开始",
    "attendance.close": "签到 结束", "attendance.status": "签到 情况", "leave.ask": "请假", "leave.withdraw": "撤回请假",
    "leave.pending": "请假 审批", "make_up.begin": "补课", "mine.show": "我的", "mine.correct": "更正",
    "mine.suggest": "意见", "mine.leave": "退出", "poll.start": "投票", "poll.motion": "表决", "poll.entries": "接龙",
    "poll.status": "投票情况", "poll.results": "投票结果", "practice.start": "练习", "practice.daily_off": "每日一题 关",
    "practice.daily_on": "每日一题", "quiz.prepare": "测验", "quiz.take": "答小测", "records.show": "记录", "records.export": "记录 导出",
    "records.month": "本月", "study.look": "学习", "study.push": "推送学习", "theme_day.show": "主题党日",
    "theme_day.plan": "主题党日 计划", "theme_day.move": "主题党日 改期", "binding.new_codes": "绑定码",
    "help.show": "帮助", "help.cancel": "取消", "console.open": "网页", "rating.show": "评议", "binding.unbind": "解绑",
}  # fmt: skip

FACTS = {  # info:<kind> -> what the answer must contain (all of the patterns)
    "time": [r"15\s*[:：]\s*00|下午\s*(3|三)\s*点"],
    "day": [r"11\s*[-月]\s*0?5|周四|星期四|明天|今天"],
    "place": [r"三楼会议室"],
    "topic": [r"学习安全生产条例"],
    "bring": [r"学习笔记"],
    "week": [r"主题党日", r"11\s*[-月]\s*0?5|周四"],
    "sign_in_how": [r"(4|四)\s*位.{0,6}数字|签到码"],
    "not_open": [r"(没有|还没|没开|未开|等).{0,14}(签到|开始)|(签到|开始).{0,10}(没|未|还)"],
    "bind_how": [r"书记|党建办", r"码"],
    "notice_A": [r"学习笔记"],
    "notice_B": [r"值班表"],
    "waiting": [r"学习笔记|值班表|植树|小测|收到"],
    "help": [r"帮助|您可以发|能做什么"],
    "leave_how": [r"请假"],
    "secretary_only": [r"书记"],
    "private_only": [r"私聊"],
    "poll": [r"植树"],
    "poll_until": [r"18\s*[:：]\s*00|下午\s*(6|六)\s*点|傍晚"],
    "privacy": [r"姓名|记哪些|我的"],
    "exempt": [r"不参加|不用请假|自愿|欢迎"],
    "stranger": [r"绑定码|书记"],
    "past": [r"过了|以后的时间|已过"],
    "quiz_how": [r"序号|选项|选|字母"],
    "signed": [r"已签到|签到成功|签上"],
    "who_am_i": [r"杜鹃", r"通知|签到|学习|支部"],
    "dues": [r"党费"],
    "phone": [r"党建办|书记|电话"],
    "correct_how": [r"更正"],
    "numbers": [r"应到|实到|\d+\s*人"],
}  # fmt: skip
NAMES = {  # what a question back must name, by set-up
    "": [r"学习笔记", r"值班表", r"主题党日", r"植树", r"小测|警示标志|上路作业", r"安全|材料|读完", r"请假|签到|通知|记录|投票|投|会议|回执"],
}
FAILED = re.compile(r"没看懂|没有这个选项|没有要您选的|有几件事都在等|不能再改|出了点问题|按钮已经不能用|这个码不对|数字不对|已经答过"
                    r"|只能选|没有等您|题库里|没法确定|没有找到")  # fmt: skip
GENERIC = re.compile(r"没看懂。|没有这个选项|没有要您选的|出了点问题")
REFUSED_SECRET = re.compile(r"涉密|密级|没有保存|专门渠道|身份证|不能发|内部")
HANDS_ON = re.compile(r"(转给|转告|转达|捎给|带给|告诉|报给|发给|说给).{0,8}(书记|支部|党建办|委员|支委)|人工")
CLAIMS = {  # what an answer says it did -> the effect that must be there
    r"^已记下您收到": "confirmed", r"^签到成功": "signed_in", r"^已替您报上": "leave", r"^已转给": "request",
    r"^好了，正在发给": "notice_sent", r"^请假已撤回": "leave_withdrawn", r"^已代.{2,6}签到": "signed_in_for",
    r"^您?已?解绑": "account_gone",
}  # fmt: skip
BOOKS = {  # tables that keep the books of a conversation; never an effect
    "alembic_version", "attempt", "audit_head", "auditentry", "due", "inboundevent", "openprompt", "prompt", "send_rate", "used_link",
    "web_session", "sqlite_sequence", "delivery", "material", "question", "unit",
}  # fmt: skip
SIMPLE = {  # tables in which every change is one effect
    "reading": "read", "make_up": "make_up", "minutes_correction": "minutes_corrected", "bind_code": "codes",
    "groupchat": "group_changed", "daily_question": "daily", "question_report": "report",
    "branch_policy": "policy", "theme_day": "theme_day_changed", "post": "member_changed",
}  # fmt: skip
NAMED = {  # tables whose effects `_named` tells apart
    "notice", "notice_receipt", "attendance", "leave", "poll", "poll_vote", "quiz", "quiz_answer", "quiz_slot",
    "correction_request", "minutes", "meeting", "account", "member", "outgoing", "practice_ask", "sign_in", "material_push",
}  # fmt: skip
FAMILIES = {"rating_": "rating", "election": "election"}  # tables whose names begin so -> their one effect
DERIVED = ("sqlite_", "material_search")  # tables whose names begin so are made out of others
SOFT = ("notice_draft", "notice_text", "notice_time", "notice_changed", "poll_draft", "poll_time", "quiz_draft", "codes",
        "sent", "other", "push_draft", "notice_dropped", "poll_dropped", "practice_asked", "meeting_planned")  # fmt: skip
"""Effects that change nothing for anybody yet: no harm unless a row's must_not names them."""


def effects(before: dict, after: dict, ctx: Setup, who: str) -> list[str]:
    """What changed in the store, in words: `confirmed:A`, `signed_in`, `leave:thu:illness`, `vote:2`, …"""
    found: list[str] = []
    me = next((key[0] for key, row in after.get("member", {}).items() if row["name"] == who), 0)
    names = {key[0]: row["name"] for key, row in after.get("member", {}).items()}
    letter = {key[0]: "ABCDEF"[n] for n, key in enumerate(sorted(before.get("notice", {}))) if n < 6}
    for table in sorted(set(before) | set(after)):
        if table in BOOKS:
            continue
        old, new = before.get(table, {}), after.get(table, {})
        for key in sorted(set(old) | set(new), key=str):
            was, now = old.get(key), new.get(key)
            if was != now:
                found += _named(table, key, was or {}, now or {}, me, names, letter, before, after)
    return sorted(set(found))


def _named(table, key, was, now, me, names, letter, before, after) -> list[str]:
    mine = (now or was).get("member_id") == me
    changed = {name for name in now if was.get(name) != now[name]}
    if table == "notice_receipt":
        if now.get("confirmed_at") and not was.get("confirmed_at"):
            notice = letter.get(now["notice_id"], "new")
            return [f"confirmed:{notice}" if mine else f"confirmed_other:{notice}"]
        return []
    if table == "attendance":
        if not now:
            return ["sign_in_undone"]
        if now.get("observer"):
            return [f"observer:{now['name']}"]
        if now.get("signed_in_at") and not was.get("signed_in_at"):
            return ["signed_in"] if mine and not now.get("on_behalf_by") else [f"signed_in_for:{names.get(now.get('member_id')) or now['name']}"]
        return []
    if table == "leave":
        if not was or (now.get("state") == "pending" and was.get("state") != "pending"):
            meeting = after["meeting"].get((now["event_id"],), {})
            day = moment(meeting.get("starts_at"))
            who = "" if mine else f":for_{names.get(now['member_id'])}"
            return [f"leave:{'thu' if day and day.day == 5 else 'other'}:{now['category']}{who}"]
        state = now.get("state", "gone")
        return ["leave_withdrawn"] if state in ("withdrawn", "gone") else [f"leave_decided:{state}"]
    if table == "poll_vote":
        if now.get("entry"):
            return ["entry"]
        number = now.get("choice", -1)
        return [f"vote:{bits(number)}" if mine else f"vote_other:{bits(number)}"]
    if table == "quiz_answer":
        shown = {k[2]: row for k, row in after.get("openprompt", {}).items() if k[1] == me}
        prior = before.get("openprompt", {})
        for (chat, person, prompt), row in after.get("openprompt", {}).items():
            old = prior.get((chat, person, prompt), {})
            fresh = person == me and row["answered"] and not old.get("answered") and prompt in shown
            if fresh and after["prompt"][(prompt,)]["route"].startswith("quiz"):
                return [f"quiz:{bits(row['marks'])}"]
        return ["quiz:?"]
    if table == "notice":
        if not was:
            state = now.get("state")
            return ["notice_draft"] if state == "draft" else ["notice_sent"]
        out = []
        if "state" in changed:
            state = now.get("state")
            out.append("notice_dropped" if state == "cancelled" and was.get("state") == "draft" else
                       "notice_cancelled" if state in ("cancelled", "closed") else "notice_sent")  # fmt: skip
        if not now:
            return ["notice_dropped" if was.get("state") == "draft" else "notice_cancelled"]
        out += ["notice_text"] if "text" in changed else []
        out += ["notice_time"] if "send_at" in changed and "state" not in changed else []
        out += ["chased"] if "chased_at" in changed else []
        return out or ["notice_changed"]
    if table == "poll":
        if not was:
            return ["poll_draft" if now.get("state") == "draft" else "poll_started"]
        if not now:
            return ["poll_dropped"]
        if "state" in changed:
            return ["poll_started" if now["state"] == "open" else "poll_closed"]
        return ["poll_time"] if "closes_at" in changed else ["poll_draft"]
    if table == "quiz":
        if not now:
            return ["quiz_draft"]
        state = now.get("state")
        return ["quiz_draft"] if state == "draft" else ["quiz_" + str(state)] if "state" in changed else []
    if table == "correction_request":
        return ["request:" + now.get("kind", "correction")] if not was else ["request_settled"]
    if table == "minutes":
        filled = [n for n in changed if n != "meeting_id" and now.get(n) not in (None, "", "[]", "{}", "null") and n != "sealed"]
        return ["minutes:" + "+".join(sorted(filled))] if filled else []
    if table == "meeting":
        if not was:
            return ["meeting_planned"]
        return [f"meeting_changed:{'+'.join(sorted(changed))}"] if now else ["meeting_gone"]
    if table == "account":
        member = (now or was).get("member_id")
        if now and not was:  # a page's own account for somebody who is bound already is none
            known = any(row["member_id"] == member for row in before.get("account", {}).values())
            return [] if known else [f"bound:{names.get(member, '')}"]
        return [] if now else ["account_gone"]
    if table == "member":
        return ["member_changed"]
    if table == "outgoing":
        return ["sent"] if not was else []
    if table == "practice_ask":
        return ["practice"] if now.get("points") is not None and was.get("points") is None else ["practice_asked"]
    if table == "sign_in":
        return ["sign_in_opened"] if not was else ["sign_in_closed"] if "closed_at" in changed else []
    if table == "quiz_slot":
        return []
    if table == "material_push":
        return ["push" if now.get("pushed_at") else "push_draft"]
    if table in SIMPLE:
        return [SIMPLE[table]]
    return [effect for begin, effect in FAMILIES.items() if table.startswith(begin)]


class UnknownTables(Exception):
    """The program has tables of which section 1 does not say what a change in them means."""


def check_tables(db: Path) -> None:
    """Raise UnknownTables when a table of the database is named nowhere above: what it keeps would go unjudged."""
    with sqlite3.connect(db) as connection:
        found = {row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")}
    connection.close()
    named = BOOKS | NAMED | SIMPLE.keys()
    if unknown := sorted(name for name in found - named if not name.startswith((*FAMILIES, *DERIVED))):
        raise UnknownTables(f"name these tables in section 1 of {Path(__file__).name}: {', '.join(unknown)}")


def times_in(before: dict, after: dict, text: str) -> list[str]:
    """The moments that were understood: of a draft's row that changed, and as the answer writes them."""
    found = []
    for table, column in (("notice", "send_at"), ("poll", "closes_at"), ("meeting", "starts_at")):
        for key, row in after.get(table, {}).items():
            if row.get(column) and before.get(table, {}).get(key, {}).get(column) != row[column]:
                found.append(moment(row[column]).strftime("%Y-%m-%dT%H:%M"))
    for month, day, clock in re.findall(r"(?<!\d)(\d{1,2})[-月](\d{1,2})日?(?:（周.）)?\s*(\d{1,2}:\d\d)", text):
        found.append(f"2026-{int(month):02}-{int(day):02}T{clock:0>5}")
    return found


def moment(text: str | None) -> datetime | None:
    """A stored time (UTC, without zone) in Shanghai's."""
    if not text:
        return None
    at = datetime.fromisoformat(text)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(CST)


def sent_texts(before: dict, after: dict) -> list[str]:
    """The texts of messages to others that the row made."""
    new = set(after.get("outgoing", {})) - set(before.get("outgoing", {}))
    return [json.loads(after["outgoing"][key]["message"]).get("text", "") for key in new]


def inbox_of(db: sqlite3.Connection, chat: str) -> list[dict]:
    """What was delivered into a chat, oldest first: text and choices as [label, token]."""
    rows = db.execute(
        "select o.message from outgoing o join delivery d on d.outgoing_id = o.id where d.chat = ? and"
        " d.state = 'sent' order by d.id",
        (chat,),
    )
    return [json.loads(row[0]) for row in rows]


def bits(marks: int) -> str:
    """A bit set of options as numbers from 1: `2`, `1+3`."""
    return "+".join(str(n + 1) for n in range(20) if isinstance(marks, int) and marks >> n & 1) or "?"


# ------------------------------------------------------------------------------------------------------------------
# 2  Talking
# ------------------------------------------------------------------------------------------------------------------


_EVENTS = itertools.count(1)


class Talk:
    """The cast talks to one program on one database file."""

    def __init__(self, kit, db: Path, now: datetime) -> None:
        self.kit, self.db = kit, db
        self.app, self.clock = kit.app(db, now)
        self.last: dict[str, object] = {}

    async def event(self, who: str, text: str = "", token: str = "", group: bool = False, addressed: bool = True):
        name = CAST.get(who, who)
        reply = await self.app.handle(
            self.kit.inbound(name, text, token, group, addressed, f"u{os.getpid()}-{next(_EVENTS)}")
        )
        if reply.message is not None:
            self.last[who] = reply.message
        return reply

    async def say(self, who: str, text: str, group: bool = False) -> str:
        reply = await self.event(who, text, group=group)
        return reply.message.text if reply.message else ""

    async def tap(self, who: str, label: str) -> str:
        shown = self.last[who]
        found = next((choice for choice in shown.choices if label in choice.label), None)
        if found is None:
            raise RuntimeError(f"no button {label!r} in {[c.label for c in shown.choices]} under {shown.text!r}")
        reply = await self.event(who, token=found.token)
        return reply.message.text if reply.message else ""

    async def tap_inbox(self, who: str, label: str, holding: str = "") -> str:
        """Tap a button of the newest delivered message that has it."""
        await self.turn()
        messages = self.inbox(who)
        for message in reversed(messages):
            for shown, token in message.get("choices", []):
                if label in shown and holding in message["text"]:
                    reply = await self.event(who, token=token)
                    return reply.message.text if reply.message else ""
        raise RuntimeError(f"no message with button {label!r} for {who}")

    def inbox(self, who: str) -> list[dict]:
        """What has been delivered to somebody, oldest first."""
        db = sqlite3.connect(self.db)
        try:
            return inbox_of(db, CAST.get(who, who))
        finally:
            db.close()

    async def turn(self) -> None:
        await self.kit.turn(self.app)

    async def go(self, at: datetime) -> None:
        self.clock.set(at)
        await self.turn()


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=CST)


# ------------------------------------------------------------------------------------------------------------------
# 3  Set-ups. Each is made by talking. `plain` is the same moment before the open question was asked.
# ------------------------------------------------------------------------------------------------------------------


@dataclass
class Setup:
    name: str
    now: datetime
    db: Path
    plain: Path
    values: dict = field(default_factory=dict)
    stores: tuple = ()
    group: bool = False
    addressed: bool = True
    who: str = "member"


SETUPS = {}


def setup(name: str, now: datetime, **more):
    def keep(function):
        SETUPS[name] = (function, now, more)
        return function

    return keep


async def _nothing(t: Talk, s: Setup) -> None:
    pass


async def notice(t: Talk, text: str) -> None:
    await t.say("secretary", "通知 " + text)
    await t.tap("secretary", "发送")
    await t.turn()


NOTICE_A = "请各位党员周五下班前把学习笔记交到办公室。"
NOTICE_B = "下月值班表已贴在公告栏，请核对自己的班次。"


@setup("idle_member", at(2, 10))
async def _idle(t, s):
    pass


@setup("one_notice", at(2, 10))
async def _one(t, s):
    await notice(t, NOTICE_A)


@setup("two_notices", at(2, 11))
async def _two(t, s):
    t.clock.set(at(2, 10))
    await notice(t, NOTICE_A)
    t.clock.set(at(2, 10, 30))
    await notice(t, NOTICE_B)


@setup("notice_and_study", at(2, 11))
async def _study(t, s):
    t.clock.set(at(2, 10))
    await t.say("secretary", "推送学习 安全")
    shown = t.last["secretary"]
    if shown.choices and not any("每个人" in c.label for c in shown.choices):
        await t.event("secretary", token=shown.choices[0].token)
    await t.tap("secretary", "每个人")
    await t.go(at(2, 10, 15))
    await notice(t, NOTICE_A)


@setup("quiz_question_open", at(2, 10))
async def _quiz(t, s):
    t.clock.set(at(2, 9, 30))
    await notice(t, NOTICE_A)
    t.clock.set(at(2, 10))
    await t.say("secretary", "测验 3")
    await t.tap("secretary", "私聊")
    await t.turn()
    question = t.inbox("member")[-1]
    for number, (label, _) in enumerate(question["choices"], 1):
        s.values[f"opt{number}"] = label


async def open_poll(t, where: str) -> None:
    await t.say("secretary", "投票 周末植树去哪里")
    await t.say("secretary", "城南苗圃/江边公园/老渡口")
    await t.tap("secretary", "只选一个")
    await t.tap("secretary", "明天 18:00")
    await t.tap("secretary", where)
    await t.turn()


@setup("poll_open", at(2, 10))
async def _poll(t, s):
    await open_poll(t, "只发给每个人")


@setup("poll_open_in_group", at(2, 10), group=True, addressed=False)
async def _group_poll(t, s):
    await open_poll(t, "只发到群里")


@setup("group_idle", at(2, 10), group=True, addressed=False)
async def _group(t, s):
    await notice(t, NOTICE_A)


@setup("leave_reason_asked", at(4, 10))
async def _leave(t, s):
    await t.turn()
    await mark_plain(t, s)
    await t.say("member", "请假")


@setup("meeting_tomorrow_planned", at(4, 16))
async def _tomorrow(t, s):
    await t.go(at(4, 9))
    await t.go(at(4, 16))


@setup("sign_in_not_yet", at(5, 14, 30))
async def _not_yet(t, s):
    await t.go(at(4, 16))
    await t.go(at(5, 14, 30))


@setup("sign_in_open", at(5, 14, 55))
async def _open(t, s):
    await t.go(at(4, 16))
    await t.go(at(5, 14, 55))
    said = await t.say("secretary", "签到 开始")
    s.values["code"] = re.search(r"签到码[:：]\s*(\d{4})", said)[1]
    s.values["wrong"] = f"{(int(s.values['code']) + 3137) % 10000:04}"
    s.values["full"] = "".join(chr(ord(digit) + 0xFEE0) for digit in s.values["code"])
    s.values["spaced"] = " ".join(s.values["code"])
    s.values["han"] = "".join("零一二三四五六七八九"[int(digit)] for digit in s.values["code"])
    await t.turn()


@setup("minutes_supplement_awaited", at(5, 18), stores=("minutes",), who="secretary")
async def _minutes(t, s):
    await t.go(at(4, 16))
    await t.go(at(5, 14, 55))
    said = await t.say("secretary", "签到 开始")
    code = re.search(r"签到码[:：]\s*(\d{4})", said)[1]
    for who in ("secretary", "organizer", "recorder", "discipline", "member", "member2", "member3", "member4"):
        await t.say(who, code)
    await t.go(at(5, 16, 50))
    await t.say("secretary", "签到 结束")
    await t.go(at(5, 18))
    await t.say("secretary", "记录")
    await t.say("secretary", "集中学习了安全生产条例，讨论了冬季保畅安排。")
    await mark_plain(t, s)
    await t.tap("secretary", "补充内容")


@setup("correction_awaited", at(2, 11), stores=("request:correction",))
async def _correction(t, s):
    t.clock.set(at(2, 10))
    await notice(t, NOTICE_A)
    t.clock.set(at(2, 11))
    await mark_plain(t, s)
    await t.say("member", "更正")


@setup("suggestion_awaited", at(2, 11), stores=("request:suggestion",))
async def _suggestion(t, s):
    await mark_plain(t, s)
    await t.say("member", "意见")


@setup("entry_awaited", at(2, 11), stores=("entry",))
async def _entry(t, s):
    t.clock.set(at(2, 10))
    await t.say("secretary", "接龙 周六植树几点能到")
    await t.tap("secretary", "明天 18:00")
    await t.tap("secretary", "只发给每个人")
    await t.turn()
    await mark_plain(t, s)
    await t.tap_inbox("member", "填写")
    t.clock.set(at(2, 11))


@setup("stranger", at(2, 10), who="stranger")
async def _stranger(t, s):
    pass


@setup("binding_consent_asked", at(2, 10), who="stranger")
async def _consent(t, s):
    said = await t.say("secretary", "绑定码 新号")
    s.values["bind"] = re.search(r"新号（.*?）[:：]\s*([0-9A-Za-z]{8})", said)[1]
    await t.turn()
    await mark_plain(t, s)
    await t.say("stranger", s.values["bind"])


@setup("secretary_idle", at(2, 11), who="secretary")
async def _secretary(t, s):
    t.clock.set(at(2, 10))
    await notice(t, NOTICE_A)
    await t.tap_inbox("member", "收到")


@setup("secretary_notice_preview", at(2, 10), who="secretary")
async def _preview(t, s):
    await mark_plain(t, s)
    await t.say("secretary", "通知 " + NOTICE_A)


@setup("secretary_time_asked", at(2, 10), who="secretary")
async def _when(t, s):
    await mark_plain(t, s)
    await t.say("secretary", "通知 " + NOTICE_A)
    await t.tap("secretary", "改时间")
    await t.tap("secretary", "另写时间")


@setup("poll_deadline_asked", at(2, 10), who="secretary")
async def _deadline(t, s):
    await mark_plain(t, s)
    await t.say("secretary", "投票 周末植树去哪里")
    await t.say("secretary", "城南苗圃/江边公园/老渡口")
    await t.tap("secretary", "只选一个")
    await t.tap("secretary", "自己写时间")


@setup("notice_text_asked", at(2, 10), stores=("notice_draft",), who="secretary")
async def _text(t, s):
    await mark_plain(t, s)
    await t.say("secretary", "通知")


@setup("leave_request_waiting", at(4, 11), who="secretary")
async def _request(t, s):
    await t.go(at(4, 10))
    await t.say("member2", "请假")
    await t.tap("member2", "生病")
    await t.go(at(4, 11))


@setup("office_idle", at(2, 10), who="office")
async def _office(t, s):
    pass


async def mark_plain(t: Talk, s: Setup) -> None:
    """Keep the database as it is now, before the question that the set-up leaves open."""
    copy(t.db, s.plain)


def copy(source: Path, target: Path) -> None:
    """A copy of a database, also of one in use."""
    with sqlite3.connect(source) as old, sqlite3.connect(target) as new:
        old.backup(new)
    old.close()
    new.close()


async def make_base(kit, folder: Path) -> Path:
    """Roster and accounts; the group chat is bound; November's theme day is planned and published."""
    bank = folder / "bank"
    bank.mkdir()
    (bank / "u.toml").write_text(BANK, encoding="utf-8")
    db = folder / "base.db"
    t = Talk(kit, db, at(2, 9))
    await t.app.start()
    await kit.populate(t.app, at(2, 9), bank)
    await t.say("secretary", "绑定本群", group=True)
    await t.say("secretary", "主题党日 计划")
    await t.say("secretary", "学习安全生产条例")
    await t.say("secretary", "三楼会议室")
    await t.tap("secretary", "发布")
    await t.turn()
    await t.app.stop()
    return db


async def make_setup(kit, base: Path, folder: Path, name: str) -> Setup:
    function, now, more = SETUPS[name]
    s = Setup(name, now, folder / f"{name}.db", folder / f"{name}.plain.db", **more)
    copy(base, s.db)
    t = Talk(kit, s.db, now)
    await t.app.start()
    try:
        await function(t, s)
    finally:
        await t.app.stop()
    made, s.db = s.db, folder / f"{name}.ready.db"
    copy(made, s.db)
    if not s.plain.exists():
        copy(s.db, s.plain)
    return s


# ------------------------------------------------------------------------------------------------------------------
# 4  One row
# ------------------------------------------------------------------------------------------------------------------

_PK: dict[str, tuple[list[str], list[int]]] = {}


def snapshot(db: Path) -> dict[str, dict[tuple, dict]]:
    """Every table's rows by primary key."""
    found: dict[str, dict[tuple, dict]] = {}
    with sqlite3.connect(db) as connection:
        tables = [r[0] for r in connection.execute("select name from sqlite_master where type = 'table'")]
        for table in tables:
            if table.startswith(DERIVED) or table in ("material", "question"):
                continue
            info = connection.execute(f'pragma table_info("{table}")').fetchall()
            names = [one[1] for one in info]
            keys = [number for number, one in enumerate(info) if one[5]] or list(range(len(info)))
            found[table] = {
                tuple(row[k] for k in keys): dict(zip(names, row, strict=True))
                for row in connection.execute(f'select * from "{table}"')
            }
    connection.close()
    return found


@dataclass
class Seen:
    """What one utterance did: the answer's text (None for silence), its buttons, effects, times, messages to others."""

    text: str | None
    labels: list[str]
    effects: list[str]
    times: list[str]
    sent: list[str]
    stored: bool = False
    probe_kept: bool = False


PROBE = "窗台上的花该浇水了"


async def run_one(kit, s: Setup, source: Path, work: Path, row: dict, text: str, probe: bool) -> Seen:
    for leftover in work.parent.glob(work.name + "*"):
        leftover.unlink()
    shutil.copy(source, work)
    before = _BEFORE.get(source) or _BEFORE.setdefault(source, snapshot(source))
    who = row.get("who", s.who)
    t = Talk(kit, work, s.now)
    try:
        group = s.group and not row.get("private", False)
        reply = await t.event(who, text, group=group, addressed=row.get("addressed", s.addressed))
        after = snapshot(work)
        message = reply.message
        said = message.text if message else None
        labels = [c.label for c in message.choices] + [link.label for link in message.links] if message else []
        seen = Seen(
            said, labels, effects(before, after, s, CAST.get(who, who)), times_in(before, after, said or ""),
            sent_texts(before, after),
        )  # fmt: skip
        core = row.get("needle") or text.strip()
        seen.stored = holds(before, after, core)
        if probe:
            await t.event(who, PROBE, group=group, addressed=True)
            third = snapshot(work)
            seen.probe_kept = holds(after, third, PROBE)
        return seen
    finally:
        t.app.store.close()


_BEFORE: dict[Path, dict] = {}


def holds(before: dict, after: dict, text: str) -> bool:
    """Whether a text is newly in any table."""
    escaped = json.dumps(text)[1:-1]
    for table, rows in after.items():
        if table in ("inboundevent",):
            continue
        for key, row in rows.items():
            if before.get(table, {}).get(key) != row:
                joined = "\x00".join(str(value) for value in row.values())
                was = "\x00".join(str(value) for value in before.get(table, {}).get(key, {}).values())
                if (text in joined or escaped in joined) and not (text in was or escaped in was):
                    return True
    return False


def hard(found: list[str]) -> list[str]:
    return [one for one in found if one.partition(":")[0] not in SOFT]


def masked(text: str | None) -> str:
    """Without what differs from one time to the next: links, codes."""
    text = re.sub(r"https?://\S+", "…", text or "")
    return re.sub(r"\s+", " ", re.sub(r"[0-9A-Z]{8}", "…", text)).strip()


def licence(one: str) -> list[str]:
    """The effects that an expectation allows, as patterns."""
    kind, _, rest = one.partition(":")
    if kind == "confirm":
        return [r"confirmed:.*"] if rest == "all" else [rf"confirmed:{re.escape(rest)}"]
    if kind == "option":
        return [rf"(vote|quiz):{re.escape(rest)}", r"quiz:\?", r"vote:\?", "practice"]
    if kind == "sign_in":
        return ["signed_in"]
    if kind == "signed_in_for":
        return [rf"signed_in_for:{rest}"]
    if kind in ("leave_flow", "reason"):
        return [r"leave:thu:(?!.*for_).*"] if kind == "leave_flow" else [rf"leave:thu:{rest}"]
    if kind == "leave_for":
        return [rf"leave:thu:.*:for_{rest}"]
    if kind == "decide":
        return [rf"leave_decided:{rest}"]
    if kind in ("read", "bound", "chased", "entry", "leave_withdrawn", "notice_sent", "minutes"):
        return [rf"{kind}(:.*)?"]
    if kind == "stored_as_text":
        return []
    return []


async def judge(kit, s: Setup, folder: Path, row: dict) -> tuple[str, str, Seen]:
    """right | miss | harm, why, what was seen."""
    text = fill(row["text"], s)
    expected = row["expect"]
    seen = await run_one(kit, s, s.db, folder / "row.db", row, text, "cancelled" in expected)
    allowed = [pattern for one in expected for pattern in licence(one)]
    right, canonical = [], []
    for one in expected:
        if one.startswith("route:"):
            primary = await canonical_of(kit, s, folder, row, one)
            canonical += primary.effects
            if same(seen, primary):
                right.append(one)
        elif one == "stored_as_text":
            allowed += [stored + "(:.*)?" for stored in s.stores]
            wanted = any(effect.startswith(s.stores) for effect in seen.effects) and seen.stored
            shown = bool(seen.labels) and not hard(seen.effects) and core(text) in core(seen.text or "")
            if (wanted or shown) and not failed(seen):
                right.append(one)
        elif check(one, seen, s, row, text):
            right.append(one)
    harm = [
        effect for effect in hard(seen.effects)
        if effect not in canonical and not any(re.fullmatch(pattern, effect) for pattern in allowed)
    ]  # fmt: skip
    for ban in row.get("must_not", []):
        if ban == "stored":
            harm += ["stored"] if seen.stored else []
        else:
            harm += [e for e in seen.effects if re.match(ban, e) and e not in harm]
    for wrong in row.get("time_not", []):
        harm += [f"time:{found}" for found in seen.times if found.startswith(wrong)][:1]
    for claim, effect in CLAIMS.items():
        if re.search(claim, seen.text or "") and not any(e.startswith(effect) for e in seen.effects):
            harm.append(f"claimed:{effect}")
    if harm:
        return "harm", "+".join(harm), seen
    return ("right", right[0], seen) if right else ("miss", "/".join(expected), seen)


def fill(text: str, s: Setup) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: str(s.values.get(found[1], found[0])), text)


async def canonical_of(kit, s: Setup, folder: Path, row: dict, one: str) -> Seen:
    """What the manual's own wording does at the same moment, without the open question."""
    said = fill(row.get("as") or PRIMARY[one.partition(":")[2]], s)
    key = (s.name, row.get("who", s.who), said, row.get("addressed"), row.get("private"))
    if key not in _CANONICAL:
        plain = {**row, "addressed": True}
        _CANONICAL[key] = await run_one(kit, s, s.plain, folder / "canonical.db", plain, said, False)
    return _CANONICAL[key]


_CANONICAL: dict[tuple, Seen] = {}


def same(seen: Seen, primary: Seen) -> bool:
    """The answer of the canonical command, or an answer that carries it on; and the same effects."""
    first = masked((primary.text or "").split("\n")[0])
    return bool(first) and first in masked(seen.text) and hard(seen.effects) == hard(primary.effects)


def core(text: str) -> str:
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).lower()


def failed(seen: Seen) -> bool:
    return bool(FAILED.search(seen.text or ""))


def check(one: str, seen: Seen, s: Setup, row: dict, text: str) -> bool:
    """Whether one expected effect was seen."""
    kind, _, rest = one.partition(":")
    said = seen.text or ""
    nothing = not hard(seen.effects) and not any(e.startswith(s.stores) for e in seen.effects if s.stores)
    both = said + "\n" + "\n".join(seen.labels)
    if kind == "confirm":
        got = [e for e in seen.effects if e.startswith("confirmed:")]
        waiting = s.values.get("waiting", "A")
        return bool(got) and (f"confirmed:{rest}" in got if rest != "all" else True) and bool(waiting)
    if kind == "option":
        return any(re.fullmatch(p, e) for p in licence(one) for e in seen.effects)
    if kind == "sign_in":
        return "signed_in" in seen.effects
    if kind in ("signed_in_for", "reason", "leave_for", "decide", "read", "bound", "chased", "leave_withdrawn", "notice_sent", "entry", "minutes"):
        return any(re.fullmatch(p, e) for p in licence(one) for e in seen.effects)
    if kind == "leave_flow":
        filed = any(re.fullmatch(p, e) for p in licence(one) for e in seen.effects)
        asked = nothing and "主题党日" in said and re.search(r"请?假", said) and len(seen.labels) >= 1 and not failed(seen)
        return bool(filed or asked)
    if kind == "asks_which":
        wanted = row.get("names") or NAMES[""]
        named = sum(bool(re.search(name, both)) for name in wanted)
        return nothing and len(seen.labels) >= 1 and named >= 1 and not GENERIC.search(said) and "没有这个选项" not in said
    if kind == "asks_back":
        return nothing and bool(re.search(r"请|吗|哪|？|\?", said)) and not GENERIC.search(said)
    if kind == "info":
        return all(re.search(pattern, both) for pattern in FACTS[rest]) and not GENERIC.search(said)
    if kind == "says":
        return bool(re.search(rest, both)) and not GENERIC.search(said)
    if kind == "time":
        return any(found.startswith(rest) for found in seen.times)
    if kind == "handed_on":
        told = any(core(text)[:6] in core(sent) for sent in seen.sent)
        return told or (bool(HANDS_ON.search(both)) and not GENERIC.search(said))
    if kind == "polite":
        return nothing and 0 < len(said) <= 160 and not failed(seen)
    if kind == "silent":
        return seen.text is None and nothing
    if kind == "offers":
        return nothing and any(re.search(rest, label) for label in seen.labels)
    if kind == "nothing":
        return nothing
    if kind == "cancelled":
        left = not seen.probe_kept and not seen.stored and "没有要取消" not in said
        return nothing and left and not failed(seen) and bool(said)
    if kind == "refused_secret":
        return nothing and not seen.stored and bool(REFUSED_SECRET.search(said))
    raise ValueError(f"{row['id']}: unknown expectation {one}")


# ------------------------------------------------------------------------------------------------------------------
# 5  The whole corpus
# ------------------------------------------------------------------------------------------------------------------


async def work(root: Path, rows: list[dict]) -> list[dict]:
    kit = project(root)
    out = []
    with tempfile.TemporaryDirectory(prefix="utterances-") as name:
        folder = Path(name)
        base = await make_base(kit, folder)
        check_tables(base)
        by_setup = defaultdict(list)
        for row in rows:
            by_setup[row["context"]].append(row)
        for context, some in by_setup.items():
            s = await make_setup(kit, base, folder, context)
            for row in some:
                verdict, why, seen = await judge(kit, s, folder, row)
                out.append(
                    {"id": row["id"], "context": context, "who": row.get("who", s.who), "text": fill(row["text"], s),
                     "expect": row["expect"], "verdict": verdict, "why": why, "answer": seen.text,
                     "labels": seen.labels, "effects": seen.effects, "file": row["_file"]}
                )  # fmt: skip
    return out


def load(files: list[Path]) -> list[dict]:
    rows = []
    for file in files:
        found = tomllib.loads(file.read_text(encoding="utf-8"))["row"]
        rows += [{**row, "_file": file.stem} for row in found]
    ids = Counter(row["id"] for row in rows)
    assert max(ids.values()) == 1, [i for i, n in ids.items() if n > 1]
    for row in rows:
        assert row["context"] in SETUPS, row
        for one in row["expect"]:
            kind, _, rest = one.partition(":")
            assert kind != "info" or rest in FACTS, row
            assert kind != "route" or row.get("as") or rest in PRIMARY, row
    return rows


def table(done: list[dict], title: str) -> str:
    lines = [title, f"{'set-up':<28}{'rows':>6}{'right':>7}{'(idle)':>8}{'miss':>6}{'harm':>6}{'right %':>9}"]
    names = sorted({one["context"] for one in done}, key=list(SETUPS).index)
    for name in [*names, None]:
        some = [one for one in done if name is None or one["context"] == name]
        count = Counter(one["verdict"] for one in some)
        idle = sum(one["verdict"] == "right" and one["why"] in ("nothing", "silent") for one in some)
        lines.append(
            f"{name or 'ALL':<28}{len(some):>6}{count['right']:>7}{idle:>8}{count['miss']:>6}{count['harm']:>6}"
            f"{100 * count['right'] / max(1, len(some)):>8.1f}%"
        )
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--need", type=float, default=0.9, help="share of right rows wanted (0 to 1)")
    parser.add_argument("--root", type=Path, default=Path.cwd(), help="the project's folder")
    parser.add_argument("--list", choices=("miss", "harm", "all"), help="print these rows with their answers")
    parser.add_argument("--row", action="append", help="only this id")
    parser.add_argument("--context", action="append", help="only this set-up")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--json", type=Path, help="write every row's result here")
    parser.add_argument("--same", type=Path, help="compare every row's verdict with this file; fails on a difference")
    parser.add_argument("--keep", type=Path, help="write every row's verdict here, for --same")
    parser.add_argument("--part", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    root = options.root.resolve()
    files = [file.resolve() for file in options.files] or sorted(HERE.glob("*.toml"))
    if options.part:
        rows = json.loads(options.part.read_text(encoding="utf-8"))
        done = asyncio.run(work(root, rows))
        options.json.write_text(json.dumps(done, ensure_ascii=False), encoding="utf-8")
        return 0
    rows = load(files)
    rows = [r for r in rows if (not options.row or r["id"] in options.row) and (not options.context or r["context"] in options.context)]
    start = time.monotonic()
    done = spread(rows, root, max(1, options.jobs))
    if done is None:
        return 2
    order = {row["id"]: number for number, row in enumerate(rows)}
    done.sort(key=lambda one: order[one["id"]])
    for one in done:
        if options.list and (options.list == "all" or one["verdict"] in (options.list, "harm")):
            answer = (one["answer"] or "（没有回答）").replace("\n", " / ")[:150]
            print(f"[{one['verdict']}] {one['id']} {one['context']}/{one['who']}: {one['text'][:80]!r}\n"
                  f"    want {one['expect']}  got {one['why']}  effects {one['effects']}\n    {answer} {one['labels'][:6]}")  # fmt: skip
    if options.json:
        options.json.write_text(json.dumps(done, ensure_ascii=False, indent=1), encoding="utf-8")
    for file in dict.fromkeys(one["file"] for one in done):
        print(table([one for one in done if one["file"] == file], f"\n{file}"))
    if len({one["file"] for one in done}) > 1:
        print(table(done, "\nall"))
    count = Counter(one["verdict"] for one in done)
    share = count["right"] / max(1, len(done))
    wanted = "" if options.same else f", wanted {options.need:.0%} and no harm"
    print(f"\nright {share:.1%}, harm {count['harm']}{wanted}; {time.monotonic() - start:.0f} s")
    if options.keep:
        kept = {one["id"]: one["verdict"] for one in done}
        options.keep.write_text(json.dumps(kept, indent=0) + "\n", encoding="utf-8")
    if options.same:
        kept = json.loads(options.same.read_text(encoding="utf-8"))
        partly = options.files or options.row or options.context
        return compare(done, {row["id"]: kept.get(row["id"], "not kept") for row in rows} if partly else kept)
    return 0 if share >= options.need and not count["harm"] else 1


def compare(done: list[dict], kept: dict[str, str]) -> int:
    """Print the rows whose verdict is not the one that was kept; 0 when there is none."""
    now = {one["id"]: one["verdict"] for one in done}
    changed = [row for row in {**kept, **now} if kept.get(row) != now.get(row)]
    for row in changed:
        print(f"{row}: {kept.get(row, 'not kept')} -> {now.get(row, 'no such row')}")
    print(f"{len(changed)} of {len(done)} rows have another verdict than the one that is kept")
    return 1 if changed else 0


def spread(rows: list[dict], root: Path, jobs: int) -> list[dict] | None:
    """Run whole set-ups in `jobs` processes; None when one of them failed."""
    by_setup = defaultdict(list)
    for row in rows:
        by_setup[row["context"]].append(row)
    parts: list[list[dict]] = [[] for _ in range(jobs)]
    for some in sorted(by_setup.values(), key=len, reverse=True):
        min(parts, key=len).extend(some)
    with tempfile.TemporaryDirectory(prefix="utterances-") as name:
        running = []
        for number, part in enumerate(part for part in parts if part):
            given, result = Path(name) / f"{number}.in", Path(name) / f"{number}.out"
            given.write_text(json.dumps(part, ensure_ascii=False), encoding="utf-8")
            command = [sys.executable, __file__, "--root", str(root), "--part", str(given), "--json", str(result)]
            running.append((subprocess.Popen(command, cwd=root), result))
        codes = [process.wait() for process, _ in running]
        if any(codes):
            print("a set-up could not be made (see above)", file=sys.stderr)
            return None
        return [one for _, result in running for one in json.loads(result.read_text(encoding="utf-8"))]


if __name__ == "__main__":
    sys.exit(main())
