"""Quizzes, practice, the question of the day, reports of bad questions."""

from __future__ import annotations

from bot.messages import Address
from bot.store import prompts
from bot.store.core.statements import StoreSession
from bot.store.questions import QuestionReport
from bot.store.quiz import Quiz, QuizSlot
from tests.support.races import Line, Round, line
from tests.support.races.members import Pair
from tests.support.shipped import START


async def quizzed(r: Round, where: str = "quiz.to_members") -> list[int]:
    """A quiz that runs in the branch; the questions' prompts."""
    await r.say("书", "测验 3")
    await r.tap("书", where)
    number = await r.newest(Quiz)

    def slots(session: StoreSession) -> list[int]:
        from sqlmodel import col, select

        query = select(QuizSlot.prompt_id).where(col(QuizSlot.quiz_id) == number).order_by(col(QuizSlot.position))
        found = list(session.exec(query))
        prompts.show(session, Address("local", r.branch.account("甲")), r.branch.people["甲"], found[0], START)
        return found

    return await r.write(slots)


@line("quiz.answer", "quiz.end")
async def answer_while_it_ends(r: Round) -> Pair:
    asked = await quizzed(r)
    return r.picks("甲", asked[0], 0), r.says("书", "测验 结束")


@line("quiz.answer", "quiz.close")
async def answer_while_its_time_ends(r: Round) -> Pair:
    asked = await quizzed(r)
    return r.picks("甲", asked[0], 0), r.job("quiz.close", await r.newest(Quiz))


@line("quiz.answer", "/quiz/take")
async def answer_on_the_page_and_in_the_chat(r: Round) -> Pair:
    asked = await quizzed(r)
    return r.picks("甲", asked[0], 0), r.forms("甲", "/quiz/take", prompt=str(asked[0]), option="1")


@line("quiz.answer", "quiz.next")
async def answer_while_the_group_goes_on(r: Round) -> Pair:
    asked = await quizzed(r, "quiz.to_group")
    return r.picks("甲", asked[0], 0), r.says("书", "测验 下一题")


@line("practice.start", "practice.answer")
async def answer_a_practice_twice(r: Round) -> Pair:
    await r.say("甲", "练习")
    return r.taps("甲", "选一"), r.taps("甲", "选二")


@line("practice.daily_on", "practice.daily_off")
async def daily_on_twice(r: Round) -> Pair:
    return r.says("甲", "每日一题"), r.says("甲", "每日一题 开")


@line("practice.daily_on", "practice.daily_off")
async def daily_on_and_off(r: Round) -> Pair:
    await r.say("甲", "每日一题")
    return r.says("甲", "每日一题 关"), r.says("甲", "每日一题 停")


@line("practice.report", "practice.report_text")
async def report_twice(r: Round) -> Pair:
    await r.say("甲", "这题有误 1")
    return r.says("甲", "答案好像不对"), r.says("甲", "题干有错字")


@line("practice.judge")
async def judge_a_report_twice(r: Round) -> Pair:
    await r.say("甲", "这题有误 1")
    await r.say("甲", "答案好像不对")
    asked = await r.asked("practice.judge", await r.newest(QuestionReport, member_id=r.branch.people["甲"]))
    return r.picks("办", asked, 1), r.picks("办", asked, 1)


LINES = [one for one in globals().values() if isinstance(one, Line)]
