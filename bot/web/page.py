"""What a page is: a path, the role that it requires, and plain functions that read or write and return a view."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct, field

from bot.messages import Attachment, Role, Unmade
from bot.router import Context, Library
from bot.rules.answers import whole


class Upload(Struct, frozen=True):
    """A file that came with a form; `content` is what was read in it, on a page that has it read."""

    name: str
    data: bytes
    content: object = None


class Visit(Struct, frozen=True):
    """A request, parsed: path parameters, query, form fields (each a list, in the order of the form) and files."""

    params: Mapping[str, str]
    query: Mapping[str, str]
    form: Mapping[str, list[str]] = field(default_factory=dict)
    files: Mapping[str, Upload] = field(default_factory=dict)

    def field(self, name: str) -> str:
        """The first value of a form field, stripped; empty when it is missing."""
        values = self.form.get(name)
        return values[0].strip() if values else ""

    def number(self, name: str) -> int:
        """A path parameter as a number; 0 when it is none."""
        return max(whole(self.params.get(name, "")), 0)

    def numbers(self, name: str) -> list[int]:
        """The whole numbers of a form field that may come several times."""
        return [number for text in self.form.get(name, []) if (number := whole(text)) >= 0]


class View(Struct, frozen=True):
    """A template of `web/templates` and its values. `wrong_code`: somebody unknown has typed one."""

    template: str
    values: Mapping[str, object] = field(default_factory=dict)
    status: int = 200
    wrong_code: bool = False


class Redirect(Struct, frozen=True):
    """Go to another page of ours (after a form was sent); `key` signs the browser in with that web session."""

    path: str
    key: str = ""


class Json(Struct, frozen=True):
    """Values for a script of ours."""

    values: Mapping[str, object]


Ready = View | Redirect | Json | Attachment
Result = Ready | Unmade
Look = Callable[[Visit, Context], Result]
Watch = Callable[[Visit, Context], Mapping[str, object]]


class Reading(Struct, frozen=True):
    """How a file is read, in a process of its own and before any transaction: `work(*args)`, both picklable."""

    work: Callable[..., object]
    args: tuple[object, ...]


class FileForm(Struct, frozen=True):
    """What becomes of a file that comes with a form. `admit` raises Refused for who may not send one, before it is
    taken; `read` says how it is read."""

    admit: Callable[[Visit, Context], object]
    read: Callable[[Upload, Library], Reading]


class Page(Struct, frozen=True):
    """`get` runs on a read snapshot, `post` in a write transaction after the CSRF check. `watch` makes the page's
    path + `/events` a server-sent event stream of its values, sent when they change. Who has one of the roles in
    `menu` finds the page in the navigation. A form of more than `max_form` bytes is not read; only a page with
    `files` takes one file. With `file_form` the file is read beforehand, and the post, which only shows what is in it,
    runs on a read snapshot too. What hundreds post in the same minute is for a `crowd`: it takes no turn, so single
    statements and locks on single rows have to decide what two processes could do at once. A page of `keys`, or of
    what they open, is for whoever signed in anew after the browser was idle for long. Where `codes` are typed, whoever
    guesses is answered slower and slower."""

    path: str
    role: Role
    get: Look | None = None
    post: Look | None = None
    watch: Watch | None = None
    menu: tuple[Role, ...] = ()
    max_form: int = 200_000
    files: bool = False
    file_form: FileForm | None = None
    crowd: bool = False
    keys: bool = False
    codes: bool = False
