"""The functions of windows row by row, group by group: the rows of a group stand in the window's order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Mapping, Sequence
from itertools import groupby, pairwise
from types import MappingProxyType

from runql.engine.compare import ORDERED_KINDS, as_number, identity, is_nan, is_null
from runql.engine.functions import ARITHMETIC, to_float
from runql.engine.stages.reference.folds import usable
from runql.engine.stages.reference.ordering import sorted_rows
from runql.engine.stages.shared.aggregates import Skipped
from runql.engine.stages.shared.groups import Groups, ListedGroups
from runql.engine.stages.shared.rows import Key
from runql.engine.stages.shared.totals import Total
from runql.engine.stages.shared.windows import TAKES, WindowColumn
from runql.semantic.values import MISSING, Value, kind_of
from runql.syntax.tree import ArithmeticOp

_minus, _over = ARITHMETIC[ArithmeticOp.SUB], ARITHMETIC[ArithmeticOp.DIV]


def spread(values: Sequence[Value], groups: Groups, length: int) -> list[Value]:
    """The value of its group for each row."""
    result: list[Value] = [MISSING] * length
    for value, rows in zip(values, groups.rows(), strict=True):
        for row in rows:
            result[row] = value
    return result


def is_sorted(keys: Sequence[Key], groups: Groups, length: int) -> bool:  # noqa: ARG001 - arrays look inside of groups
    """Whether the rows of each group stand in the order of the keys, as far as that is plain."""
    return sorted_rows(keys, length) == list(range(length))


def reordered(groups: Groups, order: Sequence[int]) -> ListedGroups:
    """The same groups of the table whose rows stand in another order."""
    place = {row: at for at, row in enumerate(order)}
    moved = [sorted(place[row] for row in rows) for rows in groups.rows()]
    starts = [0]
    for rows in moved:
        starts.append(starts[-1] + len(rows))
    return ListedGroups([row for rows in moved for row in rows], starts)


def back(cells: Sequence[Value], order: Sequence[int]) -> list[Value]:
    """The cells of rows that stand in an order, where the rows stood before."""
    result: list[Value] = [MISSING] * len(cells)
    for cell, row in zip(cells, order, strict=True):
        result[row] = cell
    return result


# ---------------------------------------------------------------- places


def numbered(groups: Groups, length: int, parts: int | None) -> list[Value]:
    """The number of each row in its group, from 1; with `parts`, the number of the part."""
    result: list[Value] = [MISSING] * length
    for rows in groups.rows():
        for place, row in enumerate(rows):
            result[row] = place + 1 if parts is None else _part(place, len(rows), parts)
    return result


def _part(place: int, size: int, parts: int) -> int:
    """Parts as equal as can be, the larger ones first."""
    small, larger = divmod(size, parts)
    if place < larger * (small + 1):
        return place // (small + 1) + 1
    return larger + (place - larger * (small + 1)) // small + 1


def ranks(keys: Sequence[Sequence[Value]], groups: Groups, length: int, *, dense: bool) -> WindowColumn:
    """The rank of each row by the keys in whose order the rows stand; missing where the first one has no value."""
    result: list[Value] = [MISSING] * length
    skipped = Skipped()
    looks = [list(map(identity, cells)) for cells in keys]
    for rows in groups.rows():
        before = 0
        for rank, (_, peers) in enumerate(groupby(rows, lambda row: _look(looks, row)), 1):
            members = list(peers)
            if _has_order(keys[0][members[0]]):
                for row in members:
                    result[row] = rank if dense else before + 1
            else:
                skipped += _without(keys[0], members)
            before += len(members)
    return WindowColumn(result, skipped)


def _look(looks: Sequence[Sequence[Hashable]], row: int) -> tuple[Hashable, ...]:
    return tuple(look[row] for look in looks)


def _has_order(value: Value) -> bool:
    return kind_of(value) in ORDERED_KINDS and not is_nan(value)


def _without(cells: Sequence[Value], rows: Sequence[int]) -> Skipped:
    missing = sum(is_null(cells[row]) for row in rows)
    nan = sum(is_nan(cells[row]) for row in rows)
    return Skipped(missing, nan, len(rows) - missing - nan)


# ---------------------------------------------------------------- values before and behind, and up to a row


def window_cells(name: str, cells: Sequence[Value], groups: Groups, amount: int) -> WindowColumn:
    """What a function of one argument comes to in each row; `amount`: how many values `lag` and `lead` go."""
    result: list[Value] = [MISSING] * len(cells)
    skipped = Skipped()
    for rows in groups.rows():
        values = [cells[row] for row in rows]
        held, passed_over = usable(values, TAKES[name])
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
    }
)

BODIES = frozenset({"rank", "dense_rank", "row_number", "ntile", *_BODIES})
"""The functions that have a body here."""
