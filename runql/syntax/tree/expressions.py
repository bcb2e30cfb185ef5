"""What has a value for each run, or for each row of a table."""

from __future__ import annotations

from dataclasses import field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

from runql.syntax.tree.names import Node, Path, QueryNode
from runql.text.frozen import frozen
from runql.text.source import NOWHERE, Span


@frozen
class ExprNode(Node):
    """Something that has a value for each run."""


@frozen
class Literal(ExprNode):
    """A number, text, boolean or null as it stands in the text."""

    value: int | float | str | bool | None


@frozen
class ListValue(ExprNode):
    """`["lr", "seed"]`: a list of values that are written out, or of parameters."""

    items: tuple[Expr, ...]


class Moment(StrEnum):
    """A time that depends on when the query runs."""

    NOW = "now"
    TODAY = "today"
    YESTERDAY = "yesterday"


@frozen
class Time(ExprNode):
    """A date (`date`), a time without a zone (naive `datetime`, the user's own zone), or with one."""

    value: date | datetime


@frozen
class RelativeTime(ExprNode):
    """`now`, `today`, `yesterday`, or `7d ago` (`now` minus `back`)."""

    moment: Moment
    back: timedelta = timedelta(0)


@frozen
class Duration(ExprNode):
    """`90s 15m 2h 7d 3w`: compares with a number of seconds, such as `runtime`."""

    value: timedelta


@frozen
class Param(ExprNode):
    """`$name`: a value bound to the tree when the query runs."""

    name: str


@frozen
class Field(ExprNode):
    """A field by its name as written: `config.lr`, `state`, `logged.val/loss`, or bare `lr`."""

    path: Path


@frozen
class Regex(ExprNode):
    """`re "…"`, `re $p`: a regular expression where a text would stand for itself."""

    pattern: Literal | Param


class Comparison(StrEnum):
    """How two values are compared; spellings `== <>` are folded into these."""

    EQ = "="
    NE = "!="
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="


@frozen
class AnyField(ExprNode):
    """`any_field`, or `config.*`: left of a test, which holds if it does for any of these fields."""

    path: Path | None = None


@frozen
class Compare(ExprNode):
    op: Comparison
    left: Expr
    right: Expr


@frozen
class Between(ExprNode):
    """`value between low and high`, both ends included."""

    value: Expr
    low: Expr
    high: Expr
    negated: bool = False


@frozen
class In(ExprNode):
    """`value in (a, b)`, or `value in $list`: then `items` is one `Param`; or `value in (QUERY)`."""

    value: Expr
    items: Listed
    negated: bool = False


class TextOp(StrEnum):
    """Tests of text; the regex ones have their negations `!~ !~*` as `negated`."""

    REGEX = "~"
    REGEX_ANY_CASE = "~*"
    CONTAINS = "contains"
    STARTSWITH = "startswith"
    ENDSWITH = "endswith"
    GLOB = "glob"


@frozen
class TextTest(ExprNode):
    op: TextOp
    value: Expr
    pattern: Expr
    negated: bool = False


class HasMode(StrEnum):
    ONE = "has"
    ANY = "has any"
    ALL = "has all"
    NONE = "has none"


@frozen
class Has(ExprNode):
    """`tags has "x"`, `tags has any (…)`, `has all (…)`, `has none (…)`; `items` may be one `Param` (a list), or a
    query."""

    mode: HasMode
    value: Expr
    items: Listed
    negated: bool = False


@frozen
class Untagged(ExprNode):
    """`untagged`: the run has no tag."""


class State(StrEnum):
    """What `F is …` asks."""

    NULL = "null"
    NAN = "nan"
    FINITE = "finite"
    INFINITE = "infinite"
    MISSING = "missing"


@frozen
class Is(ExprNode):
    """`F is null`, `F is not nan`, …; `missing(F)` and `exists(F)` are `Is(F, MISSING)` and its negation."""

    value: Expr
    state: State
    negated: bool = False


@frozen
class Not(ExprNode):
    value: Expr


@frozen
class And(ExprNode):
    """Two or more terms; a chain `a and b and c` is one node, parentheses keep their own."""

    terms: tuple[Expr, ...]


@frozen
class Or(ExprNode):
    terms: tuple[Expr, ...]


class ArithmeticOp(StrEnum):
    ADD = "+"
    SUB = "-"
    MUL = "*"
    DIV = "/"
    MOD = "%"
    POW = "**"


@frozen
class Arithmetic(ExprNode):
    op: ArithmeticOp
    left: Expr
    right: Expr


@frozen
class Negate(ExprNode):
    """`-x` of something that is not a number literal."""

    value: Expr


@frozen
class Call(ExprNode):
    """`name(arguments)`; `last_rows` is the `last 100` of `mean(logged.loss, last 100)`, `approx` its word, `x` the
    `x epoch` of `argmin(logged.loss, x epoch)`, `held` the `held 5` of `when(logged.acc > 0.9, held 5)`.

    The name is lower case. Which names there are, the function table of the next floor says.
    """

    name: str
    arguments: tuple[Expr, ...]
    last_rows: int | Param | None = None
    approx: bool = False
    x: Path | None = None
    held: int | Param | None = None
    name_span: Span = field(default=NOWHERE, compare=False, repr=False)


@frozen
class ValueQuery(ExprNode):
    """`value(QUERY)`: the one value that a query gives."""

    query: QueryNode


@frozen
class OrderKey(Node):
    value: Expr
    descending: bool = False


@frozen
class Window(ExprNode):
    """`rank() over config.model order -summary.acc`: a value of each row from the rows of its group.

    No `keys`: `over all`. No `order`: the order of the rows.
    """

    call: Call
    keys: tuple[Expr, ...] = ()
    order: tuple[OrderKey, ...] = ()


@frozen
class Broken(ExprNode):
    """Where an expression should stand and none could be read; an error says so."""


Listed: TypeAlias = "tuple[Expr, ...] | Param | QueryNode"
"""What stands behind `in`, `has any` and `has all`."""

Constant: TypeAlias = Literal | Time | RelativeTime | Duration
"""What stands for one value, the same for each run."""

Test: TypeAlias = Compare | Between | In | TextTest | Has | Is
"""What asks something of a value."""

Truth: TypeAlias = Test | Untagged | Not | And | Or
"""What is true, false or unknown."""

Expr: TypeAlias = (
    Literal
    | ListValue
    | Time
    | RelativeTime
    | Duration
    | Param
    | Regex
    | Field
    | AnyField
    | Compare
    | Between
    | In
    | TextTest
    | Has
    | Untagged
    | Is
    | Not
    | And
    | Or
    | Arithmetic
    | Negate
    | Call
    | ValueQuery
    | Window
    | Broken
)
"""Every expression. A `match` over it ends in `assert_never`, so the type checker names it for each new one."""
