"""A number as a bar of block characters."""

from __future__ import annotations

from runql.semantic.values import Value

_EIGHTHS = " ▏▎▍▌▋▊▉█"


def bar(count: Value, most: int, cells: int, *, unicode: bool) -> str:
    """A bar that is as long for `most` as there are cells; a number above 0 is always seen, 0 never."""
    if not isinstance(count, int) or count <= 0 or most <= 0:
        return ""
    if not unicode:
        return "#" * max(1, count * cells // most)
    eighths = max(1, count * cells * 8 // most)
    whole, rest = divmod(eighths, 8)
    return _EIGHTHS[8] * whole + (_EIGHTHS[rest] if rest else "")
