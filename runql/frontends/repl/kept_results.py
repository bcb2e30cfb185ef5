"""The results that stay: read once, shown again as often as somebody likes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from runql.chart_look import PLAIN, ChartLook
from runql.results.columns import Columns
from runql.results.formats.formats import Output
from runql.results.terminal_table.options import View
from runql.script.named_queries import MOST_KEPT
from runql.session.drawn_file import drawn_file
from runql.terminal.show import Below
from runql.text.frozen import frozen

if TYPE_CHECKING:
    from runql.charts.chart import Chart
    from runql.engine.stages import PivotLayout

MOST_CELLS = 5_000_000
"""How many cells all results that are kept may have together; the newest is kept whatever its size."""


@frozen
class KeptResult:
    """A result that was read: its table or its text, and what was said below. `whole`: nothing stopped the reading."""

    title: str
    frame: Columns | None = None
    text: str = ""
    scalar: bool = False
    sweep: bool = False
    layout: PivotLayout | None = None
    below: Below | None = None
    whole: bool = True
    gone: str = ""
    """Why nothing is left of it."""
    chart: Chart | None = None
    """What is drawn in the place of its table."""
    look: ChartLook = PLAIN

    @property
    def cells(self) -> int:
        """How much there is of it."""
        return 0 if self.frame is None else self.frame.length * len(self.frame.names)

    def output(self, view: View) -> Output:
        """It, on its way to a screen or a file."""
        frame = Columns({}) if self.frame is None else self.frame
        return Output(
            (frame,),
            frame.names,
            scalar=self.scalar,
            view=view,
            layout=lambda: self.layout,
            sweep=self.sweep,
            draw=None if self.chart is None else partial(drawn_file, lambda: self.chart, self.look),
        )


class Shelf:
    """The last results of queries, newest first, which queries call `_`, `_2` and so on; and the last of anything."""

    def __init__(self) -> None:
        self._of_queries: list[KeptResult] = []
        self.last: KeptResult | None = None

    def __len__(self) -> int:
        return len(self._of_queries)

    def add(self, kept: KeptResult, *, is_query: bool) -> Iterator[str]:
        """Keep one more; what is said of older ones that had to go for it is given back."""
        self.last = kept
        if not is_query:
            return
        self._of_queries = [kept, *self._of_queries][:MOST_KEPT]
        room = MOST_CELLS - kept.cells
        for at, older in enumerate(self._of_queries[1:], 1):
            if older.cells <= room:
                room -= older.cells
                continue
            size = f"{older.frame.length:,} rows" if older.frame is not None else ""
            self._of_queries[at] = replace(older, frame=None, chart=None, gone=f"its {size} were let go to make room")
            yield f"the {size} of `{name_of(at)}` were let go to make room; the query is still `{name_of(at)}`"

    @property
    def newest_query(self) -> KeptResult | None:
        """The result of the last query."""
        return self.get(1)

    def get(self, number: int) -> KeptResult | None:
        """The last result of a query (1), the one before (2), and so on."""
        return self._of_queries[number - 1] if 0 < number <= len(self._of_queries) else None


def name_of(at: int) -> str:
    """What a query calls the result at that place of the shelf."""
    return "_" if at == 0 else f"_{at + 1}"
