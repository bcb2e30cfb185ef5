"""The aggregates over rows: what `group`, `pivot` and `assert` make of many values. One table, as for the functions.

They skip what is missing, null or NaN. Statistics take numbers only; a bool is no number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from runql.semantic.functions import ANYTHING, BOOL, NUMBER, ORDERED, TEXT, Function, Parameter
from runql.semantic.values import Kind

_COMPARABLE = ORDERED | TEXT | BOOL
_X = (Parameter("x", NUMBER),)
_CONDITION = (Parameter("condition", BOOL),)
_ANY = (Parameter("x", ANYTHING),)


def _statistic(name: str, doc: str, example: str) -> Function:
    return Function(name, _X, Kind.NUMBER, doc, example)


def _group(folds: str) -> str:
    return f"runs | group config.lr : {folds}"


_TABLE = (
    Function(
        "count",
        (Parameter("x", ANYTHING, optional=True),),
        Kind.NUMBER,
        "How many rows there are; of an argument, how many of them have a value.",
        _group("n = count(), finished = count(summary.acc)"),
    ),
    _statistic("sum", "The sum.", _group("hours = sum(runtime) / 3600")),
    _statistic("mean", "The arithmetic mean.", _group("acc = mean(summary.acc)")),
    _statistic("std", "The standard deviation of a sample (n - 1); missing for one value.", _group("std(summary.acc)")),
    _statistic("sem", "The standard error of the mean: std / √n; missing for one value.", _group("sem(summary.acc)")),
    _statistic(
        "ci95",
        "Half the width of the 95 % confidence interval of the mean, by Student's t; missing for one value.",
        _group("acc = mean(summary.acc), ci = ci95(summary.acc)"),
    ),
    _statistic(
        "iqm",
        "The interquartile mean: that of the values left when ⌊n/4⌋ are cut off at either end.",
        _group("iqm(summary.acc)"),
    ),
    Function("min", (Parameter("x", _COMPARABLE),), Kind.UNKNOWN, "The smallest value.", _group("min(summary.loss)")),
    Function("max", (Parameter("x", _COMPARABLE),), Kind.UNKNOWN, "The largest value.", _group("max(summary.acc)")),
    _statistic("median", "The median: half way between the two in the middle.", _group("median(summary.loss)")),
    Function("first", _ANY, Kind.UNKNOWN, "The first value, in the order of the rows.", _group("first(name)")),
    Function("last", _ANY, Kind.UNKNOWN, "The last value, in the order of the rows.", _group("last(name)")),
    *(
        Function(
            name,
            (Parameter("x", _COMPARABLE), Parameter("of", ANYTHING, optional=True)),
            Kind.UNKNOWN,
            f"Where x is {size}, the value of the second argument there: the run's id if it is left out.",
            _group(f"best = {name}(summary.{metric}, name)"),
        )
        for name, size, metric in (("argmin", "smallest", "loss"), ("argmax", "largest", "acc"))
    ),
    Function(
        "any",
        _CONDITION,
        Kind.BOOL,
        "Whether a condition holds in at least one row.",
        _group("any(summary.loss is nan)"),
    ),
    Function("all", _CONDITION, Kind.BOOL, "Whether a condition holds in every row.", _group("all(summary.acc > 0.5)")),
    Function("n_unique", _ANY, Kind.NUMBER, "How many different values there are.", _group("n_unique(config.seed)")),
    Function("list", _ANY, Kind.LIST, "The values as a list, in the order of the rows.", _group("list(config.seed)")),
)

FOLDS: Mapping[str, Function] = MappingProxyType({fold.name: fold for fold in _TABLE})
"""The aggregates over rows, by name. The percentiles are not among them: see `fold_named`."""

_PERCENTILE = re.compile(r"p(\d{1,2}|100)")

OFFERED_PERCENTILES = ("p5", "p10", "p25", "p75", "p90", "p95", "p99")
"""The percentiles that a menu shows. All from `p0` to `p100` are understood."""


def percentile_of(name: str) -> int | None:
    """The percentage that `p90` asks for; `None` for a name that is no percentile."""
    match = _PERCENTILE.fullmatch(name)
    return int(match[1]) if match else None


def fold_named(name: str) -> Function | None:
    """The aggregate of a name, `p90` and its like included; `None` if there is none."""
    percent = percentile_of(name)
    if percent is None:
        return FOLDS.get(name)
    doc = f"The {percent}th percentile: {percent} % of the values are below, linear between two neighbours."
    return _statistic(name, doc, _group(f"{name}(summary.loss)"))
