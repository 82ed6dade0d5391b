"""Study materials on a page: the list with search, and one material to read."""

from __future__ import annotations

from markupsafe import Markup

from bot.messages import Role
from bot.router import Context, Refused
from bot.services.study import names_of
from bot.store import study
from bot.store.core import search
from bot.store.study import Material
from bot.web.page import Page, Redirect, View, Visit

_LISTED = 30


def listing(visit: Visit, ctx: Context) -> View:
    """The newest materials, or what the words find, with snippets."""
    words = visit.query.get("q", "").strip()[:200]
    names = names_of(ctx)
    terms = search.terms_of(words)
    found = study.matching(ctx.session, words, names) if words else study.newest(ctx.session, names, _LISTED)
    cards = [
        {"material": _shown(one), "snippet": search.snippet(one.plain, terms)} for one in found[:_LISTED]
    ]
    return View("study/list.html", {"cards": cards, "words": words, "terms": " ".join(terms)})


def show(visit: Visit, ctx: Context) -> View:
    """One material. Its Markdown is rendered without any HTML of its own."""
    from markdown_it import MarkdownIt

    found = _found(visit, ctx)
    body = Markup(MarkdownIt("commonmark", {"html": False}).render(found.markdown))
    done = study.has_read(ctx.session, found.id or 0, ctx.member.id)
    return View("study/study.html", {"material": _shown(found), "body": body, "done": done})


def read(visit: Visit, ctx: Context) -> Redirect:
    """The member says that they have read it."""
    found = _found(visit, ctx)
    study.mark_read(ctx.session, found.id or 0, ctx.member.id, ctx.now)
    return Redirect(f"/study/{found.id}")


def _shown(one: Material) -> dict[str, object]:
    """What templates need: they are filled after the session has gone."""
    return {"id": one.id, "title": one.title, "source": one.source, "url": one.url, "keywords": one.keywords}


def _found(visit: Visit, ctx: Context) -> Material:
    found = study.find(ctx.session, visit.number("material"))
    if found is None:
        raise Refused("study.gone")
    if not study.meant_for(found, names_of(ctx)):
        raise Refused("study.not_for_you")
    return found


PAGES = (
    Page("/study", Role.MEMBER, get=listing, menu=(Role.MEMBER,)),
    Page("/study/{material}", Role.MEMBER, get=show, post=read, crowd=True),
)
