"""Fills the templates of `web/templates`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse

from bot.texts import Texts

if TYPE_CHECKING:
    from jinja2 import Environment


class Templates:
    """A template and its values -> a response; the template engine is loaded with the first one."""

    def __init__(self, texts: Texts) -> None:
        self.texts = texts

    def __call__(self, template: str, values: Mapping[str, object], status: int = 200) -> HTMLResponse:
        body = self._environment.get_template(template).render({"menu": (), **values})
        return HTMLResponse(body, status, headers={"cache-control": "no-store"})

    @cached_property
    def _environment(self) -> Environment:
        from bot.web.template_loader import make_environment

        environment = make_environment()
        environment.globals["t"] = self.texts
        return environment
