"""The catalog of runs that are all at hand: every field counted, none guessed."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from itertools import islice
from typing import Any

from runql.language.fields import RUN_FIELDS, Space
from runql.language.kinds import Kind
from runql.semantic.catalog import SYSTEM_PREFIX, Catalog, FieldInfo
from runql.semantic.record import LoggedMetrics, RunRecord
from runql.semantic.values import Value, kind_of
from runql.text.frozen import changeable

TOP_VALUES = 20
"""How many frequent values of a field are kept."""

_COUNTED = frozenset({Kind.NUMBER, Kind.TEXT, Kind.BOOL})
_PLAIN = frozenset({str, int, float, bool})
_SCALARS = frozenset({str, int, float, bool, type(None)})
MOST_ELEMENTS = 100
"""Elements of one list that are counted, for completion: of longer lists nobody looks for one by name."""

KIND_OF_WORD: Mapping[str, Kind] = {
    kind.value: kind for kind in (Kind.NUMBER, Kind.TEXT, Kind.BOOL, Kind.NULL, Kind.LIST)
}
"""Of logged values; all others are records (histograms, images, tables…)."""


@changeable
class FieldTally:
    """What is known so far of one field. `alone`: how often each value occurs, where all are of one plain type."""

    runs: int = 0
    kinds: Counter[Kind] = field(default_factory=Counter)
    numbers: list[float] = field(default_factory=list)
    # The kind is part of the key: in Python `True` and `1` are one key.
    values: Counter[tuple[Kind, str | float | bool]] = field(default_factory=Counter)
    elements: Counter[tuple[Kind, str | float | bool]] = field(default_factory=Counter)
    alone: Counter[Any] | None = None
    rows: int = 0
    steps: int = 0
    spaced_rows: int = 0

    def add_all(self, cells: Sequence[Value]) -> None:
        """Count in the values of a field, one a run, all at once."""
        types = {*map(type, cells)}
        if len(types) == 1 and types <= _PLAIN:
            self._add_plain(kind_of(cells[0]), cells)
            return
        by_type = Counter(map(type, cells))
        kind_of_type = {type(cell): kind_of(cell) for cell in dict(zip(map(type, cells), cells, strict=True)).values()}
        self.runs += len(cells)
        for each, count in by_type.items():
            self.kinds[kind_of_type[each]] += count
        if Kind.NUMBER in self.kinds:
            numbers = (cell for cell in cells if kind_of_type[type(cell)] is Kind.NUMBER)
            self.numbers.extend(number for number in numbers if not is_nan(number))
        kinds = {each: kind for each, kind in kind_of_type.items() if kind in _COUNTED}
        self.values.update((kinds[type(cell)], cell) for cell in cells if type(cell) in kinds and not is_nan(cell))
        for cell in cells if Kind.LIST in self.kinds else ():
            if kind_of_type[type(cell)] is Kind.LIST:
                self.elements.update({(kind_of(each), each): 1 for each in cell[:MOST_ELEMENTS] if is_counted(each)})

    def _add_plain(self, kind: Kind, cells: Sequence[Any]) -> None:
        """Count in values of one plain type: what the values of several types give too, in a quarter of the time."""
        self.runs += len(cells)
        self.kinds[kind] += len(cells)
        if type(cells[0]) is float:
            cells = [cell for cell in cells if cell == cell]  # noqa: PLR0124 - NaN alone is not itself
        if kind is Kind.NUMBER:
            self.numbers.extend(cells)
        self.alone = Counter(cells)

    def top(self) -> tuple[tuple[Any, int], ...]:
        """The most frequent values, those of one count as they came."""
        if self.alone is None:
            return tuple((value, count) for (_, value), count in self.values.most_common(TOP_VALUES))
        if len(self.alone) == self.runs:  # each is there once
            return tuple(islice(self.alone.items(), TOP_VALUES))
        return tuple(self.alone.most_common(TOP_VALUES))


def is_nan(value: Value) -> bool:
    return isinstance(value, float) and math.isnan(value)


def is_counted(value: Value) -> bool:
    """Whether values of its kind are counted one by one. NaN is no key."""
    return kind_of(value) in _COUNTED and not is_nan(value)


def build_catalog(
    source: str, records: Iterable[RunRecord], *, metrics: bool = False, as_of: datetime | None = None
) -> Catalog:
    """The facts of runs that hold their config and summary; with `metrics` also what they `logged`.

    `source` is the name of what holds them, as a user writes it. The catalog is complete.
    """
    tallies: dict[tuple[Space, tuple[str, ...]], FieldTally] = {}
    cells: dict[tuple[Space, tuple[str, ...]], list[Value]] = {}
    tags, sweeps, groups = Counter[str](), Counter[str](), Counter[str]()
    count = 0
    for record in records:
        count += 1
        for space, path, value in _values(record):
            key = space, path
            if key not in cells:
                cells[key] = []
                tallies.setdefault(key, FieldTally())
            cells[key].append(value)
        if metrics:
            _add_metrics(tallies, record)
        tags.update(dict.fromkeys(record.tags, 1))
        sweeps.update([record.sweep] if record.sweep else [])
        groups.update([record.group] if record.group else [])
    for key, values in cells.items():
        tallies[key].add_all(values)
    fields = tuple(field_of(space, path, tally) for (space, path), tally in tallies.items())
    return Catalog(source, count, complete=True, fields=fields, tags=tags, sweeps=sweeps, groups=groups, as_of=as_of)


def _values(record: RunRecord) -> Iterator[tuple[Space, tuple[str, ...], Value]]:
    for name in RUN_FIELDS:
        value = getattr(record, name)
        if value is not None and value not in ("", ()):
            yield Space.RUN, (name,), value
    for space, part in ((Space.CONFIG, record.config), (Space.SUMMARY, record.summary)):
        for path, value in _leaves(part or {}, ()):
            yield space, path, value
    for key, value in (record.system_metrics or {}).items():
        yield Space.SYSTEM, (key.removeprefix(SYSTEM_PREFIX),), value


def _leaves(part: Mapping[str, Any], prefix: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Value]]:
    """Each value inside nested records. Lists, media objects (`_type`) and empty records are leaves."""
    for key, value in part.items():
        path = (*prefix, key)
        if type(value) not in _SCALARS and isinstance(value, Mapping) and value and "_type" not in value:
            yield from _leaves(value, path)
        else:
            yield path, value


def _add_metrics(tallies: dict[tuple[Space, tuple[str, ...]], FieldTally], record: RunRecord) -> None:
    logged = record.logged or LoggedMetrics()
    last_step = -1 if logged.last_step is None else logged.last_step
    for name, kinds in logged.kinds.items():
        tally = tallies.setdefault((Space.LOGGED, (name,)), FieldTally())
        tally.runs += 1
        for kind in kinds:
            tally.kinds[KIND_OF_WORD.get(kind, Kind.RECORD)] += 1
        rows = sum(kinds.values())
        tally.rows += rows
        if rows > 1:  # between the rows of a metric that a run logged once there is nothing
            tally.steps += last_step + 1
            tally.spaced_rows += rows


def field_of(space: Space, path: tuple[str, ...], tally: FieldTally) -> FieldInfo:
    """The facts of a field that was counted."""
    numbers = tally.numbers
    logged = space is Space.LOGGED
    return FieldInfo(
        space=space,
        path=path,
        runs=tally.runs,
        kinds=dict(tally.kinds),
        minimum=min(numbers, default=None),
        median=_median(numbers),
        maximum=max(numbers, default=None),
        top=tally.top(),
        elements=tuple((value, count) for (_, value), count in tally.elements.most_common(TOP_VALUES)),
        rows=tally.rows if logged else None,
        every=tally.steps / tally.spaced_rows if logged and tally.spaced_rows else None,
    )


def _median(numbers: Sequence[float]) -> float | None:
    """The number in the middle, or what lies between the two that are; that of the standard library loads fractions."""
    if not numbers:
        return None
    ordered, middle = sorted(numbers), len(numbers) // 2
    if len(numbers) % 2:
        return ordered[middle]
    low, high = ordered[middle - 1 : middle + 1]
    try:
        return (low + high) / 2
    except OverflowError:  # of an integer that no double reaches
        from fractions import Fraction

        infinite = [one for one in (low, high) if isinstance(one, float) and math.isinf(one)]
        return infinite[0] if infinite else int((Fraction(low) + Fraction(high)) / 2)
