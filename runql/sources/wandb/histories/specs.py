"""What to ask of a history and how to read the answer: specs, the sets of metrics logged together, rows to columns."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any, TypeAlias

from runql.semantic.values import MISSING
from runql.sources.history_rows import x_axis_of
from runql.sources.protocol import HistoryRequest
from runql.sources.wandb.decode import as_mapping, finite_or_float
from runql.sources.wandb.http.failures import loads
from runql.text.frozen import frozen

Row: TypeAlias = Mapping[str, Any]
Group: TypeAlias = tuple[str, ...]

STEP = "_step"


@frozen
class MetricInfo:
    """`rows`: how many rows hold the metric. `is_text`: it was never logged as a number."""

    rows: int
    is_text: bool


def metrics_of(history_keys: Any) -> dict[str, MetricInfo]:
    """What `historyKeys` says of each metric."""
    found = {}
    for name, info in as_mapping(as_mapping(history_keys).get("keys")).items():
        counts: dict[str, int] = {}
        for entry in as_mapping(info).get("typeCounts") or ():
            if isinstance(entry, Mapping) and isinstance(entry.get("count"), int):
                counts[str(entry.get("type"))] = entry["count"]
        found[name] = MetricInfo(sum(counts.values()), "string" in counts and "number" not in counts)
    return found


def last_step(history_keys: Any) -> int | None:
    """The last step of a run; `None` if it logged nothing, or the server does not say."""
    step = as_mapping(history_keys).get("lastStep")
    return int(step) if isinstance(step, int | float) and not isinstance(step, bool) and step >= 0 else None


def groups_of(keys: Sequence[str], metrics: Mapping[str, MetricInfo]) -> list[Group]:
    """The keys that a run has, in the sets that were logged equally often: those can share a spec."""
    groups: dict[int, list[str]] = {}
    for key in keys:
        if key in metrics:
            groups.setdefault(metrics[key].rows, []).append(key)
    return [tuple(group) for group in groups.values()]


def axes(request: HistoryRequest) -> Group:
    """What every row must hold beside its metrics."""
    x_axis = x_axis_of(request)
    return (STEP,) if x_axis == STEP else (STEP, x_axis)


def spec_text(
    group: Group, request: HistoryRequest, *, samples: int, low: int | None = None, high: int | None = None
) -> str:
    """One spec of `sampledHistory`. `high` is included, as the server has it there."""
    spec: dict[str, Any] = {"keys": list(dict.fromkeys((*axes(request), *group))), "samples": samples}
    if low is not None:
        spec["minStep"] = low
    if high is not None:
        spec["maxStep"] = high
    return json.dumps(spec)


def read_sampled(rows: Any, texts: Iterable[str] = ()) -> list[dict[str, Any]]:
    """The rows of one spec. NaN written as text becomes a float, unless the metric is one of `texts`."""
    found: list[dict[str, Any]] = [row for row in rows or () if isinstance(row, dict)]
    if str not in set(map(type, chain.from_iterable(map(dict.values, found)))):
        return found
    kept = set(texts)
    return [{key: finite_or_float(value) if key not in kept else value for key, value in row.items()} for row in found]


def read_lines(lines: Any) -> list[dict[str, Any]]:
    """Rows that came as JSON texts."""
    found = []
    for line in lines or ():
        row = line
        if isinstance(line, str):
            try:
                row = loads(line)
            except (ValueError, RecursionError):
                continue
        if isinstance(row, Mapping):
            found.append(dict(row))
    return found


def within(rows: Iterable[dict[str, Any]], request: HistoryRequest) -> list[dict[str, Any]]:
    """The rows within the steps asked for, both ends included."""
    low, high = request.min_step, request.max_step
    if low is None and high is None:
        return list(rows)
    return [
        row
        for row in rows
        if isinstance(step := row.get(STEP), int | float)
        and (low is None or step >= low)
        and (high is None or step <= high)
    ]


def merge(parts: Sequence[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Rows of several specs as one list: an outer join on the step, in order of steps."""
    if len(parts) == 1:
        return parts[0]
    by_step: dict[Any, dict[str, Any]] = {}
    for rows in parts:
        for row in rows:
            by_step.setdefault(row.get(STEP), {}).update(row)
    return [by_step[step] for step in sorted(by_step, key=lambda step: (step is None, step or 0))]


def holding(rows: list[dict[str, Any]], keys: Iterable[str]) -> list[dict[str, Any]]:
    """The rows that hold all of some keys."""
    needed = set(keys)
    return [row for row in rows if needed <= row.keys()]


def to_columns(
    rows: Sequence[Row], first: Sequence[str] = (), keys: Sequence[str] | None = None
) -> dict[str, list[Any]]:
    """Columns of equal length: the axes, then the keys that occur, as asked or else as they come."""
    present = dict.fromkeys(chain.from_iterable(rows))
    names = dict.fromkeys((*first, *(keys if keys is not None else present)))
    is_even = len(set(map(len, rows))) <= 1 and len(present) == (len(rows[0]) if rows else 0)
    if is_even:
        return {name: list(map(itemgetter(name), rows)) for name in names if name in present}
    return {name: [row.get(name, MISSING) for row in rows] for name in names if name in present}
