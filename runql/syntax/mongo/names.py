"""The names that W&B's filters and orders have for fields.

`config.…`, `summary_metrics.…` and `keys_info.…` are paths; every other name is a field of the run itself. A dot in a
path either steps into a record or is part of a key.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from runql.errors import ArgumentError
from runql.language.entry import FieldEntry
from runql.language.fields import FILTER_NAMES, RUN_FIELD_SPELLINGS, Space
from runql.syntax.mongo.nodes import FilterField
from runql.text.frozen import frozen
from runql.text.nearest import nearest
from runql.text.visible import short_repr

_PREFIXES: Final[Mapping[str, Space]] = {
    "config": Space.CONFIG,
    "summary_metrics": Space.SUMMARY,
    "keys_info": Space.LOGGED,
}
_OTHER_PREFIXES: Final[Mapping[str, str]] = {
    "summary": "summary_metrics",
    "summaryMetrics": "summary_metrics",
    "metrics": "summary_metrics",
    "logged": "keys_info.keys",
}
"""What people write instead, and what is right."""

LOST: Final = ("an operator has no name", "a shell takes `$gt` for its own: put the filter in single quotes")


@frozen
class Dialect:
    """What may stand in a filter. `deepest`: how many levels of lists and dicts it may have."""

    names: Mapping[str, FieldEntry]
    prefixes: Mapping[str, Space]
    also: frozenset[str]
    deepest: int


OF_SERVER: Final = Dialect(FILTER_NAMES, _PREFIXES, frozenset(), 100)
"""What W&B's server takes, and so every source of RunQL."""

AS_PASTED: Final = Dialect(
    {**FILTER_NAMES, **{name: RUN_FIELD_SPELLINGS[name] for name in ("user", "job_type")}},
    {**_PREFIXES, "summary": Space.SUMMARY, "summaryMetrics": Space.SUMMARY},
    frozenset({"$not", "$all", "$size", "$contains"}),
    40,
)
"""What people write besides, where a query of the same meaning is made of it."""


def read_field(name: str, place: str = "", dialect: Dialect = OF_SERVER) -> FilterField:
    """Read the name of a field.

    Raises:
        ArgumentError: it is no name that filters know; the nearest that is, is named.
    """
    prefix, dot, path = name.partition(".")
    if dot and prefix in dialect.prefixes:
        if not path.strip("."):
            raise cannot(place, f"`{name}` names no field: a key must stand after the dot")
        return FilterField(name, dialect.prefixes[prefix], tuple(path.split(".")))
    if name in dialect.names:
        entry = dialect.names[name]
        return FilterField(name, Space.RUN, (entry.name,), entry.kind)
    raise cannot(place, *_unknown(name, prefix, path))


def _unknown(name: str, prefix: str, path: str) -> tuple[str, ...]:  # noqa: PLR0911 - one a mistake
    if not name.strip():
        return LOST
    if prefix in _OTHER_PREFIXES:
        right = f"{_OTHER_PREFIXES[prefix]}.{path or 'KEY'}"
        return (f"no field `{name}` in W&B's filters: write `{right}`",)
    if prefix in _PREFIXES:
        return (f"`{name}` is not one field: write `{name}.KEY`",)
    if prefix == "tags":
        return (f"tags have no parts: `{{'tags': '{path}'}}` finds one",)
    spelling = RUN_FIELD_SPELLINGS.get(name)
    if spelling is not None and spelling.filter_name:
        return (f"no field `{name}` in W&B's filters: write `{spelling.filter_name}`",)
    if spelling is not None:
        return (f"W&B's filters and orders do not take `{name}`",)
    near = nearest(name, FILTER_NAMES, 1)
    hints = [f"nearest: `{near[0]}`"] if near else []
    return (
        f"no field `{name}` in W&B's filters",
        *hints,
        f"a config value is `config.{name}`, a summary value `summary_metrics.{name}`",
    )


def cannot(place: str, message: str, *hints: str) -> ArgumentError:
    """What cannot be read or said, with the keys that lead to it."""
    return ArgumentError.because(f"at {place}: {message}" if place else message, *hints)


def said(value: object) -> str:
    """A value as a message shows it: of a long or deep one the beginning."""
    return f"`{short_repr(value)}`"
