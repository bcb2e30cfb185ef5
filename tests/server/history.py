"""Histories as W&B answers them: sampled by spec, whole by step, and what keys there are."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Mapping, Sequence
from typing import Any

from tests.server.faults import HttpFault, Knobs

_TYPES = ((bool, "bool"), ((int, float), "number"), (str, "string"), (type(None), "nil"), (list, "list"), (dict, "map"))
_AXES = {"_step", "_timestamp", "_runtime"}


def rows_of(run: Mapping[str, Any]) -> Sequence[dict[str, Any]]:
    rows: Sequence[dict[str, Any]] = run.get("history", ())
    return rows


def pick(rows: Sequence[Any], samples: int, knobs: Knobs) -> list[Any]:
    """About `samples` of the rows, in order. Nothing is dropped when there are not more."""
    count = min(samples, knobs.max_rows) if knobs.max_rows else samples
    if len(rows) <= count:
        return list(rows)
    if knobs.sampling == "random":
        return [rows[index] for index in sorted(random.sample(range(len(rows)), count))]
    stride = len(rows) / count
    return [rows[int(index * stride)] for index in range(count)]


def _encode(value: Any, knobs: Knobs) -> Any:
    if isinstance(value, float) and not math.isfinite(value) and knobs.nan_as != "bare":
        if knobs.nan_as == "null":
            return None
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    return value


def sampled_text(run: dict[str, Any], spec_text: str, knobs: Knobs) -> str:
    """What `sampled` gives, as JSON; remembered where the same is given each time."""
    if knobs.sampling != "even":
        return json.dumps(sampled(run, spec_text, knobs))
    kept: dict[Any, str] = run.setdefault("_sampled", {})
    question = (spec_text, knobs.nan_as, knobs.max_rows, len(rows_of(run)))
    if question not in kept:
        kept[question] = json.dumps(sampled(run, spec_text, knobs))
    return kept[question]


def sampled(run: Mapping[str, Any], spec_text: str, knobs: Knobs) -> list[dict[str, Any]]:
    """The rows that hold all the keys of a spec, the end of the steps included; sampled after that."""
    try:
        spec = json.loads(spec_text)
    except ValueError:
        raise HttpFault(400, "malformed spec") from None
    if not isinstance(spec, dict) or not isinstance(spec.get("keys"), list):
        raise HttpFault(400, "a spec needs keys")
    keys = list(dict.fromkeys(spec["keys"]))
    low, high = spec.get("minStep"), spec.get("maxStep")
    matching = _holding(run, tuple(keys), knobs)
    if low is not None or high is not None:
        first, last = low or 0, math.inf if high is None else high
        steps = [row["_step"] for row in rows_of(run) if all(key in row for key in keys)]
        matching = [row for row, step in zip(matching, steps, strict=True) if first <= step <= last]
    return pick(matching, int(spec.get("samples", 500)), knobs)


def _holding(run: Any, keys: tuple[str, ...], knobs: Knobs) -> list[dict[str, Any]]:
    """The rows that hold all the keys, as they are sent; remembered in the run, by its number of rows."""
    rows = rows_of(run)
    kept = run.setdefault("_holding", {})
    found: tuple[int, list[dict[str, Any]]] | None = kept.get((keys, knobs.nan_as))
    if found is None or found[0] != len(rows):
        holding = [row for row in rows if all(key in row for key in keys)]
        found = (len(rows), [{key: _encode(row[key], knobs) for key in keys} for row in holding])
        kept[keys, knobs.nan_as] = found
    return found[1]


def whole(run: Mapping[str, Any], samples: int, low: int | None, high: int | None, knobs: Knobs) -> list[str]:
    """Rows as JSON texts with all their keys, the end of the steps not included."""
    matching = [
        row for row in rows_of(run) if (low is None or row["_step"] >= low) and (high is None or row["_step"] < high)
    ]
    return [json.dumps(row) for row in pick(matching, samples, knobs)]


def _type_of(value: Any) -> str:
    return next((name for kind, name in _TYPES if isinstance(value, kind)), "map")


def history_keys(run: dict[str, Any]) -> dict[str, Any] | None:
    """`historyKeys` of a run; remembered in the run, by its number of rows."""
    rows = rows_of(run)
    kept = run.get("_history_keys")
    if kept is not None and kept[0] == len(rows):
        found: dict[str, Any] = kept[1]
        return found
    if not rows:
        return None
    counts: dict[str, dict[str, int]] = {}
    for row in rows:
        for key, value in row.items():
            types = counts.setdefault(key, {})
            name = _type_of(value)
            types[name] = types.get(name, 0) + 1
    keys = {
        key: {
            "typeCounts": [{"type": name, "count": count} for name, count in types.items()],
            "monotonic": key in _AXES,
            "previousValue": -1.7976931348623157e308,
        }
        for key, types in counts.items()
    }
    answer = {"lastStep": max(row["_step"] for row in rows), "sets": [], "keys": keys}
    run["_history_keys"] = (len(rows), answer)
    return answer
