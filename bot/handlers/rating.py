"""Ratings in the chat: what somebody can do about them now, as links, and the one reminder. No grade is ever taken or
shown here: one that is typed is answered and not kept."""

from __future__ import annotations

from msgspec.structs import replace

from bot.messages import Choice, Inbound, Link, Message, Role
from bot.router import Context, Feature, Refused, Route, Timed, Where
from bot.rules.lateness import ALWAYS
from bot.services.rating.reminding import remind_round
from bot.services.rating.stages import CLOSE, GRADED, close_in_time
from bot.store import prompts, rating
from bot.store.rating import RatingRound, RoundMode, RoundState, Voter

_ALIVE = (RoundState.DRAFT, RoundState.OPEN, RoundState.CLOSED)
_OVER = (RoundState.CLOSED, RoundState.PUBLISHED, RoundState.VOID)
_TELLER_PAGES = {RoundState.DRAFT: "key", RoundState.OPEN: "paper", RoundState.CLOSED: "open"}
_MOST = 5
Told = tuple[list[str], list[Link]]


def show(inbound: Inbound, ctx: Context) -> Message:
    """The ratings that this person takes part in, looks after or counts. In a group nothing but that there is one."""
    running = rating.of_voter(ctx.session, ctx.member.id)
    if ctx.address.group:
        return Message(ctx.text("rating.in_group" if running else "rating.in_group_none"))
    if ctx.args:
        return Message(_never_here(ctx, running[0]) if running else ctx.text("rating.how_to_ask"))
    said: list[str] = []
    links: list[Link] = []
    for part in (_to_fill(ctx, running), _to_approve(ctx), _looked_after(ctx), _counted(ctx)):
        said += part[0]
        links += part[1]
    awaits = _listen(ctx, running[0]) if running else 0
    return Message("\n".join(said or [_why_nothing(ctx)]), links=tuple(links), awaits=awaits)


def graded(inbound: Inbound, ctx: Context) -> Message:
    """A grade or a number typed into the chat while a rating is open: it is not kept, not even as an answer."""
    found = rating.get(ctx.session, ctx.asked.subject) if ctx.asked else None
    if ctx.asked is None or found is None:
        raise Refused("help.stale_button")
    return Message(_never_here(ctx, found), awaits=ctx.asked.id)


def own_result(inbound: Inbound, ctx: Context) -> Message:
    """A link for this person alone, once they were rated (SR-13, DR-9)."""
    if not rating.of_target(ctx.session, ctx.member.id):
        return Message(ctx.text("rating_result.mine.nothing"))
    link = Link(ctx.text("rating_result.mine.heading"), ctx.page_link("/rating/mine"))
    return Message(ctx.text("rating_result.mine.link"), links=(link,))


def remind(inbound: Inbound, ctx: Context) -> Message:
    """Remind those who are there and have not cast; with several ratings, ask which."""
    running = [one for one in _owned(ctx) if one.state is RoundState.OPEN]
    if not running:
        raise Refused("rating.remind_nothing")
    if len(running) == 1:
        return Message(remind_round(ctx, running[0]))
    choices: list[Choice] = []
    for one in running[:_MOST]:
        choices += ctx.ask("rating.remind_one", one.id or 0, one.title, (one.title,), closes_at=one.closes_at)
    return Message(ctx.text("rating.remind_which"), tuple(choices))


def remind_one(inbound: Inbound, ctx: Context) -> Message:
    """The rating that was chosen."""
    found = rating.get(ctx.session, ctx.asked.subject) if ctx.asked else None
    if found is None:
        raise Refused("help.stale_button")
    return Message(remind_round(ctx, found))


def _to_fill(ctx: Context, running: list[RatingRound]) -> Told:
    """The sheets that this person may fill in now, or why not."""
    said: list[str] = []
    links: list[Link] = []
    for one in running:
        voter = rating.voter_for(ctx.session, one.id or 0, ctx.member.id, "")
        if voter is None or voter.replaced or voter.paper or not voter.present:
            key = _why_not(voter)
            said.append(ctx.text(f"rating.{key}", title=one.title))
            continue
        said.append(ctx.text("rating.open_one", title=one.title))
        said.append(ctx.text("rating.named" if one.mode is RoundMode.NAMED else "rating.sealed", title=one.title))
        links.append(_link(ctx, one, "link", f"/rating/{one.id}", several=len(running) > 1))
    return said, links


def _why_not(voter: Voter | None) -> str:
    if voter is not None and voter.replaced:
        return "by_code"
    return "on_paper" if voter and voter.paper else "absent"


def _to_approve(ctx: Context) -> Told:
    """The drafts that somebody else has approved and that this person may open."""
    found = [
        one
        for one in rating.of_units(ctx.session, ctx.led(Role.COMMITTEE))
        if not rating.may_run(ctx.session, one, ctx.member.id) and _waits_for(ctx, one)
    ]
    said = [ctx.text("rating.waits_for_approval", title=one.title) for one in found]
    return said, [_link(ctx, one, "approve", f"/ratings/{one.id}", several=len(found) > 1) for one in found]


def _waits_for(ctx: Context, found: RatingRound) -> bool:
    """Somebody else has approved the draft, and this person has not but may."""
    if found.state is not RoundState.DRAFT or not rating.may_approve(ctx.session, found, ctx.member.id):
        return False
    approved = rating.approvals(ctx.session, found)
    return bool(approved) and ctx.member.id not in approved


def _looked_after(ctx: Context) -> Told:
    """The ratings that this person runs, with the turnout; an owner without one is shown where to begin."""
    found = [one for one in _owned(ctx) if one.state in _ALIVE][:_MOST]
    if not found:
        leads = ctx.led(Role.OFFICE, Role.SECRETARY)
        begin = [Link(ctx.text("rating.console"), ctx.page_link("/ratings"))] if leads else []
        return [ctx.text("rating.start_here")] if begin else [], begin
    said = []
    for one in found:
        state = ctx.text(f"rating_console.state.{one.state}")
        if _waits_for(ctx, one):
            said.append(ctx.text("rating.waits_for_approval", title=one.title))
        elif one.state is RoundState.OPEN:
            came = rating.turnout(ctx.session, one)
            said.append(
                ctx.text("rating.owner_turnout", title=one.title, state=state, cast=came.cast, present=came.present)
            )
        else:
            said.append(ctx.text("rating.owner", title=one.title, state=state))
    return said, [_link(ctx, one, "console", f"/ratings/{one.id}", several=len(found) > 1) for one in found]


def _counted(ctx: Context) -> Told:
    """The ratings whose key this person keeps."""
    found = rating.of_teller(ctx.session, ctx.member.id)[:_MOST]
    said = [ctx.text(f"rating.teller_{_teller_step(one)}", title=one.title) for one in found]
    links = [
        _link(ctx, one, "teller", f"/ratings/{one.id}/{_TELLER_PAGES[one.state]}", several=len(found) > 1)
        for one in found
    ]
    return said, links


def _teller_step(found: RatingRound) -> str:
    return "proved" if found.state is RoundState.DRAFT and found.key_proved_by else str(found.state)


def _why_nothing(ctx: Context) -> str:
    """Too early, too late, or not on any roll."""
    for states, key in (((RoundState.DRAFT,), "later"), (_OVER, "over")):
        if found := rating.of_voter(ctx.session, ctx.member.id, *states):
            return ctx.text(f"rating.{key}", title=found[0].title)
    return ctx.text("rating.nothing")


def _never_here(ctx: Context, found: RatingRound) -> str:
    return ctx.text("rating.never_in_chat", title=found.title)


def _listen(ctx: Context, found: RatingRound) -> int:
    """The prompt that catches a grade or its number typed here, so that it is answered and not kept."""
    grades = tuple(str(one["name"]) for one in found.grades)
    return prompts.ask(
        ctx.session, GRADED, found.id or 0, found.title, grades, changeable=True, closes_at=found.closes_at
    )


def _link(ctx: Context, found: RatingRound, key: str, path: str, *, several: bool) -> Link:
    link = Link(ctx.text(f"rating.{key}"), ctx.page_link(path))
    return replace(link, label=ctx.text("rating.link_of", what=link.label, title=found.title)) if several else link


def _owned(ctx: Context) -> list[RatingRound]:
    """The rounds that this person runs, newest first."""
    rounds = rating.of_units(ctx.session, ctx.led(Role.OFFICE, Role.SECRETARY))
    return [one for one in rounds if rating.may_run(ctx.session, one, ctx.member.id)]


FEATURE = Feature(
    "rating",
    routes=(
        Route("rating.show", show, Role.MEMBER, Where.ANYWHERE, takes_args=True, everyday=True),
        Route("rating.own", own_result, Role.MEMBER),
        Route("rating.remind", remind, Role.SECRETARY, or_role=Role.OFFICE),
        Route("rating.remind_one", remind_one, Role.SECRETARY, or_role=Role.OFFICE),
        Route(GRADED, graded, Role.MEMBER),
    ),
    jobs={CLOSE: Timed(close_in_time, ALWAYS)},  # a box must not stay open until somebody answers
)
