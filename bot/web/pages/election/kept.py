"""A form that was refused comes back with what was typed and the reason, and nothing of it is stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from bot.router import Context, Refused
from bot.web.page import Look, Redirect, Result, View, Visit


class Typed(Struct, frozen=True):
    """What stands in the forms of a page: what was typed into the one that was refused, else what is stored."""

    do: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    error: str = ""

    def __call__(self, do: str, name: str, stored: object = "") -> str:
        """The value of a field of the form `do`."""
        if self.do == do:
            return self.values.get(name, "")
        return "" if stored is None else str(stored)


Show = Callable[[Visit, Context], View]
Save = Callable[[Visit, Context], Redirect]


def kept(save: Save, show: Show) -> Look:
    """`save`, or on a refusal the page as `show` makes it, with the form as it was sent."""

    def post(visit: Visit, ctx: Context) -> Result:
        point = ctx.session.begin_nested()
        try:
            result = save(visit, ctx)
            ctx.session.flush()
        except Refused as refused:
            point.rollback()
            values = {name: given[0] for name, given in visit.form.items() if given and name != "csrf"}
            typed = Typed(visit.field("do"), values, ctx.text(refused.key, **refused.values))
            view = show(visit, ctx)
            return replace(view, values={**view.values, "typed": typed}, status=422)
        point.commit()
        return result

    return post
