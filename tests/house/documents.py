"""The Markdown of the repository: its fenced blocks and its links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.house.sources import ROOT

_FENCE = re.compile(
    r"^(?P<indent> *)(?P<fence>```+) *(?P<info>[^\n`]*)\n(?P<text>.*?)^(?P=indent)(?P=fence) *$", re.M | re.S
)
_LINK = re.compile(r"\[[^\]]*\]\((?P<to>[^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(?P<title>.+?) *$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block. `kind` is the first word after the fence, `options` the others; `start` where its text begins."""

    document: str
    line: int
    kind: str
    options: tuple[str, ...]
    text: str
    start: int

    def __str__(self) -> str:
        return f"{self.document}:{self.line}"


@cache
def documents() -> tuple[str, ...]:
    """Every page, from the root of the repository."""
    folders = (ROOT / name for name in ("docs", "examples", "skills"))
    pages = (*(folder.rglob("*.md") for folder in folders), ROOT.glob("*.md"))
    return tuple(sorted(path.relative_to(ROOT).as_posix() for found in pages for path in found))


@cache
def text_of(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


@cache
def blocks(kind: str) -> tuple[Block, ...]:
    """All blocks of a kind, in all documents."""
    return tuple(block for document in documents() for block in _blocks(document) if block.kind == kind)


def _blocks(document: str) -> Iterator[Block]:
    text = text_of(document)
    for match in _FENCE.finditer(text):
        kind, *options = match["info"].split() or [""]
        line = text.count("\n", 0, match.start()) + 1
        yield Block(document, line, kind, tuple(options), match["text"], match.start("text"))


def links(document: str) -> list[str]:
    """Where a page points to, outside of its fenced blocks: what it links and the pictures it shows."""
    return [match["to"] for match in _LINK.finditer(_FENCE.sub("", text_of(document)))]


@cache
def anchors(path: Path) -> frozenset[str]:
    """The names of a page's headings, as links write them."""
    titles = (match["title"].lower() for match in _HEADING.finditer(_FENCE.sub("", path.read_text(encoding="utf-8"))))
    return frozenset(re.sub(r"[^\w\- ]", "", title).replace(" ", "-") for title in titles)


def replace(block: Block, text: str) -> None:
    """Write the text of a block anew. Only the last block of a page may be replaced, or each from the end on."""
    path = ROOT / block.document
    page = path.read_text(encoding="utf-8")
    assert page[block.start : block.start + len(block.text)] == block.text, "the page has changed meanwhile"
    path.write_text(page[: block.start] + text + page[block.start + len(block.text) :], encoding="utf-8")
