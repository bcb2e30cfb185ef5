"""What stands right of a pipe: a table in, a table out."""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum
from typing import TypeAlias

from runql.syntax.tree.clauses import Column, OrderKey
from runql.syntax.tree.expressions import Expr
from runql.syntax.tree.names import Node, Path
from runql.text.frozen import frozen


@frozen
class StageNode(Node):
    """A table stage right of a pipe: a table in, a table out."""


@frozen
class WhereStage(StageNode):
    condition: Expr


@frozen
class OrderStage(StageNode):
    keys: tuple[OrderKey, ...]


@frozen
class LimitStage(StageNode):
    count: Expr


@frozen
class SelectStage(StageNode):
    columns: tuple[Column, ...]


@frozen
class DropStage(StageNode):
    """Columns by name or glob."""

    columns: tuple[Path, ...]


@frozen
class RenameStage(StageNode):
    """Old name, new name."""

    names: tuple[tuple[Path, Path], ...]


@frozen
class DistinctStage(StageNode):
    """`distinct`, or `distinct by a, b`."""

    columns: tuple[Path, ...] = ()


@frozen
class Definition(Node):
    """`name = value` of a `derive` or a `group`; without a name the value's own text is the name."""

    value: Expr
    defined: Path | None = None


@frozen
class DeriveStage(StageNode):
    columns: tuple[Definition, ...]


@frozen
class GroupStage(StageNode):
    """`group KEY, … : name = fold, …`; keys may be globs with `except`, `as` names them."""

    keys: tuple[Column, ...]
    folds: tuple[Definition, ...] = ()


class Goal(StrEnum):
    MIN = "min"
    MAX = "max"


@frozen
class BestStage(StageNode):
    goal: Goal
    metric: Path


@frozen
class EdgeStage(StageNode):
    """`first` or `last`."""

    last: bool


@frozen
class SmoothStage(StageNode):
    """`smooth ema 0.9`, `smooth mean 20`."""

    method: str
    amount: Expr


@frozen
class BinStage(StageNode):
    """`bin x 100`, `bin _step 100`: the axis as written is `x` or the name of the x column."""

    axis: Path
    width: Expr


@frozen
class ResampleStage(StageNode):
    points: Expr


@frozen
class AlignStage(StageNode):
    """`align nearest` and the modes of the clause."""

    mode: str


@frozen
class PivotStage(StageNode):
    """`pivot FOLD by ROWS, COLUMNS`."""

    value: Expr
    rows: Expr
    columns: Expr


@frozen
class DiffStage(StageNode):
    """`diff`, `diff vs ID`."""

    versus: str | None = None


@frozen
class CorrStage(StageNode):
    target: Expr


@frozen
class ParetoStage(StageNode):
    goals: tuple[tuple[Goal, Expr], ...]


@frozen
class HolesStage(StageNode):
    over: tuple[Expr, ...]


@frozen
class DuplicatesStage(StageNode):
    by: tuple[Column, ...]


@frozen
class DescribeStage(StageNode):
    """A row a column."""


@frozen
class PlotStage(StageNode):
    """`plot [line|scatter|bar|hist] [y…] [vs x] [by field] [log x|y]`."""

    shape: str | None = None
    y: tuple[Path, ...] = ()
    x: Path | None = None
    by: Path | None = None
    log: tuple[str, ...] = ()


@frozen
class ToStage(StageNode):
    """`safe`: no text begins as a formula does. `guarded`: it came with a folder, so what it writes must be allowed."""

    path: str
    safe: bool = False
    guarded: bool = field(default=False, compare=False, repr=False)


@frozen
class AssertStage(StageNode):
    condition: Expr
    message: str | None = None


@frozen
class BrokenStage(StageNode):
    """Text that is no stage; an error says why."""

    text: str


Stage: TypeAlias = (
    WhereStage
    | OrderStage
    | LimitStage
    | SelectStage
    | DropStage
    | RenameStage
    | DistinctStage
    | DeriveStage
    | GroupStage
    | BestStage
    | EdgeStage
    | SmoothStage
    | BinStage
    | ResampleStage
    | AlignStage
    | PivotStage
    | DiffStage
    | CorrStage
    | ParetoStage
    | HolesStage
    | DuplicatesStage
    | DescribeStage
    | PlotStage
    | ToStage
    | AssertStage
    | BrokenStage
)
"""Every stage. A `match` over it ends in `assert_never`, so the type checker names it for each new one."""
