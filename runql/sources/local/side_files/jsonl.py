"""Rows that old SDKs wrote as lines of JSON: histories, and samples of machine metrics."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from runql.semantic.json_text import read_json
from runql.semantic.values import MISSING
from runql.sources.local.items import leaves

STEP: Final = "_step"
_SYSTEM: Final = "system."
_TIMES: Final = ("_timestamp", "_runtime")


@dataclass(slots=True)
class Lines:
    """A file of JSON objects. Iterate once; then `bad` are the numbers of the lines that are none, and `torn` tells
    whether it ends in the middle of one."""

    path: Path
    bad: list[int] = field(default_factory=list)
    torn: bool = False

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """The objects. Raises `OSError`."""
        with self.path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if not line.strip(b"\0 \t\r\n"):
                    continue
                row = _object(line)
                if row is not None:
                    yield row
                elif line.endswith(b"\n"):
                    self.bad.append(number)
                else:
                    self.torn = True


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        value = read_json(line.strip(b"\0 \t\r\n")).value
    except ValueError:
        return None  # `Lines` tells which line
    return value if isinstance(value, dict) else None


class _Table:
    """Columns that grow row by row; only the wanted ones (all with `None`)."""

    def __init__(self, keys: Iterable[str] | None) -> None:
        self._wanted = None if keys is None else frozenset(keys)
        self._columns: dict[str, list[Any]] = {}
        self._rows = 0

    def add(self, found: Iterable[tuple[str, Any]]) -> None:
        for name, value in found:
            if self._wanted is not None and name not in self._wanted:
                continue
            column = self._columns.setdefault(name, [])
            column += [MISSING] * (self._rows - len(column))
            if len(column) == self._rows:
                column.append(value)
        self._rows += 1

    def columns(self) -> dict[str, list[Any]]:
        for column in self._columns.values():
            column.extend([MISSING] * (self._rows - len(column)))
        return self._columns


def history(lines: Lines, keys: Iterable[str] | None, starting_step: int) -> dict[str, list[Any]]:
    """`_step` and the wanted metrics; a row without a step has that after the row before. Raises `OSError`."""
    table, steps = _Table(keys), list[int]()
    for row in lines:
        steps.append(step_of(row, starting_step if not steps else steps[-1] + 1))
        table.add(cells(row))
    return {STEP: steps, **table.columns()} if steps else {}


def samples(lines: Lines, keys: Iterable[str] | None) -> dict[str, list[Any]]:
    """`_timestamp`, `_runtime` and the wanted `system.…` columns. Raises `OSError`."""
    table = _Table(None if keys is None else {*keys, *_TIMES})
    for row in lines:
        times = [(name, row[name]) for name in _TIMES if name in row]
        table.add([*times, *(cell for cell in cells(row) if cell[0].startswith(_SYSTEM))])
    return table.columns()


def cells(row: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """What a row holds, by the names of columns, without its step."""
    for key, below in row.items():
        if key != STEP:
            yield from leaves(key, below)


def step_of(row: dict[str, Any], otherwise: int) -> int:
    """The step that a row tells."""
    step = row.get(STEP)
    is_number = isinstance(step, int | float) and not isinstance(step, bool) and math.isfinite(step)
    return int(step) if is_number and step is not None else otherwise


def counts(path: Path, type_name: Callable[[Any], str]) -> tuple[Counter[tuple[str, str]], int | None]:
    """How many rows hold each metric with a value of each type, and the step of the last. Raises `OSError`."""
    found: Counter[tuple[str, str]] = Counter()
    last: int | None = None
    for row in Lines(path):
        found.update((name, type_name(value)) for name, value in cells(row))
        last = step_of(row, 0 if last is None else last + 1)
    return found, last
