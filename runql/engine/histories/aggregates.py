"""What a run's history comes to: `min(logged.loss)`, `last(logged.acc)`, `exists(logged.val/loss)`, …

One pass over the rows answers any number of aggregates. A run's summary never answers one: even the last value may have
been set by hand or by `define_metric` after it was logged, and nothing in the run tells.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType

from runql.engine import statistics
from runql.engine.compare import is_nan, is_number
from runql.engine.evaluate import Aggregates, compile_value
from runql.engine.functions import to_float
from runql.engine.histories import accumulators as a
from runql.engine.histories import curves
from runql.engine.histories.accumulators import Accumulator
from runql.engine.histories.spikes import Spikes
from runql.engine.patterns import star_matcher
from runql.errors import RunQLError
from runql.language.aggregates import OF_X
from runql.semantic.folds import percentile_of
from runql.semantic.needed import walk_arguments
from runql.semantic.record import RunHistory, RunRecord
from runql.semantic.typed import READING, HistoryNode, TAggregate, TLogged
from runql.semantic.values import MISSING, Value

_STEP = "_step"


def keys_needed(nodes: Iterable[HistoryNode]) -> tuple[str, ...] | None:
    """The history keys that answer the aggregates, to be asked for along `_step` (all rows that hold any of them).

    The x axes of those that look at x are among them. `None`: every key, since a glob may mean any.
    """
    keys: dict[str, None] = {}
    for node in nodes:
        if isinstance(node, TLogged):
            if "*" in node.metric:
                return None
            keys[node.metric] = None
            continue
        keys.update(dict.fromkeys(node.metrics))
        if node.name in OF_X and node.x_axis != _STEP:
            keys[node.x_axis] = None
    return tuple(keys)


def told_by_record(nodes: Iterable[HistoryNode], record: RunRecord) -> dict[HistoryNode, Value]:
    """`exists` of metrics, of a run at hand: its `history_keys` name all that it logged."""
    told: dict[HistoryNode, Value] = dict.fromkeys((node for node in nodes if isinstance(node, TLogged)), False)
    return told | known_from_record(nodes, record)


def known_from_record(nodes: Iterable[HistoryNode], record: RunRecord) -> dict[HistoryNode, Value]:
    """The answers that need no history: `exists` of a metric that the run says it logged.

    A metric that they lack may still have rows: a server's list can lag behind a run.
    """
    names = () if record.logged is None else record.logged.kinds
    return {node: True for node in nodes if isinstance(node, TLogged) and any(map(star_matcher(node.metric), names))}


def aggregate(
    nodes: Sequence[HistoryNode], histories: Iterable[RunHistory], record: RunRecord | None = None
) -> dict[HistoryNode, Value]:
    """The value of each aggregate over the rows of one run, in the order they were logged, in any number of parts.

    Memory: one part, the `last N` values of each aggregate that asks for them, 8 bytes a row for each mean, 16 for what
    is of a curve, and all values of those whose argument is another value of the history.
    """
    running = Aggregation(nodes, record)
    for history in histories:
        running.add(history)
    return running.result()


class Aggregation:
    """Aggregates of one run on the way: `add` each part of its history, in order, then take the `result`.

    `record` is the run, which the arguments of aggregates may read.
    """

    def __init__(self, nodes: Iterable[HistoryNode], record: RunRecord | None = None) -> None:
        self._record = RunRecord(id="", project="") if record is None else record
        self._accumulators = {node: self._begun(node) for node in nodes}
        self.rows_of: set[str] = set()
        """The metrics of which there is a row."""
        self._awaited = {name for node in self._accumulators if isinstance(node, TAggregate) for name in node.metrics}
        self.skipped: Counter[HistoryNode] = Counter()
        """How many values that are no numbers each aggregate of numbers skipped; null and missing are no values."""
        self.is_empty: set[HistoryNode] = set()
        """Which aggregates of numbers, and of one place, made nothing of a history that holds values; see `result`."""

    def add(self, history: RunHistory) -> None:
        """Count in a part of the history."""
        there = self._awaited & history.columns.keys()
        came = {name for name in there if any(cell is not MISSING for cell in history.columns[name])}
        self.rows_of |= came
        self._awaited -= came
        for node, accumulator in self._accumulators.items():
            if isinstance(node, TLogged):
                matches = star_matcher(node.metric)
                for name, column in history.columns.items():
                    if matches(name):
                        accumulator.add(column, column)
            elif not history.columns.keys().isdisjoint(node.metrics):
                cells = _cells(node, history)
                xs = history.columns.get(node.x_axis) or [MISSING] * history.length
                accumulator.add(cells, xs)
                if _is_of_numbers(node.name):
                    self.skipped[node] += _other_values(cells, bools=node.name in _TAKE_BOOLS)

    def result(self) -> dict[HistoryNode, Value]:
        """The value of each aggregate over all parts so far."""
        found: dict[HistoryNode, Value] = {}
        for node, accumulator in self._accumulators.items():
            if isinstance(accumulator, _Waiting):
                assert isinstance(node, TAggregate)
                accumulator = accumulator.filled(self._made(node, found))  # noqa: PLW2901 - what it waited for is known
                self._accumulators[node] = accumulator
            found[node] = accumulator.result()
        self.is_empty = {node for node, value in found.items() if value is MISSING and self._is_told_empty(node)}
        return found

    @property
    def without_x(self) -> Counter[HistoryNode]:
        """How many values were left out because their rows have no x. To be asked for after the `result`."""
        return Counter({node: one.without_x for node, one in self._accumulators.items() if one.without_x})

    def _is_told_empty(self, node: HistoryNode) -> bool:
        """Whether it is worth saying that an aggregate is missing: of `when` that is the answer "never"."""
        if not isinstance(node, TAggregate) or not (node.name == "at" or _is_of_numbers(node.name)):
            return False
        lacks_x = node.name == "at" and self._accumulators[node].without_x  # which is said
        return not lacks_x and not self.rows_of.isdisjoint(node.metrics)

    def _begun(self, node: HistoryNode) -> Accumulator:
        if isinstance(node, TLogged):
            return a.Exists()
        waits = node.argument is not None and any(
            isinstance(one, TAggregate | TLogged) and not is_reading(one) for one in walk_arguments(node.argument)
        )
        return _Waiting() if waits else self._made(node, {})

    def _made(self, node: TAggregate, known: Aggregates) -> Accumulator:
        """The accumulator of an aggregate, its argument being known."""

        def make() -> Accumulator:
            return _accumulator(node, self._record, known)

        return make() if node.last_rows is None else a.Tail(node.last_rows, make)


class _Waiting:
    """All values, until it is known what the argument of their aggregate comes to."""

    without_x = 0

    def __init__(self) -> None:
        self._cells: list[Value] = []
        self._xs: list[Value] = []

    def add(self, cells: Sequence[Value], xs: Sequence[Value], /) -> None:
        held = [(cell, x) for cell, x in zip(cells, xs, strict=True) if cell is not MISSING]
        self._cells += [cell for cell, _ in held]
        self._xs += [x for _, x in held]

    def result(self) -> Value:
        raise RunQLError.of("RQL901", "the argument of an aggregate is not known yet")

    def filled(self, accumulator: Accumulator) -> Accumulator:
        """An accumulator with all of them."""
        accumulator.add(self._cells, self._xs)
        return accumulator


def is_reading(node: HistoryNode) -> bool:
    """Whether it stands for a metric's value in the row at hand, inside of `when`."""
    return isinstance(node, TAggregate) and node.name == READING


def _cells(node: TAggregate, history: RunHistory) -> Sequence[Value]:
    """The values of the metric; of several metrics a tuple a row, `MISSING` where the row holds none of them."""
    if not node.beside:
        return history.columns[node.metric]
    absent = [MISSING] * history.length
    rows = zip(*(history.columns.get(metric, absent) for metric in node.metrics), strict=True)
    return [row if any(cell is not MISSING for cell in row) else MISSING for row in rows]


def _accumulator(node: TAggregate, record: RunRecord, known: Aggregates) -> Accumulator:
    argument = None if node.argument is None else node.argument
    match node.name:
        case "when" if argument is not None:
            readings = [TAggregate(READING, metric) for metric in node.metrics]
            return curves.FirstWhere(curves.truths(argument, readings, record, known), node.held)
        case "at" if argument is not None:
            return curves.ValueAt(compile_value(argument)(record, known))
        case "spikes":
            return _spikes(_DEVIATIONS if argument is None else compile_value(argument)(record, known))
        case name:
            make = _ACCUMULATORS.get(name)
            if make is not None:
                return make()
            percent = percentile_of(name)
            if percent is None:
                raise RunQLError.of("RQL901", f"the aggregate `{name}` has no body")
            return a.Statistic(a.percentile(percent))


def _spikes(deviations: Value) -> Accumulator:
    """Spikes of so many deviations; missing where that is no number, or less than none."""
    if not is_number(deviations) or is_nan(deviations) or deviations < 0:
        return a.Statistic(lambda _numbers: MISSING)
    return Spikes(to_float(deviations))


_DEVIATIONS = 5


def _other_values(cells: Sequence[Value], *, bools: bool) -> int:
    """How many cells hold a value that is no number; with `bools` true and false are taken for numbers."""
    if set(map(type, cells)) <= {int, float}:
        return 0
    others = (cell for cell in cells if cell is not None and cell is not MISSING and not is_number(cell))
    return sum(not (bools and isinstance(cell, bool)) for cell in others)


def _is_of_numbers(name: str) -> bool:
    return name in _OF_NUMBERS or percentile_of(name) is not None


_OF_NUMBERS = frozenset(
    {"min", "max", "argmin", "argmax", "mean", "sum", "std", "median", "auc", "slope", "spikes", "diverged"}
)
_TAKE_BOOLS = frozenset({"mean", "sum"})

_ACCUMULATORS: Mapping[str, Callable[[], Accumulator]] = MappingProxyType(
    {
        "min": lambda: a.Extreme(largest=False),
        "max": lambda: a.Extreme(largest=True),
        "argmin": lambda: curves.Best(largest=False),
        "argmax": lambda: curves.Best(largest=True),
        "first": lambda: a.End(last=False),
        "last": lambda: a.End(last=True),
        "mean": a.Mean,
        "count": a.CountValues,
        "sum": lambda: a.Statistic(statistics.total, bools=True),
        "std": lambda: a.Statistic(statistics.std, least=2),
        "median": lambda: a.Statistic(a.percentile(50)),
        "diverged": a.Diverged,
        "auc": curves.Area,
        "slope": curves.Slope,
        "exists": a.Exists,
    }
)

AGGREGATES = frozenset({*_ACCUMULATORS, "at", "when", "spikes"})
"""The aggregates of a history that have a body; there are percentiles besides."""
