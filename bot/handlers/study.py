"""Study materials: found by words, opened, read when the member says so; pushed by the secretary (TD-6)."""

from __future__ import annotations

from bot.messages import Choice, Inbound, Link, Message, Role
from bot.router import Context, Feature, Refused, Route, Where
from bot.rules.answers import whole
from bot.services.study import names_of
from bot.store import meetings, prompts, study
from bot.store.core import search
from bot.store.people import Audience, chats_of
from bot.store.study import Material, MaterialPush

_CARDS = 5
_OFFERED = 10
_SHORT = 600
_EXCERPT = 100
_READ = "study.read"
MEMBERS, GROUP, NOTHING = range(3)


def look(inbound: Inbound, ctx: Context) -> Message:
    """Nothing: the newest. A number: that material. Words: what holds all of them, with a snippet."""
    said = ctx.args.strip()
    names = names_of(ctx)
    if not said:
        return _newest(ctx, names)
    if (number := whole(said)) >= 0 and (found := study.find(ctx.session, number)):
        return open_material(ctx, found, names)
    terms = search.terms_of(said)
    if not terms:
        raise Refused("study.no_words")
    hits = study.matching(ctx.session, said, names)
    if not hits:
        raise Refused("study.no_hits", words=" ".join(terms)[:30])
    lines = [ctx.text("study.hits", count=len(hits))]
    lines += [_card(ctx, hit, terms) for hit in hits[:_CARDS]]
    if len(hits) > _CARDS:
        lines.append(ctx.text("study.more", shown=_CARDS))
    return Message("\n".join(lines), _open_buttons(ctx, hits[:_CARDS]))


def open_material(ctx: Context, found: Material, names: set[str]) -> Message:
    """A material: in full when short, else its beginning and the page; and the button "I have read it"."""
    if not study.meant_for(found, names):
        raise Refused("study.not_for_you")
    short = len(found.plain) <= _SHORT
    body = found.plain if short else found.plain[:_EXCERPT] + "…"
    text = ctx.text("study.material", title=found.title, body=body, source=found.source)
    links: tuple[Link, ...] = ()
    if not ctx.address.group:
        links = (Link(ctx.text("study.page_link"), ctx.page_link(f"/study/{found.id}")),)
    if found.url:
        links += (Link(ctx.text("study.source_link"), found.url),)
    return Message(text, () if ctx.address.group else read_button(ctx, found), links)


def read_button(ctx: Context, found: Material) -> tuple[Choice, ...]:
    """The button to say that one has read it: one prompt for all. Who does not tap it is shown to nobody."""
    return ctx.ask(_READ, found.id or 0, found.title, (ctx.text("study.read"),))


def read(inbound: Inbound, ctx: Context) -> Message:
    """The member says that they have read it."""
    found = study.find(ctx.session, ctx.asked.subject) if ctx.asked else None
    if found is None or not study.meant_for(found, names_of(ctx)):
        raise Refused("study.gone")
    study.mark_read(ctx.session, found.id or 0, ctx.member.id, ctx.now)
    return Message(ctx.text("study.noted", title=found.title))


def push(inbound: Inbound, ctx: Context) -> Message:
    """Pick what to push: the meeting's materials first, then what the words find or the newest."""
    names = study.names_around(ctx.session, ctx.unit_id)
    said = ctx.args.strip()
    meeting = meetings.current(ctx.session, ctx.unit_id, ctx.now) or meetings.upcoming(
        ctx.session, ctx.unit_id, ctx.now
    )
    planned = study.for_meeting(ctx.session, meeting.id or 0) if meeting else []
    others = study.matching(ctx.session, said, names) if said else study.newest(ctx.session, names, _OFFERED)
    offered = list({one.id or 0: one for one in ([] if said else planned) + others}.values())[:_OFFERED]
    if not offered:
        raise Refused("study.no_hits", words=said[:30]) if said else Refused("study.none")
    draft = MaterialPush(
        unit_id=ctx.unit_id,
        meeting_id=meeting.id if meeting else None,
        offered=[one.id or 0 for one in offered],
        made_by=ctx.member.id,
    )
    ctx.session.add(draft)
    ctx.session.flush()
    labels = tuple(one.title for one in offered)
    title, ends = ctx.text("study.pick_title"), ctx.dialogue_ends
    choices = ctx.ask("study.pick", draft.id or 0, title, labels, closes_at=ends)
    return Message(ctx.text("study.pick"), choices)


def pick(inbound: Inbound, ctx: Context) -> Message:
    """A material was picked: show it and ask where to send it."""
    draft = _draft(ctx)
    number = inbound.options[0] if len(inbound.options) == 1 else -1
    found = study.find(ctx.session, draft.offered[number]) if 0 <= number < len(draft.offered) else None
    if found is None:
        raise Refused("study.gone")
    draft.material_id = found.id
    ctx.session.add(draft)
    prompts.close(ctx.session, "study.pick", draft.id or 0)
    options = (ctx.text("study.to_members"), ctx.text("study.to_group"), ctx.text("study.to_nobody"))
    title, ends = ctx.text("study.send_title"), ctx.dialogue_ends
    choices = ctx.ask("study.send", draft.id or 0, title, options, closes_at=ends)
    preview = ctx.text("study.preview", title=found.title, source=found.source, approver=found.approver)
    return Message(ctx.warned(preview, pushed(ctx, found, False)), choices)


def send(inbound: Inbound, ctx: Context) -> Message:
    """Send it to the unit's members or its group chat, or drop the draft."""
    draft = _draft(ctx)
    found = study.find(ctx.session, draft.material_id or 0)
    if found is None or not study.meant_for(found, study.names_around(ctx.session, draft.unit_id)):
        raise Refused("study.gone")
    prompts.close(ctx.session, "study.send", draft.id or 0)
    if inbound.options not in ((MEMBERS,), (GROUP,)):
        ctx.session.delete(draft)
        return Message(ctx.text("study.not_sent"))
    draft.to_group = inbound.options == (GROUP,)
    if draft.to_group and not chats_of(ctx.session, (draft.unit_id,)):
        raise Refused("study.no_group")
    draft.pushed_at = ctx.now
    ctx.session.add(draft)
    audience = Audience(units=(draft.unit_id,), chats=draft.to_group)
    ctx.notify(audience, pushed(ctx, found, draft.to_group), f"study_push:{draft.id}")
    ctx.audit("material pushed", found.code)
    return Message(ctx.text("study.sent", title=found.title, at=ctx.polite(ctx.now).strftime("%m-%d %H:%M")))


def pushed(ctx: Context, found: Material, to_group: bool) -> Message:
    """The material as others get it: no sign-in link, for it is sent to many."""
    short = len(found.plain) <= _SHORT
    body = found.plain if short else found.plain[:_EXCERPT] + "…"
    phrase = ctx.library.content.texts.phrases("study.look")[0]
    text = ctx.text(
        "study.pushed", title=found.title, body=body, source=found.source, phrase=f"{phrase} {found.id}"
    )
    links = (Link(ctx.text("study.source_link"), found.url),) if found.url else ()
    return Message(text, () if to_group else read_button(ctx, found), links)


def counts(inbound: Inbound, ctx: Context) -> Message:
    """What was pushed this month and how many said that they have read it; never who (FM-1)."""
    lines = study.of_month(ctx.session, ctx.unit_id, ctx.today.year, ctx.today.month)
    if not lines:
        raise Refused("study.none_pushed")
    shown = [ctx.text("study.count_line", title=line.title, readers=line.readers) for line in lines]
    return Message("\n".join([ctx.text("study.counts"), *shown]))


def _newest(ctx: Context, names: set[str]) -> Message:
    found = study.newest(ctx.session, names, _CARDS)
    if not found:
        raise Refused("study.none")
    lines = [ctx.text("study.newest")]
    lines += [ctx.text("study.line", number=one.id, title=one.title) for one in found]
    return Message("\n".join(lines), _open_buttons(ctx, found))


def _card(ctx: Context, hit: Material, terms: tuple[str, ...]) -> str:
    piece = search.snippet(hit.plain, terms)
    marked = ctx.text("study.match", match=piece.match) if piece.match else ""
    return ctx.text(
        "study.card",
        number=hit.id,
        title=hit.title,
        snippet=f"{piece.before}{marked}{piece.after}",
        source=hit.source,
    )


def _open_buttons(ctx: Context, found: list[Material]) -> tuple[Choice, ...]:
    phrase = ctx.library.content.texts.phrases("study.look")[0]
    return tuple(Choice(ctx.text("study.open", title=one.title), f"c:{phrase} {one.id}") for one in found)


def _draft(ctx: Context) -> MaterialPush:
    draft = ctx.session.get(MaterialPush, ctx.asked.subject) if ctx.asked else None
    if draft is None or draft.pushed_at is not None:
        raise Refused("study.stale_push")
    ctx.require(Role.SECRETARY, draft.unit_id)
    return draft


FEATURE = Feature(
    "study",
    routes=(
        Route("study.look", look, Role.MEMBER, Where.ANYWHERE, takes_args=True, everyday=True),
        Route(_READ, read, Role.MEMBER),
        Route("study.push", push, Role.SECRETARY, takes_args=True),
        Route("study.pick", pick, Role.SECRETARY, closed="study.stale_push"),
        Route("study.send", send, Role.SECRETARY, newest=True, closed="study.stale_push"),
        Route("study.counts", counts, Role.SECRETARY),
    ),
)
