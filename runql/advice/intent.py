"""Lint of intent: answers that are right, but may not be what was meant."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from itertools import dropwhile
from math import isfinite
from typing import assert_never

from runql.engine.values.coded import counted_cells
from runql.engine.values.column import Column
from runql.language.fields import RUN_FIELDS
from runql.language.kinds import HISTORIES
from runql.semantic import typed as t
from runql.semantic.record import RunRecord
from runql.semantic.typed import (
    TAggregate,
    TBest,
    TColumn,
    TCorr,
    TCountStage,
    TDerive,
    TGroup,
    TLimit,
    TPareto,
    TPivot,
    TSort,
    TStage,
    TWhere,
    TypedExpr,
)
from runql.semantic.typed.stages import entry_of
from runql.text.diagnostic import Diagnostic

_LETS_THROUGH = (TWhere, TSort, TLimit, TCountStage, TDerive)
_COMPARES = (TBest, TCorr, TGroup, TPareto, TPivot)
_GOES_ON = frozenset({"running", "pending", "preempting"})
_TOLD_APART = frozenset({"state", "_step"})
_MUCH = 1.05
_NEAR = 4
_PLAIN = re.compile(r"summary\.\w+(?:[./]\w+)*")
"""A metric of the summary, whose name needs no quotes."""


class Compared:
    """What runs have in common that stages set against each other; the runs are added part by part, none is held."""

    def __init__(self) -> None:
        self._states: Counter[str] = Counter()
        self._fewest: int | None = None
        self._most: int | None = None

    def add(self, records: Sequence[RunRecord]) -> None:
        """Count some more of the runs."""
        self._states.update(record.state or "" for record in records)
        steps = [step for record in records if (step := last_step(record)) is not None]
        if steps:
            self._fewest = min(steps) if self._fewest is None else min(self._fewest, *steps)
            self._most = max(steps) if self._most is None else max(self._most, *steps)

    def add_columns(self, states: Column, steps: Column | None) -> None:
        """Count some more of the runs, by their states and the last steps of their summaries."""
        for state, count in counted_cells(states).items():
            self._states[state if isinstance(state, str) else ""] += count
        known = [] if steps is None else [step for value in steps if (step := as_step(value)) is not None]
        if known:
            self._fewest = min(known) if self._fewest is None else min(self._fewest, *known)
            self._most = max(known) if self._most is None else max(self._most, *known)

    def said(
        self, stages: Sequence[TStage], columns: Sequence[TColumn] = (), logged: Collection[str] = ()
    ) -> Iterator[Diagnostic]:
        """What to say if stages set them against each other: some still go on (RQL321), some are longer (RQL322).

        `columns`: those of the table of runs, of which some may hold the value at one step; `logged`: the metrics
        that have a history, where they are known.
        """
        stage = next((stage for stage in stages if isinstance(stage, _COMPARES)), None)
        if stage is None or not compares_metrics(stage):
            return
        at_one_step = {one.name for one in columns if isinstance(one.value, TAggregate) and one.value.name == "at"}
        going, runs = sum(self._states[state] for state in _GOES_ON), self._states.total()
        if going and going < runs:
            message = f"{going:,} of {runs:,} runs still go on: their values are not their last"
            yield Diagnostic("RQL321", message, stage.span, hints=('leave them out: `where state = "finished"`',))
        metrics = {name for name in _metrics_of(stage) if _is_metric(name)}
        if at_one_step and metrics <= at_one_step:
            return
        if self._fewest is not None and self._most is not None and self._most > _MUCH * max(1, self._fewest):
            message = f"the runs have from {self._fewest:,} to {self._most:,} steps"
            # A step that few runs are near to is no place to compare them at.
            step = self._fewest if self._fewest * _NEAR >= self._most else 0
            hint = _at_one_step(stage, step, logged)
            yield Diagnostic("RQL322", message, stage.span, hints=(hint,))


def _at_one_step(stage: TStage, step: int, logged: Collection[str]) -> str:
    """How the runs are compared at one step: the metric at it, where one of a summary is compared that was logged."""
    plain = [one for one in _metrics_of(stage) if _PLAIN.fullmatch(one)]
    metric = next((one for one in plain if not logged or one.removeprefix("summary.") in logged), None)
    if isinstance(stage, TBest):
        return "to compare them at one step: `keys … steps ..N scan`"
    if metric is None:
        return f"to compare them at one step, select `at(logged.METRIC, {step or 'N'})` of a metric"
    at = f"at(logged.{metric.removeprefix('summary.')}, {step or 'N'})"
    unsure = "" if logged else ", if it was logged"
    return f"to compare them at one step, write `{at}` for `{metric}`{unsure}"


def hides_steps(stages: Sequence[TStage]) -> bool:
    """Whether stages sum up metrics, so that nobody sees how many steps the runs have: then it is said (RQL322)."""
    first = next(dropwhile(_lets_through, stages), None)
    return first is not None and not isinstance(first, TPareto) and compares_metrics(first)


def _lets_through(stage: TStage) -> bool:
    """Whether the rows behind a stage are some of those before it, as they were logged."""
    return isinstance(stage, _LETS_THROUGH) and entry_of(stage).takes != HISTORIES


def compares_metrics(stage: TStage) -> bool:
    """Whether a stage sets values of metrics against each other: of settings it does not matter how long a run was.

    Not if the groups tell the states or the steps apart.
    """
    if isinstance(stage, TGroup) and any(getattr(key, "name", "") in _TOLD_APART for key in stage.keys):
        return False
    return isinstance(stage, TBest) or any(map(_is_metric, _metrics_of(stage)))


def _metrics_of(stage: TStage) -> Iterator[str]:
    """The columns whose values a stage sets against each other."""
    exprs: list[TypedExpr] = []
    match stage:
        case TGroup(folds=folds):
            exprs = [one.value for one in folds]
        case TPivot(values=values):
            exprs = [one.fold for one in values]
        case TCorr(target=target) | t.THistogram(value=target):
            exprs = [target.value]
        case TPareto(goals=goals):
            exprs = [one.value for _, one in goals]
        case TBest() | t.TRowSelection() | t.TSelect() | t.TDrop() | t.TRename() | t.TDerive():
            pass
        case t.TEdge() | t.TAlongRun() | t.TOwnRows() | t.TUnnest() | t.TJoin() | t.TUnion():
            pass
        case t.TSql() | t.TPlot() | t.TTo() | t.TAssert():
            pass
        case _:
            assert_never(stage)
    yield from (name for expr in exprs for name in _read_by(expr))


def _is_metric(name: str) -> bool:
    space, _, rest = name.partition(".")
    return space != "config" and name not in RUN_FIELDS and not (rest or name).startswith("_") and name != "run_id"


def _read_by(expr: TypedExpr) -> Iterator[str]:
    """The columns that an expression of a stage reads, also within its folds and windows."""
    from runql.semantic.windows import cells_within

    yield from (cell.name for cell in cells_within(expr))


def last_step(record: RunRecord) -> int | None:
    """The last step of a run, where its summary or what it logged came with it."""
    of_summary = None if record.summary is None else record.summary.get("_step")
    for step in (of_summary, None if record.logged is None else record.logged.last_step):
        if (known := as_step(step)) is not None:
            return known
    return None


def as_step(value: object) -> int | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
    return int(value) if is_number else None  # type: ignore[call-overload]
