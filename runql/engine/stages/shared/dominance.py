"""Which of several costs no other undercuts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from runql.semantic.values import Value


def unbeaten_rows(costs: Mapping[int, tuple[Value, ...]]) -> list[int]:
    """The rows whose costs no other row's undercut, in their order.

    In the order of the costs a row can only be beaten by one before it, and then by one that is itself unbeaten.
    """
    front: list[tuple[Value, ...]] = []
    for cost in sorted(Counter(costs.values())):
        if not any(all(a <= b for a, b in zip(better, cost, strict=True)) for better in reversed(front)):
            front.append(cost)
    unbeaten = set(front)
    return [row for row, cost in costs.items() if cost in unbeaten]
