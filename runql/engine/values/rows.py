"""Rows as they were decoded, turned into columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from operator import itemgetter

from runql.engine.values.column import Column, column_of
from runql.semantic.values import MISSING, Value


def columns_of_rows(rows: Sequence[dict[str, Value]], names: Iterable[str] | None = None) -> dict[str, Column]:
    """The columns of rows, in the order in which their names occur; a cell that a row lacks is `MISSING`.

    `names`: these and no others, in this order, as far as a row holds them.
    """
    if not rows:
        return {}
    present = dict.fromkeys(rows[0])
    is_even = set(map(len, rows)) == {len(present)}
    if is_even:
        wanted = list(present) if names is None else [name for name in dict.fromkeys(names) if name in present]
        try:
            return {name: column_of(list(map(itemgetter(name), rows))) for name in wanted}
        except KeyError:
            pass
    present = dict.fromkeys(chain.from_iterable(rows))
    wanted = list(present) if names is None else [name for name in dict.fromkeys(names) if name in present]
    return {name: column_of([row.get(name, MISSING) for row in rows]) for name in wanted}
