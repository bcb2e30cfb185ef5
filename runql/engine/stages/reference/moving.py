"""The functions of windows of one argument row by row: what stands before and behind a row, and what is so far."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType

from runql.engine.compare import as_number
from runql.engine.functions import ARITHMETIC, to_float
from runql.engine.stages.reference.folds import fold, usable
from runql.engine.stages.shared.aggregates import Skipped
from runql.engine.stages.shared.groups import Groups
from runql.engine.stages.shared.totals import Total
from runql.engine.stages.shared.windows import WindowColumn, window_takes
from runql.language.windows import FRAMED
from runql.semantic.values import MISSING, Value
from runql.syntax.tree import ArithmeticOp

_minus, _over = ARITHMETIC[ArithmeticOp.SUB], ARITHMETIC[ArithmeticOp.DIV]


def window_cells(name: str, cells: Sequence[Value], groups: Groups, amount: int) -> WindowColumn:
    """What a function of one argument comes to in each row; `amount`: how many values `lag` and `lead` go, and of how
    many an aggregate is."""
    result: list[Value] = [MISSING] * len(cells)
    skipped = Skipped()
    for rows in groups.rows():
        values = [cells[row] for row in rows]
        held, passed_over = usable(values, window_takes(name))
        skipped += passed_over
        for row, value in zip(rows, _BODIES[name](values, held, amount), strict=True):
            result[row] = value
    return WindowColumn(result, skipped)


def _lag(values: Sequence[Value], held: Sequence[int], amount: int) -> list[Value]:
    result: list[Value] = []
    last: deque[Value] = deque(maxlen=amount)
    counts = set(held)
    for place, value in enumerate(values):
        result.append(last[0] if len(last) == amount else MISSING)
        if place in counts:
            last.append(value)
    return result


def _lead(values: Sequence[Value], held: Sequence[int], amount: int) -> list[Value]:
    end = len(values) - 1
    return _lag(values[::-1], [end - place for place in held], amount)[::-1]


def _changes(work: Callable[[Value, Value], Value]) -> Callable[[Sequence[Value], Sequence[int], int], list[Value]]:
    """What is made of each value and the one before it."""

    def run(values: Sequence[Value], held: Sequence[int], _amount: int) -> list[Value]:
        result: list[Value] = [MISSING] * len(values)
        for before, place in pairwise(held):
            result[place] = work(values[place], values[before])
        return result

    return run


def _best(better: Callable[[Value, Value], bool]) -> Callable[[Sequence[Value], Sequence[int], int], list[Value]]:
    """The first of the best values so far."""

    def run(values: Sequence[Value], held: Sequence[int], _amount: int) -> list[Value]:
        result: list[Value] = [MISSING] * len(values)
        best: Value = MISSING
        for place in held:
            value = as_number(values[place])
            best = value if best is MISSING or better(value, best) else best
            result[place] = best
        return result

    return run


def _cumsum(values: Sequence[Value], held: Sequence[int], _amount: int) -> list[Value]:
    result: list[Value] = [MISSING] * len(values)
    total = Total()
    for place in held:
        total.add(as_number(values[place]))
        result[place] = total.sum()
    return result


def _cummean(values: Sequence[Value], held: Sequence[int], _amount: int) -> list[Value]:
    result: list[Value] = [MISSING] * len(values)
    total = Total()
    for place in held:
        total.add(to_float(as_number(values[place])))
        result[place] = total.mean()
    return result


def _of_last(name: str) -> Callable[[Sequence[Value], Sequence[int], int], list[Value]]:
    """What an aggregate makes of the last values up to each row."""

    def run(values: Sequence[Value], held: Sequence[int], amount: int) -> list[Value]:
        result: list[Value] = [MISSING] * len(values)
        for at, place in enumerate(held):
            result[place], _ = fold(name, [values[one] for one in held[max(0, at + 1 - amount) : at + 1]])
        return result

    return run


_BODIES: Mapping[str, Callable[[Sequence[Value], Sequence[int], int], list[Value]]] = MappingProxyType(
    {
        "lag": _lag,
        "lead": _lead,
        "cumsum": _cumsum,
        "cummean": _cummean,
        "cummin": _best(lambda one, best: bool(one < best)),
        "cummax": _best(lambda one, best: bool(one > best)),
        "delta": _changes(_minus),
        "ratio": _changes(_over),
        **{name: _of_last(name) for name in FRAMED},
    }
)

BODIES = frozenset(_BODIES) - FRAMED
"""The functions that have a body here."""
