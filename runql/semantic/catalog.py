"""What a source holds: its fields, their types, how many runs have them. Immutable facts, and how they are counted of
runs that are all at hand: every field, none guessed."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import field
from datetime import datetime
from functools import cached_property
from itertools import islice
from typing import Any, Final, TypeAlias

from runql.language.fields import RUN_FIELDS, Space
from runql.language.kinds import Kind
from runql.semantic.record import RunRecord
from runql.semantic.values import Value, kind_of
from runql.text.frozen import frozen

SYSTEM_PREFIX: Final = "system."
"""What stands before the names of metrics of a machine."""

_PLAIN_NAME: Final = re.compile(r"[\w./-]*")

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


@frozen
class FieldInfo:
    """One field: `path` are its keys, outermost first (a key may hold dots).

    `kinds` counts the runs by the type of the value; `runs` are the runs that have it at all. For numbers,
    `minimum`, `median` and `maximum`; `top` are frequent values with their counts,
    `elements` those within lists, with the runs that hold each.
    For a metric, `rows` is how many rows hold it over all runs, and `every` about how many steps lie between two.
    """

    space: Space
    path: tuple[str, ...]
    runs: int = 0
    kinds: Mapping[Kind, int] = field(default_factory=dict)
    minimum: float | None = None
    median: float | None = None
    maximum: float | None = None
    top: tuple[tuple[str | float | bool, int], ...] = ()
    elements: tuple[tuple[str | float | bool, int], ...] = ()
    rows: int | None = None
    every: float | None = None

    @property
    def dotted(self) -> str:
        """The path joined by dots: not unique where a key holds a dot."""
        return ".".join(self.path)


@frozen
class FieldIndex:
    """The fields of a catalog by their names: `by_dotted`, all that a dotted name may mean; `by_path`, by their keys.

    `prefixes`: every path that a dotted name may mean, those of records that hold fields included; `records`: the paths
    below which there are fields, so that some runs hold a record there. `metrics`: what was logged, by the stream and
    the name in it. `spaces`: of which the catalog knows anything, for the metrics may not have been looked at.
    """

    by_dotted: Mapping[tuple[Space, str], tuple[FieldInfo, ...]]
    by_path: Mapping[tuple[Space, tuple[str, ...]], FieldInfo]
    prefixes: Mapping[tuple[Space, str], tuple[tuple[str, ...], ...]]
    records: Set[tuple[Space, tuple[str, ...]]]
    metrics: Mapping[Space, Mapping[str, FieldInfo]]
    spaces: Set[Space]


@frozen(slots=False)
class Catalog:
    """The facts of one source. `complete` says that every run was looked at, so an unknown field is an error.

    If not every run was, `sample` is how many were: the counts, medians and most frequent values are those of these
    runs, while names, types and ranges are those of all that was ever seen. `metrics_sample`: the same for what was
    logged. `blank`: of how many runs nothing is known, neither config nor summary, since their logs hold nothing.
    """

    source: str
    run_count: int = 0
    complete: bool = False
    sample: int | None = None
    metrics_sample: int | None = None
    fields: tuple[FieldInfo, ...] = ()
    tags: Mapping[str, int] = field(default_factory=dict)
    sweeps: Mapping[str, int] = field(default_factory=dict)
    groups: Mapping[str, int] = field(default_factory=dict)
    as_of: datetime | None = None
    blank: int = 0

    @property
    def blank_hints(self) -> tuple[str, ...]:
        """What to say where a field is not found, of runs that may have it."""
        if not self.blank:
            return ()
        logs = "the log of 1 run holds" if self.blank == 1 else f"the logs of {self.blank:,} runs hold"
        return (f"{logs} nothing, neither config nor summary: RQL545 or RQL505 says which",)

    def looked_at(self, space: Space) -> int:
        """Of how many runs the counts of a space are."""
        sample = self.metrics_sample if space is Space.LOGGED else self.sample
        return self.run_count if sample is None else sample

    @cached_property
    def index(self) -> FieldIndex:
        """The fields as they are looked up, made in one pass when the first name is."""
        by_dotted: dict[tuple[Space, str], tuple[FieldInfo, ...]] = {}
        prefixes: dict[tuple[Space, str], tuple[tuple[str, ...], ...]] = {}
        records: set[tuple[Space, tuple[str, ...]]] = set()
        metrics: dict[Space, dict[str, FieldInfo]] = {Space.LOGGED: {}, Space.SYSTEM: {}}
        for info in self.fields:
            space, path = info.space, info.path
            dotted = ".".join(path)
            by_dotted[space, dotted] = (*by_dotted.get((space, dotted), ()), info)
            for length in range(1, len(path) + 1):
                above, name = path[:length], (space, ".".join(path[:length]))
                if above not in (known := prefixes.get(name, ())):
                    prefixes[name] = (*known, above)
                if length < len(path):
                    records.add((space, above))
            if space is Space.LOGGED:
                metrics[space][dotted] = info
            elif space is Space.SYSTEM:
                metrics[space][SYSTEM_PREFIX + dotted.removeprefix(SYSTEM_PREFIX)] = info
        by_path = {(info.space, info.path): info for info in self.fields}
        return FieldIndex(by_dotted, by_path, prefixes, records, metrics, {info.space for info in self.fields})

    @cached_property
    def oddly_named(self) -> tuple[FieldInfo, ...]:
        """The fields whose names a query writes in backticks; those that every run has, and of machines, never are."""
        named = (info for info in self.fields if info.space not in (Space.RUN, Space.SYSTEM))
        return tuple(info for info in named if not _PLAIN_NAME.fullmatch(info.dotted))


@frozen
class KnownCatalog:
    """A catalog that was at hand. `age_seconds`: how long ago its sample was taken. `is_true`: the source was seen just
    now to be as it was then; else runs may have come that hold other fields."""

    catalog: Catalog
    age_seconds: float
    is_true: bool


def seen_kinds(info: FieldInfo | None, catalog: Catalog | None) -> frozenset[Kind]:
    """The kinds of value that runs hold in a field, null and missing apart; empty if they are not known."""
    if info is None or catalog is None:
        return frozenset()
    kinds = frozenset(k for k, count in info.kinds.items() if count)
    if Kind.UNKNOWN in kinds:
        return frozenset()
    kinds -= {Kind.NULL, Kind.MISSING}
    return kinds | {Kind.RECORD} if kinds and (info.space, info.path) in catalog.index.records else kinds


# ---------------------------------------------------------------- of runs that are all at hand


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
