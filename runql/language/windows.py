"""The functions of windows: a value of each row from the rows of its group. Their bodies stand in
`engine/stages/reference/` (`windows.py`, `moving.py`).

The aggregates over rows (`aggregates.py`) may stand before `over` too.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from runql.language.entry import Entry, Function, Parameter, ReferencePage, ReferenceSection
from runql.language.kinds import ANYTHING, COMPARABLE, NUMBER, ORDERED, Kind

_CURVES = "runs limit 3 keys loss scan"
_X = (Parameter("x", NUMBER),)
_ANY = Parameter("x", ANYTHING)
_ROWS = Parameter("n", NUMBER, optional=True)
_COMPARED = (Parameter("x", COMPARABLE),)


def _place(name: str, doc: str, order: str = "-summary.acc") -> Function:
    example = f"runs | derive r = {name}() over config.optimizer order {order}"
    return Function(name, (), Kind.NUMBER, doc, example)


_TABLE = (
    _place(
        "rank",
        "The place of the row in its group by the window's `order`: equal ones share the first of their places.",
    ),
    _place("dense_rank", "The same without gaps behind equal ones: how many different values come before, and one."),
    _place("row_number", "The number of the row in its group, in the window's order.", "created"),
    Function(
        "ntile",
        (Parameter("n", NUMBER),),
        Kind.NUMBER,
        "Which of n parts of the group the row is in, as equal in size as can be, the larger ones first; missing where "
        "the key of `order` is.",
        "runs | derive quarter = ntile(4) over all order -summary.acc",
    ),
    Function(
        "lag",
        (_ANY, _ROWS),
        Kind.UNKNOWN,
        "The last value of x before this row, or the nth last; missing where there are not so many.",
        f"{_CURVES} | derive before = lag(loss)",
    ),
    Function(
        "lead",
        (_ANY, _ROWS),
        Kind.UNKNOWN,
        "The next value of x behind this row, or the nth next.",
        f"{_CURVES} | derive next = lead(loss, 2)",
    ),
    Function(
        "cumsum",
        _X,
        Kind.NUMBER,
        "The sum of x up to this row.",
        "runs | derive cumsum(runtime) over all order created",
    ),
    Function("cummean", _X, Kind.NUMBER, "The mean of x up to this row.", f"{_CURVES} | derive cummean(loss)"),
    Function(
        "cummin", _COMPARED, Kind.UNKNOWN, "The smallest x up to this row.", f"{_CURVES} | derive best = cummin(loss)"
    ),
    Function("cummax", _COMPARED, Kind.UNKNOWN, "The largest x up to this row.", f"{_CURVES} | derive cummax(loss)"),
    Function(
        "delta",
        (Parameter("x", ORDERED),),
        Kind.NUMBER,
        "How much x has changed since the last value before this row; of times, the seconds.",
        f"{_CURVES} | derive d = delta(loss)",
    ),
    Function(
        "ratio",
        _X,
        Kind.NUMBER,
        "x divided by the last value before this row.",
        f"{_CURVES} | derive r = ratio(loss)",
    ),
)

WINDOWS: Final[Mapping[str, Function]] = MappingProxyType({one.name: one for one in _TABLE})
"""By name; those that are aggregates over rows too are not among them."""

_WRITTEN = (
    Entry(
        "FUNCTION(…) over KEY",
        "Beside each row what the function makes of the rows with the same key.",
        "runs | derive gain = summary.acc - mean(summary.acc) over config.optimizer",
    ),
    Entry(
        "FUNCTION(…) over (KEY, …)",
        "Of the rows in which all keys are the same.",
        "runs | derive best = max(summary.acc) over (config.optimizer, config.model.depth)",
    ),
    Entry("FUNCTION(…) over all", "Of all rows.", "runs | derive share = runtime / sum(runtime) over all"),
    Entry(
        "… over … order [-]KEY",
        "The order of the rows in their group, which ranks, lags and running sums go by; several keys in parentheses.",
        "runs | derive before = lag(summary.acc) over config.optimizer order created",
    ),
    Entry(
        "FUNCTION(…)",
        "On histories without `over`: run by run, along x.",
        f"{_CURVES} | derive d = delta(loss), best = cummin(loss)",
    ),
    Entry(
        "AGGREGATE(x, last N)",
        "Of the last N values up to this row, fewer at the start: a mean that rolls, beside the value itself. So are "
        "`sum`, `min`, `max`, `median`, `std` and `var`.",
        f"{_CURVES} | derive m = mean(loss, last 20)",
    ),
    Entry(
        "| where FUNCTION(…) over …",
        "In conditions and orders too: the two best of each group, where equal ones share a place.",
        "runs | where rank() over config.optimizer order -summary.acc <= 2",
    ),
    Entry(
        "| limit N by KEY",
        "The first rows of each group, which needs no window.",
        "runs | order -summary.acc | limit 2 by config.optimizer",
    ),
)
WINDOWS_PAGE: Final = ReferencePage(
    "windows",
    "Windows",
    "Right of a pipe: a value of each row, from the rows of its group. Null, missing and NaN are passed over.",
    (
        ReferenceSection("How they are written", _WRITTEN),
        ReferenceSection("Functions of windows", _TABLE, "Those of the rows of a group may stand before `over` too."),
    ),
)
"""The topic of them all."""

ALONG_RUNS: Final = frozenset({*WINDOWS, "first", "last"})
"""What needs no `over` on a table of histories: it goes run by run along x."""

RANKED: Final = frozenset({"rank", "dense_rank"})
"""Those that mean nothing without an `order`."""

FRAMED: Final = frozenset({"mean", "sum", "min", "max", "median", "std", "var"})
"""The aggregates that may be of the last values up to each row."""

ORDERED_FOLDS: Final[Mapping[str, str | None]] = MappingProxyType(
    {
        **dict.fromkeys(("first", "last", "list", "argmin", "argmax")),
        "sum": "cumsum",
        "mean": "cummean",
        "min": "cummin",
        "max": "cummax",
        "count": "row_number",
    }
)
"""The aggregates to which the order of rows makes a difference (`None`), and what others are called along it."""
