"""What `describe` says of a column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from runql.engine.compare import identity, is_nan
from runql.engine.stages.reference.folds import fold
from runql.engine.stages.shared.described import NOTHING, Described, summary
from runql.language.kinds import Kind
from runql.semantic.values import Value, kind_of


def described(cells: Sequence[Value]) -> Described:
    """Worked out on each different value once, with how often it occurs; only the mean is of all."""
    often: Counter[object] = Counter()
    first: dict[object, Value] = {}
    for cell in cells:
        one = identity(cell)
        often[one] += 1
        first.setdefault(one, cell)
    values = [(value, kind_of(value), often[one]) for one, value in first.items()]
    there = [each for each in values if each[1] not in NOTHING and not is_nan(each[0])]
    mean, _ = fold("mean", [cell for cell in cells if kind_of(cell) is Kind.NUMBER])
    return summary(there, Counter(map(kind_of, cells)), mean)
