"""The tree of a RunQL text: every node, frozen, with its span outside equality.

A node says what was meant, not how it was spelled: `==` and `=` give one operator, keywords lose their
case. What a formatter needs beyond that (comments) stands in the token stream.
"""

from __future__ import annotations

from dataclasses import field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from runql.text.frozen import frozen
from runql.text.source import NOWHERE, Span


@frozen(kw_only=True)
class Node:
    """The base of all: where the node stands in its text."""

    span: Span = field(default=NOWHERE, compare=False, repr=False)


# ---------------------------------------------------------------- names


@frozen
class Path(Node):
    """A name as written: segments between dots; an `int` is a list element (`layers[0]`).

    A segment keeps its slashes (`val/loss` is one). `exact` is true when any segment was written in
    backticks: then each segment is one key. Otherwise a dot may nest, or belong to a key.
    The last segment, or a segment of a glob path, may hold `*`.
    """

    segments: tuple[str | int, ...]
    exact: bool = False

    @property
    def is_glob(self) -> bool:
        return not self.exact and any(isinstance(s, str) and "*" in s for s in self.segments)


# ---------------------------------------------------------------- expressions


@frozen
class Expr(Node):
    """Something that has a value for each run."""


@frozen
class Literal(Expr):
    """A number, text, boolean or null as it stands in the text."""

    value: int | float | str | bool | None


class Moment(StrEnum):
    """A time that depends on when the query runs."""

    NOW = "now"
    TODAY = "today"
    YESTERDAY = "yesterday"


@frozen
class Time(Expr):
    """A date (`date`), a time without a zone (naive `datetime`, the user's own zone), or with one."""

    value: date | datetime


@frozen
class RelativeTime(Expr):
    """`now`, `today`, `yesterday`, or `7d ago` (`now` minus `back`)."""

    moment: Moment
    back: timedelta = timedelta(0)


@frozen
class Duration(Expr):
    """`90s 15m 2h 7d 3w`: compares with a number of seconds, such as `runtime`."""

    value: timedelta


@frozen
class Param(Expr):
    """`$name`: a value bound to the tree when the query runs."""

    name: str


@frozen
class Field(Expr):
    """A field by its name as written: `config.lr`, `state`, `logged.val/loss`, or bare `lr`."""

    path: Path


class Comparison(StrEnum):
    """How two values are compared; spellings `== <>` are folded into these."""

    EQ = "="
    NE = "!="
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="


@frozen
class Compare(Expr):
    op: Comparison
    left: Expr
    right: Expr


@frozen
class Between(Expr):
    """`value between low and high`, both ends included."""

    value: Expr
    low: Expr
    high: Expr
    negated: bool = False


@frozen
class In(Expr):
    """`value in (a, b)`, or `value in $list`: then `items` is one `Param`."""

    value: Expr
    items: tuple[Expr, ...] | Param
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
class TextTest(Expr):
    op: TextOp
    value: Expr
    pattern: Expr
    negated: bool = False


class HasMode(StrEnum):
    ONE = "has"
    ANY = "has any"
    ALL = "has all"


@frozen
class Has(Expr):
    """`tags has "x"`, `tags has any (…)`, `tags has all (…)`; `items` may be one `Param` (a list)."""

    mode: HasMode
    value: Expr
    items: tuple[Expr, ...] | Param
    negated: bool = False


@frozen
class Untagged(Expr):
    """`untagged`: the run has no tag."""


class State(StrEnum):
    """What `F is …` asks."""

    NULL = "null"
    NAN = "nan"
    FINITE = "finite"
    MISSING = "missing"


@frozen
class Is(Expr):
    """`F is null`, `F is not nan`, …; `missing(F)` and `exists(F)` are `Is(F, MISSING)` and its negation."""

    value: Expr
    state: State
    negated: bool = False


@frozen
class Not(Expr):
    value: Expr


@frozen
class And(Expr):
    """Two or more terms; a chain `a and b and c` is one node, parentheses keep their own."""

    terms: tuple[Expr, ...]


@frozen
class Or(Expr):
    terms: tuple[Expr, ...]


class ArithmeticOp(StrEnum):
    ADD = "+"
    SUB = "-"
    MUL = "*"
    DIV = "/"
    MOD = "%"
    POW = "**"


@frozen
class Arithmetic(Expr):
    op: ArithmeticOp
    left: Expr
    right: Expr


@frozen
class Negate(Expr):
    """`-x` of something that is not a number literal."""

    value: Expr


@frozen
class Call(Expr):
    """`name(arguments)`; `last_rows` is the `last 100` of `mean(logged.loss, last 100)`, `approx` its word.

    The name is lower case. Which names there are, the function table of the next floor says.
    """

    name: str
    arguments: tuple[Expr, ...]
    last_rows: int | None = None
    approx: bool = False
    name_span: Span = field(default=NOWHERE, compare=False, repr=False)


@frozen
class Broken(Expr):
    """Where an expression should stand and none could be read; an error says so."""


# ---------------------------------------------------------------- clauses


@frozen
class Clause(Node):
    """One clause of a query. The span covers the keyword and all that belongs to it."""


class SourceKind(StrEnum):
    NAME = "name"  # acme/vision, ./wandb, demo, a name of the config
    LAST = "last"  # _
    SAVED = "saved"  # @name


@frozen
class SourceRef(Node):
    """One source after `from`, as written (`acme/vit-*` keeps its star)."""

    kind: SourceKind
    name: str


@frozen
class FromClause(Clause):
    sources: tuple[SourceRef, ...]


@frozen
class WhereClause(Clause):
    condition: Expr


@frozen
class OrderKey(Node):
    value: Expr
    descending: bool = False


@frozen
class OrderClause(Clause):
    keys: tuple[OrderKey, ...]


@frozen
class LimitClause(Clause):
    count: int | Param


@frozen
class PageClause(Clause):
    size: int | Param


@frozen
class LazyClause(Clause):
    """`lazy` or `full`."""

    lazy: bool


@frozen
class SweepsClause(Clause):
    """`with sweeps`."""


@frozen
class SampleClause(Clause):
    count: int | Param


@frozen
class ScanClause(Clause):
    """`scan`: every logged step."""


@frozen
class KeysClause(Clause):
    keys: tuple[Path, ...]


@frozen
class XClause(Clause):
    metric: Path


@frozen
class StepsClause(Clause):
    """`steps A..B`, both ends included, either open."""

    first: int | None
    last: int | None


class AlignMode(StrEnum):
    OUTER = "outer"
    INNER = "inner"
    FFILL = "ffill"


@frozen
class AlignClause(Clause):
    mode: AlignMode


class Stream(StrEnum):
    DEFAULT = "default"
    SYSTEM = "system"


@frozen
class StreamClause(Clause):
    stream: Stream


@frozen
class Column(Node):
    """`select` of one value: a field, a glob of fields, or an expression; `name` is what follows `as`.

    `except_` are the globs or fields after `except`, taken from a glob.
    """

    value: Expr
    name: str | None = None
    except_: tuple[Path, ...] = ()


@frozen
class SelectClause(Clause):
    columns: tuple[Column, ...]


@frozen
class BrokenClause(Clause):
    """Text that is no clause; an error says why."""

    text: str


ClauseT = TypeVar("ClauseT", bound=Clause)


# ---------------------------------------------------------------- queries


class Target(StrEnum):
    """What a query starts with."""

    RUNS = "runs"
    RUN = "run"  # run ID
    SWEEP = "sweep"  # sweep ID
    COUNT = "count"  # count runs …


@frozen
class Query(Node):
    """One query left of the pipe. `ident` is the id after `run` or `sweep`.

    Clauses stand in the order of the text; each kind occurs once (a second is reported and left out).
    `count sweep ID` has `target` COUNT and `ident` set.
    """

    target: Target
    clauses: tuple[Clause, ...] = ()
    ident: str | None = None
    stages: tuple[Stage, ...] = ()

    def clause(self, kind: type[ClauseT]) -> ClauseT | None:
        """The clause of a kind, or none."""
        return next((c for c in self.clauses if isinstance(c, kind)), None)


@frozen
class Stage(Node):
    """A table stage right of a pipe: a table in, a table out. The kinds stand in `stage_tree`."""


# ---------------------------------------------------------------- statements


@frozen
class Statement(Node):
    """One statement of a text."""


@frozen
class QueryStatement(Statement):
    query: Query


@frozen
class ExplainStatement(Statement):
    query: Query


@frozen
class BrokenStatement(Statement):
    """Text that is no statement; an error says why."""

    text: str


@frozen
class Script(Node):
    """A whole text: its statements, in order."""

    statements: tuple[Statement, ...] = ()
