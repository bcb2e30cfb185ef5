"""The rows that no other row beats, of many."""

from __future__ import annotations

from collections.abc import Sequence

from runql.engine.stages.arrays.vectors import Bools, Floats, encode
from runql.engine.stages.shared.dominance import unbeaten_rows
from runql.semantic.values import Value

_ROUNDS = 8
_SAMPLE = 1024


def undominated(columns: Sequence[Sequence[Value]], signs: Sequence[int]) -> tuple[list[int], int]:
    """The rows that no other row beats, and how many lack a number. Raises `NotHeld`.

    Round by round the rows go that one good row beats: with random costs few are left after a few rounds.
    """
    import numpy as np

    vectors = [encode(cells) for cells in columns]
    held: Bools = np.logical_and.reduce([vector.is_number() for vector in vectors])
    rows = np.flatnonzero(held)
    costs = np.stack([sign * vector.numbers[rows] for sign, vector in zip(signs, vectors, strict=True)], axis=1)
    without = len(held) - len(rows)
    tried = np.zeros(len(rows), bool)
    for turn in range(_ROUNDS * len(columns)):
        if tried.all():
            break
        # A row that is best in one respect after the other, or in all of them together.
        by = costs[:, turn % len(columns)] if turn % 2 else _ranked_together(costs)
        best = costs[np.argmin(np.where(tried, np.inf, by))]
        stays = (costs < best).any(axis=1) | (costs == best).all(axis=1)
        tried |= (costs == best).all(axis=1)
        rows, costs, tried = rows[stays], costs[stays], tried[stays]
    return unbeaten_rows(dict(zip(rows.tolist(), map(tuple, costs.tolist()), strict=True))), without


def _ranked_together(costs: Floats) -> Floats:
    """How good each row is in all respects: the sum of its places among a sample of the others."""
    import numpy as np

    step = max(1, len(costs) // _SAMPLE)
    return np.sum([np.searchsorted(np.sort(column[::step]), column) for column in costs.T], axis=0)
