"""`corr` and `pareto` over many rows."""

from __future__ import annotations

from collections.abc import Sequence

from runql.engine.stages import statistics
from runql.engine.stages.arrays.groups import codes_of
from runql.engine.stages.arrays.vectors import NULL, NUMBER, Bools, Floats, NotHeld, encode
from runql.engine.stages.reference.matters import ETA, SPEARMAN, Measured, measured_by_reference, refusal
from runql.semantic.values import Value

_ROUNDS = 8


def measured(cells: Sequence[Value], targets: Sequence[Value]) -> Measured:
    """What the reference gives for the two columns."""
    import numpy as np

    try:
        of_cells, of_targets = encode(cells), encode(targets)
    except NotHeld:
        return measured_by_reference(cells, targets)
    is_nan = (of_cells.tags == NUMBER) & np.isnan(of_cells.numbers)
    rows: Bools = of_targets.is_number() & (of_cells.tags < NULL) & ~is_nan
    count = int(rows.sum())
    numbers = of_targets.numbers[rows]
    if count and (of_cells.tags[rows] == NUMBER).all():
        strength = None
        if not (why := refusal(count, None)):
            strength = statistics.pearson(_ranks(of_cells.numbers[rows]), _ranks(numbers))
        return Measured(SPEARMAN, strength, count, why)
    codes = codes_of(cells)[rows]
    if why := refusal(count, len(np.unique(codes))):
        return Measured(ETA, None, count, why)
    return Measured(ETA, statistics.correlation_ratio(codes.tolist(), numbers.tolist()), count)


def _ranks(numbers: Floats) -> list[float]:
    import pandas as pd

    ranks: list[float] = pd.Series(numbers).rank().tolist()
    return ranks


def candidates(columns: Sequence[Sequence[Value]], signs: Sequence[int]) -> tuple[list[int], int] | None:
    """The rows that may be unbeaten, and how many lack a number; `None` where arrays would not hold them exactly.

    Round by round the rows go that one good row beats: with random costs few are left after a few rounds.
    """
    import numpy as np

    try:
        vectors = [encode(cells) for cells in columns]
    except NotHeld:
        return None
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
    listed: list[int] = rows.tolist()
    return listed, without


def _ranked_together(costs: Floats) -> Floats:
    import numpy as np
    import pandas as pd

    return np.sum([pd.Series(costs[:, place]).rank().to_numpy() for place in range(costs.shape[1])], axis=0)
