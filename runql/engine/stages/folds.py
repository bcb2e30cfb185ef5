"""The bodies of the aggregates over rows: what `mean(x)`, `argmax(x, of)` and their like come to. The reference.

Values that are missing, null or NaN are skipped. Statistics take numbers; `min`, `max`, `argmin` and `argmax` the
values of the first kind that occurs in the order of kinds (numbers, bools, texts, times). What else there is counts as
of another type. Over no value an aggregate is missing, but for `count`, `n_unique` and `list`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from functools import partial
from types import MappingProxyType

from runql.engine.columns import identity
from runql.engine.compare import ORDERED_KINDS, as_number, is_nan, is_null
from runql.engine.order import RANKS
from runql.engine.stages import statistics
from runql.engine.stages.context import fault
from runql.language.kinds import Kind
from runql.semantic.folds import percentile_of
from runql.semantic.values import MISSING, Value, kind_of
from runql.text.frozen import frozen


class Takes(StrEnum):
    """Which values an aggregate is of."""

    NUMBERS = "numbers"
    COMPARABLE = "comparable"
    BOOLS = "bools"
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
class Body:
    """What an aggregate takes, what it makes of at least one such value, and what of none."""

    takes: Takes
    work: Callable[[list[Value]], Value]
    of_none: Callable[[], Value] = lambda: MISSING


_KINDS_TAKEN = {Takes.NUMBERS: frozenset({Kind.NUMBER}), Takes.BOOLS: frozenset({Kind.BOOL})}


def usable(values: Sequence[Value], takes: Takes) -> tuple[list[int], Skipped]:
    """The places of the values that count, and what was skipped."""
    kinds = [kind_of(value) for value in values]
    if takes is Takes.ANYTHING:
        wanted = frozenset(Kind)
    elif takes is Takes.COMPARABLE:
        there = {kind for value, kind in zip(values, kinds, strict=True) if not is_nan(value)}
        wanted = frozenset(sorted(ORDERED_KINDS & there, key=RANKS.__getitem__)[:1])
    else:
        wanted = _KINDS_TAKEN[takes]
    places, missing, nan = [], 0, 0
    for place, (value, kind) in enumerate(zip(values, kinds, strict=True)):
        if is_null(value):
            missing += 1
        elif is_nan(value):
            nan += 1
        elif kind in wanted:
            places.append(place)
    return places, Skipped(missing, nan, len(values) - len(places) - missing - nan)


def fold(name: str, values: Sequence[Value]) -> tuple[Value, Skipped]:
    """What an aggregate of one argument comes to. `count()` is of any value a row."""
    body = body_of(name)
    places, skipped = usable(values, body.takes)
    if not places:
        return body.of_none(), skipped
    return body.work([as_number(values[place]) for place in places]), skipped


def fold_where(name: str, values: Sequence[Value], of: Sequence[Value]) -> tuple[Value, Skipped]:
    """`argmin` and `argmax`: the value of `of` where the other is best, the first of equal ones."""
    places, skipped = usable(values, Takes.COMPARABLE)
    if not places:
        return MISSING, skipped
    pick = min if name == "argmin" else max
    return of[pick(places, key=lambda place: as_number(values[place]))], skipped


def body_of(name: str) -> Body:
    """The body of an aggregate. Raises RQL901 if it has none."""
    percent = percentile_of(name)
    if percent is not None:
        return Body(Takes.NUMBERS, partial(_percentile, percent))
    if name not in BODIES:
        raise fault(f"the aggregate `{name}` has no body")
    return BODIES[name]


def _percentile(percent: float, values: list[Value]) -> Value:
    return statistics.percentile(sorted(values), percent)


def _spread(of_deviation: Callable[[float, int], float]) -> Callable[[list[Value]], Value]:
    """A measure of spread, which one value does not have."""
    return lambda values: of_deviation(statistics.std(values), len(values)) if len(values) > 1 else MISSING


SPREADS: Mapping[str, Callable[[float, int], float]] = MappingProxyType(
    {"std": lambda deviation, _count: deviation, "sem": statistics.sem_of, "ci95": statistics.ci95_of}
)
"""What is made of a standard deviation and the number of values."""

BODIES: Mapping[str, Body] = MappingProxyType(
    {
        "count": Body(Takes.ANYTHING, len, lambda: 0),
        "sum": Body(Takes.NUMBERS, statistics.total),
        "mean": Body(Takes.NUMBERS, statistics.mean),
        **{name: Body(Takes.NUMBERS, _spread(of_deviation)) for name, of_deviation in SPREADS.items()},
        "iqm": Body(Takes.NUMBERS, lambda values: statistics.iqm(sorted(values))),
        "min": Body(Takes.COMPARABLE, min),
        "max": Body(Takes.COMPARABLE, max),
        "median": Body(Takes.NUMBERS, partial(_percentile, 50)),
        "first": Body(Takes.ANYTHING, lambda values: values[0]),
        "last": Body(Takes.ANYTHING, lambda values: values[-1]),
        "any": Body(Takes.BOOLS, any),
        "all": Body(Takes.BOOLS, all),
        "n_unique": Body(Takes.ANYTHING, lambda values: len(set(map(identity, values))), lambda: 0),
        "list": Body(Takes.ANYTHING, list, list),
    }
)
"""The aggregates of one argument by name; `argmin` and `argmax` are `fold_where`, percentiles `body_of`."""
