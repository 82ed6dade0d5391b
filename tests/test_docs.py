"""Every link of a Markdown file that leads into the project arrives: the file exists, and so does the heading."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parents[1]
MADE = {"artifacts", "results", "var", "build", "dist"}
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)


def parsed(page: Path) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(page.read_text("utf-8"))


def pages() -> list[Path]:
    """The project's Markdown files, without what is made and what is hidden."""
    found = []
    for page in sorted(ROOT.rglob("*.md")):
        folders = page.relative_to(ROOT).parts[:-1]
        if not any(folder in MADE or folder.startswith(".") for folder in folders):
            found.append(page)
    return found


def anchors(page: Path) -> set[str]:
    """The names that GitHub gives to the headings: lower case, no punctuation, hyphens for spaces, -1 for the second."""
    found: set[str] = set()
    tokens = parsed(page)
    for at, token in enumerate(tokens):
        if token.type != "heading_open":
            continue
        text = "".join(child.content for child in tokens[at + 1].children or [])
        name = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
        times = sum(1 for other in found if re.fullmatch(re.escape(name) + r"(-\d+)?", other))
        found.add(f"{name}-{times}" if times else name)
    return found


def links(page: Path) -> Iterator[str]:
    for token in parsed(page):
        for child in token.children or []:
            target = child.attrGet("href") or child.attrGet("src")
            if target is not None and not ELSEWHERE.match(str(target)):
                yield unquote(str(target))


def broken(page: Path, root: Path) -> list[str]:
    """The links of a page that lead nowhere, or out of the folder `root`."""
    wrong = []
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        inside = target.is_relative_to(root) and target.exists()
        if not inside or (anchor and (target.suffix != ".md" or anchor not in anchors(target))):
            wrong.append(link)
    return wrong


def test_every_link_of_every_page_arrives():
    found = pages()
    names = {page.relative_to(ROOT).as_posix() for page in found}
    assert {"README.md", "CONTRIBUTING.md", "docs/secretary.md"} <= names
    assert {page.name: wrong for page in found if (wrong := broken(page, ROOT))} == {}


def test_every_page_of_docs_is_reached_from_the_readme():
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached:
            continue
        reached.add(page)
        targets = ((page.parent / link.partition("#")[0]).resolve() for link in links(page))
        waiting += [target for target in targets if target.suffix == ".md"]
    assert {page.name for page in (ROOT / "docs").glob("*.md") if page not in reached} == set()


def test_a_bad_page_is_found(tmp_path: Path):
    (tmp_path / "good.md").write_text("# 评议：从头到尾\n\n## Two `words`\n\n## Two words\n", "utf-8")
    (tmp_path / "data.toml").write_text("", "utf-8")
    (tmp_path.parent / "outside.md").write_text("", "utf-8")
    bad = tmp_path / "bad.md"
    right = ["good.md#评议从头到尾", "good.md#two-words", "good.md#two-words-1", "#here", "data.toml"]
    wrong = ["gone.md", "good.md#two-words-2", "good.md#评议", "#there", "data.toml#x", "../outside.md", "gone.png"]
    lines = ["# Here", "[elsewhere](https://example.invalid/x)", "`[code](gone.md)`", "```\n[fence](gone.md)\n```"]
    lines += [f"[x]({link})" for link in right]
    lines += ["| a |\n| --- |\n| [in a table](gone.md) |", *(f"[x]({link})" for link in wrong[1:-1]), "![x](gone.png)"]
    bad.write_text("\n\n".join(lines), "utf-8")
    assert broken(bad, tmp_path) == wrong
