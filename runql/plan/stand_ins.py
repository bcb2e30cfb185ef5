"""Stand-ins for the answers of inner questions, for `explain`: what is asked is shown, and nothing is asked."""

from __future__ import annotations

from collections.abc import Sequence

from runql.language.kinds import Kind
from runql.plan.answers import with_answers
from runql.plan.nodes import Plan
from runql.semantic.typed import TConst, TQuestion

ONE, MANY = "ANSWER", "ANSWERS"
"""What the calls of Python call an answer."""


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
    values = [NumberStandIn(at) if kind is Kind.NUMBER else TextStandIn(at) for at in range(1 + question.many)]
    return [TConst(value, kind=kind, span=question.span) for value in values]
