"""The one reader of W&B's filters and orders: of a dict and of an order's text, a tree or what is wrong, and where."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from runql.errors import ArgumentError
from runql.language.fields import Space
from runql.language.kinds import Kind
from runql.syntax.mongo.names import LOST, OF_SERVER, Dialect, cannot, read_field, said
from runql.syntax.mongo.nodes import (
    FilterField,
    MongoAll,
    MongoCompare,
    MongoContains,
    MongoExists,
    MongoFilter,
    MongoIn,
    MongoNor,
    MongoOperator,
    MongoOrder,
    MongoRegex,
    MongoSize,
    OrderField,
    mongo_and,
    mongo_or,
)
from runql.syntax.mongo.operands import TOO_DEEP, read_flag, read_list, read_value
from runql.text.frozen import frozen
from runql.text.nearest import nearest
from runql.text.visible import short_repr

_ORDERED: Final = (MongoOperator.GT, MongoOperator.GTE, MongoOperator.LT, MongoOperator.LTE)
_JOINS: Final = ("$and", "$or", "$nor")
_FLAGS: Final = frozenset("ims")
_HINTS: Final[Mapping[str, str]] = {
    "$all": "write `$and` with one filter for each value",
    "$size": "W&B's filters cannot ask for the length of a list",
    "$contains": "write `$regex`",
    "$not": "it stands under a field; for a whole filter write `$nor` with a list of one",
    "$elemMatch": "a path through a list finds any of its elements: `config.layers.width`",
    "$where": "a filter runs no code",
    "$expr": "a filter compares no two fields; a query does: `summary.a > summary.b`",
}


def read_filter(filters: Mapping[str, Any] | None, dialect: Dialect = OF_SERVER) -> MongoFilter:
    """The tree of a filter; that of none is the filter that takes every run.

    Raises:
        ArgumentError: an unknown field or operator, a malformed operand, or too many levels. The message begins with
            the keys that lead there.
    """
    return _filter({} if filters is None else filters, _Where("", dialect.deepest, dialect))


def read_order(order: str, dialect: Dialect = OF_SERVER) -> MongoOrder:
    """The keys of an order: one, or several with commas between them. Without a sign a key is ascending.

    Raises:
        ArgumentError: an unknown field, or one that has no order.
    """
    if not isinstance(order, str):
        raise ArgumentError.because(f"an order is text like `-summary_metrics.loss`, not `{short_repr(order)}`")
    return tuple(_order_key(key.strip(), f"order `{order.strip()}`", dialect) for key in order.split(","))


def _order_key(key: str, place: str, dialect: Dialect) -> OrderField:
    name = key[1:] if key[:1] in ("+", "-") else key
    if not name.strip("+-"):
        raise cannot(place, "the order names no field", "write it as `-summary_metrics.loss`")
    field = read_field(name, place, dialect)
    if field.is_tags or field.space is Space.LOGGED:
        raise cannot(place, f"runs have no order by `{name}`: it is not one number, text or time")
    return OrderField(field, key.startswith("-"))


@frozen
class _Where:
    """Where the reader stands: the keys that lead there, how many levels may follow, what may stand there."""

    place: str
    levels: int
    dialect: Dialect

    def at(self, key: str) -> _Where:
        """Behind a key."""
        return _Where(f"{self.place}.{key}" if self.place else key, self.levels, self.dialect)

    def within(self, index: int | None = None) -> _Where:
        """One level down, at an element of a list."""
        if self.levels <= 0:
            raise self.cannot(*TOO_DEEP)
        return _Where(self.place if index is None else f"{self.place}[{index}]", self.levels - 1, self.dialect)

    def cannot(self, message: str, *hints: str) -> ArgumentError:
        return cannot(self.place, message, *hints)


# ---------------------------------------------------------------- what joins filters


def _filter(filters: Any, where: _Where) -> MongoFilter:
    if not isinstance(filters, Mapping):
        raise where.cannot(f"a filter is a dict, not {said(filters)}")
    parts = []
    for key, condition in filters.items():
        parts.append(_entry(key, condition, where))
    return mongo_and(parts)


def _entry(key: object, condition: Any, where: _Where) -> MongoFilter:
    if not isinstance(key, str):
        raise where.cannot(f"a filter names its fields by text, not by {said(key)}")
    here = where.at(key)
    if key == "$not" and key in where.dialect.also:
        return MongoNor((_filter(condition, here.within()),), place=here.place)
    if key in _JOINS:
        return _joined(key, condition, here)
    if key.startswith("$"):
        raise _unknown_operator(key, here, top=True)
    return _tests(read_field(key, here.place, where.dialect), condition, here)


def _joined(key: str, condition: Any, here: _Where) -> MongoFilter:
    if not isinstance(condition, Sequence) or isinstance(condition, str | bytes) or not condition:
        raise here.cannot(f"`{key}` takes a list of one or more filters, not {said(condition)}")
    parts = []
    for index, part in enumerate(condition):
        parts.append(_filter(part, here.within(index)))
    if key == "$nor":
        return MongoNor(tuple(parts), place=here.place)
    return mongo_and(parts) if key == "$and" else mongo_or(parts)


# ---------------------------------------------------------------- the tests of one field


def _tests(field: FilterField, condition: Any, here: _Where) -> MongoFilter:
    """What is asked of one field: a dict of operators, or a value that it must equal."""
    if not _is_operators(condition):
        value = read_value(field, condition, here.place, here.levels)
        return MongoCompare(field, MongoOperator.EQ, value, place=here.place)
    found: list[MongoFilter] = []
    for name, operand in condition.items():
        if not isinstance(name, str) or not (name in _TESTS or name in here.dialect.also):
            raise _unknown_operator(name, here if not isinstance(name, str) else here.at(name))
        under = here.at(name)
        if name == "$options" and "$regex" not in condition:
            raise under.cannot("`$options` stands beside a `$regex` only")
        if name == "$regex":
            found.append(_regex(field, operand, condition.get("$options", ""), under))
        elif name != "$options":
            found.append((_TESTS[name] if name in _TESTS else _PASTED_TESTS[name])(field, operand, under))
    return mongo_and(found)


def _is_operators(condition: Any) -> bool:
    return isinstance(condition, Mapping) and any(isinstance(key, str) and key.startswith("$") for key in condition)


_ReadTest: TypeAlias = Callable[[FilterField, Any, _Where], MongoFilter]


def _comparison(op: MongoOperator) -> _ReadTest:
    def read(field: FilterField, operand: Any, here: _Where) -> MongoFilter:
        value = read_value(field, operand, here.place, here.levels)
        if op in _ORDERED and isinstance(value, list | dict):
            raise here.cannot(f"`{op}` compares numbers, texts, bools or times, not {said(operand)}")
        return MongoCompare(field, op, value, place=here.place)

    return read


def _membership(*, negated: bool) -> _ReadTest:
    def read(field: FilterField, operand: Any, here: _Where) -> MongoFilter:
        values = []
        for index, item in enumerate(read_list(operand, here.place, "`$in` and `$nin` take")):
            values.append(read_value(field, item, f"{here.place}[{index}]", here.levels))
        return MongoIn(field, tuple(values), negated, place=here.place)

    return read


def _exists(field: FilterField, operand: Any, here: _Where) -> MongoFilter:
    return MongoExists(field, read_flag(operand, here.place), place=here.place)


def _not(field: FilterField, operand: Any, here: _Where) -> MongoFilter:
    if not _is_operators(operand):
        raise here.cannot(f"`$not` takes a dict of operators, not {said(operand)}", "for a plain value write `$ne`")
    return MongoNor((_tests(field, operand, here.within()),), place=here.place)


def _regex(field: FilterField, operand: Any, options: Any, here: _Where) -> MongoFilter:
    if not isinstance(operand, str):
        raise here.cannot(f"`$regex` takes a pattern as text, not {said(operand)}")
    if not isinstance(options, str) or not _FLAGS.issuperset(options):
        raise here.cannot(f"`$options` takes the letters `i`, `m` and `s`, not {said(options)}")
    if field.kind not in (Kind.UNKNOWN, Kind.TEXT, Kind.LIST):
        raise here.cannot(f"`$regex` searches text, and `{field.written}` holds a {field.kind}")
    return MongoRegex(field, operand, "".join(sorted(set(options))), place=here.place)


def _all(field: FilterField, operand: Any, here: _Where) -> MongoFilter:
    values = read_list(operand, here.place, "`$all` takes")
    if not values:
        raise here.cannot(f"`$all` takes a list of one or more values, not {said(operand)}")
    read = [read_value(field, item, f"{here.place}[{index}]", here.levels) for index, item in enumerate(values)]
    return MongoAll(field, tuple(read), place=here.place)


def _size(field: FilterField, operand: Any, here: _Where) -> MongoFilter:
    size = read_value(field, operand, here.place, here.levels)
    if isinstance(size, bool) or not isinstance(size, int) or size < 0:
        raise here.cannot(f"`$size` takes a whole number, not {said(operand)}")
    return MongoSize(field, size, place=here.place)


def _contains(field: FilterField, operand: Any, here: _Where) -> MongoFilter:
    """In a text that is a part of it; in a list, and for another value, equality."""
    if not isinstance(operand, str) or field.is_tags:
        return _comparison(MongoOperator.EQ)(field, operand, here)
    return MongoContains(field, str(operand), place=here.place)


_TESTS: Final[Mapping[str, _ReadTest]] = {
    **{op.value: _comparison(op) for op in MongoOperator},
    "$in": _membership(negated=False),
    "$nin": _membership(negated=True),
    "$exists": _exists,
    "$not": _not,
    "$regex": lambda field, operand, here: _regex(field, operand, "", here),
    "$options": _exists,
}
"""By name. `$options` only belongs to the `$regex` beside it, and is read there."""

_PASTED_TESTS: Final[Mapping[str, _ReadTest]] = {"$all": _all, "$size": _size, "$contains": _contains}


def _unknown_operator(name: object, here: _Where, *, top: bool = False) -> ArgumentError:
    if isinstance(name, str) and not name.strip():
        return here.cannot(*LOST)
    where = "at the top of a filter" if top else "under a field"
    also = here.dialect.also
    known = [*_JOINS, *also & {"$not"}] if top else [*_TESTS, *(name for name in _PASTED_TESTS if name in also)]
    hints = []
    if name in _HINTS:
        hints.append(_HINTS[str(name)])
    elif near := nearest(str(name), known, 2, allowed=1):
        hints.append("nearest: " + ", ".join(f"`{each}`" for each in near))
    hints.append(f"{where} stand " + ", ".join(f"`{each}`" for each in known))
    return here.cannot(f"`{name}` is not an operator {where}", *hints)
