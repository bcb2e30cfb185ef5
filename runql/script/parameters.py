"""`param NAME: TYPE = DEFAULT`: the types that a parameter may have, and the values that fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta, tzinfo
from types import MappingProxyType
from typing import Any, Final, assert_never

from runql.language.types import TYPE_SPELLINGS, TYPES
from runql.script.given_values import SpelledDuration, SpelledFloat, SpelledInt
from runql.semantic.times import Day, from_text, relative
from runql.syntax import tree
from runql.syntax.tree import ParamStatement
from runql.text.diagnostic import Diagnostic
from runql.text.hidden import SecretText
from runql.text.nearest import nearest
from runql.text.source import NOWHERE


class Unfit(Exception):  # noqa: N818 - an answer, not a fault
    """The value is not of the type."""


def _number(value: Any, _: tzinfo) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unfit
    return value


def _whole(value: Any, zone: tzinfo) -> Any:
    number = _number(value, zone)
    if number != number // 1:  # nor of NaN and the infinities
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
    return value.text if isinstance(value, SpelledInt | SpelledFloat | SpelledDuration) else value


def _hidden(value: Any, shown: str) -> Any:
    """The texts of a secret as texts that know it."""
    if isinstance(value, str):
        return SecretText(value, shown)
    return [_hidden(one, shown) for one in value] if isinstance(value, list | tuple) else value


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


TAKERS: Final[Mapping[str, Callable[[Any, tzinfo], Any]]] = MappingProxyType(
    {
        "float": _number,
        "int": _whole,
        "text": _text,
        "bool": _bool,
        "time": _time,
        "duration": _duration,
        "list": _list,
        "secret": _secret,
    }
)
"""By the name of a type: gives the value that the query gets, or raises `Unfit`."""


def declared(
    statement: ParamStatement, given: Mapping[str, Any], now: datetime, zone: tzinfo
) -> tuple[Any, Diagnostic | None]:
    """The value of a declared parameter: the given one, else its default; `None` and no diagnostic if it has none.

    A value that does not fit, or a type that is none, is RQL221 at the declaration.
    """
    place = statement.name_span if statement.name_span != NOWHERE else statement.span
    kind = None
    if statement.type_name is not None:
        kind = TYPE_SPELLINGS.get(statement.type_name)
        if kind is None:
            near = nearest(statement.type_name, TYPE_SPELLINGS, most=1)
            hints = (*(f"nearest: `{name}`" for name in near), f"types: {', '.join(f'`{one}`' for one in TYPES)}")
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
        taken = TAKERS[kind.name](value, zone)
        return (_hidden(taken, f"${statement.name}") if kind.name == "secret" else taken), None
    except Unfit:
        shown = value if isinstance(value, int | float | str | bool) else type(value).__name__
        origin = "" if is_given else "the default of "
        message = f"{origin}`${statement.name}` is {kind.takes}, not `{shown}`"
        return None, Diagnostic("RQL221", message, place)


def is_set(statement: ParamStatement, given: Mapping[str, Any]) -> bool:
    """Whether a parameter has any value."""
    return statement.name in given or statement.default is not None or statement.values is not None


def _default(node: tree.Expr | None, now: datetime, zone: tzinfo) -> Any:  # noqa: PLR0911 - one line a node
    match node:
        case tree.Literal(value=value) | tree.Time(value=value) | tree.Duration(value=value):
            return value
        case tree.RelativeTime():
            found = relative(node, now, zone)
            return found.start.date() if isinstance(found, Day) else found
        case tree.Negate(value=inner):
            value = _default(inner, now, zone)
            return -value if isinstance(value, int | float) else value
        case tree.ListValue(items=items):
            return [_default(item, now, zone) for item in items]
        case None:
            return None
        case tree.Param() | tree.Field() | tree.Compare() | tree.Between() | tree.In() | tree.TextTest() | tree.Has():
            return None
        case tree.Untagged() | tree.Is() | tree.Not() | tree.And() | tree.Or() | tree.Arithmetic() | tree.Call():
            return None
        case tree.ValueQuery() | tree.Regex() | tree.Broken() | tree.Window() | tree.AnyField():
            return None
        case _:
            assert_never(node)
