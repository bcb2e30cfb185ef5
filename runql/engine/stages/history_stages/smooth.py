"""`smooth`: each metric of each run smoothed along x."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from math import floor

from runql.engine.stages.context import StageContext
from runql.engine.stages.dispatch import Pace, left_out, smoothed
from runql.engine.stages.history_stages.runs import out_of_range, runs_of, said_of_skipped
from runql.engine.stages.shared.numbers import LeftOut
from runql.engine.stages.shared.say import number_of
from runql.engine.table import Table
from runql.semantic.typed import TSmooth
from runql.text.diagnostic import Diagnostic


def smooth(stage: TSmooth, tables: Iterable[Table], context: StageContext, said: list[Diagnostic]) -> Iterator[Table]:
    """Each metric smoothed. Cells that hold no finite number stay as they are, and do not count."""
    if stage.method == "ema" and not 0 <= stage.amount < 1:
        raise out_of_range(stage, "the weight of the past in `smooth ema` is from 0 to below 1")
    if stage.method == "mean" and (stage.amount < 1 or stage.amount != floor(stage.amount)):
        raise out_of_range(stage, "`smooth mean` is over a whole number of rows, at least 1")
    pace = Pace()
    skipped: dict[str, LeftOut] = {}
    others: Counter[str] = Counter()
    try:
        for run in runs_of(stage, pace.counted(tables), context):
            fast = pace.is_fast(run.table.length)
            columns = dict(run.table.columns)
            for metric in run.metrics:
                cells = columns[metric]
                columns[metric] = smoothed(cells, stage.method, stage.amount, fast=fast)
                left = left_out(cells, fast=fast)
                skipped[metric] = left._replace(other=0).and_(skipped.get(metric, LeftOut()))
                others[metric] += left.other
            yield Table(columns, run.table.length)
    finally:  # also where a limit behind it reads no further
        said += said_of_skipped(stage, skipped)
        for metric, count in others.items():
            if count:
                message = f"`{metric}`: {number_of(count, 'value')} that are no numbers left as they are by `smooth`"
                said.append(Diagnostic("RQL312", message, stage.span))
