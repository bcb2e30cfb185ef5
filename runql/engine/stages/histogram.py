"""`histogram`: how many values lie in each of some bins of equal width."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from runql.engine.stages.context import StageContext, StageResult, free_name
from runql.engine.stages.dispatch import binned, cells_at, grouped, values_of
from runql.engine.stages.layout import PivotLayout
from runql.engine.stages.shared.bins import Binned
from runql.engine.table import Table
from runql.semantic.typed import THistogram
from runql.semantic.values import Value
from runql.text.diagnostic import Diagnostic

LOW, HIGH, COUNT = "low", "high", "n"
DEFAULT_BINS = 10


def histogram(stage: THistogram, table: Table, context: StageContext) -> StageResult:
    """A row for each group and bin: the keys, the bounds, and how many values lie between them, empty bins too.

    The bins are those of all groups, so that these compare. Of whole numbers `high` is the largest that the bin holds.
    What is in no bin is said (RQL312).
    """
    keys = {named.name: values_of(named.value, table) for named in stage.by}
    groups = grouped(list(keys.values()), table.length)
    found = binned(values_of(stage.value.value, table), groups, stage.bins or DEFAULT_BINS)
    bounds = list(_bounds(found))
    rows = [row for row in groups.firsts() for _ in bounds] if bounds else []
    columns: dict[str, Sequence[Value]] = {name: cells_at(cells, rows) for name, cells in keys.items()}
    times = len(groups) if bounds else 0
    low_name = free_name(LOW, columns)
    columns[low_name] = [low for low, _ in bounds] * times
    columns[free_name(HIGH, columns)] = [high for _, high in bounds] * times
    name = free_name(COUNT, columns)
    columns[name] = [count for counts in found.counts for count in counts] if bounds else []
    layout = PivotLayout((), (), bars=name)
    notices = [*_left_out(stage, found), *_fewer(stage, found)]
    return StageResult(
        Table(columns, len(bounds) * times), tuple(notices), context.other(keys=[*keys, low_name], layout=layout)
    )


def _bounds(found: Binned) -> Iterator[tuple[Value, Value]]:
    """The lower and the upper bound of each bin."""
    for low, high in zip(found.edges, found.edges[1:], strict=False):
        yield low, high - 1 if found.is_whole else high


def _left_out(stage: THistogram, found: Binned) -> Iterator[Diagnostic]:
    parts = (
        (found.missing, "missing"),
        (found.nan, "NaN"),
        (found.infinite, "infinite"),
        (found.other, "of another type"),
    )
    said = [f"{count:,} {what}" for count, what in parts if count]
    if said:
        yield Diagnostic("RQL312", f"`{stage.value.name}`: {', '.join(said)}: in no bin", stage.value.value.span)


def _fewer(stage: THistogram, found: Binned) -> Iterator[Diagnostic]:
    """That there are fewer bins than were asked for."""
    count = max(0, len(found.edges) - 1)
    if stage.bins is None or not count or count == stage.bins:
        return
    why = "bins of whole numbers are of one width" if found.is_whole else "no more numbers lie between"
    if count == 1 and found.edges[0] == (found.edges[1] - 1 if found.is_whole else found.edges[1]):
        why = "all values are the same"
    yield Diagnostic("RQL562", f"{count:,} bins, not {stage.bins:,}: {why}", stage.span)
