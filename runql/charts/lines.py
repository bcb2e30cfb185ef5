"""Lines: one a run along x, of many runs a band, of the values of a field the mean and its 95 %."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from runql.charts.chart import MOST_LINES, Axis, Mark, Panel, Series
from runql.charts.clipping import QUARTILES, clipped
from runql.charts.compare import RunCounts, RunsAtX, band_of, common_x, counted_text, counts_of, mean_of, with_gaps
from runql.charts.design import Design
from runql.charts.families import Family, families, say_first_rows
from runql.charts.outliers import say_outliers
from runql.charts.points import (
    Points,
    axis_of,
    end_of,
    is_by_run,
    last_of,
    points_of,
    rows_by,
    run_labels,
    runs_of,
    say_apart,
    say_cut_names,
    say_one_band,
)
from runql.charts.series.ranges import in_ranges
from runql.charts.table import ChartTable, Holds, some_names
from runql.engine.statistics import mean
from runql.semantic.typed import TDerive
from runql.text.frozen import frozen

MOST_PANELS: Final = 6


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
    say_first_rows(table, y)
    if run is None or run not in table.names or design.is_numeric_x:
        return _of_groups(table, design, y)
    if design.by is not None and not is_by_run(table, design.by):
        return _of_values(table, design, y, design.by)
    return _of_runs(table, design, y, run)


# ---------------------------------------------------------------- of runs


def _of_runs(table: ChartTable, design: Design, y: Sequence[str], run: str) -> Drawing:
    labels, rows = run_labels(table), rows_by(table.cells(run))
    x = _numbers(table, design.x)
    say_apart(table, design.x, y, rows)
    if table.plot.band or len(rows) > MOST_LINES:
        say_one_band(table, design.by, len(rows))
        return Drawing(tuple(_band_panel(table, design, name, x, rows) for name in y))
    say_cut_names(table)
    found = families(table, y, len(rows))
    panels = tuple(_family_panel(table, design, family, x, (labels, rows)) for family in found)
    if all(len(family.in_front) == 1 for family in found):
        return Drawing(panels, "run")
    if len(rows) > 1:
        return Drawing(panels, "run and metric")
    table.say(f"all lines are of the run {', '.join(labels.values())}")
    return Drawing(panels, "metric")


def _family_panel(
    table: ChartTable,
    design: Design,
    family: Family,
    x: Sequence[float | None],
    runs: tuple[Mapping[str, str], Mapping[str, Sequence[int]]],
) -> Panel:
    """A line for each run and metric; a metric stands fainter behind its means, in the colour of its run."""
    labels, rows = runs
    front = family.in_front
    series: list[Series] = []
    for name in family.names:
        ys = _counted(table, name)
        points = {run: points_of(x, ys, places) for run, places in rows.items()}
        say_outliers(table, name, points, labels)
        for place, (run, each) in enumerate(points.items()):
            called = labels[run] if len(front) == 1 else _joined(labels[run] if len(rows) > 1 else "", name)
            colour = place if len(front) == 1 else len(series)
            made = _series(called, each, (run,), colour, end_of(table, name, each))
            series.append(replace(made, part=name, is_behind=name == family.behind) if family.behind else made)
    if family.behind:
        table.say(f"faint: {family.behind}; over it: {front[0]}")
    return _panel(table, design, table.title(family.title), series)


def _joined(run: str, metric: str) -> str:
    return f"{run} {metric}" if run else metric


def _series(name: str, points: Points, runs: tuple[str, ...], colour: int, end: str) -> Series:
    return Series(name, points.x, points.y, runs, colour, n=len(points.x), last=last_of(points.y), end=end)


def _panel(table: ChartTable, design: Design, title: str, series: Sequence[Series]) -> Panel:
    drawn = tuple(each for each in series if any(not math.isnan(value) for value in each.y))
    if empty := [each.name for each in series if each not in drawn]:
        table.say(f"no value of {title} in {some_names(empty)}")
    return Panel(Mark.LINE, axis_of(table, design.x), Axis(title), drawn)


def _numbers(table: ChartTable, name: str | None) -> Sequence[float | None]:
    return [float(row) for row in range(table.length)] if name is None else table.numbers(name)


def _counted(table: ChartTable, name: str) -> Sequence[float | None]:
    """The values of a metric; its gaps are said under the chart."""
    values = table.numbers(name)
    if gaps := sum(value is not None and math.isnan(value) for value in values) - table.infinite(name):
        table.say(f"{gaps:,} gap{'s' * (gaps != 1)} in {name} (NaN)")
    derived = {one.name for stage in table.stages if isinstance(stage, TDerive) for one in stage.columns}
    if name in derived and (missing := sum(value is None for value in values)):
        table.say(f"{missing:,} of {table.length:,} rows without {name} not drawn")
    return values


# ---------------------------------------------------------------- of many runs


def _band_panel(
    table: ChartTable, design: Design, name: str, x: Sequence[float | None], rows: Mapping[str, Sequence[int]]
) -> Panel:
    ys = _counted(table, name)
    points = _with_values(x, ys, rows)
    _say_lacking(table, name, len(rows) - len(points))
    say_outliers(table, name, points, run_labels(table))
    if not points:
        return _panel(table, design, table.title(name), [])
    compared = common_x([*points.values()], table.say)
    several = [one for one in compared if len(one.values) != 1]
    called = f"{name}, " if len(design.y) > 1 else ""
    series = []
    if any(one.values for one in several):
        counts = counts_of(several, len(points))
        text = counted_text([counts])
        series.append(band_of(f"{called}median of {text} runs", [*with_gaps(several)], tuple(points)))
        if counts.fewest < len(points):
            table.say(f"not every run has {name} at each x: the median is of {text} runs")
    elif len(points) > 1:
        table.say(f"no two of the {len(points):,} runs have {name} at one x, so there is no median")
    if lone := [one for one in compared if len(one.values) == 1]:
        alone = "one run alone" if series else f"{len(points):,} runs, one at each x"
        series.append(_lone(table, f"{called}{alone}", compared, [*points], len(series)))
        if several:
            table.say(f"at {len(lone):,} of {len(compared):,} x one run alone has {name}")
    return _panel(table, design, table.title(name), series)


def _say_lacking(table: ChartTable, name: str, runs: int) -> None:
    if runs:
        table.say(f"{runs:,} run{'s' * (runs != 1)} without a number of {name} not drawn")


def _with_values(
    x: Sequence[float | None], y: Sequence[float | None], rows: Mapping[str, Sequence[int]]
) -> dict[str, Points]:
    """The points of each run that has a number among them."""
    found = {run: points_of(x, y, places) for run, places in rows.items()}
    return {run: points for run, points in found.items() if not all(map(math.isnan, points.y))}


def _lone(table: ChartTable, name: str, compared: Sequence[RunsAtX], runs: Sequence[str], colour: int) -> Series:
    """The values where one run alone has one, each point with its run; no line joins two runs."""
    alone = [*with_gaps([one if len(one.values) == 1 else RunsAtX(one.x, {}) for one in compared])]
    places = [next(iter(one.values), None) for one in alone]
    labels, ys = run_labels(table), [next(iter(one.values.values()), math.nan) for one in alone]
    drawn = [place for place in dict.fromkeys(places) if place is not None]
    return Series(
        name,
        [one.x for one in alone],
        ys,
        tuple(runs[place] for place in drawn),
        colour,
        labels=tuple("" if place is None else labels[runs[place]] for place in places),
        point_runs=tuple("" if place is None else runs[place] for place in places),
        n=len(drawn),
        last=last_of(ys),
    )


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
    shown = {value: runs_by[value] for value in kept}
    made = [_value_panel(table, design, name, x, shown) for name in y]
    counts = {value: [each[value] for _, each in made] for value in kept}
    called = {value: f"{value} (n={counted_text(each)})" for value, each in counts.items()}
    panels = [
        replace(panel, series=tuple(replace(one, name=called[one.name]) for one in panel.series)) for panel, _ in made
    ]
    if any(one.fewest < one.runs for each in counts.values() for one in each):
        middle = "median" if table.plot.band else "mean"
        table.say(f"n: of how many runs the {middle} is, as not every run has a value at each x")
    return Drawing(tuple(panels), by, sum(len(runs_by[value]) for value in order if value not in kept))


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
) -> tuple[Panel, dict[str, RunCounts]]:
    """A line for each value, and of how many runs each is."""
    ys = _counted(table, name)
    series: list[Series] = []
    held: dict[str, Points] = {}
    counts, lacking = dict[str, RunCounts](), 0
    for colour, (value, runs) in enumerate(runs_by.items()):
        points = _with_values(x, ys, runs)
        lacking += len(runs) - len(points)
        held |= points
        compared = common_x([*points.values()], table.say) if points else []
        counts[value] = counts_of(compared, len(points))
        if len(points) == 1:
            ((run, only),) = points.items()
            series.append(_series(value, only, (run,), colour, end_of(table, name, only)))
        else:
            middle = band_of if table.plot.band else mean_of
            series.append(middle(value, [*with_gaps(compared)], tuple(points), colour))
    _say_lacking(table, name, lacking)
    say_outliers(table, name, held, run_labels(table))
    panel = _panel(table, design, table.title(name), series)
    extremes = [y for points in held.values() for y in points.y if not math.isnan(y)]
    return clipped(panel, table.say, (min(extremes), max(extremes)) if extremes else None), counts


# ---------------------------------------------------------------- of groups


def _of_groups(table: ChartTable, design: Design, y: Sequence[str]) -> Drawing:
    """A line for each value of a field, or one of all rows; around it what the table has of its spread."""
    x = _numbers(table, design.x)
    groups = {"": [*range(table.length)]} if design.by is None else rows_by(table.texts(design.by))
    kept = [*groups][:MOST_LINES]
    if left := len(groups) - len(kept):
        table.say(f"{left:,} more values of {design.by} not drawn: `where` chooses them")
    panels = []
    for family in families(table, y, len(kept)):
        series: list[Series] = []
        for name in family.names:
            ys, is_one = _counted(table, name), len(family.names) == 1
            for group in kept:
                points = points_of(x, ys, groups[group])
                called = table.title(name) if design.by is None else group if is_one else f"{group} {name}"
                series.append(_with_spread(table, design, name, points, (called, len(series))))
        panels.append(clipped(_panel(table, design, table.title(family.title), series), table.say))
    return Drawing(tuple(panels), table.title(design.by) if design.by else "", left)


def _with_spread(table: ChartTable, design: Design, name: str, points: Points, called: tuple[str, int]) -> Series:
    if len(set(points.x)) < len(points.x):
        return _folded(table, design, name, points, called)
    if table.plot.band:
        table.say(f"no band of {name}: one row alone at each x")
    low, high, interval = spread_at(table, design, name, points)
    outside = sum(y < a or y > b for y, a, b in zip(points.y, low, high, strict=False)) if interval == QUARTILES else 0
    if outside:
        table.say(f"at {outside:,} of {len(points.x):,} x {name} lies outside its quartiles, drawn there by few values")
    runs = runs_of(table, points.rows)
    last = last_of(points.y)
    return Series(called[0], points.x, points.y, runs, called[1], low, high, interval, n=len(points.x), last=last)


def _folded(table: ChartTable, design: Design, name: str, points: Points, called: tuple[str, int]) -> Series:
    """Several rows at one x: their mean, or their band, which is said."""
    found: dict[float, dict[int, float]] = {}
    for place, (x, y) in enumerate(zip(points.x, points.y, strict=True)):
        found.setdefault(x, {}).update({} if math.isnan(y) else {place: y})
    compared, runs = [RunsAtX(x, found[x]) for x in sorted(found)], runs_of(table, points.rows)
    counts = counts_of(compared, 0)
    rows = f"{counts.fewest:,}" if counts.fewest == counts.most else f"{counts.fewest:,} to {counts.most:,}"
    apart = f", which differ in {', '.join(design.folded)}" if design.folded else ""
    middle = "median" if table.plot.band else "mean"
    table.say(f"each point of {name}: the {middle} of {rows} rows at one x{apart}, each row counting once")
    if table.plot.band:
        return band_of(called[0], compared, runs, called[1])
    means = [mean([*one.values.values()]) if one.values else math.nan for one in compared]
    return Series(called[0], [*sorted(found)], means, runs, called[1], n=len(points.x), last=last_of(means))


def spread_at(
    table: ChartTable, design: Design, name: str, points: Points
) -> tuple[Sequence[float], Sequence[float], str]:
    """The lower and upper end of each point and what they are; NaN where there is none, which is said."""
    spread = design.spreads.get(name)
    if spread is None:
        return (), (), ""
    below = [_or_gap(table.numbers(spread.low)[row]) for row in points.rows]
    why = "" if spread.high else ": a single value has none"
    if without := [row for row, end in zip(points.rows, below, strict=True) if math.isnan(end)]:
        texts = [table.texts(field) for field in (design.by, design.x) if field]
        places = [" ".join(column[row] for column in texts) for row in without]
        table.say_at(f"no interval of {name}", places, why)
    if len(without) == len(below):
        return (), (), ""
    if spread.high:
        return below, [_or_gap(table.numbers(spread.high)[row]) for row in points.rows], spread.interval
    ends = list(zip(points.y, below, strict=True))
    return [y - end for y, end in ends], [y + end for y, end in ends], spread.interval


def _or_gap(value: float | None) -> float:
    return math.nan if value is None else value
