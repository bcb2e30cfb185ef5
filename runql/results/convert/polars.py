"""Frames as polars frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runql.errors import OutputError
from runql.extras import install_command
from runql.results.cell_text import whole_unicode
from runql.results.column_types import Shape
from runql.results.columns import Columns
from runql.results.convert.arrow import column_cells

if TYPE_CHECKING:
    import polars


def convert(frame: Columns) -> polars.DataFrame:
    """The frame as a polars frame. Raises `OutputError` if polars is not installed."""
    try:
        import polars as pl
    except ImportError:
        raise OutputError.of(
            "RQL506", "`polars` is not installed", f"install it with `{install_command('polars')}`"
        ) from None
    series = {}
    for name in frame.names:
        cells, shape, element = column_cells(frame, name)
        series[whole_unicode(name)] = pl.Series(cells, dtype=_dtype(pl, shape, element), strict=True)
    return pl.DataFrame(series)


def _dtype(pl: Any, shape: Shape, element: Shape | None) -> Any:
    if shape is Shape.LIST and element is not None:
        return pl.List(_dtype(pl, element, None))
    types = {
        Shape.EMPTY: pl.Null,
        Shape.BOOL: pl.Boolean,
        Shape.INT: pl.Int64,
        Shape.FLOAT: pl.Float64,
        Shape.TIME: pl.Datetime("us", "UTC"),
    }
    return types.get(shape, pl.String)
