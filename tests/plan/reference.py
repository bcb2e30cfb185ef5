"""A second evaluator of conditions, written from `docs/design/semantics.md` alone and as plainly as it can be."""

from __future__ import annotations

import math
import re
from datetime import datetime
from fnmatch import translate
from typing import Any

from runql.engine.mongo.history_keys import history_keys_of
from runql.language.fields import Space
from runql.semantic.record import RunRecord
from runql.semantic.typed import (
    FieldKey,
    TAnd,
    TBetween,
    TCompare,
    TConst,
    TField,
    THas,
    TIn,
    TIs,
    TLogged,
    TNot,
    TOr,
    TTextTest,
    TUntagged,
    TypedExpr,
)
from runql.semantic.values import MISSING
from runql.syntax.tree import Comparison, HasMode, State, TextOp

_TYPES = {bool: "bool", int: "number", float: "number", str: "text", datetime: "time", list: "list", dict: "record"}


def holds(expr: TypedExpr, record: RunRecord) -> bool | None:  # noqa: PLR0911
    """Whether a condition holds for a run, `None` where that is unknown."""
    match expr:
        case TNot(value=value):
            inner = holds(value, record)
            return None if inner is None else not inner
        case TAnd(terms=terms):
            truths = [holds(t, record) for t in terms]
            return False if False in truths else None if None in truths else True
        case TOr(terms=terms):
            truths = [holds(t, record) for t in terms]
            return True if True in truths else None if None in truths else False
        case TCompare(op=op, left=left, right=right):
            return _compare(op, left, right, record)
        case TBetween(value=value, low=low, high=high):
            return holds(TAnd((TCompare(Comparison.GE, value, low), TCompare(Comparison.LE, value, high))), record)
        case TIn(value=value, items=items):
            return any(_compare(Comparison.EQ, value, item, record) for item in items)
        case TTextTest(op=text_op, value=value, pattern=TConst(value=pattern)):
            found = value_of(value, record)
            texts = found if isinstance(found, list) else [found]
            return any(isinstance(text, str) and _text(text_op, text, str(pattern)) for text in texts)
        case THas(mode=mode, value=value, items=items):
            return _has(mode, value_of(value, record), [value_of(i, record) for i in items])
        case TUntagged():
            return not record.tags
        case TIs(value=value, state=state):
            return _is(state, value_of(value, record))
        case TLogged(metric=metric):
            return metric in history_keys_of(record).get("keys", {})
    found = value_of(expr, record)
    return found if isinstance(found, bool) else None


def value_of(expr: TypedExpr, record: RunRecord) -> Any:
    match expr:
        case TConst(value=value):
            return _as_list(value)
        case TField(key=key):
            return _field(key, record)
    return holds(expr, record)


def _field(key: FieldKey, record: RunRecord) -> Any:
    if key.space is Space.RUN:
        found = getattr(record, str(key.segments[0]))
        return MISSING if found is None else list(found) if isinstance(found, tuple) else found
    part: Any = record.config if key.space is Space.CONFIG else record.summary
    return _lookup(part, [str(s) for s in key.segments], key.exact)


def _lookup(part: Any, segments: list[str], exact: bool) -> Any:
    if not segments:
        return part
    if isinstance(part, dict):
        for length in range(1, 2 if exact else len(segments) + 1):
            name = ".".join(segments[:length])
            if name in part:
                found = _lookup(part[name], segments[length:], exact)
                if found is not MISSING:
                    return found
    if isinstance(part, list) and segments[0].isdigit() and int(segments[0]) < len(part):
        return _lookup(part[int(segments[0])], segments[1:], exact)
    return MISSING


def _as_list(value: Any) -> Any:
    return [_as_list(element) for element in value] if isinstance(value, tuple) else value


def _type(value: Any) -> str | None:
    return _TYPES.get(type(value))


def _equal(a: Any, b: Any) -> bool:
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(x is y is None or _equal(x, y) for x, y in zip(a, b, strict=True))
    return _type(a) is not None and _type(a) == _type(b) and bool(a == b)


def _is_state(expr: TypedExpr) -> bool:
    return isinstance(expr, TField) and expr.key == FieldKey(Space.RUN, ("state",))


def _compare(op: Comparison, left: TypedExpr, right: TypedExpr, record: RunRecord) -> bool | None:
    a, b = value_of(left, record), value_of(right, record)
    if _is_state(left) or _is_state(right):
        a, b = (v.lower() if isinstance(v, str) else v for v in (a, b))
    if op in (Comparison.EQ, Comparison.NE):
        nulls = [isinstance(side, TConst) and side.value is None for side in (left, right)]
        equal = all(v is None or v is MISSING for v in (a, b)) if any(nulls) else _equal(a, b)
        return equal is (op is Comparison.EQ)
    if _type(a) != _type(b) or _type(a) not in ("number", "text", "time", "bool"):
        return None
    tests = {Comparison.LT: a < b, Comparison.LE: a <= b, Comparison.GT: a > b, Comparison.GE: a >= b}
    return bool(tests[op])


def _text(op: TextOp, value: str, pattern: str) -> bool:
    match op:
        case TextOp.REGEX:
            return re.search(_to_the_end(pattern), value) is not None
        case TextOp.REGEX_ANY_CASE:
            return re.search(_to_the_end(pattern), value, re.IGNORECASE) is not None
        case TextOp.CONTAINS:
            return pattern in value
        case TextOp.STARTSWITH:
            return value.startswith(pattern)
        case TextOp.ENDSWITH:
            return value.endswith(pattern)
        case TextOp.GLOB:
            return re.match(translate(pattern), value) is not None


def _has(mode: HasMode, value: Any, items: list[Any]) -> bool:
    if mode is HasMode.NONE:
        return not _has(HasMode.ANY, value, items)
    if value is MISSING:
        value = []
    if not isinstance(value, list):
        return False
    found = [any(item is element is None or _equal(item, element) for element in value) for item in items]
    return all(found) if mode is HasMode.ALL else any(found)


def _is(state: State, value: Any) -> bool:
    match state:
        case State.NULL:
            return value is None or value is MISSING
        case State.MISSING:
            return value is MISSING
        case State.NAN:
            return isinstance(value, float) and math.isnan(value)
        case State.FINITE:
            return type(value) is int or (type(value) is float and math.isfinite(value))
        case State.INFINITE:
            return isinstance(value, float) and math.isinf(value)


def _to_the_end(pattern: str) -> str:
    """In RE2 `$` is the end of the text; in Python it is also the place before a last line end."""
    return pattern.replace("$", r"\Z")
