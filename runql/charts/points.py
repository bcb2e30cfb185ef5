"""Rows as points: those of a run or a group, in the order of x, and what is said of those that are none."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice, pairwise
from operator import gt
from typing import Final

from runql.charts.chart import DECADES, MOST_LINES, Axis, Mark, Panel, Scale, Series
from runql.charts.clipping import CI95, OF_VALUES
from runql.charts.numbers import short
from runql.charts.run_names import told_apart, words_left_out
from runql.charts.table import ChartTable, Holds, category
from runql.language.fields import Space
from runql.text.frozen import frozen

_PLAIN: Final = re.compile(r"[A-Za-z_][\w./]*")
"""Names of columns that need no quotes."""


@frozen
class Points:
    """The points of one run or group, in the order of x. A y that is NaN is a gap."""

    x: Sequence[float]
    y: Sequence[float]
    rows: Sequence[int]


def points_of(xs: Sequence[float | None], ys: Sequence[float | None], rows: Iterable[int]) -> Points:
    """Those of the rows that have an x and a y; what was never logged is no point, and no gap."""
    kept = list(rows)
    x, y = [xs[row] for row in kept], [ys[row] for row in kept]
    if None in x or None in y or any(map(math.isnan, filter(None, x))):
        held = [at for at, one in enumerate(x) if one is not None and y[at] is not None and not math.isnan(one)]
        kept, x, y = [kept[at] for at in held], [x[at] for at in held], [y[at] for at in held]
    along = [one or 0.0 for one in x]
    if any(map(gt, along, islice(along, 1, None))):
        order = sorted(range(len(along)), key=along.__getitem__)
        kept, along, y = [kept[at] for at in order], [along[at] for at in order], [y[at] for at in order]
    return Points(along, [one or 0.0 for one in y], kept)


def rows_by(cells: Sequence[object]) -> dict[str, list[int]]:
    """The rows of each category, in the order in which these first occur."""
    found: dict[str, list[int]] = {}
    last: object = None
    rows: list[int] = []
    for row, cell in enumerate(cells):
        if not row or type(cell) is not type(last) or cell != last:  # rows of one run mostly stand side by side
            last, rows = cell, found.setdefault(category(cell), [])
        rows.append(row)
    return found


def runs_of(table: ChartTable, rows: Iterable[int]) -> tuple[str, ...]:
    """The ids of the runs of some rows, each once."""
    run = table.context.run_id
    if run is None or run not in table.names:
        return ()
    cells = table.cells(run)
    return tuple(dict.fromkeys(str(cells[row]) for row in rows))


def run_labels(table: ChartTable) -> dict[str, str]:
    """What each run is called: its name where that is in the table, else its id; only what tells them apart."""
    return told_apart(run_names(table))


def run_names(table: ChartTable) -> dict[str, str]:
    """The whole name of each run, where that is in the table; else nothing."""
    run = table.context.run_id
    if run is None or run not in table.names:
        return {}
    called = next((one for one in (table.context.run_name, "name") if one is not None and one in table.names), None)
    ids = list(map(str, table.cells(run)))
    names = [cell if isinstance(cell, str) else "" for cell in table.cells(called)] if called else [""] * len(ids)
    return dict(zip(ids, names, strict=True))


def is_by_run(table: ChartTable, by: str) -> bool:
    """Whether a field tells each run from all others; the names of runs do not for a band, where some are alike."""
    if by != table.context.run_name:
        return by == table.context.run_id
    names = [*run_names(table).values()]
    return not table.plot.band or len(set(names)) == len(names)


def say_one_band(table: ChartTable, by: str | None, runs: int) -> None:
    """Say that the runs are in one band, though a field that tells each from all others was to part them."""
    if by is not None:
        why = "a band is of several" if table.plot.band else f"more than {MOST_LINES} find no room"
        table.say(f"all {runs:,} runs in one band, though each differs in {by}: {why}")


def say_cut_names(table: ChartTable) -> None:
    """Say with what the names of all runs begin and end, where `run_labels` leaves that out."""
    names = run_names(table)
    ends = zip(("begin", "end"), words_left_out(names), strict=True)
    if said := [f"{verb} with `{words}`" for verb, words in ends if words]:
        table.say(f"the names of all {len(names):,} runs {' and '.join(said)}, which is left out")


def row_labels(table: ChartTable) -> list[str]:
    """What each row is called: its run, else its first text."""
    run = table.context.run_id
    labels = run_labels(table)
    if run is not None and labels:
        return [labels[str(cell)] for cell in table.cells(run)]
    texts = table.of(Holds.TEXTS)
    return table.texts(texts[0]) if texts else []


def last_of(values: Sequence[float]) -> float | None:
    """The last that is no gap."""
    return next((value for value in reversed(values) if not math.isnan(value)), None)


def end_of(table: ChartTable, name: str, points: Points) -> str:
    """What a line ends in, where that is no number: `NaN`, `inf`, `-inf`, `null`."""
    if not points.rows or not math.isnan(points.y[-1]):
        return ""
    cell = table.cells(name)[points.rows[-1]]
    return "NaN" if cell != cell else category(cell).strip("()")  # noqa: PLR0124 - NaN


def axis_of(table: ChartTable, name: str | None) -> Axis:
    """The axis of a column of numbers or times; without one that of the rows."""
    if name is None:
        return Axis("row")
    is_time = table.holds(name) is Holds.TIMES or (is_clock(name) and table.holds(name) is Holds.NUMBERS)
    return Axis(table.title(name), Scale.TIME if is_time else Scale.LINEAR)


def is_clock(name: str) -> bool:
    """Whether a field is the seconds since 1970 that the SDK logs: drawn as times."""
    return name.removeprefix("summary.") == "_timestamp"


def along_one_x(panels: Sequence[Panel]) -> tuple[Panel, ...]:
    """Panels below each other that share their x axis, each as far as the others."""
    first = panels[0] if panels else None
    is_shared = first is not None and all(
        panel.mark is first.mark and panel.mark in (Mark.LINE, Mark.SCATTER) and panel.x == first.x for panel in panels
    )
    if first is None or len(panels) < 2 or not is_shared or first.x.scale is Scale.CATEGORY:
        return tuple(panels)
    xs = [x for panel in panels for series in panel.series for x in series.x if math.isfinite(x)]
    window = (min(xs), max(xs)) if xs else None
    return tuple(replace(panel, x=replace(panel.x, window=window)) for panel in panels)


def say_apart(table: ChartTable, x: str | None, y: Sequence[str], rows: Mapping[str, Sequence[int]]) -> None:
    """Say how runs that ran one after the other, drawn along the time of day, are laid over each other."""
    run = table.context.run_id
    if x is None or run is None or not is_clock(x) or len(rows) < 2:
        return
    times = table.numbers(x)
    ends = [
        (min(held), max(held)) for places in rows.values() if (held := [one for row in places if (one := times[row])])
    ]
    if any(before[1] > after[0] for before, after in pairwise(sorted(ends))):
        return
    drawn = f" {y[0]} vs t" if y and _PLAIN.fullmatch(y[0]) else ""
    way = f"`derive t = {x} - min({x}) over {run} | plot{drawn}`"
    table.say(f"the runs ran one after the other: {way} lays them over each other")


# ---------------------------------------------------------------- logarithmic axes


def with_logs(panel: Panel, log: Sequence[str]) -> Panel:
    """The panel with logarithmic axes; what is not positive becomes a gap, and is counted."""
    for axis in log:
        panel = _log_x(panel) if axis == "x" else _log_y(panel)
    return panel


def _log_x(panel: Panel) -> Panel:
    if panel.x.scale is not Scale.LINEAR:
        return panel
    left_out = sum(1 for each in panel.series for x in each.x if x <= 0)
    series = tuple(each.at([place for place, x in enumerate(each.x) if x > 0]) for each in panel.series)
    return replace(panel, series=series, x=replace(panel.x, scale=Scale.LOG, left_out=left_out))


def _log_y(panel: Panel) -> Panel:
    if panel.y.scale is not Scale.LINEAR:
        return panel
    foot = _foot(panel)
    series = tuple(
        replace(
            each,
            y=_positive(each.y),
            low=_on_foot(each.low, each.high, foot),
            high=_positive(each.high),
            least=_on_foot(each.least, each.most, foot),
            most=_positive(each.most),
        )
        for each in panel.series
    )
    ends = [pair for each in panel.series for pair in (*_pairs(each.low, each.high), *_pairs(each.least, each.most))]
    boxes = tuple(
        replace(box, least=max(box.least, foot), lower=max(box.lower, foot)) for box in panel.boxes if box.median > 0
    )
    ends += [(box.least, box.most) for box in panel.boxes if box.median > 0]
    lowered = sum(least < foot < most for least, most in ends)
    not_positive = sum(y <= 0 for each in panel.series for y in each.y)
    left_out = len(panel.boxes) - len(boxes) + (not_positive if panel.mark is not Mark.HIST else 0)  # no row, no bar
    window = panel.y.window
    if window is not None:
        window = (max(window[0], foot), window[1]) if window[1] > foot else None
    if panel.mark is Mark.LINE:
        series = tuple(_drawn_part(each) for each in series)
    axis = replace(panel.y, scale=Scale.LOG, left_out=left_out, lowered=lowered, window=window)
    return replace(panel, series=series, boxes=boxes, y=axis)


def _drawn_part(series: Series) -> Series:
    """A line without the points before its first and behind its last that can be drawn: the axis ends where it does."""
    columns = (series.y, series.high, series.most)
    drawn = [at for at in range(len(series.x)) if any(values and math.isfinite(values[at]) for values in columns)]
    if not drawn or len(drawn) == len(series.x):
        return series
    return series.at(range(drawn[0], drawn[-1] + 1))


def notes_on_ends(before: Sequence[Panel], after: Sequence[Panel]) -> Iterator[str]:
    """Where an axis ends before the values do, as nothing further on can be drawn on a logarithmic one."""
    for whole, drawn in zip(before, after, strict=True):
        there = [x for each in drawn.series for x in each.x]
        if drawn.y.scale is not Scale.LOG or drawn.mark is not Mark.LINE or not there:
            continue
        xs = [x for each in whole.series for x, y in zip(each.x, each.y, strict=True) if not math.isnan(y)]
        before_it, behind = [x for x in xs if x < min(there)], [x for x in xs if x > max(there)]
        for beyond, where in ((before_it, "begins behind that"), (behind, "ends before that")):
            if beyond:
                ends = " to ".join(dict.fromkeys(map(short, (min(beyond), max(beyond)))))
                yield f"at {drawn.x.title} {ends} nothing of {drawn.y.title} is positive: the axis {where}"


def _foot(panel: Panel) -> float:
    """Where a log axis begins: at the least positive value; what is around means goes no further than half of it."""
    values = [value for box in panel.boxes for value in (box.least, box.lower, box.median)]
    around: list[float] = []
    for each in panel.series:
        values += [*each.y, *each.least, *each.most]
        (values if each.interval in OF_VALUES else around).extend((*each.low, *each.high))
    least = min((value for value in values if value > 0), default=math.nan)
    lower = min((value for value in around if value > 0), default=least)
    return lower if math.isnan(least) else min(least, max(lower, least / 2))


def _pairs(low: Sequence[float], high: Sequence[float]) -> Iterator[tuple[float, float]]:
    return zip(low, high, strict=True)


def _positive(values: Sequence[float]) -> Sequence[float]:
    return [value if value > 0 else math.nan for value in values]


def _on_foot(low: Sequence[float], high: Sequence[float], foot: float) -> Sequence[float]:
    """Lower ends, those below the foot of the axis on it, so that what reaches so far down is seen to."""
    return [
        least if least >= foot else foot if least < foot < most else math.nan
        for least, most in zip(low, high, strict=True)
    ]


def _without_log(panels: Sequence[Panel], log: Sequence[str]) -> Iterator[str]:
    """Which axes are not logarithmic though they were to be."""
    for name in log:
        axes = [panel.x if name == "x" else panel.y for panel in panels if panel.mark is not Mark.PARALLEL]
        for axis in axes:
            if axis.scale in (Scale.CATEGORY, Scale.TIME):
                held = "times" if axis.scale is Scale.TIME else "categories"
                yield f"no log axis of {axis.title or name}: {held} have none"


def notes_on_axes(panels: Sequence[Panel], log: Sequence[str]) -> Iterator[str]:
    """What log axes leave out, and where one would show more."""
    yield from _without_log(panels, log)
    for panel in panels:
        for axis in (panel.x, panel.y):
            if axis.left_out:
                count = f"{axis.left_out:,}"
                if axis is panel.y and panel.boxes:
                    count += f" box{'es' * (axis.left_out != 1)}"
                elif axis is panel.y and panel.mark is Mark.LINE and (middle := _middle(panel)):
                    count += f" {middle}{'s' * (axis.left_out != 1)}"
                yield f"{count} of {axis.title} not on the log axis: not positive"
            if axis.lowered:
                ends = "1 lower end" if axis.lowered == 1 else f"{axis.lowered:,} lower ends"
                yield f"{ends} of {axis.title} drawn at the foot of the log axis, below which they lie"
    wide = [
        panel.y.title
        for panel in panels
        if panel.y.scale is Scale.LINEAR
        and (_spans(panel, lambda one: (*one.y, *one.least, *one.most)) or _boxes_span(panel))
    ]
    if wide and "y" not in log:
        yield f"{', '.join(wide)}: over {DECADES} decades, `log y` shows them"
    for panel in panels:
        edges = [edge for each in panel.series for edge in (*each.x, *each.until) if panel.mark is Mark.HIST]
        if edges and min(edges) > 0 and max(edges) >= min(edges) * 10**DECADES:
            name = panel.x.title
            yield f"{name}: over {DECADES} decades, `derive l = log10({name}) | plot hist l` tells them apart"
    first = next((panel for panel in panels if _has_field_along_x(panel)), None)
    if first is not None and first.x.scale is Scale.LINEAR and "x" not in log and _spans(first, lambda one: one.x):
        yield f"{first.x.title}: over {DECADES} decades, `log x` shows them"


def _has_field_along_x(panel: Panel) -> bool:
    """Whether x is no axis that grows along the runs, of which the first steps need no room."""
    return panel.mark is Mark.SCATTER or (
        panel.mark is Mark.LINE and panel.x.title.startswith(f"{Space.CONFIG.value}.")
    )


def _middle(panel: Panel) -> str:
    """What the points of a line are, where they are no values."""
    if any(one.least for one in panel.series):
        return "median"
    return "mean" if any(one.interval == CI95 for one in panel.series) else ""


def _boxes_span(panel: Panel) -> bool:
    ends = [end for box in panel.boxes for end in (box.least, box.most)]
    return bool(ends) and min(ends) > 0 and max(ends) / 10**DECADES >= min(ends)


def _spans(panel: Panel, values: Callable[[Series], Sequence[float]]) -> bool:
    """Whether positive values span so many decades that most of them lie at the foot of a linear axis."""
    found = [value for each in panel.series for value in values(each) if not math.isnan(value)]
    return bool(found) and min(found) > 0 and max(found) >= min(found) * 10**DECADES
