"""The functions of values, by what they are of; each file says where their bodies stand."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from runql.language.entry import Function
from runql.language.functions.casts import CASTS
from runql.language.functions.numbers import NUMBERS
from runql.language.functions.texts import TEXTS
from runql.language.functions.times import TIMES
from runql.language.functions.values import VALUES

FUNCTIONS: Final[Mapping[str, Function]] = MappingProxyType(
    {one.name: one for one in (*NUMBERS, *TEXTS, *TIMES, *CASTS, *VALUES)}
)
"""By name."""
