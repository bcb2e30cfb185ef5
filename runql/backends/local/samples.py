"""Machine metrics of a run file, by columns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from runql.backends.local.head import stats_time
from runql.backends.local.history import Column
from runql.backends.local.items import leaves, read_item
from runql.backends.local.run import SYSTEM_PREFIX
from runql.backends.local.wire import BYTES, Malformed, fields, text
from runql.semantic.values import Value

_ITEM: Final = 3
_KEY_TAG: Final = 0x0A


class SampleReader:
    """Collects the samples of one file. `keys` are `system.…` names; `None` for all. `began` is the run's start."""

    def __init__(self, keys: Iterable[str] | None, began: float) -> None:
        self._wanted = None if keys is None else frozenset(keys)
        self._began = began
        self._times: list[float] = []
        self._columns: dict[str, Column] = {}
        self._wanted_keys: dict[bytes, bool] = {}

    def add(self, data: bytes, start: int, end: int, *, numbered: bool = True) -> None:  # noqa: ARG002 - as a history
        """Read one stats record."""
        row = len(self._times)
        found: list[tuple[str, Value]] = []
        for number, wire, a, b in fields(data, start, end):
            if number == _ITEM and wire == BYTES and self._is_wanted(data, a, b):
                path, value = read_item(data, a, b)
                found += leaves(SYSTEM_PREFIX + path[-1], value)
        self._times.append(stats_time(data, start, end))
        for name, value in found:
            if self._wanted is None or name in self._wanted:
                column = self._columns.setdefault(name, Column())
                if not column.rows or column.rows[-1] != row:
                    column.rows.append(row)
                    column.values.append(value)

    def columns(self) -> dict[str, list[Value]]:
        """`_timestamp`, `_runtime` if the start is known, and the metrics; nothing if there are no samples."""
        if not self._times:
            return {}
        axes: dict[str, list[Value]] = {"_timestamp": list(self._times)}
        if self._began:
            axes["_runtime"] = [time - self._began for time in self._times]
        return axes | {name: column.dense(len(self._times)) for name, column in self._columns.items()}

    def _is_wanted(self, data: bytes, start: int, end: int) -> bool:
        """Whether an item may give a wanted column: its key is one, or the beginning of one."""
        if self._wanted is None:
            return True
        if end - start < 2 or data[start] != _KEY_TAG or data[start + 1] > 127:
            raise Malformed("a sample without a name")
        raw = data[start + 2 : start + 2 + data[start + 1]]
        wanted = self._wanted_keys.get(raw)
        if wanted is None:
            name = SYSTEM_PREFIX + text(raw, 0, len(raw))
            wanted = any(key == name or key.startswith(name + ".") for key in self._wanted)
            self._wanted_keys[raw] = wanted
        return wanted
