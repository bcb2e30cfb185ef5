"""The nodes of what stands right of a pipe, and of the statements beside the query."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from runql.syntax.tree import Column, Expr, Literal, OrderKey, Path, Query, SourceRef, Stage, Statement
from runql.text.source import NOWHERE, Span

# ---------------------------------------------------------------- stages


@dataclass(frozen=True, slots=True)
class WhereStage(Stage):
    condition: Expr


@dataclass(frozen=True, slots=True)
class OrderStage(Stage):
    keys: tuple[OrderKey, ...]


@dataclass(frozen=True, slots=True)
class LimitStage(Stage):
    count: Expr


@dataclass(frozen=True, slots=True)
class SelectStage(Stage):
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class DropStage(Stage):
    """Columns by name or glob."""

    columns: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class RenameStage(Stage):
    """Old name, new name."""

    names: tuple[tuple[Path, Path], ...]


@dataclass(frozen=True, slots=True)
class DistinctStage(Stage):
    """`distinct`, or `distinct by a, b`."""

    columns: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Definition(Stage):
    """`name = value` of a `derive` or a `group`; without a name the value's own text is the name."""

    value: Expr
    defined: Path | None = None


@dataclass(frozen=True, slots=True)
class DeriveStage(Stage):
    columns: tuple[Definition, ...]


@dataclass(frozen=True, slots=True)
class GroupStage(Stage):
    """`group KEY, … : name = fold, …`; keys may be globs with `except`, `as` names them."""

    keys: tuple[Column, ...]
    folds: tuple[Definition, ...] = ()


class Goal(StrEnum):
    MIN = "min"
    MAX = "max"


@dataclass(frozen=True, slots=True)
class BestStage(Stage):
    goal: Goal
    metric: Path


@dataclass(frozen=True, slots=True)
class EdgeStage(Stage):
    """`first` or `last`."""

    last: bool


@dataclass(frozen=True, slots=True)
class SmoothStage(Stage):
    """`smooth ema 0.9`, `smooth mean 20`."""

    method: str
    amount: Expr


@dataclass(frozen=True, slots=True)
class BinStage(Stage):
    """`bin x 100`, `bin _step 100`: the axis as written is `x` or the name of the x column."""

    axis: Path
    width: Expr


@dataclass(frozen=True, slots=True)
class ResampleStage(Stage):
    points: Expr


@dataclass(frozen=True, slots=True)
class AlignStage(Stage):
    """`align nearest` and the modes of the clause."""

    mode: str


@dataclass(frozen=True, slots=True)
class PivotStage(Stage):
    """`pivot FOLD by ROWS, COLUMNS`."""

    value: Expr
    rows: Expr
    columns: Expr


@dataclass(frozen=True, slots=True)
class DiffStage(Stage):
    """`diff`, `diff vs ID`."""

    versus: str | None = None


@dataclass(frozen=True, slots=True)
class CorrStage(Stage):
    target: Expr


@dataclass(frozen=True, slots=True)
class ParetoStage(Stage):
    goals: tuple[tuple[Goal, Expr], ...]


@dataclass(frozen=True, slots=True)
class HolesStage(Stage):
    over: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class DuplicatesStage(Stage):
    by: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class DescribeStage(Stage):
    """A row a column."""


@dataclass(frozen=True, slots=True)
class PlotStage(Stage):
    """`plot [line|scatter|bar|hist] [y…] [vs x] [by field] [log x|y]`."""

    shape: str | None = None
    y: tuple[Path, ...] = ()
    x: Path | None = None
    by: Path | None = None
    log: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ToStage(Stage):
    path: str


@dataclass(frozen=True, slots=True)
class AssertStage(Stage):
    condition: Expr
    message: str | None = None


@dataclass(frozen=True, slots=True)
class BrokenStage(Stage):
    """Text that is no stage; an error says why."""

    text: str


# ---------------------------------------------------------------- statements


@dataclass(frozen=True, slots=True)
class UseStatement(Statement):
    source: SourceRef


@dataclass(frozen=True, slots=True)
class LetStatement(Statement):
    """`let good = runs …`."""

    name: str
    query: Query
    name_span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class ParamStatement(Statement):
    """`param lr: float = 0.01`: the type's name as written, lower case; the default, if there is one."""

    name: str
    type_name: str | None = None
    default: Literal | Expr | None = None
    name_span: Span = field(default=NOWHERE, compare=False, repr=False)


class Show(StrEnum):
    SOURCES = "sources"
    PROJECTS = "projects"
    FIELDS = "fields"
    TAGS = "tags"
    SWEEPS = "sweeps"
    LETS = "lets"


@dataclass(frozen=True, slots=True)
class ShowStatement(Statement):
    """`show fields config like "val/*"`: the space is `config`, `summary`, `logged`, or none."""

    what: Show
    space: str | None = None
    like: str | None = None


@dataclass(frozen=True, slots=True)
class DescribeStatement(Statement):
    """`describe config.lr`."""

    path: Path


@dataclass(frozen=True, slots=True)
class PullStatement(Statement):
    """`pull [QUERY] [into NAME]`."""

    query: Query | None = None
    into: str | None = None


@dataclass(frozen=True, slots=True)
class SetStatement(Statement):
    """`set NAME value`."""

    name: str
    value: Literal | Expr | None = None
    name_span: Span = field(default=NOWHERE, compare=False, repr=False)
