"""What a catalog was made of, and what the answers to any question tell of a project beside what was asked: kept for
its catalog, at no request.

A page costs a lock and an append here. All else is done when somebody wants the catalog.
"""

from __future__ import annotations

import math
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import field, replace
from datetime import UTC, datetime
from itertools import islice

from runql.language.fields import Space
from runql.semantic.catalog import Catalog, FieldInfo, build_catalog
from runql.semantic.record import RunRecord, cells_of
from runql.sources.protocol import Wanted
from runql.sources.wandb.decode import ProjectPlace
from runql.text.frozen import changeable, frozen

MOST_PAGES = 8
"""Pages that wait to be looked at; of more the oldest are dropped."""

MOST_WHOLE_RUNS = 300
"""Runs with all of their config and summary that are kept, to make a catalog of."""

_MOST_VALUES = 10_000
"""Values that are looked at of one page; of pages with few columns these are all."""

_FRESH_SECONDS = 30.0
_MOST_NEW_FIELDS = 50_000


_MOST_AGE_SECONDS = 86_400.0
_HEARTBEAT_SECONDS = 60.0
"""A run that goes on changes its heartbeat all the time, and seldom its fields."""


@frozen
class Stamp:
    """What a catalog was made of: it is true while these are as they were."""

    total: int | None
    newest: str | None

    @property
    def newest_run(self) -> str | None:
        """The newest run without its heartbeat."""
        return None if self.newest is None else self.newest.partition(" ")[0]


@frozen
class StoredCatalog:
    """A catalog and what it was made of. `metrics`: what was logged was looked at too."""

    catalog: Catalog
    stamp: Stamp
    metrics: bool

    @property
    def age_seconds(self) -> float:
        as_of = self.catalog.as_of
        return math.inf if as_of is None else max(0.0, (datetime.now(UTC) - as_of).total_seconds())

    def is_true_of(self, stamp: Stamp) -> bool:
        """Whether the project is as it was. A heartbeat alone does not make a young catalog old."""
        if self.age_seconds > _MOST_AGE_SECONDS:
            return False
        is_young = self.age_seconds < _HEARTBEAT_SECONDS
        same = self.stamp.newest_run == stamp.newest_run if is_young else self.stamp.newest == stamp.newest
        return same and self.stamp.total == stamp.total


def stamp_of(total: int | None, newest: RunRecord | None) -> Stamp:
    """How a project of so many runs is, of which this one is the newest."""
    return Stamp(total, None if newest is None else f"{newest.id} {newest.heartbeat}")


@changeable
class _Project:
    """What came of one project. `whole`: runs with all of config and summary, by id."""

    stamp: Stamp | None = None
    stamped: float = -math.inf
    pages: deque[Sequence[RunRecord]] = field(default_factory=lambda: deque(maxlen=MOST_PAGES))
    whole: dict[str, RunRecord] = field(default_factory=dict)
    whole_since: float = 0.0
    sampled: dict[str, RunRecord] = field(default_factory=dict)
    sampled_at: float = 0.0


@changeable
class Learning:
    """What was seen of the projects of one server. Threads may share it."""

    _projects: defaultdict[ProjectPlace, _Project] = field(default_factory=lambda: defaultdict(_Project))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note_page(self, place: ProjectPlace, wanted: Wanted, runs: Sequence[RunRecord]) -> None:
        """Keeps a page until somebody wants the catalog. One without config and summary tells nothing."""
        if not runs or (wanted.config == () and wanted.summary == ()):
            return
        # Of many large runs a few are looked at: whoever closes the source may have to wait for that.
        config, summary = (cells_of(runs, part)[0] for part in ("config", "summary"))
        few = max(1, _MOST_VALUES // max(1, len(config or ()) + len(summary or ())))
        with self._lock:
            project = self._projects[place]
            project.pages.append(runs if few >= len(runs) else tuple(runs[:few]))
            if wanted.config is None and wanted.summary is None:
                if not project.whole:
                    project.whole_since = time.monotonic()
                room = max(0, MOST_WHOLE_RUNS - len(project.whole))
                project.whole.update((run.id, run) for run in runs[:room])

    def note_stamp(self, place: ProjectPlace, stamp: Stamp) -> None:
        with self._lock:
            project = self._projects[place]
            project.stamp, project.stamped = stamp, time.monotonic()

    def stamp(self, place: ProjectPlace) -> Stamp | None:
        """How the project is, if that was seen just now."""
        with self._lock:
            project = self._projects[place]
            return project.stamp if time.monotonic() - project.stamped < _FRESH_SECONDS else None

    def total(self, place: ProjectPlace) -> int | None:
        """How many runs the project had when that was last seen."""
        with self._lock:
            stamp = self._projects[place].stamp
        return None if stamp is None else stamp.total

    def sample(self, place: ProjectPlace) -> tuple[RunRecord, ...]:
        """The runs that came whole in pages just now, one for each id."""
        return self.at_hand(place, is_sample=True)

    def note_sample(self, place: ProjectPlace, runs: Iterable[RunRecord]) -> None:
        """Keeps runs that came whole for a catalog: an answer that contradicts them is not believed."""
        with self._lock:
            project = self._projects[place]
            project.sampled_at = time.monotonic()
            project.sampled = {run.id: run for run in islice(runs, MOST_WHOLE_RUNS)}

    def at_hand(self, place: ProjectPlace, *, is_sample: bool = False) -> tuple[RunRecord, ...]:
        """The runs that came whole just now, in a page or, unless it `is_sample`, for the catalog."""
        with self._lock:
            project, now = self._projects[place], time.monotonic()
            if now - project.whole_since > _FRESH_SECONDS:
                project.whole.clear()
            if now - project.sampled_at > _FRESH_SECONDS:
                project.sampled.clear()
            return tuple((project.whole if is_sample else {**project.sampled, **project.whole}).values())

    def widened(self, place: ProjectPlace, catalog: Catalog) -> Catalog:
        """A catalog with what came since: fields, types and ranges that its sample lacks. Its counts stay."""
        with self._lock:
            project = self._projects[place]
            pages = tuple(project.pages)
            project.pages.clear()
        return widened(catalog, (run for runs in pages for run in runs)) if pages else catalog


def widened(catalog: Catalog, records: Iterable[RunRecord]) -> Catalog:
    """The catalog with the fields, types and ranges of more runs, of which only parts may have come."""
    seen = build_catalog(catalog.source, records)
    fields = dict(catalog.index.by_path)
    for info in seen.fields:
        at = (info.space, info.path)
        known = fields.get(at)
        if known is not None:
            fields[at] = _widened_field(known, info)
        elif info.space is not Space.RUN and len(fields) < _MOST_NEW_FIELDS:
            # No run of the sample has it. That is what its count says.
            fields[at] = replace(info, runs=0, median=None, top=(), elements=())
    if all(fields[at] is info for at, info in catalog.index.by_path.items()) and len(fields) == len(catalog.fields):
        return catalog
    return replace(catalog, fields=tuple(fields.values()))


def _widened_field(known: FieldInfo, seen: FieldInfo) -> FieldInfo:
    low, high = _least(known.minimum, seen.minimum), _most(known.maximum, seen.maximum)
    new = {kind: count for kind, count in seen.kinds.items() if not known.kinds.get(kind)}
    if (low, high) == (known.minimum, known.maximum) and not new:
        return known
    return replace(known, minimum=low, maximum=high, kinds={**known.kinds, **new})


def _least(*values: float | None) -> float | None:
    return min((value for value in values if value is not None), default=None)


def _most(*values: float | None) -> float | None:
    return max((value for value in values if value is not None), default=None)
