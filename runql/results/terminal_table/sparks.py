"""Numbers as a small chart in one line."""

from __future__ import annotations

import math
from collections.abc import Sequence

_HEIGHTS = "▁▂▃▄▅▆▇█"
_PLAIN_HEIGHTS = "_.-=+*%#"


def spark(values: Sequence[float], *, unicode: bool, zero: bool = False) -> str:
    """A character a value, the highest for the largest; a space for NaN. With `zero` none is lower than that, and a
    space stands for it too.
    """
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return " " * len(values)
    low, high = 0.0 if zero else min(finite), max(finite)
    heights = _HEIGHTS if unicode else _PLAIN_HEIGHTS
    room = high / 2 - low / 2

    def sign(value: float) -> str:
        if not math.isfinite(value) or (zero and value <= 0):
            return " "
        part = (value / 2 - low / 2) / room if room > 0 else 0.5
        return heights[min(len(heights) - 1, int(part * len(heights)))]

    return "".join(map(sign, values))
