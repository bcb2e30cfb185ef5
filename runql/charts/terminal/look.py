"""How a chart is drawn at a terminal: how large, in which characters, in which colours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, tzinfo
from typing import Final

from runql.charts.short_names import short_names
from runql.text.frozen import frozen
from runql.text.visible import visible
from runql.text.widths import beginning, cell_width

COLOURS: Final = (75, 214, 36, 203, 175, 117, 220, 245)
"""Okabe and Ito's colours, the nearest of the 256 that are seen on black and on white."""
MARKERS: Final = "●○▲△■□◆◇"
PLAIN_MARKERS: Final = "*+xo#@%&"
RAMP: Final = (236, 237, 60, 61, 68, 74, 80, 121, 192, 229)
"""From small to large, of a heat map: each is lighter than the one before."""
INKS: Final = (97, 62, 68, 37, 35, 71, 107, 142, 178)
"""From small to large, of points: all are seen on black and on white."""
RAMPED: Final = 1000
"""A colour from here on is one of `INKS`."""
FAINT: Final = 2000
"""A colour from here on is that of a series, fainter: of one that stands behind another."""
_PLAIN_SIGNS: Final = str.maketrans(
    {"±": "+-", "…": "...", "–": "-", "—": "-", "·": ".", "×": "x", "≤": "<=", "≥": ">="}
)
"""What RunQL writes itself, in ASCII."""
DIM: Final = -1
BOLD: Final = -2


@frozen
class Look:
    """`width` and `height` in cells: that of a whole chart, which is taller where it has many panels. Without `color`
    series are told apart by their markers, and without `unicode` all is drawn in ASCII.
    """

    width: int = 80
    height: int = 24
    color: bool = False
    unicode: bool = True
    zone: tzinfo = UTC
    tight: bool = False
    """The chart must not be taller than `height`."""

    def marker(self, colour: int) -> str:
        """The character of a series."""
        if colour >= FAINT and not self.color:
            return self.sign("·", ".")
        markers = MARKERS if self.color and self.unicode else PLAIN_MARKERS
        return markers[colour % FAINT % len(markers)]

    def paint(self, text: str, colour: int) -> str:
        """The text in the colour of a series, if there are colours."""
        if not self.color or not text.strip():
            return text
        ink = INKS[colour - RAMPED] if RAMPED <= colour < FAINT else COLOURS[colour % FAINT % len(COLOURS)]
        style = {DIM: "2", BOLD: "1"}.get(colour, f"{'2;' * (colour >= FAINT)}38;5;{ink}")
        return f"\x1b[{style}m{text}\x1b[0m"

    def shade(self, text: str, part: float) -> str:
        """The text on a ground between the smallest, 0, and the largest, 1."""
        place = min(len(RAMP) - 1, max(0, int(part * len(RAMP))))
        ink = 231 if place < len(RAMP) // 2 else 16
        return f"\x1b[38;5;{ink};48;5;{RAMP[place]}m{text}\x1b[0m" if self.color else text

    def sign(self, drawn: str, plain: str) -> str:
        """A character of a frame, or its stand-in in ASCII."""
        return drawn if self.unicode else plain

    def cut(self, text: str, width: int) -> str:
        """The text of a run or a column, harmless and no wider than that."""
        text = visible(text)
        if not self.unicode:
            text = text.translate(_PLAIN_SIGNS).encode("ascii", "backslashreplace").decode()
        if cell_width(text) <= width:
            return text
        dots = self.sign("…", "...")
        return beginning(text, max(0, width - len(dots))) + dots if width > len(dots) else beginning(text, width)

    def cuts(self, names: Sequence[str], width: int) -> dict[str, str]:
        """What each of several names is called in so many cells: those that differ never read alike."""
        cut = {name: self.cut(name, width) for name in names}
        if len(set(cut.values())) == len(cut):
            return cut
        return short_names(names, width, lambda name: self.cut(name, 10_000), self.sign("…", "..."))


def padded(text: str, width: int, *, right: bool = False) -> str:
    """The text with spaces up to a width in cells."""
    gap = " " * max(0, width - cell_width(text))
    return gap + text if right else text + gap
