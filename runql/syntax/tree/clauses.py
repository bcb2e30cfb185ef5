"""What stands left of a pipe, after the word that a query starts with."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeAlias

from runql.syntax.tree.expressions import Expr, Param
from runql.syntax.tree.names import Node, Path
from runql.text.frozen import frozen


@frozen
class ClauseNode(Node):
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
class FromClause(ClauseNode):
    sources: tuple[SourceRef, ...]


@frozen
class WhereClause(ClauseNode):
    condition: Expr


@frozen
class OrderKey(Node):
    value: Expr
    descending: bool = False


@frozen
class OrderClause(ClauseNode):
    keys: tuple[OrderKey, ...]


@frozen
class LimitClause(ClauseNode):
    count: int | Param


@frozen
class PageClause(ClauseNode):
    size: int | Param


@frozen
class LazyClause(ClauseNode):
    """`lazy` or `full`."""

    lazy: bool


@frozen
class SweepsClause(ClauseNode):
    """`with sweeps`."""


@frozen
class SampleClause(ClauseNode):
    count: int | Param


@frozen
class ScanClause(ClauseNode):
    """`scan`: every logged step."""


@frozen
class KeysClause(ClauseNode):
    keys: tuple[Path, ...]


@frozen
class XClause(ClauseNode):
    metric: Path


@frozen
class StepsClause(ClauseNode):
    """`steps A..B`, both ends included, either open."""

    first: int | None
    last: int | None


class AlignMode(StrEnum):
    OUTER = "outer"
    INNER = "inner"
    FFILL = "ffill"


@frozen
class AlignClause(ClauseNode):
    mode: AlignMode


class Stream(StrEnum):
    DEFAULT = "default"
    SYSTEM = "system"


@frozen
class StreamClause(ClauseNode):
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
class SelectClause(ClauseNode):
    columns: tuple[Column, ...]


@frozen
class BrokenClause(ClauseNode):
    """Text that is no clause; an error says why."""

    text: str


Clause: TypeAlias = (
    FromClause
    | WhereClause
    | OrderClause
    | LimitClause
    | PageClause
    | LazyClause
    | SweepsClause
    | SampleClause
    | ScanClause
    | KeysClause
    | XClause
    | StepsClause
    | AlignClause
    | StreamClause
    | SelectClause
    | BrokenClause
)
"""Every clause. A `match` over it ends in `assert_never`, so the type checker names it for each new one."""
