"""What is known of a table after a stage, before any row was read: its columns, and what its rows are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import assert_never

from runql.engine.stages.context import StageContext, free_name
from runql.engine.stages.group import COUNT
from runql.engine.stages.histogram import COUNT as BIN_COUNT
from runql.engine.stages.histogram import HIGH, LOW
from runql.engine.stages.history_stages.best import GAP, LAST
from runql.engine.stages.shape import picked
from runql.language.kinds import KEYS, TableKind
from runql.semantic import typed as t
from runql.semantic.typed.stages import entry_of
from runql.semantic.windows import cells_within, varies
from runql.syntax.tree import JoinKind


def names_after(stage: t.TStage, names: Sequence[str], context: StageContext) -> tuple[str, ...] | None:  # noqa: PLR0911, PLR0912
    """The columns after a stage, in order, from those before it; `None` where only the rows can tell."""
    match stage:
        case t.TSelect() | t.TGroup():
            return _chosen(stage, names)
        case t.TDrop(columns=columns):
            unwanted = {name for pick in columns for name in picked(pick, names)}
            return tuple(name for name in names if name not in unwanted)
        case t.TRename(names=pairs):
            new = dict(pairs)
            return tuple(new.get(name, name) for name in names)
        case t.TDerive(columns=made):
            return tuple(dict.fromkeys((*names, *(column.name for column in made))))
        case t.TBest(metric=metric):
            first = dict.fromkeys(name for name in (context.run_id, context.x_axis, metric) if name is not None)
            return tuple(dict.fromkeys((*first, free_name(LAST, names), free_name(GAP, names), *names)))
        case t.TBin():
            return (*names, free_name(COUNT, names))
        case t.TOwnRows():
            return _own_columns(stage, names, context)
        case t.TJoin():
            return _with_other(stage, names)
        case t.TUnion(other=other):
            return None if other.columns is None else tuple(dict.fromkeys((*names, *other.columns)))
        case t.THistogram(by=by):
            return (*(named.name for named in by), LOW, HIGH, BIN_COUNT)
        case t.TUnnest(column=column, name=name):
            return tuple(name if one == column else one for one in names)
        case t.TPivot() | t.TSql():
            return None
        case t.TRowSelection() | t.TEdge() | t.TAlongRun():
            return tuple(names)
        case t.TPlot() | t.TTo() | t.TAssert():
            return tuple(names)
        case _:
            assert_never(stage)


def _with_other(stage: t.TJoin, names: Sequence[str]) -> tuple[str, ...] | None:
    """The columns of both tables; keys of one name once."""
    if stage.how in (JoinKind.SEMI, JoinKind.ANTI):
        return tuple(names)
    return None if stage.other.columns is None else tuple(dict.fromkeys((*names, *stage.other.columns)))


def _own_columns(stage: t.TStage, names: Sequence[str], context: StageContext) -> tuple[str, ...] | None:
    """What the entry of a stage tells of its columns: the keys first, then those that it makes."""
    entry = entry_of(stage)
    keys = [key for one in entry.parts or () if one.kind in KEYS for key in getattr(stage, one.name)]
    columns = _titled(keys, names)
    for made in entry.makes:
        if not made.of_runs or context.run_id in names:
            columns[free_name(made.name, columns)] = None
    return None if entry.opens else tuple(columns)


def _chosen(stage: t.TSelect | t.TGroup, names: Sequence[str]) -> tuple[str, ...]:
    match stage:
        case t.TSelect(columns=columns):
            return tuple(_titled(columns, names))
        case t.TGroup(keys=keys, folds=folds):
            count = (COUNT,) if keys else ()
            return tuple(dict.fromkeys((*_titled(keys, names), *(fold.name for fold in folds), *count)))
        case _:
            assert_never(stage)


def _titled(columns: Sequence[t.Named | t.ColumnPick], names: Sequence[str]) -> dict[str, None]:
    """The names of the columns that are chosen, each once."""
    return {name: None for one in columns for name in ([one.name] if isinstance(one, t.Named) else picked(one, names))}


def context_after(stage: t.TStage, context: StageContext) -> StageContext:  # noqa: PLR0911, PLR0912 - one line a stage
    """What is known of the table after a stage. The layout of a pivot comes with its rows."""
    match stage:
        case t.TGroup() | t.TPivot() | t.THistogram() | t.TSql() | t.TOwnRows():
            return context.other()
        case t.TEdge(count=int()):
            return context
        case t.TBest() | t.TEdge() | t.TUnnest():
            return context.other(run_id=context.run_id, run_name=context.run_name)
        case t.TBin():
            return replace(context, fixed=(*context.fixed, free_name(COUNT, context.fixed)))
        case t.TSelect() | t.TDrop() | t.TRename():
            return _renamed(stage, context)
        case t.TDerive(columns=columns):
            for column in columns:
                context = _with_column(column, context)
            return context
        case t.TJoin(how=JoinKind.FULL):
            return context.other()
        case t.TJoin(other=other):
            brought = tuple(name for name in other.columns or () if name not in context.fixed)
            is_along = context.kind is TableKind.HISTORIES and stage.how in (JoinKind.INNER, JoinKind.LEFT)
            return replace(context, fixed=(*context.fixed, *brought)) if is_along else context
        case t.TUnion():
            return context if stage.of_runs else context.other()
        case t.TRowSelection() | t.TAlongRun():
            return context
        case t.TPlot() | t.TTo() | t.TAssert():
            return context
        case _:
            assert_never(stage)


def _with_column(column: t.Named, context: StageContext) -> StageContext:
    """A new column is a metric if it is made of any cell that changes from step to step."""
    if context.kind is not TableKind.HISTORIES:
        return context
    still = {context.run_id, *context.fixed}
    if not varies(column.value) and all(cell.name in still for cell in cells_within(column.value)):
        return replace(context, fixed=(*context.fixed, column.name))
    if context.metrics is None or column.name in context.metrics:
        return context
    return replace(context, metrics=(*context.metrics, column.name))


def _renamed(stage: t.TSelect | t.TDrop | t.TRename, context: StageContext) -> StageContext:
    """The columns that mean something, under their new names, without those that are gone."""
    titles = _titles(stage)

    def one(name: str | None) -> str | None:
        return next(iter(titles(name)), None) if name is not None else None

    def several(names: Sequence[str]) -> tuple[str, ...]:
        return tuple(title for name in names for title in titles(name))

    after = replace(
        context,
        run_id=one(context.run_id),
        run_name=one(context.run_name),
        keys=several(context.keys),
        x_axis=one(context.x_axis),
        metrics=None if context.metrics is None else several(context.metrics),
        fixed=several(context.fixed),
        config=None if context.config is None else several(context.config),
        layout=context.layout if isinstance(stage, t.TDrop) and _keeps(context, titles) else None,
    )
    if isinstance(stage, t.TSelect):
        made = [one for one in stage.columns if isinstance(one, t.Named) and not isinstance(one.value, t.TCell)]
        for column in made:
            known = _with_column(column, context)
            added = column.name in known.fixed and column.name not in after.fixed
            after = replace(after, fixed=(*after.fixed, column.name)) if added else after
            if known.metrics is not None and column.name in known.metrics and after.metrics is not None:
                after = replace(after, metrics=tuple(dict.fromkeys((*after.metrics, column.name))))
    return after


def _keeps(context: StageContext, titles: Callable[[str], list[str]]) -> bool:
    """Whether all the columns of a pivot are still there."""
    if context.layout is None:
        return False
    names = [name for cell in context.layout.cells for name in (cell.value, cell.spread, cell.count) if name]
    names += [context.layout.bars] if context.layout.bars is not None else []
    return all(titles(name) == [name] for name in (*context.layout.rows, *names))


def _titles(stage: t.TSelect | t.TDrop | t.TRename) -> Callable[[str], list[str]]:
    """From a column's name before the stage to its names after it."""
    match stage:
        case t.TRename(names=pairs):
            new = dict(pairs)
            return lambda name: [new.get(name, name)]
        case t.TDrop(columns=columns):
            return lambda name: [] if any(name in picked(pick, (name,)) for pick in columns) else [name]
        case t.TSelect(columns=wanted):
            return lambda name: [title for one in wanted for title in _selected(one, name)]
        case _:
            assert_never(stage)


def _selected(one: t.Named | t.ColumnPick, name: str) -> list[str]:
    if isinstance(one, t.ColumnPick):
        return [name] if name in picked(one, (name,)) else []
    return [one.name] if isinstance(one.value, t.TCell) and one.value.name == name else []
