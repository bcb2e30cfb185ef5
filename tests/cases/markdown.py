"""Cases in Markdown: a heading, a `rql` block, then blocks named after the floors.

## What it shows

```rql
runs where a > 1
```

```tree
…
```
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FENCE = "```"


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its name, its text, and the lines (from 0, half-open) that its text takes in the file."""

    name: str
    text: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Case:
    """One query and what is expected of it."""

    title: str
    query: Block
    expected: tuple[Block, ...]


def blocks(lines: list[str]) -> Iterator[tuple[str, Block]]:
    """The blocks of a file, each with the heading above it."""
    title = ""
    index = 0
    while index < len(lines):
        line = lines[index]
        if line.startswith("#"):
            title = line.lstrip("# ")
        if line.startswith(FENCE):
            end = next((i for i in range(index + 1, len(lines)) if lines[i] == FENCE), None)
            if end is None:
                raise ValueError(f"the block in line {index + 1} is not closed")
            text = "\n".join(lines[index + 1 : end])
            yield title, Block(line.removeprefix(FENCE).strip(), text, index + 1, end)
            index = end
        index += 1


def cases(path: Path) -> list[Case]:
    """The cases of a file, in order."""
    found: list[Case] = []
    query: tuple[str, Block] | None = None
    expected: list[Block] = []
    for title, block in blocks(path.read_text(encoding="utf-8").split("\n")):
        if block.name == "rql":
            found.extend(_case(query, expected))
            query, expected = (title, block), []
        elif query is None:
            raise ValueError(f"{path.name}: the block in line {block.first} has no query above it")
        else:
            expected.append(block)
    found.extend(_case(query, expected))
    return found


def _case(query: tuple[str, Block] | None, expected: list[Block]) -> list[Case]:
    return [Case(query[0], query[1], tuple(expected))] if query else []


def rewrite(path: Path, block: Block, text: str) -> None:
    """Put another text into a block; the lines above it stay where they are."""
    lines = path.read_text(encoding="utf-8").split("\n")
    lines[block.first : block.last] = text.split("\n") if text else []
    path.write_text("\n".join(lines), encoding="utf-8")
