"""Conversations about practice, the question of the day and theme-day quizzes: said -> answered."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace
from sqlmodel import col, select

from bot.clock import SHANGHAI
from bot.learning.quiz_bank import load_bank
from bot.messages import Message
from bot.rules.quiz import IN_GROUP, QuestionType
from bot.store import meetings, nightly, people, practice, questions, quiz
from bot.store.core.statements import StoreSession
from bot.store.questions import NewQuestion, Question, QuestionState
from tests.support.cast import FERRY_MEMBER, MEMBERS, OFFICE, ROADS, SECRETARY
from tests.support.chat import Chat
from tests.support.shipped import ROOT
from tests.support.wording import says, sentence

BANK = load_bank(ROOT / "content" / "quiz")
NOW = datetime(2026, 11, 2, 9, 0, tzinfo=SHANGHAI)


@pytest.fixture
async def bank(chat: Chat) -> Chat:
    """The chat, with the shipped bank imported."""
    await chat.app.store.write(questions.import_questions, BANK, NOW)
    return chat


def by_stem(text: str) -> NewQuestion:
    """The bank's question that a message shows."""
    return next(one for one in BANK if one.stem in text)


def right_words(text: str, wrong: bool = False) -> str:
    """What to type to answer the question in a message rightly (or wrongly)."""
    question = by_stem(text)
    if question.kind is QuestionType.FILL_IN:
        return "不知道呀" if wrong else question.answer[0][0]
    if wrong:
        count = 2 if question.kind is QuestionType.TRUE_FALSE else len(question.options)
        return str(next(n for n in range(count) if n not in question.answer) + 1)
    return " ".join(str(index + 1) for index in question.answer)


async def test_import_is_repeatable_versions_changes_and_retires(chat: Chat) -> None:
    write = chat.app.store.write
    assert (await write(questions.import_questions, BANK, NOW)).added == 30
    assert (await write(questions.import_questions, BANK, NOW)).unchanged == 30
    changed = [replace(BANK[0], stem="改过的题干"), *BANK[1:-1]]
    one_more = await write(questions.import_questions, [replace(BANK[0], code="one-more")], NOW)
    assert (one_more.added, one_more.retired, len(one_more.others)) == (1, 0, 30)
    done = await write(questions.import_questions, changed, NOW, retire_others=True)
    assert (done.added, done.changed, done.unchanged, done.retired) == (0, 1, 28, 2)

    def states(session: StoreSession) -> dict[tuple[str, int], str]:
        rows = session.exec(select(Question).where(col(Question.code).in_([BANK[0].code, BANK[-1].code])))
        return {(row.code, row.version): row.state for row in rows}

    assert await chat.app.store.read(states) == {
        (BANK[0].code, 1): "replaced",
        (BANK[0].code, 2): "active",
        (BANK[-1].code, 1): "retired",
    }


async def test_a_replaced_rule_set_takes_its_questions_out_of_the_draw(bank: Chat) -> None:
    hit = await bank.app.store.write(questions.rule_set_replaced, "DV")
    assert hit == sum("DV" in one.expires_with for one in BANK)
    left = await bank.app.store.read(questions.drawable, list(QuestionType))
    assert len(left) == 30 - hit
    await bank.app.store.write(questions.import_questions, BANK, NOW)
    assert len(await bank.app.store.read(questions.drawable, list(QuestionType))) == 30 - hit


async def test_practice_goes_through_the_whole_bank_then_repeats_what_was_wrong(bank: Chat) -> None:
    who, seen = MEMBERS[0], set()
    said = await bank.say(who, "练习")
    for number in range(30):
        seen.add(by_stem(said).code)
        verdict = await bank.say(who, right_words(said, wrong=number == 7))
        assert says(verdict, "practice.wrong" if number == 7 else "practice.right")
        assert says(verdict, "quiz.right_answer")
        if number == 7:
            missed = by_stem(said).code
        said = await bank.tap(who, "practice.next")
    assert len(seen) == 30
    assert by_stem(said).code == missed
    mine = await bank.say(who, "我的练习")
    assert says(mine, "practice.mine", answered=30, right=29)


async def test_practice_by_taps_and_by_subject(bank: Chat) -> None:
    who = MEMBERS[1]
    assert says(await bank.say(who, "练习 天文学"), "practice.which_subject")
    assert "基层组织选举工作条例" in await bank.say(who, "练习 选举")
    for _ in range(12):
        shown, question = bank.last[who], by_stem(bank.last[who].text)
        if question.kind is QuestionType.MULTIPLE:
            assert says(await bank.tap(who, "help.submit", shown), "help.nothing_ticked")
            for index in question.answer:
                await bank.tap(who, question.options[index], shown)
            assert says(await bank.tap(who, "help.submit", shown), "practice.right")
            assert says(await bank.tap(who, "help.submit", shown), "practice.answered")
            return
        await bank.say(who, right_words(shown.text))
        await bank.say(who, "练习 选举")
    pytest.fail("no multiple choice came")


async def test_practice_survives_bad_words(bank: Chat) -> None:
    for said in ("练习 " + "长" * 3000, "练习 '; DROP TABLE question; --", "练习 😀", "练习 %"):
        assert says(await bank.say(MEMBERS[0], said), "practice.which_subject")


async def test_practice_without_a_bank_and_in_a_group(chat: Chat) -> None:
    assert says(await chat.say(MEMBERS[0], "练习"), "practice.empty")
    assert says(await chat.say(MEMBERS[0], "练习", group=ROADS), "help.private_only")


async def test_an_article_number_from_memory_is_marked(bank: Chat) -> None:
    said = await bank.say(MEMBERS[0], "练习 二十大")
    assert says(await bank.say(MEMBERS[0], right_words(said)), "quiz.unchecked")


async def test_another_members_question_cannot_be_answered(bank: Chat) -> None:
    await bank.say(MEMBERS[0], "练习 二十大")
    shown = bank.last[MEMBERS[0]]
    await bank.event(MEMBERS[1], token=shown.choices[0].token)
    told = await bank.event(MEMBERS[1], token=shown.choices[-1].token)
    assert says(told.message.text, "help.stale_button")


async def test_a_reported_question_is_judged_by_the_office_and_the_reporter_told(bank: Chat) -> None:
    who = MEMBERS[0]
    said = await bank.say(who, "练习 二十大")
    stem = by_stem(said).stem
    await bank.say(who, right_words(said))
    assert stem in await bank.tap(who, "这题有误")
    assert says(await bank.say(who, "这是机密★十年文件"), "practice.marked")
    assert says(await bank.say(who, "选项写得不清楚"), "practice.reported")
    (notice,) = await bank.inbox(OFFICE)
    assert "选项写得不清楚" in notice.text
    assert who not in notice.text
    assert says((await bank.event(MEMBERS[2], token=notice.choices[0].token)).message.text, "help.stale_button")
    assert says(await bank.tap(OFFICE, "practice.judge_stop", notice), "practice.judged_stopped")
    assert says(await bank.tap(OFFICE, "practice.judge_keep", notice), "practice.judged_already")
    assert says((await bank.inbox(who))[-1].text, "practice.told_stopped")
    assert len(await bank.app.store.read(questions.drawable, list(QuestionType))) == 29


async def test_the_question_of_the_day_comes_only_if_asked_for_and_stops(bank: Chat) -> None:
    who = MEMBERS[0]
    assert says(await bank.say(who, "每日一题 关"), "practice.daily_not_on")
    assert "11-03 08:30" in await bank.say(who, "每日一题")
    await bank.go_to(datetime(2026, 11, 3, 8, 31, tzinfo=SHANGHAI))
    (first,) = await bank.inbox(who)
    assert says(first.text, "practice.daily_head")
    assert says(await bank.say(who, right_words(first.text)), "quiz.right_answer")
    await bank.go_to(datetime(2026, 11, 4, 8, 31, tzinfo=SHANGHAI))
    await bank.go_to(datetime(2026, 11, 7, 9, 0, tzinfo=SHANGHAI))
    assert len(await bank.inbox(who)) == 2
    assert await bank.inbox(MEMBERS[1]) == []
    assert says(await bank.say(who, "每日一题 关"), "practice.daily_off")
    await bank.go_to(datetime(2026, 11, 10, 9, 0, tzinfo=SHANGHAI))
    assert len(await bank.inbox(who)) == 2


async def take_all(chat: Chat, who: str, shown: str, wrong_first: bool = False) -> None:
    """Answer every question of a private quiz."""
    for number in range(20):
        shown = await chat.say(who, right_words(shown, wrong=wrong_first and number == 0))
        if says(shown, "quiz.all_done"):
            return
    pytest.fail("the quiz did not end")


async def test_a_private_quiz_from_draw_to_results(bank: Chat) -> None:
    preview = await bank.say(SECRETARY, "测验 4")
    assert says(preview, "quiz.preview", count=4)
    assert await bank.tap(SECRETARY, "quiz.redraw") != preview
    assert says(await bank.tap(SECRETARY, "quiz.to_members"), "quiz.started")
    for number, who in enumerate(MEMBERS):
        (first,) = await bank.inbox(who)
        assert sentence("quiz.head", position=1, total=4) in first.text
        await take_all(bank, who, first.text, wrong_first=number == 0)
    assert says(await bank.say(SECRETARY, "测验"), "quiz.status", took=6, expected=13)
    assert says(await bank.say(SECRETARY, "测验 结束"), "quiz.status", state=sentence("quiz.state_closed"))
    result = (await bank.inbox(MEMBERS[0]))[-1].text
    assert says(result, "quiz.result", right=3)
    assert says(result, "quiz.right_answer")
    assert says((await bank.inbox(MEMBERS[1]))[-1].text, "quiz.result", right=4)
    summary = (await bank.inbox(SECRETARY))[-1].text
    assert says(summary, "quiz.bar", percent=83, right=5, answered=6)
    assert not any(name in summary for name in MEMBERS)


async def test_shares_of_fewer_than_five_are_hidden(bank: Chat) -> None:
    await bank.say(SECRETARY, "测验 2")
    await bank.tap(SECRETARY, "quiz.to_members")
    first = (await bank.inbox(MEMBERS[0]))[0]
    await take_all(bank, MEMBERS[0], first.text)
    told = await bank.say(SECRETARY, "测验 结束")
    assert says(told, "quiz.too_few")
    assert "%" not in told


async def test_the_first_answer_counts_and_time_closes(bank: Chat) -> None:
    await bank.say(SECRETARY, "测验 3")
    await bank.tap(SECRETARY, "quiz.to_members")
    first = (await bank.inbox(MEMBERS[0]))[0]
    again = by_stem(first.text)
    if again.kind is not QuestionType.MULTIPLE:
        await bank.event(MEMBERS[0], token=first.choices[0].token)
        told = await bank.event(MEMBERS[0], token=first.choices[1].token)
        assert says(told.message.text, "quiz.noted_before")
    late = (await bank.inbox(MEMBERS[1]))[0]
    await bank.go_to(NOW + timedelta(minutes=31))
    assert says((await bank.event(MEMBERS[1], token=late.choices[0].token)).message.text, "quiz.question_over")
    assert says(await bank.say(SECRETARY, "测验 结束"), "quiz.nothing_runs")
    assert says(await bank.say(MEMBERS[1], "答小测"), "quiz.none_runs")


async def test_a_group_quiz_asks_by_one_tap_and_explains_after_closing(bank: Chat) -> None:
    await bank.say(SECRETARY, "测验 3")
    assert says(await bank.tap(SECRETARY, "quiz.to_group"), "quiz.started_group")
    (asked,) = await bank.group_inbox()
    assert by_stem(asked.text).kind in IN_GROUP
    answer = asked.choices[by_stem(asked.text).answer[0]].token
    for who in MEMBERS:
        assert (await bank.event(who, token=answer, group=ROADS)).message.text == sentence("quiz.noted")
    again = await bank.event(MEMBERS[0], token=asked.choices[0].token, group=ROADS)
    assert again.message.text == sentence("quiz.noted_before")
    assert sentence("quiz.head", position=2, total=3) in (await _after(bank, "测验 下一题"))[-1].text
    explained = (await bank.group_inbox())[1].text
    assert says(explained, "quiz.right_answer")
    assert says((await bank.event(SECRETARY, token=answer, group=ROADS)).message.text, "quiz.question_over")
    await _after(bank, "测验 下一题")
    await _after(bank, "测验 下一题")
    summary = (await bank.inbox(SECRETARY))[-1].text
    assert says(summary, "quiz.status", state=sentence("quiz.state_closed"))
    assert says(summary, "quiz.bar", percent=100, right=6, answered=6)
    assert says((await bank.inbox(MEMBERS[0]))[-1].text, "quiz.result", right=1)
    assert not any(name in message.text for message in await bank.group_inbox() for name in MEMBERS)


async def _after(chat: Chat, said: str) -> list[Message]:
    await chat.say(SECRETARY, said, group=ROADS)
    return await chat.group_inbox()


async def test_who_may_not(bank: Chat) -> None:
    assert says(await bank.say(MEMBERS[0], "测验"), "help.only_secretary")
    assert says(await bank.say(SECRETARY, "测验 0"), "quiz.how_many")
    assert says(await bank.say(SECRETARY, "测验 很多"), "quiz.how_many")
    assert says(await bank.say(SECRETARY, "测验 ９９９９"), "quiz.how_many")
    assert says(await bank.say(SECRETARY, "测验", group=ROADS), "help.private_only")
    await bank.say(SECRETARY, "测验 2")
    draft = bank.last[SECRETARY]
    assert says((await bank.event(MEMBERS[0], token=draft.choices[0].token)).message.text, "help.stale_button")
    await bank.tap(SECRETARY, "quiz.to_members", draft)
    first = (await bank.inbox(MEMBERS[0]))[0]
    stranger = await bank.event(FERRY_MEMBER, token=first.choices[0].token)
    ticks = by_stem(first.text).kind is QuestionType.MULTIPLE
    assert says(stranger.message.text, "help.stale_button" if ticks else "quiz.not_yours")
    assert says(await bank.tap(SECRETARY, "quiz.drop", draft), "quiz.stale_draft")


async def test_counts_for_the_records_and_the_keeping_time(bank: Chat) -> None:
    def meeting(session: StoreSession) -> int:
        unit = session.exec(select(people.Unit).where(col(people.Unit.name) == ROADS)).one()
        row = meetings.Meeting(unit_id=unit.id or 0, title="主题党日", starts_at=NOW)
        session.add(row)
        session.flush()
        return row.id or 0

    ident = await bank.app.store.write(meeting)
    await bank.say(SECRETARY, "测验 2")
    await bank.tap(SECRETARY, "quiz.to_members")
    await take_all(bank, MEMBERS[0], (await bank.inbox(MEMBERS[0]))[0].text)
    await bank.say(SECRETARY, "测验 结束")
    (result,) = await bank.app.store.read(quiz.of_meeting, ident)
    assert (result.participants, result.expected) == (1, 13)
    assert [(right, answered) for _, right, answered in result.questions] == [(1, 1), (1, 1)]

    def facts(session: StoreSession) -> list[int]:
        who = session.exec(select(people.Member.id).where(col(people.Member.name) == MEMBERS[0])).one()
        return [len(quiz.about_member(session, who or 0)), len(practice.about_member(session, who or 0))]

    await bank.say(MEMBERS[0], right_words(await bank.say(MEMBERS[0], "练习")))
    assert await bank.app.store.read(facts) == [1, 1]
    later = NOW + timedelta(days=91)
    await bank.app.store.write(nightly.forget_old, later, bank.app.settings.privacy)
    assert await bank.app.store.read(facts) == [0, 0]
    assert (await bank.app.store.read(quiz.of_meeting, ident)) == [result]


async def test_a_stopped_question_stays_stopped_when_imported_again(bank: Chat) -> None:
    def stop(session: StoreSession) -> None:
        row = session.exec(select(Question).where(col(Question.code) == BANK[0].code)).one()
        row.state = QuestionState.STOPPED
        session.add(row)

    await bank.app.store.write(stop)
    await bank.app.store.write(questions.import_questions, BANK, NOW)
    assert len(await bank.app.store.read(questions.drawable, list(QuestionType))) == 29
