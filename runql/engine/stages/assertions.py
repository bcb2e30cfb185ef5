"""`assert`: a condition that must hold in every row, or one with aggregates that is asked of the whole table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from runql.engine.stages.context import HIDDEN, StageContext, StageResult
from runql.engine.stages.dispatch import rows_that_hold
from runql.engine.stages.folds import fold_column, fold_expression, skipped_notices
from runql.engine.stages.shared.groups import all_rows
from runql.engine.stages.shared.rows import cells_in, cells_of, folds_in
from runql.engine.stages.shared.say import value_text
from runql.engine.table import Table
from runql.errors import AssertionFailed
from runql.semantic.typed import TAnd, TAssert, TCell, TCompare, TFold, TNot, TOr, TStage
from runql.semantic.values import Value
from runql.text.diagnostic import Diagnostic

_MOST_EXAMPLES = 3


def assert_rows(
    stage: TAssert, tables: Iterable[Table], context: Callable[[], StageContext], said: list[Diagnostic]
) -> Iterator[Table]:
    """Pass the rows on; at the end raise `AssertionFailed` (RQL520) if any of them failed, with the first of them.

    A condition whose truth is unknown does not hold. Over no rows it holds, and that is said. The context is asked once
    there are rows: what tells those of a group apart comes with them.
    """
    failed = total = 0
    examples: list[str] = []
    for table in tables:
        holds = rows_that_hold(stage.condition, table)
        total += table.length
        failed += table.length - sum(holds)
        place = holds.find(0)
        while place >= 0 and len(examples) < _MOST_EXAMPLES:
            examples.append(_example(stage, table, place, context()))
            place = holds.find(0, place + 1)
        yield table
    if failed:
        what = f"{_condition(stage)} does not hold in {failed:,} of {total:,} {'row' if total == 1 else 'rows'}"
        raise _failure(stage, what, examples)
    if not total:
        said.append(Diagnostic("RQL319", f"`assert` had no row to look at: {_condition(stage)}", stage.span))


def assert_table(stage: TAssert, table: Table, context: StageContext) -> StageResult:
    """Ask the condition once, of all rows together. Raises `AssertionFailed` (RQL520) unless it is true."""
    everything = all_rows(table.length)
    folded = {node: fold_column(node, table, everything, context) for node in folds_in(stage.condition)}
    (value,) = fold_expression(stage.condition, folded, {}, 1)
    if value is not True:
        said = [f"{_written(node)} = {value_text(column.values[0])}" for node, column in folded.items()]
        if any(node.name == "count" and isinstance(node.argument, TCompare | TNot | TAnd | TOr) for node in folded):
            said.append("`count(CONDITION)` counts the rows where it is false too: `count_if(CONDITION)` does not")
        raise _failure(stage, f"{_condition(stage)} does not hold", said)
    return StageResult(table, tuple(skipped_notices(folded)), context)


def counts_rows(stage: TStage) -> bool:
    """Whether it is an assertion of how many rows there are: where it holds of none, none are what was asked for."""
    if not isinstance(stage, TAssert) or not stage.over_table:
        return False
    return any(node.name == "count" and node.argument is None for node in folds_in(stage.condition))


def _failure(stage: TAssert, what: str, examples: list[str]) -> AssertionFailed:
    message = f"{stage.message}: {what}" if stage.message else what
    return AssertionFailed([Diagnostic("RQL520", message, stage.span, hints=tuple(examples))])


def _condition(stage: TAssert) -> str:
    return f"`{stage.text}`" if stage.text else "the condition"


def _example(stage: TAssert, table: Table, place: int, context: StageContext) -> str:
    """A row that failed: what tells which one it is, and the values that the condition reads."""
    keys = [name for name in context.keys if name in table.columns]
    wanted = [context.run_id, context.run_name, *keys, context.x_axis, *cells_in(stage.condition)]
    names = [name for name in dict.fromkeys(wanted) if name is not None]
    cells: list[tuple[str, Value]] = [(name, cells_of(table, name)[place]) for name in names]
    return ", ".join(f"{name.removeprefix(HIDDEN)} = {value_text(cell)}" for name, cell in cells)


def _written(node: TFold) -> str:
    if node.argument is None:
        return f"{node.name}()"
    return f"{node.name}({node.argument.name})" if isinstance(node.argument, TCell) else f"{node.name}(…)"
