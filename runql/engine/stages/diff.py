"""`diff`: only the fields in which the runs differ, one row a field, one column a run; of many runs a row for both."""

from __future__ import annotations

from collections.abc import Sequence

from runql.engine.compare import identity, is_number
from runql.engine.functions import ARITHMETIC
from runql.engine.stages.context import StageContext, StageResult, free_name
from runql.engine.stages.shared.rows import cells_of
from runql.engine.stages.shared.say import number_of, some, value_text
from runql.engine.table import Table
from runql.errors import QueryError
from runql.semantic.typed import TDiff
from runql.semantic.values import MISSING, Value
from runql.syntax.tree import ArithmeticOp
from runql.text.diagnostic import Diagnostic
from runql.text.nearest import nearest

FIELD, RUN, VALUE, DIFFERENCE, PERCENT = "field", "run", "value", "difference", "percent"
MOST_COLUMNS = 6
"""Of more runs there is a row for each field and run: as columns nobody could read them."""


def diff(stage: TDiff, table: Table, context: StageContext) -> StageResult:
    """A row a field whose values are not the same in all runs; NaN is the same as NaN, missing is not null.

    Beside the runs stand the differences of numbers, and those in percent of the base: from the first run to the
    second if there are two, from the run after `vs` to each other one. Raises RQL317 if no run has that id or name.
    """
    titles = _titles(table, context)
    base = _base(stage, table, context)
    names = [name for name in table.names if name not in {context.run_id, context.run_name}]
    fields = [name for name in names if len(set(map(identity, table.columns[name]))) > 1]
    order = sorted(range(table.length), key=lambda row: row != base)
    make = _wide if table.length <= MOST_COLUMNS else _long
    columns = make(table, fields, titles, order, base)
    notices = []
    if table.length < 2:
        notices.append(Diagnostic("RQL319", f"`diff` compares runs, and there is {_as_text(table.length)}", stage.span))
    elif same := len(names) - len(fields):
        notices.append(Diagnostic("RQL313", f"{number_of(same, 'field')} the same in all runs left out", stage.span))
    return StageResult(Table(columns, len(columns[FIELD])), tuple(notices), context.other(keys=[FIELD, RUN]))


def _wide(
    table: Table, fields: Sequence[str], titles: Sequence[str], order: Sequence[int], base: int | None
) -> dict[str, Sequence[Value]]:
    """A row a field, a column a run."""
    columns: dict[str, Sequence[Value]] = {FIELD: fields}
    for row in order:
        columns[titles[row]] = [table.columns[name][row] for name in fields]
    others = [row for row in order if row != base] if base is not None else []
    for row in others:
        pairs = [(table.columns[name][order[0]], table.columns[name][row]) for name in fields]
        for what, work in _AGAINST:
            title = what if len(others) == 1 else f"{titles[row]} {what}"
            columns[free_name(title, columns)] = [work(*pair) for pair in pairs]
    return columns


def _long(
    table: Table, fields: Sequence[str], titles: Sequence[str], order: Sequence[int], base: int | None
) -> dict[str, Sequence[Value]]:
    """A row for each field and run, the run that the others are compared with first."""
    columns: dict[str, Sequence[Value]] = {
        FIELD: [name for name in fields for _ in order],
        RUN: [titles[row] for _ in fields for row in order],
        VALUE: [table.columns[name][row] for name in fields for row in order],
    }
    if base is not None:
        pairs = [(table.columns[name][base], table.columns[name][row]) for name in fields for row in order]
        for what, work in _AGAINST:
            columns[what] = [work(*pair) for pair in pairs]
    return columns


def _as_text(count: int) -> str:
    return "only one" if count == 1 else "none"


def _titles(table: Table, context: StageContext) -> list[str]:
    """The name of each run; its id too where several have that name, or where it has none."""
    ids = [value_text(cell) for cell in cells_of(table, context.run_id or "id")]
    names = [cell if isinstance(cell, str) and cell else "" for cell in cells_of(table, context.run_name or "name")]
    titles: list[str] = []
    for ident, name in zip(ids, names, strict=True):
        title = name or ident
        if names.count(name) > 1 and name:
            title = f"{name} ({ident})"
        titles.append(free_name(title, [FIELD, DIFFERENCE, PERCENT, *titles]))
    return titles


def _base(stage: TDiff, table: Table, context: StageContext) -> int | None:
    """The row of the run that the others are compared with."""
    if stage.versus is None:
        return 0 if table.length == 2 else None
    ids = list(cells_of(table, context.run_id or "id"))
    names = list(cells_of(table, context.run_name or "name"))
    for cells in (ids, names):
        found = [row for row, cell in enumerate(cells) if cell == stage.versus]
        if len(found) == 1:
            return found[0]
        if found:
            message = f"{len(found)} runs are called `{stage.versus}`"
            hint = f"name one by its id: {some([value_text(ids[row]) for row in found])}"
            raise QueryError([Diagnostic("RQL317", message, stage.span, hints=(hint,))])
    near = nearest(stage.versus, [cell for cell in (*names, *ids) if isinstance(cell, str)])
    hints = (f"nearest: {', '.join(f'`{one}`' for one in near)}",) if near else ()
    message = f"no run in the table has the id or the name `{stage.versus}`"
    raise QueryError([Diagnostic("RQL317", message, stage.span, hints=hints)])


def _difference(base: Value, other: Value) -> Value:
    return ARITHMETIC[ArithmeticOp.SUB](other, base)


def _percent(base: Value, other: Value) -> Value:
    if not (is_number(base) and is_number(other)) or base == 0:
        return MISSING
    return ARITHMETIC[ArithmeticOp.DIV](100 * _difference(base, other), abs(base))


_AGAINST = ((DIFFERENCE, _difference), (PERCENT, _percent))
