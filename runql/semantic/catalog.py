"""What a source holds: its fields, their types, how many runs have them. Immutable facts."""

from __future__ import annotations

import re
from collections.abc import Mapping
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
    def by_dotted(self) -> Mapping[tuple[Space, str], tuple[FieldInfo, ...]]:
        """All the fields that a dotted name may mean."""
        found: dict[tuple[Space, str], list[FieldInfo]] = {}
        for info in self.fields:
            found.setdefault((info.space, info.dotted), []).append(info)
        return {name: tuple(infos) for name, infos in found.items()}

    @cached_property
    def prefixes(self) -> Mapping[tuple[Space, str], tuple[tuple[str, ...], ...]]:
        """Every path that a dotted name may mean, those of records that hold fields included."""
        found: dict[tuple[Space, str], dict[tuple[str, ...], None]] = {}
        for info in self.fields:
            for length in range(1, len(info.path) + 1):
                path = info.path[:length]
                found.setdefault((info.space, ".".join(path)), {})[path] = None
        return {name: tuple(paths) for name, paths in found.items()}

    @cached_property
    def records(self) -> frozenset[tuple[Space, tuple[str, ...]]]:
        """The paths below which there are fields: so some runs hold a record there."""
        return frozenset((i.space, i.path[:n]) for i in self.fields for n in range(1, len(i.path)))

    @cached_property
    def by_path(self) -> Mapping[tuple[Space, tuple[str, ...]], FieldInfo]:
        """The facts of a field by its keys."""
        return {(info.space, info.path): info for info in self.fields}

    @cached_property
    def metrics(self) -> Mapping[Space, Mapping[str, FieldInfo]]:
        """What was logged, by the stream and the name in it."""
        found: dict[Space, dict[str, FieldInfo]] = {Space.LOGGED: {}, Space.SYSTEM: {}}
        for info in self.fields:
            if info.space is Space.LOGGED:
                found[info.space][info.dotted] = info
            elif info.space is Space.SYSTEM:
                found[info.space][SYSTEM_PREFIX + info.dotted.removeprefix(SYSTEM_PREFIX)] = info
        return found

    @cached_property
    def oddly_named(self) -> tuple[FieldInfo, ...]:
        """The fields whose names a query writes in backticks; those that every run has, and of machines, never are."""
        named = (info for info in self.fields if info.space not in (Space.RUN, Space.SYSTEM))
        return tuple(info for info in named if not _PLAIN_NAME.fullmatch(info.dotted))

    @cached_property
    def spaces(self) -> frozenset[Space]:
        """The spaces of which the catalog knows anything: the metrics may not have been looked at."""
        return frozenset(info.space for info in self.fields)


@frozen
class KnownCatalog:
    """A catalog that was at hand. `age_seconds`: how long ago its sample was taken. `is_true`: the source was seen just
    now to be as it was then; else runs may have come that hold other fields."""

    catalog: Catalog
    age_seconds: float
    is_true: bool
