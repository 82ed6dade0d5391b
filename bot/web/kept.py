"""A form that was refused comes back with what was typed and the reason, and nothing of it is stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from bot.router import Context, Refused
from bot.web.page import Look, Redirect, Result, View, Visit


class Typed(Struct, frozen=True):
    """What stands in the forms of a page: what was typed into the one that was refused, else what is stored. `do` names
    the form, `item` the thing that it is about, where the page has such a form for each of several; `lists` has all
    values of a field."""

    do: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    error: str = ""
    item: str = ""
    lists: Mapping[str, list[str]] = field(default_factory=dict)

    def __call__(self, do: str, name: str, stored: object = "") -> str:
        """The value of a field of the form `do`."""
        if self.do == do:
            return self.values.get(name, "")
        return "" if stored is None else str(stored)

    def of(self, do: str, item: object, name: str, stored: object = "") -> str:
        """The value of a field of the form `do` about `item`."""
        if self.do == do and not self.refused(do, item):
            return "" if stored is None else str(stored)
        return self(do, name, stored)

    def ticked(self, do: str, name: str, value: str, stored: bool = False) -> bool:
        """Whether the box or option with this value is chosen in the form `do`."""
        return value in self.lists.get(name, ()) if self.do == do else stored

    def refused(self, do: str, item: object) -> bool:
        """Whether it was this form that was refused."""
        return bool(do) and self.do == do and self.item == str(item)


def as_typed(view: View, visit: Visit, error: str, status: int, *, do: str = "do", item: str = "item") -> View:
    """The page with the form as it was sent, and the reason why it was refused."""
    values = {name: given[0] for name, given in visit.form.items() if given and name != "csrf"}
    typed = Typed(visit.field(do), values, error, visit.field(item), visit.form)
    return replace(view, values={**view.values, "typed": typed}, status=status)


Show = Callable[[Visit, Context], View]
Save = Callable[[Visit, Context], Redirect | View]


def kept(save: Save, show: Show, status: int = 422, *, do: str = "do", item: str = "item") -> Look:
    """`save`, or on a refusal the page as `show` makes it, with the form as it was sent and this status. The fields
    `do` and `item` say which form it is."""

    def post(visit: Visit, ctx: Context) -> Result:
        point = ctx.session.begin_nested()
        try:
            result = save(visit, ctx)
            ctx.session.flush()
        except Refused as refused:
            point.rollback()
            error = ctx.text(refused.key, **refused.values)
            return as_typed(show(visit, ctx), visit, error, status, do=do, item=item)
        point.commit()
        return result

    return post
