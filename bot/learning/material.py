"""Reads content/study/*.md: a TOML head between +++ lines, then Markdown. Default deny (TD-6, SC-5)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import tomli
from msgspec import Struct
from msgspec.structs import asdict, replace

from bot.incoming import clean, cleaned
from bot.learning.folder import files_of
from bot.rules.secrecy import find_marks
from bot.shapes import Misfit, converted
from bot.store.core.search import is_chinese
from bot.store.study import NewMaterial
from bot.toml_files import ContentError, line_of, read_as

_FENCE = "+++"
_NEEDED, _LISTS = ("title", "source", "approver"), ("cleared_by", "targets", "keywords")
_LONGEST = {"title": 60, "source": 120, "approver": 40, "url": 400, "statement": 200}
_KEYWORD_SECONDS = 60


SOURCES = "sources.toml"


class _Sources(Struct, frozen=True):
    sites: tuple[str, ...]


class _Head(Struct, frozen=True, forbid_unknown_fields=True):
    """What stands between the fences."""

    title: str
    source: str
    approver: str
    url: str = ""
    statement: str = ""
    cleared_by: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()


def load_materials(folder: Path, marks: Sequence[str], sources: Path | None = None) -> tuple[NewMaterial, ...]:
    """All materials of the folder, keywords filled in; raises ContentError with every mistake.

    `marks` are the secrecy marks of content/secrecy.toml; the sites that may be linked are listed in the folder's own
    `sources.toml`, else in `sources`.
    """
    own = folder / SOURCES
    sites = _sites(own if own.exists() or sources is None else sources)
    found: list[NewMaterial] = []
    mistakes: list[str] = []
    for path in files_of(folder, ".md"):
        try:
            found.append(_read(path, sites, marks))
        except ContentError as error:
            mistakes.append(str(error))
    if mistakes:
        raise ContentError("\n".join(mistakes))
    return _with_keywords(found)


def plain_text(markdown: str) -> str:
    """The words of a Markdown text, one line for each block."""
    from markdown_it import MarkdownIt

    lines: list[str] = []
    for token in MarkdownIt("commonmark", {"html": False}).parse(markdown):
        if token.type == "inline":
            parts = ("\n" if child.type.endswith("break") else child.content for child in token.children or ())
            lines.append(_joined("".join(parts).splitlines()))
        elif token.type in ("fence", "code_block"):
            lines.append(token.content.strip())
    return "\n".join(line for line in lines if line)


def _joined(lines: Sequence[str]) -> str:
    """One line from several; between Chinese characters no space is put."""
    whole = ""
    for line in (line.strip() for line in lines):
        close = not whole or not line or (is_chinese(whole[-1]) and is_chinese(line[0]))
        whole += line if close else f" {line}"
    return whole


def is_public_site(url: str, sites: Sequence[str]) -> bool:
    """True for an http(s) address on one of the sites or below it; no user, no odd port (SC-5)."""
    try:
        parts = urlsplit(url)
        odd = parts.username is not None or parts.password is not None or parts.port not in (None, 80, 443)
    except ValueError:
        return False
    host = (parts.hostname or "").rstrip(".")
    return (
        parts.scheme in ("http", "https")
        and not odd
        and any(host == site or host.endswith(f".{site}") for site in sites)
    )


def _sites(path: Path) -> tuple[str, ...]:
    sites = read_as(_Sources, path).sites
    if not all("." in site for site in sites):
        raise ContentError(f"{path}:{line_of(path, 'sites')}: sites must be a list of domains")
    return sites


def _read(path: Path, sites: Sequence[str], marks: Sequence[str]) -> NewMaterial:
    head, body = _split(path)
    for key, value in asdict(head).items():
        if key in _NEEDED and not value.strip():
            raise ContentError(f"{_at(path, key)}: {key} is needed")
        if key in _LISTS and not all(one.strip() for one in value):
            raise ContentError(f"{_at(path, key)}: {key} must be a list of texts")
        if len(value) > _LONGEST.get(key, len(value)):
            raise ContentError(f"{_at(path, key)}: {key} is longer than {_LONGEST[key]} characters")
    if not body.strip():
        raise ContentError(f"{path}:{len(path.read_text(encoding='utf-8').splitlines())}: the text is missing")
    _check_cleared(path, head, sites)
    if clean(path.stem) != path.stem or not path.stem.isprintable():
        raise ContentError(f"{path.name!a}: the name of the file holds what is no text; give it another one")
    texts = [path.stem, *_texts_of(head)]
    if hits := find_marks("\n".join([*texts, body]), marks) or find_marks(path.stem, marks, phones=1):
        raise ContentError(f"{path}: refused: the text hits {', '.join(hits)}")
    return NewMaterial(
        code=path.stem, title=head.title.strip(), source=head.source.strip(), url=head.url.strip(),
        approver=head.approver.strip(), statement=head.statement.strip(), markdown=body.strip(),
        plain=plain_text(body), cleared_by=head.cleared_by, targets=head.targets, keywords=head.keywords,
    )  # fmt: skip


def _texts_of(head: _Head) -> list[str]:
    return [text for value in asdict(head).values() for text in ([value] if isinstance(value, str) else value)]


def _check_cleared(path: Path, head: _Head, sites: Sequence[str]) -> None:
    """SC-5: a public official address, or two named people and their statement; anything else is denied."""
    people = {name.strip() for name in head.cleared_by}
    cleared = len(people) >= 2 and bool(head.statement.strip())
    if head.url and not is_public_site(head.url, sites):
        raise ContentError(f"{_at(path, 'url')}: url is not on a site of sources.toml")
    if not head.url and not cleared:
        raise ContentError(
            f"{_at(path, 'cleared_by')}: cleared_by: two people and their statement are needed, or a url"
        )


def _split(path: Path) -> tuple[_Head, str]:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ContentError(f"{path}: not UTF-8") from None
    lines = text.splitlines()
    if not lines or lines[0].strip() != _FENCE or _FENCE not in [line.strip() for line in lines[1:]]:
        raise ContentError(f"{path}:1: the file must begin with a TOML head between two {_FENCE} lines")
    end = next(number for number, line in enumerate(lines[1:], 1) if line.strip() == _FENCE)
    top = "\n".join(["", *lines[1:end]])
    try:
        head = converted(cleaned(tomli.loads(top)), _Head)
    except tomli.TOMLDecodeError as error:
        raise ContentError(f"{path}: {error}") from None
    except Misfit as wrong:
        raise ContentError(f"{path}:{wrong.line(top)}: {wrong}") from None
    return head, clean("\n".join(lines[end + 1 :]))


def _at(path: Path, key: str) -> str:
    return f"{path}:{line_of(path, key)}"


def _with_keywords(materials: list[NewMaterial]) -> tuple[NewMaterial, ...]:
    """Fill in keywords where the file gives none, in one short-lived process."""
    missing = [one for one in materials if not one.keywords]
    if not missing:
        return tuple(materials)
    texts = json.dumps([f"{one.title}\n{one.plain}" for one in missing])
    home = str(Path(__file__).parent.parent)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([home, os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run(
        [sys.executable, "-m", "bot.learning.keywords"], input=texts, capture_output=True, text=True, check=True,
        timeout=_KEYWORD_SECONDS, env=environment,
    )  # fmt: skip
    words = dict(zip([one.code for one in missing], json.loads(done.stdout), strict=True))
    return tuple(replace(one, keywords=tuple(words.get(one.code, one.keywords))) for one in materials)
