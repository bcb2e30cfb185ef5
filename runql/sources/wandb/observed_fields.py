"""What the answers to any question tell of a project beside what was asked: kept for its catalog, at no request.

A page costs a lock and an append here. All else is done when somebody wants the catalog.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from runql.language.fields import Space
from runql.semantic.build_catalog import build_catalog
from runql.semantic.catalog import Catalog, FieldInfo
from runql.semantic.record import RunRecord, cells_of
from runql.sources.protocol import Wanted
from runql.sources.wandb.decode import ProjectPlace
from runql.text.frozen import frozen

MOST_PAGES = 8
"""Pages that wait to be looked at; of more the oldest are dropped."""

MOST_WHOLE_RUNS = 300
"""Runs with all of their config and summary that are kept, to make a catalog of."""

_MOST_VALUES = 10_000
"""Values that are looked at of one page; of pages with few columns these are all."""

_FRESH_SECONDS = 30.0
_MOST_NEW_FIELDS = 50_000


@frozen
class Stamp:
    """What a catalog was made of: it is true while these are as they were."""

    total: int | None
    newest: str | None

    @property
    def newest_run(self) -> str | None:
        """The newest run without its heartbeat."""
        return None if self.newest is None else self.newest.partition(" ")[0]


def stamp_of(total: int | None, newest: RunRecord | None) -> Stamp:
    return Stamp(total, None if newest is None else f"{newest.id} {newest.heartbeat}")


@dataclass(slots=True)
class _Project:
    """What came of one project. `whole`: runs with all of config and summary, by id."""

    stamp: Stamp | None = None
    stamped: float = -math.inf
    pages: deque[Sequence[RunRecord]] = field(default_factory=lambda: deque(maxlen=MOST_PAGES))
    whole: dict[str, RunRecord] = field(default_factory=dict)
    whole_since: float = 0.0
    sampled: dict[str, RunRecord] = field(default_factory=dict)
    sampled_at: float = 0.0


class Learning:
    """What was seen of the projects of one server. Threads may share it."""

    def __init__(self) -> None:
        self._projects: dict[ProjectPlace, _Project] = {}
        self._lock = threading.Lock()

    def note_page(self, place: ProjectPlace, wanted: Wanted, runs: Sequence[RunRecord]) -> None:
        """Keeps a page until somebody wants the catalog. One without config and summary tells nothing."""
        if not runs or (wanted.config == () and wanted.summary == ()):
            return
        with self._lock:
            project = self._of(place)
            few = _few(runs)
            project.pages.append(runs if few >= len(runs) else tuple(runs[:few]))
            if wanted.config is None and wanted.summary is None:
                if not project.whole:
                    project.whole_since = time.monotonic()
                room = max(0, MOST_WHOLE_RUNS - len(project.whole))
                project.whole.update((run.id, run) for run in runs[:room])

    def note_stamp(self, place: ProjectPlace, stamp: Stamp) -> None:
        with self._lock:
            project = self._of(place)
            project.stamp, project.stamped = stamp, time.monotonic()

    def stamp(self, place: ProjectPlace) -> Stamp | None:
        """How the project is, if that was seen just now."""
        with self._lock:
            project = self._of(place)
            return project.stamp if time.monotonic() - project.stamped < _FRESH_SECONDS else None

    def total(self, place: ProjectPlace) -> int | None:
        """How many runs the project had when that was last seen."""
        with self._lock:
            stamp = self._of(place).stamp
        return None if stamp is None else stamp.total

    def sample(self, place: ProjectPlace) -> tuple[RunRecord, ...]:
        """The runs that came whole just now, one for each id."""
        with self._lock:
            project = self._of(place)
            if time.monotonic() - project.whole_since > _FRESH_SECONDS:
                project.whole.clear()
            return tuple(project.whole.values())

    def note_sample(self, place: ProjectPlace, runs: Iterable[RunRecord]) -> None:
        """Keeps runs that came whole for a catalog: an answer that contradicts them is not believed."""
        with self._lock:
            project = self._of(place)
            project.sampled_at = time.monotonic()
            project.sampled = {run.id: run for run in islice(runs, MOST_WHOLE_RUNS)}

    def at_hand(self, place: ProjectPlace) -> tuple[RunRecord, ...]:
        """The runs that came whole just now, in a page or for the catalog."""
        whole = self.sample(place)
        with self._lock:
            project = self._of(place)
            if time.monotonic() - project.sampled_at > _FRESH_SECONDS:
                project.sampled.clear()
            return tuple({**project.sampled, **{run.id: run for run in whole}}.values())

    def widened(self, place: ProjectPlace, catalog: Catalog) -> Catalog:
        """A catalog with what came since: fields, types and ranges that its sample lacks. Its counts stay."""
        with self._lock:
            project = self._of(place)
            pages = tuple(project.pages)
            project.pages.clear()
        return widened(catalog, (run for runs in pages for run in runs)) if pages else catalog

    def _of(self, place: ProjectPlace) -> _Project:
        return self._projects.setdefault(place, _Project())


def _few(runs: Sequence[RunRecord]) -> int:
    """How many runs like the first are looked at of a page: whoever closes the source may have to wait for that."""
    config, summary = (cells_of(runs, part)[0] for part in ("config", "summary"))
    return max(1, _MOST_VALUES // max(1, len(config or ()) + len(summary or ())))


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
