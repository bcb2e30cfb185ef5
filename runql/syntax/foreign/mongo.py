"""W&B's filters and orders, read back: MongoDB's query language over runs, as a condition.

What a filter means is what the engine's `mongo` says. Where the two languages part, the text says it in full: a
negated order of numbers holds of a missing value there and is unknown here, so it is written with `if`. One thing is
left as people mean it: a filter also finds a list that holds the value, and `=` does not; of lists `has` asks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, assert_never

from runql.errors import ArgumentError
from runql.syntax import tree as t
from runql.syntax.foreign.mongo_fields import cannot, field_of, is_tags, order_key, said, value_of
from runql.syntax.foreign.python_values import read_value

_ORDERS: Final = {"$gt": t.Comparison.GT, "$gte": t.Comparison.GE, "$lt": t.Comparison.LT, "$lte": t.Comparison.LE}
_LOST: Final = ("an operator has no name", "a shell takes `$gt` for its own: put the filter in single quotes")
_DEEPEST: Final = 40
_LONGEST: Final = 100_000
_HINTS: Final = {
    "$all": "only `tags` take it",
    "$size": "only `tags` take it",
    "$elemMatch": "test the elements by `has`",
    "$where": "a filter runs no code here",
    "$expr": "fields compare by themselves: `summary.a > summary.b`",
}


def from_mongo(filters: Mapping[str, Any] | None, order: str | None = None) -> str:
    """A filter and an order of W&B's `Runs` as a query: `runs where config.lr > 0.01 order -summary.loss`.

    Args:
        filters: MongoDB's operators over W&B's names, as `wandb.Api().runs(filters=…)` takes them; none is all runs.
        order: W&B's order, such as `-summary_metrics.loss`; none leaves it to the language.

    Raises:
        ArgumentError: the language has no way to say a part of it; the message begins with the keys that lead there.
    """
    clauses: list[t.Clause] = []
    condition = _filter({} if filters is None else filters, "", 0)
    if condition != _ALWAYS:
        clauses.append(t.WhereClause(condition))
    if order:
        clauses.append(t.OrderClause(tuple(order_key(key, order) for key in order.split(","))))
    return _text(t.Query(t.Target.RUNS, tuple(clauses)))


def mongo_text(text: str) -> str | None:
    """The condition that the text of a filter means; none if it is not one, or has what the language has not."""
    filters = read_filter(text)
    if not filters:
        return None
    try:
        return _text(_filter(filters, "", 0))
    except ArgumentError:
        return None


def read_filter(text: str) -> dict[str, Any] | None:
    """The dict that a text writes, in the spelling of Python or of JSON; none if it is not one."""
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


def _filter(filters: Any, place: str, depth: int) -> t.Expr:
    if not isinstance(filters, Mapping):
        raise cannot(place, f"a filter is a dict, not {said(filters)}")
    if depth > _DEEPEST:
        raise cannot(place, "the filter is nested too deeply")
    return _all([_entry(key, value, place, depth) for key, value in filters.items()])


def _entry(key: Any, value: Any, place: str, depth: int) -> t.Expr:
    if not isinstance(key, str):
        raise cannot(place, f"a filter names its fields by text, not by {said(key)}")
    here = f"{place}.{key}" if place else key
    if not key.strip():
        raise cannot(place, *_LOST)
    if key == "$not":
        return _negated(_filter(value, here, depth + 1))
    if key in _JOINS:
        if not isinstance(value, Sequence) or isinstance(value, str) or not value:
            raise cannot(here, f"`{key}` takes a list of one or more filters, not {said(value)}")
        return _JOINS[key]([_filter(part, f"{here}[{index}]", depth + 1) for index, part in enumerate(value)])
    if key.startswith("$"):
        raise cannot(here, f"`{key}` does not join filters", f"what does: {', '.join(f'`{one}`' for one in _JOINS)}")
    field = field_of(key, here)
    if field.path.segments[0] == "logged":
        return _was_logged(field, value, here)
    return _tests(field, value, here, depth)


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


_JOINS: Final[Mapping[str, Callable[[Sequence[t.Expr]], t.Expr]]] = {
    "$and": _all,
    "$or": _any,
    "$nor": lambda terms: _negated(_any(terms)),
}


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
        case t.ListValue() | t.Broken():
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
        case t.ListValue() | t.Negate() | t.Call() | t.Broken():
            return expr
        case _:
            assert_never(expr)


# ---------------------------------------------------------------- tests of one field


def _was_logged(field: t.Field, value: Any, place: str) -> t.Expr:
    if not isinstance(value, Mapping) or list(value) != ["$exists"]:
        raise cannot(place, "of logged keys only `$exists` can be asked")
    return t.Is(field, t.State.MISSING, negated=bool(value["$exists"]))


def _tests(field: t.Field, value: Any, place: str, depth: int) -> t.Expr:
    """What is asked of one field: a dict of operators, or a value that it must equal."""
    if isinstance(value, Mapping) and "" in value:
        raise cannot(place, *_LOST)
    if not _is_operators(value):
        return _equals(field, value, place)
    if depth > _DEEPEST:
        raise cannot(place, "the filter is nested too deeply")
    terms = []
    for name, operand in value.items():
        here = f"{place}.{name}"
        if name == "$not":
            if not _is_operators(operand):
                raise cannot(here, f"`$not` takes a dict of operators, not {said(operand)}")
            terms.append(_negated(_tests(field, operand, here, depth + 1)))
        elif name == "$regex":
            terms.append(_regex(field, operand, value.get("$options", ""), here))
        elif name == "$options":
            if "$regex" not in value:
                raise cannot(here, "`$options` stands beside a `$regex` only")
        elif name in _TESTS:
            terms.append(_TESTS[name](field, operand, here))
        else:
            hints = (_HINTS[name],) if name in _HINTS else ()
            raise cannot(here, f"the language has no test for `{name}`", *hints)
    return _all(terms)


def _is_operators(value: Any) -> bool:
    return isinstance(value, Mapping) and any(isinstance(key, str) and key.startswith("$") for key in value)


def _equals(field: t.Field, operand: Any, place: str) -> t.Expr:
    if operand is None or (is_tags(field) and operand in ([], ())):
        return t.Untagged() if is_tags(field) else t.Is(field, t.State.NULL)
    if _is_nan(operand):
        return t.Is(field, t.State.NAN)
    value = value_of(field, operand, place)
    if is_tags(field):
        return t.Has(t.HasMode.ONE, field, (value,))
    return t.Compare(t.Comparison.EQ, field, value)


def _is_in(field: t.Field, operand: Any, place: str) -> t.Expr:
    if not isinstance(operand, list | tuple | set | frozenset):
        raise cannot(place, f"a list must stand here, not {said(operand)}")
    items = sorted(operand, key=repr) if isinstance(operand, set | frozenset) else operand
    placed = [(item, f"{place}[{index}]") for index, item in enumerate(items)]
    plain = [(item, where) for item, where in placed if item is not None and not _is_nan(item)]
    tests = [_equals(field, item, where) for item, where in placed if item is None or _is_nan(item)]
    if len(plain) == 1:
        tests.insert(0, _equals(field, *plain[0]))
    elif plain:
        values = tuple(value_of(field, item, where) for item, where in plain)
        tests.insert(0, t.Has(t.HasMode.ANY, field, values) if is_tags(field) else t.In(field, values))
    return _any(tests)


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _exists(field: t.Field, operand: Any, place: str) -> t.Expr:
    if operand not in (True, False):
        raise cannot(place, f"`$exists` takes true or false, not {said(operand)}")
    return t.Is(field, t.State.MISSING, negated=bool(operand))


def _ordered(name: str) -> Callable[[t.Field, Any, str], t.Expr]:
    def test(field: t.Field, operand: Any, place: str) -> t.Expr:
        if operand is None or _is_nan(operand):
            # As the engine of filters has it: nothing is less or greater; equal is what `$gte` and `$lte` are too.
            return _equals(field, operand, place) if name.endswith("e") else _NEVER
        if is_tags(field):
            raise cannot(place, "a list of tags is neither less nor greater")
        return t.Compare(_ORDERS[name], field, value_of(field, operand, place))

    return test


def _regex(field: t.Field, operand: Any, options: Any, place: str) -> t.Expr:
    if not isinstance(operand, str):
        raise cannot(place, f"`$regex` takes a pattern as text, not {said(operand)}")
    if not isinstance(options, str) or not set("ims").issuperset(options):
        raise cannot(place, f"`$options` takes the letters `i`, `m` and `s`, not {said(options)}")
    if is_tags(field):
        raise cannot(place, "the language does not search the tags by a pattern")
    flags = "".join(sorted(set(options) - {"i"}))
    op = t.TextOp.REGEX_ANY_CASE if "i" in options else t.TextOp.REGEX
    return t.TextTest(op, field, t.Literal(f"(?{flags}){operand}" if flags else operand))


def _contains(field: t.Field, operand: Any, place: str) -> t.Expr:
    if not isinstance(operand, str) or is_tags(field):
        return _equals(field, operand, place)
    return t.TextTest(t.TextOp.CONTAINS, field, t.Literal(operand))


def _has_all(field: t.Field, operand: Any, place: str) -> t.Expr:
    if not is_tags(field):
        raise cannot(place, "the language has no test for `$all`", _HINTS["$all"])
    if not isinstance(operand, list | tuple) or not operand:
        raise cannot(place, f"a list of one or more tags must stand here, not {said(operand)}")
    return t.Has(t.HasMode.ALL, field, tuple(value_of(field, item, place) for item in operand))


def _has_size(field: t.Field, operand: Any, place: str) -> t.Expr:
    if not is_tags(field):
        raise cannot(place, "the language has no test for `$size`", _HINTS["$size"])
    return t.Compare(t.Comparison.EQ, t.Call("len", (field,)), value_of(field, operand, place))


_TESTS: Final[Mapping[str, Callable[[t.Field, Any, str], t.Expr]]] = {
    "$eq": _equals,
    "$ne": lambda field, operand, place: _negated(_equals(field, operand, place)),
    **{name: _ordered(name) for name in _ORDERS},
    "$in": _is_in,
    "$nin": lambda field, operand, place: _negated(_is_in(field, operand, place)),
    "$exists": _exists,
    "$contains": _contains,
    "$all": _has_all,
    "$size": _has_size,
}
