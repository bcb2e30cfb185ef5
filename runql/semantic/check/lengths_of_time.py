"""A length of time beside a number that is none: `summary.loss < 100m` asks for 6,000, where milli may be meant."""

from __future__ import annotations

import re
from typing import Final, assert_never

from runql.language.fields import Space
from runql.language.kinds import Kind
from runql.semantic import typed as t
from runql.semantic.check_context import Report
from runql.semantic.operands import Operand, quoted
from runql.semantic.spelling import code
from runql.semantic.typed import TypedExpr

_OF_TIME: Final = re.compile(
    r"(?i)(?<![a-z])(?:time|times|timing|runtime|walltime|duration|secs?|seconds?|s|ms|min|mins|minutes?|hours?|days?"
    r"|latency|elapsed|age|wall|wait|waited|interval|timeout|delay|ttl|eta|period|since|uptime|took|budget)(?![a-z])"
)
"""Words in the names of numbers that are lengths of time."""


def say_length_beside_number(left: Operand, right: Operand, report: Report) -> None:
    """RQL591 where a number that no word calls a length of time is compared with one."""
    field, length = (right, left) if left.is_duration else (left, right)
    name, value = _name_of(field.expr), length.value
    if not length.is_duration or name is None or field.kinds != {Kind.NUMBER} or _OF_TIME.search(name):
        return
    if isinstance(value, bool) or not isinstance(value, int | float):
        return
    message = f"{code(length.text)} is a length of time, {value:,.15g} seconds, and {quoted(field)} is a number"
    hints = ("`m` is minutes; a thousandth is written `e-3`, a million `M`",) if length.text.endswith("m") else ()
    report.add("RQL591", message, length.span, *hints)


def _name_of(expr: TypedExpr) -> str | None:
    """The name of a number that a run brings along; `None` of what is worked out, and of a run's own fields."""
    match expr:
        case t.TField(key=key):
            return None if key.space is Space.RUN else key.written
        case t.TAggregate(metric=metric):
            return metric
        case t.TCell(name=name):
            return name if name.startswith(("config.", "summary.", "logged.")) else None
        case t.TConst() | t.TCompare() | t.TBetween() | t.TIn() | t.TTextTest() | t.THas() | t.TUntagged() | t.TIs():
            return None
        case t.TLogged() | t.TNot() | t.TAnd() | t.TOr() | t.TArithmetic() | t.TNegate() | t.TCall() | t.TFold():
            return None
        case t.TQuestion() | t.TWindow() | t.TAnyField():
            return None
        case _:
            assert_never(expr)
