"""A condition that is asked of the table of a query, again and again."""

from __future__ import annotations

from collections import deque

from runql.engine.stages import StageContext, run_stages
from runql.engine.table import Table
from runql.errors import AssertionFailed
from runql.plan.nodes import TableStage
from runql.results.columns import Columns
from runql.semantic.typed import TAssert
from runql.session.result import Result


class Until:
    """The last `assert` of a checked query, to be held against tables of the query without it."""

    def __init__(self, result: Result) -> None:
        plan = result.answer.plan
        stage = plan.stage if isinstance(plan, TableStage) else None
        if not isinstance(stage, TAssert):
            raise TypeError("the query does not end in an `assert`")
        self._stage = stage

    def holds(self, frame: Columns) -> bool:
        """Whether it is true of the table; a condition of rows also needs a row of which it is true."""
        if not frame.length and not self._stage.over_table:
            return False
        try:
            deque(run_stages((self._stage,), [Table(frame.columns, frame.length)], StageContext(approx=True)), maxlen=0)
        except AssertionFailed:
            return False
        return True
