"""Numbers as they stand beside a name."""

from __future__ import annotations


def short(value: float) -> str:
    """A number in few digits."""
    if value == int(value) and abs(value) < 1e7:
        return f"{int(value):,}"
    return shorter(value, 4)


def shorter(value: float, digits: int) -> str:
    """A number in at most so many significant digits."""
    return f"{value:.{digits}g}".replace("e+0", "e").replace("e-0", "e-").replace("e+", "e")
