"""Points and bars: rows against two axes, of which one may be of categories."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from runql.charts.chart import DECADES, MOST_LINES, Axis, Mark, Panel, Scale, Series
from runql.charts.clipping import clipped
from runql.charts.design import Design
from runql.charts.families import family_name
from runql.charts.lines import MOST_PANELS, Drawing, spread_at
from runql.charts.points import Points, axis_of, last_of, row_labels, rows_by, runs_of
from runql.charts.series.groups import maker_of
from runql.charts.table import ChartTable, Holds, number_of
from runql.engine.stages.group import COUNT
from runql.engine.statistics import mean
from runql.semantic.typed import TFold, TGroup, TPareto

MOST_BARS: Final = 40
_LEAST_BARS: Final = 8
_MOST_IN_ALL: Final = 120
_OTHERS: Final = "others"
_SUMS: Final = frozenset({"count", "sum"})
_COUNTED: Final = (Holds.NUMBERS, Holds.TIMES)


def mark_drawing(table: ChartTable, design: Design) -> Drawing:
    """Points or bars, a panel for each y; bars of one unit share theirs."""
    if not design.y:
        return Drawing((_counts(table, design),))
    y = design.y[:MOST_PANELS]
    if left := len(design.y) - len(y):
        table.say(f"{left:,} more columns not drawn: name them behind `plot`")
    _tell_apart(table, design)
    groups = _groups(table, design)
    by = "" if design.by is None or _is_shaded(table, design) else table.title(design.by)
    if _shares_panel(table, design, y):
        return Drawing((_side_by_side(table, design, y),), "")
    panels = tuple(_panel(table, design, name, groups) for name in y)
    return Drawing(panels, by)


def _tell_apart(table: ChartTable, design: Design) -> None:
    """Runs of one name have a bar each, with their ids."""
    run, name = table.context.run_id, design.x
    if design.mark is not Mark.BAR or name is None or run is None or run not in table.names:
        return
    if name not in (table.context.run_name, "name"):
        return
    texts, ids = table.texts(name), table.texts(run)
    several = {
        text for text, count in Counter(text for text, _ in {*zip(texts, ids, strict=True)}).items() if count > 1
    }
    if several:
        table.call(name, [f"{text} ({one})" if text in several else text for text, one in zip(texts, ids, strict=True)])


def _together(table: ChartTable, name: str, series: Series) -> Series:
    """One bar at each category: of several rows their mean, of counts and sums their sum."""
    places: dict[float, list[int]] = {}
    for at, x in enumerate(series.x):
        places.setdefault(x, []).append(at)
    if len(places) == len(series.x):
        return series
    adds_up = _adds_up(table, name)
    made = series.at([some[0] for some in places.values()])
    alone = [len(some) == 1 for some in places.values()]

    def held(values: Sequence[float]) -> Sequence[float]:
        return [value if one else math.nan for value, one in zip(values, alone, strict=True)]

    runs = tuple(run if one else "" for run, one in zip(made.point_runs, alone, strict=False))
    y = [(math.fsum if adds_up else mean)([series.y[at] for at in some]) for some in places.values()]
    low, high = (held(ends) if ends else () for ends in (made.low, made.high))
    has_ends = not all(map(math.isnan, low))
    return replace(
        made,
        y=y,
        low=low if has_ends else (),
        high=high if has_ends else (),
        interval=made.interval if has_ends else "",
        point_runs=runs,
        last=last_of(y),
    )


def _say_several(table: ChartTable, name: str, series: Sequence[Series]) -> None:
    """Say how many bars are of several rows, and what of these they show."""
    rows = [count for each in series for count in Counter(each.x).values() if count > 1]
    if not rows:
        return
    several, fold = len(rows), "sum" if _adds_up(table, name) else "mean"
    once = ", each row counting once" * (fold == "mean" and isinstance(maker_of(table), TGroup))
    around = ", with nothing around it" * any(each.interval for each in series)
    table.say(f"{several:,} bar{'s' * (several != 1)} of several rows: their {fold} of {name}{once}{around}")


def _adds_up(table: ChartTable, name: str) -> bool:
    """Whether a column counts or sums what is in its rows, so that those of two are of both."""
    folds = {one.name: one.value for stage in table.stages if isinstance(stage, TGroup) for one in stage.folds}
    fold = folds.get(name)
    return (isinstance(fold, TFold) and fold.name in _SUMS) or (bool(folds) and name == COUNT and fold is None)


def _shares_panel(table: ChartTable, design: Design, y: Sequence[str]) -> bool:
    """Whether several columns are bars in one panel: of one kind of value, and not parted by a field."""
    if design.mark is not Mark.BAR or len(y) < 2 or design.by is not None:
        return False
    return len({family_name(name) for name in y}) == 1 or all(_is_count(table, name) for name in y)


def _is_count(table: ChartTable, name: str) -> bool:
    return name in {"n", "count", "missing", "nan"} and all(isinstance(cell, int) for cell in table.cells(name))


def _groups(table: ChartTable, design: Design) -> dict[str, list[int]]:
    """The rows of each value of the field, at most eight: the largest, and the others together."""
    if design.by is None or _is_shaded(table, design):
        return {"": [*range(table.length)]}
    found = rows_by(table.texts(design.by))
    found = {value: found[value] for value in table.distinct(design.by)}
    if len(found) <= MOST_LINES:
        return found
    largest = sorted(found, key=lambda value: -len(found[value]))[: MOST_LINES - 1]
    others = [row for value, rows in found.items() if value not in largest for row in rows]
    table.say(f"{len(found) - len(largest):,} of {len(found):,} values of {design.by} together as `{_OTHERS}`")
    return {**{value: rows for value, rows in found.items() if value in largest}, _OTHERS: sorted(others)}


# ---------------------------------------------------------------- coloured by a number


def _is_shaded(table: ChartTable, design: Design) -> bool:
    """Whether the points are coloured by a number or a time that has more values than there are colours."""
    if design.mark is not Mark.SCATTER or design.by is None or design.x is None or design.spreads:
        return False
    if table.holds(design.by) not in _COUNTED or any(table.holds(one) not in _COUNTED for one in (design.x, *design.y)):
        return False
    return len(table.distinct(design.by)) > MOST_LINES


def _shades(table: ChartTable, design: Design, name: str, series: Sequence[Series]) -> Axis | None:
    """What colours the points of a panel, if a number does; those without one are counted."""
    if not _is_shaded(table, design) or design.by is None:
        return None
    values = [value for each in series for value in each.shades]
    held = [value for value in values if not math.isnan(value)]
    if left := len(values) - len(held):
        table.say(f"{left:,} of {len(values):,} points of {name} without {design.by}, so without a colour")
    axis = axis_of(table, design.by)
    is_wide = bool(held) and min(held) > 0 and max(held) >= min(held) * 10**DECADES
    return replace(axis, scale=Scale.LOG) if is_wide and axis.scale is Scale.LINEAR else axis


# ---------------------------------------------------------------- a panel


def _panel(table: ChartTable, design: Design, name: str, groups: Mapping[str, Sequence[int]]) -> Panel:
    x_axis, x = _axis(table, design, design.x, along_x=True, most=_most_bars(table, design, groups))
    y_axis, y = _axis(table, design, name, along_x=False)
    series = [
        _series(table, design, name, (called, colour), _points(x, y, rows))
        for colour, (called, rows) in enumerate(groups.items())
    ]
    if design.mark is Mark.BAR and x_axis.scale is Scale.CATEGORY:
        _say_several(table, name, series)
        series = [_together(table, name, each) for each in series]
    drawn = tuple(each for each in series if each.n)
    beyond = _rows_beyond(table, design, x_axis)
    if left := table.length - sum(each.n for each in drawn) - beyond:
        axes = ((design.x, x_axis), (name, y_axis))
        table.say_rows_left_out(left, [one for one, axis in axes if one and axis.scale is not Scale.CATEGORY])
    x_axis, drawn = _without_empty(table, design, name, (x_axis, drawn))
    panel = Panel(design.mark, x_axis, y_axis, drawn, colour=_shades(table, design, name, drawn))
    return clipped(_with_beaten(table, design, name, panel), table.say)


def _without_empty(
    table: ChartTable, design: Design, name: str, found: tuple[Axis, tuple[Series, ...]]
) -> tuple[Axis, tuple[Series, ...]]:
    """The axis and the bars on it without the categories that have none, which are named under the chart."""
    axis, series = found
    held = sorted({int(x) for each in series for x in each.x}) if axis.scale is Scale.CATEGORY else []
    if design.mark is not Mark.BAR or not held or len(held) == len(axis.categories):
        return found
    table.say_at(f"no value of {name}", [one for at, one in enumerate(axis.categories) if at not in held], "")
    places = {at: float(place) for place, at in enumerate(held)}
    return (
        replace(axis, categories=tuple(axis.categories[at] for at in held)),
        tuple(replace(each, x=[places[int(x)] for x in each.x]) for each in series),
    )


def _most_bars(table: ChartTable, design: Design, groups: Mapping[str, Sequence[int]]) -> int:
    """How many categories an axis has at most: fewer where several bars stand at each."""
    if design.mark is not Mark.BAR or len(groups) < 2 or design.x is None:
        return MOST_BARS
    texts = table.texts(design.x)
    pairs = {(texts[row], name) for name, rows in groups.items() for row in rows}
    beside = max(Counter(text for text, _ in pairs).values(), default=1)
    return min(MOST_BARS, max(_LEAST_BARS, _MOST_IN_ALL // beside))


def _with_beaten(table: ChartTable, design: Design, name: str, panel: Panel) -> Panel:
    """Of a front the rows too that it beats, where nothing but an order or a limit stands behind `pareto`."""
    beaten, x_name = table.context.beaten, design.x
    if (
        not design.joined
        or design.by is not None
        or beaten is None
        or x_name is None
        or not {x_name, name} <= set(beaten)
    ):
        return panel
    is_plane = panel.mark is Mark.SCATTER and Scale.CATEGORY not in {panel.x.scale, panel.y.scale}
    if not is_plane or not isinstance(table.stages[-1], TPareto) or len(panel.series) != 1:
        return panel
    points = [
        (x, y, row)
        for row, (one, other) in enumerate(zip(beaten[x_name], beaten[name], strict=True))
        if (x := number_of(one)) is not None and (y := number_of(other)) is not None and x == x and y == y  # noqa: PLR0124
    ]
    if not points:
        return panel
    runs = [str(one) for one in beaten.get(table.context.run_id or "", ())]
    names = [str(one) for one in beaten.get(table.context.run_name or "", ())]
    others = Series(
        f"beaten ({len(points):,})",
        [x for x, _, _ in points],
        [y for _, y, _ in points],
        tuple(runs[row] for _, _, row in points) if runs else (),
        1,
        labels=tuple(names[row] for _, _, row in points) if names else (),
        point_runs=tuple(runs[row] for _, _, row in points) if runs else (),
        is_behind=True,
        n=len(points),
    )
    (front,) = panel.series
    if hidden := len(front.x) - len({*zip(front.x, front.y, strict=True)}):
        table.say(f"{hidden:,} of the {front.n:,} points of the front {'lie' if hidden > 1 else 'lies'} on others")
    return replace(panel, series=(replace(front, name=f"front ({front.n:,})"), others))


def _rows_beyond(table: ChartTable, design: Design, x_axis: Axis) -> int:
    """How many rows have a category that the axis leaves out."""
    if design.x is None or x_axis.scale is not Scale.CATEGORY:
        return 0
    shown = {*x_axis.categories}
    return sum(text not in shown for text in table.texts(design.x))


def _axis(
    table: ChartTable, design: Design, name: str | None, *, along_x: bool, most: int = MOST_BARS
) -> tuple[Axis, Sequence[float | None]]:
    """An axis, and where each row lies on it. Texts, few numbers of a group, and what has bars are categories."""
    if name is None:
        return (Axis("", Scale.CATEGORY, ("",)), [0.0] * table.length) if along_x else (Axis(""), [])
    is_grouped = along_x and design.mark is Mark.BAR
    is_few = along_x and bool(design.spreads) and not design.is_numeric_x and "x" not in table.plot.log
    is_few |= design.crossed and len(table.distinct(name)) <= most
    if table.holds(name) in (Holds.TEXTS, Holds.NOTHING) or is_grouped or is_few:
        categories = table.distinct(name)
        if along_x and len(categories) > most:
            table.say(f"the first {most} of {len(categories):,} values of {name}: `limit` chooses others")
        places = {text: place for place, text in enumerate(categories[:most])}
        axis = Axis(table.title(name), Scale.CATEGORY, tuple(places))
        return axis, [None if (at := places.get(text)) is None else float(at) for text in table.texts(name)]
    return axis_of(table, name), table.numbers(name)


def _points(x: Sequence[float | None], y: Sequence[float | None], rows: Sequence[int]) -> Points:
    """The rows that have both; a NaN is no point."""
    kept = [
        (at, value, row)
        for row in rows
        if (at := x[row]) is not None and (value := y[row]) is not None and not math.isnan(at) and not math.isnan(value)
    ]
    return Points([one[0] for one in kept], [one[1] for one in kept], [one[2] for one in kept])


def _series(table: ChartTable, design: Design, name: str, called: tuple[str, int], points: Points) -> Series:
    labels = row_labels(table) if design.mark is Mark.SCATTER else []
    if design.joined:
        order = sorted(range(len(points.x)), key=lambda at: (points.x[at], points.y[at]))
        points = Points(*([values[at] for at in order] for values in (points.x, points.y, points.rows)))  # type: ignore[arg-type]
    low, high, interval = spread_at(table, design, name, points)
    run = table.context.run_id
    shades: Sequence[float] = ()
    if design.by is not None and _is_shaded(table, design):
        numbers = table.numbers(design.by)
        shades = [math.nan if (value := numbers[row]) is None else value for row in points.rows]
    point_runs = tuple(str(table.cells(run)[row]) for row in points.rows) if run in table.names and run else ()
    return Series(
        called[0] or table.title(name),
        points.x,
        points.y,
        runs_of(table, points.rows),
        called[1],
        low,
        high,
        interval,
        shades=shades,
        labels=tuple(labels[row] for row in points.rows) if labels else (),
        point_runs=point_runs,
        joined=design.joined,
        step=design.step,
        n=len(points.x),
        last=last_of(points.y),
    )


def _side_by_side(table: ChartTable, design: Design, y: Sequence[str]) -> Panel:
    """A bar for each of several columns at each category."""
    x_axis, x = _axis(table, design, design.x, along_x=True)
    rows = [*range(table.length)]
    series = [
        _series(table, design, name, (name, colour), _points(x, table.numbers(name), rows))
        for colour, name in enumerate(y)
    ]
    for name, each in zip(y, series, strict=True):
        _say_several(table, name, [each])
    series = [_together(table, name, each) for name, each in zip(y, series, strict=True)]
    title = family_name(y[0]) if len({family_name(name) for name in y}) == 1 else "values"
    return clipped(Panel(Mark.BAR, x_axis, Axis(title), tuple(each for each in series if each.n)), table.say)


def _counts(table: ChartTable, design: Design) -> Panel:
    """How often each value of a column occurs, the most frequent first."""
    if design.x is None:
        return Panel(Mark.BAR, Axis("", Scale.CATEGORY, ("",)), Axis("rows"), (_counted([table.length], (), 1),))
    found = rows_by(table.texts(design.x))
    order = sorted(found, key=lambda value: -len(found[value]))[:MOST_BARS]
    if left := len(found) - len(order):
        rows = sum(len(places) for value, places in found.items() if value not in order)
        table.say(f"{left:,} less frequent values of {design.x} not drawn, of {rows:,} rows")
    counts = [len(found[value]) for value in order]
    axis = Axis(table.title(design.x), Scale.CATEGORY, tuple(order))
    runs = runs_of(table, (row for value in order for row in found[value]))
    return Panel(Mark.BAR, axis, Axis("rows"), (_counted(counts, runs, sum(counts)),))


def _counted(counts: Sequence[int], runs: tuple[str, ...], n: int) -> Series:
    return Series("rows", [float(at) for at in range(len(counts))], [float(one) for one in counts], runs, n=n)
