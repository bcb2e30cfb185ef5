"""Histories as rows, as a pandas frame and as a polars frame.

A polars column has one type: whole and other numbers meet as floats, lists of numbers stay lists, and what has no
one type (records such as histograms, other lists, a metric that one run logs as text and another as numbers)
becomes text, JSON where it is not text already. A column that mixes types is told with a `UserWarning`.
"""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from runql.engine.values.column import Column, Numbers, Repeats, column_of, constant
from runql.engine.values.concat import concat_columns
from runql.engine.values.numpy_arrays import doubles, integers
from runql.extras import install_command
from runql.language.kinds import Kind
from runql.semantic.record import RunHistory
from runql.semantic.values import MISSING, Missing, Value, kind_of

if TYPE_CHECKING:
    import pandas
    import polars

Columns = Mapping[str, Sequence[Value]]

RUN_ID = "run_id"

_LEAST, _MOST = -(2**63), 2**63 - 1


def rows_of(history: RunHistory, names: Collection[str] | None = None) -> Iterator[dict[str, Any]]:
    """The rows of a history, each a dict of what it holds, in the order in which it was logged.

    `names`: these columns only, in their order.
    """
    columns = history.columns
    wanted = list(columns) if names is None else [name for name in dict.fromkeys(names) if name in columns]
    for row in zip(*(columns[name] for name in wanted), strict=True):
        yield {name: value for name, value in zip(wanted, row, strict=True) if value is not MISSING}


def rows_with_run_id(histories: Iterable[RunHistory], names: Collection[str] | None) -> Iterator[dict[str, Any]]:
    """The rows of many runs; in each the id of its run."""
    for history in histories:
        for row in rows_of(history, names):
            row[RUN_ID] = history.run_id
            yield row


def gather(histories: Iterable[RunHistory], names: Collection[str] | None, *, run_id: bool = False) -> Columns:
    """The columns of many histories under each other, in the order in which they were logged, `MISSING` in the gaps.

    `names`: these columns and no others, even if no row holds them. `run_id`: a column with the id of each row's run;
    then the columns are sorted by name, for they are those of unlike runs.
    """
    parts: dict[str, list[Column]] = {} if names is None else {name: [] for name in names}
    if run_id and names is not None:
        parts[RUN_ID] = []
    gathered = dict.fromkeys(parts, 0)
    length = 0
    for history in histories:
        part = {name: column_of(cells) for name, cells in history.columns.items() if names is None or name in parts}
        rows = history.length
        if run_id:
            part[RUN_ID] = constant(history.run_id, rows)
        for name, column in part.items():
            own = parts.setdefault(name, [])
            if gathered.get(name, 0) < length:
                own.append(constant(MISSING, length - gathered.get(name, 0)))
            own.append(column)
            gathered[name] = length + rows
        length += rows
    for name, own in parts.items():
        own.append(constant(MISSING, length - gathered.get(name, 0)))
    columns = {name: concat_columns(own) for name, own in parts.items()}
    return dict(sorted(columns.items())) if run_id else columns


def pandas_frame(columns: Columns) -> pandas.DataFrame:
    """The columns as a pandas frame with a fresh index.

    A gap holds NaN, as pandas has it. A null that was logged is `None`, but NaN among numbers and among texts.
    """
    import pandas as pd

    frame = pd.DataFrame({at: _pandas_series(pd, column_of(cells)) for at, cells in enumerate(columns.values())})
    names = list(columns)
    is_text = bool(names) and all(name == _whole(name) for name in names)
    frame.columns = pd.Index(names) if is_text else pd.Index(names, dtype=object)
    return frame


def _pandas_series(pd: Any, column: Column) -> Any:
    if isinstance(column, Numbers) and column.types - {type(None), Missing}:
        is_double = column.has_gaps or float in column.types
        return pd.Series(doubles(column) if is_double else integers(column))
    if isinstance(column, Repeats) and column.types == {str}:
        return pd.Series([_whole(value) for value in column.values]).repeat(column.counts).reset_index(drop=True)
    return _series_of(pd, list(column))


def _series_of(pd: Any, cells: list[Value]) -> Any:
    kinds = _kinds(cells)
    gaps = kinds & {Kind.MISSING, Kind.NULL}
    if kinds - gaps == {Kind.NUMBER} and (gaps or any(isinstance(value, float) for value in cells)):
        return pd.Series([math.nan if value is None or value is MISSING else _float(value) for value in cells])
    if not cells or (kinds == {Kind.NUMBER} and not all(_LEAST <= value <= _MOST for value in cells)):
        return pd.Series(cells, dtype=object)
    if Kind.TEXT in kinds:
        cells = [_whole(value) if isinstance(value, str) else value for value in cells]
    return pd.Series([math.nan if value is MISSING else value for value in cells])


def polars_frame(columns: Columns) -> polars.DataFrame:
    """The columns as a polars frame, gaps as null.

    Raises:
        ImportError: polars is not installed.
    """
    try:
        import polars as pl
    except ImportError as error:
        hint = f"install it with `{install_command('polars')}`"
        raise ImportError(f"`format='polars'` needs polars: {hint}") from error
    # `map` and no comprehension, which is a frame of its own in Python 3.11 alone: the warning names the caller's line.
    return pl.DataFrame(list(map(partial(_polars_series, pl), columns, columns.values())))


def _polars_series(pl: Any, name: str, cells: Sequence[Value]) -> Any:
    values = [None if value is MISSING else value for value in cells]
    kinds = _kinds(values) - {Kind.NULL}
    title = _whole(name)
    if kinds == {Kind.NUMBER}:
        if all(value is None or (isinstance(value, int) and _LEAST <= value <= _MOST) for value in values):
            return pl.Series(title, values, dtype=pl.Int64)
        return pl.Series(title, [None if value is None else _float(value) for value in values], dtype=pl.Float64)
    if kinds == {Kind.BOOL}:
        return pl.Series(title, values, dtype=pl.Boolean)
    if kinds == {Kind.LIST} and all(_holds_numbers(value) for value in values if value is not None):
        lists = [None if value is None else [_float(item) for item in value] for value in values]
        return pl.Series(title, lists, dtype=pl.List(pl.Float64))
    if len(kinds) > 1:
        said = " and ".join(sorted(kinds))
        warnings.warn(f"column `{title}` mixes {said}: in polars it is text", UserWarning, stacklevel=4)
    dtype = pl.String if kinds else pl.Null
    return pl.Series(title, [None if value is None else _text(value) for value in values], dtype=dtype)


def _kinds(values: Sequence[Value]) -> set[Kind]:
    """The kinds in a column. Values of one Python type are of one kind, so one of each type tells: columns are long."""
    return {kind_of(value) for value in dict(zip(map(type, values), values, strict=True)).values()}


def _holds_numbers(value: Value) -> bool:
    return all(kind_of(item) is Kind.NUMBER for item in value)


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _text(value: Value) -> str:
    return _whole(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str))


def _whole(text: str) -> str:
    """The text with half characters, which neither pandas nor polars takes, replaced."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
