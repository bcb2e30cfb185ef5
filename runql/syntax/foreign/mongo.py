"""W&B's filters and orders as a query: MongoDB's query language over runs, as a condition.

What a filter means is what the engine's `mongo` says. Where the two languages part, the text says it in full: a
negated order of numbers holds of a missing value there and is unknown here, so it is written with `if`. One thing is
left as people mean it: a filter also finds a list that holds the value, and `=` does not; of lists `has` asks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, assert_never

from runql.errors import ArgumentError
from runql.language.fields import Space
from runql.syntax import tree as t
from runql.syntax.foreign.python_values import read_value
from runql.syntax.literals import read_path, write_path
from runql.syntax.mongo.names import AS_PASTED, cannot, said
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
from runql.syntax.mongo.reader import read_filter, read_order

_ORDERS: Final[Mapping[MongoOperator, t.Comparison]] = {
    MongoOperator.GT: t.Comparison.GT,
    MongoOperator.GTE: t.Comparison.GE,
    MongoOperator.LT: t.Comparison.LT,
    MongoOperator.LTE: t.Comparison.LE,
}
_LONGEST: Final = 100_000


def from_mongo(filters: Mapping[str, Any] | None, order: str | None = None) -> str:
    """A filter and an order of W&B's `Runs` as a query: `runs where config.lr > 0.01 order -summary.loss`.

    Args:
        filters: MongoDB's operators over W&B's names, as `wandb.Api().runs(filters=…)` takes them; none is all runs.
        order: W&B's order, such as `-summary_metrics.loss`; none leaves it to the language.

    Raises:
        ArgumentError: the language has no way to say a part of it; the message begins with the keys that lead there.
    """
    clauses: list[t.Clause] = []
    condition = _condition(read_filter(filters, AS_PASTED))
    if condition != _ALWAYS:
        clauses.append(t.WhereClause(condition))
    if order:
        keys = read_order(order, AS_PASTED)
        clauses.append(t.OrderClause(tuple(t.OrderKey(field_of(k.field), descending=k.descending) for k in keys)))
    return _text(t.Query(t.Target.RUNS, tuple(clauses)))


def mongo_text(text: str) -> str | None:
    """The condition that the text of a filter means; none if it is not one, or has what the language has not."""
    try:
        filters = parse_filter(text)
        return _text(_condition(read_filter(filters, AS_PASTED))) if filters else None
    except ArgumentError:
        return None


def parse_filter(text: str) -> dict[str, Any] | None:
    """The dict that a text writes, in the spelling of Python or of JSON; none if it is not one.

    Raises:
        ArgumentError: a key stands twice in it.
    """
    if len(text) > _LONGEST:
        return None
    value = read_value(text)
    return value if isinstance(value, dict) else None


def _text(node: t.Query | t.Expr) -> str:
    from runql.syntax.printer.to_text import to_text

    return to_text(node)


# ---------------------------------------------------------------- logic

_ALWAYS: Final = t.Literal(True)
_NEVER: Final = t.Literal(False)


def _condition(filters: MongoFilter) -> t.Expr:
    match filters:
        case MongoAnd(parts=parts):
            return _all([_condition(part) for part in parts])
        case MongoOr(parts=parts):
            return _any([_condition(part) for part in parts])
        case MongoNor(parts=parts):
            return _negated(_any([_condition(part) for part in parts]))
        case MongoCompare() | MongoIn() | MongoExists() | MongoRegex() | MongoAll() | MongoSize() | MongoContains():
            field = field_of(filters.field, filters.place)
            return _of_logged(field, filters) if field.path.segments[0] == "logged" else _of_field(field, filters)
        case _:
            assert_never(filters)


def _all(terms: Sequence[t.Expr]) -> t.Expr:
    return _joined(t.And, terms, _ALWAYS, _NEVER)


def _any(terms: Sequence[t.Expr]) -> t.Expr:
    return _joined(t.Or, terms, _NEVER, _ALWAYS)


def _joined(node: type[t.And] | type[t.Or], terms: Sequence[t.Expr], empty: t.Expr, decided: t.Expr) -> t.Expr:
    if decided in terms:
        return decided
    flat: list[t.Expr] = []
    for term in terms:
        flat += term.terms if isinstance(term, node) else () if term == empty else (term,)
    return node(tuple(flat)) if len(flat) > 1 else flat[0] if flat else empty


def _negated(expr: t.Expr) -> t.Expr:  # noqa: PLR0911 - one a node
    """What holds wherever the other does not: also where that is unknown."""
    match expr:
        case t.Literal(value=bool() as value):
            return t.Literal(not value)
        case t.Not(value=inner):
            return inner
        case t.Compare(op=t.Comparison.EQ):
            return t.Compare(t.Comparison.NE, expr.left, expr.right)
        case t.Compare(op=t.Comparison.NE):
            return t.Compare(t.Comparison.EQ, expr.left, expr.right)
        case t.In() | t.TextTest() | t.Has() | t.Is():
            return _flipped(expr)
        case t.Or(terms=terms) if all(isinstance(term, _FLIPPED) or _is_equality(term) for term in terms):
            return t.And(tuple(map(_negated, terms)))
        case t.Literal() | t.Time() | t.RelativeTime() | t.Duration() | t.Param() | t.Field() | t.Compare():
            return t.Not(_two_valued(expr))
        case t.Between() | t.Untagged() | t.Not() | t.And() | t.Or() | t.Arithmetic() | t.Negate() | t.Call():
            return t.Not(_two_valued(expr))
        case t.ListValue() | t.ValueQuery() | t.Regex() | t.Broken() | t.Window() | t.AnyField():
            return t.Not(_two_valued(expr))
        case _:
            assert_never(expr)


_FLIPPED: Final = (t.In, t.TextTest, t.Has, t.Is)


def _is_equality(expr: t.Expr) -> bool:
    return isinstance(expr, t.Compare) and expr.op in (t.Comparison.EQ, t.Comparison.NE)


def _flipped(expr: t.In | t.TextTest | t.Has | t.Is) -> t.Expr:
    match expr:
        case t.In():
            return t.In(expr.value, expr.items, not expr.negated)
        case t.TextTest():
            return t.TextTest(expr.op, expr.value, expr.pattern, not expr.negated)
        case t.Has():
            return t.Has(expr.mode, expr.value, expr.items, not expr.negated)
        case t.Is():
            return t.Is(expr.value, expr.state, not expr.negated)
        case _:
            assert_never(expr)


def _two_valued(expr: t.Expr) -> t.Expr:
    """The condition with its unknown parts made false."""
    match expr:
        case t.And(terms=terms):
            return t.And(tuple(map(_two_valued, terms)))
        case t.Or(terms=terms):
            return t.Or(tuple(map(_two_valued, terms)))
        case t.Compare(op=op) if op in _ORDERS.values():
            return t.Call("if", (expr, _ALWAYS, _NEVER))
        case t.Literal() | t.Time() | t.RelativeTime() | t.Duration() | t.Param() | t.Field() | t.Compare():
            return expr
        case t.Between() | t.In() | t.TextTest() | t.Has() | t.Untagged() | t.Is() | t.Not() | t.Arithmetic():
            return expr
        case (
            t.ListValue() | t.Negate() | t.Call() | t.ValueQuery() | t.Regex() | t.Broken() | t.Window() | t.AnyField()
        ):
            return expr
        case _:
            assert_never(expr)


# ---------------------------------------------------------------- tests of one field


def _of_logged(field: t.Field, test: MongoTest) -> t.Expr:
    match test:
        case MongoExists(wanted=wanted):
            return t.Is(field, t.State.MISSING, negated=wanted)
        case MongoCompare() | MongoIn() | MongoRegex() | MongoAll() | MongoSize() | MongoContains():
            raise cannot(test.place, "of logged keys only `$exists` can be asked")
        case _:
            assert_never(test)


def _of_field(field: t.Field, test: MongoTest) -> t.Expr:  # noqa: PLR0911 - one a node
    match test:
        case MongoCompare(op=MongoOperator.EQ, value=value):
            return _equals(field, value, test)
        case MongoCompare(op=MongoOperator.NE, value=value):
            return _negated(_equals(field, value, test))
        case MongoCompare(op=op, value=value):
            return _ordered(field, op, value, test)
        case MongoIn(values=values, negated=negated):
            found = _is_in(field, values, test)
            return _negated(found) if negated else found
        case MongoExists(wanted=wanted):
            return t.Is(field, t.State.MISSING, negated=wanted)
        case MongoRegex(pattern=pattern, options=options):
            return _regex(field, pattern, options)
        case MongoAll(values=values):
            _only_tags(test, "$all")
            return t.Has(t.HasMode.ALL, field, tuple(literal_of(value, test.place) for value in values))
        case MongoSize(size=size):
            _only_tags(test, "$size")
            return t.Compare(t.Comparison.EQ, t.Call("len", (field,)), t.Literal(size))
        case MongoContains(text=text):
            return t.TextTest(t.TextOp.CONTAINS, field, t.Literal(text))
        case _:
            assert_never(test)


def _only_tags(test: MongoTest, operator: str) -> None:
    if not test.field.is_tags:
        raise cannot(test.place, f"the language has no test for `{operator}`", "only `tags` take it")


def _equals(field: t.Field, value: Any, test: MongoTest, place: str = "") -> t.Expr:
    is_tags = test.field.is_tags
    if value is None or (is_tags and value == []):
        return t.Untagged() if is_tags else t.Is(field, t.State.NULL)
    if is_nan(value):
        return t.Is(field, t.State.NAN)
    if isinstance(value, list) and not place:
        return t.Compare(t.Comparison.EQ, field, list_of(value, test.place))
    literal = literal_of(value, place or test.place)
    return t.Has(t.HasMode.ONE, field, (literal,)) if is_tags else t.Compare(t.Comparison.EQ, field, literal)


def _is_in(field: t.Field, values: Sequence[Any], test: MongoTest) -> t.Expr:
    placed = [(value, f"{test.place}[{index}]") for index, value in enumerate(values)]
    plain = [(value, where) for value, where in placed if value is not None and not is_nan(value)]
    tests = [_equals(field, value, test, where) for value, where in placed if value is None or is_nan(value)]
    if len(plain) == 1:
        tests.insert(0, _equals(field, plain[0][0], test, plain[0][1]))
    elif plain:
        literals = tuple(literal_of(value, where) for value, where in plain)
        is_tags = test.field.is_tags
        tests.insert(0, t.Has(t.HasMode.ANY, field, literals) if is_tags else t.In(field, literals))
    return _any(tests)


def _ordered(field: t.Field, op: MongoOperator, value: Any, test: MongoTest) -> t.Expr:
    if value is None or is_nan(value):
        # As the engine of filters has it: nothing is less or greater; equal is what `$gte` and `$lte` are too.
        return _equals(field, value, test) if op in (MongoOperator.GTE, MongoOperator.LTE) else _NEVER
    if test.field.is_tags:
        raise cannot(test.place, "a list of tags is neither less nor greater")
    return t.Compare(_ORDERS[op], field, literal_of(value, test.place))


def _regex(field: t.Field, pattern: str, options: str) -> t.Expr:
    flags = options.replace("i", "")
    op = t.TextOp.REGEX_ANY_CASE if "i" in options else t.TextOp.REGEX
    return t.TextTest(op, field, t.Literal(f"(?{flags}){pattern}" if flags else pattern))


def field_of(field: FilterField, place: str = "") -> t.Field:
    """The field of a query that a filter or an order names."""
    segments = list(field.segments)
    match field.space:
        case Space.RUN:
            return t.Field(t.Path((segments[0],)))
        case Space.CONFIG:
            return t.Field(_path("config", _unwrapped(segments)))
        case Space.SUMMARY:
            return t.Field(_path("summary", segments))
        case Space.LOGGED if segments[0] == "keys" and any(segments[1:]):
            return t.Field(_path("logged", segments[1:]))
        case Space.LOGGED | Space.SYSTEM:
            raise cannot(place, f"no field `{field.written}` in a query", "a metric is `keys_info.keys.NAME`")
        case _:
            assert_never(field.space)


def _unwrapped(segments: list[str]) -> list[str]:
    """The keys of a config value without W&B's own `value`: behind the first key, or at the end."""
    if len(segments) > 1 and segments[1] == "value":
        return [segments[0], *segments[2:]]
    return segments[:-1] if len(segments) > 1 and segments[-1] == "value" else segments


def _path(space: str, keys: Sequence[str]) -> t.Path:
    """A path that is written without backticks if it can be: then a dot nests or is part of a key, as in a filter."""
    plain = t.Path((space, *keys))
    written = write_path(plain)
    return plain if "*" not in written and read_path(written) == plain else t.Path((space, *keys), exact=True)


def list_of(values: Sequence[Any], place: str) -> t.Expr:
    """A whole list; its elements are plain values or null. NaN within a list equals nothing in the language."""
    items: list[t.Expr] = []
    for index, value in enumerate(values):
        if is_nan(value):
            raise cannot(f"{place}[{index}]", "within a list NaN equals nothing")
        items.append(t.Literal(None) if value is None else literal_of(value, f"{place}[{index}]"))
    return t.ListValue(tuple(items))


def literal_of(value: Any, place: str) -> t.Expr:
    """A value of a filter as a literal."""
    if isinstance(value, datetime):
        return t.Time(value)
    if isinstance(value, bool | int | float | str):
        return t.Literal(value)
    if value is None:
        raise cannot(place, "null cannot stand here")
    raise cannot(place, f"a query compares with numbers, texts, true, false and null here, not with {said(value)}")
