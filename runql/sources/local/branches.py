"""Runs that were rewound, and runs that begin as another one: which rows of which logs are theirs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import Any, Final, TypeAlias

from runql.sources.files.wire import MalformedWire
from runql.sources.local import records
from runql.sources.local.discover import RunFile
from runql.sources.local.head import BranchPoint
from runql.sources.local.history import own_step
from runql.sources.local.items import Fold
from runql.sources.local.notices import orphaned, rewound
from runql.sources.local.records import Frames
from runql.sources.local.run import LocalRun, Segment, Strand
from runql.text.frozen import changeable

_MOST_ANCESTORS: Final = 100
_ALL: Final = math.inf

RunKey: TypeAlias = tuple[str, str, str]
Kept: TypeAlias = tuple[int, dict[str, Any]]
"""How many rows of a log are kept, and the last value of each of their metrics."""


@changeable
class Branches:
    """What is kept of logs that were cut at a step; read once for as long as the log does not change."""

    _kept: dict[tuple[RunFile, float], Kept] = field(default_factory=dict)

    def rewind(self, segments: Sequence[Segment], run_id: str) -> tuple[list[Segment], list[Strand]]:
        """The folders of one run, the summaries of which lack what was abandoned, and the rows that are left."""
        bounds = _bounds(segments, run_id)
        left = []
        for segment, until in zip(segments, bounds, strict=True):
            if until < _ALL and segment.head.history is None and _goes_beyond(segment, until):
                rows, summary = self.kept(segment, until)
                left.append(replace(segment, head=replace(segment.head, rows=rows, summary=summary)))
            else:
                left.append(segment)
        return left, [Strand(*both) for both in zip(segments, bounds, strict=True)]

    def kept(self, segment: Segment, until: float) -> Kept:
        """The rows of a log up to a step."""
        key = (segment.file, until)
        if key not in self._kept:
            try:
                self._kept[key] = _read_kept(segment, until)
            except OSError:
                return 0, {}  # it is gone: whoever reads its rows is told
        return self._kept[key]

    def inherit(self, runs: Sequence[LocalRun]) -> tuple[LocalRun, ...]:
        """The runs, forks with the rows that they share with the run that they began as."""
        if not any(map(_fork_of, runs)):
            return tuple(runs)
        by_key = {_key(run): run for run in runs}
        return tuple(self._with_ancestors(run, by_key) for run in runs)

    def _with_ancestors(self, run: LocalRun, by_key: Mapping[RunKey, LocalRun]) -> LocalRun:
        strands: list[Strand] = []
        notices = list(run.notices)
        seen = {_key(run)}
        child, until, begun = run, _ALL, _begun(run)
        while (branch := _fork_of(child)) is not None:
            parent = by_key.get((*_key(child)[:2], branch.run_id))
            until = min(until, branch.step)
            if parent is None or _key(parent) in seen or len(seen) > _MOST_ANCESTORS:
                notices.append(orphaned(run.record.id, branch.run_id, branch.step))
                break
            seen.add(_key(parent))
            strands = [*_strands_before(parent, begun, until), *strands]
            child, begun = parent, min(begun, _begun(parent))
        if child is run and len(notices) == len(run.notices):
            return run
        rows = sum(self.kept(strand.segment, strand.until)[0] for strand in strands)
        record = replace(run.record, history_line_count=(run.record.history_line_count or 0) + rows)
        return replace(run, record=record, strands=(*strands, *run.strands), notices=tuple(notices))


def said_of_rewinds(run_id: str, segments: Sequence[Segment], left: Sequence[Segment]) -> Iterator[Any]:
    """What was left out of a run that was rewound."""
    rows = sum(one.head.rows - other.head.rows for one, other in zip(segments, left, strict=True))
    points = [one.head.branch.step for one in segments if one.head.branch and one.head.branch.run_id == run_id]
    if rows and points:
        yield rewound(run_id, points[-1], rows)


def _goes_beyond(segment: Segment, until: float) -> bool:
    last = segment.head.last_step
    return last is None or last > until


def _read_kept(segment: Segment, until: float) -> Kept:
    fold, rows, last = Fold(remove_tag=-1), 0, -1
    with segment.file.path.open("rb") as file:
        for data, start, end, offset in Frames(file, segment.head.size):
            try:
                kind, begin, stop = records.locate(data, start, end)
                step = own_step(data, begin, stop) if kind == records.HISTORY else None
                if kind != records.HISTORY or (last + 1 if step is None else step) > until:
                    continue
                fold.add(data, begin, stop, offset)
                last = last + 1 if step is None else step
                rows += 1
            except MalformedWire:
                continue  # whoever reads the rows is told where
    return rows, fold.result()[0]


def _key(run: LocalRun) -> RunKey:
    return run.record.entity, run.record.project, run.record.id


def _begun(run: LocalRun) -> float:
    return min((segment.begun for segment in run.segments if segment.begun), default=_ALL)


def _fork_of(run: LocalRun) -> BranchPoint | None:
    if run.mark is not None:
        return None  # of a fork no record is kept
    branch = run.segments[0].head.branch
    return branch if branch is not None and branch.run_id != run.record.id else None


def _strands_before(run: LocalRun, begun: float, until: float) -> list[Strand]:
    """The rows of a run as they were when another one began: what it was rewound to later is none of that."""
    earlier = [segment for segment in run.segments if not segment.begun or segment.begun <= begun] or [*run.segments]
    bounds = _bounds(earlier, run.record.id)
    return [Strand(segment, min(bound, until)) for segment, bound in zip(earlier, bounds, strict=True)]


def _bounds(segments: Sequence[Segment], run_id: str) -> list[float]:
    """The last step of each folder that no later one abandoned."""
    bounds: list[float] = []
    until = _ALL
    for segment in reversed(segments):
        bounds.append(until)
        branch = segment.head.branch
        if branch is not None and branch.run_id == run_id:
            until = min(until, branch.step)
    return bounds[::-1]
