"""The rows of one run's history that a request asks for, chosen from its whole columns.

For sources that have the full history at hand; a server chooses for itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from runql.engine.histories.sampling import AXES, sample_rows
from runql.semantic.record import RunHistory
from runql.semantic.values import MISSING, Value
from runql.sources.protocol import HistoryRequest
from runql.text.diagnostic import Diagnostic

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


def select_rows(run_id: str, columns: Columns, request: HistoryRequest) -> RunHistory:
    """Cut the steps, apply the row rule, sample.

    `columns` are whole columns of equal length in the order they were logged, by their names joined with dots;
    a cell that was not logged is `MISSING`.
    """
    x_axis = x_axis_of(request)
    within = _within_steps(columns, request)
    metrics = _metrics(columns, request, x_axis)
    if request.rows == "all":
        rows, left_out = _rows_with_all(columns, [x_axis, *(request.keys or ())], within), 0
        # All rows count as one set: a metric that is logged rarely has no share of its own.
        sets = metrics if request.keys else [x_axis]
    else:
        rows, left_out = _rows_with_any(columns, metrics, x_axis, within)
        sets = metrics
    chosen = _sampled(columns, sets, rows, request.samples)
    return RunHistory(
        run_id=run_id,
        columns={name: [columns[name][row] for row in chosen] for name in _answer(columns, request, x_axis)},
        rows_of={name: sum(columns[name][row] is not MISSING for row in within) for name in metrics},
        sampled=len(chosen) < len(rows),
        notices=_left_out(run_id, left_out, x_axis),
    )


def _length(columns: Columns) -> int:
    return len(next(iter(columns.values()), ()))


def _within_steps(columns: Columns, request: HistoryRequest) -> Sequence[int]:
    low, high = request.min_step, request.max_step
    every = range(_length(columns))
    if request.stream == "system" or (low is None and high is None):
        return every
    steps = columns.get("_step", [MISSING] * len(every))
    return [
        row
        for row in every
        if steps[row] is not MISSING and (low is None or steps[row] >= low) and (high is None or steps[row] <= high)
    ]


def _metrics(columns: Columns, request: HistoryRequest, x_axis: str) -> list[str]:
    """The columns that decide which rows there are: the keys, or all that the user logged."""
    if request.keys is not None:
        return [name for name in dict.fromkeys(request.keys) if name in columns]
    logged = [name for name in columns if name not in AXES and name != x_axis]
    return logged or list(columns)


def _rows_with_all(columns: Columns, required: Iterable[str], within: Sequence[int]) -> Sequence[int]:
    rows = within
    for name in required:
        if name not in columns:
            return ()
        cells = columns[name]
        rows = [row for row in rows if cells[row] is not MISSING]
    return rows


def _rows_with_any(
    columns: Columns, metrics: Sequence[str], x_axis: str, within: Sequence[int]
) -> tuple[Sequence[int], int]:
    """The rows in which any metric and the x axis have a value, and how many were left out for want of an x."""
    logged = [columns[name] for name in metrics]
    rows = [row for row in within if any(cells[row] is not MISSING for cells in logged)]
    with_x = _rows_with_all(columns, [x_axis], rows)
    return with_x, len(rows) - len(with_x)


def _sampled(columns: Columns, metrics: Sequence[str], rows: Sequence[int], samples: int | None) -> Sequence[int]:
    if samples is None or len(rows) <= samples:
        return rows
    cells = {name: [columns[name][row] for row in rows] for name in metrics}
    return [rows[place] for place in sample_rows(cells, samples)]


def _answer(columns: Columns, request: HistoryRequest, x_axis: str) -> list[str]:
    if request.keys is None:
        return list(columns)
    return [name for name in dict.fromkeys(("_step", x_axis, *request.keys)) if name in columns]


def _left_out(run_id: str, count: int, x_axis: str) -> tuple[Diagnostic, ...]:
    if not count:
        return ()
    rows = "1 row" if count == 1 else f"{count} rows"
    return (Diagnostic("RQL508", f"{rows} of run `{run_id}` left out: no `{x_axis}`", count=count),)
