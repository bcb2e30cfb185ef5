"""What the aggregates over rows take, and what comes of them in each group.

Values that are missing, null or NaN are skipped. Statistics take numbers; `sum` and `mean` bools too, true as 1; `min`,
`max`, `argmin` and `argmax` the values of the first kind that occurs in the order of kinds (numbers, bools, texts,
times). What else there is counts as of another type. Over no value an aggregate is missing, but for those that count,
and `list`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType

from runql.engine import statistics
from runql.errors import RunQLError
from runql.semantic.folds import percentile_of
from runql.semantic.values import MISSING, Value
from runql.text.frozen import frozen


class Takes(StrEnum):
    """Which values an aggregate is of."""

    NUMBERS = "numbers"
    ADDABLE = "numbers and bools"
    COMPARABLE = "comparable"
    BOOLS = "bools"
    MEASURES = "measures"
    ANYTHING = "anything"


@frozen
class Skipped:
    """How many values an aggregate passed over. `missing` counts null too."""

    missing: int = 0
    nan: int = 0
    other: int = 0

    def __add__(self, more: Skipped) -> Skipped:
        return Skipped(self.missing + more.missing, self.nan + more.nan, self.other + more.other)


NOTHING_SKIPPED = Skipped()


@frozen
class FoldColumn:
    """What an aggregate comes to in each group, of how many values, and what it skipped in all."""

    values: Sequence[Value]
    counts: Sequence[int]
    skipped: Skipped = NOTHING_SKIPPED


SPREADS: Mapping[str, Callable[[float, int], float]] = MappingProxyType(
    {"std": lambda deviation, _count: deviation, "sem": statistics.sem_of, "ci95": statistics.ci95_of}
)
"""What is made of a standard deviation and the number of values, of which there are at least two."""


def is_spread(name: str) -> bool:
    """Whether an aggregate tells how far values lie apart: of one value there is nothing to tell."""
    return name in SPREADS or name == "var"


_TAKEN: Mapping[Takes, str] = MappingProxyType(
    {
        Takes.NUMBERS: "std var sem ci95 iqm median wmean",
        Takes.ADDABLE: "sum mean",
        Takes.COMPARABLE: "min max argmin argmax",
        Takes.BOOLS: "any all share count_if",
        Takes.ANYTHING: "count mode first last n_unique list",
    }
)
_TAKES_OF = {name: takes for takes, names in _TAKEN.items() for name in names.split()}


def takes_of(name: str) -> Takes:
    """Which values an aggregate is of. Raises RQL901 for one that there is not."""
    if percentile_of(name) is not None:
        return Takes.NUMBERS
    if name not in _TAKES_OF:
        raise RunQLError.of("RQL901", f"the aggregate `{name}` has no body")
    return _TAKES_OF[name]


def of_none(name: str) -> Value:
    """What an aggregate comes to over no value."""
    if name == "list":
        return []
    return 0 if name in ("count", "count_if", "n_unique") else MISSING
