"""The aggregates: of a metric's history (`logged.METRIC`), and over the rows of a group.

Both skip what is missing, null or NaN. Statistics take numbers only; a bool is no number. Their bodies stand in
`engine/histories/aggregates.py` and `engine/stages/folds.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from runql.language.entry import Function, Parameter
from runql.language.kinds import ADDABLE, ANYTHING, BOOL, COMPARABLE, NUMBER, Kind

# ---------------------------------------------------------------- of a metric's history

_METRIC = Parameter("logged.METRIC", NUMBER)
_LAST = Parameter("last N", NUMBER, optional=True)
_ALONG = Parameter("x METRIC", NUMBER, optional=True)


def _aggregate(name: str, result: Kind, doc: str, example: str, *beside: Parameter) -> Function:
    return Function(name, (_METRIC, *(beside or (_LAST,))), result, doc, f"runs where {example}")


_OF_HISTORIES = (
    _aggregate("min", Kind.NUMBER, "The smallest value that was logged; NaN is skipped.", "min(logged.val/loss) < 0.2"),
    _aggregate("max", Kind.NUMBER, "The largest value that was logged; NaN is skipped.", "max(logged.val/acc) > 0.9"),
    _aggregate("first", Kind.UNKNOWN, "The first value that was logged.", "first(logged.loss) > 2"),
    _aggregate("last", Kind.UNKNOWN, "The last value that was logged.", "last(logged.loss) < first(logged.loss)"),
    _aggregate(
        "mean", Kind.NUMBER, "The mean of the logged values; NaN is skipped.", "mean(logged.loss, last 100) < 0.3"
    ),
    _aggregate("count", Kind.NUMBER, "How many values were logged, without null and NaN.", "count(logged.loss) < 100"),
    _aggregate("sum", Kind.NUMBER, "The sum of the logged values; NaN is skipped.", "sum(logged.loss) > 10"),
    _aggregate(
        "std",
        Kind.NUMBER,
        "The standard deviation (n - 1) of the logged values; NaN is skipped.",
        "std(logged.loss, last 100) > 0.1",
    ),
    _aggregate(
        "median", Kind.NUMBER, "The median of the logged values; NaN is skipped.", "median(logged.loss, last 100) < 0.3"
    ),
    _aggregate(
        "argmin", Kind.NUMBER, "The x at which the metric was smallest.", "argmin(logged.val/loss) < 90", _LAST, _ALONG
    ),
    _aggregate(
        "argmax", Kind.NUMBER, "The x at which the metric was largest.", "argmax(logged.val/acc) > 50", _LAST, _ALONG
    ),
    _aggregate(
        "at",
        Kind.UNKNOWN,
        "The last value at or before an x.",
        "at(logged.loss, 50) < 1",
        Parameter("x", frozenset({Kind.NUMBER, Kind.TIME})),
        _ALONG,
    ),
    Function(
        "when",
        (Parameter("condition", BOOL), Parameter("held N", NUMBER, optional=True), _ALONG),
        Kind.NUMBER,
        "The x of the first row in which a condition on what was logged holds, `held N`: in that and the next rows.",
        "runs where when(logged.val/acc > 0.8) < 60",
    ),
    _aggregate(
        "auc",
        Kind.NUMBER,
        "The area under the curve over x, by trapezoids; NaN is skipped.",
        "auc(logged.loss) < 100",
        _LAST,
        _ALONG,
    ),
    _aggregate(
        "slope",
        Kind.NUMBER,
        "The slope of the line of least squares over x; NaN is skipped.",
        "slope(logged.loss, last 20) > 0",
        _LAST,
        _ALONG,
    ),
    _aggregate(
        "spikes",
        Kind.NUMBER,
        "How many values lie farther from the median than so many robust deviations (5, if not given).",
        "spikes(logged.loss, 5) > 3",
        Parameter("deviations", NUMBER, optional=True),
        _LAST,
    ),
    _aggregate("diverged", Kind.BOOL, "Whether any logged value is NaN or infinite.", "diverged(logged.loss)"),
    Function(
        "exists", (_METRIC,), Kind.BOOL, "Whether the metric was logged at all.", "runs where exists(logged.val/loss)"
    ),
)

# ---------------------------------------------------------------- over rows: `group`, `pivot`, `assert`

_X = (Parameter("x", NUMBER),)
_ADDABLE = (Parameter("x", ADDABLE),)
_CONDITION = (Parameter("condition", BOOL),)
_ANY = (Parameter("x", ANYTHING),)


def _statistic(name: str, doc: str, example: str) -> Function:
    return Function(name, _X, Kind.NUMBER, doc, example)


def _group(folds: str) -> str:
    return f"runs | group config.lr : {folds}"


_OF_ROWS = (
    Function(
        "count",
        (Parameter("x", ANYTHING, optional=True),),
        Kind.NUMBER,
        "How many rows there are; of an argument, how many of them have a value.",
        _group("n = count(), finished = count(summary.acc)"),
    ),
    Function(
        "count_if",
        _CONDITION,
        Kind.NUMBER,
        "In how many rows a condition holds.",
        _group("count_if(summary.acc > 0.9)"),
    ),
    Function("sum", _ADDABLE, Kind.NUMBER, "The sum; true is 1, false is 0.", _group("hours = sum(runtime) / 3600")),
    Function(
        "mean", _ADDABLE, Kind.NUMBER, "The arithmetic mean; true is 1, false is 0.", _group("acc = mean(summary.acc)")
    ),
    Function(
        "share",
        _CONDITION,
        Kind.NUMBER,
        "In which part of the rows a condition holds, of those where it is known: 0 to 1.",
        _group('share(state = "finished")'),
    ),
    Function(
        "wmean",
        (*_X, Parameter("weight", NUMBER)),
        Kind.NUMBER,
        "The mean weighted by a second value: Σ weight · x / Σ weight.",
        _group("wmean(summary.acc, runtime)"),
    ),
    _statistic("var", "The variance of a sample (n - 1); missing for one value.", _group("var(summary.acc)")),
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
    Function("min", (Parameter("x", COMPARABLE),), Kind.UNKNOWN, "The smallest value.", _group("min(summary.loss)")),
    Function("max", (Parameter("x", COMPARABLE),), Kind.UNKNOWN, "The largest value.", _group("max(summary.acc)")),
    _statistic("median", "The median: half way between the two in the middle.", _group("median(summary.loss)")),
    Function(
        "percentile",
        (*_X, Parameter("q", NUMBER, written_out=True)),
        Kind.NUMBER,
        "The value below which q percent of the values lie, 0 to 100; linear between two neighbours.",
        _group("percentile(summary.loss, 99.5)"),
    ),
    Function("mode", _ANY, Kind.UNKNOWN, "The most frequent value; of several the first.", _group("mode(config.seed)")),
    Function("first", _ANY, Kind.UNKNOWN, "The first value, in the order of the rows.", _group("first(name)")),
    Function("last", _ANY, Kind.UNKNOWN, "The last value, in the order of the rows.", _group("last(name)")),
    *(
        Function(
            name,
            (Parameter("x", COMPARABLE), Parameter("of", ANYTHING, optional=True)),
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

HISTORY_AGGREGATES: Final[Mapping[str, Function]] = MappingProxyType({one.name: one for one in _OF_HISTORIES})
"""Those of one metric's history, by name. `exists` is parsed as a test of its own."""

WITH_ARGUMENT: Final = frozenset({"at", "spikes"})
"""Those that take a value beside the metric."""

OF_X: Final = frozenset({"argmin", "argmax", "at", "when", "auc", "slope"})
"""Those that look at x."""

ROW_AGGREGATES: Final[Mapping[str, Function]] = MappingProxyType({one.name: one for one in _OF_ROWS})
"""Those over rows, by name, without the percentiles."""

PERCENTILE: Final = Function(
    "p",
    _X,
    Kind.NUMBER,
    "The {percent}th percentile: {percent} % of the values are below, linear between two neighbours.",
    _group("{name}(summary.loss)"),
)
"""Any percentile over rows, from `p0` to `p100`: `{name}` and `{percent}` are filled in."""

HISTORY_PERCENTILE: Final = Function(
    "p",
    (_METRIC, _LAST),
    Kind.NUMBER,
    "The {percent}th percentile of the logged values, linear between two neighbours; NaN is skipped.",
    "runs select name, {name}(logged.loss)",
)
"""The same of a metric's history."""

OFFERED_PERCENTILES: Final = ("p5", "p10", "p25", "p75", "p90", "p95", "p99")
"""The percentiles that a menu shows. All from `p0` to `p100` are understood."""
