"""`pivot`: a table of keys, as a paper has it.

Columns of plain numbers: the keys of the rows, then for each value of the key that goes across a column for each
aggregate (`VALUE NAME` of several); where the values are means of several rows, one of standard deviations
(`NAME std`) beside it; where any cell has several, their numbers (`NAME n`).
`PivotLayout` says which belong together, so that a view can write `0.912 ± 0.004 (n=3)`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace

from runql.engine.compare import identity
from runql.engine.stages.context import StageContext, StageResult, free_name
from runql.engine.stages.dispatch import fold_cells, grouped, values_of
from runql.engine.stages.folds import fold_column, skipped_notices, spread_notices
from runql.engine.stages.layout import PivotCell, PivotLayout
from runql.engine.stages.shared.aggregates import FoldColumn, is_spread
from runql.engine.stages.shared.groups import Groups
from runql.engine.stages.shared.say import some, value_text
from runql.engine.table import Table
from runql.semantic.goals import goal_of
from runql.semantic.typed import Pivoted, TCell, TFold, TPivot
from runql.semantic.values import MISSING, Value
from runql.syntax.tree import Goal
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen


def pivot(stage: TPivot, table: Table, context: StageContext) -> StageResult:
    """The table of the keys, all in order. Combinations without a value of any aggregate are listed (RQL315)."""
    cross = _cross_of(stage, table)
    result: dict[str, Sequence[Value]] = dict(zip((named.name for named in stage.rows), cross.rows, strict=True))
    asked = {one.fold for one in stage.values}
    measures = [_measure(one, table, cross.groups, context, asked) for one in stage.values]
    is_titled = len(measures) > 1 or any(one.is_given for one in stage.values)
    cells: list[PivotCell] = []
    empty: list[str] = []
    pairs = list(zip(stage.values, measures, strict=True))
    told = [
        list(measure.folded.counts) for one, measure in pairs if one.fold.name == "count"
    ]  # by the cells themselves
    for key in cross.columns:
        places = cross.places(key)
        shown, valueless = list(told), set(range(cross.length))
        for one, measure in pairs:
            title = f"{value_text(key)} {one.name}" if is_titled else value_text(key)
            counts = list(measure.folded.counts)
            made = measure.add(result, title, places, is_counted=counts not in shown)
            cells.append(replace(made, key=key))
            shown.append(counts)
            values = result[cells[-1].value]
            valueless = {row for row in valueless if values[row] is MISSING}
        empty += [cross.text(row, key) for row in sorted(valueless)]
    folded = {one.fold: measure.folded for one, measure in pairs}
    spreads = {fold: column for fold, column in folded.items() if is_spread(fold.name)}
    notices = [*skipped_notices(folded), *spread_notices(spreads, cross.groups.sizes(), stage.span)]
    if empty:
        count = cross.length * len(cross.columns)
        message = f"{len(empty):,} of {count:,} cells are empty: {some(empty)}"
        notices.append(Diagnostic("RQL315", message, stage.span))
    layout = PivotLayout(tuple(named.name for named in stage.rows), tuple(cells))
    return StageResult(Table(result, cross.length), tuple(notices), context.other(keys=layout.rows, layout=layout))


@frozen
class _Cross:
    """The keys of a pivot. `rows`: the columns of the rows' keys. `columns`: the values that go across. `numbers`: of
    each combination of the rows' keys and one that goes across its group."""

    groups: Groups
    rows: Sequence[Sequence[Value]]
    columns: Sequence[Value]
    row_ids: Sequence[object]
    numbers: Mapping[object, int]

    @property
    def length(self) -> int:
        return len(self.row_ids)

    def places(self, key: Value) -> list[int | None]:
        """The group of each row in the column of that key."""
        return [self.numbers.get((row, identity(key))) for row in self.row_ids]

    def text(self, row: int, key: Value) -> str:
        return " × ".join(value_text(cell) for cell in (*(cells[row] for cells in self.rows), key))


def _cross_of(stage: TPivot, table: Table) -> _Cross:
    keys = [values_of(named.value, table) for named in (*stage.rows, stage.columns)]
    groups = grouped(keys, table.length)
    firsts = groups.firsts()
    across = _different([keys[-1][row] for row in firsts])
    if across:  # the last key stands in order within each row only
        order = grouped([across], len(across)).firsts()
        across = [across[place] for place in order]
    numbers: dict[object, int] = {}
    first_of: dict[object, int] = {}
    for group, row in enumerate(firsts):
        one = tuple(identity(cells[row]) for cells in keys[:-1])
        first_of.setdefault(one, row)
        numbers[one, identity(keys[-1][row])] = group
    rows = [[cells[row] for row in first_of.values()] for cells in keys[:-1]]
    return _Cross(groups, rows, across, list(first_of), numbers)


def _measure(one: Pivoted, table: Table, groups: Groups, context: StageContext, asked: Set[TFold]) -> _Measured:
    """A value of the pivot, with its spread unless that is one of those that were `asked` for."""
    folded = fold_column(one.fold, table, groups, context)
    is_asked = TFold("std", one.fold.argument) in asked
    return _Measured(folded, None if is_asked else _spreads(one.fold, table, groups, folded), _goal(one.fold))


def _spreads(fold: TFold, table: Table, groups: Groups, folded: FoldColumn) -> Sequence[Value] | None:
    """The standard deviation in each group, if the values are means and some are of several rows."""
    if fold.name != "mean" or fold.argument is None or max(folded.counts, default=0) < 2:
        return None
    return fold_cells("std", values_of(fold.argument, table), groups).values


@frozen
class _Measured:
    """What each group comes to, and its spread where there is one."""

    folded: FoldColumn
    spreads: Sequence[Value] | None
    goal: Goal | None

    def add(
        self, result: dict[str, Sequence[Value]], title: str, places: Sequence[int | None], *, is_counted: bool
    ) -> PivotCell:
        """Put the columns of one value of the last key into the result: of these groups, one a row."""
        name = free_name(title, result)
        result[name] = _at(self.folded.values, places)
        spread = count = None
        if self.spreads is not None:
            spread = free_name(f"{name} std", result)
            result[spread] = _at(self.spreads, places)
        if is_counted and max(self.folded.counts, default=0) > 1:
            count = free_name(f"{name} n", result)
            result[count] = [0 if place is None else self.folded.counts[place] for place in places]
        return PivotCell(name, spread, count, self.goal)


def _at(values: Sequence[Value], places: Sequence[int | None]) -> list[Value]:
    return [MISSING if place is None else values[place] for place in places]


def _different(cells: Sequence[Value]) -> list[Value]:
    """Each value once, in the order in which they first occur."""
    found: dict[object, Value] = {}
    for cell in cells:
        found.setdefault(identity(cell), cell)
    return list(found.values())


def _goal(fold: TFold) -> Goal | None:
    """Whether more or less is better, by the words in the name of what is measured; `None` if they don't tell."""
    if not isinstance(fold.argument, TCell) or fold.name in ("count", "std", "sem", "ci95", "n_unique"):
        return None
    return goal_of(fold.argument.name)
