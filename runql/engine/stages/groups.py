"""Which rows belong together: those whose keys look the same, so 1 and 1.0, and missing with missing."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from itertools import pairwise

from runql.engine.columns import identity
from runql.engine.stages import rows
from runql.engine.stages.ordering import sorted_rows
from runql.semantic.values import Value
from runql.text.frozen import frozen


@frozen
class Groups:
    """Rows by group. `order`: the places of all rows, those of a group side by side, in the order of the table.

    `starts`: where each group begins in it, and one past the last. Both are lists, or arrays of NumPy.
    """

    order: Sequence[int]
    starts: Sequence[int]

    def __len__(self) -> int:
        return len(self.starts) - 1

    def firsts(self) -> list[int]:
        """The place of the first row of each group."""
        return [int(self.order[start]) for start in self.starts[:-1]]

    def sizes(self) -> list[int]:
        """How many rows each group has."""
        return [int(end - start) for start, end in pairwise(self.starts)]

    def rows(self) -> Iterator[Sequence[int]]:
        """The places of the rows of each group."""
        return (self.order[start:end] for start, end in pairwise(self.starts))


def grouped(keys: Sequence[Sequence[Value]], length: int) -> Groups:
    """The groups of a table of so many rows, in the order of their keys; with no key one group of all rows.

    Groups that the order does not tell apart (lists and records) stand as they first occur.
    """
    if length < rows.FAST_ROWS:
        found = groups_by_reference(keys, length)
    else:
        from runql.engine.stages.arrays.groups import groups_of

        found = groups_of(keys, length)
    firsts = found.firsts()
    chosen = sorted_rows([([cells[row] for row in firsts], False) for cells in keys], len(firsts))
    return _reordered(found, chosen)


def each_once(cells: Sequence[Value]) -> list[tuple[int, int]]:
    """Each different value, as the place where it first stands and how often it occurs, in the order of the places."""
    if len(cells) < rows.FAST_ROWS:
        found = groups_by_reference([cells], len(cells))
    else:
        from runql.engine.stages.arrays.groups import groups_of

        found = groups_of([cells], len(cells))
    return list(zip(found.firsts(), found.sizes(), strict=True))


def groups_by_reference(keys: Sequence[Sequence[Value]], length: int) -> Groups:
    """The groups in the order in which they first occur."""
    found: dict[Hashable, list[int]] = {}
    identities = [list(map(identity, cells)) for cells in keys]
    for row, key in enumerate(zip(*identities, strict=True) if keys else [()] * length):
        found.setdefault(key, []).append(row)
    starts = [0]
    for places in found.values():
        starts.append(starts[-1] + len(places))
    return Groups([row for places in found.values() for row in places], starts)


def _reordered(found: Groups, chosen: Sequence[int]) -> Groups:
    if isinstance(found.order, list):
        places = list(found.rows())
        order = [row for group in chosen for row in places[group]]
        starts = [0]
        for group in chosen:
            starts.append(starts[-1] + len(places[group]))
        return Groups(order, starts)
    from runql.engine.stages.arrays.groups import reordered

    return reordered(found, chosen)
