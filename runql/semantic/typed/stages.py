"""The typed stages: what the checker makes of each table stage right of a pipe.

Inside a stage an expression reads the columns of the table it stands on (`TCell`), and aggregates over rows are
`TFold`.
"""

from __future__ import annotations

from dataclasses import field
from datetime import UTC, tzinfo
from typing import TypeAlias

from runql.language.entry import StageEntry
from runql.language.stages import STAGES
from runql.semantic.typed.expressions import TypedExpr
from runql.semantic.typed.stage_parts import ColumnPick, Named, Pivoted, TOther, TStageNode
from runql.semantic.values import Value
from runql.syntax.tree import Goal, JoinKind
from runql.text.frozen import frozen
from runql.text.hidden import SecretText
from runql.text.source import NOWHERE, Span


@frozen
class TRowSelection(TStageNode):
    """A stage that chooses rows or puts them in order, and leaves the columns and what its rows are as they were.

    A `match` that has nothing of its own to say of such a stage names them all by this.
    """


@frozen
class TOwnRows(TStageNode):
    """A stage whose rows are others than those that it was given, with the columns that its entry tells.

    A `match` that has nothing of its own to say of such a stage names them all by this.
    """


@frozen
class TWhere(TRowSelection):
    terminal = "WHERE"
    condition: TypedExpr


@frozen
class TSort(TRowSelection):
    """Keys with `True` for descending."""

    terminal = "ORDER"
    keys: tuple[tuple[TypedExpr, bool], ...]


@frozen
class TLimit(TRowSelection):
    """The first `count` rows; of each group, if keys are given. `last`: the last ones, in the order of the table."""

    terminal = "LIMIT"
    count: int
    by: tuple[Named | ColumnPick, ...] = ()
    last: bool = False

    @property
    def needs_all(self) -> bool:
        """Whether it tells only once it has seen all rows."""
        return bool(self.by) or self.last


@frozen
class TCountStage(TRowSelection):
    """A stage of a whole number, by the terminal of its word: `offset 3`, `resample 200`."""

    terminal = ""
    word: str
    count: int


@frozen
class TSelect(TStageNode):
    terminal = "SELECT"
    columns: tuple[Named | ColumnPick, ...]


@frozen
class TDrop(TStageNode):
    terminal = "DROP"
    columns: tuple[ColumnPick, ...]


@frozen
class TRename(TStageNode):
    """Old name to new name."""

    terminal = "RENAME"
    names: tuple[tuple[str, str], ...]


@frozen
class TDistinct(TRowSelection):
    """Rows once each; by some columns, the first row of each."""

    terminal = "DISTINCT"
    columns: tuple[ColumnPick, ...] = ()


@frozen
class TDerive(TStageNode):
    """New columns, each of which sees the ones before it."""

    terminal = "DERIVE"
    columns: tuple[Named, ...]


@frozen
class TGroup(TStageNode):
    """One row a group: the keys, the folds, then `n`. Values of folds may be arithmetic over `TFold`s."""

    terminal = "GROUP"
    keys: tuple[Named | ColumnPick, ...]
    folds: tuple[Named, ...]


@frozen
class TBest(TStageNode):
    """One row a run: the x where the metric was best, the value, its distance from the last."""

    terminal = "BEST"
    goal: Goal
    metric: str


@frozen
class TEdge(TStageNode):
    """`first` or `last`: one row a run; with `count` so many rows of each, which stay rows of its history."""

    terminal = "FIRST_ROW"
    last: bool
    count: int | None = None


@frozen
class TAlongRun(TStageNode):
    """A stage that works along the histories, run by run, and leaves the columns and what their rows are as they were.

    A `match` that has nothing of its own to say of such a stage names them all by this.
    """


@frozen
class TSmooth(TAlongRun):
    """`ema 0.9` (weight of the past, debiased) or `mean 20` (rows), run by run, of the metrics."""

    terminal = "SMOOTH"
    method: str
    amount: float


@frozen
class TBin(TAlongRun):
    """`bin x 100`: the mean of each metric in each of so many steps of x."""

    terminal = "BIN"
    width: float


@frozen
class TAlignStage(TAlongRun):
    """`outer`, `inner`, `ffill` or `nearest`: fill cells of metrics logged at other x, run by run."""

    terminal = "ALIGN"
    mode: str


@frozen
class TUnnest(TStageNode):
    """A row for each element of the lists of a column, which is then called `name`."""

    terminal = "UNNEST"
    column: str
    name: str


@frozen
class TPivot(TStageNode):
    """Rows by columns; each cell the folds with their spreads where a group has several rows."""

    terminal = "PIVOT"
    values: tuple[Pivoted, ...]
    rows: tuple[Named, ...]
    columns: Named


@frozen
class THistogram(TStageNode):
    """How many values lie in each bin, of each group; `bins` is `None` if no number of them was given."""

    terminal = "HISTOGRAM"
    value: Named
    bins: int | None = None
    by: tuple[Named, ...] = ()


@frozen
class TDiff(TOwnRows):
    """Only the fields in which the runs differ; against one run if `versus` is its id or name."""

    terminal = "DIFF"
    versus: str | None = None


@frozen
class TCorr(TOwnRows):
    """How strongly each config column goes with a value."""

    terminal = "CORR"
    target: Named


@frozen
class TPareto(TRowSelection):
    terminal = "PARETO"
    goals: tuple[tuple[Goal, Named], ...]


@frozen
class THoles(TOwnRows):
    """The combinations of the values that occur which no row has."""

    terminal = "HOLES"
    over: tuple[Named, ...]


@frozen
class TDuplicates(TOwnRows):
    """The combinations that several rows have."""

    terminal = "DUPLICATES"
    by: tuple[Named | ColumnPick, ...]


@frozen
class TJoin(TStageNode):
    """The rows beside those of another table whose keys are equal. `keys`: a column of this table, one of the other."""

    terminal = "JOIN"
    other: TOther
    how: JoinKind
    keys: tuple[tuple[str, str], ...]


@frozen
class TUnion(TStageNode):
    """The rows, then those of another table, columns by name.

    `is_open`: both are tables of runs of which any field may be named, so what is fetched for one is for both.
    `of_runs`: a row is a run on both sides.
    """

    terminal = "UNION"
    other: TOther
    is_open: bool = False
    of_runs: bool = False


@frozen
class TDescribe(TOwnRows):
    """A row a column."""

    terminal = "DESCRIBE"


@frozen
class TSql(TStageNode):
    """A question in SQL to the table so far.

    `parameters`: the values of the `$name` in it. `zone`: where its dates begin. `written`: the string as it stands in
    the text, at `written_span`; `plain`: without quotes. `secrets`: of these values, those that nothing says.
    """

    terminal = "SQL"
    question: str
    parameters: tuple[tuple[str, Value], ...] = ()
    zone: tzinfo = field(default=UTC, compare=False, repr=False)
    written: str = field(default="", compare=False, repr=False)
    written_span: Span = field(default=NOWHERE, compare=False, repr=False)
    plain: bool = field(default=False, compare=False, repr=False)
    secrets: tuple[SecretText, ...] = field(default=(), compare=False, repr=False)


@frozen
class TPlot(TStageNode):
    """A chart of the table, which is passed on as it is.

    `shape`: that which was asked for; `None` for that which fits. `y`, `x`, `by`: the columns that were named. `log`:
    the axes that are logarithmic. `title`: what stands over it.
    """

    terminal = "PLOT"
    shape: str | None = None
    y: tuple[ColumnPick, ...] = ()
    x: ColumnPick | None = None
    by: ColumnPick | None = None
    log: tuple[str, ...] = ()
    band: bool = False
    title: str = ""


@frozen
class TTo(TStageNode):
    """Write the table to a file and pass it on.

    `safe`: no text begins as a formula does. `guarded`: it came with a folder, so what it writes must be allowed.
    """

    terminal = "TO"
    path: str
    safe: bool = False
    guarded: bool = False


@frozen
class TAssert(TStageNode):
    """`over_table`: the condition holds folds and is asked once; else it must hold in each row."""

    terminal = "ASSERT"
    condition: TypedExpr
    message: str | None = None
    over_table: bool = False
    text: str = ""

    @property
    def needs_all(self) -> bool:
        """Whether it is asked of all rows together."""
        return self.over_table


TStage: TypeAlias = (
    TWhere
    | TSort
    | TLimit
    | TCountStage
    | TSelect
    | TDrop
    | TRename
    | TDistinct
    | TDerive
    | TGroup
    | TBest
    | TEdge
    | TSmooth
    | TBin
    | TAlignStage
    | TUnnest
    | TPivot
    | THistogram
    | TDiff
    | TCorr
    | TPareto
    | THoles
    | TDuplicates
    | TJoin
    | TUnion
    | TDescribe
    | TSql
    | TPlot
    | TTo
    | TAssert
)
"""Every typed stage. A `match` over it ends in `assert_never`, so the type checker names it for each new one."""


def entry_of(stage: TStage) -> StageEntry:
    """What the language says of a stage."""
    if isinstance(stage, TCountStage):
        return STAGES[stage.word]
    is_last = isinstance(stage, TEdge) and stage.last
    return STAGES["LAST_ROW" if is_last else stage.terminal]


def stage_name(stage: TStage) -> str:
    """The word that begins a stage."""
    return entry_of(stage).name
