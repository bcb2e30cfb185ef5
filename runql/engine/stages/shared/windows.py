"""What the functions of windows take, and what comes of them: a value of each row from the rows of its group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from runql.engine.stages.shared.aggregates import NOTHING_SKIPPED, Skipped, Takes, takes_of
from runql.semantic.values import Value
from runql.text.frozen import frozen

TAKES: Final[Mapping[str, Takes]] = MappingProxyType(
    {
        "lag": Takes.ANYTHING,
        "lead": Takes.ANYTHING,
        "cumsum": Takes.NUMBERS,
        "cummean": Takes.NUMBERS,
        "cummin": Takes.COMPARABLE,
        "cummax": Takes.COMPARABLE,
        "delta": Takes.MEASURES,
        "ratio": Takes.NUMBERS,
    }
)
"""Which values a function of one argument is of: the others are passed over, and their rows have none."""


def window_takes(name: str) -> Takes:
    """The same of an aggregate of the last values too."""
    return TAKES[name] if name in TAKES else takes_of(name)


@frozen
class WindowColumn:
    """A value of each row, and what was passed over."""

    values: Sequence[Value]
    skipped: Skipped = NOTHING_SKIPPED
