"""The frame: what a query gives, as named columns in order, and what these can become."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runql.results.columns import Columns

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow


class Frame(Columns):
    """Columns that show themselves at a Python prompt and in a notebook, and become frames of other libraries."""

    __slots__ = ()

    def pandas(self) -> pandas.DataFrame:
        """A pandas frame. Whole numbers with gaps are `Int64`, truth values with gaps `boolean`, times are in UTC.

        Lists, records and unlike values stay Python objects, and so do numbers of which a type of 64 bits would change
        one. A missing number is NaN, also where every one is missing; all else missing is `None` or `NA`.
        """
        from runql.results.convert import pandas as to_pandas

        return to_pandas.convert(self)

    def polars(self) -> polars.DataFrame:
        """A polars frame, with null for missing; records, unlike values and inexact numbers become text (JSON).

        Raises `OutputError` if polars is not installed.
        """
        from runql.results.convert import polars as to_polars

        return to_polars.convert(self)

    def arrow(self) -> pyarrow.Table:
        """An Arrow table, with null for missing; records, unlike values and inexact numbers become text (JSON).

        Raises `OutputError` if pyarrow is not installed.
        """
        from runql.results.convert import arrow as to_arrow

        return to_arrow.convert(self)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The frame as a stream of Arrow, by which polars, DuckDB, pandas and others take it without a copy of theirs:
        `polars.DataFrame(frame)`, `duckdb.sql("from frame")`, `pandas.DataFrame.from_arrow(frame)`.

        Raises `OutputError` if pyarrow is not installed.
        """
        return self.arrow().__arrow_c_stream__(requested_schema)

    def __dataframe__(self, nan_as_null: bool = False, allow_copy: bool = True) -> object:
        """The frame by the interchange protocol of data frames, for libraries that know no Arrow stream.

        Raises `OutputError` if pyarrow is not installed.
        """
        return self.arrow().__dataframe__(nan_as_null, allow_copy)

    def __repr__(self) -> str:
        from runql.results.brief import brief

        return brief(self)

    def _repr_html_(self) -> str:
        from runql.results.formats.html import html

        return html(self)
