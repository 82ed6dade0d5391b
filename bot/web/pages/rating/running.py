"""A rating that is open: turnout, speaker, presence, paper and codes, the one reminder, and its end."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from bot.router import Context, Refused
from bot.rules.answers import whole
from bot.services.rating import stages
from bot.services.rating.reminding import remind_round
from bot.store import binding, posts, rating
from bot.store.rating import RatingRound, RoundMode
from bot.web.page import Redirect, View, Visit
from bot.web.pages.rating.shared import in_fours, moment, short, values_of

_NAMES = 60


def view(ctx: Context, found: RatingRound, said: str, problem: str, visit: Visit) -> View:
    """For the owner: who is there, who has cast (only that), and everything that can be done. After a refusal what was
    typed and ticked is still there."""
    action = visit.field("action") if problem else ""
    counted = rating.turnout(ctx.session, found)
    closes_at = found.closes_at.strftime("%Y-%m-%dT%H:%M") if found.closes_at else ""
    ticked = set(visit.numbers("voter")) if action == "presence" else set()
    roll = rating.voters(ctx.session, found.id or 0)
    names, waiting = rating.class_names(found), rating.not_cast(ctx.session, found)
    bound = posts.reachable(ctx.session, [one.member_id for one in roll if one.member_id])
    slips = [one for one in roll if one.is_slip]
    values = {
        "round": values_of(found),
        "said": said,
        "problem": problem,
        "live": live(ctx, found),
        "turnout": counted,
        "few": _few(found, counted),
        "sure": bool(action) and visit.field("sure") == "1",
        "at": action,
        "closes": found.closes_at.strftime("%m-%d %H:%M") if found.closes_at else "",
        "closes_at": visit.field("closes_at") if action == "deadline" else closes_at,
        "fingerprint": short(found.manifest_hash),
        "speaker": _speaker(ctx, found),
        "voters": [
            {
                "id": one.id, "name": one.name, "group": names[one.class_index], "present": one.present,
                "paper": one.paper, "bound": one.member_id in bound, "ticked": one.id in ticked,
            }
            for one in roll
            if not one.is_slip
        ],
        "slips": {"count": len(slips), "used": sum(one.present for one in slips)},
        "waiting": _names(ctx, [one.name for one in waiting if not one.is_slip]),
        "left": len(waiting),
    }  # fmt: skip
    return View("rating/console_running.html", values, 422 if problem else 200)


def live(ctx: Context, found: RatingRound) -> Mapping[str, object]:
    """What changes by itself on the owner's page: the turnout, and nothing else."""
    counted = rating.turnout(ctx.session, found)
    handed_in = counted.cast + counted.paper
    progress = ctx.text("rating_console.running.progress", cast=handed_in, present=counted.present, roll=counted.roll)
    return {"progress": progress, "cast": handed_in, "present": counted.present}


def speak(visit: Visit, ctx: Context, found: RatingRound) -> str:
    """The next speaker, or the one before; their card is shown from now on. The page says the rest."""
    typed = visit.field("value")
    rating.speak(ctx.session, found, -1 if typed == "-1" else whole(typed), ctx.now)
    return ""


def presence(visit: Visit, ctx: Context, found: RatingRound) -> str | View:
    """Who is there; a sheet of paper; a code for somebody without a phone."""
    what, _, voter = visit.field("do").partition("-")
    if what == "paper":
        return _paper(visit, ctx, found, whole(voter))
    if what == "unpaper":
        rating.mark_paper(ctx.session, found, whole(voter), False)
        return ctx.text("rating_console.running.paper_back")
    if what == "code":
        return _code(ctx, found, whole(voter))
    chosen = visit.numbers("voter")
    if what == "all":
        rating.mark_present(ctx.session, found)
        return ctx.text("rating_console.running.all_saved")
    if what not in ("here", "away"):
        raise Refused("rating_console.unknown_action")
    if not chosen:
        raise Refused("rating_console.setup.nobody_ticked")
    rating.mark_present(ctx.session, found, chosen, what == "here")
    return ctx.text("rating_console.running.presence_saved", count=len(chosen))


def remind(visit: Visit, ctx: Context, found: RatingRound) -> str:
    """Remind those who are there and have not cast, once (FM-6)."""
    return remind_round(ctx, found)


def deadline(visit: Visit, ctx: Context, found: RatingRound) -> None:
    """Another closing time, or none."""
    closes_at = moment(visit.field("closes_at"))
    if closes_at is not None and closes_at <= ctx.now:
        raise Refused("rating_console.setup.closes_soon")
    rating.set_closing(ctx.session, found, closes_at)
    stages.plan_close(ctx, found)


def close(visit: Visit, ctx: Context, found: RatingRound) -> str | View:
    """End it, after a second look; after a third one where so few have handed in that the box is destroyed (SE-6)."""
    _surely(visit)
    counted = rating.handed_in(ctx.session, found)
    if _few(found, counted) and not _destroyed_knowingly(visit, counted):
        return _destroys(visit, ctx, found, counted)
    stages.close_now(ctx, found)
    return ctx.text("rating_console.running.closed")


def cancel(visit: Visit, ctx: Context, found: RatingRound) -> Redirect | View:
    """End it without a result: what was handed in is destroyed, after a third look."""
    _surely(visit)
    counted = rating.handed_in(ctx.session, found)
    if not _destroyed_knowingly(visit, counted):
        return _destroys(visit, ctx, found, counted)
    stages.cancel(ctx, found)
    return Redirect(f"/ratings/{found.id}")


def _few(found: RatingRound, counted: rating.Turnout) -> bool:
    """Whether a sealed round has too few sheets to be opened (SE-6)."""
    return found.mode is RoundMode.SEALED and counted.cast + counted.paper < found.min_group


def _destroyed_knowingly(visit: Visit, counted: rating.Turnout) -> bool:
    """Whether nobody has handed in, or the number that is destroyed was named and agreed to. Where another sheet has
    come since, it is asked again."""
    sheets = counted.cast + counted.paper
    return sheets == 0 or whole(visit.field("destroy")) == sheets


def _destroys(visit: Visit, ctx: Context, found: RatingRound, counted: rating.Turnout) -> View:
    """The question before what was handed in is destroyed: how many sheets, and that nobody opens them."""
    action, asked = visit.field("action"), bool(visit.field("asked"))
    sheets = counted.cast + counted.paper
    values = {
        "number": found.id,
        "action": action,
        "sheets": sheets,
        "heading": ctx.text("rating_console.destroy.heading", sheets=sheets),
        "about": ctx.text(
            f"rating_console.destroy.about_{action}",
            sheets=sheets, cast=counted.cast, paper=counted.paper, least=found.min_group,
        ),
        "problem": ctx.text("rating_console.destroy.again", sheets=sheets) if asked else "",
    }  # fmt: skip
    return View("rating/console_destroy.html", values, 422 if asked else 200)


def _surely(visit: Visit) -> None:
    if visit.field("sure") != "1":
        raise Refused("rating_console.sure_first")


def _paper(visit: Visit, ctx: Context, found: RatingRound, voter_id: int) -> str | View:
    """A sheet of paper, after a second look where it voids what the voter has cast."""
    sure = visit.field("sure") == "1"
    given = rating.voter(ctx.session, found.id or 0, voter_id)
    name = given.name if given else ""
    if not rating.mark_paper(ctx.session, found, voter_id, void_cast=sure):
        problem = ctx.text("rating_console.sure_first") if visit.field("asked") else ""
        values = {
            "number": found.id,
            "voter": voter_id,
            "heading": ctx.text("rating_console.running.paper_title", name=name),
            "about": ctx.text("rating_console.running.paper_about", name=name),
            "problem": problem,
        }
        return View("rating/console_paper.html", values, 422 if problem else 200)
    ctx.audit("paper sheet of rating", str(found.id))
    return ctx.text("rating_console.running.paper_given", name=name)


def _code(ctx: Context, found: RatingRound, voter_id: int) -> View:
    """A code for a lost phone or none; whatever the member had open is signed out, links not used yet are void."""
    code = rating.issue_code(ctx.session, found, voter_id)
    ctx.audit("new code of rating", str(found.id))
    given = rating.voter(ctx.session, found.id or 0, voter_id)
    if given is not None and given.member_id is not None:
        binding.void_links(ctx.session, given.member_id, ctx.now)
    values = {
        "number": found.id,
        "heading": ctx.text("rating_console.running.code_title", name=given.name if given else ""),
        "address": ctx.link("/rating/code"),
        "code": in_fours(code),
    }
    return View("rating/console_code.html", values)


def _speaker(ctx: Context, found: RatingRound) -> dict[str, object]:
    """Who speaks, for how long already, who is next, and how many cards are shown."""
    rated = rating.targets(ctx.session, found.id or 0)
    speaking = rated[found.speaker] if 0 <= found.speaker < len(rated) else None
    following = found.speaker + 1 if speaking else found.released if found.per_speaker else 0
    minutes = int((ctx.now - found.speaker_since) / timedelta(minutes=1)) if found.speaker_since else 0
    shown = f"rating_console.running.{'released' if found.released < len(rated) else 'released_all'}"
    key = "speaker" if speaking else "speaker_none"
    following_name = rated[following].name if following < len(rated) else ""
    label = ctx.text("rating_console.running.next", name=following_name) if following_name else ""
    if speaking and not label:
        label = ctx.text("rating_console.running.finish")
    return {
        "now": ctx.text(f"rating_console.running.{key}", name=speaking.name if speaking else ""),
        "time": ctx.text("rating_console.running.spoken", minutes=minutes, of=found.minutes_each) if speaking else "",
        "over": bool(found.minutes_each) and minutes >= found.minutes_each,
        "cards": ctx.text(shown, released=found.released, total=len(rated)),
        "index": found.speaker,
        "following": following,
        "next": label,
    }


def _names(ctx: Context, names: list[str]) -> str:
    joined = ctx.text("poll.comma").join(names[:_NAMES])
    more = len(names) - _NAMES
    return ctx.text("rating_console.running.and_more", names=joined, count=more) if more > 0 else joined
