"""Numbers as they stand beside a name."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

_DIGITS: Final = 4
_DIGITS_AROUND: Final = 3
_WIDEST: Final = 100
"""Numbers of which one is more than so many times another have no digits in common."""


def short(value: float) -> str:
    """A number in few digits."""
    if abs(value) < 1e7 and (value == int(value) or abs(value) >= 1000):
        return f"{value + 0.0:,.0f}"  # -0 is 0
    return shorter(value, _DIGITS)


def shorter(value: float, digits: int) -> str:
    """A number in at most so many significant digits."""
    return f"{value:.{digits}g}".replace("e+0", "e").replace("e-0", "e-").replace("e+", "e")


def alike(values: Sequence[float], write: Callable[[float], str] = short, digits: int = _DIGITS) -> list[str]:
    """Numbers that stand below each other, with as many decimals each: those that the largest has in so many digits.

    As `write` has them where they differ so much that the smallest would lose its digits, or two would look the same.
    """
    texts = [write(value) for value in values]
    sizes = [abs(value) for value in values if value]
    if not sizes or not all(map(math.isfinite, sizes)) or any("e" in text for text in texts):
        return texts
    if max(sizes) / _WIDEST > min(sizes):
        return texts
    needed = max(len(text.partition(".")[2]) for text in texts)
    decimals = max(0, min(needed, digits - 1 - math.floor(math.log10(max(sizes)))))
    made = [f"{value + 0.0:,.{decimals}f}" for value in values]
    return made if len(set(made)) >= len(set(texts)) else texts


def spreads_alike(spreads: Sequence[float]) -> list[str]:
    """Distances to both sides, in at least two digits, likewise."""
    return alike(spreads, lambda value: f"{float(f'{value:.2g}'):g}", _DIGITS_AROUND)
