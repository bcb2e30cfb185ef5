"""How likely a condition holds for a run, from what the catalog knows of each field by itself."""

from __future__ import annotations

from math import log, prod
from operator import ge, gt, le, lt
from typing import Final, assert_never

from runql.language.fields import Space
from runql.semantic import typed as t
from runql.semantic.catalog import Catalog, FieldInfo
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
    TNot,
    TOr,
    TUntagged,
    TypedExpr,
)
from runql.syntax.tree import Comparison, HasMode, State

_UNKNOWN: Final = 1 / 3
"""The part of the runs for which a condition holds of which nothing is known."""

_FAR: Final = 100
"""How many times the smallest number the largest one is where sizes count, not differences."""

_BELOW: Final = frozenset({Comparison.LT, Comparison.LE})
_HOLDS: Final = {Comparison.LT: lt, Comparison.LE: le, Comparison.GT: gt, Comparison.GE: ge}
_MIRRORED: Final = {
    Comparison.LT: Comparison.GT,
    Comparison.LE: Comparison.GE,
    Comparison.GT: Comparison.LT,
    Comparison.GE: Comparison.LE,
}


def likely(where: TypedExpr, catalog: Catalog) -> float:  # noqa: PLR0911, PLR0912 - one line a shape
    """The part of the runs, from 0 to 1, for which a condition may hold; terms are taken as independent."""
    match where:
        case TAnd(terms=terms):
            return prod(likely(term, catalog) for term in terms)
        case TOr(terms=terms):
            return 1 - prod(1 - likely(term, catalog) for term in terms)
        case TNot(value=value):
            return 1 - likely(value, catalog)
        case TCompare(op=op, left=TField(key=key), right=TConst(value=value)):
            return _compared(_info(catalog, key), op, value, catalog)
        case TCompare(op=op, left=TConst(value=value), right=TField(key=key)):
            return _compared(_info(catalog, key), _MIRRORED.get(op, op), value, catalog)
        case TBetween(value=TField(key=key), low=TConst(value=low), high=TConst(value=high)):
            info = _info(catalog, key)
            below = _compared(info, Comparison.LE, high, catalog)
            return max(0.0, below - _compared(info, Comparison.LT, low, catalog))
        case TIn(value=TField(key=key), items=items):
            info = _info(catalog, key)
            values = [item.value for item in items if isinstance(item, TConst)]
            return min(1.0, sum(_compared(info, Comparison.EQ, value, catalog) for value in values))
        case THas(mode=mode, value=TField(key=FieldKey(space=Space.RUN, segments=("tags",))), items=items):
            return _tagged(mode, [item.value for item in items if isinstance(item, TConst)], catalog)
        case TUntagged():
            return max(0.0, 1 - sum(catalog.tags.values()) / max(1, catalog.run_count))
        case TIs(value=TField(key=key), state=state) if state in {State.MISSING, State.NULL}:
            info = _info(catalog, key)
            return 1 - _had(info, catalog) if info is not None else _UNKNOWN
        case t.TConst() | t.TField() | t.TCompare() | t.TBetween() | t.TIn() | t.TTextTest() | t.THas() | t.TIs():
            return _UNKNOWN
        case (
            t.TLogged()
            | t.TArithmetic()
            | t.TNegate()
            | t.TCall()
            | t.TAggregate()
            | t.TCell()
            | t.TFold()
            | t.TQuestion()
            | t.TAnyField()
        ):
            return _UNKNOWN
        case t.TWindow():
            return _UNKNOWN
        case _:
            assert_never(where)


def _info(catalog: Catalog, key: FieldKey) -> FieldInfo | None:
    infos = catalog.by_dotted.get((key.space, ".".join(map(str, key.segments))), ())
    return infos[0] if len(infos) == 1 else None


def _had(info: FieldInfo, catalog: Catalog) -> float:
    """The part of the runs that have a field. Of a source that was looked at in part, of those looked at."""
    return min(1.0, info.runs / max(1, catalog.run_count)) if catalog.complete else 1.0


def _compared(info: FieldInfo | None, op: Comparison, value: object, catalog: Catalog) -> float:
    if info is None:
        return _UNKNOWN
    had = _had(info, catalog)
    if op is Comparison.EQ:
        return had * _equal(info, value)
    if op is Comparison.NE:
        return 1 - had * _equal(info, value)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return had * _UNKNOWN
    return had * _ordered(info, op, float(value))


def _ordered(info: FieldInfo, op: Comparison, value: float) -> float:
    """Of the runs with the field, the part on one side of a value: frequent numbers by themselves, others by range."""
    numbers = [(other, count) for other, count in info.top if isinstance(other, int | float)]
    known = sum(count for _, count in numbers)
    holding = sum(count for other, count in numbers if _HOLDS[op](other, value))
    below = _below(info, value)
    share = _UNKNOWN if below is None else below if op in _BELOW else 1 - below
    rest = max(0, info.runs - known)
    return (holding + rest * share) / max(1, known + rest)


def _equal(info: FieldInfo, value: object) -> float:
    """Of the runs with the field, the part with the value: as often as it was seen, else a share of what is left."""
    seen = sum(count for _, count in info.top)
    same = sum(count for other, count in info.top if other == value and type(other) is type(value))
    runs = max(1, info.runs, seen)
    if same or seen >= info.runs:
        return same / runs
    return (runs - seen) / runs / max(1, len(info.top)) if info.top else 1 / runs


def _below(info: FieldInfo, value: float) -> float | None:
    """Of the runs with a number there, the part below a value: half of them lie on each side of the median.

    Numbers of one sign that lie far apart, such as learning rates, are taken by their size.
    """
    if info.minimum is None or info.maximum is None:
        return None
    if value <= info.minimum:
        return 0.0
    if value >= info.maximum:
        return 1.0
    median = info.median if info.median is not None else (info.minimum + info.maximum) / 2
    low, middle, high, at = info.minimum, median, info.maximum, value
    if low > 0 and high > low * _FAR:
        low, middle, high, at = (log(each) for each in (low, middle, high, at))
    if at < middle:
        return 0.5 * (at - low) / (middle - low)
    return 1.0 if high == middle else 0.5 + 0.5 * (at - middle) / (high - middle)


def _tagged(mode: HasMode, values: list[object], catalog: Catalog) -> float:
    parts = [min(1.0, catalog.tags.get(str(value), 0) / max(1, catalog.run_count)) for value in values]
    return 1 - prod(1 - part for part in parts) if mode is HasMode.ANY else prod(parts)
