"""What must be read back from what `tests/fixtures/make_runs.py` writes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from runql.engine.values.column import Column
from runql.sources.local.items import leaves
from tests.fixtures import make_runs

FILES = Path(__file__).parents[2] / "fixtures" / "wandb_files"
VERSIONS = sorted(path.name for path in FILES.iterdir() if path.is_dir())


def flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """A logged row by the names of columns."""
    return {name: value for key, below in row.items() for name, value in leaves(key, below)}


def nested_rows() -> list[dict[str, Any]]:
    return [{"_step": step, **flat(row)} for step, row in enumerate(make_runs.nested_rows())]


def same(one: Any, other: Any) -> bool:
    """Equality in which NaN is NaN. (The SDK writes 5.0 as 5, so types of numbers are not compared.)"""
    if isinstance(one, float) and isinstance(other, float) and math.isnan(one):
        return math.isnan(other)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list | tuple | Column) and isinstance(other, list | tuple | Column):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def without_clock(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in row.items() if key not in ("_runtime", "_timestamp")} for row in rows]
