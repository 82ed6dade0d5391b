"""Study materials: only cleared public ones come in, words find them, "read" is what the member says."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlmodel import col, select

from bot.clock import SHANGHAI
from bot.content import load_content
from bot.learning.material import is_public_site, load_materials, plain_text
from bot.store import nightly, people, study
from bot.store.core.statements import StoreSession
from bot.store.study import NewMaterial
from bot.toml_files import ContentError
from tests.support.cast import FERRY_MEMBER, FERRY_SECRETARY, MEMBERS, ROADS, SECRETARY
from tests.support.chat import Chat
from tests.support.shipped import ROOT
from tests.support.wording import says, sentence

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=SHANGHAI)
MARKS = load_content(ROOT / "content").marks
HEAD = '+++\ntitle = "标题"\nsource = "来源"\nurl = "https://www.gov.cn/a"\napprover = "核准人"\n+++\n正文\n'


@pytest.fixture(scope="module")
def shipped() -> tuple[NewMaterial, ...]:
    """The materials that come with the program, keywords made by the child process."""
    return load_materials(ROOT / "content" / "study", MARKS)


@pytest.fixture
async def library(chat: Chat, shipped: tuple[NewMaterial, ...]) -> Chat:
    """The chat, with the shipped materials imported."""
    await chat.app.store.write(study.import_materials, shipped, NOW)
    return chat


def folder_with(folder: Path, text: str) -> Path:
    (folder / "one.md").write_text(text, encoding="utf-8")
    (folder / "sources.toml").write_text('sites = ["gov.cn"]\n', encoding="utf-8")
    return folder


def test_shipped_materials_have_sources_and_keywords(shipped: tuple[NewMaterial, ...]) -> None:
    assert len(shipped) == 4
    assert all(one.source and one.approver and one.keywords and one.plain for one in shipped)
    assert "安全" in next(one for one in shipped if one.code == "work-safety").keywords


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("https://www.gov.cn/a", "https://gov.cn.example.org/a", "one.md:4: url"),
        ("https://www.gov.cn/a", "https://www.gov.cn@example.org/", "one.md:4: url"),
        ("https://www.gov.cn/a", "javascript:alert(1)//gov.cn", "one.md:4: url"),
        ('url = "https://www.gov.cn/a"\n', "", "cleared_by"),
        (
            'url = "https://www.gov.cn/a"\n',
            'cleared_by = ["甲", "甲"]\nstatement = "可公开"\n',
            "one.md:4: cleared_by",
        ),
        ('url = "https://www.gov.cn/a"\n', 'cleared_by = ["甲", "乙"]\n', "one.md:4: cleared_by"),
        ('approver = "核准人"\n', "", "one.md:1: approver: missing"),
        ('approver = "核准人"', 'approver = " "', "one.md:5: approver is needed"),
        ('approver = "核准人"', 'approver = "核准人"\ntargets = "x"', "one.md:6: targets: must be a list, not str"),
        ('approver = "核准人"', 'approver = "核准人"\nkeywords = [1]', "one.md:6: keywords[1]: must be str, not int"),
        ('title = "标题"', f'title = "{61 * "长"}"', "one.md:2: title is longer"),
        ('title = "标题"', "title = 5", "one.md:2: title"),
        ('title = "标题"', 'title = "标题"\nhint = "x"', "one.md:3: hint"),
        ("正文", "", "text is missing"),
        ("正文", "这是机密★十年", "SC-6"),
        ("+++\ntitle", "title", "one.md:1"),
    ],
)
def test_what_is_not_cleared_is_refused_with_file_and_field(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    assert old in HEAD
    with pytest.raises(ContentError) as caught:
        load_materials(folder_with(tmp_path, HEAD.replace(old, new, 1)), MARKS)
    assert told in str(caught.value)


def test_a_file_cleared_by_two_named_people_is_taken(tmp_path: Path) -> None:
    cleared = 'cleared_by = ["甲", "乙"]\nstatement = "无国家秘密和工作秘密，可以公开"\nkeywords = ["词"]\n'
    (found,) = load_materials(
        folder_with(tmp_path, HEAD.replace('url = "https://www.gov.cn/a"\n', cleared)), MARKS
    )
    assert (found.cleared_by, found.keywords, found.plain) == (("甲", "乙"), ("词",), "正文")


def test_public_sites_are_hosts_not_words() -> None:
    assert is_public_site("https://jtt.hubei.gov.cn/x", ["gov.cn"])
    for bad in (
        "https://notgov.cn/",
        "https://gov.cn:8443/",
        "ftp://gov.cn/",
        "https://[bad",
        "//gov.cn",
        "",
    ):
        assert not is_public_site(bad, ["gov.cn"]), bad


def test_plain_text_drops_the_markup() -> None:
    assert (
        plain_text("# 题\n\n- **甲**乙\n- <b>丙</b>\n\n一\n二\nab\ncd") == "题\n甲乙\n<b>丙</b>\n一二 ab cd"
    )


def test_the_server_never_loads_the_segmenter() -> None:
    code = (
        "import bot.app, bot.learning.material, sys; print([name for name in sys.modules if name.startswith('jieba')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


async def test_a_running_app_has_not_loaded_the_segmenter(library: Chat) -> None:
    await library.say(MEMBERS[0], "学习 安全")
    assert not [name for name in sys.modules if name.startswith("jieba")]


async def test_words_find_materials_with_a_snippet_and_open_them(library: Chat) -> None:
    who = MEMBERS[0]
    said = await library.say(who, "学习 公示")
    assert says(said, "study.hits", count=1)
    assert sentence("study.match", match="公示") in said
    assert says(said, "study.card")
    opened = await library.tap(who, "study.open", title="发展党员2026年新细则要点")
    assert "五个工作日" in opened
    assert any("/in/" in link.url for link in library.last[who].links)
    assert sentence("study.match", match="反光衣") in await library.say(who, "学习 反光衣 护栏")
    assert says(await library.say(who, "学习"), "study.newest")


async def test_what_is_not_found_says_what_to_try(library: Chat) -> None:
    for said in ("量子纠缠", "' OR 1=1 --", '"党', "9999", "99999999999999999999", "党员 龘"):
        answer = await library.say(MEMBERS[0], f"学习 {said}")
        assert says(answer, "study.no_hits") or ('"' in said and says(answer, "study.hits"))


async def test_queries_without_words_are_told_so(library: Chat) -> None:
    for said in ("😀", "——", "*", "。。"):
        assert says(await library.say(MEMBERS[0], f"学习 {said}"), "study.no_words")


async def test_long_full_width_and_single_characters(library: Chat) -> None:
    assert says(await library.say(MEMBERS[0], "学习 " + "长" * 10_000), "help.too_long")
    assert says(await library.say(MEMBERS[0], "学习 " + "长" * 3_000), "study.no_hits")
    assert says(await library.say(MEMBERS[0], "学习 ２０２６年新细则"), "study.hits", count=1)
    assert says(await library.say(MEMBERS[0], "学习 渡"), "study.hits", count=1)


async def test_read_is_recorded_only_when_said_and_only_counted(library: Chat) -> None:
    await library.say(SECRETARY, "推送学习 安全")
    assert says(await library.tap(SECRETARY, "安全要点"), "study.preview")
    assert says(await library.tap(SECRETARY, "study.to_members"), "study.sent")
    for who in MEMBERS[:3]:
        (pushed,) = await library.inbox(who)
        assert "安全生产" in pushed.text
    for who in MEMBERS[:2]:
        (pushed,) = await library.inbox(who)
        assert says(await library.tap(who, "study.read", pushed), "study.noted")
    counted = await library.say(SECRETARY, "学习情况")
    assert says(counted, "study.count_line", readers=2)
    assert not any(name in counted for name in MEMBERS)
    assert says(await library.say(FERRY_SECRETARY, "学习情况"), "study.none_pushed")
    assert [line.readers for line in await library.app.store.read(_month, ROADS)] == [2]
    await library.app.store.write(nightly.forget_old, NOW + timedelta(days=91), library.app.settings.privacy)
    assert [line.readers for line in await library.app.store.read(_month, ROADS)] == [0]


def _month(session: StoreSession, branch: str) -> list[study.MaterialLine]:
    unit = session.exec(select(people.Unit.id).where(col(people.Unit.name) == branch)).one()
    return study.of_month(session, unit or 0, 2026, 11)


async def test_a_push_to_the_group_and_one_that_is_dropped(library: Chat) -> None:
    await library.say(SECRETARY, "推送学习")
    await library.tap(SECRETARY, "主题党日")
    assert says(await library.tap(SECRETARY, "study.to_nobody"), "study.not_sent")
    assert await library.group_inbox() == []
    await library.say(SECRETARY, "推送学习")
    await library.tap(SECRETARY, "主题党日")
    await library.tap(SECRETARY, "study.to_group")
    (pushed,) = await library.group_inbox()
    assert "主题党日" in pushed.text
    assert pushed.choices == ()
    number = re.findall(r"学习 (\d+)", pushed.text)[0]
    assert "志愿服务" in await library.say(MEMBERS[0], f"学习 {number}")


async def test_members_may_not_push_and_others_may_not_use_the_draft(library: Chat) -> None:
    assert says(await library.say(MEMBERS[0], "推送学习"), "help.only_secretary")
    await library.say(SECRETARY, "推送学习")
    draft = library.last[SECRETARY]
    told = await library.event(FERRY_SECRETARY, token=draft.choices[0].token)
    assert told.message is not None
    assert says(told.message.text, "help.stale_button")


async def test_targets_limit_who_sees_a_material(chat: Chat, shipped: tuple[NewMaterial, ...]) -> None:
    only = replace(shipped[0], targets=(ROADS,))
    await chat.app.store.write(study.import_materials, [only], NOW)
    assert says(await chat.say(MEMBERS[0], "学习 公示"), "study.hits", count=1)
    assert says(await chat.say(FERRY_MEMBER, "学习 公示"), "study.no_hits")
    assert says(await chat.say(FERRY_MEMBER, "学习 1"), "study.not_for_you")


async def test_import_is_repeatable_and_retires(chat: Chat, shipped: tuple[NewMaterial, ...]) -> None:
    write = chat.app.store.write
    assert (await write(study.import_materials, shipped, NOW)).added == 4
    assert (await write(study.import_materials, shipped, NOW)).unchanged == 4
    fewer = [replace(shipped[0], plain="换了内容"), *shipped[1:3]]
    added = await write(study.import_materials, fewer[:1], NOW)
    assert (added.added, added.changed, added.retired, len(added.others)) == (0, 1, 0, 3)
    assert says(await chat.say(MEMBERS[0], "学习 反光衣"), "study.hits", count=1)
    done = await write(study.import_materials, fewer, NOW, retire_others=True)
    assert (done.added, done.changed, done.unchanged, done.retired) == (0, 0, 3, 1)
    assert says(await chat.say(MEMBERS[0], "学习 反光衣"), "study.no_hits")
    assert says(await chat.say(MEMBERS[0], "学习 换了内容"), "study.hits", count=1)


async def test_a_member_sees_what_is_stored(library: Chat) -> None:
    await library.say(MEMBERS[0], "学习 公示")
    await library.tap(MEMBERS[0], "study.open", title="发展党员2026年新细则要点")
    await library.tap(MEMBERS[0], "study.read")

    def facts(session: StoreSession) -> list[str]:
        who = session.exec(select(people.Member.id).where(col(people.Member.name) == MEMBERS[0])).one()
        return [str(fact.values["title"]) for fact in study.about_member(session, who or 0)]

    assert await library.app.store.read(facts) == ["发展党员2026年新细则要点"]
