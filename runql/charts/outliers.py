"""Runs that alone set an axis: a loss that went to 1e23 makes one line of all others."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Final

from runql.charts.numbers import short
from runql.charts.points import Points
from runql.charts.table import ChartTable
from runql.semantic.operands import literal_text
from runql.text.frozen import frozen

_TIMES: Final = 10
"""Runs that make an axis so many times as long are named."""

_TIMES_LOG: Final = 2.5
_MORE_DECADES: Final = 6
"""Likewise of a logarithmic one, which shows some decades more as well."""
_PART: Final = 8
"""No more runs than one in so many are called few."""
_NAMED: Final = 3
_LISTED: Final = 6


@frozen
class _Reach:
    """How far a run goes along the axis."""

    run: str
    end: float


def say_outliers(table: ChartTable, name: str, points: Mapping[str, Points], labels: Mapping[str, str]) -> None:
    """Say which few runs reach so far beyond the others that these cannot be told from each other: on a logarithmic
    axis by more than twice as many decades.
    """
    is_log = "y" in table.plot.log
    held = {
        run: ys
        for run, each in points.items()
        if (ys := [y for y in each.y if (y > 0 if is_log else y == y)])  # noqa: PLR0124 - no NaN
    }
    on_axis: Callable[[float], float] = math.log10 if is_log else float
    ends = {run: (on_axis(min(ys)), on_axis(max(ys))) for run, ys in held.items()}
    for sign, verb in ((1.0, "reach"), (-1.0, "reach down to")):
        reaches = sorted((_Reach(run, max(sign * low, sign * high)) for run, (low, high) in ends.items()), key=_by_end)
        foot = min((min(sign * low, sign * high) for low, high in ends.values()), default=0.0)
        if (few := _few_log(reaches, foot) if is_log else _few(reaches, foot)) == 0:
            continue
        far, next_one = reaches[:few], reaches[few]
        at_end = max if sign > 0 else min
        told = ", ".join(f"{labels.get(one.run, one.run)} {short(at_end(held[one.run]))}" for one in far[:_NAMED])
        more = f" and {few - _NAMED:,} more" * (few > _NAMED)
        which = "1 run sets" if few == 1 else f"{few:,} runs set"
        table.say(
            f"{which} the axis of {name}: {told}{more}; the others {verb} {short(at_end(held[next_one.run]))}"
            + _way_out([one.run for one in far])
        )


def _by_end(reach: _Reach) -> float:
    return -reach.end


def _few(reaches: Sequence[_Reach], foot: float) -> int:
    """How many runs, of as few as one in eight, make the axis ten times as long as those behind them need it."""
    found = 0
    for place, (one, after) in enumerate(pairwise(reaches[: max(1, len(reaches) // _PART) + 1]), 1):
        if one.end / 2 - foot / 2 > _TIMES * (after.end / 2 - foot / 2):
            found = place
    return found


def _few_log(reaches: Sequence[_Reach], foot: float) -> int:
    """Likewise of decades: how many runs at least the axis must do without, not to be made so much longer."""
    for place, after in enumerate(reaches[1 : max(1, len(reaches) // _PART) + 1], 1):
        longer = reaches[0].end - after.end
        if longer > _MORE_DECADES and longer > (_TIMES_LOG - 1) * (after.end - foot):
            return place
    return 0


def _way_out(runs: Sequence[str]) -> str:
    """What leaves them out."""
    if len(runs) > _LISTED:
        return ""
    if len(runs) == 1:
        return f": `where id != {literal_text(runs[0])}` leaves it out"
    return f": `where id not in ({', '.join(map(literal_text, runs))})` leaves them out"
