"""The GraphQL documents: read from the `.graphql` files beside this one, less what a server lacks or nobody asked for.

A line that ends in `#? a B.c` is kept if every word after the mark holds: a word with a dot is a coordinate of the
schema (`Run.host`, `Run.config(keys)`), kept unless the server lacks it; any other is an option, kept if it was chosen.
A line that ends in `#*` is repeated, its `_0` counted up.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files

_OPTION_MARK = "  #? "
_REPEAT_MARK = "  #*"

PARTS: dict[str, str] = {
    "runs": "run_parts",
    "run": "run_parts",
    "histories": "history_parts",
    "histories_by_name": "history_parts",
    "sweep": "sweep_parts",
    "sweeps": "sweep_parts",
}
"""The fragment that a document spreads."""


@lru_cache(maxsize=32)
def source(name: str) -> str:
    """The text of a document with its marks, and its fragment."""
    folder = files(__package__).joinpath("documents")
    names = [name, PARTS[name]] if name in PARTS else [name]
    return "\n".join(folder.joinpath(f"{each}.graphql").read_text(encoding="utf-8") for each in names)


@lru_cache(maxsize=512)
def render(
    name: str, options: frozenset[str] = frozenset(), lacks: frozenset[str] = frozenset(), repeat: int = 1
) -> str:
    """The document to send."""
    lines: list[str] = []
    for line in source(name).splitlines():
        text, mark, words = line.partition(_OPTION_MARK)
        if mark and not all(_holds(word, options, lacks) for word in words.split()):
            continue
        if text.endswith(_REPEAT_MARK):
            one = text.removesuffix(_REPEAT_MARK)
            lines += [one.replace("_0", f"_{index}") for index in range(repeat)]
        else:
            lines.append(text)
    return "\n".join(lines)


def _holds(word: str, options: frozenset[str], lacks: frozenset[str]) -> bool:
    if "." not in word:
        return word in options
    field = word.partition("(")[0]
    return word not in lacks and field not in lacks


def operation_of(name: str) -> str:
    """The name of the operation in a document."""
    return source(name).split("query ", 1)[1].split("(", 1)[0].split(" ", 1)[0].strip()


def names() -> Iterable[str]:
    """All documents that hold an operation."""
    folder = files(__package__).joinpath("documents")
    found = (entry.name.removesuffix(".graphql") for entry in folder.iterdir() if entry.name.endswith(".graphql"))
    return sorted(name for name in found if not name.endswith("_parts"))
