"""An aggregate over each group of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from runql.engine.evaluate import compile_row
from runql.engine.stages import rows
from runql.engine.stages.context import StageContext
from runql.engine.stages.folds import NOTHING_SKIPPED, Skipped, fold, fold_where
from runql.engine.stages.groups import Groups
from runql.engine.stages.rows import cells_of, folds_in, values_of
from runql.engine.table import Table
from runql.errors import QueryError
from runql.semantic.typed import TCell, TFold, TypedExpr
from runql.semantic.values import Value
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen


@frozen
class FoldColumn:
    """What an aggregate comes to in each group, of how many values, and what it skipped in all."""

    values: Sequence[Value]
    counts: Sequence[int]
    skipped: Skipped = NOTHING_SKIPPED


def fold_column(node: TFold, table: Table, groups: Groups, context: StageContext) -> FoldColumn:
    """An aggregate over each group. Raises RQL316 if it wants the run's id and no column has it."""
    if node.argument is None:
        return FoldColumn(groups.sizes(), groups.sizes())
    cells = values_of(node.argument, table)
    if node.name in ("argmin", "argmax"):
        return fold_cells(node.name, cells, groups, _answers(node, table, context))
    return fold_cells(node.name, cells, groups)


def fold_cells(name: str, cells: Sequence[Value], groups: Groups, answers: Sequence[Value] | None = None) -> FoldColumn:
    """The same of cells that are at hand; `answers` are those that `argmin` and `argmax` choose from."""
    if len(cells) < rows.FAST_ROWS:
        return fold_cells_by_reference(name, cells, groups, answers)
    from runql.engine.stages.arrays.folds import fold_arrays

    return fold_arrays(name, cells, groups, answers)


def fold_cells_by_reference(
    name: str, cells: Sequence[Value], groups: Groups, answers: Sequence[Value] | None = None
) -> FoldColumn:
    """The same, group by group."""
    results: list[Value] = []
    counts: list[int] = []
    skipped = Skipped()
    for places in groups.rows():
        values = [cells[row] for row in places]
        if answers is None:
            value, passed_over = fold(name, values)
        else:
            value, passed_over = fold_where(name, values, [answers[row] for row in places])
        results.append(value)
        counts.append(len(values) - passed_over.missing - passed_over.nan - passed_over.other)
        skipped += passed_over
    return FoldColumn(results, counts, skipped)


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
) -> list[Value]:
    """An expression over aggregates, such as `max(x) - min(x)`, for each group; it may read the keys too."""
    if isinstance(expr, TFold):
        return list(columns[expr].values)
    value_of = compile_row(expr)
    wanted: dict[str | TFold, Sequence[Value]] = {node: columns[node].values for node in folds_in(expr)}
    wanted.update(keys)
    return [value_of({name: cells[group] for name, cells in wanted.items()}) for group in range(length)]


def skipped_notices(folded: Mapping[TFold, FoldColumn]) -> list[Diagnostic]:
    """What aggregates skipped of the values they were given (RQL312): once for each argument, however many take it."""
    said: dict[str, Diagnostic] = {}
    for node, column in folded.items():
        skipped = column.skipped
        parts = [
            f"{count:,} {what}"
            for count, what in (
                (skipped.missing, "missing"),
                (skipped.nan, "NaN"),
                (skipped.other, "of another type"),
            )
            if count
        ]
        # `count(x)` and `n_unique(x)` ask what there is.
        if parts and (node.name not in ("count", "n_unique") or skipped.nan):
            name = node.argument.name if isinstance(node.argument, TCell) else f"{node.name}(…)"
            message = f"`{name}`: {', '.join(parts)} skipped"
            said.setdefault(message, Diagnostic("RQL312", message, node.span))
    return list(said.values())
