"""Study, practice, quizzes and polls over Telegram; and what a group may do, and may not read."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import SQLModel, select

from bot.clock import SHANGHAI, ShiftedClock
from bot.config import Settings
from bot.content import load_content
from bot.learning.material import load_materials
from bot.learning.quiz_bank import load_bank
from bot.messages import Message
from bot.rules.quiz import QuestionType
from bot.store import questions, study
from bot.store.core.statements import StoreSession
from bot.store.questions import NewQuestion
from tests.support.cast import FERRY_MEMBER, FERRY_SECRETARY, MEMBERS, ROADS, SECRETARY, group_of
from tests.support.fake_telegram import FORBIDDEN, ME, Failure
from tests.support.shipped import ROOT
from tests.support.telegram_chat import TelegramChat, telegram_chat
from tests.support.wording import says, sentence

BANK = load_bank(ROOT / "content" / "quiz")
NOW = datetime(2026, 11, 2, 9, 0, tzinfo=SHANGHAI)
BOT = f"@{ME['username']}"


@pytest.fixture
async def talk(settings: Settings, clock: ShiftedClock) -> AsyncIterator[TelegramChat]:
    async with telegram_chat(settings, clock) as chat:
        yield chat


@pytest.fixture
async def bank(talk: TelegramChat) -> TelegramChat:
    """The chat, with the shipped question bank imported."""
    await talk.app.store.write(questions.import_questions, BANK, NOW)
    return talk


def by_stem(text: str) -> NewQuestion:
    """The bank's question that a message shows."""
    return next(one for one in BANK if one.stem in text)


async def answer_rightly(talk: TelegramChat, who: str, shown: str) -> str:
    """Answer the question: by buttons, ticks, or for a blank by typing; what the bot says next."""
    question = by_stem(shown)
    if question.kind is QuestionType.FILL_IN:
        return await talk.say(who, " ".join(variants[0] for variants in question.answer))
    if question.kind is not QuestionType.MULTIPLE:
        return await talk.tap(who, talk.labels(who)[question.answer[0]])
    card = talk.newest(who)
    for index in question.answer:
        assert await talk.tap(who, question.options[index]) == ""
    ticks = [row[0]["text"][0] for row in card["reply_markup"]["inline_keyboard"][:-1]]
    assert [number for number, tick in enumerate(ticks) if tick == "☑"] == list(question.answer)
    return await talk.tap(who, "help.submit")


async def test_materials_are_pushed_read_and_found(talk: TelegramChat) -> None:
    shipped = load_materials(ROOT / "content" / "study", load_content(ROOT / "content").marks)
    await talk.app.store.write(study.import_materials, shipped, NOW)
    await talk.say(SECRETARY, "推送学习 安全")
    assert says(await talk.tap(SECRETARY, "安全要点"), "study.preview")
    assert says(await talk.tap(SECRETARY, "study.to_members"), "study.sent")
    [pushed] = await talk.inbox(MEMBERS[0])
    assert "安全生产" in pushed.text
    assert says(await talk.tap(MEMBERS[0], "study.read"), "study.noted")
    [settled] = (await talk.inbox(MEMBERS[0]))[0].choices
    assert settled.label == "✓ " + sentence("study.read")
    assert says(await talk.say(SECRETARY, "学习情况"), "study.count_line", readers=1)
    assert sentence("study.match", match="公示") in await talk.say(MEMBERS[1], "学习 公示")
    assert "五个工作日" in await talk.tap(MEMBERS[1], "发展党员")
    assert talk.labels(MEMBERS[1]) == [sentence("study.read")]


async def test_practice_in_private(bank: TelegramChat) -> None:
    who, kinds = MEMBERS[0], set()
    said = await bank.say(who, "练习")
    for _ in range(30):
        kinds.add(by_stem(said).kind)
        assert says(await answer_rightly(bank, who, said), "practice.right")
        assert bank.labels(who)[0] == sentence("practice.next")
        if kinds == set(QuestionType):
            break
        said = await bank.tap(who, "practice.next")
    assert kinds == set(QuestionType)
    assert says(await bank.tap(who, "有误"), "practice.report_ask")
    assert says(await bank.say(who, "选项写得不清楚"), "practice.reported")
    assert says(await bank.say(who, f"{BOT} 练习", group=ROADS), "help.private_only")


async def test_a_private_quiz_by_buttons_ticks_and_typing(bank: TelegramChat) -> None:
    assert says(await bank.say(SECRETARY, "测验 20"), "quiz.preview", count=20)
    assert says(await bank.tap(SECRETARY, "quiz.to_members"), "quiz.started")
    [first] = await bank.inbox(MEMBERS[0])
    shown, kinds = first.text, set()
    while not says(shown, "quiz.all_done"):
        kinds.add(by_stem(shown).kind)
        shown = await answer_rightly(bank, MEMBERS[0], shown)
    assert kinds == set(QuestionType)
    assert says(await bank.say(SECRETARY, "测验"), "quiz.status", took=1, expected=13)
    await bank.say(SECRETARY, "测验 结束")
    assert says((await bank.inbox(MEMBERS[0]))[-1].text, "quiz.result", right=20)


async def test_a_group_quiz_by_taps_that_nobody_else_sees(bank: TelegramChat) -> None:
    await bank.say(SECRETARY, "测验 2")
    assert says(await bank.tap(SECRETARY, "quiz.to_group"), "quiz.started_group")
    for number in range(2):
        asked = (await bank.group_inbox())[-1]
        right = asked.choices[by_stem(asked.text).answer[0]].label
        assert says(asked.text, "quiz.head", position=number + 1, total=2)
        assert says(asked.text, "quiz.how_in_group")
        for who in MEMBERS:
            assert await bank.tap(who, right, asked, group=ROADS) == sentence("quiz.noted")
        assert await bank.tap(MEMBERS[0], right, asked, group=ROADS) == sentence("quiz.noted_before")
        assert says(await bank.tap(FERRY_MEMBER, right, asked, group=ROADS), "quiz.not_yours")
        assert await bank.say(SECRETARY, f"{BOT} 测验 下一题", group=ROADS) == ""
        explained = [one.text for one in await bank.group_inbox() if says(one.text, "quiz.right_answer")]
        assert len(explained) == number + 1
    assert says(await bank.tap(SECRETARY, right, asked, group=ROADS), "quiz.question_over")
    assert says((await bank.inbox(SECRETARY))[-1].text, "quiz.bar", percent=100, right=6, answered=6)
    assert says((await bank.inbox(MEMBERS[0]))[-1].text, "quiz.result", right=2)
    shown = bank.fake.sent(str(bank.number(group_of(ROADS))))
    assert not any(name in str(one) for one in shown for name in MEMBERS)
    assert not bank.fake.failed()
    assert {one.method for one in bank.fake.calls if one.method.startswith("send")} == {"sendMessage"}


async def test_a_quiz_answer_typed_in_the_group_is_not_counted_and_told_in_private(bank: TelegramChat) -> None:
    await bank.say(SECRETARY, "测验 1")
    await bank.tap(SECRETARY, "quiz.to_group")
    asked = (await bank.group_inbox())[-1]
    right = by_stem(asked.text).answer[0]
    label = asked.choices[right].label
    for typed in (str(right + 1), f"{BOT} {right + 1}", label):
        assert await bank.say(MEMBERS[0], typed, group=ROADS) == sentence("quiz.not_typed_here")
    [told] = await bank.inbox(MEMBERS[0])
    assert says(told.text, "quiz.typed_in_group")
    assert [one.label for one in told.choices] == [one.label for one in asked.choices]
    assert says(await bank.say(SECRETARY, "测验"), "quiz.status", took=0)
    assert says(await bank.say(MEMBERS[0], str(right + 1)), "quiz.noted")
    assert await bank.tap(MEMBERS[1], label, asked, group=ROADS) == sentence("quiz.noted")
    assert says(await bank.say(SECRETARY, "测验"), "quiz.status", took=2)
    bank.fake.fails = lambda method, fields, number: FORBIDDEN if str(fields.get("chat_id")) == deaf else None
    deaf = str(bank.number(MEMBERS[2]))
    assert await bank.say(MEMBERS[2], str(right + 1), group=ROADS) == sentence("quiz.not_typed_here")
    assert await bank.tap(MEMBERS[2], label, asked, group=ROADS) == sentence("quiz.noted")


async def test_an_answer_to_a_private_quiz_typed_in_the_group_is_sent_to_the_private_chat(bank: TelegramChat) -> None:
    await bank.say(SECRETARY, "测验 1")
    await bank.tap(SECRETARY, "quiz.to_members")
    await bank.inbox(MEMBERS[0])
    assert await bank.say(MEMBERS[0], f"{BOT} 1", group=ROADS) == sentence("help.no_question_here")
    assert await bank.say(MEMBERS[0], "1", group=ROADS) == ""
    assert says(await bank.say(SECRETARY, "测验"), "quiz.status", took=0)


async def start_poll(talk: TelegramChat, kind: str) -> Message:
    """A vote in the group and with everybody; what was sent to the group."""
    await talk.say(SECRETARY, "投票 周末植树去哪里")
    await talk.say(SECRETARY, "城南苗圃 / 江边公园 / 东山")
    await talk.tap(SECRETARY, kind)
    await talk.tap(SECRETARY, "poll.deadline_hour")
    assert says(await talk.tap(SECRETARY, "poll.where_both"), "poll.started")
    return (await talk.group_inbox())[-1]


async def test_a_vote_by_buttons_that_answer_in_private(talk: TelegramChat) -> None:
    sent = await start_poll(talk, "poll.kind_single")
    assert says(sent.text, "poll.card")
    assert [one.label for one in sent.choices] == ["城南苗圃", "江边公园", "东山"]
    for label in ("江边公园", "东山"):
        assert says(await talk.tap(MEMBERS[0], label, sent, group=ROADS), "poll.noted", chosen=label)
    assert says(await talk.tap(MEMBERS[1], "城南"), "poll.noted", chosen="城南苗圃")
    [card] = await talk.inbox(MEMBERS[1])
    assert [choice.label for choice in card.choices] == ["✓ 城南苗圃", "江边公园", "东山"]
    assert says(await talk.tap(MEMBERS[1], "东山"), "poll.noted", chosen="东山")
    assert says(await talk.say(MEMBERS[2], "2"), "poll.noted", chosen="江边公园")
    assert says(await talk.tap(FERRY_MEMBER, "城南", sent, group=ROADS), "poll.not_yours")
    assert await talk.say(MEMBERS[3], "3", group=ROADS) == sentence("poll.noted_group")
    status = await talk.say(SECRETARY, "投票情况")
    three = sentence("poll.comma").join((*MEMBERS[:2], MEMBERS[3]))
    assert sentence("poll.named", label="东山", names=three) in status
    shown = talk.fake.sent(str(talk.number(group_of(ROADS))))
    assert (await talk.group_inbox())[-1].choices == sent.choices
    assert not any(name in str(one) for one in shown for name in MEMBERS)
    await talk.go_to(talk.clock.now() + timedelta(hours=1, minutes=1))
    result = (await talk.group_inbox())[-1].text
    assert says(result, "poll.result", title="周末植树去哪里")
    assert not any(name in result for name in MEMBERS)
    assert says(await talk.tap(MEMBERS[4], "城南", sent, group=ROADS), "poll.over")
    assert says(await talk.say(MEMBERS[4], "投票结果"), "poll.result", title="周末植树去哪里")
    assert {one.method for one in talk.fake.calls if one.method.startswith("send")} == {"sendMessage"}


async def test_several_answers_are_ticked_in_private(talk: TelegramChat) -> None:
    sent = await start_poll(talk, "poll.kind_multiple")
    assert says(sent.text, "poll.how_multiple_group")
    assert says(await talk.tap(MEMBERS[0], "城南", sent, group=ROADS), "help.multiple_in_group")
    assert await talk.tap(MEMBERS[1], "江边") == ""
    assert talk.labels(MEMBERS[1]) == ["☐ 城南苗圃", "☑ 江边公园", "☐ 东山", sentence("help.submit")]
    assert says(await talk.tap(MEMBERS[1], "help.submit"), "poll.noted", chosen="江边公园")
    assert sentence("poll.named", label="江边公园", names=MEMBERS[1]) in await talk.say(SECRETARY, "投票情况")


async def test_what_fits_two_questions_is_not_spelt_out_in_the_group(talk: TelegramChat) -> None:
    await start_poll(talk, "poll.kind_single")
    await start_poll(talk, "poll.kind_single")
    assert await talk.say(MEMBERS[0], "2", group=ROADS) == sentence("help.which_in_group")
    assert talk.labels("", ROADS) == []
    assert says(await talk.say(SECRETARY, "投票情况"), "poll.which")


async def test_who_signs_in_twice_is_not_told_in_the_group_when_they_came(talk: TelegramChat) -> None:
    await talk.say(SECRETARY, "签到 开始")
    code = re.findall(r"\b\d{4}\b", await talk.say(SECRETARY, "路上党员大会"))[0]
    assert says(await talk.say(MEMBERS[0], code), "sign_in.done")
    assert await talk.say(MEMBERS[0], code, group=ROADS) == sentence("sign_in.already_in_group")


async def test_a_motion_and_entries(talk: TelegramChat) -> None:
    await talk.say(SECRETARY, "接龙 周六几点到")
    await talk.tap(SECRETARY, "poll.deadline_hour")
    await talk.tap(SECRETARY, "poll.where_both")
    assert says(await talk.tap(MEMBERS[0], "poll.fill"), "poll.ask_entry")
    assert says(await talk.say(MEMBERS[0], "九点到"), "poll.entry_noted", entry="九点到")
    assert (await talk.group_inbox())[-1].choices == ()
    assert sentence("poll.entry_line", name=MEMBERS[0], entry="九点到") in await talk.say(SECRETARY, "投票情况")
    assert says(await talk.tap(SECRETARY, "poll.end_now"), "poll.ended")
    assert says((await talk.group_inbox())[-1].text, "poll.result_entries", voters=1)


async def test_a_group_is_bound_and_what_is_not_said_to_the_bot_is_not_kept(talk: TelegramChat, tmp_path: Path) -> None:
    secret, notice = "昨晚的烧烤真不错", "周五交学习笔记"
    for said in (secret, f"{secret} @somebody", f"/{secret}@another_bot"):
        assert await talk.say(MEMBERS[0], said, group=ROADS) == ""
    assert await talk.say("stranger", secret, group="新的群") == ""
    await talk.say(SECRETARY, f"通知 {notice}")
    await talk.tap(SECRETARY, "notices.do_send")
    assert talk.fake.sent(str(talk.number(group_of(ROADS)))) == []
    rows = await talk.app.store.read(everything)
    assert notice in rows
    assert secret not in rows
    assert str(talk.number("stranger")) not in rows
    for file in tmp_path.glob("azalea.db*"):
        assert secret.encode() not in file.read_bytes()
    assert says(await talk.say(FERRY_SECRETARY, f"{BOT} 主题党日", group="新的群"), "binding.group_unbound")
    assert says(await talk.say(FERRY_SECRETARY, f"{BOT} 绑定本群", group="新的群"), "binding.group_bound")
    assert says(await talk.say(FERRY_MEMBER, f"{BOT} 主题党日", group="新的群"), "theme_day.none_yet")


async def test_a_group_that_the_bot_cannot_reach_stops_nobody_else(talk: TelegramChat) -> None:
    group = str(talk.number(group_of(ROADS)))
    kicked = Failure(403, "Forbidden: bot was kicked from the supergroup chat")
    talk.fake.fails = lambda method, fields, number: kicked if str(fields.get("chat_id")) == group else None
    await talk.say(SECRETARY, "投票 周末植树去哪里")
    await talk.say(SECRETARY, "城南苗圃 / 江边公园")
    await talk.tap(SECRETARY, "poll.kind_single")
    await talk.tap(SECRETARY, "poll.deadline_hour")
    assert says(await talk.tap(SECRETARY, "poll.where_both"), "poll.started")
    await talk.go_to(talk.clock.now() + timedelta(minutes=5))
    assert says(await talk.tap(MEMBERS[0], "江边"), "poll.noted", chosen="江边公园")
    assert [one.chat for one in talk.fake.failed()] == [group]


async def test_a_group_that_the_bot_was_removed_from_is_unbound_and_its_secretary_told(talk: TelegramChat) -> None:
    group = {"id": talk.number(group_of(ROADS)), "type": "supergroup", "title": "G"}
    person = {"id": talk.number("stranger"), "is_bot": False, "first_name": "x"}
    change = {"chat": group, "from": person, "date": 1, "old_chat_member": {"user": ME, "status": "member"}}
    removed = talk.update(my_chat_member={**change, "new_chat_member": {"user": ME, "status": "left"}})
    for _ in range(2):
        assert await talk.push(removed) == 200
    told = [one.text for one in await talk.inbox(SECRETARY)]
    assert len(told) == 1
    assert says(told[0], "binding.group_left", unit=ROADS)
    assert says(await talk.say(MEMBERS[0], f"{BOT} 主题党日", group=ROADS), "binding.group_unbound")
    await talk.say(SECRETARY, "投票 周末植树去哪里")
    await talk.say(SECRETARY, "城南苗圃 / 江边公园")
    await talk.tap(SECRETARY, "poll.kind_single")
    await talk.tap(SECRETARY, "poll.deadline_hour")
    assert talk.labels(SECRETARY) == [sentence("poll.where_private"), sentence("poll.where_none")]
    assert says(await talk.say(SECRETARY, f"{BOT} 绑定本群", group=ROADS), "binding.group_bound")
    assert says(await talk.say(MEMBERS[0], f"{BOT} 主题党日", group=ROADS), "theme_day.none_yet")
    assert talk.fake.failed() == []


async def test_a_group_that_becomes_a_supergroup_stays_bound(talk: TelegramChat) -> None:
    old, new = talk.number(group_of(ROADS)), talk.number("g:new")
    talk.numbers[group_of(ROADS)] = new
    boss = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
    message = {"message_id": 5, "date": 1, "from": boss}
    gone = {**message, "chat": {"id": old, "type": "group", "title": "G"}, "migrate_to_chat_id": new}
    came = {**message, "chat": {"id": new, "type": "supergroup", "title": "G"}, "migrate_from_chat_id": old}
    for told in (gone, came):
        assert await talk.push(talk.update(message=told)) == 200
    assert says(await talk.say(MEMBERS[0], f"{BOT} 主题党日", group=ROADS), "theme_day.none_yet")
    await start_poll(talk, "poll.kind_single")
    assert talk.fake.of("sendMessage", str(new))
    assert await talk.inbox(SECRETARY) == [(await talk.inbox(SECRETARY))[-1]]


async def test_a_send_to_a_group_that_has_become_a_supergroup_arrives_once(talk: TelegramChat) -> None:
    old, new = talk.number(group_of(ROADS)), talk.number("g:new")
    upgraded = Failure(400, "Bad Request: group chat was upgraded to a supergroup chat", moved_to=new)
    talk.fake.fails = lambda method, fields, number: upgraded if fields.get("chat_id") == old else None
    talk.numbers[group_of(ROADS)] = new
    sent = await start_poll(talk, "poll.kind_single")
    assert len(talk.fake.failed()) == 1
    assert says(await talk.tap(MEMBERS[0], "江边", sent, group=ROADS), "poll.noted", chosen="江边公园")
    assert says(await talk.say(MEMBERS[0], f"{BOT} 主题党日", group=ROADS), "theme_day.none_yet")
    await talk.go_to(talk.clock.now() + timedelta(hours=1, minutes=1))
    assert says((await talk.group_inbox())[-1].text, "poll.bar", label="江边公园", count=1)
    assert len(talk.fake.failed()) == 1


def everything(session: StoreSession) -> str:
    """Every row of every table."""
    tables = SQLModel.metadata.sorted_tables
    return "\n".join(str(tuple(row)) for table in tables for row in session.execute(select(table)))
