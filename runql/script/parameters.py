"""`param NAME: TYPE = DEFAULT`: the types that a parameter may have, and the values that fit."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from runql.script.spelled import SpelledDuration, SpelledFloat, SpelledInt
from runql.semantic.times import Day, from_text, relative
from runql.syntax import tree
from runql.syntax.tree import ParamStatement
from runql.text.diagnostic import Diagnostic
from runql.text.nearest import nearest
from runql.text.source import NOWHERE


class Unfit(Exception):  # noqa: N818 - an answer, not a fault
    """The value is not of the type."""


@dataclass(frozen=True, slots=True)
class ParamType:
    """A type by its names. `take` gives the value that the query gets, or raises `Unfit`."""

    names: tuple[str, ...]
    what: str
    take: Callable[[Any, tzinfo], Any]


def _number(value: Any, _: tzinfo) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unfit
    return value


def _whole(value: Any, zone: tzinfo) -> Any:
    number = _number(value, zone)
    if not math.isfinite(number) or int(number) != number:
        raise Unfit
    return int(number)


def _text(value: Any, _: tzinfo) -> Any:
    if isinstance(value, SpelledInt | SpelledFloat | SpelledDuration):
        return value.text
    if not isinstance(value, str):
        raise Unfit
    return value


def _secret(value: Any, _: tzinfo) -> Any:
    """Taken as it is: an error would have to show what did not fit."""
    return value.text if isinstance(value, SpelledInt | SpelledFloat) else value


def _bool(value: Any, _: tzinfo) -> Any:
    if not isinstance(value, bool):
        raise Unfit
    return value


def _time(value: Any, zone: tzinfo) -> Any:
    if isinstance(value, str):
        found = from_text(value.strip(), zone)
        if found is None:
            raise Unfit
        return found.start.date() if isinstance(found, Day) else found
    if not isinstance(value, date):
        raise Unfit
    return value


def _duration(value: Any, _: tzinfo) -> Any:
    if isinstance(value, str):
        from runql.syntax import parse_query

        query = parse_query(f"runs where runtime > {value.strip()}")[0]
        clause = query.clause(tree.WhereClause) if query is not None else None
        right = clause.condition.right if clause is not None and isinstance(clause.condition, tree.Compare) else None
        if not isinstance(right, tree.Duration):
            raise Unfit
        return right.value
    if not isinstance(value, timedelta):
        raise Unfit
    return value


def _list(value: Any, _: tzinfo) -> Any:
    if isinstance(value, str | bytes | Mapping) or not hasattr(value, "__iter__"):
        raise Unfit
    return value


TYPES = (
    ParamType(("float", "number", "real"), "a number", _number),
    ParamType(("int", "integer"), "a whole number", _whole),
    ParamType(("text", "string", "str"), "text", _text),
    ParamType(("bool", "boolean"), "true or false", _bool),
    ParamType(("time", "date", "datetime"), "a time, such as `2026-01-31`", _time),
    ParamType(("duration",), "a duration, such as `2h`", _duration),
    ParamType(("list",), "a list", _list),
    ParamType(("secret",), "text that is neither said in an error nor kept in the history of the prompt", _secret),
)
_BY_NAME = {name: kind for kind in TYPES for name in kind.names}


def declared(
    statement: ParamStatement, given: Mapping[str, Any], now: datetime, zone: tzinfo
) -> tuple[Any, Diagnostic | None]:
    """The value of a declared parameter: the given one, else its default; `None` and no diagnostic if it has none.

    A value that does not fit, or a type that is none, is RQL221 at the declaration.
    """
    place = statement.name_span if statement.name_span != NOWHERE else statement.span
    kind = None
    if statement.type_name is not None:
        kind = _BY_NAME.get(statement.type_name)
        if kind is None:
            near = nearest(statement.type_name, _BY_NAME, most=1)
            hints = (*(f"nearest: `{name}`" for name in near), f"types: {', '.join(f'`{t.names[0]}`' for t in TYPES)}")
            return None, Diagnostic("RQL221", f"there is no type `{statement.type_name}`", place, hints=hints)
    is_given = statement.name in given
    if not is_set(statement, given):
        return None, None
    if is_given:
        value = given[statement.name]
    elif statement.values is not None:
        value = [_default(node, now, zone) for node in statement.values]
    else:
        value = _default(statement.default, now, zone)
    if kind is None:
        return value, None
    try:
        return kind.take(value, zone), None
    except Unfit:
        shown = value if isinstance(value, int | float | str | bool) else type(value).__name__
        origin = "" if is_given else "the default of "
        message = f"{origin}`${statement.name}` is {kind.what}, not `{shown}`"
        return None, Diagnostic("RQL221", message, place)


def is_set(statement: ParamStatement, given: Mapping[str, Any]) -> bool:
    """Whether a parameter has any value."""
    return statement.name in given or statement.default is not None or statement.values is not None


def _default(node: tree.Expr | None, now: datetime, zone: tzinfo) -> Any:
    match node:
        case tree.Literal(value=value) | tree.Time(value=value) | tree.Duration(value=value):
            return value
        case tree.RelativeTime():
            found = relative(node, now, zone)
            return found.start.date() if isinstance(found, Day) else found
        case tree.Negate(value=inner):
            value = _default(inner, now, zone)
            return -value if isinstance(value, int | float) else value
    return None
