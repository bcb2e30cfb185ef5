"""The typed stages: what the checker makes of each table stage right of a pipe.

Inside a stage an expression reads the columns of the table it stands on (`TCell`), and aggregates over rows are
`TFold`. A stage that works along histories says so by `needs_histories`.
"""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum

from runql.semantic.typed import TypedExpr
from runql.text.frozen import frozen
from runql.text.source import NOWHERE, Span


@frozen
class TCell(TypedExpr):
    """The value of a column in a row; missing where the table has no such column."""

    name: str


@frozen
class TFold(TypedExpr):
    """One value from the rows of a group: `mean(x)`, `count()`, `p90(x)`, `argmin(x, of)`.

    `argmin` and `argmax` give, from the row where `argument` is best, the value of `of` (the run's id by default).
    """

    name: str
    argument: TypedExpr | None = None
    of: TypedExpr | None = None


@frozen
class Named:
    """A column to be made: its name and its value."""

    name: str
    value: TypedExpr


@frozen
class ColumnPick:
    """Columns of the table by name or glob (`config.*`), without those that `except_` names or globs."""

    pattern: str
    is_glob: bool = False
    except_: tuple[str, ...] = ()


class Goal(StrEnum):
    MIN = "min"
    MAX = "max"


@frozen(kw_only=True)
class TStage:
    """The base of all: where the stage stands in its text."""

    span: Span = field(default=NOWHERE, compare=False, repr=False)


@frozen
class TWhere(TStage):
    condition: TypedExpr


@frozen
class TSort(TStage):
    """Keys with `True` for descending."""

    keys: tuple[tuple[TypedExpr, bool], ...]


@frozen
class TLimit(TStage):
    count: int


@frozen
class TSelect(TStage):
    columns: tuple[Named | ColumnPick, ...]


@frozen
class TDrop(TStage):
    columns: tuple[ColumnPick, ...]


@frozen
class TRename(TStage):
    """Old name to new name."""

    names: tuple[tuple[str, str], ...]


@frozen
class TDistinct(TStage):
    """Rows once each; by some columns, the first row of each."""

    columns: tuple[ColumnPick, ...] = ()


@frozen
class TDerive(TStage):
    """New columns, each of which sees the ones before it."""

    columns: tuple[Named, ...]


@frozen
class TGroup(TStage):
    """One row a group: the keys, the folds, then `n`. Values of folds may be arithmetic over `TFold`s."""

    keys: tuple[Named | ColumnPick, ...]
    folds: tuple[Named, ...]


@frozen
class TBest(TStage):
    """One row a run: the x where the metric was best, the value, its distance from the last."""

    goal: Goal
    metric: str


@frozen
class TEdge(TStage):
    """`first` or `last`: one row a run."""

    last: bool


@frozen
class TSmooth(TStage):
    """`ema 0.9` (weight of the past, debiased) or `mean 20` (rows), run by run, of the metrics."""

    method: str
    amount: float


@frozen
class TBin(TStage):
    """`bin x 100`: the mean of each metric in each of so many steps of x."""

    width: float


@frozen
class TResample(TStage):
    """So many evenly spaced x, each metric interpolated linearly between its own points."""

    points: int


@frozen
class TAlignStage(TStage):
    """`outer`, `inner`, `ffill` or `nearest`: fill cells of metrics logged at other x, run by run."""

    mode: str


@frozen
class TPivot(TStage):
    """Rows by columns; each cell the fold with its spread where a group has several rows."""

    value: TFold
    rows: Named
    columns: Named


@frozen
class TDiff(TStage):
    """Only the fields in which the runs differ; against one run if `versus` is its id or name."""

    versus: str | None = None


@frozen
class TCorr(TStage):
    """How strongly each config column goes with a value."""

    target: Named


@frozen
class TPareto(TStage):
    goals: tuple[tuple[Goal, Named], ...]


@frozen
class THoles(TStage):
    """The combinations of the values that occur which no row has."""

    over: tuple[Named, ...]


@frozen
class TDuplicates(TStage):
    """The combinations that several rows have."""

    by: tuple[Named | ColumnPick, ...]


@frozen
class TDescribe(TStage):
    """A row a column."""


@frozen
class TTo(TStage):
    """Write the table to a file and pass it on.

    `safe`: no text begins as a formula does. `guarded`: it came with a folder, so what it writes must be allowed.
    """

    path: str
    safe: bool = False
    guarded: bool = False


@frozen
class TAssert(TStage):
    """`over_table`: the condition holds folds and is asked once; else it must hold in each row."""

    condition: TypedExpr
    message: str | None = None
    over_table: bool = False
    text: str = ""
