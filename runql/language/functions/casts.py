"""The casts: a value as one of another kind. Their bodies stand in `engine/casts.py`.

What cannot be done is missing, and an answer says of how many values.
"""

from __future__ import annotations

from typing import Final

from runql.language.entry import Function, Parameter
from runql.language.kinds import ANYTHING, Kind

_X = (Parameter("x", ANYTHING),)

CASTS: Final = (
    Function(
        "number",
        _X,
        Kind.NUMBER,
        'The number that a text holds (`"1e-3"`, `" 5 "`, `"nan"`), 1 or 0 of a bool, the seconds of a time.',
        "runs where number(config.seed) > 1",
    ),
    Function(
        "text",
        _X,
        Kind.TEXT,
        "The value as text: every digit of a number, a time in UTC, a list or a record as JSON.",
        'runs where text(config.seed) = "1"',
    ),
    Function(
        "bool",
        _X,
        Kind.BOOL,
        "True or false of `true`/`false`, `yes`/`no`, `on`/`off`, `1`/`0`, in any case, as text or as number.",
        "runs | group bool(config.stop_on_nan) : count()",
    ),
    Function(
        "time",
        _X,
        Kind.TIME,
        'The time that a text holds (`"2026-01-31T12:00"`), or that is so many seconds since 1970.',
        "runs where time(summary._timestamp) > 2026-01-12",
    ),
)
