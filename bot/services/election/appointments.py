"""Secretaries and deputies whom the superior appointed after a vacancy: noted in the ledger of terms (EL-5). And what
an announced result changes in the posts, which are kept where the roster is (EL-14, EL-25)."""

from __future__ import annotations

from datetime import date

from bot.messages import Choice, Message
from bot.router import Context, Refused
from bot.rules.election import Office, PostChange, post_changes
from bot.rules.people import Post
from bot.services.election import results
from bot.services.election.able import anywhere
from bot.services.election.terms import may_write
from bot.services.election.words import LONGEST_NAME, LONGEST_NUMBER, needed
from bot.store import election as store
from bot.store import people, posts
from bot.store.election import Appointment, Election
from bot.store.people import Audience

OFFICES = (Office.SECRETARY, Office.DEPUTY)
"""Members of the committee are always elected."""


def appoint(ctx: Context, unit_id: int, office: str, name: str, appointed_on: date, approval_no: str) -> None:
    """Note that the superior filled a post with a member with rights (EL-6), on which day and under which number. The
    term ends when it would have, and the roster is changed where rosters are."""
    may_write(ctx, unit_id)
    if office not in OFFICES:
        raise Refused("help.out_of_range")
    typed = needed(ctx, name, LONGEST_NAME, "name")
    member = anywhere(ctx, unit_id, typed, "election.may_not_serve")
    if appointed_on > ctx.today:
        raise Refused("election.appointed_later")
    row = Appointment(
        unit_id=unit_id,
        office=Office(office),
        name=member.name if member else typed,
        member_id=member.id if member else None,
        appointed_on=appointed_on,
        approval_no=needed(ctx, approval_no, LONGEST_NUMBER, "approval_no"),
        noted_by=ctx.member.id,
    )
    ctx.session.add(row)
    ctx.session.flush()
    ctx.audit("election appointment", f"{unit_id}:{row.id}:{office}")


def take_back(ctx: Context, unit_id: int, appointment_id: int) -> None:
    """Delete what was noted by mistake."""
    may_write(ctx, unit_id)
    row = ctx.session.get(Appointment, appointment_id)
    if row is None or row.unit_id != unit_id:
        raise Refused("help.stale_button")
    ctx.session.delete(row)
    ctx.audit("election appointment taken back", f"{unit_id}:{appointment_id}:{row.office}")


def to_change(ctx: Context, election: Election) -> tuple[PostChange, ...]:
    """What the roster does not have yet of an announced result; nothing once a later election was announced."""
    later = (one for one in store.of_unit(ctx.session, election.unit_id) if (one.id or 0) > (election.id or 0))
    if election.announced_on is None or any(one.announced_on and not one.by_election for one in later):
        return ()
    held = store.posts_in(ctx.session, election.unit_id)
    return post_changes(dict(results.elected(ctx, election)), held, by_election=election.by_election)


def tell_of_posts(ctx: Context, election: Election) -> None:
    """The Party office and the unit's secretaries learn that posts change from the day of the vote on, who changes them
    and where. No names: these stand on the page."""
    to = set(posts.holders(ctx.session, election.unit_id, *posts.SECRETARIES))
    to |= set(posts.holders(ctx.session, None, Post.PARTY_OFFICE))
    if not to or not to_change(ctx, election):
        return
    unit = people.unit(ctx.session, election.unit_id).name
    text = ctx.text("election.posts_change", unit=unit, day=election.held_on)
    words = ctx.library.content.texts.phrases("election.show")[0]
    message = Message(text, (Choice.command(words),))
    ctx.notify(Audience(members=tuple(sorted(to))), message, f"election:{election.id}:posts")
