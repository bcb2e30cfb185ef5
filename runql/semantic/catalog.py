"""What a source holds: its fields, their types, how many runs have them. Immutable facts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from dataclasses import field
from datetime import datetime
from functools import cached_property
from typing import Final

from runql.language.fields import Space
from runql.language.kinds import Kind
from runql.text.frozen import frozen

SYSTEM_PREFIX: Final = "system."
"""What stands before the names of metrics of a machine."""

_PLAIN_NAME: Final = re.compile(r"[\w./-]*")


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
