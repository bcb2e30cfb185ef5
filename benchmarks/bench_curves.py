"""Values of histories beside `mean` of the same histories, in the same run: seconds, and the ratio to `mean`.

Over columns as a source gives them, cut into runs of three lengths.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable, Sequence
from time import perf_counter

from runql.engine.histories.aggregates import aggregate
from runql.engine.values.column import column_of
from runql.semantic.record import RunHistory
from runql.semantic.typed import READING, HistoryNode, TAggregate, TCompare, TConst
from runql.syntax.tree import Comparison

_UNDER = TCompare(Comparison.LT, TAggregate(READING, "loss"), TConst(-1.0))
NODES = (
    TAggregate("mean", "loss"),
    TAggregate("argmin", "loss"),
    TAggregate("at", "loss", argument=TConst(10**9)),
    TAggregate("when", "loss", argument=_UNDER),
    TAggregate("auc", "loss"),
    TAggregate("slope", "loss"),
    TAggregate("spikes", "loss", argument=TConst(5)),
)


def histories(runs: int, rows: int) -> list[RunHistory]:
    """A falling loss with noise."""
    draw = random.Random(7)
    steps = column_of(list(range(rows)))
    return [
        RunHistory(
            f"r{run}", {"_step": steps, "loss": column_of([1 / (1 + row) + draw.random() for row in range(rows)])}
        )
        for run in range(runs)
    ]


def best(work: Callable[[], object]) -> float:
    """The shortest of five times, in seconds."""
    taken = []
    for _ in range(5):
        start = perf_counter()
        work()
        taken.append(perf_counter() - start)
    return min(taken)


def of_all(nodes: Sequence[HistoryNode], found: Sequence[RunHistory]) -> None:
    for history in found:
        aggregate(nodes, [history])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000, help="of all runs together")
    options = parser.parse_args()
    for rows in (200, 20_000, 500_000):
        found = histories(options.rows // rows, rows)
        mean = best(lambda: of_all(NODES[:1], found))  # noqa: B023 - called at once
        for node in NODES:
            taken = best(lambda: of_all((node,), found))  # noqa: B023 - called at once
            sys.stdout.write(f"{len(found):5} × {rows:7,} rows  {node.name:8}{taken:8.3f}  ratio {taken / mean:5.2f}\n")


if __name__ == "__main__":
    main()
