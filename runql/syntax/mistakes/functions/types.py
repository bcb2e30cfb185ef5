"""Types of other languages, and the casts that make values of them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_NAMES: Final = {
    "number": "int integer bigint smallint float float4 float8 float32 float64 double real numeric decimal int64 long",
    "text": "text str string varchar char nvarchar object utf8 category",
    "bool": "bool boolean bit",
    "time": "time timestamp timestamptz datetime datetime64",
    "date": "date",
}
_CASTS: Final[Mapping[str, str]] = MappingProxyType(
    {name: cast for cast, names in _NAMES.items() for name in names.split()} | {"number": "number"}
)


_WHOLE: Final = frozenset(
    ["int", "integer", "bigint", "smallint", "tinyint", "int4", "int8", "int16", "int32", "int64", "long"]
)


def is_whole(type_name: str) -> bool:
    """Whether values of a type have nothing behind the point."""
    return type_name.lower() in _WHOLE


def cast_of(type_name: str) -> str | None:
    """The function that makes a value one of a type of another language."""
    return _CASTS.get(type_name.lower())
