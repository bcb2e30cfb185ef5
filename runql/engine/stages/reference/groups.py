"""Which rows belong together, by a stand-in for each key that can be looked up."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from runql.engine.compare import identity
from runql.engine.stages.reference.ordering import sorted_rows
from runql.engine.stages.shared.groups import Groups, ListedGroups
from runql.semantic.values import Value


def grouped(keys: Sequence[Sequence[Value]], length: int) -> ListedGroups:
    """The groups of a table of so many rows, in the order of their keys; with no key one group of all rows.

    Groups that the order does not tell apart (lists and records) stand as they first occur.
    """
    found = list(_by_key(keys, length).values())
    firsts = [places[0] for places in found]
    chosen = sorted_rows([([cells[row] for row in firsts], False) for cells in keys], len(firsts))
    starts = [0]
    for group in chosen:
        starts.append(starts[-1] + len(found[group]))
    return ListedGroups([row for group in chosen for row in found[group]], starts)


def first_rows(keys: Sequence[Sequence[Value]], length: int) -> list[int]:
    """The first row of each group, in the order of the table."""
    return [places[0] for places in _by_key(keys, length).values()]


def edge_rows(parts: Groups, count: int, *, last: bool) -> list[int]:
    """The first or last so many rows of each group, all in the order of the table."""
    return sorted(row for places in parts.rows() for row in (places[-count:] if last else places[:count]))


def _by_key(keys: Sequence[Sequence[Value]], length: int) -> dict[Hashable, list[int]]:
    """The rows of each group, in the order in which the groups first occur."""
    found: dict[Hashable, list[int]] = {}
    identities = [list(map(identity, cells)) for cells in keys]
    for row, key in enumerate(zip(*identities, strict=True) if keys else [()] * length):
        found.setdefault(key, []).append(row)
    return found
