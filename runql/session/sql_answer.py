"""What a question in SQL gives in Python: a frame, and what there is to say of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runql.results.frame import Frame
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow


@frozen
class SqlAnswer:
    """The answer to a question in SQL. It shows itself as its frame does."""

    frame: Frame
    notices: tuple[Diagnostic, ...] = ()

    def pandas(self) -> pandas.DataFrame:
        """The answer as a pandas frame: see `Frame.pandas`."""
        return self.frame.pandas()

    def polars(self) -> polars.DataFrame:
        """The answer as a polars frame: see `Frame.polars`."""
        return self.frame.polars()

    def arrow(self) -> pyarrow.Table:
        """The answer as an Arrow table: see `Frame.arrow`."""
        return self.frame.arrow()

    def __repr__(self) -> str:
        return "\n".join((repr(self.frame), *(f"# {one.message}" for one in self.notices)))

    def _repr_html_(self) -> str:
        return self.frame._repr_html_()
