"""What to ask of a history and how to read the answer: specs, the sets of metrics logged together, rows as tables."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, TypeAlias

from runql.engine.table import Table
from runql.engine.values.column import Numbers, column_of, constant, intersection
from runql.engine.values.rows import columns_of_rows
from runql.semantic.values import MISSING, Missing
from runql.sources.history_rows import x_axis_of
from runql.sources.protocol import HistoryRequest
from runql.sources.wandb.decode import as_mapping, finite_or_float
from runql.sources.wandb.listing.chunks import edges_of
from runql.text.frozen import frozen

Group: TypeAlias = tuple[str, ...]

STEP = "_step"


@frozen
class MetricInfo:
    """`rows`: how many rows hold the metric. `is_text`: it was never logged as a number."""

    rows: int
    is_text: bool


def metrics_of(history_keys: Any, names: Collection[str] | None = None) -> dict[str, MetricInfo]:
    """What `historyKeys` says of each metric; of these alone, if `names` are given."""
    found = {}
    logged = as_mapping(as_mapping(history_keys).get("keys"))
    for name in logged if names is None else [name for name in names if name in logged]:
        info = logged[name]
        counts: dict[str, int] = {}
        for entry in as_mapping(info).get("typeCounts") or ():
            if type(entry) is dict and isinstance(entry.get("count"), int):
                counts[str(entry.get("type"))] = entry["count"]
        found[name] = MetricInfo(sum(counts.values()), "string" in counts and "number" not in counts)
    return found


def last_step(history_keys: Any) -> int | None:
    """The last step of a run; `None` if it logged nothing, or the server does not say."""
    step = as_mapping(history_keys).get("lastStep")
    return int(step) if isinstance(step, int | float) and not isinstance(step, bool) and step >= 0 else None


def axes(request: HistoryRequest) -> Group:
    """What every row must hold beside its metrics."""
    x_axis = x_axis_of(request)
    return (STEP,) if x_axis == STEP else (STEP, x_axis)


def spec_text(keys: Iterable[str], *, samples: int, low: int | None = None, high: int | None = None) -> str:
    """One spec of `sampledHistory`: rows that hold all of the keys. `high` is included, as the server has it there."""
    spec: dict[str, Any] = {"keys": list(dict.fromkeys(keys)), "samples": samples}
    if low is not None:
        spec["minStep"] = low
    if high is not None:
        spec["maxStep"] = high
    return json.dumps(spec)


def read_nodes(data: Mapping[str, Any], _fields: object = None) -> list[dict[str, Any]]:
    """The runs of an answer to a question for histories, that found them by a filter or by their names; with a table in
    the place of the rows of each spec."""
    project = data.get("project") or {}
    by_name = {name: node for name, node in project.items() if name.startswith("run_")}
    is_by_filter = "runs" in project or not by_name
    found = [edge["node"] for edge in edges_of(data)] if is_by_filter else [*by_name.values()]
    nodes = [node for node in found if isinstance(node, dict)]
    for node in nodes:
        specs = node.get("sampledHistory")
        if specs:
            node["sampledHistory"] = [Table(columns_of_rows(rows), len(rows)) for rows in specs]
    return nodes


def read_sampled(rows: Table, request: HistoryRequest, texts: Iterable[str] = ()) -> Table:
    """The rows of one spec, within the steps asked for. NaN written as text becomes a float, unless the metric is one
    of `texts`."""
    kept = set(texts)
    mended = {
        name: column_of(map(finite_or_float, column))
        for name, column in rows.columns.items()
        if not isinstance(column, Numbers) and str in column_of(column).types and name not in kept
    }
    table = Table({**rows.columns, **mended}, rows.length) if mended else rows
    is_unbounded = request.min_step is None and request.max_step is None
    return table if is_unbounded else within(table, request)


def table_of_lines(rows: Sequence[dict[str, Any]]) -> Table:
    """Whole rows."""
    return Table(columns_of_rows(rows), len(rows))


def within(table: Table, request: HistoryRequest) -> Table:
    """The rows within the steps asked for, both ends included."""
    low, high = request.min_step, request.max_step
    if low is None and high is None:
        return table
    inside = [
        isinstance(step, int | float) and (low is None or step >= low) and (high is None or step <= high)
        for step in steps_of(table)
    ]
    return _kept(table, bytes(inside))


def steps_of(table: Table) -> Sequence[Any]:
    """The step of each row; `MISSING` in one that holds none."""
    return table.columns.get(STEP) or constant(MISSING, table.length)


def holding(table: Table, keys: Iterable[str]) -> Table:
    """The rows that hold all of some keys."""
    needed = set(keys)
    if not needed <= table.columns.keys():
        return Table({}, 0)
    held = [column.held for key in needed if (column := column_of(table.columns[key])).has_gaps]
    return _kept(table, intersection(held, table.length)) if held else table


def _kept(table: Table, flags: bytes) -> Table:
    """The rows whose flag is set, with the columns that any of them holds."""
    if 0 not in flags:
        return table
    columns = {name: column_of(cells).compress(flags) for name, cells in table.columns.items()}
    return Table({name: cells for name, cells in columns.items() if cells.types - {Missing}}, flags.count(1))


def merge(parts: Sequence[Table]) -> Table:
    """The rows of several specs as one table: an outer join on the step, in order of steps."""
    if len(parts) == 1:
        return parts[0]
    steps = [[None if step is MISSING else step for step in steps_of(part)] for part in parts]
    ordered = sorted(dict.fromkeys(chain.from_iterable(steps)), key=lambda step: (step is None, step or 0))
    place = {step: at for at, step in enumerate(ordered)}
    columns: dict[str, list[Any]] = {}
    for part, own in zip(parts, steps, strict=True):
        places = [place[step] for step in own]
        for name, cells in part.columns.items():
            merged = columns.setdefault(name, [MISSING] * len(ordered))
            for at, cell in zip(places, cells, strict=True):
                if cell is not MISSING:
                    merged[at] = cell
    return Table({name: column_of(cells) for name, cells in columns.items()}, len(ordered))


def counts_of(table: Table) -> dict[str, int]:
    """How many rows hold each metric."""
    columns = {name: column_of(cells) for name, cells in table.columns.items()}
    return {name: each.held.count(1) if each.has_gaps else table.length for name, each in columns.items()}
