"""Sorting columns of many rows."""

from __future__ import annotations

from collections.abc import Sequence

from runql.engine.order import sorted_indices
from runql.engine.stages.arrays.vectors import NULL, NUMBER, TEXT, Bools, Floats, Ints, Vector, encode, objects
from runql.engine.stages.shared.rows import Key, NotHeld
from runql.engine.table import Table
from runql.semantic.values import Value


def sorted_rows(keys: Sequence[Key], length: int) -> list[int]:
    """The places of the rows in the order of the keys, each sort stable."""
    import numpy as np

    order = np.arange(length)
    for cells, descending in reversed(keys):
        order = _sorted(order, cells, descending)
    places: list[int] = order.tolist()
    return places


def take(table: Table, rows: Sequence[int]) -> Table:
    """The table with these rows only, in this order."""
    import numpy as np

    places = np.asarray(rows, np.intp)
    return Table({name: objects(cells)[places].tolist() for name, cells in table.columns.items()}, len(rows))


def _sorted(order: Ints, cells: Sequence[Value], descending: bool) -> Ints:
    import numpy as np

    try:
        vector = encode(cells)
    except NotHeld:
        listed = order.tolist()
        return order[sorted_indices([cells[row] for row in listed], descending=descending)]
    values = values_in_order(vector)
    if descending:
        values = -values
    order = order[np.argsort(values[order], kind="stable")]
    ranks = ranks_of(vector)
    if (ranks != ranks[0]).any():
        order = order[np.argsort(ranks[order], kind="stable")]
    return order


def ranks_of(vector: Vector) -> Ints:
    """Where the kind of each cell stands, doubled, so that NaN fits in before null."""
    import numpy as np

    ranks = vector.tags * np.uint8(2)
    ranks[(vector.tags == NUMBER) & np.isnan(vector.numbers)] = 2 * NULL - 1
    return ranks


def values_in_order(vector: Vector) -> Floats:
    """A number a cell that sorts it inside its kind: 0 for kinds without an order, and for NaN."""
    import numpy as np

    values = np.where(np.isnan(vector.numbers), 0.0, vector.numbers)
    texts = vector.tags == TEXT
    if texts.any():
        values[texts] = _ranks_of_texts(vector, texts)
    return values


def _ranks_of_texts(vector: Vector, texts: Bools) -> Floats:
    """Each different text is compared once, by code point."""
    import numpy as np
    import pandas as pd

    assert vector.cells is not None
    codes, different = pd.factorize(vector.cells[texts])
    ranks = np.empty(len(different))
    ranks[sorted(range(len(different)), key=different.tolist().__getitem__)] = np.arange(len(different))
    return ranks[codes]
