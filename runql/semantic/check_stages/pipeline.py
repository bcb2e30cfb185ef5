"""The checker of stages: from the trees right of the pipe to typed stages, each against the table that it is given."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final, assert_never

from runql.language.kinds import TableKind
from runql.language.stages import STAGES
from runql.semantic.catalog import Catalog
from runql.semantic.check_context import CheckContext, Report, rewrite
from runql.semantic.check_stages.commas import say_commas
from runql.semantic.check_stages.curves import CurveStages
from runql.semantic.check_stages.expressions import StageExpressions
from runql.semantic.check_stages.parts import PartsStages
from runql.semantic.check_stages.plot import PlotStages
from runql.semantic.check_stages.scope import CheckedStages, Scope, names_made
from runql.semantic.check_stages.sql import SqlStages
from runql.semantic.check_stages.tables import TableStages
from runql.semantic.check_stages.two_tables import TwoTableStages
from runql.semantic.check_stages.windows import Folding
from runql.semantic.typed import (
    TAssert,
    TEdge,
    TLimit,
    TRename,
    TSort,
    TStage,
    TTo,
    TWhere,
)
from runql.syntax import tree
from runql.syntax import tree as s
from runql.text.source import NOWHERE

MOST_STAGES: Final = 100
"""How many stages a query may have: the floors above nest them in each other."""


def check_stages(
    stages: Sequence[tree.Stage],
    scope: Scope,
    context: CheckContext,
    catalog: Catalog | None = None,
    lost: Iterable[str] = (),
) -> CheckedStages:
    """Check the stages of a query, the first one against the table of the query itself (`scope_of`).

    Pure, and raises for no tree. After a stage that cannot be made out nothing more is said of the ones that follow.
    """
    report = Report()
    if len(stages) > MOST_STAGES:
        hint = "several `where` are one with `and`, several `derive` one with commas"
        report.add(
            "RQL111",
            f"this is stage {MOST_STAGES + 1} of {len(stages):,}: a query has at most {MOST_STAGES}",
            stages[MOST_STAGES].span,
            hint,
        )
    expressions = StageExpressions(catalog, context, report, scope)
    expressions.lost |= set(lost)
    checker = _Checker(expressions, report)
    typed: list[TStage] = []
    for stage in stages:
        made = checker.check(stage)
        if report.has_errors:
            expressions.lost |= names_made(stage) - set(expressions.scope.columns)
        if made is None:
            break
        typed.append(made)
    found = None if report.has_errors else tuple(typed)
    return CheckedStages(found, expressions.scope, tuple(expressions.mentions.values()), tuple(report.found))


def stage_word(stage: tree.Stage) -> str:
    """The name under which the language knows a stage; empty for text that is none."""
    found = STAGES.get(tree.terminal_of(stage))
    return found.name if found is not None else ""


class _Checker(CurveStages, PartsStages, TableStages, TwoTableStages, SqlStages, PlotStages):
    """One method a stage; each gives the typed stage and changes the scope."""

    def __init__(self, expressions: StageExpressions, report: Report) -> None:
        self.expressions = expressions
        self.report = report
        self.plotted: s.PlotStage | None = None
        self.copies: dict[str, str] = {}

    def check(self, stage: tree.Stage) -> TStage | None:
        """The typed stage; `None` if nothing can be said of what follows."""
        if isinstance(stage, s.BrokenStage):
            self.report.unreadable = True
            return None
        name = stage_word(stage)
        if self.plotted is not None and not isinstance(stage, s.ToStage):
            self.behind_plot(name, self.plotted, stage)
            return None
        self.plotted = stage if isinstance(stage, s.PlotStage) else self.plotted
        self.expressions.stage, self.expressions.node, self.expressions.folding = name, stage, Folding.NO
        if not self._fits(name, stage):
            return None
        return self._checked(stage)

    def _checked(self, stage: tree.Stage) -> TStage | None:  # noqa: PLR0911, PLR0912 - one line a stage
        match stage:
            case s.WhereStage():
                return self.where(stage)
            case s.OrderStage():
                return self.order(stage)
            case s.PartsStage():
                return self.of_parts(stage)
            case s.SelectStage():
                return self.select(stage)
            case s.DropStage():
                return self.drop(stage)
            case s.RenameStage():
                return self.rename(stage)
            case s.DeriveStage():
                return self.derive(stage)
            case s.GroupStage():
                return self.group(stage)
            case s.BestStage():
                return self.best(stage)
            case s.EdgeStage():
                return self.edge(stage)
            case s.SmoothStage():
                return self.smooth(stage)
            case s.BinStage():
                return self.bin(stage)
            case s.UnnestStage():
                return self.unnest(stage)
            case s.PivotStage():
                return self.pivot(stage)
            case s.HistogramStage():
                return self.histogram(stage)
            case s.JoinStage():
                return self.join(stage)
            case s.UnionStage():
                return self.union(stage)
            case s.PlotStage():
                return self.plot(stage)
            case s.SqlStage():
                return self.sql(stage)
            case s.ToStage():
                return self.to(stage)
            case s.AssertStage():
                return self.asserted(stage)
            case s.BrokenStage():
                return None
            case _:
                assert_never(stage)

    # ------------------------------------------------------------ the kind of table

    def _fits(self, name: str, stage: tree.Stage) -> bool:
        """Whether the stage works on such rows; if not, it is reported with a way out."""
        info, scope = STAGES[tree.terminal_of(stage)], self.scope
        place = stage.span
        if isinstance(stage, s.EdgeStage) and not self._fits_edge(name, stage):
            return False
        if scope.kind not in info.takes:
            message, hint = _wrong_table(name, scope.kind, TableKind.HISTORIES in info.takes)
            self.report.add("RQL314", message, place, hint, f"for example: `{info.example}`")
            return False
        along = info.takes == {TableKind.HISTORIES} or (isinstance(stage, s.EdgeStage) and not stage.by)
        if along and scope.kind is TableKind.HISTORIES and (scope.run_id is None or scope.x_axis is None):
            lacking = "the id of the run" if scope.run_id is None else "the x axis"
            message = f"`{name}` needs {lacking}, which a stage before has taken away"
            self.report.add("RQL316", message, place)
            return False
        by_itself = info.aggregates and not isinstance(stage, s.GroupStage | s.PivotStage)
        if scope.is_sampled and scope.kind is TableKind.HISTORIES and by_itself:
            message = f"`{name}` needs every row, and the histories are sampled"
            self.report.add("RQL310", message, place, "every row: write `scan` left of the pipe, without `sample`")
        return True

    def _fits_edge(self, name: str, stage: s.EdgeStage) -> bool:
        """`first` and `last` by themselves are of each run of a history."""
        if stage.count is not None or stage.by or self.scope.kind is TableKind.HISTORIES:
            return True
        message, hint = _wrong_table(name, self.scope.kind, True)
        fixes = rewrite(stage.span, f"{name} 1", f"the {name} row of this table: write `{name} 1`")
        self.report.add("RQL314", message, stage.span, hint, f"the {name} row of this table: `{name} 1`", fixes=fixes)
        return False

    # ------------------------------------------------------------ rows

    def where(self, stage: s.WhereStage) -> TStage:
        return TWhere(self.expressions.condition(stage.condition), span=stage.span)

    def order(self, stage: s.OrderStage) -> TStage:
        say_commas(self.report, stage.keys)
        keys = []
        for key in stage.keys:
            operand = self.sortable(key.value)
            keys.append((operand.expr, key.descending))
        return TSort(tuple(keys), span=stage.span)

    def rename(self, stage: s.RenameStage) -> TStage:
        pairs: list[tuple[str, str]] = []
        added = {}
        for old, new in stage.names:
            operand = self.column(old, stage.span)
            if operand is None:
                continue
            title = ".".join(map(str, new.segments))
            if title in self.scope.columns and title != operand.name:
                place = new.span if new.span != NOWHERE else stage.span
                self.report.add(
                    "RQL318", f"there is a column `{title}` already", place, "drop it first, or choose another name"
                )
            pairs.append((operand.name, title))
            added[title] = operand.facts
        self.renamed(dict(pairs), added)
        return TRename(tuple(pairs), span=stage.span)

    def edge(self, stage: s.EdgeStage) -> TStage:
        """`first` and `last`: of each run of a history, else of the table, or of its groups."""
        word = "last" if stage.last else "first"
        count = None if stage.count is None else int(self.whole(stage.count, word, least=1))
        if stage.by or self.scope.kind is not TableKind.HISTORIES:
            return TLimit(1 if count is None else count, self.parting(stage.by), stage.last, span=stage.span)
        if count is None:
            scope = self.scope.of_each_run(self.scope.columns)
            # In the last row the last value of another metric is no other moment.
            self.expressions.scope = replace(scope, keys_at=NOWHERE) if stage.last else scope
        return TEdge(stage.last, count, span=stage.span)

    # ------------------------------------------------------------ the end of a line

    def to(self, stage: s.ToStage) -> TStage:
        if not stage.path.strip():
            self.report.add("RQL506", "`to` names no file", stage.span, 'write `to "runs.csv"`')
        return TTo(stage.path, stage.safe, stage.guarded, span=stage.span)

    def asserted(self, stage: s.AssertStage) -> TStage:
        expressions = self.expressions
        expressions.folding = Folding.YES
        condition = expressions.condition(stage.condition)
        over_table = bool(expressions.folds(condition))
        if over_table:
            self.no_loose_cells(condition, "of the whole table", ())
        text = expressions.written(stage.condition)
        return TAssert(condition, stage.message, over_table, text, span=stage.span)


def _wrong_table(name: str, kind: TableKind, along: bool) -> tuple[str, str]:
    """What is wrong, and the way out."""
    if along and kind is TableKind.RUNS:
        return (
            f"`{name}` works along histories, and this is a table of runs",
            "add `keys METRIC` left of the pipe (and `scan` for every step)",
        )
    if along:
        return (
            f"`{name}` works along histories, and a stage before has made other rows of them",
            f"put `{name}` before it",
        )
    if kind is TableKind.HISTORIES:
        return (
            f"`{name}` works on runs, and this is a table of histories",
            "one row a run first: `| last`, `| best min METRIC`; or leave out `keys`, `sample` and `scan`",
        )
    return (
        f"`{name}` works on runs, and a stage before has made other rows of them",
        f"put `{name}` before it",
    )
