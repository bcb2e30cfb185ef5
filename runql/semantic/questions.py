"""What is known of the table of an inner question, before it is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from types import MappingProxyType
from typing import Final, TypeAlias

from runql.language.kinds import Kind, TableKind
from runql.semantic.catalog import Catalog, FieldInfo
from runql.semantic.operands import ANY_KIND
from runql.semantic.typed import TColumn
from runql.syntax import tree
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen

MOST_NESTED: Final = 10
"""How many questions may stand inside each other."""

_NO_COLUMNS: Mapping[str, ColumnFacts] = MappingProxyType({})


@frozen
class ColumnFacts:
    """What is known of a column: the kinds that its values may have (null and missing apart), and of its field."""

    kinds: frozenset[Kind] = ANY_KIND
    info: FieldInfo | None = None


@frozen(kw_only=True)
class InnerTable:
    """A table: the names are those of the scope behind its last stage.

    `named`: the columns that a table of runs shows, where any field of them may be named besides (`fields`).
    `diagnostics`: what is said of its question; `is_broken`: an error among it. `catalog`: of its own source.
    """

    columns: Mapping[str, ColumnFacts] = field(default_factory=lambda: _NO_COLUMNS)
    more: bool = False
    fields: bool = False
    kind: TableKind = TableKind.OTHER
    run_id: str | None = None
    is_sampled: bool = False
    named: tuple[TColumn, ...] = ()
    catalog: Catalog | None = None
    diagnostics: tuple[Diagnostic, ...] = ()
    is_broken: bool = False


UNKNOWN: Final = InnerTable(more=True)
"""A table of which nothing is known, so nothing is said of its columns."""

InnerTableOf: TypeAlias = Callable[[tree.Query], InnerTable]
"""What is known of the table of an inner question."""
