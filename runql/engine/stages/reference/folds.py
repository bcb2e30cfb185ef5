"""What `mean(x)`, `argmax(x, of)` and their like come to over rows, group by group."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType

from runql.engine import statistics
from runql.engine.compare import ORDERED_KINDS, as_number, identity, is_nan, is_null
from runql.engine.order import RANKS, sorted_indices
from runql.engine.stages.shared.aggregates import SPREADS, FoldColumn, Skipped, Takes, of_none, takes_of
from runql.engine.stages.shared.groups import Groups
from runql.language.kinds import Kind
from runql.semantic.folds import percentile_of
from runql.semantic.values import MISSING, Value, kind_of

_FIRST_KIND_OF = {Takes.COMPARABLE: ORDERED_KINDS, Takes.MEASURES: frozenset({Kind.NUMBER, Kind.TIME})}
_KINDS_TAKEN = {
    Takes.NUMBERS: frozenset({Kind.NUMBER}),
    Takes.ADDABLE: frozenset({Kind.NUMBER, Kind.BOOL}),
    Takes.BOOLS: frozenset({Kind.BOOL}),
}


def usable(values: Sequence[Value], takes: Takes) -> tuple[list[int], Skipped]:
    """The places of the values that count, and what was skipped."""
    kinds = [kind_of(value) for value in values]
    if takes is Takes.ANYTHING:
        wanted = frozenset(Kind)
    elif takes in _FIRST_KIND_OF:
        there = {kind for value, kind in zip(values, kinds, strict=True) if not is_nan(value)}
        wanted = frozenset(sorted(_FIRST_KIND_OF[takes] & there, key=RANKS.__getitem__)[:1])
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
    """What an aggregate of one argument comes to. `count()` is of any value a row. Raises RQL901 if it has no body."""
    places, skipped = usable(values, takes_of(name))
    if not places:
        return of_none(name), skipped
    cells = [as_number(values[place]) for place in places]
    if takes_of(name) is Takes.ADDABLE:
        cells = [int(cell) if isinstance(cell, bool) else cell for cell in cells]
    return _body_of(name)(cells), skipped


def fold_where(name: str, values: Sequence[Value], of: Sequence[Value]) -> tuple[Value, Skipped]:
    """`argmin` and `argmax`: the value of `of` where the other is best, the first of equal ones."""
    places, skipped = usable(values, takes_of(name))
    if not places:
        return MISSING, skipped
    pick = min if name == "argmin" else max
    return of[pick(places, key=lambda place: as_number(values[place]))], skipped


def fold_weighted(values: Sequence[Value], weights: Sequence[Value]) -> tuple[Value, Skipped]:
    """`wmean`: of the rows that have both a number and a weight."""
    places, skipped = usable(values, Takes.NUMBERS)
    inside, lacking = usable([weights[place] for place in places], Takes.NUMBERS)
    skipped += lacking
    if not inside:
        return MISSING, skipped
    pairs = [(as_number(values[places[at]]), as_number(weights[places[at]])) for at in inside]
    return statistics.weighted_mean(*zip(*pairs, strict=True)), skipped


def fold_cells(name: str, cells: Sequence[Value], groups: Groups, answers: Sequence[Value] | None) -> FoldColumn:
    """An aggregate over each group; `answers` are those that `argmin` and `argmax` choose from."""
    results: list[Value] = []
    counts: list[int] = []
    skipped = Skipped()
    for places in groups.rows():
        values = [cells[row] for row in places]
        if answers is None:
            value, passed_over = fold(name, values)
        elif name == "wmean":
            value, passed_over = fold_weighted(values, [answers[row] for row in places])
        else:
            value, passed_over = fold_where(name, values, [answers[row] for row in places])
        results.append(value)
        counts.append(len(values) - passed_over.missing - passed_over.nan - passed_over.other)
        skipped += passed_over
    return FoldColumn(results, counts, skipped)


def _body_of(name: str) -> Callable[[list[Value]], Value]:
    percent = percentile_of(name)
    return BODIES[name] if percent is None else partial(_percentile, percent)


def _percentile(percent: float, values: list[Value]) -> Value:
    return statistics.percentile(sorted(values), percent)


def _mode(values: list[Value]) -> Value:
    """The most frequent value: of several the first in the order of values, of lists and records the first row's."""
    counts = Counter(map(identity, values))
    most = max(counts.values())
    those = {identity(value): value for value in reversed(values) if counts[identity(value)] == most}
    found = list(reversed(those.values()))
    return found[sorted_indices(found)[0]]


def _spread(of_deviation: Callable[[float, int], float]) -> Callable[[list[Value]], Value]:
    """A measure of spread, which one value does not have."""
    return lambda values: of_deviation(statistics.std(values), len(values)) if len(values) > 1 else MISSING


BODIES: Mapping[str, Callable[[list[Value]], Value]] = MappingProxyType(
    {
        "count": len,
        "sum": statistics.total,
        "mean": statistics.mean,
        "share": lambda values: statistics.mean([int(value) for value in values]),
        "count_if": lambda values: sum(value is True for value in values),
        "var": lambda values: statistics.var(values) if len(values) > 1 else MISSING,
        "mode": _mode,
        **{name: _spread(of_deviation) for name, of_deviation in SPREADS.items()},
        "iqm": lambda values: statistics.iqm(sorted(values)),
        "min": min,
        "max": max,
        "median": partial(_percentile, 50),
        "first": lambda values: values[0],
        "last": lambda values: values[-1],
        "any": any,
        "all": all,
        "n_unique": lambda values: len(set(map(identity, values))),
        "list": list,
    }
)
"""What the aggregates of one argument make of at least one value; `argmin` and `argmax` are `fold_where`, `wmean` is
`fold_weighted`, `percentile` any of `p0` to `p100`."""
