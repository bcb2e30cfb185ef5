"""The rows of one run's history that a request asks for, chosen from its whole columns.

For sources that have the full history at hand; a server chooses for itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from runql.engine.compare import is_number
from runql.engine.histories.sampling import AXES, sample_rows
from runql.engine.values.column import Column, Flags, column_of, constant, intersection, union
from runql.engine.values.concat import concat_columns
from runql.semantic.record import RunHistory
from runql.semantic.values import MISSING, Value
from runql.sources.protocol import HistoryRequest
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen

Columns = Mapping[str, Sequence[Value]]


def x_axis_of(request: HistoryRequest) -> str:
    """The x axis: machine metrics have no steps, so theirs is the time unless another is asked for."""
    return "_timestamp" if request.stream == "system" and request.x_axis == "_step" else request.x_axis


def columns_needed(names: Iterable[str], request: HistoryRequest) -> list[str]:
    """Which columns of a history `select_rows` reads, of those that there are: the others need not be decoded."""
    if request.keys is None:
        return list(names)
    wanted = {"_step", x_axis_of(request), *request.keys}
    return [name for name in names if name in wanted]


@frozen
class RowChoice:
    """Which rows of a history a request asks for: those of `flags`, of these the places `sample` where it is one.
    `kept`: columns of the flagged rows. `rows_of`: how many rows hold each metric. `left_out`: how many have no x.
    `is_sample`: whether rows were left out by the sample."""

    flags: Flags
    sample: Sequence[int] | None
    kept: Mapping[str, Column]
    rows_of: Mapping[str, int]
    left_out: int
    is_sample: bool


def select_rows(run_id: str, columns: Columns, request: HistoryRequest) -> RunHistory:
    """Cut the steps, apply the row rule, sample.

    `columns` are whole columns of equal length in the order they were logged, by their names joined with dots;
    a cell that was not logged is `MISSING`.
    """
    choice = choose_rows(columns, request)
    kept = choice.kept
    if choice.sample is not None:
        kept = {name: column.take(choice.sample) for name, column in kept.items()}
    return RunHistory(
        run_id=run_id,
        columns={name: kept[name] for name in answered(columns, request)},
        rows_of=choice.rows_of,
        sampled=choice.is_sample,
        notices=(_left_out(run_id, choice.left_out, x_axis_of(request)),) if choice.left_out else (),
    )


def choose_rows(columns: Columns, request: HistoryRequest) -> RowChoice:
    """The rows that a request asks for of such columns."""
    x_axis = x_axis_of(request)
    vectors = {name: column_of(cells) for name, cells in columns.items()}
    length = len(next(iter(vectors.values()), ()))
    is_cut = (request.min_step, request.max_step, request.min_x, request.max_x) != (None,) * 4
    within = _within(vectors, request, length) if is_cut else intersection([], length)
    metrics = _metrics(columns, request, x_axis)
    held = [vectors[name].held for name in metrics]
    if request.rows == "all":
        needed, logged = [x_axis, *(request.keys or ())], within
        # All rows count as one set: a metric that is logged rarely has no share of its own.
        sets = metrics if request.keys else [x_axis]
    else:
        needed, logged = [x_axis], intersection([within, union(held, length)], length)
        sets = metrics
    of_needed = [vectors[name].held if name in vectors else bytes(length) for name in needed]
    rows = intersection([logged, *of_needed], length)
    count = rows.count(1)
    wanted = {*sets, *answered(columns, request)}
    kept = {name: vectors[name].compress(rows) for name in wanted if name in vectors}
    chosen = None
    if request.samples is not None and count > request.samples:
        chosen = sample_rows({name: kept[name] for name in sets}, request.samples)
    rows_of = {name: intersection([flags, within], length).count(1) for name, flags in zip(metrics, held, strict=True)}
    left_out = logged.count(1) - count if request.rows == "any" else 0
    return RowChoice(rows, chosen, kept, rows_of, left_out, is_sample=chosen is not None and len(chosen) < count)


def _within(columns: Mapping[str, Column], request: HistoryRequest, length: int) -> Flags:
    """The rows between the ends that are asked for."""
    cuts = []
    if request.stream != "system" and not (request.min_step is None and request.max_step is None):
        cuts.append(_within_steps(columns, request, length))
    if not (request.min_x is None and request.max_x is None):
        cuts.append(_within_x(columns, request, length))
    return intersection(cuts, length)


def _within_steps(columns: Mapping[str, Column], request: HistoryRequest, length: int) -> Flags:
    low, high = request.min_step, request.max_step
    steps = columns.get("_step", constant(MISSING, length))
    inside = [step is not MISSING and (low is None or step >= low) and (high is None or step <= high) for step in steps]
    return bytes(inside)


def _within_x(columns: Mapping[str, Column], request: HistoryRequest, length: int) -> Flags:
    """The rows between the ends along the x axis. One without an x is left out for that reason, and counted."""
    low, high = request.min_x, request.max_x
    xs = columns.get(x_axis_of(request), constant(MISSING, length))
    low, high = -math.inf if low is None else low, math.inf if high is None else high
    return bytes([x is MISSING or (is_number(x) and low <= x <= high) for x in xs])


def cut_here(histories: Iterable[RunHistory], request: HistoryRequest) -> Iterator[RunHistory]:
    """Whole histories cut along the x axis, then sampled: for a source that cannot be asked for either."""
    for run_id, parts in groupby(histories, key=lambda history: history.run_id):
        for part in parts if request.samples is None else [merged(list(parts))]:
            chosen = select_rows(run_id, part.columns, request)
            yield replace(chosen, notices=(*part.notices, *chosen.notices))


def merged(parts: Sequence[RunHistory]) -> RunHistory:
    """The parts of one run as one."""
    if len(parts) == 1:
        return parts[0]
    names = dict.fromkeys(name for part in parts for name in part.columns)
    columns = {
        name: concat_columns([column_of(part.columns.get(name, [MISSING] * part.length)) for part in parts])
        for name in names
    }
    notices = tuple(dict.fromkeys(notice for part in parts for notice in part.notices))
    return RunHistory(parts[0].run_id, columns, parts[0].rows_of, any(part.sampled for part in parts), notices)


def _metrics(columns: Columns, request: HistoryRequest, x_axis: str) -> list[str]:
    """The columns that decide which rows there are: the keys, or all that the user logged."""
    if request.keys is not None:
        return [name for name in dict.fromkeys(request.keys) if name in columns]
    logged = [name for name in columns if name not in AXES and name != x_axis]
    return logged or list(columns)


def answered(columns: Columns, request: HistoryRequest) -> list[str]:
    """The columns that an answer has, of those that there are."""
    if request.keys is None:
        return list(columns)
    return [name for name in dict.fromkeys(("_step", x_axis_of(request), *request.keys)) if name in columns]


def _left_out(run_id: str, count: int, x_axis: str) -> Diagnostic:
    rows = "1 row" if count == 1 else f"{count} rows"
    return Diagnostic("RQL508", f"{rows} of run `{run_id}` left out: no `{x_axis}`", count=count)
