"""The keys of a `group`: each of them parts its rows, so that a bar is one row, and a line one row at each x."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from runql.charts.chart import MOST_LINES, Mark
from runql.charts.design import Design
from runql.charts.series.groups import group_keys, maker_of, spreads_of
from runql.charts.table import ChartTable, Holds
from runql.semantic.typed import TGroup


def keys_apart(table: ChartTable, design: Design) -> Design:
    """The design with all keys of the `group` that made the table: of bars in the names along x, of lines in what
    parts them, where that is few lines. `Design.folded`: the keys that then part nothing.
    """
    stage = maker_of(table)
    if not isinstance(stage, TGroup) or design.mark not in (Mark.BAR, Mark.SCATTER, Mark.LINE) or not design.y:
        return design
    if not design.spreads:
        around = spreads_of([one for one in stage.folds if one.name in table.names])
        design = replace(design, spreads={name: spread for name, spread in around.items() if name in design.y})
    keys = group_keys(table, stage)
    if design.x not in keys:
        return design
    if design.by == design.x and table.plot.x is None:  # `by` took what would have stood along x
        design = replace(design, x=next((key for key in keys if key != design.by), design.x))
    if _is_one_row_each(table, design):
        return design
    if design.mark is Mark.LINE:
        return _of_lines(table, design, _others(keys, design.x, design.by))
    return _of_bars(table, design, keys) if _has_categories(table, design) else design


def _others(keys: Sequence[str], *drawn: str | None) -> list[str]:
    return [key for key in keys if key not in drawn]


def _is_one_row_each(table: ChartTable, design: Design) -> bool:
    """Whether no two rows have the same place along x and the same series."""
    columns = [table.texts(name) for name in (design.x, design.by) if name is not None]
    return len(set(zip(*columns, strict=True))) == table.length


def _has_categories(table: ChartTable, design: Design) -> bool:
    """Whether x is an axis of categories: points at numbers need no parting, as each stands for itself."""
    if design.mark is Mark.BAR or design.x is None or table.holds(design.x) is Holds.TEXTS:
        return True
    return bool(design.spreads) and not design.is_numeric_x and "x" not in table.plot.log


def _of_bars(table: ChartTable, design: Design, keys: Sequence[str]) -> Design:
    """The last key of few values has the colours, the others are joined to the name along x."""
    assert design.x is not None
    by = design.by
    if table.plot.by is None:
        few = (key for key in reversed(_others(keys, design.x)) if len(table.distinct(key)) <= MOST_LINES)
        by = next(few, None)
    table.join(design.x, _others(keys, design.x, by))
    return replace(design, by=by)


def _of_lines(table: ChartTable, design: Design, left: Sequence[str]) -> Design:
    """A line for each value of all keys, where those are few; else `left` is folded at each x."""
    parts = [name for name in (design.by, *left) if name is not None]
    if not left or len(set(zip(*map(table.texts, parts), strict=True))) > MOST_LINES:
        return replace(design, folded=tuple(left))
    table.join(parts[0], parts[1:])
    return replace(design, by=parts[0])
