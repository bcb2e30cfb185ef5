"""Which columns a stage reads by name, and what is said of one that the table does not have.

What only the rows can tell (the columns of `pivot` and `diff`) the checker lets pass; here it is known.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from runql.engine.stages.shared.say import some
from runql.engine.table import Table
from runql.errors import QueryError
from runql.semantic.spelling import code
from runql.semantic.typed import ColumnPick, TCell, TDerive, TRename, TStage
from runql.semantic.typed.stages import stage_name
from runql.text.diagnostic import Diagnostic
from runql.text.nearest import nearest
from runql.text.source import NOWHERE, Span

_MOST_NAMED = 8


def refuse_unknown(stage: TStage, table: Table) -> None:
    """Raises RQL218 for the columns that a stage names and that the table lacks."""
    wrong = []
    said: set[str] = set()
    for name, span in _read(stage, stage.span):
        if name not in table.columns and name not in said:
            near = nearest(name, table.names, most=1)
            known = some([code(one) for one in table.names], _MOST_NAMED)
            hint = f"nearest: {code(near[0])}" if near else f"its columns are {known}"
            message = f"no column {code(name)} in the table that `{stage_name(stage)}` is given"
            wrong.append(Diagnostic("RQL218", message, span, hints=(hint,)))
            said.add(name)
    if wrong:
        raise QueryError(wrong)


def _read(node: Any, span: Span) -> Iterator[tuple[str, Span]]:
    """The names in a stage, with their places; not those that `derive` has made itself before it reads them."""
    match node:
        case TDerive(columns=columns):
            made: set[str] = set()
            for column in columns:
                yield from ((name, at) for name, at in _read(column.value, span) if name not in made)
                made.add(column.name)
        case TRename(names=names):
            yield from ((old, span) for old, _ in names)
        case TCell(name=name):
            yield name, node.span if node.span != NOWHERE else span
        case ColumnPick(pattern=pattern):
            yield from () if node.is_glob else ((pattern, span),)
        case tuple():
            for part in node:
                yield from _read(part, span)
        case _ if dataclasses.is_dataclass(node):
            for one in dataclasses.fields(node):
                yield from _read(getattr(node, one.name), span)
