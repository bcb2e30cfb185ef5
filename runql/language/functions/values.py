"""The functions that choose among values of any kind. Their bodies stand in `engine/functions.py`."""

from __future__ import annotations

from typing import Final

from runql.language.entry import Function, Parameter
from runql.language.kinds import ANYTHING, BOOL, Kind

VALUES: Final = (
    Function(
        "coalesce",
        (Parameter("a", ANYTHING), Parameter("b", ANYTHING, repeated=True)),
        Kind.UNKNOWN,
        "The first argument that is neither null nor missing.",
        "runs where coalesce(config.momentum, 0) = 0",
    ),
    Function(
        "if",
        (Parameter("condition", BOOL), Parameter("then", ANYTHING), Parameter("otherwise", ANYTHING)),
        Kind.UNKNOWN,
        "The second argument where the first is true, else the third.",
        'runs where if(config.optimizer = "adam", config.lr * 10, config.lr) > 0.01',
    ),
)
