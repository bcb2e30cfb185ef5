"""The chart of an answer: its table, once that is whole, and what it was made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from runql.engine.stages import StageContext
from runql.execute.executor import Executor
from runql.results.columns import Columns
from runql.semantic.typed import TStage
from runql.text.diagnostic import Diagnostic, Severity
from runql.text.version import VERSION

if TYPE_CHECKING:
    from runql.charts.chart import Chart
    from runql.charts.sparks import HistorySparks

_SKIPPED: Final = "RQL312"


class ChartMaker:
    """Makes the chart that `plot`, one of the stages, asks for. `text`: the question as it was written. Once all of
    the answer was read, `said` gives what is to be said of it and `counted` of how many runs it is.
    """

    def __init__(
        self,
        stages: Sequence[TStage],
        executor: Executor,
        text: str,
        said: Callable[[], Iterable[Diagnostic]],
        counted: Callable[[], tuple[str, ...]],
    ) -> None:
        self._stages = tuple(stages)
        self._executor = executor
        self._text = text
        self._said = said
        self._counted = counted

    def chart(self, frame: Columns, context: StageContext) -> Chart:
        """The chart of a whole table. Raises `QueryError` if none can be drawn of it."""
        from runql.charts.build import chart_of
        from runql.charts.chart import ChartSource

        diagnostics = [*self._said()]
        said = {one.message: one.severity is Severity.NOTICE for one in diagnostics}
        source = ChartSource(
            self._text.strip(),
            tuple(self._executor.facts.drawn),
            (("runql", VERSION),),
            datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            warnings=tuple(message for message, is_notice in said.items() if not is_notice),
            notices=tuple(message for message, is_notice in said.items() if is_notice),
            skipped=tuple(dict.fromkeys(one.message for one in diagnostics if one.code == _SKIPPED)),
            counts=(f"{frame.length:,} row{'s' * (frame.length != 1)}", *self._counted()),
        )
        return chart_of(frame, context, self._stages, source)

    def sparks(self, frame: Columns, context: StageContext, width: int) -> HistorySparks:
        """The histories of a whole table in at most so many values each; none of another table."""
        from runql.charts.sparks import history_sparks
        from runql.charts.table import ChartTable

        return history_sparks(ChartTable(frame, context, self._stages), width)
