"""What a name may mean: a field of the run, a history, a column of the rows, an expression."""

from __future__ import annotations

from runql.language.kinds import Kind
from runql.semantic.catalog import Catalog, FieldInfo
from runql.syntax import tree
from runql.text.diagnostic import Fix
from runql.text.frozen import frozen
from runql.text.source import Span

LOGGABLE = frozenset({Kind.NUMBER, Kind.BOOL, Kind.TEXT, Kind.LIST, Kind.RECORD})
"""What a config or summary field may hold: JSON has no times."""


@frozen
class LoggedName:
    """A metric's history, `logged.METRIC`."""

    metric: str
    is_glob: bool
    span: Span


@frozen
class OfRows:
    """A name that means a column of the rows: what is said of it, and the `values` of a run that may be meant."""

    hints: tuple[str, ...]
    fixes: tuple[Fix, ...]
    values: tuple[str, ...]


@frozen
class AliasUse:
    """A name that stands for an expression."""

    name: str
    value: tree.Expr


def seen_kinds(info: FieldInfo | None, catalog: Catalog | None) -> frozenset[Kind]:
    """The kinds of value that runs hold in a field, null and missing apart; empty if they are not known."""
    if info is None or catalog is None:
        return frozenset()
    kinds = frozenset(k for k, count in info.kinds.items() if count)
    if Kind.UNKNOWN in kinds:
        return frozenset()
    kinds -= {Kind.NULL, Kind.MISSING}
    return kinds | {Kind.RECORD} if kinds and (info.space, info.path) in catalog.records else kinds
