"""Stages one after the other: those that can pass rows on while they read, the others take their whole table first."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias, assert_never

from runql.engine.cast_losses import StageCasts
from runql.engine.stages import assertions, combinations, shape, two_tables
from runql.engine.stages.after import context_after, names_after
from runql.engine.stages.context import StageContext, StageResult, fault, refuse_sampled, refuse_wrong_table
from runql.engine.stages.correlation import corr
from runql.engine.stages.describe import describe
from runql.engine.stages.diff import diff
from runql.engine.stages.dispatch import has_ends, values_of
from runql.engine.stages.group import group
from runql.engine.stages.histogram import histogram
from runql.engine.stages.history_stages import align, best, resample, smooth
from runql.engine.stages.history_stages import bin as bins
from runql.engine.stages.pivot import pivot
from runql.engine.stages.reads import refuse_unknown
from runql.engine.stages.unnest import unnest
from runql.engine.stages.windows import Windows, has_windows, parts_of, without_hidden
from runql.engine.table import Table, concat
from runql.semantic import typed as t
from runql.semantic.typed.stages import entry_of, stage_name
from runql.text.diagnostic import Diagnostic

_CountBody: TypeAlias = Callable[[t.TCountStage, Iterator[Table], StageContext, list[Diagnostic]], Iterator[Table]]

COUNT_STAGES: Final[Mapping[str, _CountBody]] = {
    "OFFSET": lambda stage, tables, *_: shape.without_first(tables, stage.count),
    "RESAMPLE": resample.resample,
}
"""What the stages of a number do, by their words: the parts of a table in, those of another out."""


class Flow:
    """Tables on their way through stages: iterate it once. `notices` and `context` are final when it is exhausted.

    The rows, and so the sources, are read while it is iterated. Any error of a stage is raised then. `before`: the flow
    that it reads; who reads no further closes it, so that the stages say what they saw of the rows that they read.
    """

    def __init__(
        self,
        tables: Iterable[Table],
        context: Callable[[], StageContext],
        said: list[Diagnostic],
        casts: Sequence[StageCasts] = (),
        before: Flow | None = None,
    ) -> None:
        self._tables = iter(tables)
        self._before = before
        self._context = context
        self._said = said
        self._casts = casts

    def __iter__(self) -> Iterator[Table]:
        return self._tables

    def close(self) -> None:
        """Read no further: each stage says what it has to say, the first one first. A source just ends."""
        if self._before is not None:
            self._before.close()
            if isinstance(self._tables, Generator):
                self._tables.close()

    @property
    def notices(self) -> tuple[Diagnostic, ...]:
        """What is to be said about the answer, each once."""
        of_casts = (notice for casts in self._casts for notice in casts.notices())
        return tuple(dict.fromkeys((*self._said, *of_casts)))

    @property
    def context(self) -> StageContext:
        """What is known of the table."""
        return self._context()

    def own_context(self) -> StageContext:
        """The same, for a flow of the same tables."""
        return self._context()


def is_streaming(stage: t.TStage) -> bool:
    """Whether a stage passes rows on while it reads, holding at most one run."""
    if has_windows(stage) or (isinstance(stage, t.TAssert | t.TLimit) and stage.needs_all):
        return False
    return entry_of(stage).streams


def run_stages(stages: Sequence[t.TStage], tables: Iterable[Table], context: StageContext) -> Flow:
    """The tables after all the stages. Raises RQL314 at once for a stage on a table that it does not work on."""
    refuse_wrong_stages(stages, context)
    said: list[Diagnostic] = []
    flow = Flow(tables, lambda: context, said)
    all_casts = []
    for place, stage in enumerate(stages):
        # A file or an assertion before a limit is of all the rows, not of those that the limit lets through.
        read_on = any(isinstance(before, t.TTo | t.TAssert) for before in stages[:place])
        if not all(map(is_streaming, stages[:place])):
            flow = _with_all_columns(stage, flow)
        casts = StageCasts(stage, values_of, has_ends)
        if casts.looks and not has_windows(stage):
            all_casts.append(casts)
            flow = Flow(casts.counted(flow), flow.own_context, said, before=flow)
        flow = _streamed(stage, flow, said, read_on) if is_streaming(stage) else _collected(stage, flow, said)
    return Flow(flow, flow.own_context, said, all_casts)


def refuse_wrong_stages(stages: Sequence[t.TStage], context: StageContext) -> None:
    """Raises RQL314 for a stage on a table that it does not work on."""
    for stage in stages:
        refuse_wrong_table(stage, context)
        context = context_after(stage, context)


def run_stage(stage: t.TStage, table: Table, context: StageContext) -> StageResult:
    """The whole table after one stage."""
    flow = run_stages([stage], [table], context)
    result = _whole(flow)
    return StageResult(result, flow.notices, flow.context)


def _whole(tables: Iterable[Table]) -> Table:
    parts = list(tables)
    return parts[0] if len(parts) == 1 else concat(parts)


def column_order(stages: Sequence[t.TStage], names: Sequence[str], context: StageContext) -> tuple[str, ...] | None:
    """The columns after all the stages, from those of the query; `None` where only the rows can tell."""
    known: tuple[str, ...] | None = tuple(names)
    for stage in stages:
        known = names_after(stage, known, context) if known is not None else None
        context = context_after(stage, context)
    return known


# ---------------------------------------------------------------- one stage


def _collected(stage: t.TStage, before: Flow, said: list[Diagnostic]) -> Flow:
    after: list[StageContext] = []

    def tables() -> Iterator[Table]:
        table = _whole(before)
        context = before.context
        if entry_of(stage).aggregates or isinstance(stage, t.TAssert):
            refuse_sampled(stage, context)
        result = _windowed(stage, table, context) if has_windows(stage) else _work(stage, table, context)
        said.extend(result.notices)
        after.append(result.context)
        yield result.table

    return Flow(tables(), lambda: after[0] if after else context_after(stage, before.context), said, before=before)


def _windowed(stage: t.TStage, table: Table, context: StageContext) -> StageResult:
    """A stage that holds windows: they become columns of its whole table, then it works as one without them."""
    notices: list[Diagnostic] = []
    for part in parts_of(stage):
        windows = Windows(table, context)
        filled = windows.filled(part)
        casts = StageCasts(filled, values_of, has_ends)
        casts.add(windows.table)
        if is_streaming(filled):
            before = Flow([], lambda now=context: now, [])  # type: ignore[misc]
            tables = _parts(filled, iter([windows.table]), before, notices, True)
            result = StageResult(_whole(tables), (), context_after(part, context))
        else:
            result = _work(filled, windows.table, context)
        table, context = without_hidden(result.table), result.context
        notices += [*windows.said, *casts.notices(), *result.notices]
    return StageResult(table, tuple(notices), context)


def _with_all_columns(stage: t.TStage, before: Flow) -> Flow:
    """The table before a stage, which was whole once: so a column that it lacks is none (RQL218)."""

    def tables() -> Iterator[Table]:
        for table in before:
            if table.length:
                refuse_unknown(stage, table)
            yield table

    return Flow(tables(), lambda: before.context, [], before=before)


def _streamed(stage: t.TStage, before: Flow, said: list[Diagnostic], read_on: bool) -> Flow:
    seen: list[tuple[str, ...]] = []

    def noted() -> Iterator[Table]:
        for table in before:
            seen[:] = [table.names]
            yield table

    def tables() -> Iterator[Table]:
        empty = True
        try:
            for table in _parts(stage, noted(), before, said, read_on):
                empty = False
                yield table
        finally:
            before.close()
        if empty and seen:
            # No row came through, but the columns are known.
            names = names_after(stage, seen[0], before.context) or ()
            yield Table({name: [] for name in names}, 0)

    return Flow(tables(), lambda: context_after(stage, before.context), said, before=before)


def _parts(  # noqa: PLR0911, PLR0912 - one line a stage
    stage: t.TStage, tables: Iterator[Table], before: Flow, said: list[Diagnostic], read_on: bool
) -> Iterator[Table]:
    context = before.context
    match stage:
        case t.TWhere():
            return shape.filtered(stage, tables, context, said)
        case t.TSelect():
            return (shape.select(stage, table) for table in tables)
        case t.TDrop():
            return (shape.drop(stage, table) for table in tables)
        case t.TRename():
            return (shape.rename(stage, table) for table in tables)
        case t.TDerive():
            return (shape.derive(stage, table) for table in tables)
        case t.TDistinct():
            return shape.distinct(stage, tables)
        case t.TLimit(count=count):
            return shape.limited(tables, count, read_on=read_on)
        case t.TCountStage(word=word):
            return COUNT_STAGES[word](stage, tables, context, said)
        case t.TPlot():
            return tables
        case t.TTo():
            return _written(stage, tables, before)
        case t.TAssert():
            return assertions.assert_rows(stage, tables, lambda: before.context, said)
        case t.TJoin():
            return two_tables.join(stage, tables, context, said)
        case t.TUnion():
            return two_tables.union(stage, tables, context, said)
        case t.TBest():
            return best.best(stage, tables, context, said)
        case t.TEdge():
            return best.edge(stage, tables, context)
        case t.TSmooth():
            return smooth.smooth(stage, tables, context, said)
        case t.TBin():
            return bins.bin_rows(stage, tables, context, said)
        case t.TAlignStage():
            return align.align(stage, tables, context)
        case t.TSort() | t.TPareto() | t.TGroup() | t.TPivot() | t.TOwnRows() | t.TSql() | t.THistogram() | t.TUnnest():
            raise fault(f"the stage `{stage_name(stage)}` takes its whole table first")
        case _:
            assert_never(stage)


def _written(stage: t.TTo, tables: Iterator[Table], before: Flow) -> Iterator[Table]:
    """Write the rows while they pass. The file is opened when the first ones are there, for only then is it known
    how the table reads.
    """
    first = next(tables, Table({}, 0))
    context = before.context
    if context.open is None:
        raise fault("nobody said how `to` writes")
    with context.open(stage, context) as write:
        write(first)
        yield first
        for table in tables:
            write(table)
            yield table


def _answered(stage: t.TSql, table: Table, context: StageContext) -> StageResult:
    if context.sql is None:
        raise fault("nobody said who answers SQL")
    return context.sql(stage, table, context)


def _work(stage: t.TStage, table: Table, context: StageContext) -> StageResult:  # noqa: PLR0911, PLR0912 - one line a stage
    match stage:
        case t.TSort():
            return shape.sort(stage, table, context)
        case t.TGroup():
            return group(stage, table, context)
        case t.TUnnest():
            return unnest(stage, table, context)
        case t.TPivot():
            return pivot(stage, table, context)
        case t.THistogram():
            return histogram(stage, table, context)
        case t.TDiff():
            return diff(stage, table, context)
        case t.TCorr():
            return corr(stage, table, context)
        case t.TPareto():
            return combinations.pareto(stage, table, context)
        case t.THoles():
            return combinations.holes(stage, table, context)
        case t.TDuplicates():
            return combinations.duplicates(stage, table, context)
        case t.TDescribe():
            return describe(stage, table, context)
        case t.TSql():
            return _answered(stage, table, context)
        case t.TAssert():
            return assertions.assert_table(stage, table, context)
        case t.TLimit():
            return shape.limited_by(stage, table, context)
        case t.TCountStage(word=word):
            said: list[Diagnostic] = []
            return StageResult(_whole(COUNT_STAGES[word](stage, iter([table]), context, said)), tuple(said), context)
        case t.TWhere() | t.TSelect() | t.TDrop() | t.TRename() | t.TDistinct() | t.TDerive() | t.TBest():
            raise fault(f"the stage `{stage_name(stage)}` passes its rows on")
        case t.TJoin() | t.TUnion() | t.TEdge() | t.TAlongRun() | t.TPlot() | t.TTo():
            raise fault(f"the stage `{stage_name(stage)}` passes its rows on")
        case _:
            assert_never(stage)
