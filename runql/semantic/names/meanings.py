"""What a name may mean: a field of the run, a history, a column of the rows, an expression."""

from __future__ import annotations

from runql.language.kinds import Kind
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
