"""How strongly two columns go together, over many rows."""

from __future__ import annotations

from collections.abc import Sequence

from runql.engine.stages.arrays.groups import codes_of
from runql.engine.stages.arrays.vectors import NULL, NUMBER, Bools, Floats, encode
from runql.engine.stages.shared import statistics
from runql.engine.stages.shared.measures import ETA, SPEARMAN, Measured, refusal
from runql.semantic.values import Value


def measured(cells: Sequence[Value], targets: Sequence[Value]) -> Measured:
    """What the reference gives for the two columns. Raises `NotHeld`."""
    import numpy as np

    of_cells, of_targets = encode(cells), encode(targets)
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
