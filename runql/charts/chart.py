"""A chart as plain data: what is drawn, before anybody draws it.

A terminal, a file and a notebook draw the same chart. It holds every value: whoever draws thins it first to what the
picture can show, and says so (`runql.charts.thinning`). Numbers are floats, a time is seconds since 1970 (UTC), a
category is its place in `Axis.categories`, and NaN is a gap: never a line across it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from math import isfinite
from typing import Final

from runql.text.frozen import frozen

NO_ROWS: Final = "no rows, so nothing is drawn"
MOST_LINES: Final = 8
"""So many lines have a colour of their own in one panel; more become a band."""

DECADES: Final = 3
"""A positive column that spans so many is worth a logarithmic axis."""


class Mark(StrEnum):
    """How the values are drawn: the shapes of `plot`."""

    LINE = "line"
    SCATTER = "scatter"
    BAR = "bar"
    HIST = "hist"
    HEAT = "heat"
    BOX = "box"
    PARALLEL = "parallel"


class Scale(StrEnum):
    """What an axis counts in."""

    LINEAR = "linear"
    LOG = "log"
    TIME = "time"
    CATEGORY = "category"


@frozen
class Axis:
    """One axis. `title`: the name of the field, with its unit where that is known.

    `categories`: of a category axis, its values in order. `left_out`: how many values a log axis cannot show, since
    they are not positive; they are gaps in the series. `window`: from where to where the axis goes, where intervals
    reach beyond it (`runql.charts.clipping`).
    """

    title: str
    scale: Scale = Scale.LINEAR
    categories: tuple[str, ...] = ()
    left_out: int = 0
    lowered: int = 0
    window: tuple[float, float] | None = None


@frozen
class Series:
    """One line, one colour of points, or one colour of bars.

    `name`: what the legend shows. `runs`: the ids of the runs in it. `colour`: its place in the palette and among
    the markers and dashes, the same in each panel. `low`, `high`: of each point an error bar or an inner band, and
    `interval` says of what (`quartiles`, `95 % interval of the mean`); empty where there is none. `least`, `most`: the
    outer band. `until`: of a bin, whose start is in `x`, the end. `shades`: of each point the number that colours it,
    on the axis `Panel.colour`. `labels`: of each point what it is called, where the name of the series does not say it
    (the name of its run); `point_runs`: of each point the id of its run, likewise.
    `joined`: points of a scatter that a line joins (a front), in steps that turn `before` or `after` each point, if
    `step` says which. `part`: which of several metrics it is, where those have a series each of one name.
    `is_behind`: it stands behind what it is compared with: a line fainter, points grey. `n`: how many values it stands
    for. `last`: the last y that is no gap. `end`: what a line ends in where that is no number: `NaN`, `inf`.
    """

    name: str
    x: Sequence[float]
    y: Sequence[float]
    runs: tuple[str, ...] = ()
    colour: int = 0
    low: Sequence[float] = ()
    high: Sequence[float] = ()
    interval: str = ""
    least: Sequence[float] = ()
    most: Sequence[float] = ()
    until: Sequence[float] = ()
    shades: Sequence[float] = ()
    labels: tuple[str, ...] = ()
    point_runs: tuple[str, ...] = ()
    joined: bool = False
    step: str = ""
    part: str = ""
    is_behind: bool = False
    n: int = 0
    last: float | None = None
    end: str = ""

    def at(self, places: Sequence[int]) -> Series:
        """The same with the points of some places alone."""

        def of(values: Sequence[float]) -> Sequence[float]:
            return [values[place] for place in places] if values else values

        def texts(values: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(values[place] for place in places) if values else values

        return replace(
            self,
            x=of(self.x),
            y=of(self.y),
            low=of(self.low),
            high=of(self.high),
            least=of(self.least),
            most=of(self.most),
            until=of(self.until),
            shades=of(self.shades),
            labels=texts(self.labels),
            point_runs=texts(self.point_runs),
        )


@frozen
class Cell:
    """One cell of a heat map: the places of its row and column among the categories, its value, and how it reads."""

    row: int
    column: int
    value: float
    text: str


@frozen
class Box:
    """The five numbers of one group. `name`: its category. `runs`: the ids of the runs in it."""

    name: str
    least: float
    lower: float
    median: float
    upper: float
    most: float
    n: int
    runs: tuple[str, ...] = ()


@frozen
class Polyline:
    """One run of parallel coordinates: its value on each axis, of a category its place; NaN where it has none."""

    name: str
    run: str
    values: tuple[float, ...]


@frozen
class Panel:
    """One pair of axes and what is drawn in them. The panels of a chart stand one below the other.

    `series` of lines, points, bars and bins; `cells` of a heat map, whose axes are categories; `boxes`; `polylines`
    along the `axes` of parallel coordinates, coloured by the value on the last of these. `colour`: what colours the
    points where that is a number of many values; else a series has one. `title`: what is in it, where the title of the
    y axis does not say that.
    """

    mark: Mark
    x: Axis
    y: Axis
    series: tuple[Series, ...] = ()
    cells: tuple[Cell, ...] = ()
    boxes: tuple[Box, ...] = ()
    axes: tuple[Axis, ...] = ()
    polylines: tuple[Polyline, ...] = ()
    title: str = ""
    colour: Axis | None = None

    @property
    def has_log_colours(self) -> bool:
        """Whether the cells of a heat map span decades, so that their colours are logarithmic."""
        values = [cell.value for cell in self.cells if isfinite(cell.value)]
        return bool(values) and min(values) > 0 and max(values) / 10**DECADES >= min(values)

    @property
    def is_empty(self) -> bool:
        """Whether nothing in it can be drawn."""
        points = any(isfinite(x) and isfinite(y) for one in self.series for x, y in zip(one.x, one.y, strict=True))
        return not (points or self.cells or self.boxes or self.polylines)


@frozen
class ChartSource:
    """What a chart was made of. `versions`: name and version of what made it. `time`: when, in ISO 8601 (UTC).

    `counts`: of how many rows, and of how many runs of the source (`6 of 64 runs`). `warnings`, `notices`: what was
    said of the answer. `skipped`: those of the notices that tell of values left out, which stand under a picture too.
    """

    query: str = ""
    runs: tuple[str, ...] = ()
    versions: tuple[tuple[str, str], ...] = ()
    time: str = ""
    warnings: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    counts: tuple[str, ...] = ()


@frozen
class Chart:
    """What `plot` draws. `legend`: what the names of the series are (`run`, `config.optimizer`).

    `legend_left_out`: how many runs have no name in the legend. `notes`: what must be said under it, such as gaps,
    values left out and runs in a band; whoever draws adds what was thinned.
    """

    panels: tuple[Panel, ...]
    title: str = ""
    legend: str = ""
    legend_left_out: int = 0
    notes: tuple[str, ...] = ()
    source: ChartSource = ChartSource()
