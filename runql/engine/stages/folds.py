"""Aggregates of a stage over each group of its table, and what is said of the values that they skip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from runql.engine.evaluate import compile_row
from runql.engine.stages.context import HIDDEN, StageContext
from runql.engine.stages.dispatch import fold_cells, values_of
from runql.engine.stages.shared.aggregates import FoldColumn
from runql.engine.stages.shared.groups import Groups
from runql.engine.stages.shared.rows import cells_of, folds_in
from runql.engine.stages.shared.say import skipped_text
from runql.engine.table import Table
from runql.errors import QueryError
from runql.semantic.typed import TCell, TFold, TypedExpr
from runql.semantic.values import Value
from runql.text.diagnostic import Diagnostic
from runql.text.source import Span


def fold_column(node: TFold, table: Table, groups: Groups, context: StageContext) -> FoldColumn:
    """An aggregate over each group. Raises RQL316 if it wants the run's id and no column has it."""
    if node.argument is None:
        return FoldColumn(groups.sizes(), groups.sizes())
    known = None if context.folded is None else context.folded(node, groups)
    if known is not None:
        return known
    cells = values_of(node.argument, table)
    if node.name in ("argmin", "argmax", "wmean"):
        return fold_cells(node.name, cells, groups, _answers(node, table, context))
    return fold_cells(node.name, cells, groups)


def _answers(node: TFold, table: Table, context: StageContext) -> Sequence[Value]:
    if node.of is not None:
        return values_of(node.of, table)
    if context.run_id is None or context.run_id not in table.columns:
        hint = f"name the column: `{node.name}(x, column)`"
        message = f"`{node.name}` gives the id of a run, and no column holds it"
        raise QueryError([Diagnostic("RQL316", message, node.span, hints=(hint,))])
    return cells_of(table, context.run_id)


def fold_expression(
    expr: TypedExpr, columns: Mapping[TFold, FoldColumn], keys: Mapping[str, Sequence[Value]], length: int
) -> Sequence[Value]:
    """An expression over aggregates, such as `max(x) - min(x)`, for each group; it may read the keys too."""
    if isinstance(expr, TFold):
        return columns[expr].values
    value_of = compile_row(expr)
    wanted: dict[str | TFold, Sequence[Value]] = {node: columns[node].values for node in folds_in(expr)}
    wanted.update(keys)
    return [value_of({name: cells[group] for name, cells in wanted.items()}) for group in range(length)]


def skipped_notices(folded: Mapping[TFold, FoldColumn]) -> list[Diagnostic]:
    """What aggregates skipped of the values they were given (RQL312): once for each argument, however many take it."""
    said: dict[str, Diagnostic] = {}
    for node, column in folded.items():
        skipped = column.skipped
        text = skipped_text(skipped)
        # `count(x)` and `n_unique(x)` ask what there is.
        if text and (node.name not in ("count", "n_unique") or skipped.nan):
            message = f"{argument_text(node)}: {text} skipped"
            said.setdefault(message, Diagnostic("RQL312", message, node.span))
    return list(said.values())


def spread_notices(spreads: Mapping[TFold, FoldColumn], sizes: Sequence[int], span: Span) -> list[Diagnostic]:
    """How many groups have no spread (RQL311): those of one row, and for each argument those of one value of it."""
    if not spreads:
        return []
    which = _of_groups(list(sizes).count(1), len(sizes))
    said = [Diagnostic("RQL311", f"{which} a single row, which has no spread", span)] if which else []
    return said + _single_values(sizes, spreads)


def _single_values(sizes: Sequence[int], spreads: Mapping[TFold, FoldColumn]) -> list[Diagnostic]:
    """How many groups of several rows hold a single value of what a spread is of, once for each argument."""
    said: dict[str, Diagnostic] = {}
    for node, column in spreads.items():
        single = sum(size > 1 and count == 1 for size, count in zip(sizes, column.counts, strict=True))
        which = _of_groups(single, len(sizes))
        if which:
            message = f"{which} a single value of {argument_text(node)}, which has no spread"
            said.setdefault(message, Diagnostic("RQL311", message, node.span))
    return list(said.values())


def _of_groups(single: int, count: int) -> str:
    """`2 of 4 groups hold`; nothing of none."""
    if not single:
        return ""
    return "each group holds" if single == count else f"{single:,} of {count:,} groups hold{'s' * (single == 1)}"


def argument_text(node: TFold) -> str:
    """What an aggregate is of, as a notice names it."""
    return f"`{node.argument.name.removeprefix(HIDDEN) if isinstance(node.argument, TCell) else f'{node.name}(…)'}`"
