"""Charts of every shape, for the tests of those who draw them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from runql.charts.chart import Axis, Box, Cell, Chart, ChartSource, Mark, Panel, Polyline, Scale, Series

GAP: Final = math.nan
_STEPS: Final = tuple(map(float, range(60)))
_OPTIMIZERS: Final = Axis("config.optimizer", Scale.CATEGORY, ("adam", "sgd", "none of these <&> \u202e"))

SOURCE: Final = ChartSource(
    "runs where config.lr > 0.01 keys val/loss </script> | plot",
    ("a1", "b2"),
    (("runql", "0.1.0"),),
    "2026-11-29T19:00:00Z",
    notices=("2 missing skipped",),
    counts=("120 rows", "2 of 64 runs"),
)


def _curve(at: int) -> tuple[float, ...]:
    return tuple(math.exp(-step / (10 + at)) for step in range(60))


def curves(count: int = 3) -> Chart:
    """Lines of as many runs, the second with a gap in which one point stands alone."""
    made = []
    for at in range(count):
        y = [*_curve(at)]
        if at == 1:
            y[20:40] = [GAP] * 20
            y[30] = 0.5
        made.append(Series(f"run {at}", _STEPS, y, (f"id{at}",), at, n=60, last=y[-1]))
    panel = Panel(Mark.LINE, Axis("_step"), Axis("val/loss"), tuple(made))
    return Chart((panel,), "Loss", "run", notes=("1 gap (NaN)",), source=SOURCE)


def _bands() -> Chart:
    y = _curve(1)
    low, high, least, most = ([value * factor for value in y] for factor in (0.9, 1.1, 0.5, 2))
    series = Series(
        "adam", _STEPS, y, ("a", "b"), low=low, high=high, least=least, most=most, interval="quartiles", n=20
    )
    return Chart((Panel(Mark.LINE, Axis("_step"), Axis("loss"), (series,)),), legend="config.optimizer")


def _points() -> Chart:
    x, y = (1e-4, 1e-3, 0.1), (0.2, GAP, 0.9)
    series = Series("adam", x, y, (), 2, labels=("p", "q", "r"), point_runs=("1", "2", "3"), joined=True)
    return Chart(
        (Panel(Mark.SCATTER, Axis("config.lr", Scale.LOG), Axis("summary.acc"), (series,)),), legend="optimizer"
    )


def shaded() -> Chart:
    """Points coloured by a number, the last of which has none."""
    series = Series("acc", (1.0, 2.0, 3.0, 4.0), (0.1, 0.2, 0.3, 0.4), (), shades=(1e-5, 1e-3, 0.1, GAP), n=4, last=0.4)
    colour = Axis("config.lr", Scale.LOG)
    return Chart((Panel(Mark.SCATTER, Axis("config.width"), Axis("acc"), (series,), colour=colour),))


def _bars() -> Chart:
    first = Series("1", (0, 1, 2), (0.5, 0.7, GAP), (), 0, low=(0.4, 0.6, GAP), high=(0.6, 0.8, GAP))
    second = Series("2", (0, 1, 2), (-0.5, 0.1, 0.0), (), 1, low=(-0.6, 0.0, 0.0), high=(-0.4, 0.2, 0.0))
    return Chart((Panel(Mark.BAR, _OPTIMIZERS, Axis("mean(acc)"), (first, second)),), legend="config.depth")


def _bins() -> Chart:
    series = Series("", (0.0, 0.5, 1.0), (3, 0, 7), until=(0.5, 1.0, 1.5))
    return Chart((Panel(Mark.HIST, Axis("acc"), Axis("runs"), (series,)),))


def _heat() -> Chart:
    cells = (Cell(0, 0, 0.5, "0.5"), Cell(1, 1, -0.25, "-0.25"), Cell(0, 1, GAP, ""))
    rows = Axis("config.lr", Scale.CATEGORY, ("0.1", "1"))
    return Chart((Panel(Mark.HEAT, _OPTIMIZERS, rows, cells=cells, title="mean(acc)"),))


def _boxes() -> Chart:
    boxes = (Box("adam", 0.1, 0.2, 0.3, 0.4, 0.9, 7), Box("sgd", 0.1, 0.1, 0.1, 0.1, 0.1, 1))
    return Chart((Panel(Mark.BOX, _OPTIMIZERS, Axis("acc"), boxes=boxes),))


def _parallel() -> Chart:
    axes = (Axis("config.lr", Scale.LOG), _OPTIMIZERS, Axis("acc"))
    lines = (Polyline("x", "1", (0.1, 0.0, 0.9)), Polyline("y", "2", (0.001, 2.0, GAP)))
    return Chart((Panel(Mark.PARALLEL, Axis(""), Axis(""), axes=axes, polylines=lines),))


CHARTS: Final[Mapping[str, Chart]] = {
    "lines": curves(),
    "bands": _bands(),
    "points": _points(),
    "shaded": shaded(),
    "bars": _bars(),
    "bins": _bins(),
    "heat": _heat(),
    "boxes": _boxes(),
    "parallel": _parallel(),
    "panels": Chart((curves().panels[0], _points().panels[0]), "Two", "run", notes=("a note",)),
    "nothing": Chart((Panel(Mark.LINE, Axis("_step"), Axis("loss")),)),
}
"""By what is drawn."""
