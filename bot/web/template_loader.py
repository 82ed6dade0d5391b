"""Loads the templates of `web/templates`. Their code is compiled once a process: it does not depend on the texts."""

from __future__ import annotations

from collections.abc import MutableMapping
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any

from jinja2 import BaseLoader, Environment, StrictUndefined, Template, TemplateNotFound, select_autoescape

FOLDER = Path(__file__).parent / "templates"


class TemplateLoader(BaseLoader):
    """Gives every environment templates of its own, made from the same code."""

    def load(
        self, environment: Environment, name: str, globals: MutableMapping[str, Any] | None = None
    ) -> Template:
        """The template of this name; raises TemplateNotFound."""
        return Template.from_code(environment, _code(name), environment.make_globals(globals))


def make_environment() -> Environment:
    """An environment for the shipped templates; the texts are added as its global `t`."""
    return Environment(
        loader=TemplateLoader(), autoescape=select_autoescape(), undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, auto_reload=False,
    )  # fmt: skip


@cache
def _code(name: str) -> CodeType:
    path = FOLDER / name
    try:
        source = path.read_text(encoding="utf-8")
    except OSError:
        raise TemplateNotFound(name) from None
    return make_environment().compile(source, name, str(path))
