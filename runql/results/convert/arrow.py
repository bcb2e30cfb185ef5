"""Frames as Arrow tables, each column of one type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from runql.errors import OutputError
from runql.extras import install_command
from runql.results.cell_text import exact_text, whole_unicode
from runql.results.column_types import SCALARS, Shape, shape_of
from runql.results.columns import Columns
from runql.semantic.values import MISSING, Value

if TYPE_CHECKING:
    import pyarrow

_TYPES: Mapping[Shape, str] = {
    Shape.BOOL: "bool",
    Shape.INT: "int64",
    Shape.FLOAT: "float64",
    Shape.TEXT: "string",
}


def convert(frame: Columns) -> pyarrow.Table:
    """The frame as an Arrow table. Raises `OutputError` if pyarrow is not installed."""
    try:
        import pyarrow as pa
    except ImportError:
        raise OutputError.of(
            "RQL506", "`pyarrow` is not installed", f"install it with `{install_command('parquet')}`"
        ) from None
    arrays = []
    for name in frame.names:
        cells, shape, element = column_cells(frame, name)
        arrays.append(pa.array(cells, type=_arrow_type(pa, shape, element)))
    return pa.table(arrays, names=[whole_unicode(name) for name in frame.names])


def _arrow_type(pa: Any, shape: Shape, element: Shape | None) -> Any:
    if shape is Shape.EMPTY:
        return pa.null()
    if shape is Shape.TIME:
        return pa.timestamp("us", tz="UTC")
    if shape is Shape.LIST and element is not None:
        return pa.list_(_arrow_type(pa, element, None))
    return pa.type_for_alias(_TYPES[shape])


def column_cells(frame: Columns, name: str) -> tuple[list[Any], Shape, Shape | None]:
    """A column ready for a typed library: its cells, its shape, and the shape of the elements of lists.

    The shape is one of the scalar ones, `EMPTY`, or `LIST` with scalar elements; everything else became text.
    """
    values = frame.columns[name]
    shape = frame.stored_shape(name)
    if shape is Shape.LIST:
        element = shape_of(item for value in values if isinstance(value, list | tuple) for item in value)
        if element in SCALARS or element is Shape.EMPTY:
            element = Shape.TEXT if element is Shape.EMPTY else element
            return [_listed(value, element) for value in values], Shape.LIST, element
    if shape in SCALARS or shape is Shape.EMPTY:
        return [_scalar(value, shape) for value in values], shape, None
    return [None if _is_gap(value) else whole_unicode(exact_text(value)) for value in values], Shape.TEXT, None


def _is_gap(value: Value) -> bool:
    return value is None or value is MISSING


def _listed(value: Value, element: Shape) -> list[Any] | None:
    return None if _is_gap(value) else [_scalar(item, element) for item in value]


def _scalar(value: Value, shape: Shape) -> Any:
    if _is_gap(value):
        return None
    if shape is Shape.TEXT:
        return whole_unicode(value)
    return float_of(value) if shape is Shape.FLOAT else value


def float_of(value: float) -> float:
    """The nearest float; an integer too large for one is infinite."""
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")
