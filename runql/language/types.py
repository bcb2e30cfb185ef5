"""The types of a script's parameters. What each takes of a value is in `script/parameters.py`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from runql.language.entry import TypeEntry

_TABLE = (
    TypeEntry(
        "float",
        "Any number, whole or not.",
        "param least: float = 0.98; runs where summary.acc > $least",
        takes="a number",
        aliases=("number", "real"),
    ),
    TypeEntry(
        "int",
        "A number without a fraction; `10.0` is one.",
        "param most: int = 3; runs limit $most",
        takes="a whole number",
        aliases=("integer",),
    ),
    TypeEntry(
        "text",
        "Text; a number keeps the digits that it was written with.",
        "param begin: text = 'baseline'; runs where name startswith $begin",
        takes="text",
        aliases=("string", "str"),
    ),
    TypeEntry(
        "bool",
        "A bool.",
        "param stops: bool = false; runs where config.stop_on_nan = $stops",
        takes="true or false",
        aliases=("boolean",),
    ),
    TypeEntry(
        "time",
        "A day or a time; without a zone it is in the user's.",
        "param since: time = 2026-01-12; runs where created >= $since",
        takes="a time, such as `2026-01-31`",
        aliases=("date", "datetime"),
    ),
    TypeEntry(
        "duration",
        "A length of time.",
        "param most: duration = 15m; runs where runtime < $most",
        takes="a duration, such as `2h`",
    ),
    TypeEntry(
        "list",
        "Several values, for `in`, `has any` and `has all`.",
        "param some: list = ('adam', 'sgd'); runs where config.optimizer in $some",
        takes="a list",
    ),
    TypeEntry(
        "secret",
        "Text that is neither said in an error nor kept in the history of the prompt.",
        "param word: secret = 'baseline'; runs where tags has $word",
        takes="text that is not shown",
    ),
)

TYPES: Final[Mapping[str, TypeEntry]] = MappingProxyType({one.name: one for one in _TABLE})
"""By name."""

TYPE_SPELLINGS: Final[Mapping[str, TypeEntry]] = MappingProxyType(
    {spelling: one for one in _TABLE for spelling in (one.name, *one.aliases)}
)
"""By every spelling."""
