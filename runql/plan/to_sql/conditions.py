"""Conditions as SQL: when one is true, and when it is false. What is neither is unknown, as in the engine.

Both are predicates of a run, and a run passes one if it is TRUE: NULL says no more than FALSE does. So `not` is never
written over a comparison; the false side is written instead.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TypeAlias, assert_never

from runql.language.fields import Space
from runql.language.kinds import Kind
from runql.plan.to_sql.fields import AttrField, Odd, OddOf, RunColumn, located
from runql.plan.to_sql.texts import match_sql, number_sql, text_sql, time_sql
from runql.semantic.typed import (
    FieldKey,
    TAggregate,
    TAnd,
    TAnyField,
    TArithmetic,
    TBetween,
    TCall,
    TCell,
    TCompare,
    TConst,
    TField,
    TFold,
    THas,
    TIn,
    TIs,
    TLogged,
    TNegate,
    TNot,
    TOr,
    TQuestion,
    TTextTest,
    TUntagged,
    TWindow,
    TypedExpr,
)
from runql.semantic.values import Value, kind_of
from runql.syntax.tree import Comparison, HasMode, State, TextOp
from runql.text.frozen import frozen

NEVER, ALWAYS = "FALSE", "TRUE"

_OPPOSITE = {
    Comparison.LT: Comparison.GE,
    Comparison.LE: Comparison.GT,
    Comparison.GT: Comparison.LE,
    Comparison.GE: Comparison.LT,
}
_SPELT = {Comparison.LT: "<", Comparison.LE: "<=", Comparison.GT: ">", Comparison.GE: ">="}
_TAGS = "tags"


@frozen
class Truth:
    """When a condition is true, and when it is false."""

    true: str
    false: str


def two_valued(true: str) -> Truth:
    """The truth of a condition that is never unknown."""
    return Truth(true, f"({true}) IS NOT TRUE")


_UNKNOWN = Truth(NEVER, NEVER)
_Place: TypeAlias = AttrField | RunColumn
_Test: TypeAlias = TCompare | TBetween | TIn | TTextTest | THas | TIs


class Conditions:
    """Writes conditions. `fields`: the rows of `attr` that were named so far, each with the alias of its join;
    `columns`: those of `runs`."""

    def __init__(self, odd_of: OddOf) -> None:
        self.fields: dict[AttrField, str] = {}
        self.columns: set[str] = set()
        self._odd_of = odd_of

    def truth(self, expr: TypedExpr) -> Truth | None:  # noqa: PLR0911 - one line a shape
        """When a condition is true and when false; `None` where SQL does not say that exactly."""
        match expr:
            case TConst(value=bool() as constant):
                return Truth(ALWAYS, NEVER) if constant else Truth(NEVER, ALWAYS)
            case TConst():
                return _UNKNOWN
            case TNot(value=value):
                inner = self.truth(value)
                return None if inner is None else Truth(inner.false, inner.true)
            case TAnd(terms=terms):
                return _joined(map(self.truth, terms), "AND", "OR")
            case TOr(terms=terms):
                return _joined(map(self.truth, terms), "OR", "AND")
            case TUntagged():
                self.columns.add(_TAGS)
                return two_valued(f"len(r.{_TAGS}) = 0")
            case TField(key=key):
                return self._bare(key)
            case TCompare() | TBetween() | TIn() | TTextTest() | THas() | TIs():
                return self._test(expr)
            case TLogged() | TAnyField() | TArithmetic() | TNegate() | TCall():
                return None
            case TAggregate() | TCell() | TFold() | TQuestion() | TWindow():
                return None
            case _:
                assert_never(expr)

    def _test(self, expr: _Test) -> Truth | None:  # noqa: PLR0911 - one line a shape
        """A test of one field against constants."""
        match expr:
            case TCompare(op=op, left=TField(key=key), right=TConst(value=value)):
                return self._compare(key, op, value)
            case TBetween(value=TField(key=key), low=TConst(value=low), high=TConst(value=high)):
                ends = self._compare(key, Comparison.GE, low), self._compare(key, Comparison.LE, high)
                return _joined(ends, "AND", "OR")
            case TIn(value=TField(key=key), items=items) if (constants := _constants(items)) is not None:
                return self._among(key, constants)
            case TTextTest(op=text_op, value=TField(key=key), pattern=TConst(value=str() as pattern)):
                return self._text(key, text_op, pattern)
            case THas(mode=mode, value=TField(key=key), items=items) if (constants := _constants(items)) is not None:
                return self._has(key, mode, constants)
            case TIs(value=TField(key=key), state=state):
                return self._is(key, state)
            case TCompare() | TBetween() | TIn() | TTextTest() | THas() | TIs():
                return None  # of more than one field, or of a value that is worked out
            case _:
                assert_never(expr)

    def alias(self, field: AttrField) -> str:
        """The name of the join with the rows of a field."""
        return self.fields.setdefault(field, f"f{len(self.fields) + 1}")

    def is_odd(self, field: AttrField, *odd: Odd) -> bool:
        """Whether some row of a field is odd in one of these ways."""
        return not self._odd_of(field.space, field.path).isdisjoint(odd)

    def place(self, key: FieldKey) -> _Place | None:
        """Where a field is."""
        found = located(key, self._odd_of)
        if isinstance(found, RunColumn):
            self.columns.add(found.name)
        return found

    # ------------------------------------------------------------ comparisons

    def _compare(self, key: FieldKey, op: Comparison, value: Value) -> Truth | None:
        if op is Comparison.NE:
            same = self._equal(key, value)
            return None if same is None else Truth(same.false, same.true)
        if op is Comparison.EQ:
            return self._equal(key, value)
        place = self.place(key)
        if place is None:
            return None
        return (
            self._ordered(place, op, value) if isinstance(place, AttrField) else self._ordered_column(place, op, value)
        )

    def _equal(self, key: FieldKey, value: Value) -> Truth | None:
        if value is None:
            return self._is(key, State.NULL)
        return self._among(key, [value])

    def _ordered(self, field: AttrField, op: Comparison, value: Value) -> Truth | None:
        """A comparison of order: unknown, unless both are of one kind."""
        kind = kind_of(value)
        if kind is Kind.NUMBER:
            written = number_sql(value)
            if written is None:
                return None
            of = self.alias(field)
            number = f"{of}.t = 'n' AND {of}.num"
            return Truth(
                f"({number} {_SPELT[op]} {written})",
                f"({number} {_SPELT[_OPPOSITE[op]]} {written} OR {of}.t = 'q')",
            )
        if kind is Kind.TIME:
            return None if self.is_odd(field, Odd.TIME) else _UNKNOWN
        if kind not in (Kind.TEXT, Kind.BOOL):
            return _UNKNOWN
        tag, written = ("b", _bool(value)) if kind is Kind.BOOL else ("s", text_sql(value))
        if written is None or (kind is Kind.TEXT and self.is_odd(field, Odd.TEXT)):
            return None
        of = self.alias(field)
        side = f"({of}.t = '{tag}' AND {of}.str {{}} {written})"
        return Truth(side.format(_SPELT[op]), side.format(_SPELT[_OPPOSITE[op]]))

    def _ordered_column(self, column: RunColumn, op: Comparison, value: Value) -> Truth | None:
        if kind_of(value) is not column.kind or column.name == _TAGS:
            return _UNKNOWN
        written, cell = self._beside(column, value)
        if written is None:
            return None
        true, false = f"{cell} {_SPELT[op]} {written}", f"{cell} {_SPELT[_OPPOSITE[op]]} {written}"
        if column.kind is Kind.NUMBER:
            return Truth(f"({true} AND NOT isnan({cell}))", f"({false} OR isnan({cell}))")
        return Truth(f"({true})", f"({false})")

    def _beside(self, column: RunColumn, value: Value) -> tuple[str | None, str]:
        """A constant of the kind of a column, and the column as it is compared with it."""
        match column.kind:
            case Kind.NUMBER:
                return number_sql(value), column.sql
            case Kind.TIME:
                return time_sql(value), column.sql
            case Kind.TEXT if column.name == "state":
                is_plain = value.isascii() and Odd.CASE not in self._odd_of(Space.RUN, "state")
                return (text_sql(value.lower()) if is_plain else None), f"lower({column.sql})"
            case Kind.TEXT:
                return text_sql(value), column.sql
            case _:
                return None, column.sql

    def _among(self, key: FieldKey, values: Sequence[Value]) -> Truth | None:
        """Whether a field is one of some constants, of which the literal null asks for null or missing."""
        place = self.place(key)
        if place is None or any(kind_of(value) in (Kind.LIST, Kind.RECORD) for value in values):
            return None
        tests = [self._is(key, State.NULL)] if None in values else []
        known = [value for value in values if value is not None and not _is_nan(value)]  # NaN equals nothing
        found = self._one_of(place, known) if isinstance(place, AttrField) else self._one_of_column(place, known)
        if found is None or None in tests:
            return None
        sides = [*(test.true for test in tests if test is not None), *found]
        return two_valued(_chain(sides, "OR")) if sides else Truth(NEVER, ALWAYS)

    def _one_of(self, field: AttrField, values: Sequence[Value]) -> list[str] | None:
        by_tag: dict[tuple[str, str], list[str]] = {}
        for value in values:
            equal = _equal_to(value)
            if equal is None:
                if kind_of(value) is not Kind.TIME or self.is_odd(field, Odd.TIME):
                    return None
                continue
            tag, column, written = equal
            by_tag.setdefault((tag, column), []).append(written)
        of = self.alias(field) if by_tag else ""
        return [f"({of}.t = '{tag}' AND {of}.{column} {_in(written)})" for (tag, column), written in by_tag.items()]

    def _one_of_column(self, column: RunColumn, values: Sequence[Value]) -> list[str] | None:
        own = [value for value in values if kind_of(value) is column.kind and column.name != _TAGS]
        pairs = [self._beside(column, value) for value in own]
        written = [one for one, _ in pairs if one is not None]
        if len(written) < len(own):
            return None
        return [f"{pairs[0][1]} {_in(written)}"] if written else []

    # ------------------------------------------------------------ other tests

    def _bare(self, key: FieldKey) -> Truth | None:
        """A field as a condition: true where it is `true`, false where it is `false`."""
        place = self.place(key)
        if not isinstance(place, AttrField):
            return None if place is None else _UNKNOWN
        of = self.alias(place)
        return Truth(f"({of}.t = 'b' AND {of}.str = 'true')", f"({of}.t = 'b' AND {of}.str = 'false')")

    def _is(self, key: FieldKey, state: State) -> Truth | None:
        place = self.place(key)
        if place is None:
            return None
        if isinstance(place, RunColumn):
            return two_valued(_state_of_column(place, state))
        of = self.alias(place)
        tests = {
            State.NULL: f"({of}.t IS NULL OR {of}.t = 'z')",
            State.MISSING: f"({of}.t IS NULL)",
            State.NAN: f"({of}.t = 'q')",
            State.FINITE: f"({of}.t = 'n' AND (isfinite({of}.num) OR {of}.whole))",
            State.INFINITE: f"({of}.t = 'n' AND isinf({of}.num) AND {of}.whole IS NOT TRUE)",
        }
        return two_valued(tests[state])

    def _text(self, key: FieldKey, op: TextOp, pattern: str) -> Truth | None:
        """Of a text, or of any element of a list."""
        place = self.place(key)
        if isinstance(place, RunColumn):
            return self._text_of_column(place, op, pattern)
        if place is None or place.chosen or self.is_odd(place, Odd.TEXT):
            return None
        matches = match_sql(op, "str", pattern)
        return None if matches is None else two_valued(_any_row(place, f"t = 's' AND {matches}"))

    def _text_of_column(self, column: RunColumn, op: TextOp, pattern: str) -> Truth | None:
        if column.kind is not Kind.TEXT and column.name != _TAGS:
            return Truth(NEVER, ALWAYS)
        is_list = column.name == _TAGS
        matches = match_sql(op, "tag" if is_list else column.sql, pattern)
        if matches is None:
            return None
        return two_valued(f"len(list_filter({column.sql}, lambda tag: {matches})) > 0" if is_list else matches)

    def _has(self, key: FieldKey, mode: HasMode, values: Sequence[Value]) -> Truth | None:
        place = self.place(key)
        if place is None or not values or (isinstance(place, AttrField) and place.chosen):
            return None
        if isinstance(place, RunColumn) and place.name != _TAGS:
            return None
        found = [_holds(place, value) for value in values]
        tests = [one for one in found if one is not None]
        if len(tests) < len(found):
            return None
        held = two_valued(_chain(tests, "AND" if mode is HasMode.ALL else "OR"))
        return Truth(held.false, held.true) if mode is HasMode.NONE else held


# ---------------------------------------------------------------- pieces


def _joined(parts: Iterable[Truth | None], of_true: str, of_false: str) -> Truth | None:
    found = [*parts]
    known = [part for part in found if part is not None]
    if len(known) < len(found):
        return None
    return Truth(_chain([one.true for one in known], of_true), _chain([one.false for one in known], of_false))


def _chain(sides: Sequence[str], word: str) -> str:
    return sides[0] if len(sides) == 1 else "(" + f" {word} ".join(sides) + ")"


def _constants(items: Sequence[TypedExpr]) -> list[Value] | None:
    """The values of constants; `None` if some is none."""
    found = [item.value for item in items if isinstance(item, TConst)]
    return found if len(found) == len(items) else None


def _in(written: Sequence[str]) -> str:
    return f"= {written[0]}" if len(written) == 1 else f"IN ({', '.join(written)})"


def _is_nan(value: Value) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _bool(value: Value) -> str:
    return "'true'" if value else "'false'"


def _equal_to(value: Value) -> tuple[str, str, str] | None:
    """The tag, the column and the constant that rows equal to a value have; `None` where that is not exact."""
    match kind_of(value):
        case Kind.NUMBER if isinstance(value, int | float):
            written = number_sql(value)
            return None if written is None else ("n", "num", written)
        case Kind.TEXT:
            written = text_sql(value)
            return None if written is None else ("s", "str", written)
        case Kind.BOOL:
            return "b", "str", _bool(value)
        case _:
            return None


def _holds(place: _Place, value: Value) -> str | None:
    """Whether a list has an element that equals a constant; the literal null asks for null."""
    if isinstance(place, RunColumn):
        if kind_of(value) is not Kind.TEXT:
            return NEVER
        written = text_sql(value)
        return None if written is None else f"list_contains({place.sql}, {written})"
    if value is None:
        return _any_row(place, "el AND t = 'z'")
    equal = _equal_to(value)
    if equal is None:
        return None
    tag, column, written = equal
    return _any_row(place, f"el AND t = '{tag}' AND {column} = {written}")


def _any_row(field: AttrField, test: str) -> str:
    return f"r.run IN (SELECT run FROM attr WHERE {field.where} AND {test})"


def _state_of_column(column: RunColumn, state: State) -> str:
    if column.name == _TAGS:
        return NEVER
    if state in (State.NULL, State.MISSING):
        return f"{column.sql} IS NULL"
    if column.kind is not Kind.NUMBER:
        return NEVER
    return f"{ {State.NAN: 'isnan', State.FINITE: 'isfinite', State.INFINITE: 'isinf'}[state] }({column.sql})"
