"""The pages of quizzes and study materials, without scripts."""

from __future__ import annotations

import re

from bot.rules.quiz import QuestionType
from bot.store import questions, study
from bot.store.study import NewMaterial
from tests.support.cast import FERRY_MEMBER, MEMBERS, ROADS, SECRETARY
from tests.support.chat import Chat
from tests.support.pages import Pages
from tests.support.wording import says, sentence
from tests.test_quiz import BANK, NOW, by_stem

MATERIAL = NewMaterial(
    "one", "安全要点", "公开来源", "https://www.gov.cn/", "核准人", (), "", (ROADS,), ("安全",),
    "# 安全要点\n\n<script>alert(1)</script>\n\n**先停下** [坏链](javascript:alert(1))", "安全要点\n先停下",
)  # fmt: skip


async def test_a_quiz_is_started_taken_and_ended_on_pages(chat: Chat, pages: Pages) -> None:
    await chat.app.store.write(questions.import_questions, BANK, NOW)
    page = await pages.enter(SECRETARY, "/quiz")
    assert says(page.text, "quiz.page.none")
    page = await pages.send(page, "/quiz", action="draw", number="3")
    assert page.text.count("<li>") == 3
    page = await pages.send(page, "/quiz", action="members")
    assert "0</strong> / 13" in page.text

    member = Pages(chat.app)
    taken = await member.enter(MEMBERS[0], "/quiz/take")
    for _ in range(3):
        question = by_stem(taken.text)
        prompt = re.findall(r'name="prompt" value="(\d+)"', taken.text)[0]
        if question.kind is QuestionType.FILL_IN:
            taken = await member.send(taken, "/quiz/take", prompt=prompt, text=question.answer[0][0])
        else:
            chosen = [str(index) for index in question.answer]
            assert (await member.send(taken, "/quiz/take", prompt=prompt, option="77")).status_code == 403
            taken = await member.send(taken, "/quiz/take", prompt=prompt, option=chosen)
    assert says(taken.text, "quiz.all_done")
    page = await pages.http.get("/quiz")
    assert "1</strong> / 13" in page.text
    assert says(page.text, "quiz.page.hidden")
    assert MEMBERS[0] not in page.text
    page = await pages.send(page, "/quiz", action="end")
    assert says((await chat.inbox(MEMBERS[0]))[-1].text, "quiz.result", right=3)
    assert (await member.http.get("/quiz/take")).status_code == 403
    await member.http.aclose()


async def test_members_do_not_see_the_console(chat: Chat, pages: Pages) -> None:
    assert (await pages.http.get("/quiz")).status_code == 401
    assert (await pages.enter(MEMBERS[0], "/quiz")).status_code == 403
    assert (await pages.http.get("/quiz/events")).status_code == 403
    assert (await pages.http.get("/quiz/take")).status_code == 403


async def test_a_material_is_rendered_without_its_html_and_read(chat: Chat, pages: Pages) -> None:
    await chat.app.store.write(study.import_materials, [MATERIAL], NOW)
    page = await pages.enter(MEMBERS[0], "/study/1")
    assert "<strong>先停下</strong>" in page.text
    assert "<script>alert" not in page.text
    assert 'href="javascript' not in page.text
    assert sentence("study.read") in page.text
    assert says((await pages.send(page, "/study/1")).text, "study.page.read_already")
    found = await pages.http.get("/study", params={"q": "停下"})
    assert "<mark>停下</mark>" in found.text
    for said in ("<b>", "😀", "龘", "'"):
        assert (await pages.http.get("/study", params={"q": said})).status_code == 200
    assert (await pages.http.get("/study/999999999999")).status_code == 403


async def test_a_material_for_others_is_not_shown(chat: Chat, pages: Pages) -> None:
    await chat.app.store.write(study.import_materials, [MATERIAL], NOW)
    page = await pages.enter(FERRY_MEMBER, "/study/1")
    assert page.status_code == 403
    assert "先停下" not in page.text
    assert "安全要点" not in (await pages.http.get("/study")).text
