"""Sums, means, spreads and percentiles of groups from another engine, to the last bit.

An engine adds doubles in an order of its own. So it is not asked for sums of doubles: it cuts each number into an
integer and a power of two that all numbers of about its size share, and adds the integers, which is exact; what a group
comes to is rounded once, here. For a spread it is told the mean of each group, works out the same squares as the engine
of RunQL, and adds these in the same way. For a percentile it gives the numbers at the places that count.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol, TypeAlias

from runql.engine.functions import in_range
from runql.engine.stages.shared.aggregates import SPREADS, FoldColumn, Skipped, is_spread
from runql.engine.statistics import percentile
from runql.language.kinds import Kind
from runql.plan.to_sql.fields import AttrField
from runql.plan.to_sql.statement import RunStatement
from runql.plan.to_sql.texts import number_sql, text_sql
from runql.semantic.folds import percentile_of
from runql.semantic.values import MISSING, Value
from runql.sources.protocol import GroupFold
from runql.sources.store.lake.cells import Place, below_zero, cells_sql, named_fields
from runql.sources.store.lake.views import LakeViews
from runql.text.frozen import frozen

Cells: TypeAlias = tuple[Any, ...]
"""What tells a group, as the engine gives it."""
_BITS, _WIDTH = 54, 8
"""The integer of a number has up to 62 bits; so many powers of two share their integers' unit."""
_SIZES: Final = range(-400 // _WIDTH, 480 // _WIDTH)
"""Of numbers in these sizes neither a square nor a sum comes near the ends of doubles."""
_SQUARED: Final = range(-116, 121)
"""The sizes of squares of their distances."""
MOST_MEANS: Final = 256
"""So many means at the most stand in a statement for spreads."""
_ADDED: Final = frozenset({"sum", "mean"})


def is_folded(name: str) -> bool:
    """Whether an aggregate is worked out of what an engine adds, or of numbers at places of their order."""
    return name in _ADDED or is_spread(name) or _percent_of(name) is not None


def _percent_of(name: str) -> float | None:
    return 50 if name == "median" else percentile_of(name)


class NotTold(Exception):  # noqa: N818 - it says what is so
    """An engine does not say the values of a fold exactly."""


class RowsOfGroups(Protocol):
    """Groups in their order, and how statements over their rows are asked."""

    @property
    def groups(self) -> Sequence[Cells]: ...

    def rows(self, place: Place, inner: Sequence[str], outer: Callable[[str, str], str], /) -> dict[Cells, list[Cells]]:
        """The rows of a statement of each group. `inner`: columns of a row, in which `{t}`, `{num}`, `{str}` and
        `{whole}` stand for a value; `outer`: the statement over them, told the columns of a group and the rows."""
        ...


@frozen
class GroupRows:
    """The statement whose runs are grouped, the fields by which they are, and the groups in their order."""

    views: LakeViews
    asked: RunStatement
    by: Sequence[Place]
    groups: Sequence[Cells]

    def rows(self, place: Place, inner: Sequence[str], outer: Callable[[str, str], str]) -> dict[Cells, list[Cells]]:
        """The rows of a statement of each group."""
        fields = named_fields(self.asked, [*self.by, place])
        wide = replace(self.asked, fields=tuple((name, one) for one, name in fields.items()))
        of_group = [cell for one in self.by for cell in cells_sql(one, fields)]
        names = [f"k{at}" for at in range(len(of_group))]
        told = [f"{cell} AS {name}" for cell, name in zip(of_group, names, strict=True)]
        cells = _cells_of(place, fields)
        made = [column.format_map(cells) for column in inner]
        sql = wide.sql(", ".join(("r.nr AS nr", *told, *made)), order=False)
        found: dict[Cells, list[Cells]] = {group: [] for group in self.groups}
        for row in self.views.listed(outer("".join(f"{name}, " for name in names), f"({sql}) AS s")):
            group = row[: len(names)]
            if group not in found:
                raise NotTold  # NaN is no key of a dictionary
            found[group].append(row[len(names) :])
        return found


def fold_groups(rows: RowsOfGroups, places: Mapping[GroupFold, Place]) -> dict[GroupFold, FoldColumn]:
    """What folds come to in each group. Raises `NotTold` where the engine does not say one exactly."""
    found: dict[GroupFold, FoldColumn] = {}
    sums: dict[Place, list[_Sum]] = {}
    squares: dict[Place, list[_Sum | None]] = {}
    for fold, place in places.items():
        name, percent = fold.name, _percent_of(fold.name)
        if place not in sums:
            sums[place] = _sums(rows, place)
        of = sums[place]
        if name in _ADDED:
            values = [one.sum() if name == "sum" else one.mean(with_bools=True) for one in of]
        elif percent is not None:
            values = _percentiles(rows, place, percent)
        else:
            if place not in squares:
                squares[place] = _squares(rows, place, of)
            values = [_spread(name, one, two) for one, two in zip(of, squares[place], strict=True)]
        bools = name in _ADDED
        skipped = sum((one.skipped(with_bools=bools) for one in of), Skipped())
        found[fold] = FoldColumn(values, [one.count(with_bools=bools) for one in of], skipped)
    return found


# ---------------------------------------------------------------- sums


@dataclass(slots=True)
class _Sum:
    """What the values of a group add up to: integers by the size of their unit, and what is no finite number."""

    parts: dict[int, int] = field(default_factory=dict)
    numbers: int = 0
    infinite: dict[float, int] = field(default_factory=dict)
    wholes: int = 0
    bools: int = 0
    true: int = 0
    missing: int = 0
    nan: int = 0
    other: int = 0

    def count(self, *, with_bools: bool) -> int:
        return self.numbers + (self.bools if with_bools else 0)

    def skipped(self, *, with_bools: bool) -> Skipped:
        return Skipped(self.missing, self.nan, self.other + (0 if with_bools else self.bools))

    def _exact(self) -> tuple[int, int]:
        """An integer and the power of two that is its unit."""
        lowest = min(self.parts, default=0)
        total = sum(part << _WIDTH * (size - lowest) for size, part in self.parts.items())
        return total, _WIDTH * lowest - _BITS

    def total(self, *, with_bools: bool) -> float:
        """The sum, rounded once."""
        if self.infinite:
            return sum(self.infinite)
        total, unit = self._exact()
        true = self.true if with_bools else 0
        if unit >= 0:
            return float((total << unit) + true)
        return (total + (true << -unit)) / (1 << -unit)

    def sum(self) -> Value:
        """Of integers and bools an integer."""
        if not self.count(with_bools=True):
            return MISSING
        if self.wholes < self.numbers:
            return self.total(with_bools=True)
        total, unit = self._exact()
        return in_range((total << unit if unit >= 0 else total >> -unit) + self.true)

    def mean(self, *, with_bools: bool) -> Value:
        count = self.count(with_bools=with_bools)
        return self.total(with_bools=with_bools) / count if count else MISSING

    def add_part(self, sizes: range, size: float | None, of: int, added: int, part: Any) -> None:
        """A part of the sum: what so many numbers of a size add up to. Raises `NotTold` for numbers too large or too
        small, and where not all of them were added."""
        if size is None:
            return
        if int(size) not in sizes or added != of or part is None:
            raise NotTold
        self.parts[int(size)] = self.parts.get(int(size), 0) + int(part)


_BOUND: Final = f"CASE WHEN b >= {_SQUARED.start}e0 AND b < {_SQUARED.stop}e0 THEN {{}} END"
_UNITS: Final = f"runql_units({_BOUND.format('x')}, {_BOUND.format('b')}) AS u"
"""A number as an integer, where it is within the bounds of squares of `_SIZES`."""
_TOTAL: Final = "count(x) AS of, count(u) AS added, runql_total(u) AS total"


def _cells_of(place: Place, fields: Mapping[AttrField, str]) -> dict[str, str]:
    """The cells of a field as a statement names them."""
    if isinstance(place, AttrField):
        return {cell: f"{fields[place]}.{cell}" for cell in ("t", "num", "str", "whole")}
    if place.kind is not Kind.NUMBER:
        raise NotTold
    t = f"CASE WHEN {place.sql} IS NULL THEN NULL WHEN isnan({place.sql}) THEN 'q' ELSE 'n' END"
    return {"t": f"({t})", "num": place.sql, "str": "NULL", "whole": "FALSE"}


def _sums(rows: RowsOfGroups, place: Place) -> list[_Sum]:
    """The sums of each group, and how many values of which kind it has."""
    inner = (
        "{t} AS t",
        "{whole} AS whole",
        "CASE WHEN {t} IN ('n', 'b') THEN {str} END AS told",
        "CASE WHEN {t} = 'n' AND isinf({num}) THEN CASE WHEN {num} > 0e0 THEN 1 ELSE 2 END ELSE 0 END AS infinite",
        "CASE WHEN {t} = 'n' AND isfinite({num}) AND {num} <> 0e0 THEN {num} END AS x",
    )

    def outer(group: str, of: str) -> str:
        by = f"{group}t, whole, told, infinite, b"
        sized = f"SELECT {group}t, whole, told, infinite, x, runql_size(x) AS b FROM {of}"
        cut = f"SELECT {by}, x, {_UNITS} FROM ({sized}) AS p"
        return f"SELECT {by}, count(*) AS n, {_TOTAL} FROM ({cut}) AS d GROUP BY {by}"

    found = rows.rows(place, inner, outer)
    return [_sum_of(found[group]) for group in rows.groups]


def _sum_of(rows: Iterable[Cells]) -> _Sum:
    made = _Sum()
    for t, whole, told, infinite, size, count, *parts in rows:
        match t:
            case "n":
                if told is not None:
                    raise NotTold  # an integer from 2^53 on
                made.numbers += count
                made.wholes += count if whole else 0
                made.add_part(_SIZES, size, *parts)
                if infinite:
                    sign = math.inf if infinite == 1 else -math.inf
                    made.infinite[sign] = made.infinite.get(sign, 0) + count
            case "b":
                made.bools += count
                made.true += count if told == "true" else 0
            case "q":
                made.nan += count
            case None | "z":
                made.missing += count
            case _:
                made.other += count
    return made


# ---------------------------------------------------------------- spreads


def _spread(name: str, of: _Sum, squares: _Sum | None) -> Value:
    if of.numbers < 2:
        return MISSING
    variance = (math.nan if squares is None else squares.total(with_bools=False)) / (of.numbers - 1)
    return variance if name == "var" else SPREADS[name](math.sqrt(variance), of.numbers)


def _squares(rows: RowsOfGroups, place: Place, sums: Sequence[_Sum]) -> list[_Sum | None]:
    """The squared distances from the mean of each group of several finite numbers; `None` for others."""
    means: dict[Cells, float] = {}
    for group, one in zip(rows.groups, sums, strict=True):
        mean = one.mean(with_bools=False)
        if one.numbers > 1 and not one.infinite and isinstance(mean, float):
            means[group] = mean
    if len(means) > MOST_MEANS:
        raise NotTold
    if not means:
        return [None for _ in sums]
    names = [f"k{at}" for at in range(len(next(iter(means))))]
    cases = " ".join(f"WHEN {_is_group(names, group)} THEN {_number(mean)}" for group, mean in means.items())
    inner = ("CASE WHEN {t} = 'n' AND isfinite({num}) THEN {num} END AS v",)

    def outer(group: str, of: str) -> str:
        centred = f"SELECT {group}v, CASE {cases} END AS c FROM {of} WHERE v IS NOT NULL"
        squared = f"SELECT {group}(v - c) * (v - c) AS y FROM ({centred}) AS m"
        finite = f"SELECT {group}CASE WHEN y <> 0e0 THEN y END AS x FROM ({squared}) AS q"
        sized = f"SELECT {group}x, runql_size(x) AS b FROM ({finite}) AS f"
        cut = f"SELECT {group}b, x, {_UNITS} FROM ({sized}) AS p"
        return f"SELECT {group}b, {_TOTAL} FROM ({cut}) AS d GROUP BY {group}b"

    found = rows.rows(place, inner, outer)
    return [_squares_of(found[group]) if group in means else None for group in rows.groups]


def _squares_of(rows: Iterable[Cells]) -> _Sum:
    made = _Sum()
    for row in rows:
        made.add_part(_SQUARED, *row)
    return made


def _is_group(names: Sequence[str], group: Cells) -> str:
    """The condition that a run is of a group. Raises `NotTold` for cells that no constant is."""
    if not names:
        return "TRUE"
    return " AND ".join(f"{name} {_is_cell(cell)}" for name, cell in zip(names, group, strict=True))


def _is_cell(cell: Any) -> str:
    if cell is None:
        return "IS NULL"
    if isinstance(cell, bool):
        return f"= {'TRUE' if cell else 'FALSE'}"
    if isinstance(cell, str) and (text := text_sql(cell)) is not None:
        return f"= {text}"
    return f"= {_number(cell)}"


def _number(number: Any) -> str:
    written = number_sql(number) if isinstance(number, int | float) else None
    if written is None:
        raise NotTold
    return written


# ---------------------------------------------------------------- percentiles


class _Ranked(Sequence[float]):
    """Sorted numbers of which those at some places are known."""

    def __init__(self, length: int, known: Mapping[int, float]) -> None:
        self._length = length
        self._known = known

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, place: Any) -> Any:
        return self._known[place]

    def __iter__(self) -> Iterator[float]:
        raise NotImplementedError


def _percentiles(rows: RowsOfGroups, place: Place, percent: float) -> list[Value]:
    """A percentile of the numbers of each group: the engine gives the two between which it lies, and those beside."""
    inner = ("CASE WHEN {t} = 'n' THEN {num} END AS x", below_zero("{num}") + " AS below")
    share = number_sql(percent)

    def outer(group: str, of: str) -> str:
        part = f"PARTITION BY {group.rstrip(', ')} " if group else ""
        placed = (
            f"SELECT {group}x, max(below) OVER ({part.strip()}) AS odd, row_number() OVER ({part}ORDER BY x) AS nth, "
            f"count(*) OVER ({part.strip()}) AS n FROM {of} WHERE x IS NOT NULL"
        )
        low, high = (f"{share} * (n - 1) {end}" for end in ("- 100e0", "+ 200e0"))
        near = f"(nth - 1) * 100e0 >= {low} AND (nth - 1) * 100e0 <= {high}"
        return f"SELECT {group}x, odd, nth, n FROM ({placed}) AS p WHERE {near}"

    found = rows.rows(place, inner, outer)
    return [_percentile_of(found[group], percent) for group in rows.groups]


def _percentile_of(rows: Sequence[Cells], percent: float) -> Value:
    if not rows:
        return MISSING
    if any(odd and not x for x, odd, *_ in rows):
        raise NotTold  # of equal zeros it matters which one stands at a place
    return percentile(_Ranked(rows[0][3], {at - 1: x for x, _, at, _ in rows}), percent)
