"""The shapes of `plot`: what each takes besides its columns and its title."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from runql.text.frozen import frozen


@frozen
class PlotShape:
    """One shape. `takes`: the options that go with it. `instead`: of another option what would do.

    `needs_numbers`: its columns hold numbers; the others have axes of texts too.
    """

    name: str
    takes: tuple[str, ...] = ()
    instead: Mapping[str, str] = MappingProxyType({})
    needs_numbers: bool = True


_TABLE = (
    PlotShape("line", ("vs", "by", "log x", "log y", "band")),
    PlotShape(
        "scatter",
        ("vs", "by", "log x", "log y"),
        MappingProxyType({"band": "a band is of lines: `plot line Y band`"}),
    ),
    PlotShape(
        "bar",
        ("vs", "by", "log y"),
        MappingProxyType(
            {"log x": "the bars stand at categories: `plot scatter Y vs X log x` has an axis of numbers"},
        ),
    ),
    PlotShape(
        "hist",
        ("by", "log y"),
        MappingProxyType(
            {
                "vs": "the values of a histogram stand along x: `plot hist Y`; of two fields `plot scatter Y vs X`",
                "log x": "bins of equal width need a linear axis: `derive l = log10(Y) | plot hist l`",
            }
        ),
    ),
    PlotShape("heat", ("vs", "by")),
    PlotShape(
        "box",
        ("by", "log y"),
        MappingProxyType(
            {
                "vs": "the groups of boxes: `plot box Y by FIELD`",
                "log x": "boxes stand at categories: `log y` is the axis of the values",
            }
        ),
    ),
    PlotShape("parallel", needs_numbers=False),
)

SHAPES: Final[Mapping[str, PlotShape]] = MappingProxyType({one.name: one for one in _TABLE})
"""By name, as it is written."""
