"""Thinning: of each line the smallest and the largest value in each column of pixels, and what is said of it.

A picture shows no more of a line: the extremes that are drawn are those of the values, and a gap stays a gap.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import isnan

from runql.charts.chart import Chart, Mark, Panel, Scale, Series

_A_COLUMN = 4
"""A series with fewer points a column than this stays whole: first, least, most and last would be as many."""


def thinned(chart: Chart, columns: int) -> Chart:
    """The chart with its lines thinned to so many columns of pixels, and a note if that left points out."""
    panels = tuple(_thin_panel(panel, columns) for panel in chart.panels)
    before, after = _points(chart.panels), _points(panels)
    if before == after:
        return chart
    note = f"smallest and largest of each column of pixels, of {before:,} points"
    return replace(chart, panels=panels, notes=(note, *chart.notes))


def _points(panels: Iterable[Panel]) -> int:
    return sum(len(series.x) for panel in panels for series in panel.series)


def _thin_panel(panel: Panel, columns: int) -> Panel:
    if panel.mark is not Mark.LINE or panel.x.scale is Scale.CATEGORY:
        return panel
    edges = _span(panel.series, is_log=panel.x.scale is Scale.LOG)
    if edges is None:
        return panel
    series = tuple(
        each.at(kept_places(each.x, each.y, edges, columns, is_log=panel.x.scale is Scale.LOG))
        if len(each.x) > _A_COLUMN * columns
        else each
        for each in panel.series
    )
    return replace(panel, series=series)


def _span(series: Iterable[Series], *, is_log: bool) -> tuple[float, float] | None:
    """Where x begins and ends, on a log axis as logarithms."""
    finite = [x for each in series for x in each.x if math.isfinite(x) and (x > 0 or not is_log)]
    if not finite:
        return None
    least, most = min(finite), max(finite)
    return (math.log10(least), math.log10(most)) if is_log else (least, most)


def kept_places(
    x: Sequence[float], y: Sequence[float], edges: tuple[float, float], columns: int, *, is_log: bool = False
) -> list[int]:
    """The places of the points that stay: of each stretch in one column its first, least, most and last point.

    A stretch ends where the column changes and at a gap, of which the first point stays, so the line still ends there.
    First and last keep the slope between two columns; least and most are what the column shows.
    """
    start, width = edges[0], (edges[1] - edges[0]) or 1.0
    kept: list[int] = []
    begin, column, in_gap = 0, -1, True
    for place, (at, value) in enumerate(zip(x, y, strict=True)):
        if isnan(value) or isnan(at):
            if not in_gap:
                kept.extend(_of_stretch(y, begin, place))
                kept.append(place)
            in_gap = True
            continue
        here = int(((math.log10(at) if is_log else at) - start) / width * columns)
        if in_gap or here != column:
            if not in_gap:
                kept.extend(_of_stretch(y, begin, place))
            begin, column, in_gap = place, here, False
    if not in_gap:
        kept.extend(_of_stretch(y, begin, len(y)))
    return kept


def _of_stretch(y: Sequence[float], begin: int, end: int) -> list[int]:
    """First, least, most and last place of a stretch without a gap, each once and in order."""
    part = y[begin:end]
    places = {begin, end - 1, begin + part.index(min(part)), begin + part.index(max(part))}
    return sorted(places)
