"""Stand-ins for the answers of inner questions, for `explain`: what is asked is shown, and nothing is asked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from runql.language.kinds import Kind
from runql.plan.answers import with_answers
from runql.plan.nodes import Plan
from runql.semantic.typed import TConst, TQuestion

ONE, MANY = "ANSWER", "ANSWERS"
"""What the calls of Python, and statements, call an answer."""

_TEXT: Final = "<answer {}>"
_NUMBER: Final = 8_070_605_040.0625
"""What stands in a statement for an answer, as nobody writes it."""
_IN_SQL: Final = re.compile(r"('<answer [01]>'|807060504[01]\.0625e0)(, (?:'<answer [01]>'|807060504[01]\.0625e0))?")


class TextStandIn(str):
    """A text that nobody knows yet."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{self}>"


class NumberStandIn(float):
    """A number that nobody knows yet; two of unlike values are unlike."""

    def __repr__(self) -> str:
        return f"<{float(self)}>"


def with_stand_ins(plan: Plan) -> Plan:
    """A plan with stand-ins in the places of its questions: a source is asked for what they come to."""
    return with_answers(plan, _stand_ins)


def _stand_ins(question: TQuestion) -> Sequence[TConst]:
    kind = question.kind if question.kind is Kind.NUMBER else Kind.TEXT
    values = [
        NumberStandIn(_NUMBER + at) if kind is Kind.NUMBER else TextStandIn(_TEXT.format(at))
        for at in range(1 + question.many)
    ]
    return [TConst(value, kind=kind, span=question.span) for value in values]


def named_in_sql(sql: str) -> str:
    """A statement with names in the places of what stands in it for answers."""
    return _IN_SQL.sub(lambda match: ONE if match[2] is None else MANY, sql)
