"""Typed expressions: over a run, and over the rows of a table (`TCell`, `TFold`)."""

from __future__ import annotations

from dataclasses import field
from datetime import tzinfo
from typing import TypeAlias

from runql.language.fields import Space
from runql.language.kinds import Kind
from runql.semantic.values import Value
from runql.syntax.tree import ArithmeticOp, Comparison, HasMode, Query, State, TextOp
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
class TypedExprNode:
    """An expression with the kind of its value; `UNKNOWN` where only the data can tell."""

    kind: Kind = field(default=Kind.UNKNOWN, compare=False)
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@frozen
class TConst(TypedExprNode):
    """A constant. Times are aware UTC `datetime`s, durations are seconds. `shown`: what messages call a secret one."""

    value: Value
    shown: str = field(default="", compare=False)


@frozen
class TField(TypedExprNode):
    """A field's value; its space is never `LOGGED` or `SYSTEM`."""

    key: FieldKey


@frozen
class TCompare(TypedExprNode):
    op: Comparison
    left: TypedExpr
    right: TypedExpr


@frozen
class TBetween(TypedExprNode):
    """Both ends included; never negated (a `not between` is a `TNot` of one)."""

    value: TypedExpr
    low: TypedExpr
    high: TypedExpr


@frozen
class TIn(TypedExprNode):
    """Never negated (a `not in` is a `TNot` of one)."""

    value: TypedExpr
    items: tuple[TypedExpr, ...]


@frozen
class TTextTest(TypedExprNode):
    """Never negated."""

    op: TextOp
    value: TypedExpr
    pattern: TypedExpr


@frozen
class THas(TypedExprNode):
    """Never negated; `untagged` is `TNot` of an `exists`-like test: see `TUntagged`."""

    mode: HasMode
    value: TypedExpr
    items: tuple[TypedExpr, ...]


@frozen
class TUntagged(TypedExprNode):
    """The run has no tag."""


ELEMENT = ""
"""The name of the cell that stands for the value at hand in the test of a `TAnyField`."""


@frozen
class TAnyField(TypedExprNode):
    """Whether a test holds for any value: of `space` those under `pattern`; without one the id, name, notes, group and
    tags of the run, and the keys and values of its config. In `test` the value is the cell `ELEMENT`, all else
    constants. Never unknown. `word`: what `search` looks for by it.
    """

    test: TypedExpr
    space: Space | None = None
    pattern: str = "*"
    word: str = field(default="", compare=False)


@frozen
class TIs(TypedExprNode):
    """Never negated. `TIs(F, MISSING)` is `missing(F)`."""

    value: TypedExpr
    state: State


@frozen
class TLogged(TypedExprNode):
    """`exists(logged.METRIC)`: the run has at least one row with the metric (glob: any that matches)."""

    metric: str


@frozen
class TNot(TypedExprNode):
    value: TypedExpr


@frozen
class TAnd(TypedExprNode):
    terms: tuple[TypedExpr, ...]


@frozen
class TOr(TypedExprNode):
    terms: tuple[TypedExpr, ...]


@frozen
class TArithmetic(TypedExprNode):
    op: ArithmeticOp
    left: TypedExpr
    right: TypedExpr


@frozen
class TNegate(TypedExprNode):
    value: TypedExpr


@frozen
class TCall(TypedExprNode):
    """A scalar function of the table, with its arguments; `zone` is that of the days and hours of a time."""

    name: str
    arguments: tuple[TypedExpr, ...]
    zone: tzinfo | None = None


@frozen
class TAggregate(TypedExprNode):
    """One value a run from a metric's history: `min max first last mean argmin at when auc slope …`.

    `metric` is the name as logged. `last_rows`: only that many last rows. `x_axis` is that of those which look at x.

    `argument` is what stands beside the metric: the x of `at`, the number of deviations of `spikes`, the condition of
    `when`, in which `TAggregate("value", METRIC)` is what the row at hand holds; `beside` are the metrics that it reads
    besides the first. It may read the run, and other aggregates of it. `held`: in how many rows in a row it holds.
    `written` is the call in the language.
    """

    name: str
    metric: str
    last_rows: int | None = None
    x_axis: str = "_step"
    approx: bool = False
    argument: TypedExpr | None = None
    beside: tuple[str, ...] = ()
    held: int = 1
    written: str = field(default="", compare=False)

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics that it is of."""
        return (self.metric, *self.beside)


READING = "value"
"""The name of the aggregate that stands for a metric's value in the row that `when` looks at."""


@frozen
class TCell(TypedExprNode):
    """The value of a column in a row; missing where the table has no such column."""

    name: str


@frozen
class TFold(TypedExprNode):
    """One value from the rows of a group: `mean(x)`, `count()`, `p90(x)`, `argmin(x, of)`.

    `argmin` and `argmax` give, from the row where `argument` is best, the value of `of` (the run's id by default).
    """

    name: str
    argument: TypedExpr | None = None
    of: TypedExpr | None = None


@frozen
class TQuestion(TypedExprNode):
    """What an inner question comes to: the values of its one column (`many`), or its one value.

    It is asked first, and a constant or a list of them takes its place before the outer one is pushed to a source. Two
    of one `text` are one question.
    """

    text: str
    many: bool
    query: Query = field(compare=False, repr=False)


@frozen
class TWindow(TypedExprNode):
    """A value of each row from the rows of its group: `rank() over k order -x`, `mean(x) over k`, `lag(x, 2) over all`.

    An aggregate by its name with `argument` and `of`, or a function of windows; `amount` is the n of `lag`, `lead` and
    `ntile`; of an aggregate, of how many last values up to the row it is. No `keys`: all rows are one group. No `order`
    (keys with `True` for descending): that of the rows. `text`: as it is written. `approx`: it may be of a sample.
    """

    name: str
    argument: TypedExpr | None = None
    of: TypedExpr | None = None
    amount: int | None = None
    keys: tuple[TypedExpr, ...] = ()
    order: tuple[tuple[TypedExpr, bool], ...] = ()
    approx: bool = field(default=False, compare=False)
    text: str = field(default="", compare=False)


TypedExpr: TypeAlias = (
    TConst
    | TField
    | TCompare
    | TBetween
    | TIn
    | TTextTest
    | THas
    | TUntagged
    | TAnyField
    | TIs
    | TLogged
    | TNot
    | TAnd
    | TOr
    | TArithmetic
    | TNegate
    | TCall
    | TAggregate
    | TCell
    | TFold
    | TQuestion
    | TWindow
)
"""Every typed expression. A `match` over it ends in `assert_never`, so the type checker names it for each new one."""

HistoryNode: TypeAlias = TAggregate | TLogged
"""An expression that a run's history answers."""
