"""Parts of times in a zone, by integer arithmetic: what depends on the day alone is asked once for each day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from runql.engine.stages.arrays.vectors import Floats, Ints, integers_column
from runql.engine.stages.shared.rows import NotHeld
from runql.engine.time_functions import OF_DAYS
from runql.engine.values.coded import Coded
from runql.engine.values.column import Column
from runql.semantic.values import Value

PARTS: Final = frozenset({"hour", *OF_DAYS})

_NUMBERS: Final = frozenset({"year", "weekday"})
_DAY: Final = 86_400
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()


def part_of(name: str, zone: tzinfo, seconds: Floats) -> Column:
    """A part of times, which are seconds since 1970. Raises `NotHeld` for zones that are no whole seconds from UTC."""
    import numpy as np

    local = _local(zone, np.floor(seconds).astype(np.int64))
    if name == "hour":
        return integers_column(local // 3600 % 24)
    days = local // _DAY
    low = int(days.min())
    days -= low
    there = np.zeros(int(days.max()) + 1, bool)
    there[days] = True
    found: dict[Value, int] = {}
    place_of = np.zeros(len(there), np.int64)
    for day in np.flatnonzero(there).tolist():
        value = OF_DAYS[name](zone, date.fromordinal(_EPOCH_DAY + low + day))
        place_of[day] = found.setdefault(value, len(found))
    places, values = place_of[days], list(found)
    return integers_column(np.array(values, np.int64)[places]) if name in _NUMBERS else Coded(values, places)


def _local(zone: tzinfo, seconds: Ints) -> Ints:
    """The seconds since 1970 that the clocks of a zone show."""
    import numpy as np

    if isinstance(zone, timezone):
        return seconds + _offset(zone, datetime(1970, 1, 1, tzinfo=UTC))
    if not isinstance(zone, ZoneInfo):
        raise NotHeld
    first, last = (datetime.fromtimestamp(int(each), UTC).year for each in (seconds.min(), seconds.max()))
    changes = [change for year in range(first, last + 1) for change in _changes(zone, year)]
    offsets = [offset for _, offset in changes]
    if len(set(offsets)) == 1:
        return seconds + offsets[0]
    moments = np.array([moment for moment, _ in changes], np.int64)
    return seconds + np.array(offsets, np.int64)[np.searchsorted(moments[1:], seconds, side="right")]


@lru_cache(maxsize=4096)
def _changes(zone: ZoneInfo, year: int) -> tuple[tuple[int, int], ...]:
    """From which second on the clocks are how many seconds from UTC, in a year of UTC: at its beginning, and inside of
    each day whose ends differ.
    """
    moment, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    found = [(_second(moment), _offset(zone, moment))]
    while moment < end:
        after = moment + timedelta(days=1)
        if _offset(zone, after) != found[-1][1]:
            found.append(_change(zone, moment, after))
        moment = after
    return tuple(each for each in found if each[0] < _second(end))


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> tuple[int, int]:
    """The second of a change between two moments, and the distance from then on."""
    old, low, high = _offset(zone, before), _second(before), _second(after)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, datetime.fromtimestamp(middle, UTC)) == old:
            low = middle
        else:
            high = middle
    return high, _offset(zone, datetime.fromtimestamp(high, UTC))


def _offset(zone: tzinfo, moment: datetime) -> int:
    offset = moment.astimezone(zone).utcoffset() or timedelta(0)
    if offset.microseconds:
        raise NotHeld
    return round(offset.total_seconds())


def _second(moment: datetime) -> int:
    return round(moment.timestamp())
