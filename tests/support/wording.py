"""The sentences of content/ by their keys. Tests ask whether a sentence was said, not how it is worded.

A key is `feature.name` as in content/texts, `documents.section.name` for a word of content/documents.toml,
`roster.reasons.name` for what is said of a roster, or `reminders.kind.name` for what content/reminders.toml says of a message.
"""

from __future__ import annotations

import html
import re
import string
from collections.abc import Mapping
from functools import cache

from msgspec.structs import asdict

from bot.content import load_labels, load_reminders
from bot.texts import fields_of, load_texts
from bot.toml_files import read_toml
from tests.support.shipped import ROOT


@cache
def sentences() -> dict[str, str]:
    """Every sentence and label, with its fields in braces."""
    content = ROOT / "content"
    found = dict(load_texts(content / "texts").sentences)
    found |= {f"documents.{key}": label for key, label in load_labels(content / "documents.toml").items()}
    roster = read_toml(content / "roster.toml")
    found |= {f"roster.{part}.{key}": text for part in ("reasons", "ignored") for key, text in roster[part].items()}
    for kind, reminder in load_reminders(content / "reminders.toml").items():
        found |= {f"reminders.{kind}.{name}": text for name, text in asdict(reminder).items()}
    return found


def sentence(key: str, /, **values: object) -> str:
    """The whole sentence. Raises KeyError for an unknown key or a value that is missing, ValueError for one too many."""
    return _template(key, values).format(**values)


def pattern(key: str, /, **values: object) -> re.Pattern[str]:
    """What finds the sentence in a longer text. A value that is not given may be anything."""
    template = _template(key, values)
    if not values and not re.sub(r"\{.*?\}", "", template).strip():
        raise ValueError(f"{key} has no words of its own: give its values")
    parts = []
    for words, name, form, _ in string.Formatter().parse(template):
        parts.append(re.escape(words))
        if name is not None:
            parts.append(re.escape(format(values[name], form or "")) if name in values else ".*?")
    return re.compile("".join(parts), re.DOTALL)


def says(shown: str, key: str, /, **values: object) -> bool:
    """Whether an answer, a page or a document has the sentence in it, with these values."""
    return pattern(key, **values).search(html.unescape(shown)) is not None


def is_labelled(label: str, wanted: str, /, **values: object) -> bool:
    """Whether a button is the wanted one: by words that a person gave it (the options of a vote), or by the key of the
    sentence with which it begins ("不同意" is no "同意"). A mark of what was chosen or may be ticked is no part of it."""
    if wanted not in sentences():
        return wanted in label
    return pattern(wanted, **values).match(label.lstrip("✓☐☑ ")) is not None


def _template(key: str, values: Mapping[str, object]) -> str:
    template = sentences()[key]
    if spare := values.keys() - fields_of(template):
        raise ValueError(f"{key} shows no {', '.join(sorted(spare))}")
    return template
