"""What a stage knows of its table besides the cells, and what it hands on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import field
from typing import TypeAlias

from runql.engine.stages.layout import PivotLayout
from runql.engine.stages.shared.aggregates import FoldColumn
from runql.engine.stages.shared.filtered import Unpassed
from runql.engine.stages.shared.groups import Groups
from runql.engine.table import Table
from runql.errors import QueryError, RunQLError
from runql.language.kinds import TableKind
from runql.semantic.typed import TFold, TOther, TSql, TStage, TTo
from runql.semantic.typed.stages import entry_of, stage_name
from runql.semantic.values import Value
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen

HIDDEN = "\0"
"""How the name of a column begins that a stage reads and nobody sees: the values of a window."""

Opener: TypeAlias = "Callable[[TTo, StageContext], AbstractContextManager[Callable[[Table], None]]]"
"""How `to` writes: opens the file of that stage for a table of that kind, and gives what takes its parts, in order.

Leaving it without an exception makes the file whole; leaving it with one leaves no trace.
"""

AskSql: TypeAlias = "Callable[[TSql, Table, StageContext], StageResult]"
"""How `sql` is answered. Raises `QueryError` for a question that is refused."""

SayUnpassed: TypeAlias = "Callable[[Unpassed], Diagnostic]"
"""What to say of a condition that no row passes."""

FoldedOf: TypeAlias = "Callable[[TFold, Groups], FoldColumn | None]"
"""What an aggregate comes to in each group, where a source has said it."""

OtherOf: TypeAlias = "Callable[[TOther], OtherTable]"
"""The other table of a stage: whoever executes the plan asks for it when the first row wants it."""


@frozen
class OtherTable:
    """The other table of a stage, read whole, and the column of its runs' ids."""

    table: Table
    run_id: str | None = None


@frozen
class StageContext:
    """What is known of a table.

    `x_axis`, `metrics`: of histories, its x column and its metric columns (`None`: all that are neither `run_id`, the x
    axis nor in `fixed`). `fixed`: the columns of the run that are repeated on each row. `run_id`, `run_name`: the
    columns that name the run. `keys`: those that tell the rows of another table apart. `config`: the columns of
    settings (`None`: those whose names begin with `config.`).
    `beaten`: of the rows that `pareto` left out what it compares, and their runs.
    `is_sampled` is asked once the rows have been read, so is `left_out_nan`: how many NaN stood in rows that a source
    did not give, since the first stage keeps none of them; `folded` too: what an aggregate of the first stage comes to,
    where a source said it. `approx`: aggregates may be taken of a sample.
    """

    kind: TableKind = TableKind.OTHER
    run_id: str | None = None
    run_name: str | None = None
    x_axis: str | None = None
    metrics: tuple[str, ...] | None = None
    fixed: tuple[str, ...] = ()
    config: tuple[str, ...] | None = None
    is_sampled: Callable[[], bool] = field(default=lambda: False, compare=False)
    left_out_nan: Callable[[], int] = field(default=lambda: 0, compare=False)
    folded: FoldedOf | None = field(default=None, compare=False)
    keys: tuple[str, ...] = ()
    approx: bool = False
    layout: PivotLayout | None = None
    beaten: Mapping[str, Sequence[Value]] | None = field(default=None, compare=False)
    open: Opener | None = field(default=None, compare=False)
    ask: OtherOf | None = field(default=None, compare=False)
    sql: AskSql | None = field(default=None, compare=False)
    unpassed: SayUnpassed | None = field(default=None, compare=False)

    @classmethod
    def of_runs(cls) -> StageContext:
        """The context of a table of runs."""
        return cls(TableKind.RUNS, run_id="id", run_name="name")

    @classmethod
    def of_histories(
        cls, x_axis: str = "_step", metrics: Sequence[str] | None = None, fixed: Sequence[str] = ()
    ) -> StageContext:
        """The context of a table of histories."""
        known = None if metrics is None else tuple(metrics)
        name = "name" if "name" in fixed else None
        return cls(TableKind.HISTORIES, "run_id", name, x_axis, known, tuple(fixed))

    def metrics_in(self, names: Sequence[str]) -> tuple[str, ...]:
        """Those of the columns that are metrics, in their order."""
        if self.metrics is not None:
            return tuple(name for name in names if name in self.metrics)
        return tuple(name for name in names if name not in {self.run_id, self.x_axis, *self.fixed})

    def config_in(self, names: Sequence[str], target: str) -> tuple[str, ...]:
        """Those of the columns that `corr` compares with its target: the settings, or all columns of other tables."""
        if self.config is not None:
            return tuple(name for name in names if name in self.config and name != target)
        settings = tuple(name for name in names if name.startswith("config.") and name != target)
        if settings or self.kind is TableKind.RUNS:
            return settings
        others = (name for name in names if not name.startswith(HIDDEN))
        return tuple(name for name in others if name not in {target, self.run_id, self.run_name})

    def other(
        self,
        *,
        run_id: str | None = None,
        run_name: str | None = None,
        keys: Iterable[str] = (),
        layout: PivotLayout | None = None,
    ) -> StageContext:
        """The context of a table whose rows are neither runs nor steps any more."""
        return StageContext(
            run_id=run_id,
            run_name=run_name,
            keys=tuple(keys),
            layout=layout,
            approx=self.approx,
            open=self.open,
            ask=self.ask,
            sql=self.sql,
            unpassed=self.unpassed,
        )


@frozen
class StageResult:
    """What a stage gives: the table, what must be said about it, and what is known of the table."""

    table: Table
    notices: tuple[Diagnostic, ...] = ()
    context: StageContext = field(default_factory=StageContext)


# ---------------------------------------------------------------- what may stand where


def refuse_wrong_table(stage: TStage, context: StageContext) -> None:
    """Raises RQL314 if the stage does not work on such a table."""
    info = entry_of(stage)
    if context.kind in info.takes:
        return
    wanted = " or ".join(sorted(kind.value for kind in info.takes if kind is not TableKind.OTHER))
    given = "rows of another stage" if context.kind is TableKind.OTHER else context.kind.value
    raise QueryError(
        [Diagnostic("RQL314", f"`{info.name}` works on {wanted}, not on {given}", stage.span, hints=(info.example,))]
    )


def refuse_sampled(stage: TStage, context: StageContext) -> None:
    """Raises RQL310 if the stage makes one value of many rows, and the rows are a sample."""
    if context.kind is TableKind.HISTORIES and not context.approx and context.is_sampled():
        message = f"`{stage_name(stage)}` needs every row, and the histories are sampled"
        hints = ("every row: write `scan` left of the pipe", "of the sample all the same: write `approx`")
        raise QueryError([Diagnostic("RQL310", message, stage.span, hints=hints)])


def need_columns(stage: TStage, context: StageContext) -> tuple[str, str]:
    """The columns of the run and of the x axis. Raises RQL316 if a stage before has taken one away."""
    if context.run_id is None or context.x_axis is None:
        lacking = "the id of the run" if context.run_id is None else "the x axis"
        message = f"`{stage_name(stage)}` needs {lacking}, which an earlier stage has dropped"
        raise QueryError([Diagnostic("RQL316", message, stage.span)])
    return context.run_id, context.x_axis


def fault(message: str) -> RunQLError:
    """A fault of RunQL itself (RQL901)."""
    return RunQLError.of("RQL901", message)


def free_name(wanted: str, taken: Sequence[str] | Mapping[str, Value]) -> str:
    """The name, with a number after it if another column has it: `gap`, `gap_2`."""
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted}_{number}", number + 1
    return name
