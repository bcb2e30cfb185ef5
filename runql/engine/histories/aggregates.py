"""What a run's history comes to: `min(logged.loss)`, `last(logged.acc)`, `exists(logged.val/loss)`, …

One pass over the rows answers any number of aggregates. A run's summary never answers one: even the last value may have
been set by hand or by `define_metric` after it was logged, and nothing in the run tells.
"""

from __future__ import annotations

import math
from array import array
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import eq, gt, lt
from types import MappingProxyType
from typing import Protocol, TypeAlias

from runql.engine.compare import is_finite, is_nan, is_number
from runql.engine.functions import to_float
from runql.engine.patterns import star_matcher
from runql.engine.walk import postorder
from runql.errors import RunQLError
from runql.semantic.record import RunHistory, RunRecord
from runql.semantic.typed import TAggregate, TLogged, TypedExpr
from runql.semantic.values import MISSING, Value

HistoryNode: TypeAlias = TAggregate | TLogged
"""An expression that a run's history answers."""

_STEP = "_step"


def aggregates_in(*exprs: TypedExpr) -> tuple[HistoryNode, ...]:
    """The aggregates that expressions hold, each once."""
    found = (node for expr in exprs for node in postorder(expr) if isinstance(node, TAggregate | TLogged))
    return tuple(dict.fromkeys(found))


def keys_needed(nodes: Iterable[HistoryNode]) -> tuple[str, ...] | None:
    """The history keys that answer the aggregates, to be asked for along `_step` (all rows that hold any of them).

    The x axes of `argmin` and `argmax` are among them. `None`: every key, since a glob may mean any.
    """
    keys: dict[str, None] = {}
    for node in nodes:
        if isinstance(node, TLogged) and "*" in node.metric:
            return None
        keys[node.metric] = None
        if isinstance(node, TAggregate) and node.name in ("argmin", "argmax") and node.x_axis != _STEP:
            keys[node.x_axis] = None
    return tuple(keys)


def told_by_record(nodes: Iterable[HistoryNode], record: RunRecord) -> dict[HistoryNode, Value]:
    """`exists` of metrics, of a run at hand: its `history_keys` name all that it logged."""
    return (
        {
            **dict.fromkeys((node for node in nodes if isinstance(node, TLogged)), False),
            **known_from_record(nodes, record),
        }
        if nodes
        else {}
    )


def known_from_record(nodes: Iterable[HistoryNode], record: RunRecord) -> dict[HistoryNode, Value]:
    """The answers that need no history: `exists` of a metric that the run says it logged.

    A metric that they lack may still have rows: a server's list can lag behind a run.
    """
    names = () if record.logged is None else record.logged.kinds
    return {node: True for node in nodes if isinstance(node, TLogged) and any(map(star_matcher(node.metric), names))}


def aggregate(nodes: Sequence[HistoryNode], histories: Iterable[RunHistory]) -> dict[HistoryNode, Value]:
    """The value of each aggregate over the rows of one run, in the order they were logged, in any number of parts.

    Memory: one part, the `last N` values of each aggregate that asks for them, and 8 bytes a row for each mean.
    """
    running = Aggregation(nodes)
    for history in histories:
        running.add(history)
    return running.result()


class Aggregation:
    """Aggregates of one run on the way: `add` each part of its history, in order, then take the `result`."""

    def __init__(self, nodes: Iterable[HistoryNode]) -> None:
        self._accumulators = {node: _accumulator(node) for node in nodes}
        self.skipped: Counter[HistoryNode] = Counter()
        """How many values that are no numbers each aggregate of numbers skipped; null and missing are no values."""

    def add(self, history: RunHistory) -> None:
        """Count in a part of the history."""
        for node, accumulator in self._accumulators.items():
            if isinstance(node, TLogged):
                matches = star_matcher(node.metric)
                for name, column in history.columns.items():
                    if matches(name):
                        accumulator.add(column, column)
            elif node.metric in history.columns:
                xs = history.columns.get(node.x_axis) or [MISSING] * history.length
                accumulator.add(history.columns[node.metric], xs)
                if node.name in _OF_NUMBERS:
                    self.skipped[node] += _other_values(history.columns[node.metric], bools=node.name == "mean")

    def result(self) -> dict[HistoryNode, Value]:
        """The value of each aggregate over all parts so far."""
        return {node: accumulator.result() for node, accumulator in self._accumulators.items()}


# ---------------------------------------------------------------- accumulators


class _Accumulator(Protocol):
    def add(self, cells: Sequence[Value], xs: Sequence[Value], /) -> None:
        """Count in cells, `MISSING` ones among them, each with the x of its row."""

    def result(self) -> Value: ...


def _accumulator(node: HistoryNode) -> _Accumulator:
    if isinstance(node, TLogged):
        return _Exists()
    make = _ACCUMULATORS.get(node.name)
    if make is None:
        raise RunQLError.of("RQL901", f"the aggregate `{node.name}` has no body")
    return make() if node.last_rows is None else _Tail(node.last_rows, make())


class _Tail:
    """Only the last so many values: held back until the end."""

    def __init__(self, count: int, inner: _Accumulator) -> None:
        self._held: deque[tuple[Value, Value]] = deque(maxlen=count)
        self._inner = inner

    def add(self, cells: Sequence[Value], xs: Sequence[Value], /) -> None:
        self._held.extend(pair for pair in zip(cells, xs, strict=True) if pair[0] is not MISSING)

    def result(self) -> Value:
        self._inner.add([cell for cell, _ in self._held], [x for _, x in self._held])
        return self._inner.result()


class _Exists:
    def __init__(self) -> None:
        self._found = False

    def add(self, cells: Sequence[Value], _xs: Sequence[Value], /) -> None:
        self._found = self._found or any(cell is not MISSING for cell in cells)

    def result(self) -> Value:
        return self._found


class _End:
    """The first or the last value, of any kind, NaN and null too."""

    def __init__(self, *, last: bool) -> None:
        self._last = last
        self._value: Value = MISSING

    def add(self, cells: Sequence[Value], _xs: Sequence[Value], /) -> None:
        if self._last or self._value is MISSING:
            ordered = reversed(cells) if self._last else iter(cells)
            self._value = next((cell for cell in ordered if cell is not MISSING), self._value)

    def result(self) -> Value:
        return self._value


class _Extreme:
    """The smallest or largest number, or its x; the first one of equal ones. NaN is skipped."""

    def __init__(self, *, largest: bool, give_x: bool) -> None:
        self._better = gt if largest else lt
        self._pick: Callable[..., Value] = max if largest else min
        self._give_x = give_x
        self._best: Value = MISSING
        self._x: Value = MISSING

    def add(self, cells: Sequence[Value], xs: Sequence[Value], /) -> None:
        if self._give_x:
            pairs = [
                (c, x) for c, x in zip(cells, xs, strict=True) if is_number(c) and not is_nan(c) and x is not MISSING
            ]
            if pairs:
                self._offer(*self._pick(pairs, key=lambda pair: pair[0]))
        elif numbers := numbers_of(cells):
            self._offer(self._pick(numbers), MISSING)

    def _offer(self, value: Value, x: Value) -> None:
        if self._best is MISSING or self._better(value, self._best):
            self._best, self._x = value, x

    def result(self) -> Value:
        return self._x if self._give_x else self._best


class _Mean:
    """The mean, the same however the rows are cut into parts: hence one exact sum at the end. True is 1, false is 0."""

    def __init__(self) -> None:
        self._numbers = array("d")

    def add(self, cells: Sequence[Value], _xs: Sequence[Value], /) -> None:
        if bool in set(map(type, cells)):
            cells = [int(cell) if isinstance(cell, bool) else cell for cell in cells]
        self._numbers.extend(map(to_float, numbers_of(cells)))

    def result(self) -> Value:
        if not self._numbers:
            return MISSING
        try:
            return math.fsum(self._numbers) / len(self._numbers)
        except (OverflowError, ValueError):  # beyond the range on the way, or both infinities
            count = len(self._numbers)
            return sum(number / count for number in self._numbers)


class _Diverged:
    """Whether any number is NaN or infinite; missing if there is no number."""

    def __init__(self) -> None:
        self._value: Value = MISSING

    def add(self, cells: Sequence[Value], _xs: Sequence[Value], /) -> None:
        numbers = [cell for cell in cells if is_number(cell)]
        if numbers and self._value is not True:
            self._value = not all(map(is_finite, numbers))

    def result(self) -> Value:
        return self._value


def numbers_of(cells: Sequence[Value]) -> Sequence[Value]:
    """The cells that are numbers and not NaN."""
    if set(map(type, cells)) <= {int, float} and all(map(eq, cells, cells)):  # NaN is not equal to itself
        return cells
    return [cell for cell in cells if is_number(cell) and not is_nan(cell)]


def _other_values(cells: Sequence[Value], *, bools: bool) -> int:
    """How many cells hold a value that is no number; with `bools` true and false are taken for numbers."""
    if set(map(type, cells)) <= {int, float}:
        return 0
    others = (cell for cell in cells if cell is not None and cell is not MISSING and not is_number(cell))
    return sum(not (bools and isinstance(cell, bool)) for cell in others)


_OF_NUMBERS = frozenset({"min", "max", "argmin", "argmax", "mean"})

_ACCUMULATORS: Mapping[str, Callable[[], _Accumulator]] = MappingProxyType(
    {
        "min": lambda: _Extreme(largest=False, give_x=False),
        "max": lambda: _Extreme(largest=True, give_x=False),
        "argmin": lambda: _Extreme(largest=False, give_x=True),
        "argmax": lambda: _Extreme(largest=True, give_x=True),
        "first": lambda: _End(last=False),
        "last": lambda: _End(last=True),
        "mean": _Mean,
        "diverged": _Diverged,
        "exists": _Exists,
    }
)

AGGREGATES = frozenset(_ACCUMULATORS)
"""The aggregates of a history that have a body."""
