"""Distributions: histograms, and boxes of groups."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

from runql.charts.chart import MOST_LINES, Axis, Box, Mark, Panel, Scale, Series
from runql.charts.design import Design
from runql.charts.lines import MOST_PANELS, Drawing
from runql.charts.numbers import short
from runql.charts.points import rows_by, runs_of
from runql.charts.table import ChartTable, some_names
from runql.engine.statistics import percentile

_MOST_BINS: Final = 40
_MOST_BOXES: Final = 40


def histogram_drawing(table: ChartTable, design: Design) -> Drawing:
    """The bins that the table has, or those of each column, in as many bins as there are values for."""
    if design.bins:
        return Drawing((_given(table, design),), design.by or "")
    y = design.y[:MOST_PANELS]
    if left := len(design.y) - len(y):
        table.say(f"{left:,} more columns not drawn: name them behind `plot`")
    return Drawing(tuple(_histogram(table, design, name) for name in y), design.by or "")


def _given(table: ChartTable, design: Design) -> Panel:
    """The bins of a table that `histogram` made."""
    low, high, n = ([_or_gap(one) for one in table.numbers(name)] for name in ("low", "high", "n"))
    series, empty = [], list[str]()
    for colour, (value, rows) in enumerate(_parted(table, design.by).items()):
        counts = [n[row] for row in rows]
        if value and not any(counts):
            empty.append(value)
            continue
        ends = _ends([low[row] for row in rows], [high[row] for row in rows])
        series.append(_bins((value or design.x or "low", colour), [low[row] for row in rows], ends, counts, ()))
    if empty:
        table.say(f"no value of {design.x or 'low'} in {some_names(empty)}")
    return Panel(Mark.HIST, Axis(design.x or "low"), Axis("n"), tuple(series))


def _ends(low: Sequence[float], high: Sequence[float]) -> list[float]:
    """Where the bars end: bins of whole numbers hold their `high`, so theirs is where the next one begins."""
    return [
        after if end < after else end for end, after in zip(high, [*low[1:], high[-1] if high else 0.0], strict=True)
    ]


def _parted(table: ChartTable, by: str | None) -> dict[str, list[int]]:
    if by is None:
        return {"": [*range(table.length)]}
    found = rows_by(table.texts(by))
    kept = sorted(found, key=lambda value: -len(found[value]))[:MOST_LINES]
    if left := len(found) - len(kept):
        table.say(f"{left:,} more values of {by} not drawn: `where` chooses them")
    return {value: found[value] for value in table.distinct(by) if value in kept}


def _histogram(table: ChartTable, design: Design, name: str) -> Panel:
    values = table.numbers(name)
    held = [value for value in values if value is not None and not math.isnan(value)]
    if left := table.length - len(held):
        table.say_rows_left_out(left, [name])
    axis = Axis(table.title(name))
    if not held:
        return Panel(Mark.HIST, axis, Axis("rows"))
    edges = _edges(held)
    if len(held) > 1 and min(held) == max(held):
        table.say(f"all {len(held):,} values of {name} are {short(held[0])}")
    series, empty = [], list[str]()
    for colour, (value, rows) in enumerate(_parted(table, design.by).items()):
        counts = [0.0] * (len(edges) - 1)
        kept = [row for row in rows if (one := values[row]) is not None and not math.isnan(one)]
        for row in kept:
            counts[_bin(edges, values[row] or 0.0)] += 1
        if value and not kept:
            empty.append(value)
            continue
        called = f"{value} (n={len(kept):,})" if value else name
        series.append(_bins((called, colour), edges[:-1], edges[1:], counts, runs_of(table, kept)))
    if empty:
        table.say(f"no value of {name} in {some_names(empty)}")
    return Panel(Mark.HIST, axis, Axis("rows"), tuple(series))


def _edges(values: Sequence[float]) -> list[float]:
    """The ends of equal bins: as many as the root of the number of values, of whole numbers whole ones."""
    least, most = min(values), max(values)
    count = min(_MOST_BINS, max(5, math.ceil(math.sqrt(len(values)) * 1.5)))
    if least == most:
        half = 0.5 if least == int(least) else abs(least) / 20
        return [least - half, most + half] if least - half < most + half else [least, math.nextafter(most, math.inf)]
    if max(abs(least), abs(most)) < 2**52 and all(value == int(value) for value in values):
        width = max(1, math.ceil((most - least + 1) / count))
        return [least + width * at for at in range(int((most - least) // width) + 2)]
    # Weighted, since the difference of the largest floats is more than a float.
    return [least * (1 - at / count) + most * (at / count) for at in range(count)] + [most]


def _bin(edges: Sequence[float], value: float) -> int:
    width = edges[1] / 2 - edges[0] / 2
    place = int((value / 2 - edges[0] / 2) / width) if width else 0
    place = min(max(place, 0), len(edges) - 2)
    while place and value < edges[place]:
        place -= 1
    while place < len(edges) - 2 and value >= edges[place + 1]:
        place += 1
    return place


def _bins(
    name: tuple[str, int], low: Sequence[float], high: Sequence[float], n: Sequence[float], runs: tuple[str, ...]
) -> Series:
    return Series(name[0], low, n, runs, name[1], until=high, n=int(sum(n)))


def _or_gap(value: float | None) -> float:
    return math.nan if value is None else value


# ---------------------------------------------------------------- boxes


def box_drawing(table: ChartTable, design: Design) -> Drawing:
    """A box for each value of a field, a panel for each column; without a field a box for each column."""
    y = design.y[:MOST_PANELS]
    if left := len(design.y) - len(y):
        table.say(f"{left:,} more columns not drawn: name them behind `plot`")
    groups = _boxed(table, design.by)
    return Drawing(tuple(_boxes(table, name, design.by, groups) for name in y))


def _boxed(table: ChartTable, by: str | None) -> Mapping[str, Sequence[int]]:
    if by is None:
        return {"": range(table.length)}
    found = rows_by(table.texts(by))
    order = table.distinct(by)
    if len(order) > _MOST_BOXES:
        table.say(f"the first {_MOST_BOXES} of {len(order):,} values of {by}")
    return {value: found[value] for value in order[:_MOST_BOXES]}


def _boxes(table: ChartTable, name: str, by: str | None, groups: Mapping[str, Sequence[int]]) -> Panel:
    values, boxes, lacking = table.numbers(name), [], list[int]()
    for value, rows in groups.items():
        numbers = [(row, math.nan if (one := values[row]) is None else one) for row in rows]
        kept = [row for row, number in numbers if not math.isnan(number)]
        lacking += [row for row, number in numbers if math.isnan(number)]
        if kept:
            ordered = sorted(number for _, number in numbers if not math.isnan(number))
            least, lower, middle, upper, most = (float(percentile(ordered, part)) for part in (0, 25, 50, 75, 100))
            runs = runs_of(table, kept)
            boxes.append(Box(value or name, least, lower, middle, upper, most, len(kept), runs))
    if empty := [value for value in groups if value and value not in {box.name for box in boxes}]:
        table.say(f"no value of {name} in {some_names(empty)}")
    if lacking:
        table.say_rows_left_out(len(lacking), [name], lacking)
    x = Axis(by or "", Scale.CATEGORY, tuple(box.name for box in boxes))
    return Panel(Mark.BOX, x, Axis(table.title(name)), boxes=tuple(boxes))
