"""How charts of files and notebooks look: on what ground, how large, and with or without what stands under them."""

from __future__ import annotations

import math
import re
from typing import Final

from runql.text.frozen import frozen

LIGHT: Final = "light"
SIZE_FORM: Final = "a width and a height, such as `8x5cm` or `720x400`, or a width, `8cm`; each between 3 cm and 100 cm"

_PER_UNIT: Final = {"cm": 96 / 2.54, "mm": 96 / 25.4, "in": 96.0, "pt": 96 / 72, "px": 1.0}
"""How many points of CSS a unit is."""

_LEAST: Final = 3 * _PER_UNIT["cm"]
_MOST: Final = 100 * _PER_UNIT["cm"]
_NUMBER: Final = rf"([0-9]{{1,6}}(?:\.[0-9]{{1,6}})?) ?({'|'.join(_PER_UNIT)})?"
_SIZE: Final = re.compile(rf" ?{_NUMBER}(?: ?[x×] ?{_NUMBER})? ?", re.IGNORECASE)
_USUAL_HEIGHT: Final = 5 / 8
"""How high a picture is of which only the width is said, as a part of that."""


@frozen
class ChartSize:
    """How wide and high a picture is with all that stands in it, in points of CSS (96 an inch)."""

    width: float
    height: float

    @classmethod
    def read(cls, text: str) -> ChartSize | None:
        """That of a text such as `8x5cm`, or of a width alone, `8cm`, which is five eighths as high; a unit stands
        for both numbers, without one they are points of CSS. `None` for a text that says no size, or one that no
        picture has.
        """
        found = _SIZE.fullmatch(text)
        if found is None:
            return None
        wide, unit, high, other = found.groups()
        width = float(wide) * _PER_UNIT[(unit or other or "px").lower()]
        height = float(high) * _PER_UNIT[(other or unit or "px").lower()] if high else width * _USUAL_HEIGHT
        return cls(width, height) if min(width, height) >= _LEAST and max(width, height) <= _MOST else None

    def __str__(self) -> str:
        """It in centimetres, no smaller than it is."""
        width, height = (math.ceil(side / _PER_UNIT["mm"] - 1e-6) / 10 for side in (self.width, self.height))
        return f"{width:g}x{height:g}cm"


@frozen
class ChartLook:
    """`theme`: `light` or `dark`. `size`: that of a picture; without one it is as large as what is drawn needs.
    `notes`: whether what must be said of a chart stands under it; the file's metadata hold it anyway.
    """

    theme: str = LIGHT
    size: ChartSize | None = None
    notes: bool = True


PLAIN: Final = ChartLook()
"""How charts look that nobody said anything of."""
