"""Windows: a value of each row from the rows of its group. They are worked out before the stage that holds them.

Each becomes a column of the table, which the stage reads in its place and nobody else sees. The rows of each group are
put in the window's order, and its function goes over them; the table itself stays as it is.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, TypeVar

from runql.engine.cast_losses import CastLosses
from runql.engine.stages import dispatch
from runql.engine.stages.context import HIDDEN, StageContext
from runql.engine.stages.folds import fold_column, spread_notices
from runql.engine.stages.shared.aggregates import NOTHING_SKIPPED, Skipped, is_spread
from runql.engine.stages.shared.groups import Groups
from runql.engine.stages.shared.say import skipped_text
from runql.engine.stages.shared.windows import WindowColumn
from runql.engine.table import Table
from runql.language.kinds import TableKind
from runql.language.windows import WINDOWS
from runql.semantic import typed as t
from runql.semantic.values import Value
from runql.text.diagnostic import Diagnostic

_Node = TypeVar("_Node")
_APPROX = "of the sample all the same: `approx` in the call, `lag(loss, approx)`"


def has_windows(stage: t.TStage) -> bool:
    """Whether a stage holds a window: then it needs its whole table."""
    return _holds(stage)


def _holds(node: Any) -> bool:
    if isinstance(node, t.TWindow):
        return True
    if isinstance(node, tuple):
        return any(map(_holds, node))
    return dataclasses.is_dataclass(node) and any(_holds(getattr(node, one.name)) for one in dataclasses.fields(node))


def parts_of(stage: t.TStage) -> tuple[t.TStage, ...]:
    """A stage as several, each of whose windows is of the table that it is given: `derive` column by column."""
    if isinstance(stage, t.TDerive):
        return tuple(t.TDerive((column,), span=stage.span) for column in stage.columns)
    return (stage,)


def without_hidden(table: Table) -> Table:
    """The table without the columns of windows."""
    columns = {name: cells for name, cells in table.columns.items() if not name.startswith(HIDDEN)}
    return Table(columns, table.length)


class Windows:
    """The windows of one stage over its table. `table` has a hidden column for each that was asked for."""

    def __init__(self, table: Table, context: StageContext) -> None:
        self.table = table
        self._context = context
        self._groups: dict[Any, Groups] = {}
        self._names: dict[t.TWindow, str] = {}
        self._whole: list[t.TWindow] = []
        self._said: dict[str, Diagnostic] = {}

    @property
    def said(self) -> tuple[Diagnostic, ...]:
        """What was skipped, what casts lost, and that the rows are a sample if they are one."""
        return (*self._said.values(), *self._sampled())

    def filled(self, node: _Node) -> _Node:
        """The same part of a stage, with the columns of its windows in their place."""
        if isinstance(node, t.TWindow):
            return t.TCell(self._name(node), kind=node.kind, span=node.span)  # type: ignore[return-value]
        if isinstance(node, tuple):
            return tuple(map(self.filled, node))  # type: ignore[return-value]
        if not dataclasses.is_dataclass(node) or isinstance(node, type) or not _holds(node):
            return node
        fields = {one.name: self.filled(getattr(node, one.name)) for one in dataclasses.fields(node)}
        return type(node)(**fields)

    def _name(self, node: t.TWindow) -> str:
        if not node.approx:
            self._whole.append(node)
        if node not in self._names:
            name = f"{HIDDEN}{node.text or node.name}"
            while name in self.table.columns:
                name += HIDDEN
            cells = self._cells(node)
            self.table = Table({**self.table.columns, name: cells}, self.table.length)
            self._names[node] = name
        return self._names[node]

    def _values(self, expr: t.TypedExpr) -> Sequence[Value]:
        filled = self.filled(expr)
        losses = CastLosses((filled,), has_ends=dispatch.has_ends)
        losses.add(lambda part: dispatch.values_of(part, self.table))
        for lost in losses.notices():
            self._said.setdefault(lost.message, lost)
        return dispatch.values_of(filled, self.table)

    # ------------------------------------------------------------ one window

    def _cells(self, node: t.TWindow) -> Sequence[Value]:
        found = self._found(node)
        if found.skipped != NOTHING_SKIPPED:
            self._say(node, found.skipped)
        return found.values

    def _found(self, node: t.TWindow) -> WindowColumn:
        """What the function comes to in each row."""
        groups, length = self._arranged(node), self.table.length
        if node.name not in WINDOWS and node.amount is None:
            return self._folded(node, groups)
        match node.name:
            case "rank" | "dense_rank":
                keys = [self._values(key) for key, _ in node.order]
                return dispatch.ranks(keys, groups, length, dense=node.name == "dense_rank")
            case "row_number":
                return WindowColumn(dispatch.numbered(groups, length))
            case "ntile":
                assert node.amount is not None
                key = self._values(node.order[0][0]) if node.order else None
                return dispatch.parted(key, groups, length, node.amount)
            case _:
                assert node.argument is not None
                return dispatch.window_cells(node.name, self._values(node.argument), groups, node.amount or 1)

    def _folded(self, node: t.TWindow, groups: Groups) -> WindowColumn:
        """An aggregate of the group beside each of its rows."""
        run_id = self._context.run_id
        columns: dict[str, Sequence[Value]] = {}
        if run_id is not None and run_id in self.table.columns:
            columns[run_id] = self._values(t.TCell(run_id))
        parts: list[t.TCell | None] = []
        for place, part in enumerate((node.argument, node.of)):
            parts.append(None if part is None else t.TCell(f"{HIDDEN}{place}"))
            if part is not None:
                columns[f"{HIDDEN}{place}"] = self._values(part)
        fold = t.TFold(node.name, *parts, span=node.span)
        folded = fold_column(fold, Table(columns, self.table.length), groups, self._context)
        if is_spread(node.name) and node.keys:
            of_argument = {t.TFold(node.name, node.argument, span=node.span): folded}
            said = spread_notices(of_argument, groups.sizes(), node.span)
            self._said.update({one.message: one for one in said if one.message not in self._said})
        return WindowColumn(dispatch.spread(folded.values, groups, self.table.length), folded.skipped)

    # ------------------------------------------------------------ rows in groups, and in order

    def _grouped(self, node: t.TWindow) -> Groups:
        """The groups, their rows in the order of the table."""
        if node.keys not in self._groups:
            keys = [self._values(expr) for expr in node.keys]
            self._groups[node.keys] = dispatch.grouped(keys, self.table.length)
        return self._groups[node.keys]

    def _arranged(self, node: t.TWindow) -> Groups:
        """The groups, their rows in the order of the window."""
        if not node.order:
            return self._grouped(node)
        key = node.keys, node.order
        if key not in self._groups:
            keys = [(self._values(expr), descending) for expr, descending in node.order]
            self._groups[key] = dispatch.arranged(self._grouped(node), keys, self.table.length)
        return self._groups[key]

    # ------------------------------------------------------------ what is said

    def _say(self, node: t.TWindow, skipped: Skipped) -> None:
        """What was passed over (RQL312); `count(x)` and `n_unique(x)` ask what there is."""
        if node.name in ("count", "n_unique") and not skipped.nan:
            return
        part = node.order[0][0] if node.argument is None else node.argument
        name = part.name if isinstance(part, t.TCell) else f"{node.name}(…)"
        what = f"without a `{node.name}`" if node.argument is None else "skipped"
        message = f"`{name}`: {skipped_text(skipped)} {what}"
        self._said.setdefault(message, Diagnostic("RQL312", message, node.span))

    def _sampled(self) -> list[Diagnostic]:
        if not self._whole or self._context.kind is not TableKind.HISTORIES or not self._context.is_sampled():
            return []
        message = f"windows over a sample: they see its {self.table.length:,} rows, not every row that was logged"
        hint = "every row: write `scan` left of the pipe"
        return [Diagnostic("RQL334", message, self._whole[0].span, hints=(hint, _APPROX))]
