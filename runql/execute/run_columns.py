"""Runs as columns: what a source that has its runs as columns gives, without a record for each run.

What the source leaves to be done here, an order or a condition on values of histories, is done on the columns, by the
same bodies as on records. Of `| best min loss` a run's answer is in two rows of its history, the best and the last, of
`| first` and `| last` in one: such a source tells these rows too, and the stage works on them as on all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain, compress
from typing import TYPE_CHECKING, Any, Final, TypeAlias, assert_never

from runql.engine.columns import Selection
from runql.engine.evaluate import compile_truth
from runql.engine.histories.aggregates import aggregates_in
from runql.engine.histories.tables import RUN_ID, HistoryTables
from runql.engine.stages import is_streaming
from runql.engine.stages.dispatch import cells_at, sorted_rows
from runql.engine.table import Table
from runql.engine.values.column import Repeats, column_of
from runql.engine.walk import postorder
from runql.execute.run_facts import ID, LAST_STEP, RunFacts, value_of_run
from runql.plan.nodes import Fetch, Filter, Limit, Merge, Offset, Runs, RunScan, Sort, Watch, stages_of, table_of
from runql.semantic.record import RunRecord
from runql.semantic.typed import HistoryPart, TAggregate, TAssert, TBest, TEdge, TField, TLimit, TStage, TypedExpr
from runql.semantic.values import Value
from runql.sources.protocol import RunColumns, RunValue
from runql.syntax.tree import AlignMode, Goal, Stream

if TYPE_CHECKING:
    from runql.execute.executor import Executor

_Work: TypeAlias = Filter | Sort | Limit
_AXIS: Final = "_step"


def whole_table(executor: Executor, selection: Selection) -> Table | None:
    """The table of a selection, all runs at once; `None` where the source has no columns, where more is decided here
    than can be on columns, and where a column is worked out."""
    shown = {column.name: value_of_run(column.value) for column in selection.columns}
    known = [value for value in shown.values() if value is not None]
    if len(known) < len(selection.columns) or not known:
        return None
    found = read_columns(executor, known)
    if found is None:
        return None
    return Table({name: found.columns[value] for name, value in shown.items() if value is not None}, found.length)


def read_columns(executor: Executor, shown: Sequence[RunValue]) -> RunColumns | None:
    """The runs of an answer as columns of these fields and values; `None` where the source has none, and where more is
    decided here than can be on columns."""
    fetch, work, offset = _bottom(table_of(executor.pushed).input)
    read = executor.facts.values_read
    if fetch is None or executor.doubt is not None or read is None or not _is_plain(fetch, executor.facts):
        return None
    values = _values_of(work)
    if values is None:
        return None
    scan = fetch.scan
    has_steps = scan.read.summary is None or "_step" in scan.read.summary
    of_stages = (LAST_STEP,) if has_steps and executor.facts.has_stages else ()
    keys: dict[RunValue, None] = dict.fromkeys((*shown, *read, *values, *of_stages))
    if not set(executor.aggregates.nodes).issubset(keys):
        return None
    found = executor.columns(fetch, tuple(keys))
    if found is None:
        return None
    facts = executor.facts
    facts.fetched += found.length
    return facts.add_columns(_worked(found, work, facts), offset, LAST_STEP if LAST_STEP in keys else None)


def _is_plain(fetch: Fetch, facts: RunFacts) -> bool:
    """Whether nothing is asked of the runs but their fields and values."""
    scan = fetch.scan
    is_plain = scan.named is None and scan.lazy is not False and not scan.with_sweeps and not scan.read.history_keys
    return is_plain and not fetch.is_empty and not facts.counts_casts


def _bottom(node: Runs) -> tuple[Fetch | None, list[_Work], int]:
    """What is read, what is done on it here from the bottom up, and how many runs an offset on top leaves out."""
    work: list[_Work] = []
    offset = 0
    while True:
        match node:
            case Fetch():
                return node, work[::-1], offset
            case Offset(input=below, count=count) if not work and not offset:
                offset, node = count, below
            case Filter(input=below) | Sort(input=below) | Limit(input=below):
                work.append(node)
                node = below
            case RunScan() | Offset() | Merge() | Watch():
                return None, [], 0
            case _:
                assert_never(node)


def _values_of(work: Sequence[_Work]) -> list[RunValue] | None:
    """What the work reads of the runs; `None` where it is more than orders by fields and values, and conditions on
    values of histories."""
    found: list[RunValue] = []
    for node in work:
        match node:
            case Sort(keys=keys):
                values = [value_of_run(key.value) for key in keys]
                if None in values:
                    return None
                found += [value for value in values if value is not None]
            case Filter(condition=condition):
                if not _is_of_histories(condition):
                    return None
                found += [node for node in aggregates_in(condition) if isinstance(node, TAggregate)]
            case Limit():
                pass
            case _:
                assert_never(node)
    return found


def _is_of_histories(condition: TypedExpr) -> bool:
    return not any(isinstance(node, TField) for node in postorder(condition)) and all(
        isinstance(node, TAggregate) for node in aggregates_in(condition)
    )


def _worked(found: RunColumns, work: Sequence[_Work], facts: RunFacts) -> RunColumns:
    """The runs that are left, in their order."""
    if not work:
        return found
    rows: Sequence[int] = range(found.length)
    is_sorted = False
    for node in work:
        match node:
            case Filter(condition=condition):
                rows = [*compress(rows, _passing(condition, found, rows))]
            case Sort(keys=keys):
                cells = [
                    (cells_at(found.columns[value], rows), key.descending)
                    for key in keys
                    if (value := value_of_run(key.value)) is not None
                ]
                rows, is_sorted = [rows[place] for place in sorted_rows(cells, len(rows))], True
            case Limit(count=count, stops=stops):
                is_full = len(rows) >= count
                of_all = facts.total_of_source() if stops and not is_sorted else len(rows)
                facts.matching = of_all if is_full else None
                rows = rows[:count]
            case _:
                assert_never(node)
    columns = found.columns
    if len(rows) < found.length or is_sorted:
        columns = {value: column_of(cells_at(column, rows)) for value, column in columns.items()}
    return replace(found, length=len(rows), columns=columns)


def _passing(condition: TypedExpr, found: RunColumns, rows: Sequence[int]) -> list[bool]:
    """Whether a condition on values of histories holds, run by run."""
    passes, no_run = compile_truth(condition), RunRecord(id="", project="")
    nodes = [node for node in aggregates_in(condition) if isinstance(node, TAggregate)]
    cells = zip(*(cells_at(found.columns[node], rows) for node in nodes), strict=True)
    return [passes(no_run, dict(zip(nodes, of_run, strict=True))) is True for of_run in cells]


# ---------------------------------------------------------------- the ends of histories


def ends_of_runs(
    executor: Executor, part: HistoryPart, selection: Selection | None, read: HistoryTables
) -> Table | None:
    """The rows that the first stage keeps, of all runs; `None` where it keeps others, or no source knows them.

    What they stand for is counted in `read`: all rows.
    """
    columns = () if selection is None else selection.columns
    metric = _metric_of(part, stages_of(executor.plan), [column.name for column in columns])
    fixed = {column.name: value_of_run(column.value) for column in columns}
    if metric is None or None in fixed.values():
        return None
    own = [value for value in fixed.values() if value is not None]
    wanted = _wanted(stages_of(executor.plan)[0], metric)
    found = read_columns(executor, [ID, *own, *wanted.values()])
    if found is None:
        return None
    ids = [*found.columns[ID]]
    facts = {name: [*found.columns[value]] for name, value in wanted.items()}
    totals, nan = facts["rows"], facts["nan"]
    if len(set(ids)) < len(ids) or not all(rises for rises, total in zip(facts["rises"], totals, strict=True) if total):
        return None
    read.facts.count_runs(metric, totals, nan)
    rows = [_rows(facts, run) for run in range(len(ids)) if totals[run]]
    there = [run for run, total in enumerate(totals) if total]
    counts = [len(each) for each in rows]
    steps, values = ([cell[at] for cell in chain.from_iterable(rows)] for at in (0, 1))
    read.left_out_nan = sum(nan) - column_of(values).nan_count()
    cells: dict[str, Any] = {
        RUN_ID: Repeats([ids[run] for run in there], counts),
        _AXIS: column_of(steps),
        metric: column_of(values),
    }
    for name, value in fixed.items():
        column = found.columns[value] if value is not None else ()
        cells[name] = Repeats([column[run] for run in there], counts)
    return Table(cells, sum(counts))


def _metric_of(part: HistoryPart, stages: Sequence[TStage], names: Sequence[str]) -> str | None:
    """The one metric of which every row is asked, for a first stage that keeps the ends of it."""
    first = stages[0] if stages else None
    keys = part.keys or ()
    is_plain = (
        len(keys) == 1
        and part.system_keys == ()
        and part.samples is None
        and part.x_axis == _AXIS
        and (part.min_step, part.max_step, part.min_x, part.max_x) == (None, None, None, None)
        and part.align is not AlignMode.FFILL
        and part.stream is Stream.DEFAULT
    )
    if not is_plain or "*" in keys[0] or keys[0] in {_AXIS, RUN_ID, *names} or _stops_early(stages):
        return None
    keeps_ends = (isinstance(first, TBest) and first.metric == keys[0]) or (
        isinstance(first, TEdge) and first.count in (None, 1)
    )
    return keys[0] if keeps_ends else None


def _stops_early(stages: Sequence[TStage]) -> bool:
    """Whether a stage may end the reading before all runs were read: then it is said of how many."""
    for stage in stages:
        if isinstance(stage, TLimit | TAssert):
            return True
        if not is_streaming(stage):
            return False
    return False


def _wanted(stage: TStage, metric: str) -> Mapping[str, RunValue]:
    """What is asked of each run, by what it is here."""
    names = {"rows": "rows", "nan": "nan", "rises": "rises"}
    if isinstance(stage, TBest):
        low = stage.goal is Goal.MIN
        names |= {"count": "count", "step": "argmin" if low else "argmax", "value": "min" if low else "max"}
    if isinstance(stage, TBest) or (isinstance(stage, TEdge) and stage.last):
        names |= {"last_step": "last_step", "last": "last"}
    else:
        names |= {"last_step": "first_step", "last": "first"}
    return {own: TAggregate(name, metric) for own, name in names.items()}


def _rows(facts: Mapping[str, Sequence[Value]], run: int) -> list[tuple[Value, Value]]:
    """The steps and values of a run, in the order of its steps."""
    last = (facts["last_step"][run], facts["last"][run])
    if "step" not in facts or not facts["count"][run]:
        return [last]
    return [(facts["step"][run], facts["value"][run]), last]  # one row, if it is the same, does no harm twice
