"""The clause `steps`: its ends, along the x axis of the query."""

from __future__ import annotations

import math
from datetime import datetime
from typing import TypeAlias, assert_never

from runql.semantic.check.expressions import Expressions
from runql.semantic.check_context import rewrite
from runql.semantic.spelling import code
from runql.semantic.times import Day, absolute, seconds, whole_day
from runql.syntax import to_text, tree
from runql.syntax.literals import write_number
from runql.text.frozen import frozen
from runql.text.source import NOWHERE, Span

STEP = "_step"
TIME_AXIS = "_timestamp"

_Ends: TypeAlias = tuple[float | None, float | None]
NO_ENDS: tuple[tuple[int | None, int | None], _Ends] = (None, None), (None, None)
"""Of a query without the clause."""


@frozen
class Steps:
    """Checks the clause of one query."""

    clause: tree.StepsClause
    expressions: Expressions

    def ends(self, x_axis: str) -> tuple[tuple[int | None, int | None], _Ends]:
        """From which step to which, and from which x to which: the one or the other, as the axis is."""
        clause = self.clause
        low = self._end(clause.first, clause, x_axis, is_last=False)
        high = self._end(clause.last, clause, x_axis, is_last=True)
        if low is not None and high is not None and low > high:
            self._turned(clause)
        if x_axis != STEP:
            return (None, None), (low, high)
        return (None if low is None else math.ceil(low), None if high is None else math.floor(high)), (None, None)

    def _turned(self, clause: tree.StepsClause) -> None:
        text = f"steps {_text(clause.last)}..{_text(clause.first)}"
        message = f"the steps {_text(clause.first)}..{_text(clause.last)} are the wrong way round"
        fixes = rewrite(clause.span, text)
        self.expressions.report.add("RQL209", message, clause.span, f"write {code(text)}", fixes=fixes)

    def _end(self, end: tree.Bound | None, clause: tree.StepsClause, x_axis: str, *, is_last: bool) -> float | None:
        """An end as a number; `None` if it is open, or wrong."""
        value: object = end
        span = clause.span
        if isinstance(end, tree.Node):
            span = end.span if end.span != NOWHERE else span
            value = self._value(end, span)
        if isinstance(value, datetime | Day):
            return self._moment(value, span, x_axis, is_last=is_last)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            shown = f"`{_text(end)}`" if end is not None else "this"
            self.expressions.report.add("RQL209", f"`steps` goes from one number to another, and {shown} is none", span)
            return None
        return value

    def _value(self, end: tree.Duration | tree.Time | tree.Param, span: Span) -> object:
        zone = self.expressions.context.zone
        match end:
            case tree.Duration(value=value):
                return seconds(value)
            case tree.Time(value=value):
                found = absolute(value, zone) if isinstance(value, datetime) else whole_day(value, zone)
                if found is None:
                    message = f"`{value.isoformat()}` is outside of the calendar"
                    self.expressions.report.add("RQL205", message, span, "years run from 1 to 9999")
                return found
            case tree.Param():
                bound = self.expressions.bound(end)
                if isinstance(bound, tuple):
                    return bound
                return None if bound is None else bound.day or (math.nan if bound.value is None else bound.value)
            case _:
                assert_never(end)

    def _moment(self, value: datetime | Day, span: Span, x_axis: str, *, is_last: bool) -> float | None:
        """A time as its seconds; of a date the first moment, or the last."""
        if x_axis != TIME_AXIS:
            message = f"`steps` cuts along `{x_axis}` here, and that is a number"
            self.expressions.report.add("RQL203", message, span, "times are cut along `x _timestamp`")
            return None
        if isinstance(value, datetime):
            return value.timestamp()
        return math.nextafter(value.end.timestamp(), -math.inf) if is_last else value.start.timestamp()


def _text(end: tree.Bound | None) -> str:
    if end is None:
        return ""
    return write_number(end) if isinstance(end, int | float) else to_text(end)
