"""Machine metrics, found by time: what a run's machine did when a row was logged."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from runql.engine.compare import is_nan, is_number
from runql.semantic.record import RunHistory
from runql.semantic.values import MISSING, Value

TIME_AXIS = "_timestamp"


class Samples:
    """The values of one machine metric with their times, ascending."""

    def __init__(self) -> None:
        self._times: list[Value] = []
        self._cells: list[Value] = []

    def add(self, times: Sequence[Value], cells: Sequence[Value]) -> None:
        """Take in the cells that are set and have a time."""
        pairs = [
            (time, cell) for time, cell in zip(times, cells, strict=True) if cell is not MISSING and _is_time(time)
        ]
        if pairs and self._times and pairs[0][0] < self._times[-1]:
            pairs = [*zip(self._times, self._cells, strict=True), *pairs]
            self._times, self._cells = [], []
        pairs.sort(key=lambda pair: pair[0])
        self._times += [time for time, _ in pairs]
        self._cells += [cell for _, cell in pairs]

    def at(self, times: Sequence[Value]) -> list[Value]:
        """For each time the latest value at or before it; `MISSING` before the first, and where there is no time."""
        places = [bisect_right(self._times, time) if _is_time(time) else 0 for time in times]
        return [self._cells[place - 1] if place else MISSING for place in places]


class SystemStream:
    """The machine metrics of many runs, read as far as the run that is asked for."""

    def __init__(self, histories: Iterable[RunHistory]) -> None:
        self._groups = groupby(histories, key=lambda history: history.run_id)
        self._waiting: dict[str, Mapping[str, Samples]] = {}

    def of_run(self, run_id: str) -> Mapping[str, Samples]:
        """The machine metrics of a run by name; none if nothing came of it. Each run can be asked for once."""
        while run_id not in self._waiting:
            found, parts = next(self._groups, (None, ()))
            if found is None:
                return {}
            self._waiting[found] = _samples(parts)
        return self._waiting.pop(run_id)


def _samples(parts: Iterable[RunHistory]) -> Mapping[str, Samples]:
    result: dict[str, Samples] = {}
    for part in parts:
        times = part.columns.get(TIME_AXIS, ())
        for name, cells in part.columns.items():
            if len(times) == len(cells) and not name.startswith("_"):
                result.setdefault(name, Samples()).add(times, cells)
    return result


def _is_time(value: Value) -> bool:
    return is_number(value) and not is_nan(value)
