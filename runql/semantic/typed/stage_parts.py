"""What the typed stages are made of: columns to be made and to be picked, the other table, and their base."""

from __future__ import annotations

from dataclasses import field
from typing import ClassVar

from runql.semantic.typed.expressions import TFold, TypedExpr
from runql.semantic.typed.query import TColumn
from runql.syntax.tree import Query
from runql.text.frozen import frozen
from runql.text.source import NOWHERE, Span


@frozen
class Named:
    """A column to be made: its name and its value."""

    name: str
    value: TypedExpr


@frozen
class ColumnPick:
    """Columns of the table by name or glob (`config.*`), without those that `except_` names or globs."""

    pattern: str
    is_glob: bool = False
    except_: tuple[str, ...] = ()


@frozen
class Pivoted:
    """What a pivot measures. `name`: as it was given, or the text of the aggregate."""

    name: str
    fold: TFold
    is_given: bool = False


@frozen
class TOther:
    """The other table of a stage: an inner question. Two of one `text` that fetch the same are one.

    `fetched`: what is read of its runs besides what it names, for the stage or those behind it. `name`: what messages
    call it. `columns`: those that it is known to have; `None` where only its rows can tell.
    """

    text: str
    fetched: tuple[TColumn, ...] = ()
    query: Query = field(kw_only=True, compare=False, repr=False)
    name: str = field(kw_only=True, default="", compare=False)
    columns: tuple[str, ...] | None = field(kw_only=True, default=None, compare=False)


@frozen(kw_only=True)
class TStageNode:
    """The base of all: where the stage stands in its text, and the terminal that begins it in the grammar."""

    terminal: ClassVar[str]

    span: Span = field(default=NOWHERE, compare=False, repr=False)
