"""The tree of a RunQL text: every node, frozen, with its span outside equality.

A node says what was meant, not how it was spelled: `==` and `=` give one operator, keywords lose their
case. What a formatter needs beyond that (comments) stands in the token stream.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from runql.text.source import NOWHERE, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """The base of all: where the node stands in its text."""

    span: Span = field(default=NOWHERE, compare=False, repr=False)


# ---------------------------------------------------------------- names


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Expr(Node):
    """Something that has a value for each run."""


@dataclass(frozen=True, slots=True)
class Literal(Expr):
    """A number, text, boolean or null as it stands in the text."""

    value: int | float | str | bool | None


class Moment(StrEnum):
    """A time that depends on when the query runs."""

    NOW = "now"
    TODAY = "today"
    YESTERDAY = "yesterday"


@dataclass(frozen=True, slots=True)
class Time(Expr):
    """A date (`date`), a time without a zone (naive `datetime`, the user's own zone), or with one."""

    value: date | datetime


@dataclass(frozen=True, slots=True)
class RelativeTime(Expr):
    """`now`, `today`, `yesterday`, or `7d ago` (`now` minus `back`)."""

    moment: Moment
    back: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Duration(Expr):
    """`90s 15m 2h 7d 3w`: compares with a number of seconds, such as `runtime`."""

    value: timedelta


@dataclass(frozen=True, slots=True)
class Param(Expr):
    """`$name`: a value bound to the tree when the query runs."""

    name: str


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Compare(Expr):
    op: Comparison
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Between(Expr):
    """`value between low and high`, both ends included."""

    value: Expr
    low: Expr
    high: Expr
    negated: bool = False


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class TextTest(Expr):
    op: TextOp
    value: Expr
    pattern: Expr
    negated: bool = False


class HasMode(StrEnum):
    ONE = "has"
    ANY = "has any"
    ALL = "has all"


@dataclass(frozen=True, slots=True)
class Has(Expr):
    """`tags has "x"`, `tags has any (…)`, `tags has all (…)`; `items` may be one `Param` (a list)."""

    mode: HasMode
    value: Expr
    items: tuple[Expr, ...] | Param
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Untagged(Expr):
    """`untagged`: the run has no tag."""


class State(StrEnum):
    """What `F is …` asks."""

    NULL = "null"
    NAN = "nan"
    FINITE = "finite"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Is(Expr):
    """`F is null`, `F is not nan`, …; `missing(F)` and `exists(F)` are `Is(F, MISSING)` and its negation."""

    value: Expr
    state: State
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Not(Expr):
    value: Expr


@dataclass(frozen=True, slots=True)
class And(Expr):
    """Two or more terms; a chain `a and b and c` is one node, parentheses keep their own."""

    terms: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Or(Expr):
    terms: tuple[Expr, ...]


class ArithmeticOp(StrEnum):
    ADD = "+"
    SUB = "-"
    MUL = "*"
    DIV = "/"
    MOD = "%"
    POW = "**"


@dataclass(frozen=True, slots=True)
class Arithmetic(Expr):
    op: ArithmeticOp
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Negate(Expr):
    """`-x` of something that is not a number literal."""

    value: Expr


@dataclass(frozen=True, slots=True)
class Call(Expr):
    """`name(arguments)`; `last_rows` is the `last 100` of `mean(logged.loss, last 100)`, `approx` its word.

    The name is lower case. Which names there are, the function table of the next floor says.
    """

    name: str
    arguments: tuple[Expr, ...]
    last_rows: int | None = None
    approx: bool = False
    name_span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Broken(Expr):
    """Where an expression should stand and none could be read; an error says so."""


# ---------------------------------------------------------------- clauses


@dataclass(frozen=True, slots=True)
class Clause(Node):
    """One clause of a query. The span covers the keyword and all that belongs to it."""


class SourceKind(StrEnum):
    NAME = "name"  # acme/vision, ./wandb, demo, a name of the config
    LAST = "last"  # _
    SAVED = "saved"  # @name


@dataclass(frozen=True, slots=True)
class SourceRef(Node):
    """One source after `from`, as written (`acme/vit-*` keeps its star)."""

    kind: SourceKind
    name: str


@dataclass(frozen=True, slots=True)
class FromClause(Clause):
    sources: tuple[SourceRef, ...]


@dataclass(frozen=True, slots=True)
class WhereClause(Clause):
    condition: Expr


@dataclass(frozen=True, slots=True)
class OrderKey(Node):
    value: Expr
    descending: bool = False


@dataclass(frozen=True, slots=True)
class OrderClause(Clause):
    keys: tuple[OrderKey, ...]


@dataclass(frozen=True, slots=True)
class LimitClause(Clause):
    count: int | Param


@dataclass(frozen=True, slots=True)
class PageClause(Clause):
    size: int | Param


@dataclass(frozen=True, slots=True)
class LazyClause(Clause):
    """`lazy` or `full`."""

    lazy: bool


@dataclass(frozen=True, slots=True)
class SweepsClause(Clause):
    """`with sweeps`."""


@dataclass(frozen=True, slots=True)
class SampleClause(Clause):
    count: int | Param


@dataclass(frozen=True, slots=True)
class ScanClause(Clause):
    """`scan`: every logged step."""


@dataclass(frozen=True, slots=True)
class KeysClause(Clause):
    keys: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class XClause(Clause):
    metric: Path


@dataclass(frozen=True, slots=True)
class StepsClause(Clause):
    """`steps A..B`, both ends included, either open."""

    first: int | None
    last: int | None


class AlignMode(StrEnum):
    OUTER = "outer"
    INNER = "inner"
    FFILL = "ffill"


@dataclass(frozen=True, slots=True)
class AlignClause(Clause):
    mode: AlignMode


class Stream(StrEnum):
    DEFAULT = "default"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class StreamClause(Clause):
    stream: Stream


@dataclass(frozen=True, slots=True)
class Column(Node):
    """`select` of one value: a field, a glob of fields, or an expression; `name` is what follows `as`.

    `except_` are the globs or fields after `except`, taken from a glob.
    """

    value: Expr
    name: str | None = None
    except_: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class SelectClause(Clause):
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Stage(Node):
    """A table stage right of a pipe: a table in, a table out. The kinds stand in `stage_tree`."""


# ---------------------------------------------------------------- statements


@dataclass(frozen=True, slots=True)
class Statement(Node):
    """One statement of a text."""


@dataclass(frozen=True, slots=True)
class QueryStatement(Statement):
    query: Query


@dataclass(frozen=True, slots=True)
class ExplainStatement(Statement):
    query: Query


@dataclass(frozen=True, slots=True)
class BrokenStatement(Statement):
    """Text that is no statement; an error says why."""

    text: str


@dataclass(frozen=True, slots=True)
class Script(Node):
    """A whole text: its statements, in order."""

    statements: tuple[Statement, ...] = ()
