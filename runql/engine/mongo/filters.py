"""W&B's filters, evaluated here: MongoDB's query language over runs.

What a filter means is what the MongoDB manual says: `null` finds missing values too, `$gt` and its kin compare
within one type, a test of a list holds if it holds of the list or of any element, and `$ne`, `$nin` and `$not`
are the negations of that. A bool is no number; NaN equals NaN and is neither less nor greater than anything.
Two things differ, as everywhere in RunQL: the order of the keys of a record does not matter, and fields that
hold times (`createdAt`) take ISO text. Regular expressions are RE2, searched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import attrgetter, ge, gt, le, lt
from typing import Any, Final, TypeAlias, assert_never

from runql.engine.fields import PART_OF_SPACE, lookup
from runql.engine.mongo.history_keys import history_keys_of
from runql.engine.patterns import Matcher, matcher
from runql.errors import QueryError
from runql.language.fields import Space
from runql.language.kinds import Kind
from runql.semantic.record import RunRecord, cells_of
from runql.semantic.values import MISSING, Value, kind_of
from runql.syntax.mongo.names import cannot
from runql.syntax.mongo.nodes import (
    FilterField,
    MongoAll,
    MongoAnd,
    MongoCompare,
    MongoContains,
    MongoExists,
    MongoFilter,
    MongoIn,
    MongoNor,
    MongoOperator,
    MongoOr,
    MongoRegex,
    MongoSize,
    MongoTest,
)
from runql.syntax.mongo.operands import is_nan
from runql.syntax.tree import TextOp

RunTest: TypeAlias = Callable[[RunRecord], bool]
_ValuesTest: TypeAlias = Callable[[Sequence[Value]], bool]

_ORDERINGS: Final[Mapping[MongoOperator, Callable[[Any, Any], bool]]] = {
    MongoOperator.GT: gt,
    MongoOperator.GTE: ge,
    MongoOperator.LT: lt,
    MongoOperator.LTE: le,
}


def compile_filter(filters: MongoFilter) -> RunTest:
    """Compile a filter into a test of runs. The run must have the heavy parts that the filter reads.

    Raises:
        ArgumentError: a pattern that is not RE2.
    """
    match filters:
        case MongoAnd(parts=parts):
            every = [compile_filter(part) for part in parts]
            return lambda record: all(test(record) for test in every)
        case MongoOr(parts=parts):
            some = [compile_filter(part) for part in parts]
            return lambda record: any(test(record) for test in some)
        case MongoNor(parts=parts):
            none = [compile_filter(part) for part in parts]
            return lambda record: not any(test(record) for test in none)
        case MongoCompare() | MongoIn() | MongoExists() | MongoRegex() | MongoAll() | MongoSize() | MongoContains():
            found_in, holds = candidates_getter(filters.field), _values_test(filters)
            return lambda record: holds(found_in(record))
        case _:
            assert_never(filters)


def _values_test(test: MongoTest) -> _ValuesTest:  # noqa: PLR0911 - one a node
    """What is asked of the values at one field."""
    match test:
        case MongoCompare(op=MongoOperator.EQ, value=wanted):
            return _equals(wanted)
        case MongoCompare(op=MongoOperator.NE, value=wanted):
            equals = _equals(wanted)
            return lambda values: not equals(values)
        case MongoCompare(op=op, value=wanted) if wanted is None or is_nan(wanted):
            # `$lte` and `$gte` hold of equal values too, so of null with null and NaN with NaN.
            return _equals(wanted) if op in (MongoOperator.GTE, MongoOperator.LTE) else lambda _values: False
        case MongoCompare(op=op, value=wanted):
            kind, compare = kind_of(wanted), _ORDERINGS[op]
            return lambda values: any(kind_of(value) is kind and compare(value, wanted) for value in _spread(values))
        case MongoIn(values=wanted, negated=negated):
            tests = [_equals(value) for value in wanted]
            return lambda values: any(holds(values) for holds in tests) is not negated
        case MongoExists(wanted=there):
            return lambda values: any(value is not MISSING for value in values) is there
        case MongoRegex():
            matches = _matcher(test)
            return lambda values: any(isinstance(value, str) and matches(value) for value in _spread(values))
        case MongoAll(values=wanted):
            every = [_equals(value) for value in wanted]
            return lambda values: all(holds(values) for holds in every)
        case MongoSize(size=size):
            return lambda values: any(isinstance(value, list | tuple) and len(value) == size for value in values)
        case MongoContains(text=text):
            return lambda values: any(isinstance(value, str) and text in value for value in _spread(values))
        case _:
            assert_never(test)


def _equals(wanted: Value) -> _ValuesTest:
    if wanted is None:
        return lambda values: any(value is None or value is MISSING for value in _spread(values))
    return lambda values: any(same(value, wanted) for value in _spread(values))


def _matcher(test: MongoRegex) -> Matcher:
    try:
        return matcher(TextOp.REGEX, f"(?{test.options}){test.pattern}" if test.options else test.pattern)
    except QueryError as error:
        hint = "RE2 has no look-around and no back-references; `$not` negates a pattern"
        raise cannot(test.place, error.diagnostics[0].message, hint) from error


def same(a: Value, b: Value) -> bool:
    """Equality of two values: of one kind only, lists and records element by element, NaN equal to NaN."""
    kind = kind_of(a)
    if kind is not kind_of(b):
        return False
    if kind is Kind.NUMBER:
        return bool(a == b) or (is_nan(a) and is_nan(b))
    if kind is Kind.LIST:
        return len(a) == len(b) and all(map(same, a, b))
    if kind is Kind.RECORD:
        return a.keys() == b.keys() and all(same(value, b[key]) for key, value in a.items())
    return bool(a == b)


def _spread(values: Sequence[Value]) -> Iterator[Value]:
    """Each value, and each element of those that are lists."""
    for value in values:
        yield value
        if isinstance(value, list | tuple):
            yield from value


# The values that the fields of a filter find in a run. Of several readings of a path, nesting from the left wins.


def candidates_getter(field: FilterField) -> Callable[[RunRecord], list[Value]]:
    """What gives all that a filter tests of a run: several values where the path goes through a list, `[MISSING]` where
    there is nothing."""
    first = field.segments[0]
    if field.space is Space.RUN:
        return lambda record: _run_candidates(record, first)
    part = history_keys_of if field.space is Space.LOGGED else attrgetter(PART_OF_SPACE[field.space])
    if len(field.segments) == 1:
        return lambda record: [(part(record) or {}).get(first, MISSING)]
    readings = tuple(field.readings())
    return lambda record: _first_found([candidates_at(part(record) or {}, reading) for reading in readings])


def values_in(field: FilterField, records: Sequence[RunRecord]) -> list[Value]:
    """Of each of many runs the one value that an order compares."""
    if field.space is Space.RUN:
        return [MISSING if value is None else value for value in cells_of(records, field.segments[0])]
    is_logged = field.space is Space.LOGGED
    roots = map(history_keys_of, records) if is_logged else cells_of(records, PART_OF_SPACE[field.space])
    if len(field.segments) == 1:
        only = field.segments[0]
        return [root.get(only, MISSING) if root else MISSING for root in roots]
    readings = tuple(field.readings())
    return [_value_below(readings, root or {}) for root in roots]


def _value_below(readings: Sequence[tuple[str, ...]], root: Mapping[str, Any]) -> Value:
    found = (lookup(root, reading) for reading in readings)
    return next((value for value in found if value is not MISSING), MISSING)


def candidates_at(node: Value, segments: Sequence[str]) -> list[Value]:
    """The values at a path, MongoDB's way: a list in the middle stands for each record in it, or for an index."""
    if not segments:
        return [node]
    if isinstance(node, Mapping):
        rests = ((".".join(segments[:end]), segments[end:]) for end in range(1, len(segments) + 1))
        return _first_found([candidates_at(node[key], rest) for key, rest in rests if key in node])
    if not isinstance(node, list | tuple):
        return [MISSING]
    found: list[Value] = []
    if segments[0].isdecimal():
        at = int(segments[0])
        found += candidates_at(node[at], segments[1:]) if at < len(node) else [MISSING]
    for element in node:
        if isinstance(element, Mapping):
            found += candidates_at(element, segments)
    return found


def _first_found(readings: list[list[Value]]) -> list[Value]:
    for values in readings:
        if any(value is not MISSING for value in values):
            return values
    return readings[0] if readings else [MISSING]


def _run_candidates(record: RunRecord, attribute: str) -> list[Value]:
    value = getattr(record, attribute)
    if value is None:
        return [MISSING]
    if attribute == "tags":
        # W&B gives the tags of an untagged run as null or as an empty list, so both must find it.
        return [list(value)] if value else [MISSING, []]
    return [value]
