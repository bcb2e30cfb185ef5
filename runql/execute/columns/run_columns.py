"""Runs as columns: what a source that has its runs as columns gives, without a record for each run.

What the source leaves to be done here, an order or a condition on values of histories, is done on the columns, by the
same bodies as on records.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import compress
from typing import TYPE_CHECKING, TypeAlias, assert_never

from runql.engine.columns import Selection
from runql.engine.evaluate import compile_truth
from runql.engine.table import Table
from runql.engine.values.column import column_of
from runql.execute.run_facts import LAST_STEP, RunFacts, value_of_run
from runql.plan.nodes import Fetch, Filter, Limit, Merge, Offset, RunOperation, Runs, RunScan, Sort, table_of
from runql.semantic.needed import aggregates_in, postorder
from runql.semantic.record import RunRecord
from runql.semantic.typed import TAggregate, TField, TypedExpr
from runql.sources.protocol import RunColumns, RunValue

if TYPE_CHECKING:
    from runql.execute.executor import Executor

_Work: TypeAlias = Filter | Sort | Limit


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
    if fetch is None or executor.doubt is not None or read is None or not is_plain(fetch, executor.facts):
        return None
    values = _values_of(work)
    if values is None:
        return None
    scan = fetch.scan
    has_steps = scan.read.summary is None or "_step" in scan.read.summary
    of_stages = (LAST_STEP,) if has_steps and executor.facts.looks_at_steps else ()
    keys: dict[RunValue, None] = dict.fromkeys((*shown, *read, *values, *of_stages))
    if not set(executor.aggregates.nodes).issubset(keys):
        return None
    found = executor.columns(fetch, tuple(keys))
    if found is None:
        return None
    facts, aggregates = executor.facts, executor.aggregates
    facts.fetched += found.length
    aggregates.looked_at.add_columns(found.columns, found.length)
    taken = facts.add_columns(_worked(found, work, facts), offset, LAST_STEP if LAST_STEP in keys else None)
    aggregates.passed.add_columns(taken.columns, taken.length)
    return taken


def is_plain(fetch: Fetch, facts: RunFacts) -> bool:
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
            case RunScan() | RunOperation() | Merge():
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
    from runql.engine.stages.dispatch import cells_at, sorted_rows  # loaded where something is left to be done

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
    from runql.engine.stages.dispatch import cells_at

    passes, no_run = compile_truth(condition), RunRecord(id="", project="")
    nodes = [node for node in aggregates_in(condition) if isinstance(node, TAggregate)]
    cells = zip(*(cells_at(found.columns[node], rows) for node in nodes), strict=True)
    return [passes(no_run, dict(zip(nodes, of_run, strict=True))) is True for of_run in cells]
