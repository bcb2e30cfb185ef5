"""The catalog of runs that are all at hand: every field counted, none guessed."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, TypeAlias

from runql.language.fields import RUN_FIELDS, Space
from runql.language.kinds import Kind
from runql.semantic.catalog import SYSTEM_PREFIX, Catalog, FieldInfo
from runql.semantic.record import RunRecord
from runql.semantic.values import Value, kind_of

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

_Key: TypeAlias = tuple[Space, tuple[str, ...]]


def build_catalog(
    source: str, records: Iterable[RunRecord], *, metrics: bool = False, as_of: datetime | None = None
) -> Catalog:
    """The facts of runs that hold their config and summary; with `metrics` also what they `logged`.

    `source` is the name of what holds them, as a user writes it. The catalog is complete.
    """
    cells: dict[_Key, list[Any]] = {}
    tags, sweeps, groups = Counter[str](), Counter[str](), Counter[str]()
    count = 0
    for record in records:
        count += 1
        for space, path, value in _values(record):
            key = space, path
            if key not in cells:
                cells[key] = []
            cells[key].append(value)
        if metrics and record.logged is not None:
            for name, kinds in record.logged.kinds.items():
                cells.setdefault((Space.LOGGED, (name,)), []).append((kinds, record.logged.last_step))
        tags.update(dict.fromkeys(record.tags, 1))
        sweeps.update([record.sweep] if record.sweep else [])
        groups.update([record.group] if record.group else [])
    fields = tuple(
        _facts_of_metric(path, found) if space is Space.LOGGED else facts_of(space, path, found)
        for (space, path), found in cells.items()
    )
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


def facts_of(space: Space, path: tuple[str, ...], cells: Sequence[Any]) -> FieldInfo:
    """The facts of a field of which these are the values, one a run; most hold values of one plain type."""
    types = {*map(type, cells)}
    if len(types) != 1 or not types <= _PLAIN:
        return _facts_of_several_types(space, path, cells)
    kind = kind_of(cells[0])
    there = [cell for cell in cells if cell == cell] if types == {float} else cells  # noqa: PLR0124 - all but NaN
    counts = Counter(there)
    top = islice(counts.items(), TOP_VALUES) if len(counts) == len(cells) else counts.most_common(TOP_VALUES)
    numbers = there if kind is Kind.NUMBER else ()
    return FieldInfo(space, path, len(cells), {kind: len(cells)}, *_range_of(numbers), tuple(top))


def _facts_of_several_types(space: Space, path: tuple[str, ...], cells: Sequence[Any]) -> FieldInfo:
    """The same where the values are of several types, lists or records."""
    kind_of_type = {type(cell): kind_of(cell) for cell in dict(zip(map(type, cells), cells, strict=True)).values()}
    kinds = Counter[Kind]()
    for each, count in Counter(map(type, cells)).items():
        kinds[kind_of_type[each]] += count
    # The kind is part of the key: in Python `True` and `1` are one key.
    of_kind = [(kind_of_type[type(cell)], cell) for cell in cells]
    counted = [(kind, cell) for kind, cell in of_kind if kind in _COUNTED and cell == cell]  # noqa: PLR0124 - not NaN
    elements = Counter[tuple[Kind, Any]]()
    for cell in (cell for kind, cell in of_kind if kind is Kind.LIST):
        elements.update({(kind_of(each), each): 1 for each in cell[:MOST_ELEMENTS] if is_counted(each)})
    numbers = [cell for kind, cell in counted if kind is Kind.NUMBER]
    top, held = (
        tuple((value, count) for (_, value), count in each.most_common(TOP_VALUES))
        for each in (Counter(counted), elements)
    )
    return FieldInfo(space, path, len(cells), dict(kinds), *_range_of(numbers), top, held)


def _facts_of_metric(path: tuple[str, ...], runs: Sequence[tuple[Mapping[str, int], int | None]]) -> FieldInfo:
    """The facts of a metric of which runs logged so many values of each kind, up to a last step."""
    kinds = Counter[Kind]()
    rows = steps = spaced_rows = 0
    for counts, last_step in runs:
        kinds.update(KIND_OF_WORD.get(word, Kind.RECORD) for word in counts)
        logged = sum(counts.values())
        rows += logged
        if logged > 1:  # between the rows of a metric that a run logged once there is nothing
            steps += 0 if last_step is None else last_step + 1
            spaced_rows += logged
    every = steps / spaced_rows if spaced_rows else None
    return FieldInfo(Space.LOGGED, path, len(runs), dict(kinds), rows=rows, every=every)


def is_counted(value: Value) -> bool:
    """Whether values of its kind are counted one by one. NaN is no key."""
    return kind_of(value) in _COUNTED and bool(value == value)  # noqa: PLR0124 - NaN alone is not itself


def _range_of(numbers: Sequence[float]) -> tuple[float | None, float | None, float | None]:
    """The least, the middle and the largest; the median of the standard library loads fractions."""
    if not numbers:
        return None, None, None
    ordered, place = sorted(numbers), len(numbers) // 2
    middle = ordered[place]
    if len(numbers) % 2 == 0:
        low, high = ordered[place - 1 : place + 1]
        try:
            middle = (low + high) / 2
        except OverflowError:  # of an integer that no double reaches
            from fractions import Fraction

            infinite = [one for one in (low, high) if isinstance(one, float) and math.isinf(one)]
            middle = infinite[0] if infinite else int((Fraction(low) + Fraction(high)) / 2)
    return min(numbers), middle, max(numbers)
