"""`group`: one row a group, with its keys, its aggregates and the number of its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from runql.engine.cast_losses import CastLosses
from runql.engine.stages.context import StageContext, StageResult
from runql.engine.stages.dispatch import cells_at, grouped
from runql.engine.stages.folds import fold_column, fold_expression, skipped_notices, spread_notices
from runql.engine.stages.shape import columns_of, two_of_one_name
from runql.engine.stages.shared.aggregates import is_spread
from runql.engine.stages.shared.groups import all_rows
from runql.engine.stages.shared.rows import folds_in
from runql.engine.table import Table
from runql.engine.values.column import column_of
from runql.semantic.typed import TGroup
from runql.semantic.values import Missing, Value
from runql.text.diagnostic import Diagnostic
from runql.text.source import Span

COUNT = "n"


def group(stage: TGroup, table: Table, context: StageContext) -> StageResult:
    """A row a group, in the order of the keys: the keys, the aggregates, and `n` unless an aggregate is called so.

    Without keys one row of the aggregates alone, also of a table without rows: so it is a single value for `value`.
    """
    keys = columns_of(stage.keys, table)
    groups = grouped(list(keys.values()), table.length) if stage.keys else all_rows(table.length)
    nodes = dict.fromkeys(node for named in stage.folds for node in folds_in(named.value))
    folded = {node: fold_column(node, table, groups, context) for node in nodes}
    columns: dict[str, Sequence[Value]] = {name: cells_at(cells, groups.firsts()) for name, cells in keys.items()}
    of_keys = dict(columns)
    for named in stage.folds:
        if named.name in columns:
            raise two_of_one_name(named.name, named.value.span)
        columns[named.name] = fold_expression(named.value, folded, of_keys, len(groups))
    sizes = groups.sizes()
    if stage.keys:
        columns.setdefault(COUNT, sizes)
    spreads = {node: column for node, column in folded.items() if is_spread(node.name)} if stage.keys else {}
    single = spread_notices(spreads, sizes, stage.span)
    casts = CastLosses((named.value for named in stage.folds), of_folds=True)
    casts.add(lambda expr: fold_expression(expr, folded, of_keys, len(groups)))
    notices = [*casts.notices(), *skipped_notices(folded), *single, *_alike(of_keys, stage.span)]
    return StageResult(Table(columns, len(groups)), tuple(notices), context.other(keys=keys))


def _alike(keys: Mapping[str, Sequence[Value]], span: Span) -> list[Diagnostic]:
    """The keys with several groups that are all written as nothing (RQL332)."""
    said = []
    for name, cells in keys.items():
        types = column_of(cells).types
        has_empty = str in types and "" in list(cells)
        empty = {"missing": Missing in types, "null": type(None) in types, "the empty text": has_empty}
        alike = [what for what, is_there in empty.items() if is_there]
        if len(alike) > 1:
            message = f"`{name}` has groups that look alike in CSV and JSON: {' and '.join(alike)}"
            hint = f'one group of them: `derive key = coalesce({name}, "none") | group key : …`'
            said.append(Diagnostic("RQL332", message, span, hints=(hint,)))
    return said
