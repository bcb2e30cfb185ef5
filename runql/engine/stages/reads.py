"""Which columns a stage reads by name, and what is said of one that the table does not have.

What only the rows can tell (the columns of `pivot` and `diff`) the checker lets pass; here it is known.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any, assert_never

from runql.engine.stages.shared.say import some
from runql.engine.table import Table
from runql.errors import QueryError
from runql.semantic import typed as t
from runql.semantic.spelling import code
from runql.semantic.typed.stages import stage_name
from runql.text.diagnostic import Diagnostic
from runql.text.nearest import nearest
from runql.text.source import NOWHERE, Span

_MOST_NAMED = 8


def refuse_unknown(stage: t.TStage, table: Table) -> None:
    """Raises RQL218 for the columns that a stage names and that the table lacks."""
    wrong = []
    said: set[str] = set()
    for name, span in _read(stage):
        if name not in table.columns and name not in said:
            near = nearest(name, table.names, most=1)
            known = some([code(one) for one in table.names], _MOST_NAMED)
            hint = f"nearest: {code(near[0])}" if near else f"its columns are {known}"
            message = f"no column {code(name)} in the table that `{stage_name(stage)}` is given"
            wrong.append(Diagnostic("RQL218", message, span, hints=(hint,)))
            said.add(name)
    if wrong:
        raise QueryError(wrong)


def may_read(stage: t.TStage, column: str) -> bool:
    """Whether a stage names a column, or may mean it by a pattern."""
    return any(name == column for name, _ in _read(stage)) or _has_pattern(stage)


def _has_pattern(node: Any) -> bool:
    if isinstance(node, t.ColumnPick):
        return node.is_glob
    if isinstance(node, tuple):
        return any(map(_has_pattern, node))
    return dataclasses.is_dataclass(node) and any(
        _has_pattern(getattr(node, one.name)) for one in dataclasses.fields(node)
    )


def _read(stage: t.TStage) -> Iterator[tuple[str, Span]]:
    """The names in a stage, with their places; not those that `derive` has made itself before it reads them."""
    match stage:
        case t.TDerive(columns=columns):
            made: set[str] = set()
            for column in columns:
                yield from ((name, at) for name, at in _named(column.value, stage.span) if name not in made)
                made.add(column.name)
        case t.TRename(names=names):
            yield from ((old, stage.span) for old, _ in names)
        case t.TJoin(keys=keys):
            yield from ((left, stage.span) for left, _ in keys)
        case t.TUnion():
            return
        case t.TRowSelection() | t.TSelect() | t.TDrop() | t.TGroup() | t.TBest():
            yield from _named(stage, stage.span)
        case t.TEdge() | t.TAlongRun() | t.TOwnRows() | t.TPivot() | t.THistogram():
            yield from _named(stage, stage.span)
        case t.TUnnest(column=column):
            yield column, stage.span
        case t.TSql() | t.TPlot() | t.TTo() | t.TAssert():
            yield from _named(stage, stage.span)
        case _:
            assert_never(stage)


def _named(node: Any, span: Span) -> Iterator[tuple[str, Span]]:
    """The names in any part of a stage: whatever fields it has."""
    if isinstance(node, t.TCell):
        yield node.name, node.span if node.span != NOWHERE else span
    elif isinstance(node, t.ColumnPick):
        yield from () if node.is_glob else ((node.pattern, span),)
    elif isinstance(node, tuple):
        for part in node:
            yield from _named(part, span)
    elif dataclasses.is_dataclass(node):
        for one in dataclasses.fields(node):
            yield from _named(getattr(node, one.name), span)
