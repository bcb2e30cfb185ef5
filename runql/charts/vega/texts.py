"""Text in a chart: what is seen, and no longer than there is room."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import Final

from runql.charts.short_names import short_names
from runql.text.visible import visible
from runql.text.widths import cell_width

_LETTER: Final = 0.56
"""How wide a letter is, as a part of its size: between the mean and the widest of common ones."""

_MOST_LETTERS: Final = 40
_SIGNIFICANT: Final = 4


def room(text: str, size: float) -> float:
    """About how wide a text is, in points."""
    return cell_width(visible(text)) * size * _LETTER


def wrapped(text: str, points: float, size: float) -> list[str]:
    """A text in lines of at most so many points; a word that is longer is cut in two."""
    letters = max(12, int(points / size / _LETTER))
    return textwrap.wrap(visible(text), letters, break_on_hyphens=False) or [""]


def short(names: Sequence[str], letters: int = _MOST_LETTERS) -> dict[str, str]:
    """What each name is called in little room: none is like another."""
    return short_names(names, letters)


def number_text(value: float) -> str:
    """A number for a label: four significant digits, thousands apart."""
    if not math.isfinite(value):
        return "—" if math.isnan(value) else "∞" if value > 0 else "−∞"
    if value == 0:
        return "0"
    if 1e-3 <= abs(value) < 1e6:
        digits = max(0, _SIGNIFICANT - 1 - math.floor(math.log10(abs(value))))
        text = f"{value:,.{digits}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    mantissa, _, exponent = f"{value:.{_SIGNIFICANT - 1}e}".partition("e")
    mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}e{int(exponent)}"
