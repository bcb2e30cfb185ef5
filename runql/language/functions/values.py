"""The functions that choose among values of any kind. Their bodies stand in `engine/functions.py`."""

from __future__ import annotations

from typing import Final

from runql.language.entry import Function, Parameter
from runql.language.kinds import ANYTHING, BOOL, LIST, NUMBER, Kind

VALUES: Final = (
    Function(
        "coalesce",
        (Parameter("a", ANYTHING), Parameter("b", ANYTHING, repeated=True)),
        Kind.UNKNOWN,
        "The first argument that is neither null nor missing.",
        "runs where coalesce(config.momentum, 0) = 0",
    ),
    Function(
        "element",
        (Parameter("list", LIST), Parameter("n", NUMBER)),
        Kind.UNKNOWN,
        "The element of a list at a place, from 0, or from the end where negative; missing where there is none. "
        "`LIST[0]` is the same of a column, and of a list of the config.",
        "runs select name, element(tags, 0) as tag",
    ),
    Function(
        "if",
        (Parameter("condition", BOOL), Parameter("then", ANYTHING), Parameter("otherwise", ANYTHING)),
        Kind.UNKNOWN,
        "The second argument where the first is true, else the third.",
        'runs where if(config.optimizer = "adam", config.lr * 10, config.lr) > 0.01',
    ),
)
