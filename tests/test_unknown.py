"""Sends whose outcome nobody knows are listed for a person, and sent again only when a person says so."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sqlmodel import col, select

from bot.messages import Address, Message
from bot.store import binding, delivery, expansion, groups, nightly, sending, unknown
from bot.store.core.backup import restore_backup, write_backup
from bot.store.core.engine import open_store
from bot.store.core.statements import StoreSession
from bot.store.delivery import Delivery, OutgoingMessage, State
from bot.store.people import Audience, Member, Unit
from bot.store.prompts import Prompt
from tests.support.cast import FERRY_SECRETARY, MEMBERS, OFFICE, ROADS, SECRETARY, group_of
from tests.support.chat import Chat
from tests.support.pages import Pages
from tests.support.shipped import CHAIN
from tests.support.wording import says, sentence

ME = MEMBERS[0]
WHO = sentence("unknown.member", name=ME, unit=ROADS)


def member_of(session: StoreSession, name: str) -> int:
    return session.exec(select(Member.id).where(col(Member.name) == name)).one() or 0


def unit_of(session: StoreSession, name: str) -> int:
    return session.exec(select(Unit.id).where(col(Unit.name) == name)).one() or 0


def claim_all(session: StoreSession, chat: Chat) -> None:
    """A worker takes everything that waits, and dies."""
    now = chat.clock.now()
    for ident in session.exec(select(OutgoingMessage.id).where(~col(OutgoingMessage.expanded))).all():
        while not expansion.expand(session, ident or 0, now):
            pass
    for ident in session.exec(select(OutgoingMessage.id)).all():
        for job in sending.open_jobs(session, ident or 0, now):
            sending.claim(session, job, 100, now, timedelta(seconds=90))


async def crash(chat: Chat) -> None:
    """Everything that waits is in the middle of being sent when the program stops; later it runs again."""
    await chat.app.store.write(claim_all, chat)
    chat.clock.set(chat.clock.now() + timedelta(minutes=5))
    await chat.app.delivery.drain()


async def lose(chat: Chat, *, group: bool = False, key: str = "theme_day:9:short:2026-11-05", **more: object) -> None:
    """One message to ME, or to the group of the roads branch, of which nobody knows whether it arrived."""

    def queue(session: StoreSession) -> None:
        audience = Audience(members=(member_of(session, ME),))
        if group:
            audience = Audience((unit_of(session, ROADS),), chats=True)
        delivery.notify(session, audience, Message("内容不外露"), key, chat.clock.now(), **more)  # type: ignore[arg-type]

    await chat.app.store.write(queue)
    await crash(chat)


async def tap_first(chat: Chat, action: str, message: Message | None = None) -> str:
    """What the secretary does about the first one listed."""
    return await chat.tap(SECRETARY, "unknown.button", message, number=1, label=sentence(action))


def states(session: StoreSession) -> list[State]:
    return [State(found) for found in session.exec(select(Delivery.state).order_by(col(Delivery.id)))]


async def test_every_kind_of_send_is_listed_with_person_matter_and_time_only(chat: Chat) -> None:
    assert says(await chat.say(SECRETARY, "投递不明"), "unknown.none")
    await lose(chat)
    await lose(chat, key="study_push:3", group=True)
    await lose(chat, key="gossip:1")
    said = await chat.say(SECRETARY, "投递不明")
    assert says(said, "unknown.head", count=3)
    group = sentence("unknown.group", unit=ROADS)
    assert says(said, "unknown.line", number=1, who=WHO, what=sentence("unknown.message"), at="11-02 09:15")
    assert says(said, "unknown.line", number=2, who=group, what=sentence("reminders.study_push.name"), at="11-02 09:10")
    assert says(said, "unknown.line", number=3, who=WHO, what=sentence("reminders.theme_day:short.name"), at="11-02 09:05")
    assert "内容不外露" not in said
    assert await chat.say(OFFICE, "投递不明") == said
    assert says(await chat.say(FERRY_SECRETARY, "投递不明"), "unknown.none")
    assert says(await chat.say(MEMBERS[1], "投递不明"), "help.no_right")
    assert says(await chat.say(SECRETARY, "投递不明", group=ROADS), "help.private_only")


async def test_a_notice_is_named_by_its_title_and_confirmed_as_received(chat: Chat) -> None:
    await chat.say(SECRETARY, "通知 周五交材料。")
    await chat.tap(SECRETARY, "notices.do_send")
    await crash(chat)
    assert says(await chat.say(SECRETARY, "通知情况"), "receipts.unsure", count=13)
    assert sentence("unknown.matter", kind="通知", title="周五交材料。") in await chat.say(SECRETARY, "投递不明")
    shown, before = chat.last[SECRETARY], (await chat.app.store.read(states)).count(State.UNKNOWN)
    assert says(await tap_first(chat, "unknown.do_received"), "unknown.noted")
    assert (await chat.app.store.read(states)).count(State.UNKNOWN) == before - 1
    assert says(await tap_first(chat, "unknown.do_received", shown), "unknown.settled")
    await chat.app.delivery.drain()
    assert (await chat.app.store.read(states)).count(State.SENT) == 1


async def test_what_may_have_gone_out_after_a_backup_is_listed_after_the_restore_and_not_sent(
    chat: Chat, tmp_path: Path
) -> None:
    store, clock = chat.app.store, chat.clock
    everyone = Audience((await store.read(unit_of, ROADS),))
    for key, hours in (("soon", 2), ("expires", 1), ("later", 9)):
        await store.write(
            delivery.notify, everyone, Message(key), key, clock.now() + timedelta(hours=hours),
            expires_at=clock.now() + timedelta(hours=3) if key == "expires" else None,
        )  # fmt: skip
    file = tmp_path / "saved.zip"
    write_backup(store.engine, file, clock.now())
    restored = open_store(f"sqlite:///{tmp_path}/restored.db", CHAIN)
    doubtful = restore_backup(restored.engine, file, clock.now() + timedelta(hours=4)).doubtful

    def states(session: StoreSession) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {"soon": set(), "expires": set(), "later": set()}
        for key, state in session.exec(
            select(OutgoingMessage.key, Delivery.state).join(Delivery, col(Delivery.outgoing_id) == OutgoingMessage.id)
        ):
            found[key].add(state)
        return found

    assert await restored.read(states) == {"soon": {State.UNKNOWN}, "expires": set(), "later": set()}
    listed = await restored.read(unknown.listed, list(everyone.units), clock.now(), 99)
    assert (len(listed), {one.key for one in listed}) == (doubtful, {"soon"})
    assert doubtful > 3
    restored.close()


async def test_sending_again_is_a_persons_decision_and_a_fresh_row(chat: Chat) -> None:
    await lose(chat)
    await chat.app.delivery.drain()
    assert await chat.inbox(ME) == []
    await chat.say(SECRETARY, "投递不明")
    shown = chat.last[SECRETARY]
    assert says(await chat.tap(SECRETARY, "unknown.button", label=sentence("unknown.do_again")), "unknown.sent_again", who=WHO)
    assert [message.text for message in await chat.inbox(ME)] == ["内容不外露"]
    assert await chat.app.store.read(states) == [State.REPLACED, State.SENT]
    assert says(await chat.tap(SECRETARY, "unknown.button", shown, label=sentence("unknown.do_again")), "unknown.settled")
    assert len(await chat.inbox(ME)) == 1
    assert says(await chat.say(SECRETARY, "投递不明"), "unknown.none")


async def test_a_resent_notice_counts_as_sent(chat: Chat) -> None:
    await chat.say(SECRETARY, "通知 周五交材料。")
    await chat.tap(SECRETARY, "notices.do_send")
    await crash(chat)
    assert says(await chat.say(SECRETARY, "通知情况"), "receipts.counts", sent=0)
    await chat.say(SECRETARY, "投递不明")
    await tap_first(chat, "unknown.do_again")
    await chat.app.delivery.drain()
    assert says(await chat.say(SECRETARY, "通知情况"), "receipts.lying", count=1), "sent, and not opened yet"


async def test_a_group_gets_it_again_and_quiet_hours_hold(chat: Chat) -> None:
    await lose(chat, group=True)
    chat.clock.set(chat.clock.now().replace(hour=21))
    await chat.say(SECRETARY, "投递不明")
    assert "11-03 08:00" in await chat.tap(SECRETARY, "unknown.button", label=sentence("unknown.do_again"))
    assert await chat.inbox(group_of(ROADS)) == []
    await chat.go_to(chat.clock.now() + timedelta(hours=12))
    assert len(await chat.inbox(group_of(ROADS))) == 1


async def test_what_is_too_late_or_has_nobody_there_is_not_sent_again(chat: Chat) -> None:
    await lose(chat, expires_at=chat.clock.now() + timedelta(minutes=3))
    await chat.say(SECRETARY, "投递不明")
    assert says(await chat.tap(SECRETARY, "unknown.button", label=sentence("unknown.do_again")), "unknown.too_late")
    await lose(chat, key="correction:1:answered")
    await chat.app.store.write(binding.unbind, "local", ME, chat.app.clock.now())
    await chat.say(SECRETARY, "投递不明")
    shown = chat.last[SECRETARY]
    assert says(await tap_first(chat, "unknown.do_again"), "unknown.nobody_there", who=WHO)
    assert says(await tap_first(chat, "unknown.do_received", shown), "unknown.noted", who=WHO)


async def test_another_account_gets_it_when_the_first_is_gone(chat: Chat) -> None:
    await lose(chat)

    def move(session: StoreSession) -> None:
        binding.bind(session, member_of(session, ME), "local", "laptop", "laptop", chat.clock.now())
        binding.unbind(session, "local", ME, chat.app.clock.now())

    await chat.app.store.write(move)
    await chat.say(SECRETARY, "投递不明")
    await chat.tap(SECRETARY, "unknown.button", label=sentence("unknown.do_again"))
    assert len(await chat.inbox("laptop")) == 1


async def test_nobody_is_asked_about_a_group_that_is_gone(chat: Chat) -> None:
    await lose(chat, group=True)
    await chat.app.store.write(groups.unbind, Address("local", group_of(ROADS), True))
    assert says(await chat.say(SECRETARY, "投递不明"), "unknown.none")
    assert await chat.app.store.read(states) == [State.CANCELLED]


async def test_only_who_leads_the_unit_decides(chat: Chat) -> None:
    await lose(chat)
    await chat.say(SECRETARY, "投递不明")
    shown = chat.last[SECRETARY]
    assert says(await chat.tap(FERRY_SECRETARY, "unknown.button", shown, label=sentence("unknown.do_again")), "help.stale_button")
    assert says(await chat.tap(ME, "unknown.button", shown, label=sentence("unknown.do_again")), "help.stale_button")
    assert await chat.app.store.read(states) == [State.UNKNOWN]


async def test_the_page_settles_several_at_once(chat: Chat, pages: Pages) -> None:
    await lose(chat)
    await lose(chat, key="study_push:3")
    await lose(chat, key="study_push:4", expires_at=chat.clock.now() + timedelta(minutes=1))
    page = await pages.enter(SECRETARY, "/unknown")
    assert page.text.count('type="checkbox"') == 3
    assert page.text.count(sentence("unknown.expired")) == 1
    assert "内容不外露" not in page.text
    assert says((await pages.send(page, "/unknown", action="again")).text, "unknown.nothing_chosen")
    assert says((await pages.send(page, "/unknown", action="forget", id="1")).text, "help.stale_button")
    assert says((await pages.send(page, "/unknown", action="again", id=["1", "2", "3"])).text, "unknown.too_late")
    assert await chat.app.store.read(states) == [State.UNKNOWN] * 3
    page = await pages.send(page, "/unknown", action="again", id=["1", "2"])
    assert page.text.count('type="checkbox"') == 1
    assert len(await chat.inbox(ME)) == 2
    assert says((await pages.send(page, "/unknown", action="received", id="3")).text, "unknown.none")
    assert says((await pages.send(page, "/unknown", action="received", id="3")).text, "unknown.settled")


async def test_the_page_is_for_those_who_lead(chat: Chat, pages: Pages) -> None:
    assert "/unknown" in (await pages.enter(SECRETARY, "/console")).text
    assert says((await pages.enter(OFFICE, "/unknown")).text, "unknown.none")
    assert says((await pages.enter(ME, "/unknown")).text, "help.no_right")


async def test_questions_about_settled_copies_are_forgotten(chat: Chat) -> None:
    await lose(chat)
    await lose(chat, key="study_push:3")
    await chat.say(SECRETARY, "投递不明")
    await tap_first(chat, "unknown.do_received")

    def asked(session: StoreSession) -> int:
        return len(session.exec(select(Prompt).where(col(Prompt.route) == "unknown.decide")).all())

    assert await chat.app.store.read(asked) == 2
    await chat.app.store.write(nightly.forget_old, chat.clock.now(), chat.app.settings.privacy)
    assert await chat.app.store.read(asked) == 1


async def test_a_button_of_a_forgotten_question_answers_no_later_one(chat: Chat) -> None:
    """SQLite gives the number of the newest row, once that is deleted, to the next one."""
    await lose(chat)
    await chat.say(SECRETARY, "投递不明")
    old = chat.last[SECRETARY].choices[0]
    await tap_first(chat, "unknown.do_received")
    for _ in range(2):
        await chat.app.store.write(nightly.forget_old, chat.clock.now(), chat.app.settings.privacy)
    await chat.say(SECRETARY, "解绑")
    assert chat.last[SECRETARY].choices[0].token != old.token
    assert says((await chat.event(SECRETARY, token=old.token)).message.text, "help.stale_button")
    assert says(await chat.say(SECRETARY, "投递不明"), "unknown.none")
