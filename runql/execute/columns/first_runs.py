"""Which runs the first stages keep by an order of their own: the first ones of each group, in the order of a stage or
by the rank of a window: `| order -acc | limit 3 by config.optimizer`, `| where rank() over state order -acc <= 2`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal, TypeAlias, assert_never

from runql.semantic.typed import (
    ColumnPick,
    FieldKey,
    Named,
    TCell,
    TCompare,
    TConst,
    TDerive,
    TLimit,
    TSort,
    TStage,
    TWhere,
    TWindow,
    TypedExpr,
)
from runql.sources.protocol import Digest
from runql.syntax.tree import Comparison

_Ranked: TypeAlias = Literal["row_number", "rank", "dense_rank"]
_RANKED: Final[Mapping[str, _Ranked]] = {"row_number": "row_number", "rank": "rank", "dense_rank": "dense_rank"}
_Order: TypeAlias = tuple[tuple[FieldKey, bool], ...]


def first_of_order(stages: Sequence[TStage], shown: Mapping[str, FieldKey]) -> Digest | None:
    """The runs that the first two stages keep, if they keep the first ones of each group."""
    first, second = [*stages, None, None][:2]
    match first, second:
        case TSort(keys=keys), TLimit(last=False) as limit:
            by, order = fields_of(limit.by, shown), _order(keys, shown)
            return None if by is None or order is None else Digest(by, limit.count, order=order)
        case TWhere(condition=TCompare(left=TWindow() as window) as condition), _:
            return _of_window(window, condition, shown)
        case TDerive(columns=(Named(name=name, value=TWindow() as window),)), TWhere(
            condition=TCompare(left=TCell(name=read)) as condition
        ) if read == name:
            return _of_window(window, condition, shown)
        case _:
            return None


def _of_window(window: TWindow, condition: TCompare, shown: Mapping[str, FieldKey]) -> Digest | None:
    most, ranked = _most(condition), _RANKED.get(window.name)
    by, order = _cells(window.keys, shown), _order(window.order, shown)
    if most is None or ranked is None or by is None or order is None or window.amount is not None:
        return None
    if ranked != "row_number" and not order:
        return None
    return Digest(by, most, order=order, ranked=ranked)


def _most(condition: TCompare) -> int | None:
    """Up to which place a condition on places holds; `None` where it is no such condition, or may hold for none, of
    which more is said."""
    value = condition.right.value if isinstance(condition.right, TConst) else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value < 2**53:
        return None
    match condition.op:
        case Comparison.LE:
            return math.floor(value)
        case Comparison.EQ:
            return 1 if value == 1 else None
        case Comparison.LT:
            return math.ceil(value) - 1 or None
        case Comparison.GT | Comparison.GE | Comparison.NE:
            return None
        case _:
            assert_never(condition.op)


def _order(keys: Iterable[tuple[TypedExpr, bool]], shown: Mapping[str, FieldKey]) -> _Order | None:
    given = [*keys]
    fields = _cells([value for value, _ in given], shown)
    return None if fields is None else tuple(zip(fields, (descending for _, descending in given), strict=True))


def _cells(values: Iterable[TypedExpr], shown: Mapping[str, FieldKey]) -> tuple[FieldKey, ...] | None:
    found = [shown.get(value.name) if isinstance(value, TCell) else None for value in values]
    known = [key for key in found if key is not None]
    return tuple(known) if len(known) == len(found) else None


def fields_of(keys: Sequence[Named | ColumnPick], shown: Mapping[str, FieldKey]) -> tuple[FieldKey, ...] | None:
    """The fields that keys mean; `None` where one is worked out, or stands for several."""
    found = []
    for key in keys:
        name = key.pattern if isinstance(key, ColumnPick) else key.value.name if isinstance(key.value, TCell) else ""
        if name not in shown or (isinstance(key, ColumnPick) and key.is_glob):
            return None
        found.append(shown[name])
    return tuple(found)
