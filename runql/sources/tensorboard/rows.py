"""The rows of a run: what was logged at one step is one row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from runql.semantic.values import MISSING
from runql.sources.tensorboard.facts import Extent
from runql.sources.tensorboard.stream import EventStream, FileState
from runql.sources.tensorboard.tensors import Number


@dataclass(slots=True)
class _Tag:
    """The points of a tag, in the order in which they were logged. `again`: of the how-manieth time at its step each
    is, where any step occurs twice."""

    steps: list[int] = field(default_factory=list)
    values: list[Number] = field(default_factory=list)
    highest: int | None = None
    seen: Counter[int] | None = None
    again: dict[int, int] = field(default_factory=dict)

    def add(self, step: int, value: Number) -> int:
        """Add a point. How often the tag had this step before."""
        times = 0
        if self.highest is None or step > self.highest:
            self.highest = step
            if self.seen is not None:
                self.seen[step] += 1
        else:
            if self.seen is None:
                self.seen = Counter(self.steps)
            times = self.seen[step]
            self.seen[step] += 1
        if times:
            self.again[len(self.steps)] = times
        self.steps.append(step)
        self.values.append(value)
        return times


def run_columns(extent: Extent, names: Container[str] | None) -> dict[str, Sequence[Any]]:
    """The rows of a run by columns, in the order of the steps, with at least the tags that are named (`None`: all).

    A row is a step. A tag that was logged several times at one step has as many rows there. The time of a row is that
    of the point in it that was logged last, whichever tags are asked for.

    Raises:
        OSError: a file cannot be read.
    """
    tags: dict[str, _Tag] = {}
    times: dict[tuple[int, int], float] = {}
    stream, cuts = EventStream(), extent.cuts
    for part in extent.parts:
        for event, points in stream.points(part.file, 0, part.end, FileState(part.is_first), part.lost):
            step = event.step
            for tag, value in points:
                if not cuts.is_empty and cuts.drops(stream.events, step, tag):
                    continue
                held = tags.get(tag)
                if held is None:
                    held = tags[tag] = _Tag()
                times[step, held.add(step, value)] = event.wall_time
    return _columns(tags, times, stream.first_time or 0.0, names)


def _columns(
    tags: Mapping[str, _Tag], times: Mapping[tuple[int, int], float], first: float, names: Container[str] | None
) -> dict[str, Sequence[Any]]:
    rows = sorted(times)
    if not rows:
        return {}
    at = {row: place for place, row in enumerate(rows)}
    walls = [times[row] for row in rows]
    columns: dict[str, Sequence[Any]] = {
        "_step": [step for step, _ in rows],
        "_timestamp": walls,
        "_runtime": [wall - first for wall in walls],
    }
    for tag, held in tags.items():
        if names is None or tag in names:
            cells: list[Any] = [MISSING] * len(rows)
            for place, (step, value) in enumerate(zip(held.steps, held.values, strict=True)):
                cells[at[step, held.again.get(place, 0)]] = value
            columns[tag] = cells
    return columns
