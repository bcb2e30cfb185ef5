"""Runs beside each other: the x at which they are compared, of how many runs there is a value at each, and the median
or the mean of them all.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from statistics import median_low
from typing import Final

from runql.charts.chart import Series
from runql.charts.clipping import CI95, QUARTILES
from runql.charts.points import Points, last_of
from runql.engine.statistics import ci95_of, mean, std
from runql.text.frozen import frozen

_MOST_STRETCHES: Final = 100
_SHARED: Final = 0.7
"""Where runs logged less of the x between their ends, they are compared in stretches of x."""


@frozen
class RunsAtX:
    """The values at one x, by the place of their run; a run without a number there is not among them."""

    x: float
    values: Mapping[int, float]


def common_x(runs: Sequence[Points], say: Callable[[str], None]) -> list[RunsAtX]:
    """The x at which runs are compared, and their values there: each x that was logged, or stretches of x where the
    runs logged at different ones. Of a run the mean of its values in a stretch counts.
    """
    runs = [*map(_once, runs)]
    found: dict[float, dict[int, float]] = {}
    for place, points in enumerate(runs):
        for x, y in zip(points.x, points.y, strict=True):
            at = found.setdefault(x, {})
            if y == y:  # noqa: PLR0124 - no NaN
                at[place] = y
    if len(runs) > 1 and not _share_x(runs, sorted(found)):
        stretches = min(_MOST_STRETCHES, median_low([len(points.x) for points in runs]))
        found = _in_stretches(runs, (min(found), max(found)), stretches)
        say(f"the runs logged at different x: compared in {stretches} stretch{'es' * (stretches != 1)} of x")
    return [RunsAtX(x, found[x]) for x in sorted(found)]


@frozen
class RunCounts:
    """Of how many runs there is a value at the x where the fewest have one, and where the most have; of how many runs
    in all.
    """

    fewest: int
    most: int
    runs: int


def counts_of(compared: Sequence[RunsAtX], runs: int) -> RunCounts:
    """Of how many of so many runs there is a value at each x."""
    counts = [len(one.values) for one in compared if one.values]
    return RunCounts(min(counts, default=0), max(counts, default=0), runs)


def counted_text(counts: Sequence[RunCounts]) -> str:
    """Of how many runs lines are: `5`, `1 to 5` where not all have a value at each x, `1 of 5` where no two do."""
    fewest, most = min(one.fewest for one in counts), max(one.most for one in counts)
    runs = max(one.runs for one in counts)
    ends = f"{fewest:,}" if fewest == most else f"{fewest:,} to {most:,}"
    return ends if most == runs else f"{ends} of {runs:,}"


def with_gaps(compared: Sequence[RunsAtX]) -> Iterator[RunsAtX]:
    """The same with a gap between two x that have no run in common, where a line would join different runs, and where
    one run alone goes before all others or on behind them.
    """
    counts = [len(one.values) for one in compared]
    several = [place for place, count in enumerate(counts) if count > 1]
    ends = {several[0], several[-1] + 1} if several else set()
    yield from compared[:1]
    for place, (before, after) in enumerate(pairwise(compared), 1):
        apart = before.values and after.values and before.values.keys().isdisjoint(after.values)
        if apart or (place in ends and counts[place] and counts[place - 1]):
            yield RunsAtX(before.x / 2 + after.x / 2, {})
        yield after


def _once(points: Points) -> Points:
    """The points of a run with one value at each x, the mean of those that are numbers."""
    if len(set(points.x)) == len(points.x):
        return points
    found: dict[float, list[float]] = {}
    for x, y in zip(points.x, points.y, strict=True):
        found.setdefault(x, []).extend([] if math.isnan(y) else [y])
    return Points([*found], [mean(ys) if ys else math.nan for ys in found.values()], points.rows)


def _share_x(runs: Sequence[Points], grid: Sequence[float]) -> bool:
    """Whether most of the x between the first and the last of a run were logged by it too."""
    between = sum(bisect_right(grid, points.x[-1]) - bisect_left(grid, points.x[0]) for points in runs)
    return sum(len(points.x) for points in runs) >= _SHARED * between


def _in_stretches(runs: Sequence[Points], ends: tuple[float, float], stretches: int) -> dict[float, dict[int, float]]:
    least, most = ends
    width = (most - least) / stretches or 1.0
    found: dict[float, dict[int, float]] = {}
    for place, points in enumerate(runs):
        parts: dict[int, list[float]] = {}
        for x, y in zip(points.x, points.y, strict=True):
            if not math.isnan(y):
                parts.setdefault(min(stretches - 1, int((x - least) / width)), []).append(y)
        for part, ys in parts.items():
            found.setdefault(least + (part + 0.5) * width, {})[place] = mean(ys)
    return found


# ---------------------------------------------------------------- as one line


def band_of(name: str, compared: Sequence[RunsAtX], runs: tuple[str, ...], colour: int = 0) -> Series:
    """The median, the quartiles and the extremes at each x."""
    ordered = [sorted(one.values.values()) for one in compared]

    def at(percent: float) -> list[float]:
        return [_between(ys, percent / 100 * (len(ys) - 1)) if ys else math.nan for ys in ordered]

    middle = at(50)
    return Series(
        name,
        [one.x for one in compared],
        middle,
        runs,
        colour,
        low=at(25),
        high=at(75),
        interval=QUARTILES,
        least=[ys[0] if ys else math.nan for ys in ordered],
        most=[ys[-1] if ys else math.nan for ys in ordered],
        n=len(runs),
        last=last_of(middle),
    )


def _between(ordered: Sequence[float], place: float) -> float:
    """The value at a place of an ordered list, linear between two neighbours."""
    below = int(place)
    part = place - below
    if not part or ordered[below] == ordered[below + 1]:
        return ordered[below]
    return ordered[below] * (1 - part) + ordered[below + 1] * part


def mean_of(name: str, compared: Sequence[RunsAtX], runs: tuple[str, ...], colour: int) -> Series:
    """The mean of the runs at each x, and where it lies with 95 %."""
    columns = [[*one.values.values()] for one in compared]
    means = [mean(ys) if ys else math.nan for ys in columns]
    ends = [ci95_of(std(ys), len(ys)) if len(ys) > 1 else math.nan for ys in columns]
    has_ends = not all(map(math.isnan, ends))
    return Series(
        name,
        [one.x for one in compared],
        means,
        runs,
        colour,
        low=[middle - end for middle, end in zip(means, ends, strict=True)] if has_ends else (),
        high=[middle + end for middle, end in zip(means, ends, strict=True)] if has_ends else (),
        interval=CI95 if has_ends else "",
        n=len(runs),
        last=last_of(means),
    )
