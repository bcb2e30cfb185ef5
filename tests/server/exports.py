"""Histories as W&B exports them: Parquet files of a run, in no order, and the rows that are in none yet."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import pyarrow
import pyarrow.parquet

from tests.server.faults import Knobs
from tests.server.history import rows_of

_FILES = 2


def told(run: Mapping[str, Any], address: str, knobs: Knobs) -> dict[str, Any]:
    """What `parquetHistory` says; the newest file comes first."""
    urls = [f"{address}/{at}.parquet" for at in reversed(range(_FILES))]
    live = [{"_step": float(row["_step"])} for row in rows_of(run)[-1:]] if knobs.exports == "growing" else []
    return {"parquetUrls": urls, "liveData": live}


def file(run: Mapping[str, Any], at: int, knobs: Knobs) -> bytes:
    """One of the files: its half of the rows. A metric that none of them has is no column of it."""
    rows = [*rows_of(run)]
    if knobs.exports in ("growing", "short"):
        rows = rows[:-1]
    if knobs.exports == "other":
        rows[1] = {**rows[1], "loss": -1.0}
    half = len(rows) // _FILES
    chosen = rows[:half] if at == 0 else rows[half:]
    names = dict.fromkeys(name for row in chosen for name in row)
    table = pyarrow.table({name: _column([row.get(name) for row in chosen]) for name in names})
    written = io.BytesIO()
    pyarrow.parquet.write_table(table, written)
    return written.getvalue()


def _column(cells: list[Any]) -> Any:
    """Integers beside other numbers become doubles, as in any column."""
    if any(isinstance(cell, float) for cell in cells):
        return pyarrow.array([None if cell is None else float(cell) for cell in cells], pyarrow.float64())
    return pyarrow.array(cells)
