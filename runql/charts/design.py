"""Which chart fits a table: by the stage that made it, by what its rows are, and by what its columns hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, assert_never

from runql.charts.chart import MOST_LINES, Mark
from runql.charts.series.groups import Spread, group_keys, maker_of, spreads_of
from runql.charts.table import ChartTable, Holds
from runql.engine.stages.group import COUNT
from runql.engine.stages.shared.measures import ETA, SPEARMAN
from runql.language.kinds import TableKind
from runql.semantic import typed as t
from runql.syntax.tree import Goal
from runql.text.frozen import frozen

MOST_GROUPS: Final = 12
"""So many different numbers are categories; more are an axis of numbers."""
_FEW_RUNS: Final = 30
"""So many rows of runs have a bar each; of more it is the distribution that can be seen."""


@frozen
class Design:
    """Which columns a chart draws, and how.

    `y`: those along y, of parallel coordinates the axes, of boxes and histograms the values. `x`: that along x, `by`:
    that which parts the rows into series. `spreads`: of each y what stands around it. `is_numeric_x`: x is an axis of
    numbers though it has few. `joined`: a line joins the points, in steps that turn `before` or `after` each if
    `step` says which. `crossed`: both axes are of categories where they have few. `bins`: the rows are bins already.
    `folded`: the keys of a group that part nothing, so that several rows are one point.
    """

    mark: Mark
    y: tuple[str, ...] = ()
    x: str | None = None
    by: str | None = None
    spreads: Mapping[str, Spread] = {}
    is_numeric_x: bool = False
    joined: bool = False
    step: str = ""
    crossed: bool = False
    bins: bool = False
    folded: tuple[str, ...] = ()


def design_of(table: ChartTable) -> Design:
    """The chart that fits the table, with the parts that `plot` names."""
    plot = table.plot
    y, (x, by) = table.picked(plot.y), (_one(table, plot.x), _one(table, plot.by))
    found = _fitting(table, y, x, by)
    if plot.y and not (found.mark is Mark.BAR and not found.y and found.x in y):  # how often its values occur
        found = replace(found, y=y)
    if found.bins and ((plot.shape or Mark.HIST) != Mark.HIST or plot.band):  # the bins as rows of a table
        found = replace(found, x="low", bins=False)
    if plot.x is not None:
        found = replace(found, x=x)
    if plot.by is not None:
        found = replace(found, by=by)
    if plot.band and found.mark is not Mark.LINE:
        found = replace(found, mark=Mark.LINE)
    if plot.shape is not None:
        found = _shaped(table, found, Mark(plot.shape))
    return found


def _one(table: ChartTable, pick: t.ColumnPick | None) -> str | None:
    return next(iter(table.picked((pick,))), None)


def _fitting(table: ChartTable, y: tuple[str, ...], x: str | None, by: str | None) -> Design:
    """The chart of the stage that made the table; where columns were named that it lacks, of these."""
    maker = maker_of(table)
    if _is_along_runs(table):
        return _curves(table, y, x)
    if maker is not None:
        design = _made_by(table, maker)
        if design is not None and (x is None or x == design.x or design.by is None):
            return design
    return _columns(table, y, x, by)


def _is_along_runs(table: ChartTable) -> bool:
    """Whether rows are those of histories, so that lines go along each run and never from one to another."""
    return table.context.kind is TableKind.HISTORIES and table.context.x_axis is not None


def _curves(table: ChartTable, y: tuple[str, ...], x: str | None) -> Design:
    """A line a run along x. Against another metric points, unless that grows along each run as an x axis does."""
    context = table.context
    axis = x or context.x_axis
    metrics = table.of(Holds.NUMBERS, context.metrics_in(table.names))
    drawn = y or tuple(name for name in metrics if name != axis)
    if x is not None and x != context.x_axis and not _grows(table, x):
        return Design(Mark.SCATTER, drawn, axis, _few_runs(table), is_numeric_x=True)
    return Design(Mark.LINE, drawn, axis)


def _called(table: ChartTable) -> str | None:
    """The column that names the rows, if they are runs and it is there."""
    names = (table.context.run_name, table.context.run_id)
    return next((name for name in names if name is not None and name in table.names), None)


def _few_runs(table: ChartTable) -> str | None:
    """The column that names the runs, if there are so few of them that each has a colour."""
    names = (table.context.run_name, "name", table.context.run_id)
    called = next((name for name in names if name is not None and name in table.names), None)
    return called if called is not None and len(table.distinct(called)) <= MOST_LINES else None


def _grows(table: ChartTable, name: str) -> bool:
    """Whether a column never falls along any run."""
    run = table.context.run_id
    if run is None or table.holds(name) is Holds.TEXTS:
        return False
    last: dict[object, float] = {}
    for each, value in zip(table.cells(run), table.numbers(name), strict=True):
        if value is None:
            continue
        if value < last.get(each, value):
            return False
        last[each] = value
    return True


# ---------------------------------------------------------------- by the stage that made the table


def _of_group(table: ChartTable, stage: t.TGroup) -> Design | None:
    folds = [one for one in stage.folds if one.name in table.names]
    keys = group_keys(table, stage)
    around = {name for spread in spreads_of(folds).values() for name in (spread.low, spread.high)}
    measured = tuple(one.name for one in folds if one.name not in around and table.holds(one.name) is Holds.NUMBERS)
    y = measured or ((COUNT,) if COUNT in table.names else ())
    spreads = {name: spread for name, spread in spreads_of(folds).items() if name in y}
    if not y:
        return None
    if not keys:
        return Design(Mark.BAR, y, None, None, spreads)
    x, by = _along(table, keys)
    if _is_long(table, x):
        return Design(Mark.LINE, y, x, by, spreads, is_numeric_x=True)
    return Design(Mark.SCATTER if spreads else Mark.BAR, y, x, by, spreads)


def _along(table: ChartTable, keys: Sequence[str]) -> tuple[str, str | None]:
    """The key along x, which is one of many numbers if there is one, and that which parts the series."""
    x = next((key for key in keys if _is_long(table, key)), keys[0])
    return x, next((key for key in keys if key != x), None)


def _is_long(table: ChartTable, name: str) -> bool:
    """Whether a key has so many numbers or times that they are an axis."""
    if table.holds(name) is Holds.TIMES:
        return len(table.distinct(name)) > 1
    return table.holds(name) is Holds.NUMBERS and len(table.distinct(name)) > MOST_GROUPS


def _of_edge(table: ChartTable, stage: t.TEdge) -> Design | None:
    skipped = {table.context.run_id, table.context.run_name}
    y = tuple(name for name in table.of(Holds.NUMBERS) if name not in skipped and not name.startswith(("_", "config.")))
    return _of_runs(table, y) if stage.count is None and y else None


def _of_runs(table: ChartTable, y: tuple[str, ...]) -> Design:
    """One value a run: a bar each, of many runs the distribution."""
    name = table.context.run_name or table.context.run_id
    if name is None or table.length > _FEW_RUNS:
        return Design(Mark.HIST, y)
    return Design(Mark.BAR, y, name)


def _of_pivot(table: ChartTable) -> Design | None:
    layout = table.context.layout
    if layout is None or not all(cell.value in table.names for cell in layout.cells):
        return None
    return Design(Mark.HEAT, tuple(cell.value for cell in layout.cells))


def _of_histogram(table: ChartTable, stage: t.THistogram) -> Design | None:
    if not {"low", "high", "n"} <= set(table.names):
        return None
    by = next((one.name for one in stage.by), None)
    return Design(Mark.HIST, ("n",), stage.value.name, by, bins=True)


def _of_pareto(table: ChartTable, stage: t.TPareto) -> Design | None:
    goals = tuple(named.name for _, named in stage.goals)
    if not set(goals) <= set(table.names):
        return None
    if len(goals) == 2:
        step = "after" if stage.goals[0][0] is Goal.MIN else "before"
        return Design(Mark.SCATTER, (goals[1],), goals[0], joined=True, step=step)
    return Design(Mark.PARALLEL, goals) if len(goals) > 2 else _of_runs(table, goals)


def _of_holes(table: ChartTable, stage: t.THoles) -> Design | None:
    names = tuple(one.name for one in stage.over if one.name in table.names)
    if len(names) < 2:
        return None
    table.say("each mark is a combination that never ran, of values that did")
    if len(names) == 2:
        return Design(Mark.SCATTER, (names[1],), names[0], crossed=True)
    return Design(Mark.PARALLEL, names)


def _of_duplicates(table: ChartTable) -> Design | None:
    count = next((name for name in ("n", "n_2") if name in table.names), None)
    keys = [name for name in table.names if name not in (count, "ids")]
    return Design(Mark.BAR, (count,), keys[0], keys[1] if len(keys) > 1 else None) if count and keys else None


def _of_corr(table: ChartTable) -> Design | None:
    """A bar a field, coloured by its measure: the strength of categories has no sign, that of ranks has one."""
    if not {"strength", "field", "measure"} <= set(table.names):
        return Design(Mark.BAR, ("strength",), "field") if {"strength", "field"} <= set(table.names) else None
    ends = {ETA: "eta: from 0 to 1, without a sign", SPEARMAN: "spearman: from -1 to 1"}
    for measure in table.distinct("measure"):
        table.say(ends.get(measure, measure))
    return Design(Mark.BAR, ("strength",), "field", "measure")


def _of_describe(table: ChartTable) -> Design | None:
    y = tuple(name for name in ("count", "missing", "nan") if name in table.names)
    return Design(Mark.BAR, y, "column") if "column" in table.names and y else None


def _made_by(table: ChartTable, stage: t.TStage) -> Design | None:  # noqa: PLR0911, PLR0912 - one line a stage
    """The chart of the table of a stage; `None` of one that makes no rows of its own, or whose columns are gone."""
    match stage:
        case t.TGroup():
            return _of_group(table, stage)
        case t.TBest(metric=metric):
            return _of_runs(table, (metric,)) if metric in table.names else None
        case t.TEdge():
            return _of_edge(table, stage)
        case t.TPivot():
            return _of_pivot(table)
        case t.THistogram():
            return _of_histogram(table, stage)
        case t.TCorr():
            return _of_corr(table)
        case t.TPareto():
            return _of_pareto(table, stage)
        case t.THoles():
            return _of_holes(table, stage)
        case t.TDuplicates():
            return _of_duplicates(table)
        case t.TDescribe():
            return _of_describe(table)
        case t.TDiff():
            return Design(Mark.PARALLEL) if "field" in table.names else None
        case (
            t.TRowSelection()
            | t.TAlongRun()
            | t.TOwnRows()
            | t.TSelect()
            | t.TDrop()
            | t.TRename()
            | t.TDerive()
            | t.TUnnest()
        ):
            return None
        case t.TJoin() | t.TUnion() | t.TSql() | t.TPlot() | t.TTo() | t.TAssert():
            return None
        case _:
            assert_never(stage)


# ---------------------------------------------------------------- by what the columns hold


def _columns(table: ChartTable, y: tuple[str, ...], x: str | None, by: str | None) -> Design:  # noqa: PLR0911
    """Of a table of runs, or of one that SQL, `select` or another stage made: by the columns themselves."""
    known = {table.context.run_id, table.context.run_name, x, by}
    numbers = y or tuple(name for name in table.of(Holds.NUMBERS) if name not in known)
    texts = [name for name in table.of(Holds.TEXTS) if name not in {*known, "name"} and not _is_list(table, name)]
    times = table.of(Holds.TIMES)
    if {"low", "high", "n"} <= set(table.names) and not y and x is None:
        return Design(Mark.HIST, ("n",), bins=True)
    if x is not None:
        return _against(table, numbers, x, by)
    if not numbers or all(table.holds(name) is Holds.TEXTS for name in numbers):
        counted = next(iter(y), None) or by or next((name for name in texts if _repeats(table, name)), None)
        return Design(Mark.BAR, (), counted or next(iter(texts), None))
    if table.length == 1 and numbers and table.context.kind is TableKind.OTHER:
        return Design(Mark.BAR, numbers, next(iter(texts), None))
    if y and len(y) == 1:
        return Design(Mark.BOX if by is not None else Mark.HIST, y)
    keyed = next((name for name in texts if not _repeats(table, name)), None)
    if table.context.kind is not TableKind.RUNS and keyed is not None and 1 < table.length <= _FEW_RUNS:
        return Design(Mark.BAR, numbers, keyed)
    is_series = bool(times) and len(table.distinct(times[0])) == table.length  # one row at each time
    if is_series and not y and table.context.kind is not TableKind.RUNS:
        return Design(Mark.LINE, numbers, times[0], is_numeric_x=True)
    groups = next((name for name in texts if _repeats(table, name)), None) if not y else None
    if len(numbers) == 1:
        return Design(Mark.BOX, numbers, None, groups) if groups else Design(Mark.HIST, numbers)
    if len(numbers) == 2:
        return Design(Mark.SCATTER, (numbers[1],), numbers[0], groups)
    return Design(Mark.PARALLEL, y or _axes(table))


def _axes(table: ChartTable) -> tuple[str, ...]:
    """What parallel coordinates show of a table: numbers, texts and times, but what names the runs; lists have no
    place on an axis, and are counted.
    """
    called = {table.context.run_id, table.context.run_name, "name"}
    lists = [name for name in table.of(Holds.TEXTS) if _is_list(table, name)]
    if lists:
        table.say(f"{', '.join(lists)}: lists, which have no place on an axis")
    kinds = {Holds.NUMBERS, Holds.TEXTS} | ({Holds.TIMES} if table.context.kind is not TableKind.RUNS else set())
    return tuple(name for name in table.names if table.holds(name) in kinds and name not in {*called, *lists})


def _against(table: ChartTable, y: tuple[str, ...], x: str, by: str | None) -> Design:
    """Numbers along an x that was named."""
    if table.holds(x) is not Holds.TEXTS:
        return Design(Mark.SCATTER, y, x, is_numeric_x=True)
    if len(table.distinct(x)) == table.length or by is not None:
        return Design(Mark.BAR, y, x)
    return Design(Mark.BOX, y, None, x)


def _repeats(table: ChartTable, name: str) -> bool:
    """Whether a column has few values, which come again."""
    return len(table.distinct(name)) <= max(1, table.length // 2)


def _is_list(table: ChartTable, name: str) -> bool:
    return any(isinstance(cell, list | tuple | dict) for cell in table.cells(name))


# ---------------------------------------------------------------- by the shape that was asked for


def _shaped(table: ChartTable, design: Design, mark: Mark) -> Design:  # noqa: PLR0911 - one line a shape
    """The same columns in another shape; what that needs and the design lacks is sought in the table."""
    if design.mark is mark:
        return replace(design, is_numeric_x=design.is_numeric_x or (mark is Mark.LINE and not _is_along_runs(table)))
    numbers = table.of(Holds.NUMBERS)
    if mark is Mark.PARALLEL:
        return Design(mark, table.picked(table.plot.y) or _axes(table))
    y = design.y or numbers[:1]
    if mark is Mark.HIST:
        return Design(mark, y, None, design.by)
    if mark is Mark.BOX:
        return Design(mark, y, None, design.by or design.x)
    if mark is Mark.HEAT:
        return replace(design, mark=mark)
    if mark is Mark.BAR:
        by = None if design.by == design.x and table.plot.by is None else design.by  # x tells them apart
        return replace(design, mark=mark, is_numeric_x=False, x=design.x or _called(table), by=by)
    x = design.x or next((name for name in (*numbers, *table.of(Holds.TIMES)) if name not in y[:1]), None)
    if design.x is None and table.plot.x is None and len(y) > 1 and x in y:
        y = tuple(name for name in y if name != x)
    is_numeric_x = (design.is_numeric_x or mark is Mark.LINE) and not (mark is Mark.LINE and _is_along_runs(table))
    return replace(design, mark=mark, x=x, y=y, is_numeric_x=is_numeric_x)
