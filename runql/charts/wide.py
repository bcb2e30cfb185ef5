"""Heat maps, and parallel coordinates."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from runql.charts.chart import DECADES, MOST_LINES, Axis, Cell, Mark, Panel, Polyline, Scale
from runql.charts.design import Design
from runql.charts.lines import MOST_PANELS, Drawing
from runql.charts.numbers import alike, spreads_alike
from runql.charts.points import is_clock, row_labels
from runql.charts.table import ChartTable, Holds, categories
from runql.engine.stages import PivotCell
from runql.engine.statistics import percentile
from runql.semantic.typed import TPivot
from runql.semantic.values import MISSING, Value

_MOST_ROWS: Final = 40
_MOST_AXES: Final = 8
_CROWDED: Final = 0.1
_MOST_METRICS: Final = 3


# ---------------------------------------------------------------- heat maps


def heat_drawing(table: ChartTable, design: Design) -> Drawing:
    """The cells of a pivot, a panel for each of its values; else one value by two fields."""
    layout = table.context.layout
    if layout is not None and is_pivoted(table, design):
        return Drawing(tuple(_pivoted(table, layout.rows, name, cells) for name, cells in _values(table).items()))
    return Drawing(tuple(_crossed(table, design, name) for name in design.y[:MOST_PANELS]))


def is_pivoted(table: ChartTable, design: Design) -> bool:
    """Whether what is drawn are cells of a pivot."""
    layout = table.context.layout
    return layout is not None and bool(set(design.y) & {cell.value for cell in layout.cells})


def _values(table: ChartTable) -> dict[str, dict[str, PivotCell]]:
    """For each value of the pivot its columns, by what stands over them."""
    layout = table.context.layout
    assert layout is not None
    pivots = [stage for stage in table.stages if isinstance(stage, TPivot)]
    names = [one.name for one in pivots[-1].values] if pivots else []
    if len(names) < 2 and not any(one.is_given for one in (pivots[-1].values if pivots else ())):
        return {names[0] if names else "": {cell.value: cell for cell in layout.cells}}
    found: dict[str, dict[str, PivotCell]] = {name: {} for name in names}
    for cell in layout.cells:
        name = next((one for one in names if cell.value.endswith(f" {one}")), names[0])
        found[name][cell.value.removesuffix(f" {name}")] = cell
    return found


def _pivoted(table: ChartTable, keys: Sequence[str], name: str, columns: Mapping[str, PivotCell]) -> Panel:
    key_texts = [table.texts(key) for key in keys]
    rows = [" · ".join(parts) for parts in zip(*key_texts, strict=True)] if key_texts else [""] * table.length
    if len(rows) > _MOST_ROWS:
        table.say(f"the first {_MOST_ROWS} of {len(rows):,} rows")
    found: list[tuple[int, int, float, float]] = []
    for column, cell in enumerate(columns.values()):
        values = table.numbers(cell.value)
        spreads = table.numbers(cell.spread) if cell.spread is not None else None
        for row in range(min(len(rows), _MOST_ROWS)):
            value = values[row]
            if value is not None and not math.isnan(value):
                spread = spreads[row] if spreads is not None else None
                found.append((row, column, value, math.nan if spread is None else spread))
    texts = _texts([value for _, _, value, _ in found], [spread for *_, spread in found])
    cells = [Cell(row, column, value, text) for (row, column, value, _), text in zip(found, texts, strict=True)]
    if any(" ± " in cell.text for cell in cells):
        table.say("behind ±: the standard deviation of the rows of a cell")
    empty = min(len(rows), _MOST_ROWS) * len(columns) - len(cells)
    if empty:
        table.say(f"{empty:,} empty cell{'s' * (empty != 1)}{f' of {name}' * bool(name)}")
    across = categories([cell.key for cell in columns.values()])
    x = Axis(_across(table), Scale.CATEGORY, tuple(across if len({*across}) == len(columns) else columns))
    y = Axis(", ".join(keys), Scale.CATEGORY, tuple(rows[:_MOST_ROWS]))
    return Panel(Mark.HEAT, x, y, cells=tuple(cells), title=name)


def _across(table: ChartTable) -> str:
    pivots = [stage for stage in table.stages if isinstance(stage, TPivot)]
    return pivots[-1].columns.name if pivots else ""


def _texts(values: Sequence[float], spreads: Sequence[float] = ()) -> list[str]:
    """How the values of cells read, with what stands around those that have it."""
    written = alike(values, lambda value: f"{value:.4g}")
    held = [at for at, spread in enumerate(spreads) if not math.isnan(spread)]
    for at, text in zip(held, spreads_alike([spreads[at] for at in held]), strict=True):
        written[at] += f" ± {text}"
    return written


def _crossed(table: ChartTable, design: Design, name: str) -> Panel:
    """A cell for each pair of values of two fields: its value, or the mean of its rows."""
    x, y = design.x, design.by
    assert x is not None
    assert y is not None
    columns, rows = table.distinct(x), table.distinct(y)
    if len(rows) > _MOST_ROWS:
        table.say(f"the first {_MOST_ROWS} of {len(rows):,} values of {y}")
    values, along, down = table.numbers(name), table.texts(x), table.texts(y)
    found: dict[tuple[str, str], list[float]] = {}
    for row, value in enumerate(values):
        if value is not None and not math.isnan(value):
            found.setdefault((down[row], along[row]), []).append(value)
    if any(len(each) > 1 for each in found.values()):
        table.say(f"cells of several rows show the mean of {name}")
    if left := table.length - sum(map(len, found.values())):
        table.say_rows_left_out(left, [name])
    means = {place: math.fsum(each) / len(each) for place, each in found.items()}
    texts = dict(zip(means, _texts([*means.values()]), strict=True))
    for row, cell in enumerate(table.cells(name)):  # rows that have no number: those of their own, as it reads
        if (down[row], along[row]) not in means:
            means[down[row], along[row]] = math.nan
            texts[down[row], along[row]] = "NaN" if cell != cell else "\u2013"  # noqa: PLR0124 - NaN
    cells = tuple(
        Cell(row, column, means[down_name, name_], texts[down_name, name_])
        for row, down_name in enumerate(rows[:_MOST_ROWS])
        for column, name_ in enumerate(columns)
        if (down_name, name_) in means
    )
    x_axis = Axis(table.title(x), Scale.CATEGORY, tuple(columns))
    return Panel(
        Mark.HEAT, x_axis, Axis(table.title(y), Scale.CATEGORY, tuple(rows[:_MOST_ROWS])), cells=cells, title=name
    )


# ---------------------------------------------------------------- parallel coordinates


def parallel_drawing(table: ChartTable, design: Design) -> Drawing:
    """An axis a column, a line a row; of `diff` an axis a field, a line a run."""
    if "field" in table.names and not design.y:
        return Drawing((_of_diff(table),))
    names = [name for name in design.y if table.holds(name) is not Holds.NOTHING and _differs(table, name)]
    if alike := [name for name in design.y if name not in names]:
        table.say(f"of one value, so no axis: {', '.join(alike)}")
    if len(names) > _MOST_AXES:
        kept = _fullest(table, names) if not table.plot.y else [*names[: _MOST_AXES - 1], names[-1]]
        left = ", ".join(name for name in names if name not in kept)
        table.say(f"not drawn, as there is room for {_MOST_AXES}: {left}; name columns behind `plot parallel`")
        names = kept
    columns = {name: table.cells(name) for name in names}
    labels = row_labels(table) or [str(row + 1) for row in range(table.length)]
    run = table.context.run_id
    runs = [str(cell) for cell in table.cells(run)] if run is not None and run in table.names else [""] * table.length
    return Drawing((_strung(table, columns, labels, runs),))


def _fullest(table: ChartTable, names: Sequence[str]) -> list[str]:
    """Some of the columns, in their order: those that the most rows have, as a line is drawn where there are two beside
    each other; at most three of the summary, which stand to the right and give the colours.
    """
    held = {name: sum(cell is not MISSING and cell is not None for cell in table.cells(name)) for name in names}
    ranked = sorted(names, key=lambda name: (-held[name], name == "state"))
    metrics = [name for name in ranked if name.startswith("summary.") and 2 * held[name] > table.length]
    others = [name for name in ranked if not name.startswith("summary.")]
    first = [*metrics[:_MOST_METRICS], *others[: _MOST_AXES - len(metrics[:_MOST_METRICS])]]
    kept = [*first, *(name for name in ranked if name not in first)][:_MOST_AXES]
    return [name for name in names if name in kept]


def _differs(table: ChartTable, name: str) -> bool:
    return table.length < 2 or len(table.distinct(name)) > 1


def _strung(
    table: ChartTable, columns: Mapping[str, Sequence[Value]], labels: Sequence[str], runs: Sequence[str]
) -> Panel:
    axes, places = [], []
    for name, cells in columns.items():
        axis, at = _axis(table.title(name), cells)
        if all(map(math.isnan, at)):
            table.say(f"no value of {name}, so no axis")
            continue
        if axis.scale is not Scale.CATEGORY and is_clock(name):
            axis = replace(axis, scale=Scale.TIME)
        axes.append(axis)
        places.append(at)
        if axis.scale is Scale.CATEGORY and any(map(_is_number, cells)):
            texts = sum(not _is_number(cell) for cell in cells if cell is not MISSING and cell is not None)
            no = "is no number" if texts == 1 else "are no numbers"
            table.say(f"{name}: {texts:,} of {len(cells):,} values {no}, so each value has a place of its own")
    lines = tuple(
        Polyline(label, run, tuple(at[row] for at in places))
        for row, (label, run) in enumerate(zip(labels, runs, strict=True))
    )
    gaps = {axis.title: sum(map(math.isnan, at)) for axis, at in zip(axes, places, strict=True)}
    if lacking := [f"{count:,} on {name}" for name, count in gaps.items() if count]:
        table.say(f"of {len(lines):,} lines some have a gap: {', '.join(lacking)}")
    uncoloured = sum(math.isnan(line.values[-1]) for line in lines) if axes and len(lines) > MOST_LINES else 0
    if uncoloured:
        table.say(f"{uncoloured:,} of {len(lines):,} lines without {axes[-1].title}, so grey")
    return Panel(Mark.PARALLEL, Axis(""), Axis(""), axes=tuple(axes), polylines=lines)


def _is_log(numbers: Sequence[float]) -> bool:
    """Whether numbers are seen on a logarithmic axis alone: positive ones that span three decades, or one and more
    where half of them stand in the lowest tenth. Nobody can say `log` of one axis of several.
    """
    if not numbers or (least := min(numbers)) <= 0:
        return False
    most = max(numbers)
    crowd = percentile(sorted(numbers), 50) - least <= (most - least) * _CROWDED
    return most >= least * 10**DECADES or (most >= least * 10 and crowd)


def _axis(title: str, cells: Sequence[Value]) -> tuple[Axis, list[float]]:
    """An axis of numbers, logarithmic where they span decades, of times, or of the categories of other values; NaN
    where nothing was set.
    """
    held = [cell for cell in cells if cell is not MISSING and cell is not None]
    if held and all(map(_is_number, held)):
        places = [_position(cell) for cell in cells]
        numbers = [one for one in places if not math.isnan(one)]
        return Axis(title, Scale.LOG if _is_log(numbers) else Scale.LINEAR), places
    if held and all(isinstance(cell, datetime) for cell in held):
        times = [cell.timestamp() if isinstance(cell, datetime) else math.nan for cell in cells]
        return Axis(title, Scale.TIME), times
    numbers_first = sorted((cell for cell in held if _is_number(cell)), key=_position)
    others = [cell for cell in held if not _is_number(cell)]
    order = {text: float(place) for place, text in enumerate(dict.fromkeys(categories([*numbers_first, *others])))}
    texts = iter(categories(held))
    at = [order[next(texts)] if cell is not MISSING and cell is not None else math.nan for cell in cells]
    return Axis(title, Scale.CATEGORY, tuple(order)), at


def _is_number(cell: Value) -> bool:
    return isinstance(cell, int | float) and not isinstance(cell, bool)


def _position(cell: Value) -> float:
    if not isinstance(cell, int | float) or isinstance(cell, bool):
        return math.nan
    try:
        return float(cell) if math.isfinite(cell) else math.nan
    except OverflowError:
        return math.nan


def _of_diff(table: ChartTable) -> Panel:
    """The fields in which runs differ: of a wide table a column a run, of a long one a row for each field and run."""
    if {"run", "value"} <= set(table.names):
        fields, runs, values = table.texts("field"), table.texts("run"), table.cells("value")
        cells = {pair: values[row] for row, pair in enumerate(zip(fields, runs, strict=True))}
        names, titles = list(dict.fromkeys(fields)), list(dict.fromkeys(runs))
    else:
        titles = [name for name in table.names if name != "field" and not _is_difference(name)]
        names = table.texts("field")
        cells = {(field, run): table.cells(run)[row] for row, field in enumerate(names) for run in titles}
    names.sort(key=_says_little)
    if len(names) > _MOST_AXES:
        table.say(f"not drawn, though they differ: {', '.join(names[_MOST_AXES:])}")
    # The last axis gives the colours: it is one that says something.
    kept = sorted(names[:_MOST_AXES], key=_says_little, reverse=True)
    columns = {field: [cells.get((field, run), MISSING) for run in titles] for field in kept}
    return _strung(table, columns, titles, [""] * len(titles))


def _says_little(field: str) -> bool:
    """Whether a field differs in all runs anyhow: a time, or what the SDK keeps."""
    return field in {"created", "heartbeat", "runtime"} or field.startswith("summary._")


def _is_difference(name: str) -> bool:
    return name in {"difference", "percent"} or name.endswith((" difference", " percent"))
