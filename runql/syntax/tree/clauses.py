"""What stands left of a pipe, after the word that a query starts with."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar, TypeAlias

from runql.syntax.tree.expressions import Duration, Expr, OrderKey, Param, RelativeTime, Time
from runql.syntax.tree.names import Node, Path
from runql.text.frozen import frozen


@frozen
class ClauseNode(Node):
    """One clause of a query. The span covers the keyword and all that belongs to it.

    `terminal` begins it in the grammar: `terminal_of` knows the clause that two words begin.
    """

    terminal: ClassVar[str]


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
    terminal = "FROM"
    sources: tuple[SourceRef, ...]


@frozen
class AsOfClause(ClauseNode):
    """`as of 7d ago`: the copy of the source, as it was then."""

    terminal = "AS_OF"
    moment: Time | RelativeTime | Param


@frozen
class FreshClause(ClauseNode):
    """`fresh`: a copy first asks its source for what changed."""

    terminal = "FRESH"


@frozen
class CachedClause(ClauseNode):
    """`cached 10m`: the copy of the source, if it is no older."""

    terminal = "CACHED"
    age: Duration | Param


@frozen
class WhereClause(ClauseNode):
    terminal = "WHERE"
    condition: Expr


@frozen
class SearchClause(ClauseNode):
    """`search "vit lr"`: each of these words occurs in any field of the run."""

    terminal = "SEARCH"
    words: str | Param


@frozen
class OrderClause(ClauseNode):
    terminal = "ORDER"
    keys: tuple[OrderKey, ...]


@frozen
class CountClause(ClauseNode):
    """A clause that is written as its word and a count: whoever has nothing of its own to say of one names them all by
    this."""

    count: int | Param


@frozen
class LimitClause(CountClause):
    terminal = "LIMIT"


@frozen
class OffsetClause(CountClause):
    terminal = "OFFSET"


@frozen
class PageClause(CountClause):
    terminal = "PAGE"


@frozen
class LazyClause(ClauseNode):
    """`lazy` or `full`."""

    terminal = "LAZY"
    lazy: bool


@frozen
class SweepsClause(ClauseNode):
    """`with sweeps`."""

    terminal = "WITH"


@frozen
class SampleClause(CountClause):
    terminal = "SAMPLE"


@frozen
class ScanClause(ClauseNode):
    """`scan`: every logged step."""

    terminal = "SCAN"


@frozen
class KeysClause(ClauseNode):
    terminal = "KEYS"
    keys: tuple[Path, ...]


@frozen
class XClause(ClauseNode):
    terminal = "X"
    metric: Path


Bound: TypeAlias = int | float | Duration | Time | Param
"""An end of `steps`."""


@frozen
class StepsClause(ClauseNode):
    """`steps A..B`, both ends included, either open: along the x axis of the query."""

    terminal = "STEPS"
    first: Bound | None
    last: Bound | None


class AlignMode(StrEnum):
    OUTER = "outer"
    INNER = "inner"
    FFILL = "ffill"


@frozen
class AlignClause(ClauseNode):
    terminal = "ALIGN"
    mode: AlignMode


class Stream(StrEnum):
    DEFAULT = "default"
    SYSTEM = "system"


@frozen
class StreamClause(ClauseNode):
    terminal = "STREAM"
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
    terminal = "SELECT"
    columns: tuple[Column, ...]


@frozen
class BrokenClause(ClauseNode):
    """Text that is no clause; an error says why."""

    terminal = ""
    text: str


Clause: TypeAlias = (
    FromClause
    | AsOfClause
    | FreshClause
    | CachedClause
    | WhereClause
    | SearchClause
    | OrderClause
    | LimitClause
    | OffsetClause
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
