"""The GraphQL documents: read from the `.graphql` files beside this one, less what a server lacks or nobody asked for.

A line that ends in `#? a B.c` is kept if every word after the mark holds: a word with a dot is a coordinate of the
schema (`Run.host`, `Run.config(keys)`), kept unless the server lacks it, or with `!` before it only if it does; any
other is an option, kept if it was chosen. One that ends in `#! B.c` asks for what cannot be left out. A line that ends
in `#*` is repeated, its `_0` counted up. `...RunParts`
stands for the lines of the fragment: what is sent names no type of an object, since other servers call theirs
otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files

from runql.text.frozen import frozen

_OPTION_MARK = "  #? "
_NEEDED_MARK = "  #! "
_REPEAT_MARK = "  #*"

PARTS: dict[str, str] = {
    "runs": "run_parts",
    "run": "run_parts",
    "histories": "history_parts",
    "histories_by_name": "history_parts",
    "metadata": "metadata_parts",
    "entity_projects": "project_parts",
    "project": "project_parts",
    "projects": "project_parts",
    "sweep": "sweep_parts",
    "sweeps": "sweep_parts",
}
"""The fragment that a document spreads."""

_SPREAD = re.compile(r"\.\.\.\w+")
_DECLARED = re.compile(r"^(\s*)\$(\w+): (.+)$")


@frozen
class GraphqlDocument:
    """A document to send. `operation`: the name of its operation; `asked`: the coordinate that each of its lines asks
    for, beside what every server has."""

    operation: str
    text: str
    asked: tuple[str | None, ...]

    def at_line(self, line: int) -> str | None:
        """What a line, counted from one, asks for."""
        return self.asked[line - 1] if 0 < line <= len(self.asked) else None

    @property
    def coordinates(self) -> frozenset[str]:
        return frozenset(filter(None, self.asked))


@lru_cache(maxsize=64)
def _text(name: str) -> str:
    return files(__package__).joinpath("documents").joinpath(f"{name}.graphql").read_text(encoding="utf-8")


@lru_cache(maxsize=32)
def _lines(name: str, repeat: int) -> tuple[str, ...]:
    """The lines of a document with their marks, its fragment in place."""
    lines: list[str] = []
    for line in _text(name).splitlines():
        is_repeated = line.endswith(_REPEAT_MARK)
        for index in range(repeat if is_repeated else 1):
            one = line.removesuffix(_REPEAT_MARK).replace("_0", f"_{index}") if is_repeated else line
            if _SPREAD.search(one):
                one, mark, needed = one.partition(_NEEDED_MARK)
                before, after = (part.rstrip() for part in _SPREAD.split(one, maxsplit=1))
                fragment = _text(PARTS[name]).splitlines()[1:-1]
                lines += [f"{before}{mark}{needed}"] if before else []
                lines += [*fragment, after] if after else fragment
            else:
                lines.append(one)
    return tuple(lines)


@lru_cache(maxsize=512)
def document(
    name: str,
    options: frozenset[str] = frozenset(),
    lacks: frozenset[str] = frozenset(),
    repeat: int = 1,
    types: frozenset[tuple[str, str]] = frozenset(),
) -> GraphqlDocument:
    """The document to send. `types`: those of its variables that the server wants to be of another type."""
    other = dict(types)
    kept: list[tuple[str, str | None]] = []
    for line in _lines(name, repeat):
        text, _, needed = line.partition(_NEEDED_MARK)
        text, _, marks = text.partition(_OPTION_MARK)
        words = marks.split()
        if not all(_holds(word, options, lacks) for word in words):
            continue
        asked = [word for word in words if "." in word and not word.startswith("!")]
        declared = _DECLARED.match(text)
        if declared is not None and declared[2] in other:
            text = f"{declared[1]}${declared[2]}: {other[declared[2]]}"
        if text.lstrip().startswith(")") and kept and kept[-1][0].endswith("("):
            # No argument is left: GraphQL takes no empty brackets.
            kept[-1] = (kept[-1][0].removesuffix("("), kept[-1][1])
            text = text.replace(")", "", 1)
        kept.append((text, needed or (asked[-1] if asked else None)))
    text = "\n".join(text for text, _ in kept)
    operation = text.split("query ", 1)[1].split("(", 1)[0].split(" ", 1)[0].strip()
    return GraphqlDocument(operation, text, tuple(asked for _, asked in kept))


def render(
    name: str, options: frozenset[str] = frozenset(), lacks: frozenset[str] = frozenset(), repeat: int = 1
) -> str:
    """The text of a document."""
    return document(name, options, lacks, repeat).text


def _holds(word: str, options: frozenset[str], lacks: frozenset[str]) -> bool:
    if word.startswith("!"):
        return not _holds(word[1:], options, lacks)
    if "." not in word:
        return word in options
    field = word.partition("(")[0]
    return word not in lacks and field not in lacks


def names() -> Iterable[str]:
    """All documents that hold an operation."""
    folder = files(__package__).joinpath("documents")
    found = (entry.name.removesuffix(".graphql") for entry in folder.iterdir() if entry.name.endswith(".graphql"))
    return sorted(name for name in found if not name.endswith("_parts"))
