"""What stands right of a pipe: a table in, a table out."""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum
from typing import ClassVar, TypeAlias

from runql.syntax.tree.clauses import Column, SourceRef
from runql.syntax.tree.expressions import Expr, OrderKey, Param
from runql.syntax.tree.names import Node, Path, QueryNode
from runql.text.frozen import frozen
from runql.text.source import NOWHERE, Span


@frozen
class StageNode(Node):
    """A table stage right of a pipe: a table in, a table out.

    `terminal` begins it in the grammar: `terminal_of` knows the stage that two words begin.
    """

    terminal: ClassVar[str]


@frozen
class PlainStage(StageNode):
    """A stage that is written as its word and its fields, in order: the parser and the printer know no more of it.

    `best_stage: BEST GOAL PATH` of the grammar makes a `BestStage(goal, metric)`; a field is an expression, a path, or
    a word.
    """


class Goal(StrEnum):
    MIN = "min"
    MAX = "max"


PartValue: TypeAlias = Expr | str | tuple[Expr | Path | Column | tuple[Goal, Expr], ...] | None
"""What may stand in a part; none where it was left out."""


@frozen
class PartsStage(StageNode):
    """A stage of the parts that its entry in `language/stages.py` declares: `offset 3`, `holes over config.lr`.

    `word` is its terminal. Parser, printer and checker know no more of it.
    """

    terminal = ""
    word: str
    parts: tuple[PartValue, ...]


@frozen
class WhereStage(StageNode):
    terminal = "WHERE"
    condition: Expr


@frozen
class OrderStage(StageNode):
    terminal = "ORDER"
    keys: tuple[OrderKey, ...]


@frozen
class SelectStage(StageNode):
    terminal = "SELECT"
    columns: tuple[Column, ...]


@frozen
class DropStage(StageNode):
    """Columns by name or glob."""

    terminal = "DROP"
    columns: tuple[Path, ...]


@frozen
class RenameStage(StageNode):
    """Old name, new name."""

    terminal = "RENAME"
    names: tuple[tuple[Path, Path], ...]


@frozen
class Definition(Node):
    """`name = value` of a `derive` or a `group`; without a name the value's own text is the name."""

    value: Expr
    defined: Path | None = None


@frozen
class DeriveStage(StageNode):
    terminal = "DERIVE"
    columns: tuple[Definition, ...]


@frozen
class GroupStage(StageNode):
    """`group KEY, … : name = fold, …`; keys may be globs with `except`, `as` names them. `group : fold` has no keys."""

    terminal = "GROUP"
    keys: tuple[Column, ...]
    folds: tuple[Definition, ...] = ()


@frozen
class BestStage(PlainStage):
    terminal = "BEST"
    goal: Goal
    metric: Path


@frozen
class EdgeStage(StageNode):
    """`first` or `last`, `first 5`, `last 5 by KEY, …`."""

    terminal = "FIRST_ROW"
    last: bool
    count: Expr | None = None
    by: tuple[Column, ...] = ()


@frozen
class SmoothStage(PlainStage):
    """`smooth ema 0.9`, `smooth mean 20`."""

    terminal = "SMOOTH"
    method: str
    amount: Expr


@frozen
class BinStage(PlainStage):
    """`bin x 100`, `bin _step 100`: the axis as written is `x` or the name of the x column."""

    terminal = "BIN"
    axis: Path
    width: Expr


@frozen
class UnnestStage(StageNode):
    """`unnest LIST [as NAME]`."""

    terminal = "UNNEST"
    column: Path
    name: Path | None = None


@frozen
class PivotStage(StageNode):
    """`pivot FOLD, … by ROW, … across COLUMN`. Without `across` the last of two keys is the one that goes across."""

    terminal = "PIVOT"
    values: tuple[Definition, ...]
    rows: tuple[Expr, ...]
    columns: Expr | None = None


@frozen
class HistogramStage(StageNode):
    """`histogram VALUE [bins N] [by KEY, …]`, the two in any order."""

    terminal = "HISTOGRAM"
    value: Expr
    bins: Expr | None = None
    by: tuple[Expr, ...] = ()


class JoinKind(StrEnum):
    """Which rows a join gives."""

    INNER = "inner"
    LEFT = "left"
    FULL = "full"
    ANTI = "anti"
    SEMI = "semi"


@frozen
class JoinStage(StageNode):
    """`join [KIND] NAME|(QUERY) on KEY [= KEY], …`; of a key both sides, twice the same where one name stands."""

    terminal = "JOIN"
    other: SourceRef | QueryNode
    keys: tuple[tuple[Path, Path], ...]
    kind: JoinKind = JoinKind.INNER
    label: str = field(default="", compare=False, repr=False)
    """What the other table was called before its query was put in."""
    other_span: Span = field(default=NOWHERE, compare=False, repr=False)


@frozen
class UnionStage(StageNode):
    """`union NAME|(QUERY)`."""

    terminal = "UNION"
    other: SourceRef | QueryNode
    label: str = field(default="", compare=False, repr=False)
    other_span: Span = field(default=NOWHERE, compare=False, repr=False)


@frozen
class SqlStage(StageNode):
    """`sql "select …"`. `written`: the string as it stands in the text; `parameters`: the `$name` in it."""

    terminal = "SQL"
    question: str
    written: str = field(default="", compare=False)
    written_span: Span = field(default=NOWHERE, compare=False)
    parameters: tuple[Param, ...] = field(default=(), compare=False)


@frozen
class PlotStage(StageNode):
    """`plot [line|scatter|bar|hist|heat|box|parallel] [y…] [vs x] [by field] [log x|y] [band] [title "…"]`."""

    terminal = "PLOT"
    shape: str | None = None
    y: tuple[Path, ...] = ()
    x: Path | None = None
    by: Path | None = None
    log: tuple[str, ...] = ()
    band: bool = False
    title: str | Param | None = None


@frozen
class ToStage(StageNode):
    """`safe`: no text begins as a formula does. `guarded`: it came with a folder, so what it writes must be allowed."""

    terminal = "TO"
    path: str
    safe: bool = False
    guarded: bool = field(default=False, compare=False, repr=False)


@frozen
class AssertStage(StageNode):
    terminal = "ASSERT"
    condition: Expr
    message: str | None = None


@frozen
class BrokenStage(StageNode):
    """Text that is no stage; an error says why."""

    terminal = ""
    text: str


Stage: TypeAlias = (
    WhereStage
    | OrderStage
    | PartsStage
    | SelectStage
    | DropStage
    | RenameStage
    | DeriveStage
    | GroupStage
    | BestStage
    | EdgeStage
    | SmoothStage
    | BinStage
    | UnnestStage
    | PivotStage
    | HistogramStage
    | JoinStage
    | UnionStage
    | SqlStage
    | PlotStage
    | ToStage
    | AssertStage
    | BrokenStage
)
"""Every stage. A `match` over it ends in `assert_never`, so the type checker names it for each new one."""
