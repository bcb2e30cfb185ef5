"""Numbers as they stand beside a name."""

from __future__ import annotations


def short(value: float) -> str:
    """A number in few digits."""
    if abs(value) < 1e7 and (value == int(value) or abs(value) >= 1000):
        return f"{value + 0.0:,.0f}"  # -0 is 0
    return shorter(value, 4)


def shorter(value: float, digits: int) -> str:
    """A number in at most so many significant digits."""
    return f"{value:.{digits}g}".replace("e+0", "e").replace("e-0", "e-").replace("e+", "e")
