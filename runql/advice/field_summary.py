"""What a field really holds, in a few words, for a test that no run passes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import assert_never

from runql.engine.fields import field_getter
from runql.language.fields import Space
from runql.semantic import typed as t
from runql.semantic.catalog import Catalog
from runql.semantic.operands import literal_text
from runql.semantic.record import RunRecord
from runql.semantic.typed import (
    FieldKey,
    TBetween,
    TCell,
    TCompare,
    TConst,
    TField,
    THas,
    TIn,
    TIs,
    TNot,
    TTextTest,
    TypedExpr,
)
from runql.semantic.values import MISSING, Value
from runql.syntax.tree import Comparison
from runql.text.frozen import frozen
from runql.text.nearest import nearest

_MOST_VALUES = 4
_FLIPPED = {
    Comparison.LT: Comparison.GT,
    Comparison.LE: Comparison.GE,
    Comparison.GT: Comparison.LT,
    Comparison.GE: Comparison.LE,
}


@frozen
class Held:
    """The values of a field: of its numbers or times the ends, of its texts and truth values how many runs have each.

    `runs`: how many runs have it at all. `nan`: how many have NaN, where that is known. `noun`: what has it.
    `unit`: what stands behind the ends.
    """

    runs: int
    low: float | datetime | None = None
    high: float | datetime | None = None
    values: tuple[tuple[Value, int], ...] = ()
    nan: int = 0
    noun: str = "run"
    unit: str = ""


def held_by(records: Iterable[RunRecord], key: FieldKey) -> Held:
    """What a field holds in runs that are at hand. The elements of a list count as values."""
    return held_of(map(field_getter(key), records))


def held_of(cells: Iterable[Value], noun: str = "run") -> Held:
    """What some values are; null and missing are none."""
    values = [value for value in cells if value is not MISSING and value is not None]
    lists = [value for value in values if isinstance(value, list | tuple)]
    counted = Counter(value for value in values if isinstance(value, str | bool))
    counted.update(element for elements in lists for element in set(map(str, elements)))
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    known = [number for number in numbers if not math.isnan(number)]
    ends: Sequence[float | datetime] = known or [value for value in values if isinstance(value, datetime)]
    return Held(
        sum(value not in ((), []) for value in values),
        min(ends, default=None),
        max(ends, default=None),
        tuple(counted.most_common()),
        len(numbers) - len(known),
        noun,
    )


def held_in(catalog: Catalog, key: FieldKey) -> Held | None:
    """What a field holds as the catalog has it; `None` if it does not know."""
    of_runs = {"tags": catalog.tags, "group": catalog.groups, "sweep": catalog.sweeps}
    if key.space is Space.RUN and (counts := of_runs.get(str(key.segments[0]))):
        return Held(sum(counts.values()), values=tuple(Counter(counts).most_common()))
    infos = catalog.index.by_dotted.get((key.space, ".".join(map(str, key.segments))), ())
    if len(infos) != 1:
        return None
    (info,) = infos
    texts = tuple((value, count) for value, count in info.top if isinstance(value, str | bool))
    return Held(info.runs, info.minimum, info.maximum, texts)


def field_of(term: TypedExpr) -> FieldKey | None:
    """The field of a test that asks about one field and constants."""
    asked = _asked_of(term)
    return asked.key if isinstance(asked, TField) else None


def column_of(term: TypedExpr) -> str | None:
    """The column of a test that asks about one column of a table and constants."""
    asked = _asked_of(term)
    return asked.name if isinstance(asked, TCell) else None


def _asked_of(term: TypedExpr) -> TField | TCell | None:  # noqa: PLR0911 - one line a node
    match term:
        case TNot(value=value):
            return _asked_of(value)
        case TCompare(left=TField() | TCell() as asked, right=TConst()):
            return asked
        case TCompare(left=TConst(), right=TField() | TCell() as asked):
            return asked
        case TBetween(value=asked) | TIn(value=asked) | TTextTest(value=asked) | THas(value=asked) | TIs(value=asked):
            return asked if isinstance(asked, TField | TCell) else None
        case TField() | TCell():
            return term
        case t.TConst() | t.TCompare() | t.TUntagged() | t.TLogged() | t.TAnd() | t.TOr() | t.TArithmetic():
            return None
        case t.TNegate() | t.TCall() | t.TAggregate() | t.TFold() | t.TQuestion() | t.TWindow() | t.TAnyField():
            return None
        case _:
            assert_never(term)


def _is_runtime(term: TypedExpr) -> bool:
    """Whether a test asks about the seconds that a run took."""
    field, column = field_of(term), column_of(term)
    return column == "runtime" or (field is not None and (field.space, field.segments) == (Space.RUN, ("runtime",)))


def said_of(term: TypedExpr, held: Held) -> str:  # noqa: PLR0911, PLR0912 - one line a test
    """What to say of a test that no run passes: `largest is 0.003`; nothing where the values would tell nothing."""
    if not held.runs:
        return f"no {held.noun} has a value"
    if _is_runtime(term):
        held = replace(held, unit=" s")
    match term:
        case TCompare(op=op, left=TField() | TCell(), right=TConst(value=value)):
            return _of_comparison(op, value, held)
        case TCompare(op=op, left=TConst(value=value), right=TField() | TCell()):
            return _of_comparison(_FLIPPED.get(op, op), value, held)
        case TIn(items=items) | THas(items=items):
            return _nearest([item.value for item in items if isinstance(item, TConst)], held) or _range(held)
        case TTextTest(pattern=TConst(value=pattern)):
            return _nearest([pattern], held)
        case TBetween():
            return _range(held)
        case TIs() | TNot(value=TIs()):
            return f"{_runs(held.runs, held)} {'has' if held.runs == 1 else 'have'} a value"
        case TNot():
            return _most_frequent(held) or _range(held)
        case t.TConst() | t.TField() | t.TCompare() | t.TTextTest() | t.TUntagged() | t.TLogged() | t.TAnd() | t.TOr():
            return _most_frequent(held)
        case (
            t.TArithmetic()
            | t.TNegate()
            | t.TCall()
            | t.TAggregate()
            | TCell()
            | t.TFold()
            | t.TQuestion()
            | t.TWindow()
        ):
            return _most_frequent(held)
        case t.TAnyField():
            return _most_frequent(held)
        case _:
            assert_never(term)


def _of_comparison(op: Comparison, value: Value, held: Held) -> str:
    if held.low is None:
        return _nearest([value], held)
    is_time = isinstance(value, datetime)
    if op in {Comparison.GT, Comparison.GE}:
        return f"{'latest' if is_time else 'largest'} is {_text(held.high)}{held.unit}"
    if op in {Comparison.LT, Comparison.LE}:
        return f"{'earliest' if is_time else 'smallest'} is {_text(held.low)}{held.unit}"
    return _range(held)


def _range(held: Held) -> str:
    if held.low is None:
        return f"NaN in {_runs(held.nan, held)}" if held.nan else _most_frequent(held)
    if held.low == held.high:
        return f"always {_text(held.low)}{held.unit}"
    return f"from {_text(held.low)}{held.unit} to {_text(held.high)}{held.unit}"


def _nearest(wanted: Iterable[Value], held: Held) -> str:
    """The values that were perhaps meant, else the most frequent ones."""
    counts = {value: count for value, count in held.values if isinstance(value, str)}
    near = dict.fromkeys(name for text in wanted if isinstance(text, str) for name in _near(text, counts))
    if near:
        return f"nearest: {_listed(((name, counts[name]) for name in near), held)}"
    return _most_frequent(held)


def _near(text: str, counts: Iterable[str]) -> tuple[str, ...]:
    """The values near to a text: spelled nearly so, or holding it in another case."""
    names = list(counts)
    folded = text.casefold()
    return nearest(text, names) or tuple(name for name in names if folded and folded in name.casefold())[:3]


def _most_frequent(held: Held) -> str:
    if not held.values:
        return ""
    shown, others = held.values[:_MOST_VALUES], len(held.values) - _MOST_VALUES
    if all(count == 1 for _, count in held.values) and others > 0:
        return f"for example {_text(shown[0][0])}"
    return f"it is {_listed(shown, held)}" + (f", and {others:,} other{'s' * (others != 1)}" if others > 0 else "")


def _listed(values: Iterable[tuple[Value, int]], held: Held) -> str:
    return ", ".join(f"{_text(value)} in {_runs(count, held)}" for value, count in values)


def _runs(count: int, held: Held) -> str:
    return f"1 {held.noun}" if count == 1 else f"{count:,} {held.noun}s"


def _text(value: Value) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")
    if isinstance(value, float):
        return f"{value:.6g}"
    return literal_text(value)
