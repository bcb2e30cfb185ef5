"""`pivot`: a table of two keys, as a paper has it.

Columns of plain numbers: the rows' key, then for each value of the second key a column of values; where the values are
means of several rows, one of standard deviations (`NAME std`) beside it; where any cell has several, their numbers
(`NAME n`). `PivotLayout` says which belong together, so that a view can write `0.912 ± 0.004 (n=3)`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from runql.engine.columns import identity
from runql.engine.stages.context import StageContext, StageResult, free_name
from runql.engine.stages.dispatch import fold_cells, grouped, values_of
from runql.engine.stages.folds import fold_column, skipped_notices
from runql.engine.stages.layout import PivotCell, PivotLayout
from runql.engine.stages.shared.aggregates import FoldColumn
from runql.engine.stages.shared.groups import Groups
from runql.engine.stages.shared.say import some, value_text
from runql.engine.table import Table
from runql.semantic.typed import TCell, TPivot
from runql.semantic.values import MISSING, Value
from runql.syntax.tree import Goal
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen


def pivot(stage: TPivot, table: Table, context: StageContext) -> StageResult:
    """The table of two keys, both in order. Combinations without a value are listed (RQL315)."""
    keys = [values_of(stage.rows.value, table), values_of(stage.columns.value, table)]
    groups = grouped(keys, table.length)
    folded = fold_column(stage.value, table, groups, context)
    firsts = groups.firsts()
    rows, columns = (_different([cells[row] for row in firsts]) for cells in keys)
    if columns:  # the second key stands in order within each row only
        order = grouped([columns], len(columns)).firsts()
        columns = [columns[place] for place in order]
    place_of = {(identity(keys[0][row]), identity(keys[1][row])): group for group, row in enumerate(firsts)}
    result: dict[str, Sequence[Value]] = {stage.rows.name: rows}
    measured = _Measured(folded, _spreads(stage, table, groups, folded))
    cells: list[PivotCell] = []
    empty: list[str] = []
    for key in columns:
        places = [place_of.get((identity(row), identity(key))) for row in rows]
        cells.append(measured.add(result, value_text(key), places))
        values = result[cells[-1].value]
        empty += [_cross(row, key) for row, value in zip(rows, values, strict=True) if value is MISSING]
    layout = PivotLayout(stage.rows.name, tuple(cells), _goal(stage))
    notices = skipped_notices({stage.value: folded})
    if empty:
        message = f"{len(empty):,} of {len(rows) * len(columns):,} cells are empty: {some(empty)}"
        notices.append(Diagnostic("RQL315", message, stage.span))
    return StageResult(Table(result, len(rows)), tuple(notices), context.other(layout=layout))


def _spreads(stage: TPivot, table: Table, groups: Groups, folded: FoldColumn) -> Sequence[Value] | None:
    """The standard deviation in each group, if the values are means and some are of several rows."""
    if stage.value.name != "mean" or stage.value.argument is None or max(folded.counts, default=0) < 2:
        return None
    return fold_cells("std", values_of(stage.value.argument, table), groups).values


@frozen
class _Measured:
    """What each group comes to, and its spread where there is one."""

    folded: FoldColumn
    spreads: Sequence[Value] | None

    def add(self, result: dict[str, Sequence[Value]], title: str, places: Sequence[int | None]) -> PivotCell:
        """Put the columns of one value of the second key into the result: of these groups, one a row."""
        name = free_name(title, result)
        result[name] = _at(self.folded.values, places)
        spread = count = None
        if self.spreads is not None:
            spread = free_name(f"{name} std", result)
            result[spread] = _at(self.spreads, places)
        if max(self.folded.counts, default=0) > 1:
            count = free_name(f"{name} n", result)
            result[count] = [0 if place is None else self.folded.counts[place] for place in places]
        return PivotCell(name, spread, count)


def _at(values: Sequence[Value], places: Sequence[int | None]) -> list[Value]:
    return [MISSING if place is None else values[place] for place in places]


def _different(cells: Sequence[Value]) -> list[Value]:
    """Each value once, in the order in which they first occur."""
    found: dict[object, Value] = {}
    for cell in cells:
        found.setdefault(identity(cell), cell)
    return list(found.values())


def _cross(row: Value, column: Value) -> str:
    return f"{value_text(row)} × {value_text(column)}"


# ---------------------------------------------------------------- what is better

_WORDS = {
    Goal.MAX: "acc accuracy auc auroc ap map mrr f1 precision recall reward return score iou miou dice bleu rouge ndcg "
    "r2 psnr ssim success win",
    Goal.MIN: "loss nll err error mse rmse mae perplexity ppl fid wer cer bpc bpd time runtime latency seconds regret",
}
_GOAL_OF_WORD = {word: goal for goal, words in _WORDS.items() for word in words.split()}


def _goal(stage: TPivot) -> Goal | None:
    """Whether more or less is better, by the words in the name of what is measured; `None` if they don't tell."""
    if not isinstance(stage.value.argument, TCell) or stage.value.name in ("count", "std", "sem", "ci95", "n_unique"):
        return None
    words = re.split(r"[^a-z0-9]+", stage.value.argument.name.casefold())
    goals = {_GOAL_OF_WORD[word] for word in words if word in _GOAL_OF_WORD}
    return goals.pop() if len(goals) == 1 else None
