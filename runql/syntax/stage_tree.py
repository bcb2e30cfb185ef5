"""The nodes of what stands right of a pipe, and of the statements beside the query."""

from __future__ import annotations

from dataclasses import field, replace
from enum import StrEnum

from runql.syntax.tree import (
    Column,
    ExplainStatement,
    Expr,
    Literal,
    Node,
    OrderKey,
    Path,
    Query,
    QueryStatement,
    SourceRef,
    Stage,
    Statement,
)
from runql.text.frozen import frozen
from runql.text.source import NOWHERE, Span

# ---------------------------------------------------------------- stages


@frozen
class WhereStage(Stage):
    condition: Expr


@frozen
class OrderStage(Stage):
    keys: tuple[OrderKey, ...]


@frozen
class LimitStage(Stage):
    count: Expr


@frozen
class SelectStage(Stage):
    columns: tuple[Column, ...]


@frozen
class DropStage(Stage):
    """Columns by name or glob."""

    columns: tuple[Path, ...]


@frozen
class RenameStage(Stage):
    """Old name, new name."""

    names: tuple[tuple[Path, Path], ...]


@frozen
class DistinctStage(Stage):
    """`distinct`, or `distinct by a, b`."""

    columns: tuple[Path, ...] = ()


@frozen
class Definition(Node):
    """`name = value` of a `derive` or a `group`; without a name the value's own text is the name."""

    value: Expr
    defined: Path | None = None


@frozen
class DeriveStage(Stage):
    columns: tuple[Definition, ...]


@frozen
class GroupStage(Stage):
    """`group KEY, … : name = fold, …`; keys may be globs with `except`, `as` names them."""

    keys: tuple[Column, ...]
    folds: tuple[Definition, ...] = ()


class Goal(StrEnum):
    MIN = "min"
    MAX = "max"


@frozen
class BestStage(Stage):
    goal: Goal
    metric: Path


@frozen
class EdgeStage(Stage):
    """`first` or `last`."""

    last: bool


@frozen
class SmoothStage(Stage):
    """`smooth ema 0.9`, `smooth mean 20`."""

    method: str
    amount: Expr


@frozen
class BinStage(Stage):
    """`bin x 100`, `bin _step 100`: the axis as written is `x` or the name of the x column."""

    axis: Path
    width: Expr


@frozen
class ResampleStage(Stage):
    points: Expr


@frozen
class AlignStage(Stage):
    """`align nearest` and the modes of the clause."""

    mode: str


@frozen
class PivotStage(Stage):
    """`pivot FOLD by ROWS, COLUMNS`."""

    value: Expr
    rows: Expr
    columns: Expr


@frozen
class DiffStage(Stage):
    """`diff`, `diff vs ID`."""

    versus: str | None = None


@frozen
class CorrStage(Stage):
    target: Expr


@frozen
class ParetoStage(Stage):
    goals: tuple[tuple[Goal, Expr], ...]


@frozen
class HolesStage(Stage):
    over: tuple[Expr, ...]


@frozen
class DuplicatesStage(Stage):
    by: tuple[Column, ...]


@frozen
class DescribeStage(Stage):
    """A row a column."""


@frozen
class PlotStage(Stage):
    """`plot [line|scatter|bar|hist] [y…] [vs x] [by field] [log x|y]`."""

    shape: str | None = None
    y: tuple[Path, ...] = ()
    x: Path | None = None
    by: Path | None = None
    log: tuple[str, ...] = ()


@frozen
class ToStage(Stage):
    """`safe`: no text begins as a formula does. `guarded`: it came with a folder, so what it writes must be allowed."""

    path: str
    safe: bool = False
    guarded: bool = field(default=False, compare=False, repr=False)


@frozen
class AssertStage(Stage):
    condition: Expr
    message: str | None = None


@frozen
class BrokenStage(Stage):
    """Text that is no stage; an error says why."""

    text: str


# ---------------------------------------------------------------- statements


@frozen
class UseStatement(Statement):
    source: SourceRef


@frozen
class LetStatement(Statement):
    """`let good = runs …`."""

    name: str
    query: Query
    name_span: Span = field(default=NOWHERE, compare=False, repr=False)


@frozen
class ParamStatement(Statement):
    """`param lr: float = 0.01`: the type's name as written, lower case; the default, if there is one.

    `values`: the default of a list, `("a", "b")` or `("a",)`; `default` is none then.
    """

    name: str
    type_name: str | None = None
    default: Literal | Expr | None = None
    name_span: Span = field(default=NOWHERE, compare=False, repr=False)
    values: tuple[Expr, ...] | None = None


class Show(StrEnum):
    SOURCES = "sources"
    PROJECTS = "projects"
    FIELDS = "fields"
    TAGS = "tags"
    SWEEPS = "sweeps"
    LETS = "lets"


@frozen
class ShowStatement(Statement):
    """`show fields config like "val/*"`: the space is `config`, `summary`, `logged`, `system`, or none."""

    what: Show
    space: str | None = None
    like: str | None = None


@frozen
class DescribeStatement(Statement):
    """`describe config.lr`."""

    path: Path


@frozen
class PullStatement(Statement):
    """`pull [QUERY] [into NAME]`."""

    query: Query | None = None
    into: str | None = None


@frozen
class SetStatement(Statement):
    """`set NAME value`."""

    name: str
    value: Literal | Expr | None = None
    name_span: Span = field(default=NOWHERE, compare=False, repr=False)


def query_of(statement: Statement) -> Query | None:
    """The query that a statement holds, if any."""
    match statement:
        case QueryStatement(query=query) | ExplainStatement(query=query):
            return query
        case LetStatement(query=query) | PullStatement(query=query):
            return query
        case _:
            return None


def with_query(statement: Statement, query: Query, span: Span) -> Statement:
    """The statement around another query. Raises `TypeError` for one that holds none."""
    match statement:
        case QueryStatement() | ExplainStatement() | LetStatement() | PullStatement():
            return replace(statement, query=query, span=span)
        case _:
            raise TypeError(f"a {type(statement).__name__} holds no query")
