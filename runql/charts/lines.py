"""Lines: one a run along x, of many runs a band, of the values of a field the mean and its 95 %."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from runql.charts.chart import MOST_LINES, Axis, Mark, Panel, Series
from runql.charts.design import Design
from runql.charts.points import Points, axis_of, last_of, points_of, rows_by, run_labels, runs_of
from runql.charts.table import ChartTable, Holds
from runql.engine.statistics import ci95_of, mean, std
from runql.text.frozen import frozen

MOST_PANELS: Final = 6
_STRETCHES: Final = 100
_RANGES: Final = 6
"""In so many ranges the values of a number are compared that has more of them than there are colours."""
_SHARED: Final = 0.7
"""Where runs logged less of the x between their ends, they are compared in stretches of x."""


@frozen
class Drawing:
    """The panels of a chart, what its series are, and how many runs have no name in the legend."""

    panels: tuple[Panel, ...]
    legend: str = ""
    legend_left_out: int = 0


def line_drawing(table: ChartTable, design: Design) -> Drawing:
    """The lines of a table: those of runs if it holds their histories, else one of each group."""
    run = table.context.run_id
    y = design.y[:MOST_PANELS]
    if left := len(design.y) - len(y):
        table.say(f"{left:,} more metrics not drawn: name them behind `plot`")
    if run is None or run not in table.names or design.is_numeric_x:
        return _of_groups(table, design, y)
    if design.by is not None and design.by not in (run, table.context.run_name):
        return _of_values(table, design, y, design.by)
    return _of_runs(table, design, y, run)


# ---------------------------------------------------------------- of runs


def _of_runs(table: ChartTable, design: Design, y: Sequence[str], run: str) -> Drawing:
    labels, rows = run_labels(table), rows_by(table.cells(run))
    x = _numbers(table, design.x)
    if table.plot.band or len(rows) > MOST_LINES:
        return Drawing(tuple(_band_panel(table, design, name, x, rows) for name in y))
    panels = []
    for family in families(y, len(rows)):
        series: list[Series] = []
        for name in family:
            ys = _counted(table, name)
            for place, (each, places) in enumerate(rows.items()):
                points = points_of(x, ys, places)
                called = labels[each] if len(family) == 1 else _joined(labels[each] if len(rows) > 1 else "", name)
                colour = place if len(family) == 1 else len(series)
                series.append(_series(called, points, (each,), colour))
        title = family[0] if len(family) == 1 else family_name(family[0])
        panels.append(_panel(table, design, table.title(title), series))
    return Drawing(tuple(panels), "run")


def _joined(run: str, metric: str) -> str:
    return f"{run} {metric}" if run else metric


def families(y: Sequence[str], runs: int) -> list[list[str]]:
    """Metrics that share a panel, `loss` and `val/loss`, as long as that is no more than eight lines."""
    found: dict[str, list[str]] = {}
    for name in y:
        found.setdefault(family_name(name), []).append(name)
    return [
        part
        for names in found.values()
        for part in ([names] if len(names) * runs <= MOST_LINES else [[name] for name in names])
    ]


def family_name(metric: str) -> str:
    """The last word of a metric's name; of an aggregate that of what it is taken of."""
    metric = metric[metric.index("(") + 1 : -1] or metric if "(" in metric and metric.endswith(")") else metric
    for separator in ("/", ".", "_"):
        metric = metric.rsplit(separator, 1)[-1] or metric
    return metric


def _series(name: str, points: Points, runs: tuple[str, ...], colour: int) -> Series:
    return Series(name, points.x, points.y, runs, colour, n=len(points.x), last=last_of(points.y))


def _panel(table: ChartTable, design: Design, title: str, series: Sequence[Series]) -> Panel:
    drawn = tuple(each for each in series if any(not math.isnan(value) for value in each.y))
    if empty := [each.name for each in series if each not in drawn]:
        table.say(f"no value of {title} in {_some(empty)}")
    return Panel(Mark.LINE, axis_of(table, design.x), Axis(title), drawn)


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3:,} more" if len(names) > 4 else ""
    return ", ".join(names[: 3 if more else 4]) + more


def _numbers(table: ChartTable, name: str | None) -> Sequence[float | None]:
    return [float(row) for row in range(table.length)] if name is None else table.numbers(name)


def _counted(table: ChartTable, name: str) -> Sequence[float | None]:
    """The values of a metric; its gaps are said under the chart."""
    values = table.numbers(name)
    gaps = sum(1 for value in values if value is not None and math.isnan(value))
    if gaps:
        table.say(f"{gaps:,} gap{'s' * (gaps != 1)} in {name} (NaN)")
    return values


# ---------------------------------------------------------------- of many runs


def _band_panel(
    table: ChartTable, design: Design, name: str, x: Sequence[float | None], rows: Mapping[str, Sequence[int]]
) -> Panel:
    ys = _counted(table, name)
    points = {run: found for run, places in rows.items() if (found := points_of(x, ys, places)).x}
    columns = common_x([*points.values()], table.say)
    if fewest := fewest_of(columns):
        table.say(f"of {fewest[1]:,} runs with {name}, at some x only {fewest[0]:,}")
    if lacking := len(rows) - len(points):
        table.say(f"{lacking:,} run{'s' * (lacking != 1)} without {name} not drawn")
    called = f"{name}, " if len(design.y) > 1 else ""
    series = _band(f"{called}median of {len(points):,} runs", columns, tuple(points))
    return _panel(table, design, table.title(name), [series] if points else [])


def common_x(runs: Sequence[Points], say: Callable[[str], None]) -> list[tuple[float, list[float]]]:
    """The x at which runs are compared, and their values there: each x that was logged, or stretches of x where the
    runs logged at different ones. Of a run the mean of its values in a stretch counts.
    """
    found: dict[float, list[float]] = {}
    for points in map(_once, runs):
        for x, y in zip(points.x, points.y, strict=True):
            found.setdefault(x, []).append(y)
    if len(runs) > 1 and len(found) > _STRETCHES and not _share_x(runs, sorted(found)):
        found = _in_stretches(runs, min(found), max(found))
        say(f"the runs logged at different x: compared in {_STRETCHES} stretches of x")
    return [(x, [y for y in ys if not math.isnan(y)]) for x, ys in sorted(found.items())]


def fewest_of(columns: Sequence[tuple[float, Sequence[float]]]) -> tuple[int, int] | None:
    """How many runs have a value at the x that the fewest have, and at that which the most have, if these differ."""
    counts = [len(ys) for _, ys in columns if ys]
    return (min(counts), max(counts)) if counts and min(counts) < max(counts) else None


def _once(points: Points) -> Points:
    """The points of a run with one value at each x, the mean of those that are numbers."""
    if len(set(points.x)) == len(points.x):
        return points
    found: dict[float, list[float]] = {}
    for x, y in zip(points.x, points.y, strict=True):
        found.setdefault(x, []).extend([] if math.isnan(y) else [y])
    return Points([*found], [mean(ys) if ys else math.nan for ys in found.values()], points.rows)


def _share_x(runs: Sequence[Points], grid: Sequence[float]) -> bool:
    """Whether most of the x between the first and the last of a run were logged by it too."""
    between = sum(bisect_right(grid, points.x[-1]) - bisect_left(grid, points.x[0]) for points in runs)
    return sum(len(points.x) for points in runs) >= _SHARED * between


def _in_stretches(runs: Sequence[Points], least: float, most: float) -> dict[float, list[float]]:
    width = (most - least) / _STRETCHES or 1.0
    found: dict[float, list[float]] = {}
    for points in runs:
        parts: dict[int, list[float]] = {}
        for x, y in zip(points.x, points.y, strict=True):
            if not math.isnan(y):
                parts.setdefault(min(_STRETCHES - 1, int((x - least) / width)), []).append(y)
        for part, ys in parts.items():
            found.setdefault(least + (part + 0.5) * width, []).append(mean(ys))
    return found


def _band(name: str, columns: Sequence[tuple[float, list[float]]], runs: tuple[str, ...]) -> Series:
    """The median, the quartiles and the extremes at each x."""
    ordered = [sorted(ys) for _, ys in columns]

    def at(percent: float) -> list[float]:
        return [_between(ys, percent / 100 * (len(ys) - 1)) if ys else math.nan for ys in ordered]

    middle = at(50)
    return Series(
        name,
        [x for x, _ in columns],
        middle,
        runs,
        low=at(25),
        high=at(75),
        interval="quartiles",
        least=[ys[0] if ys else math.nan for ys in ordered],
        most=[ys[-1] if ys else math.nan for ys in ordered],
        n=len(runs),
        last=last_of(middle),
    )


def _between(ordered: Sequence[float], place: float) -> float:
    """The value at a place of an ordered list, linear between two neighbours."""
    below = int(place)
    part = place - below
    if not part or ordered[below] == ordered[below + 1]:
        return ordered[below]
    return ordered[below] * (1 - part) + ordered[below + 1] * part


# ---------------------------------------------------------------- of the values of a field


def _of_values(table: ChartTable, design: Design, y: Sequence[str], by: str) -> Drawing:
    run = table.context.run_id
    assert run is not None
    x, values = _numbers(table, design.x), table.texts(by)
    runs_by: dict[str, dict[str, list[int]]] = {}
    for each, places in rows_by(table.cells(run)).items():
        runs_by.setdefault(values[places[0]], {})[each] = places
        if any(values[row] != values[places[0]] for row in places):
            table.say(f"{by} changes within runs: each run goes by its first value")
    order = [value for value in table.distinct(by) if value in runs_by]
    if len(order) > MOST_LINES and table.holds(by) is Holds.NUMBERS:
        runs_by = in_ranges(table, by, {value: runs_by[value] for value in order})
        order = [*runs_by]
    kept = _most_runs(order, runs_by)
    if left := len(order) - len(kept):
        runs = sum(len(runs_by[value]) for value in order if value not in kept)
        table.say(f"{left:,} more values of {by} not drawn, of {runs:,} runs: those of most runs are")
    panels = [_value_panel(table, design, name, x, {value: runs_by[value] for value in kept}) for name in y]
    return Drawing(tuple(panels), by, sum(len(runs_by[value]) for value in order if value not in kept))


def in_ranges(
    table: ChartTable, by: str, runs_by: Mapping[str, dict[str, list[int]]]
) -> dict[str, dict[str, list[int]]]:
    """The runs by ranges of a number, of about as many runs each; those without a number are one more."""
    numbers = dict(zip(table.texts(by), map(_or_gap, table.numbers(by)), strict=True))
    held = {value: runs for value, runs in runs_by.items() if not math.isnan(numbers[value])}
    total, before = sum(map(len, held.values())), 0
    parts: dict[int, list[str]] = {}
    for value, runs in held.items():
        parts.setdefault(int((before + len(runs) / 2) * _RANGES / total), []).append(value)
        before += len(runs)
    ends = _end_texts(sorted({end for values in parts.values() for end in (numbers[values[0]], numbers[values[-1]])}))
    named = {
        " to ".join(dict.fromkeys(ends[numbers[one]] for one in (values[0], values[-1]))): values
        for values in parts.values()
    }
    named |= {value: [value] for value in runs_by if value not in held}
    table.say(f"{len(held):,} values of {by} in {len(parts)} ranges, of about as many runs each")
    return {
        name: {run: rows for value in values for run, rows in runs_by[value].items()} for name, values in named.items()
    }


def _end_texts(ends: Sequence[float]) -> dict[float, str]:
    """Numbers in as few digits as tell them apart, at least three."""
    for digits in range(3, 17):
        texts = [f"{end:.{digits}g}".replace("e-0", "e-").replace("e+0", "e") for end in ends]
        if len(set(texts)) == len(texts):
            break
    return dict(zip(ends, texts, strict=True))


def _most_runs(order: Sequence[str], runs_by: Mapping[str, Mapping[str, object]]) -> list[str]:
    """At most eight values, those of most runs, in their order."""
    ranked = sorted(order, key=lambda value: -len(runs_by[value]))[:MOST_LINES]
    return [value for value in order if value in ranked]


def _value_panel(
    table: ChartTable,
    design: Design,
    name: str,
    x: Sequence[float | None],
    runs_by: Mapping[str, Mapping[str, Sequence[int]]],
) -> Panel:
    ys = _counted(table, name)
    series, fewest = [], {}
    for colour, (value, runs) in enumerate(runs_by.items()):
        points = [found for places in runs.values() if (found := points_of(x, ys, places)).x]
        called = f"{value} (n={len(points):,})"
        if len(points) == 1:
            series.append(_series(called, points[0], tuple(runs), colour))
        else:
            columns = common_x(points, table.say)
            series.append(_mean(called, columns, tuple(runs), colour))
            if few := fewest_of(columns):
                fewest[value] = f"{few[0]:,} of {few[1]:,} for {value}"
    if fewest:
        table.say(f"runs at some x: {', '.join(fewest.values())}")
    return _panel(table, design, table.title(name), series)


def _mean(name: str, columns: Sequence[tuple[float, list[float]]], runs: tuple[str, ...], colour: int) -> Series:
    """The mean of the runs at each x, and where it lies with 95 %."""
    means = [mean(ys) if ys else math.nan for _, ys in columns]
    ends = [ci95_of(std(ys), len(ys)) if len(ys) > 1 else math.nan for _, ys in columns]
    return Series(
        name,
        [x for x, _ in columns],
        means,
        runs,
        colour,
        low=[middle - end for middle, end in zip(means, ends, strict=True)],
        high=[middle + end for middle, end in zip(means, ends, strict=True)],
        interval="95 % interval of the mean",
        n=len(runs),
        last=last_of(means),
    )


# ---------------------------------------------------------------- of groups


def _of_groups(table: ChartTable, design: Design, y: Sequence[str]) -> Drawing:
    """A line for each value of a field, or one of all rows; around it what the table has of its spread."""
    x = _numbers(table, design.x)
    groups = {"": [*range(table.length)]} if design.by is None else rows_by(table.cells(design.by))
    kept = [*groups][:MOST_LINES]
    if left := len(groups) - len(kept):
        table.say(f"{left:,} more values of {design.by} not drawn: `where` chooses them")
    panels = []
    for family in families(y, len(kept)):
        series: list[Series] = []
        for name in family:
            ys = _counted(table, name)
            for group in kept:
                points = points_of(x, ys, groups[group])
                called = name if design.by is None else group if len(family) == 1 else f"{group} {name}"
                series.append(_with_spread(table, design, name, points, (called, len(series))))
        title = family[0] if len(family) == 1 else family_name(family[0])
        panels.append(_panel(table, design, table.title(title), series))
    return Drawing(tuple(panels), design.by or "", left)


def _with_spread(table: ChartTable, design: Design, name: str, points: Points, called: tuple[str, int]) -> Series:
    low, high, interval = spread_at(table, design, name, points)
    runs = runs_of(table, points.rows)
    last = last_of(points.y)
    return Series(called[0], points.x, points.y, runs, called[1], low, high, interval, n=len(points.x), last=last)


def spread_at(
    table: ChartTable, design: Design, name: str, points: Points
) -> tuple[Sequence[float], Sequence[float], str]:
    """The lower and upper end of each point and what they are; NaN where there is none."""
    spread = design.spreads.get(name)
    if spread is None:
        return (), (), ""
    below = [_or_gap(table.numbers(spread.low)[row]) for row in points.rows]
    if spread.high:
        return below, [_or_gap(table.numbers(spread.high)[row]) for row in points.rows], spread.interval
    ends = list(zip(points.y, below, strict=True))
    return [y - end for y, end in ends], [y + end for y, end in ends], spread.interval


def _or_gap(value: float | None) -> float:
    return math.nan if value is None else value
