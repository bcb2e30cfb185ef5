"""Points coloured by a number: from violet to gold, or without colours by the digits from 1 to 9."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import chain
from typing import Final

from runql.charts.chart import Axis, Panel, Scale, Series
from runql.charts.numbers import short
from runql.charts.terminal.canvas import is_drawn
from runql.charts.terminal.look import DIM, INKS, RAMPED, Look
from runql.charts.terminal.ticks import AxisExtent
from runql.text.frozen import frozen

NO_COLOUR: Final = 7
"""The colour of a point without a number: grey."""
_MINUTES: Final = 120


@frozen
class Shading:
    """Which colour and which character the number of a point has."""

    axis: Axis
    span: AxisExtent | None

    @classmethod
    def of(cls, panel: Panel) -> Shading | None:
        """That of a panel; `None` where no number colours it."""
        if panel.colour is None:
            return None
        values = [value for series in panel.series for value in series.shades if is_drawn(value)]
        is_log = panel.colour.scale is Scale.LOG
        return cls(panel.colour, AxisExtent(min(values), max(values), is_log) if values else None)

    def sign(self, value: float, look: Look) -> tuple[str, int]:
        """The character of a number and its colour."""
        if self.span is None or not is_drawn(value):
            return (look.marker(0) if look.color else "?"), NO_COLOUR
        part = 0.5 if self.span.low == self.span.high else self.span.place(value)
        step = min(len(INKS) - 1, max(0, int(part * len(INKS))))
        return (look.marker(0) if look.color else str(step + 1)), RAMPED + step

    def text(self, value: float, look: Look) -> str:
        """A number as the legend has it."""
        if self.axis.scale is Scale.TIME and self.span is not None:
            clock = "%H:%M" if self.span.high - self.span.low >= _MINUTES else "%H:%M:%S"
            return f"{datetime.fromtimestamp(value, look.zone):%Y-%m-%d {clock}}"
        return short(value)


def sign_of(series: Series, place: int, shading: Shading | None, look: Look) -> tuple[str, int]:
    """The character and the colour of one point of a series."""
    if shading is None or not series.shades:
        return look.marker(series.colour), series.colour
    return shading.sign(series.shades[place], look)


def shade_legends(panels: Sequence[Panel], look: Look) -> Iterator[str]:
    """A line for each number that colours panels: its name, its ends, the colours between them, and what has none."""
    said: set[Shading] = set()
    for panel in panels:
        shading = Shading.of(panel)
        if shading is None or shading in said:
            continue
        said.add(shading)
        yield _legend(shading, panel, look)


def _legend(shading: Shading, panel: Panel, look: Look) -> str:
    log = " (log)" if shading.axis.scale is Scale.LOG else ""
    title = look.paint(look.cut(shading.axis.title, max(8, look.width // 3)) + f"{log}: ", DIM)
    lacks = not all(map(is_drawn, chain.from_iterable(series.shades for series in panel.series)))
    text, ink = shading.sign(float("nan"), look)
    without = f"  {look.paint(f'{text} none', ink)}" if lacks else ""
    if shading.span is None:
        return title + without.strip()
    low, high = (shading.text(end, look) for end in (shading.span.low, shading.span.high))
    if not look.color:
        return f"{title}1 is {low}, {len(INKS)} is {high}{without}"
    bar = "".join(look.paint(look.sign("█", "#"), RAMPED + step) for step in range(len(INKS)))
    return f"{title}{low} {bar} {high}{without}"
