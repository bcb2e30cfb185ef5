"""How fields are written in the language: names with backticks where they need them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from runql.language.fields import Space
from runql.semantic.catalog import FieldInfo

PREFIXES: dict[str, Space] = {
    "config": Space.CONFIG,
    "summary": Space.SUMMARY,
    "summary_metrics": Space.SUMMARY,
    "logged": Space.LOGGED,
    "system": Space.SYSTEM,
}
"""The words before the first dot that say in which space a field lives."""

_PLAIN_FIRST = re.compile(r"[^\W\d]\w*(?:/\w+)*\Z")
_PLAIN = re.compile(r"\w+(?:/\w+)*\Z")


def segment_text(segment: str, *, first: bool = False) -> str:
    """One key as written: bare where the lexer reads it as one segment, else in backticks."""
    if (_PLAIN_FIRST if first else _PLAIN).match(segment):
        return segment
    return "`" + segment.replace("`", "``") + "`"


def code(text: str) -> str:
    """A piece of a query inside a message: in backticks, in two of them if it holds one itself."""
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def is_pattern(segments: Sequence[str | int]) -> bool:
    """Whether a path stands for several fields."""
    return any("*" in s for s in segments if isinstance(s, str))


def path_text(segments: Sequence[str | int], *, exact: bool = False) -> str:
    """Segments as one name. `exact` keeps each segment one key: the last one gets backticks if none needs them."""
    if is_pattern(segments) and not exact:
        return ".".join(map(str, segments))
    parts = [f"[{s}]" if isinstance(s, int) else segment_text(s, first=i == 0) for i, s in enumerate(segments)]
    if exact and not any(p.startswith("`") for p in parts):
        parts[-1] = f"`{segments[-1]}`" if isinstance(segments[-1], str) else parts[-1]
    return "".join(p if p.startswith("[") or i == 0 else f".{p}" for i, p in enumerate(parts))


def field_text(space: Space, segments: Sequence[str | int], *, exact: bool = False) -> str:
    """The full name of a field: `config.lr`, `state`, `summary.val/loss`."""
    if space is Space.RUN:
        return str(segments[0])
    keeps_one_key = exact and len(segments) > 1
    if not keeps_one_key and all(isinstance(segment, str) and _PLAIN.match(segment) for segment in segments):
        return ".".join((space.value, *map(str, segments)))
    if is_pattern(segments) and not exact:
        return ".".join((space.value, *map(str, segments)))
    return space.value + path_text(("x", *segments), exact=keeps_one_key)[1:]


def info_text(info: FieldInfo) -> str:
    """The shortest full name that finds exactly this field: nested keys need no backticks, a key with a dot does."""
    return field_text(info.space, info.path)


def spelled_exactly(space: Space, path: tuple[str, ...]) -> str:
    """The name that means these keys and no others, whatever else the project holds."""
    return field_text(space, path, exact=True)
