"""How strongly two columns go together."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from runql.engine import statistics
from runql.engine.compare import identity, is_nan, is_null, is_number
from runql.engine.functions import to_float
from runql.engine.stages.shared.measures import ETA, SPEARMAN, Measured, refusal
from runql.semantic.values import Value


def measuring(targets: Sequence[Value]) -> Callable[[Sequence[Value]], Measured]:
    """How strongly a column goes together with the targets."""
    return lambda cells: _measured(cells, targets)


def without_number(targets: Sequence[Value]) -> int:
    """How many of the targets are no number: rows of which nothing is measured."""
    return sum(not is_number(target) or is_nan(target) for target in targets)


def _measured(cells: Sequence[Value], targets: Sequence[Value]) -> Measured:
    """How strongly two columns go together, of the rows in which both have a value."""
    pairs = [
        (cell, target)
        for cell, target in zip(cells, targets, strict=True)
        if is_number(target) and not is_nan(target) and not is_null(cell) and not is_nan(cell)
    ]
    values, numbers = [cell for cell, _ in pairs], [to_float(target) for _, target in pairs]
    if pairs and all(map(is_number, values)):
        why = refusal(len(pairs), None)
        strength = None if why else statistics.spearman(list(map(to_float, values)), numbers)
        return Measured(SPEARMAN, strength, len(pairs), why)
    categories = list(map(identity, values))
    different = len(set(categories))
    why = refusal(len(pairs), different)
    strength = None if why else statistics.correlation_ratio(categories, numbers)
    return Measured(ETA, strength, len(pairs), why, different)
