"""Frames as pandas frames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from runql.engine.values.column import Numbers, Repeats
from runql.engine.values.numpy_arrays import doubles, gap_mask, integers
from runql.results.cell_text import whole_unicode
from runql.results.column_types import Shape
from runql.results.columns import Columns
from runql.results.convert.arrow import float_of
from runql.semantic.values import MISSING, Value

if TYPE_CHECKING:
    import pandas


def convert(frame: Columns) -> pandas.DataFrame:
    """The frame as a pandas frame with a plain row index."""
    import pandas as pd

    columns = {number: _series(pd, frame, name) for number, name in enumerate(frame.names)}
    converted = pd.DataFrame(columns, index=pd.RangeIndex(frame.length))
    converted.columns = pd.Index(frame.names, dtype=object)
    return converted


def _series(pd: Any, frame: Columns, name: str) -> Any:
    column = frame.column(name)
    shape = frame.stored_shape(name)
    if isinstance(column, Numbers) and shape in (Shape.INT, Shape.FLOAT):
        if shape is Shape.FLOAT:
            return pd.Series(doubles(column))
        found = integers(column)
        return pd.Series(pd.arrays.IntegerArray(found, gap_mask(column)) if column.has_gaps else found)
    if isinstance(column, Repeats):
        return _series_of(pd, column.values, shape, column.has_gaps).repeat(column.counts).reset_index(drop=True)
    return _series_of(pd, column, shape, column.has_gaps)


def _series_of(pd: Any, cells: Sequence[Value], shape: Shape, has_gaps: bool) -> Any:
    filled = [None if value is MISSING else value for value in cells]
    match shape:
        case Shape.BOOL:
            return pd.Series(filled, dtype="boolean" if has_gaps else "bool")
        case Shape.INT:
            return pd.Series(filled, dtype="Int64" if has_gaps else "int64")
        case Shape.FLOAT:
            return pd.Series([_float(value) for value in filled], dtype="float64")
        case Shape.TIME:
            return pd.to_datetime(pd.Series(filled, dtype=object), utc=True)
        case Shape.TEXT:
            return pd.Series([None if value is None else whole_unicode(value) for value in filled])
        case _:
            return pd.Series(filled, dtype=object)


def _float(value: Value) -> float:
    return float("nan") if value is None else float_of(value)
