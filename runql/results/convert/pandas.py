"""Frames as pandas frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runql.results.convert.arrow import float_of
from runql.results.convert.column_types import Shape
from runql.results.formats.cells import whole_unicode
from runql.results.frame import Frame
from runql.semantic.values import MISSING, Value

if TYPE_CHECKING:
    import pandas


def convert(frame: Frame) -> pandas.DataFrame:
    """The frame as a pandas frame with a plain row index."""
    import pandas as pd

    columns = {number: _series(pd, frame, name) for number, name in enumerate(frame.names)}
    converted = pd.DataFrame(columns, index=pd.RangeIndex(frame.length))
    converted.columns = pd.Index(frame.names, dtype=object)
    return converted


def _series(pd: Any, frame: Frame, name: str) -> Any:
    values = frame.columns[name]
    gaps = any(value is None or value is MISSING for value in values)
    filled = [None if value is MISSING else value for value in values]
    match frame.shape(name):
        case Shape.BOOL:
            return pd.Series(filled, dtype="boolean" if gaps else "bool")
        case Shape.INT:
            return pd.Series(filled, dtype="Int64" if gaps else "int64")
        case Shape.FLOAT:
            return pd.Series([_float(value) for value in values], dtype="float64")
        case Shape.TIME:
            return pd.to_datetime(pd.Series(filled, dtype=object), utc=True)
        case Shape.TEXT:
            return pd.Series([None if value is None else whole_unicode(value) for value in filled])
        case _:
            return pd.Series(filled, dtype=object)


def _float(value: Value) -> float:
    return float("nan") if value is None or value is MISSING else float_of(value)
