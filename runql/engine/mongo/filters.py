"""W&B's filters, evaluated here: MongoDB's query language over runs.

What a filter means is what the MongoDB manual says: `null` finds missing values too, `$gt` and its kin compare
within one type, a test of a list holds if it holds of the list or of any element, and `$ne`, `$nin` and `$not`
are the negations of that. A bool is no number; NaN equals NaN and is neither less nor greater than anything.
Two things differ, as everywhere in RunQL: the order of the keys of a record does not matter, and fields that
hold times (`createdAt`) take ISO text. Regular expressions are RE2, searched.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from numbers import Integral, Real
from typing import Any, TypeAlias

from runql.engine.mongo.fields import FilterField, parse_field
from runql.engine.patterns import Matcher, matcher
from runql.errors import ArgumentError, QueryError
from runql.language.kinds import Kind
from runql.semantic.record import RunRecord
from runql.semantic.values import MISSING, Value, kind_of
from runql.syntax.tree import TextOp
from runql.text.nearest import nearest

RunTest: TypeAlias = Callable[[RunRecord], bool]
_ValuesTest: TypeAlias = Callable[[Sequence[Value]], bool]

_REGEX_FLAGS = frozenset("ims")
_ORDERED = frozenset({Kind.NUMBER, Kind.BOOL, Kind.TEXT, Kind.TIME})


def compile_filter(filters: Mapping[str, Any]) -> RunTest:
    """Compile a filter into a test of runs. The run must have the heavy parts that the filter reads.

    Raises:
        ArgumentError: an unknown field or operator, a malformed operand, or a pattern that is not RE2.
    """
    if not isinstance(filters, Mapping):
        raise ArgumentError.because(f"a filter is a dict, not {_said(filters)}")
    tests = [_entry(key, condition) for key, condition in filters.items()]
    if len(tests) == 1:
        return tests[0]
    return lambda record: all(test(record) for test in tests)


def filter_fields(filters: Mapping[str, Any]) -> Iterator[FilterField]:
    """The fields that a filter reads. The filter must be one that `compile_filter` takes."""
    for key, condition in filters.items():
        if key in _LOGIC:
            for part in condition:
                yield from filter_fields(part)
        else:
            yield parse_field(key)


def _entry(key: object, condition: Any) -> RunTest:
    if isinstance(key, str) and key.startswith("$"):
        if key not in _LOGIC:
            raise _unknown_operator(key, top=True)
        if not isinstance(condition, list | tuple) or not condition:
            raise ArgumentError.because(f"`{key}` takes a list of one or more filters, not {_said(condition)}")
        return _LOGIC[key]([compile_filter(part) for part in condition])
    field = parse_field(key)
    test = _condition(field, condition)
    return lambda record: test(field.candidates(record))


def _all_of(tests: list[RunTest]) -> RunTest:
    return lambda record: all(test(record) for test in tests)


def _any_of(tests: list[RunTest]) -> RunTest:
    return lambda record: any(test(record) for test in tests)


def _none_of(tests: list[RunTest]) -> RunTest:
    return lambda record: not any(test(record) for test in tests)


_LOGIC: Mapping[str, Callable[[list[RunTest]], RunTest]] = {"$and": _all_of, "$or": _any_of, "$nor": _none_of}


def _condition(field: FilterField, condition: Any) -> _ValuesTest:
    """What is asked of one field: a dict of operators, or a value that it must equal."""
    if not _is_operators(condition):
        return _equals(field, condition)
    tests = []
    for name, operand in condition.items():
        if not isinstance(name, str) or name not in _OPERATORS:
            raise _unknown_operator(name)
        if name == "$options":
            if "$regex" not in condition:
                raise ArgumentError.because("`$options` stands beside a `$regex` only")
            continue
        if name == "$regex":
            tests.append(_regex(field, operand, condition.get("$options", "")))
        else:
            tests.append(_OPERATORS[name](field, operand))
    return lambda values: all(test(values) for test in tests)


def _is_operators(condition: Any) -> bool:
    return isinstance(condition, Mapping) and any(isinstance(key, str) and key.startswith("$") for key in condition)


def _equals(field: FilterField, operand: Any) -> _ValuesTest:
    wanted = _value(field, operand)
    if wanted is None:
        return lambda values: any(value is None or value is MISSING for value in _spread(values))
    return lambda values: any(same(value, wanted) for value in _spread(values))


def _is_in(field: FilterField, operand: Any) -> _ValuesTest:
    if not isinstance(operand, list | tuple):
        raise ArgumentError.because(f"`$in` and `$nin` take a list, not {_said(operand)}")
    tests = [_equals(field, item) for item in operand]
    return lambda values: any(test(values) for test in tests)


def _negated(build: Callable[[FilterField, Any], _ValuesTest]) -> Callable[[FilterField, Any], _ValuesTest]:
    def build_negated(field: FilterField, operand: Any) -> _ValuesTest:
        test = build(field, operand)
        return lambda values: not test(values)

    return build_negated


def _not(field: FilterField, operand: Any) -> _ValuesTest:
    if not _is_operators(operand):
        raise ArgumentError.because(
            f"`$not` takes a dict of operators, not {_said(operand)}", "for a plain value write `$ne`"
        )
    test = _condition(field, operand)
    return lambda values: not test(values)


def _exists(_field: FilterField, operand: Any) -> _ValuesTest:
    if operand not in (True, False):
        raise ArgumentError.because(f"`$exists` takes true or false, not {_said(operand)}")
    wanted = bool(operand)
    return lambda values: any(value is not MISSING for value in values) is wanted


def _ordering(name: str, compare: Callable[[Any, Any], bool]) -> Callable[[FilterField, Any], _ValuesTest]:
    """`$lt` and its kin. `$lte` and `$gte` hold of equal values too, so of null with null and NaN with NaN."""
    with_equal = name.endswith("e")

    def build(field: FilterField, operand: Any) -> _ValuesTest:
        bound = _value(field, operand)
        kind = kind_of(bound)
        if kind is Kind.NULL or _is_nan(bound):
            return _equals(field, operand) if with_equal else lambda _values: False
        if kind not in _ORDERED:
            raise ArgumentError.because(f"`{name}` compares numbers, texts, bools or times, not {_said(operand)}")
        return lambda values: any(kind_of(value) is kind and compare(value, bound) for value in _spread(values))

    return build


def _regex(field: FilterField, operand: Any, options: Any) -> _ValuesTest:
    if not isinstance(operand, str):
        raise ArgumentError.because(f"`$regex` takes a pattern as text, not {_said(operand)}")
    if not isinstance(options, str) or not _REGEX_FLAGS.issuperset(options):
        raise ArgumentError.because(f"`$options` takes the letters `i`, `m` and `s`, not {_said(options)}")
    if field.kind not in (Kind.UNKNOWN, Kind.TEXT, Kind.LIST):
        raise ArgumentError.because(f"`$regex` searches text, and `{field.written}` holds a {field.kind}")
    matches = _matcher(f"(?{''.join(sorted(set(options)))}){operand}" if options else operand)
    return lambda values: any(isinstance(value, str) and matches(value) for value in _spread(values))


def _matcher(pattern: str) -> Matcher:
    try:
        return matcher(TextOp.REGEX, pattern)
    except QueryError as error:
        hint = "RE2 has no look-around and no back-references; `$not` negates a pattern"
        raise ArgumentError.because(error.diagnostics[0].message, hint) from error


_OPERATORS: Mapping[str, Callable[[FilterField, Any], _ValuesTest]] = {
    "$eq": _equals,
    "$ne": _negated(_equals),
    "$gt": _ordering("$gt", lambda a, b: a > b),
    "$gte": _ordering("$gte", lambda a, b: a >= b),
    "$lt": _ordering("$lt", lambda a, b: a < b),
    "$lte": _ordering("$lte", lambda a, b: a <= b),
    "$in": _is_in,
    "$nin": _negated(_is_in),
    "$exists": _exists,
    "$not": _not,
    "$regex": lambda field, operand: _regex(field, operand, ""),
    "$options": _exists,
}
"""By name. `$options` only belongs to the `$regex` beside it, and is read there."""


def same(a: Value, b: Value) -> bool:
    """Equality of two values: of one kind only, lists and records element by element, NaN equal to NaN."""
    kind = kind_of(a)
    if kind is not kind_of(b):
        return False
    if kind is Kind.NUMBER:
        return bool(a == b) or (_is_nan(a) and _is_nan(b))
    if kind is Kind.LIST:
        return len(a) == len(b) and all(map(same, a, b))
    if kind is Kind.RECORD:
        return a.keys() == b.keys() and all(same(value, b[key]) for key, value in a.items())
    return bool(a == b)


def _is_nan(value: Value) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _spread(values: Sequence[Value]) -> Iterator[Value]:
    """Each value, and each element of those that are lists."""
    for value in values:
        yield value
        if isinstance(value, list | tuple):
            yield from value


def _value(field: FilterField, operand: Any) -> Value:
    """An operand as a value: of a time field a time, NumPy's numbers as Python's."""
    if field.kind is Kind.TIME:
        return _time(field, operand)
    return _plain(operand)


def _plain(operand: Any) -> Value:
    match operand:
        case None | bool() | str() | int() | float():
            return operand
        case datetime():
            return operand if operand.tzinfo else operand.replace(tzinfo=UTC)
        case list() | tuple():
            return [_plain(item) for item in operand]
        case Mapping():
            return {str(key): _plain(value) for key, value in operand.items()}
        case Integral():
            return int(operand)
        case Real():
            return float(operand)
    raise ArgumentError.because(f"a filter compares with numbers, texts, bools, null and lists, not {_said(operand)}")


def _time(field: FilterField, operand: Any) -> datetime | None:
    if isinstance(operand, str):
        try:
            operand = datetime.fromisoformat(operand)
        except ValueError as error:
            raise ArgumentError.because(f"`{operand}` is not a time", f"`{field.written}` takes ISO text") from error
    if operand is None:
        return None
    if not isinstance(operand, datetime):
        hint = "write it as `2026-01-31T12:00:00Z`"
        raise ArgumentError.because(f"`{field.written}` compares with times, not {_said(operand)}", hint)
    return operand if operand.tzinfo else operand.replace(tzinfo=UTC)


_HINTS: Mapping[str, str] = {
    "$all": "write `$and` with one filter for each value",
    "$size": "W&B's filters cannot ask for the length of a list",
    "$contains": "write `$regex`",
    "$not": "it stands under a field; for a whole filter write `$nor` with a list of one",
}


def _unknown_operator(name: object, *, top: bool = False) -> ArgumentError:
    place = "at the top of a filter" if top else "under a field"
    known = [*_LOGIC] if top else [*_OPERATORS]
    hints = []
    if name in _HINTS:
        hints.append(_HINTS[str(name)])
    elif near := nearest(str(name), known, 2, allowed=2):
        hints.append("nearest: " + ", ".join(f"`{each}`" for each in near))
    hints.append(f"{place} stand " + ", ".join(f"`{each}`" for each in known))
    return ArgumentError.because(f"`{name}` is not an operator {place}", *hints)


def _said(operand: object) -> str:
    text = repr(operand)
    return f"`{text}`" if len(text) <= 60 else f"a value of type `{type(operand).__name__}`"
