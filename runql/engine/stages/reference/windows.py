"""Windows row by row, group by group: the order of the rows inside of each, and the places of rows in it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import groupby

from runql.engine.compare import ORDERED_KINDS, identity, is_nan, is_null
from runql.engine.stages.reference.ordering import sorted_rows
from runql.engine.stages.shared.aggregates import Skipped
from runql.engine.stages.shared.groups import Groups, ListedGroups
from runql.engine.stages.shared.rows import Key
from runql.engine.stages.shared.windows import WindowColumn
from runql.semantic.values import MISSING, Value, kind_of


def spread(values: Sequence[Value], groups: Groups, length: int) -> list[Value]:
    """The value of its group for each row."""
    result: list[Value] = [MISSING] * length
    for value, rows in zip(values, groups.rows(), strict=True):
        for row in rows:
            result[row] = value
    return result


def arranged(groups: Groups, keys: Sequence[Key], length: int) -> ListedGroups:
    """The same groups, the rows of each in the order of the keys."""
    place = {row: at for at, row in enumerate(sorted_rows(keys, length))}
    starts, order = [0], list[int]()
    for rows in groups.rows():
        order += sorted(rows, key=place.__getitem__)
        starts.append(len(order))
    return ListedGroups(order, starts)


# ---------------------------------------------------------------- places


def numbered(groups: Groups, length: int) -> list[Value]:
    """The number of each row in its group, from 1."""
    result: list[Value] = [MISSING] * length
    for rows in groups.rows():
        for place, row in enumerate(rows, 1):
            result[row] = place
    return result


def parted(key: Sequence[Value] | None, groups: Groups, length: int, parts: int) -> WindowColumn:
    """Which of so many parts of its group each row is in; missing where the key of their order has no value."""
    result: list[Value] = [MISSING] * length
    skipped = Skipped()
    for every in groups.rows():
        rows = every if key is None else [row for row in every if _has_order(key[row])]
        if key is not None and len(rows) < len(every):
            skipped += _without(key, [row for row in every if not _has_order(key[row])])
        for place, row in enumerate(rows):
            result[row] = _part(place, len(rows), parts)
    return WindowColumn(result, skipped)


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


BODIES = frozenset({"rank", "dense_rank", "row_number", "ntile"})
"""The functions that have a body here; `moving.py` has those of one argument."""
