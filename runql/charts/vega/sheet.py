"""How much room a chart has: that of a picture as it is drawn without being asked, or of a size that was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from runql.chart_look import ChartSize
from runql.charts.chart import Mark, Panel
from runql.charts.vega.legend import Legend
from runql.charts.vega.theme import HEIGHT, WIDTH
from runql.text.frozen import frozen

LEAST_WIDTH: Final = 380
_LEAST_PLOT: Final = 60
"""How wide and high a plot is at least, of a picture that nobody gave a size, and of one that has one."""

_BESIDE: Final = 70
_BELOW: Final = 46
"""How much room the labels and the title of an axis take."""

_HEIGHTS: Final = {1: HEIGHT, 2: 240, 3: 190}
_LEAST_HEIGHT: Final = 150
_BLANK_HEIGHT: Final = 120
_BINS_HEIGHT: Final = 90
"""That of the bins of one group of several."""

_GRADIENT: Final = 160
_PADDING: Final = 14
_LEGEND_PART: Final = 0.4
"""A legend that takes more of the width stands below."""


@frozen
class Sheet:
    """What a chart is drawn on. `height`: of all panels together, where that is given."""

    width: float
    height: float | None = None

    @classmethod
    def of(cls, size: ChartSize | None) -> Sheet:
        """That of a size; without one the panels are as high as they need."""
        return cls(WIDTH) if size is None else cls(size.width, size.height)

    @property
    def is_sized(self) -> bool:
        """Whether a size was asked for."""
        return self.height is not None

    @property
    def padding(self) -> int:
        """What is free around all: next to nothing in a picture whose size somebody gave, which stands in a text."""
        return _PADDING if self.height is None else 5

    @property
    def gradient(self) -> int:
        """How long a bar of colours is."""
        return _GRADIENT if self.height is None else round(max(_LEAST_PLOT, min(_GRADIENT, self.height / 2.5)))

    @property
    def blank(self) -> dict[str, float]:
        """The size of a panel in which nothing is drawn."""
        high = _BLANK_HEIGHT if self.height is None else max(_LEAST_PLOT, self.height - _BELOW)
        return {"width": self.width - _BESIDE, "height": high}

    def points(self, beside: float) -> float:
        """How wide a plot is, whose legend takes so much."""
        return max(_LEAST_PLOT if self.is_sized else LEAST_WIDTH, self.width - _BESIDE - beside)

    def plot_height(self, panels: Sequence[Panel], at: int) -> int:
        """How high the plot of a panel is."""
        if self.height is not None:
            return round(max(_LEAST_PLOT, self.height / len(panels) - _BELOW))
        if panels[at].mark is Mark.HIST and panels[at].title:
            return _BINS_HEIGHT
        return _HEIGHTS.get(len(panels), _LEAST_HEIGHT)

    def placed(self, legend: Legend) -> Legend:
        """The legend beside the plot, or below it where it would take too much of a width that was asked for."""
        is_wide = self.is_sized and legend.width > _LEGEND_PART * self.width
        return replace(legend, below=self.width - _BESIDE / 2) if is_wide else legend
