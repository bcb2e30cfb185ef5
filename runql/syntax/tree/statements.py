"""Queries, and the statements that a text consists of."""

from __future__ import annotations

from dataclasses import field, replace
from enum import StrEnum
from typing import TypeAlias, TypeVar, assert_never

from runql.syntax.tree.clauses import Clause, LazyClause, SourceRef
from runql.syntax.tree.expressions import Expr, Literal
from runql.syntax.tree.names import Node, Path, QueryNode
from runql.syntax.tree.stages import EdgeStage, PartsStage, Stage
from runql.text.frozen import frozen
from runql.text.source import NOWHERE, Span

ClauseT = TypeVar("ClauseT", bound=Clause)


class Target(StrEnum):
    """What a query starts with."""

    RUNS = "runs"
    RUN = "run"  # run ID
    SWEEP = "sweep"  # sweep ID
    COUNT = "count"  # count runs …


@frozen
class Query(QueryNode):
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
        for clause in self.clauses:
            if isinstance(clause, kind):
                return clause
        return None


def query_in(node: QueryNode) -> Query:
    """The query that stands inside an expression or a stage."""
    assert isinstance(node, Query)
    return node


@frozen
class StatementNode(Node):
    """One statement of a text."""


@frozen
class QueryStatement(StatementNode):
    query: Query


@frozen
class ExplainStatement(StatementNode):
    query: Query


@frozen
class BrokenStatement(StatementNode):
    """Text that is no statement; an error says why."""

    text: str


@frozen
class UseStatement(StatementNode):
    source: SourceRef


@frozen
class LetStatement(StatementNode):
    """`let good = runs …`."""

    name: str
    query: Query
    name_span: Span = field(default=NOWHERE, compare=False, repr=False)


@frozen
class ParamStatement(StatementNode):
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
class ShowStatement(StatementNode):
    """`show fields config like "val/*"`: the space is `config`, `summary`, `logged`, `system`, or none."""

    what: Show
    space: str | None = None
    like: str | None = None


@frozen
class DescribeStatement(StatementNode):
    """`describe config.lr`."""

    path: Path


@frozen
class PullStatement(StatementNode):
    """`pull [QUERY] [into NAME]`. `guarded`: it came with a folder, so where it writes must be allowed."""

    query: Query | None = None
    into: str | None = None
    guarded: bool = field(default=False, compare=False, repr=False)


@frozen
class SetStatement(StatementNode):
    """`set NAME value`."""

    name: str
    value: Literal | Expr | None = None
    name_span: Span = field(default=NOWHERE, compare=False, repr=False)


Statement: TypeAlias = (
    QueryStatement
    | ExplainStatement
    | BrokenStatement
    | UseStatement
    | LetStatement
    | ParamStatement
    | ShowStatement
    | DescribeStatement
    | PullStatement
    | SetStatement
)
"""Every statement. A `match` over it ends in `assert_never`, so the type checker names it for each new one."""


@frozen
class Script(Node):
    """A whole text: its statements, in order."""

    statements: tuple[Statement, ...] = ()


def terminal_of(part: Clause | Stage) -> str:
    """The terminal of the grammar that begins a clause or a stage; empty for text that is neither."""
    if isinstance(part, LazyClause) and not part.lazy:
        return "FULL"
    if isinstance(part, EdgeStage) and part.last:
        return "LAST_ROW"
    return part.word if isinstance(part, PartsStage) else part.terminal


def query_of(statement: Statement) -> Query | None:
    """The query that a statement holds, if any."""
    match statement:
        case QueryStatement(query=query) | ExplainStatement(query=query):
            return query
        case LetStatement(query=query) | PullStatement(query=query):
            return query
        case UseStatement() | ParamStatement() | ShowStatement() | DescribeStatement() | SetStatement():
            return None
        case BrokenStatement():
            return None
        case _:
            assert_never(statement)


def with_query(statement: Statement, query: Query, span: Span) -> Statement:
    """The statement around another query. Raises `TypeError` for one that holds none."""
    match statement:
        case QueryStatement() | ExplainStatement() | LetStatement() | PullStatement():
            return replace(statement, query=query, span=span)
        case UseStatement() | ParamStatement() | ShowStatement() | DescribeStatement() | SetStatement():
            raise TypeError(f"a {type(statement).__name__} holds no query")
        case BrokenStatement():
            raise TypeError("a BrokenStatement holds no query")
        case _:
            assert_never(statement)
