"""How many runs match a condition while it is typed: counted where the runs are at hand, else from the catalog: how
likely it holds for a run, from what that knows of each field by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import log, prod
from operator import ge, gt, le, lt
from typing import Final, assert_never

from runql.engine.evaluate import compile_truth
from runql.engine.fields import value_of
from runql.ide.context import Context, Text, parsed
from runql.ide.declarations import with_declared
from runql.ide.diagnostics import checked_query
from runql.ide.loaded_runs import MOST_RUNS
from runql.ide.nodes import queries
from runql.language.fields import Space
from runql.plan.answers import questions_in
from runql.semantic import typed as t
from runql.semantic.catalog import Catalog, FieldInfo
from runql.semantic.needed import needed_fields, walk
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
    TNot,
    TOr,
    TUntagged,
    TypedExpr,
    TypedQuery,
)
from runql.semantic.values import MISSING
from runql.syntax import tree
from runql.syntax.tree import Comparison, HasMode, State
from runql.text.frozen import frozen
from runql.text.render import clean

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
    infos = catalog.index.by_dotted.get((key.space, ".".join(map(str, key.segments))), ())
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


_MOST_NAMED = 2


@frozen
class Counts:
    """How many runs match, `about` if estimated. `without`: fields of the query with how many runs lack each."""

    matching: int
    total: int
    about: bool = False
    without: tuple[tuple[str, int], ...] = ()


def counts(text: Text, offset: int, context: Context, records: Sequence[RunRecord] | None = None) -> Counts | None:
    """How many runs the query at an offset matches; none where that is not known at once.

    `records` are all the runs of the source of the context, with config and summary, if they are at hand. Nothing is
    asked of any source. A query with a mistake, of one run, about histories or with an inner question has no count.
    """
    whole = parsed(text)
    query = next((one for one in queries(whole.script) if one.span.start <= offset <= one.span.end + 1), None)
    if query is None or query.clause(tree.FromClause) is not None:
        return None
    checked, at = checked_query(query, whole.source.text, with_declared(whole, context))
    typed = checked.query
    if typed is None or typed.ident is not None or at.catalog is None:
        return None
    needed = needed_fields(typed)
    if typed.where is not None and (needed.aggregates or needed.logged) and _reads_histories(typed.where):
        return None
    if any(questions_in(typed.where)):
        return None
    if records is not None and len(records) <= MOST_RUNS:
        return _counted(typed, records)
    return _estimated(typed, at.catalog)


def _reads_histories(where: TypedExpr) -> bool:
    needed = needed_fields(TypedQuery(tree.Target.COUNT, where=where))
    return bool(needed.aggregates or needed.logged)


def _counted(query: TypedQuery, records: Sequence[RunRecord]) -> Counts:
    holds = compile_truth(query.where) if query.where is not None else None
    matching = len(records) if holds is None else sum(map(bool, map(holds, records)))
    lacking = ((key, sum(value_of(record, key) is MISSING for record in records)) for key in _fields(query))
    return Counts(matching, len(records), without=_few(lacking))


def _estimated(query: TypedQuery, catalog: Catalog) -> Counts:
    total = catalog.run_count
    lacking = (
        (key, total - info.runs)
        for key in _fields(query)
        if catalog.complete and (info := info_of(catalog, key)) is not None
    )
    if query.where is None:
        return Counts(total, total, without=_few(lacking))
    return Counts(round(total * likely(query.where, catalog)), total, about=True, without=_few(lacking))


def info_of(catalog: Catalog, key: FieldKey) -> FieldInfo | None:
    """What a catalog knows of a field, if it is one field that is meant."""
    infos = catalog.index.by_dotted.get((key.space, ".".join(map(str, key.segments))), ())
    return infos[0] if len(infos) == 1 else None


def _fields(query: TypedQuery) -> Iterator[FieldKey]:
    """The fields of config and summary that decide which runs come, and in which order."""
    expressions = [*([query.where] if query.where is not None else []), *(key.value for key in query.order)]
    found = {node.key: None for one in expressions for node in walk(one) if isinstance(node, TField)}
    yield from (key for key in found if key.space in {Space.CONFIG, Space.SUMMARY})


def _few(lacking: Iterator[tuple[FieldKey, int]]) -> tuple[tuple[str, int], ...]:
    """The fields that the most runs lack, by the end of their names."""
    named = [(clean(str(key.segments[-1])), count) for key, count in lacking if count > 0]
    return tuple(sorted(named, key=lambda one: -one[1])[:_MOST_NAMED])
