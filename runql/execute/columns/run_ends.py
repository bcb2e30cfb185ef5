"""The ends of histories: of `| best min loss` a run's answer is in two rows of its history, the best and the last, of
`| first` and `| last` in one. A source that has its runs as columns tells these rows, and the stage works on them as on
all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from runql.engine.columns import Selection
from runql.engine.histories.tables import RUN_ID, HistoryTables
from runql.engine.stages import is_streaming
from runql.engine.table import Table
from runql.engine.values.column import Repeats, column_of
from runql.execute.columns.run_columns import read_columns
from runql.execute.run_facts import ID, value_of_run
from runql.plan.nodes import stages_of
from runql.semantic.typed import HistoryPart, TAggregate, TAssert, TBest, TEdge, TLimit, TStage
from runql.semantic.values import Value
from runql.sources.protocol import RunValue
from runql.syntax.tree import AlignMode, Goal, Stream

if TYPE_CHECKING:
    from runql.execute.executor import Executor

_AXIS: Final = "_step"


def ends_of_runs(
    executor: Executor, part: HistoryPart, selection: Selection | None, read: HistoryTables
) -> Table | None:
    """The rows that the first stage keeps, of all runs; `None` where it keeps others, or no source knows them.

    What they stand for is counted in `read`: all rows.
    """
    columns = () if selection is None else selection.columns
    metric = metric_of_ends(part, stages_of(executor.plan), [column.name for column in columns])
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


def metric_of_ends(part: HistoryPart, stages: Sequence[TStage], names: Sequence[str]) -> str | None:
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
