"""Calls of functions that there are not whose names may mean several things: each is named, and none is chosen."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from runql.language.goals import less_is_better
from runql.text.frozen import frozen


@frozen
class Meaning:
    """What a call may mean, in a few words, and its text in which `X` is the argument."""

    what: str
    text: str


_BEST: Final = (Meaning("the largest", "max(X)"), Meaning("the smallest", "min(X)"))
_LAST: Final = (
    Meaning("the mean of the values that the runs ended with", "mean(X)"),
    Meaning("that of the last row of the group", "last(X)"),
)
_DAY: Final = (
    Meaning("the day that it was", "date(X)"),
    Meaning("its number in the month", 'number(format(X, "%d"))'),
)
_UNIQUE: Final = (Meaning("how many there are", "n_unique(X)"), Meaning("all values, in a list", "list(X)"))
_NUM: Final = (Meaning("the number that a text says", "number(X)"), Meaning("how many values there are", "count(X)"))
_QUARTILE: Final = {
    f"q{at}": (Meaning("the quartile", f"p{25 * at}(X)"), Meaning("the percentile", f"p{at}(X)")) for at in (1, 2, 3)
}

_MEANINGS: Final[Mapping[str, tuple[Meaning, ...]]] = MappingProxyType(
    {
        "best": _BEST,
        "day": _DAY,
        **dict.fromkeys(("unique", "uniq", "distinct"), _UNIQUE),
        **dict.fromkeys(("num", "nums"), _NUM),
        **_QUARTILE,
    }
)
_OF_GROUPS: Final[Mapping[str, tuple[Meaning, ...]]] = MappingProxyType(
    dict.fromkeys(("final", "latest", "last_value", "final_value"), _LAST)
)
"""What means several things of a group of runs alone: of a history, its last value is meant."""


def has_meanings(name: str) -> bool:
    """Whether a name may mean several things."""
    return name in _MEANINGS or name in _OF_GROUPS


def meanings_of(name: str, argument: str, *, of_runs: bool) -> tuple[Meaning, ...]:
    """What a call of one argument may mean; nothing if its name is not known to mean several things.

    `of_runs`: whether it stands over the rows of a group of runs.
    """
    found = _MEANINGS.get(name, ()) or (_OF_GROUPS.get(name, ()) if of_runs else ())
    if name == "best" and (less := less_is_better(argument)) is not None:
        return found[less : less + 1]
    return found
