"""The names and the values of W&B's filters and orders, as those of a query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from numbers import Integral, Real
from typing import Any, Final

from runql.errors import ArgumentError
from runql.language.fields import FILTER_NAMES
from runql.syntax import tree as t
from runql.syntax.literals import read_path, write_path

RUN_NAMES: Final[Mapping[str, str]] = {
    **{name: field.name for name, field in FILTER_NAMES.items()},
    "user": "user",
    "job_type": "job_type",
}
"""What W&B's filters call the fields of a run (`name` is the id), and what they are called here."""

_SPACES: Final = {
    "config": "config",
    "summary_metrics": "summary",
    "summaryMetrics": "summary",
    "summary": "summary",
}
_LOGGED: Final = "keys_info.keys."
_TIMES: Final = frozenset({"created", "heartbeat", "updated"})


def field_of(key: str, place: str) -> t.Field:
    """The field that a filter or an order names."""
    if key in RUN_NAMES:
        return t.Field(t.Path((RUN_NAMES[key],)))
    prefix, dot, rest = key.partition(".")
    if key.startswith(_LOGGED) and len(key) > len(_LOGGED):
        return t.Field(_path("logged", key.removeprefix(_LOGGED).split(".")))
    if prefix == "tags":
        raise cannot(place, f"tags have no parts: `{{'tags': '{rest}'}}` finds one")
    if prefix in _SPACES and not rest.strip("."):
        raise cannot(place, f"`{key}` names no field: write `{prefix}.NAME`")
    if not dot or prefix not in _SPACES:
        raise cannot(place, f"no field `{key}` in W&B's filters", f"a config value is `config.{key}`")
    segments = rest.split(".")
    if prefix == "config":
        segments = _unwrapped(segments)
    return t.Field(_path(_SPACES[prefix], segments))


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


def value_of(field: t.Field, operand: Any, place: str) -> t.Expr:
    if str(field.path.segments[0]) in _TIMES:
        return _time(operand, place)
    match operand:
        case bool() | str():
            return t.Literal(operand)
        case datetime():
            return _time(operand, place)
        case Integral():
            return t.Literal(int(operand))
        case Real():
            return t.Literal(float(operand))
    if operand is None:
        raise cannot(place, "null cannot stand here")
    raise cannot(place, f"a filter compares with numbers, texts, true, false and null here, not with {said(operand)}")


def _time(operand: Any, place: str) -> t.Expr:
    """A moment: of a time without a zone in UTC, of a day its midnight there."""
    if isinstance(operand, str):
        try:
            operand = datetime.fromisoformat(operand.strip())
        except ValueError:
            raise cannot(place, f"`{operand}` is not a time", "a time is `2026-01-31T12:00:00Z`") from None
    elif isinstance(operand, date) and not isinstance(operand, datetime):
        operand = datetime(operand.year, operand.month, operand.day)
    if not isinstance(operand, datetime):
        raise cannot(place, f"a time must stand here, not {said(operand)}", "a time is `2026-01-31T12:00:00Z`")
    return t.Time(operand if operand.tzinfo else operand.replace(tzinfo=UTC))


def is_tags(field: t.Field) -> bool:
    return field.path.segments == ("tags",)


def order_key(key: str, order: str) -> t.OrderKey:
    """One key of an order; without a sign it is ascending."""
    name = key.strip()
    place = f"order `{order.strip()}`"
    if not name.strip("+-"):
        raise cannot(place, "the order names no field", "write it as `-summary_metrics.loss`")
    field = field_of(name[1:] if name[0] in "+-" else name, place)
    if is_tags(field) or field.path.segments[0] == "logged":
        raise cannot(place, f"runs have no order by `{name.strip('+-')}`")
    return t.OrderKey(field, descending=name.startswith("-"))


def cannot(place: str, message: str, *hints: str) -> ArgumentError:
    """What cannot be said, with the keys that lead to it."""
    return ArgumentError.because(f"at {place}: {message}" if place else message, *hints)


def said(value: object) -> str:
    text = repr(value)
    return f"`{text}`" if len(text) <= 60 else f"a value of type `{type(value).__name__}`"
