"""Grouping many rows: each key becomes a column of codes, the codes of several keys one."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

from runql.engine.columns import identity
from runql.engine.stages.arrays.ordering import sorted_rows
from runql.engine.stages.arrays.vectors import IN_NUMBERS, LIST, RECORD, TEXT, Ints, Objects, encode
from runql.engine.stages.shared.groups import Groups
from runql.engine.stages.shared.rows import NotHeld
from runql.semantic.values import Value


def grouped(keys: Sequence[Sequence[Value]], length: int) -> Groups:
    """The groups of a table of so many rows, in the order of their keys; with no key one group of all rows."""
    found = _as_they_occur(keys, length)
    firsts = found.firsts()
    return _reordered(found, sorted_rows([([cells[row] for row in firsts], False) for cells in keys], len(firsts)))


def each_once(cells: Sequence[Value]) -> list[tuple[int, int]]:
    """Each different value, as the place where it first stands and how often it occurs, in the order of the places."""
    found = _as_they_occur([cells], len(cells))
    return list(zip(found.firsts(), found.sizes(), strict=True))


def _as_they_occur(keys: Sequence[Sequence[Value]], length: int) -> Groups:
    """The groups in the order in which they first occur."""
    import numpy as np
    import pandas as pd

    codes = np.zeros(length, np.int64)
    for cells in keys:
        column = codes_of(cells)
        codes = pd.factorize(codes * (int(column.max()) + 1) + column)[0]
    order: Ints = np.argsort(codes, kind="stable")
    return Groups(order, _starts(np.bincount(codes)))


def _reordered(found: Groups, chosen: Sequence[int]) -> Groups:
    """The same groups in another order."""
    import numpy as np

    old_starts = np.asarray(found.starts)
    sizes = np.diff(old_starts)[np.asarray(chosen, np.int64)]
    starts = _starts(sizes)
    shift = np.repeat(old_starts[:-1][np.asarray(chosen, np.int64)] - starts[:-1], sizes)
    return Groups(np.asarray(found.order)[np.arange(len(found.order)) + shift], starts)


def codes_of(cells: Sequence[Value]) -> Ints:
    """A number from 0 a cell: the same for cells that look the same."""
    import numpy as np
    import pandas as pd

    try:
        vector = encode(cells)
    except NotHeld:
        return _codes_of_identities(map(identity, cells), len(cells))
    codes = vector.tags.astype(np.int64)  # null and missing: the tag itself is the code
    used = int(codes.max()) + 1
    for tag in (*IN_NUMBERS, TEXT, LIST, RECORD):
        there = vector.tags == tag
        if not there.any():
            continue
        if tag in IN_NUMBERS:
            # -0.0 equals 0.0, and NaN is a value of its own.
            inside = pd.factorize(vector.numbers[there] + 0.0, use_na_sentinel=False)[0]
        else:
            assert vector.cells is not None
            inside = _codes_of_objects(vector.cells[there], hashable=tag == TEXT)
        codes[there] = inside + used
        used += int(inside.max()) + 1
    return codes


def _codes_of_objects(cells: Objects, *, hashable: bool) -> Ints:
    import pandas as pd

    if hashable:
        return pd.factorize(cells)[0]
    return _codes_of_identities(map(identity, cells), len(cells))


def _codes_of_identities(identities: Iterable[Hashable], length: int) -> Ints:
    import numpy as np

    seen: dict[Hashable, int] = {}
    return np.fromiter((seen.setdefault(one, len(seen)) for one in identities), np.int64, length)


def _starts(sizes: Ints) -> Ints:
    import numpy as np

    return np.concatenate(([0], np.cumsum(sizes)))
