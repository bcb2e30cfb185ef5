"""Answers of inner questions, put in their places: constants, before a plan is pushed to its sources."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, replace
from typing import Any, TypeAlias, TypeVar

from runql.plan.nodes import Combine, Histories, Plan, Projection, RunOperation, TableStage
from runql.plan.nodes import Count as CountNode
from runql.semantic.typed import (
    Named,
    TColumn,
    TConst,
    TOrderKey,
    TOther,
    TQuestion,
    TStageNode,
    TypedExprNode,
)
from runql.text.frozen import frozen

AnswersOf: TypeAlias = Callable[[TQuestion], Sequence[TConst]]
"""The values of a question: one, or for a list any number."""

_NodeT = TypeVar("_NodeT")

_HOLDERS = (TypedExprNode, TStageNode, Named, TColumn, TOrderKey)
"""What may hold an expression at any depth."""
_WITHOUT = frozenset({(Combine, "other"), (TColumn, "glob"), (TColumn, "except_")})
"""Fields that hold no expression of the plan at hand."""
_NODES = (RunOperation, Projection, CountNode, Histories, TableStage, Combine)


@frozen
class Asked:
    """Which inner question is meant: its canonical text, and what is fetched besides what it names."""

    text: str
    fetched: tuple[TColumn, ...] = ()


def asked_by(one: TQuestion | TOther) -> Asked:
    """The question that an expression or a stage asks."""
    return Asked(one.text) if isinstance(one, TQuestion) else Asked(one.text, one.fetched)


def questions_in(value: Any) -> Iterator[TQuestion | TOther]:
    """The inner questions of a plan, a stage or an expression, those of other tables among them."""
    waiting = [value]
    while waiting:
        at = waiting.pop()
        if isinstance(at, tuple):
            waiting.extend(at)
        elif isinstance(at, TQuestion | TOther):
            yield at
        elif isinstance(at, _HOLDERS + _NODES):
            waiting.extend(getattr(at, name) for name in _names(at))


def _names(record: Any) -> Iterator[str]:
    return (one.name for one in fields(record) if (type(record), one.name) not in _WITHOUT)


def with_answers(plan: Plan, answers: AnswersOf) -> Plan:
    """A plan with constants for its questions; the other tables of its stages are asked by themselves."""
    return _put_in(plan, answers)


def _put_in(value: _NodeT, answers: AnswersOf) -> _NodeT:
    made: Any = _put(value, answers)
    result: _NodeT = made
    return result


def _put(value: Any, answers: AnswersOf) -> Any:
    if isinstance(value, TQuestion):
        return answers(value)[0]
    if isinstance(value, tuple):
        items: list[Any] = []
        for item in value:
            items += answers(item) if isinstance(item, TQuestion) and item.many else [_put(item, answers)]
        is_same = len(items) == len(value) and all(a is b for a, b in zip(items, value, strict=True))
        return value if is_same else tuple(items)
    if not isinstance(value, _HOLDERS + _NODES):
        return value
    changes = {}
    for name in _names(value):
        before = getattr(value, name)
        after = _put(before, answers)
        if after is not before:
            changes[name] = after
    return replace(value, **changes) if changes else value
