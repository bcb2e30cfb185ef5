"""The typed tree: what the checker makes of a query, and all that plan and engine know of it.

Names are resolved, parameters bound, times absolute and in UTC, durations seconds, patterns proven to be
RE2. Spans are kept (outside equality) so that later floors can point.
"""

from __future__ import annotations

from dataclasses import field

from runql.semantic.catalog import Space
from runql.semantic.values import Kind, Value
from runql.syntax.tree import (
    AlignMode,
    ArithmeticOp,
    Comparison,
    HasMode,
    State,
    Stream,
    Target,
    TextOp,
)
from runql.text.frozen import frozen
from runql.text.source import NOWHERE, Span


@frozen
class FieldKey:
    """Which field is meant. `segments` are as written: unless `exact`, neighbours may be one key with a dot.

    For `Space.RUN` there is one segment, RunQL's own name. `written` is the field's full name in the language
    (`config.lr`, `state`): the name of its column.
    """

    space: Space
    segments: tuple[str | int, ...]
    exact: bool = False
    written: str = field(default="", compare=False)


@frozen(kw_only=True)
class TypedExpr:
    """An expression with the kind of its value; `UNKNOWN` where only the data can tell."""

    kind: Kind = field(default=Kind.UNKNOWN, compare=False)
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@frozen
class TConst(TypedExpr):
    """A constant. Times are aware UTC `datetime`s, durations are seconds."""

    value: Value


@frozen
class TField(TypedExpr):
    """A field's value; its space is never `LOGGED` or `SYSTEM`."""

    key: FieldKey


@frozen
class TCompare(TypedExpr):
    op: Comparison
    left: TypedExpr
    right: TypedExpr


@frozen
class TBetween(TypedExpr):
    """Both ends included; never negated (a `not between` is a `TNot` of one)."""

    value: TypedExpr
    low: TypedExpr
    high: TypedExpr


@frozen
class TIn(TypedExpr):
    """Never negated (a `not in` is a `TNot` of one)."""

    value: TypedExpr
    items: tuple[TypedExpr, ...]


@frozen
class TTextTest(TypedExpr):
    """Never negated."""

    op: TextOp
    value: TypedExpr
    pattern: TypedExpr


@frozen
class THas(TypedExpr):
    """Never negated; `untagged` is `TNot` of an `exists`-like test: see `TUntagged`."""

    mode: HasMode
    value: TypedExpr
    items: tuple[TypedExpr, ...]


@frozen
class TUntagged(TypedExpr):
    """The run has no tag."""


@frozen
class TIs(TypedExpr):
    """Never negated. `TIs(F, MISSING)` is `missing(F)`."""

    value: TypedExpr
    state: State


@frozen
class TLogged(TypedExpr):
    """`exists(logged.METRIC)`: the run has at least one row with the metric (glob: any that matches)."""

    metric: str


@frozen
class TNot(TypedExpr):
    value: TypedExpr


@frozen
class TAnd(TypedExpr):
    terms: tuple[TypedExpr, ...]


@frozen
class TOr(TypedExpr):
    terms: tuple[TypedExpr, ...]


@frozen
class TArithmetic(TypedExpr):
    op: ArithmeticOp
    left: TypedExpr
    right: TypedExpr


@frozen
class TNegate(TypedExpr):
    value: TypedExpr


@frozen
class TCall(TypedExpr):
    """A scalar function of the table, with its arguments."""

    name: str
    arguments: tuple[TypedExpr, ...]


@frozen
class TAggregate(TypedExpr):
    """One number a run from a metric's history: `min max first last mean argmin argmax diverged …`.

    `metric` is the name as logged. `last_rows`: only that many last rows. Argmin and argmax give the x.
    """

    name: str
    metric: str
    last_rows: int | None = None
    x_axis: str = "_step"
    approx: bool = False


@frozen
class TOrderKey:
    value: TypedExpr
    descending: bool = False


@frozen
class TColumn:
    """One selected column, or several by a glob. `glob` is (space, pattern) for `config.*`; else `value` is set."""

    name: str
    value: TypedExpr | None = None
    glob: FieldKey | None = None
    except_: tuple[FieldKey, ...] = ()


@frozen
class HistoryPart:
    """What a query asks of histories. `keys` may hold globs; `None` is every metric. `samples` None is a scan.

    `system_keys` are the keys of the system stream (`system.gpu.*`), joined on time to the others.
    """

    keys: tuple[str, ...] | None
    system_keys: tuple[str, ...] | None = ()
    samples: int | None = 500
    x_axis: str = "_step"
    min_step: int | None = None
    max_step: int | None = None
    align: AlignMode = AlignMode.OUTER
    stream: Stream = Stream.DEFAULT


@frozen
class TypedQuery:
    """A checked query. `histories` is `None` for a table of runs. `columns` `None` is the default selection."""

    target: Target
    ident: str | None = None
    sources: tuple[str, ...] = ()
    where: TypedExpr | None = None
    order: tuple[TOrderKey, ...] = ()
    limit: int | None = None
    page_size: int | None = None
    lazy: bool | None = None
    with_sweeps: bool = False
    histories: HistoryPart | None = None
    columns: tuple[TColumn, ...] | None = None
