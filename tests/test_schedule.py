"""Due rows: nothing is missed by a restart, nothing happens twice, a failing job is tried again and then given up."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import col, select

from bot.app import App
from bot.clock import SHANGHAI, ShiftedClock
from bot.commands.doctor import examine
from bot.config import Settings
from bot.content import load_content
from bot.router import Context, Feature, Library, Timed
from bot.routes import Router
from bot.rules.audit import BEGUN
from bot.rules.lateness import ALWAYS
from bot.schedule import Schedule
from bot.signing import Signer
from bot.store import audit, due
from bot.store.audit import AuditEntry
from bot.store.core.statements import StoreSession
from bot.store.due import Due
from bot.store.theme_day import MONTH_JOB
from tests.support.chat import Chat
from tests.support.shipped import ROOT


class Jobs:
    """A feature with a job that leaves a mark in the audit log, and one that always fails."""

    def __init__(self) -> None:
        self.woken = 0

    def mark(self, subject: int, ctx: Context) -> None:
        ctx.audit("ran", str(subject))

    def fail(self, subject: int, ctx: Context) -> None:
        ctx.audit("failed", str(subject))
        raise LookupError(subject)

    def wake(self) -> None:
        self.woken += 1


@pytest.fixture
def jobs() -> Jobs:
    return Jobs()


def scheduler(app: App, settings: Settings, clock: ShiftedClock, jobs: Jobs) -> Schedule:
    content = load_content(ROOT / "content")
    feature = Feature("t", (), {"t.mark": Timed(jobs.mark, ALWAYS), "t.fail": Timed(jobs.fail, ALWAYS)})
    library = Library(content, settings, Signer(b"s" * 40))
    return Schedule(app.store, Router({"t": lambda: feature}, content.texts), library, clock, jobs.wake)


def ran(session: StoreSession) -> list[str]:
    return [f"{entry.action} {entry.subject}" for entry in session.exec(select(AuditEntry)) if entry.action != BEGUN]


async def test_what_fell_due_while_nothing_ran_is_done_once_and_in_order(
    app: App, settings: Settings, clock: ShiftedClock, jobs: Jobs
) -> None:
    now = clock.now()
    for number, hours in ((3, 9), (1, 2), (2, 5)):
        await app.store.write(due.plan, f"k{number}", now + timedelta(hours=hours), "t.mark", number)
    schedule = scheduler(app, settings, clock, jobs)
    assert await schedule.run_due() == 0
    clock.set(now + timedelta(days=3))
    assert await schedule.run_due() == 3
    assert await app.store.read(ran) == ["ran 1", "ran 2", "ran 3"]
    assert await schedule.run_due() == 0
    assert jobs.woken == 1


async def test_two_schedulers_do_nothing_twice(
    app: App, settings: Settings, clock: ShiftedClock, jobs: Jobs
) -> None:
    for number in range(20):
        await app.store.write(due.plan, f"k{number}", clock.now(), "t.mark", number)
    pair = [scheduler(app, settings, clock, jobs) for _ in range(2)]
    done = await asyncio.gather(*(one.run_due() for one in pair))
    assert sum(done) == 20
    assert len(set(await app.store.read(ran))) == 20


async def test_the_same_key_moves_a_row_and_a_cancelled_one_never_runs(
    app: App, settings: Settings, clock: ShiftedClock, jobs: Jobs
) -> None:
    now = clock.now()
    await app.store.write(due.plan, "k", now, "t.mark", 1)
    await app.store.write(due.plan, "k", now + timedelta(hours=1), "t.mark", 1)
    await app.store.write(due.plan, "gone", now, "t.mark", 2)
    await app.store.write(due.cancel, "t.mark", 2)
    schedule = scheduler(app, settings, clock, jobs)
    assert await schedule.run_due() == 0
    clock.set(now + timedelta(hours=2))
    assert await schedule.run_due() == 1


async def test_a_failing_job_is_undone_tried_again_and_given_up_after_five_times(
    app: App, settings: Settings, clock: ShiftedClock, jobs: Jobs
) -> None:
    await app.store.write(due.plan, "bad", clock.now(), "t.fail", 1)
    await app.store.write(due.plan, "good", clock.now(), "t.mark", 2)
    schedule = scheduler(app, settings, clock, jobs)
    assert await schedule.run_due() == 1
    for _ in range(8):
        clock.set(clock.now() + timedelta(minutes=6))
        await schedule.run_due()
    assert await app.store.read(ran) == ["ran 2"]
    row = await app.store.read(
        lambda session: session.exec(select(Due).where(col(Due.key) == "bad")).one().failures
    )
    assert row == 5
    assert await app.store.read(due.given_up, clock.now() - timedelta(days=1)) == {"t.fail": 1}
    assert await app.store.read(due.given_up, clock.now() + timedelta(days=1)) == {}
    texts = load_content(ROOT / "content").texts
    findings = examine(settings, ROOT / "content", texts, clock.now())
    told = [one.sentence for one in findings if one.item == "cli.doctor.given_up" and not one.ok]
    assert ["t.fail×1" in sentence for sentence in told] == [True]


async def test_the_nightly_work_is_done_once_and_made_up_for_where_the_machine_is_off_at_night(
    chat: Chat, app: App, settings: Settings, clock: ShiftedClock
) -> None:
    folder = Path(settings.store.backup_folder)

    async def done() -> tuple[int, int]:
        planned = select(Due.id).where(col(Due.key).startswith("nightly:"))
        nights = await app.store.read(lambda session: session.exec(planned).all())
        return len(nights), len(list(folder.glob("azalea-*.zip")))

    for _ in range(2):
        await app.nightly()
        clock.set(clock.now() + timedelta(hours=1))
    assert await done() == (1, 1)
    months = select(Due.id).where(col(Due.kind) == MONTH_JOB)
    assert await app.store.read(lambda session: session.exec(months).first())
    for moment in (clock.now().replace(day=3, hour=3, minute=29), clock.now().replace(day=3, hour=8)):
        clock.set(moment)
        await app.nightly()
    assert await done() == (2, 2)


async def test_an_audit_entry_that_was_changed_breaks_the_chain(app: App, clock: ShiftedClock) -> None:
    for number in range(5):
        await app.store.write(audit.record, clock.now(), None, "step", str(number))
    assert await app.store.read(audit.broken_at) is None

    def tamper(session: StoreSession) -> int:
        entry = session.exec(select(AuditEntry).where(col(AuditEntry.subject) == "2")).one()
        entry.subject = "7"
        session.add(entry)
        return entry.id or 0

    changed = await app.store.write(tamper)
    assert await app.store.read(audit.broken_at) == changed


async def test_the_triggers_begin_a_moment_after_the_start_and_never_drop_a_late_run(
    app: App, settings: Settings, clock: ShiftedClock, jobs: Jobs
) -> None:
    async def nightly() -> None: ...

    schedule = scheduler(app, settings, clock, jobs)
    schedule.start(nightly, 0.1)
    assert schedule._scheduler is None
    await asyncio.sleep(0.5)
    assert schedule._scheduler is not None
    found = {job.id: job for job in schedule._scheduler.get_jobs()}
    assert set(found) == {"due", "nightly"}
    assert all(job.misfire_grace_time is None and job.coalesce for job in found.values())
    assert found["due"].trigger.interval == timedelta(minutes=1)
    assert all(job.trigger.timezone == SHANGHAI for job in found.values()), "the machine's zone is no matter"
    asked = found["nightly"].trigger
    assert asked.get_next_fire_time(None, datetime(2026, 11, 3, 3, 0, tzinfo=SHANGHAI)).strftime("%H:%M") == "03:30"
    assert asked.get_next_fire_time(None, datetime(2026, 11, 3, 8, 31, tzinfo=SHANGHAI)).strftime("%H:%M") == "09:30"
    schedule.stop()
    await asyncio.sleep(0)
    assert not schedule._scheduler.running


async def test_what_is_stopped_at_once_never_begins(
    app: App, settings: Settings, clock: ShiftedClock, jobs: Jobs
) -> None:
    schedule = scheduler(app, settings, clock, jobs)
    schedule.start(jobs.wake, 0.1)
    schedule.stop()
    await asyncio.sleep(0.5)
    assert schedule._scheduler is None
