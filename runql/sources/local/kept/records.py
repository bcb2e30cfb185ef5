"""Records of many runs as plain values that bytes can say, field by field: most runs of a folder have the same keys.

A field that is the same in all runs is said once. Of a part, such as the config, its keys are said once for all the
runs that have these, and its values run by run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias

from runql.semantic.record import RunRecord
from runql.text.frozen import records_of

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_NAMES: Final = RunRecord.__match_args__
_TIMES: Final = frozenset({"created", "heartbeat", "updated"})
_PARTS: Final = frozenset({"config", "summary", "system_metrics", "internal_config", "internal_summary"})
_CONSTANTS: Final = frozenset({str, bool, type(None)})
_NO_PART: Final = -1

PlainPart: TypeAlias = tuple[list[tuple[str, ...]], list[int], list[tuple[Any, ...]]]
"""The keys that there are, which of them each run has, and its values."""
PlainRecords: TypeAlias = tuple[int, list[tuple[str, Any]]]
"""How many records, and of each field in which form its values are, and these."""


def plain_records(records: Sequence[RunRecord]) -> PlainRecords:
    """Records that can be kept, as plain values."""
    return len(records), [_plain_field(name, [getattr(record, name) for record in records]) for name in _NAMES]


def _plain_field(name: str, cells: list[Any]) -> tuple[str, Any]:
    if name in _TIMES:
        return "time", [None if cell is None else (cell - _EPOCH) // _MICROSECOND for cell in cells]
    if name in _PARTS:
        return "part", _plain_part(cells)
    if cells and _CONSTANTS.issuperset(map(type, cells)) and all(cell == cells[0] for cell in cells):
        return "same", cells[0]
    return "each", cells


def _plain_part(cells: Sequence[Mapping[str, Any] | None]) -> PlainPart:
    shapes: dict[tuple[str, ...], int] = {}
    which = [_NO_PART if cell is None else shapes.setdefault(tuple(cell), len(shapes)) for cell in cells]
    return [*shapes], which, [() if cell is None else tuple(cell.values()) for cell in cells]


def read_records(plain: PlainRecords) -> list[RunRecord]:
    """The records again."""
    count, columns = plain
    return [*records_of(RunRecord, [_cells(form, values, count) for form, values in columns])]


def _cells(form: str, values: Any, count: int) -> Sequence[Any]:
    if form == "same":
        return [values] * count
    if form == "time":
        return [None if value is None else _EPOCH + timedelta(0, 0, value) for value in values]
    if form == "part":
        shapes, which, rows = values
        return [
            None if at < 0 else dict(zip(shapes[at], row, strict=True)) for at, row in zip(which, rows, strict=True)
        ]
    return list(values)
