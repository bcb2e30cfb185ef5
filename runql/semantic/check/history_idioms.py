"""Values of a metric's history by the names that they have elsewhere: `value_at`, `trapz`, `time_to`, `loss[-1]`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from runql.language.aggregates import OF_X, ROW_AGGREGATES
from runql.language.fields import RUN_FIELDS, Space
from runql.semantic.spelling import PREFIXES
from runql.syntax import to_text, tree
from runql.text.source import NOWHERE, Span

_NAMES: Final = {
    **dict.fromkeys(
        ("value_at", "at_step", "valueat", "value_at_step", "asof", "as_of", "lookup", "nth", "step_at"), "at"
    ),
    **dict.fromkeys(("first_time", "time_to", "steps_to", "step_to", "argfirst", "argwhere", "first_where"), "when"),
    **dict.fromkeys(("find_first", "first_step", "reaches", "reached", "time_until", "until", "searchsorted"), "when"),
    **dict.fromkeys(("integral", "integrate", "trapz", "trapezoid", "area", "cumtrapz", "simpson"), "auc"),
    **dict.fromkeys(("polyfit", "trend", "gradient", "linregress", "lstsq", "regr_slope", "derivative"), "slope"),
    **dict.fromkeys(("outliers", "n_spikes", "anomalies", "count_spikes"), "spikes"),
    **dict.fromkeys(("ewm", "ema", "ewma", "rolling", "smooth", "moving_average", "rolling_mean", "sma"), "mean"),
    **dict.fromkeys(("quantile", "percentile", "quantile_cont", "percentile_cont"), "p"),
    **dict.fromkeys(("history", "scan_history"), "last"),
}
_ROWS: Final = 10
"""How many of the last values a moving mean is of, if nothing says it."""

_NEAR: Final = 1e-9

_INDEXERS: Final = frozenset({"iloc", "values", "loc", "iat"})

IsMetric = Callable[[tuple[str | int, ...]], bool]


def call_meant(node: tree.Call) -> str | None:
    """The call that does here what one of another language does; `None` if none is known."""
    name = _NAMES.get(node.name)
    if name is None or not node.arguments:
        return None
    first = _of_history(node.arguments[0])
    if not isinstance(first, tree.Compare if name == "when" else tree.Field):
        return None
    call = replace(node, name=name, arguments=(first, *node.arguments[1:]))
    meant = _meant(name, call)
    return None if meant is None else to_text(meant)


def along_meant(node: tree.Call) -> tree.Call | None:
    """`at(M, epoch = 1.5)` and `slope(M, x = epoch)`: the call with its x axis as it is written here."""
    if node.name not in OF_X or len(node.arguments) != 2 or node.x is not None:
        return None
    metric, second = node.arguments
    is_equality = isinstance(second, tree.Compare) and second.op is tree.Comparison.EQ
    named, value = (second.left, second.right) if isinstance(second, tree.Compare) and is_equality else (second, None)
    if not isinstance(named, tree.Field) or PREFIXES.get(str(named.path.segments[0]), Space.LOGGED) is not Space.LOGGED:
        return None
    if node.name == "at":
        if value is None:
            return None
        axis = None if _word(named) in ("x", "step", "_step") else replace(named.path, span=NOWHERE)
        return replace(node, arguments=(metric, value), x=axis)
    if value is not None and (_word(named) != "x" or not isinstance(value, tree.Field)):
        return None
    axis = (value if isinstance(value, tree.Field) else named).path
    return replace(node, arguments=(metric,), x=replace(axis, span=NOWHERE))


def _word(field: tree.Field) -> str:
    return str(field.path.segments[0]) if len(field.path.segments) == 1 else ""


def _meant(name: str, call: tree.Call) -> tree.Call | None:
    """The call with the arguments that it takes here; its metric is in its place."""
    first, *rest = call.arguments
    number = rest[0].value if rest and isinstance(rest[0], tree.Literal) else None
    alone = replace(call, arguments=(first,))
    match name:
        case "at":
            return replace(call, arguments=(first, rest[0])) if rest else None
        case "spikes":
            return replace(call, arguments=(first, *rest[:1]))
        case "mean":
            whole = number if isinstance(number, int) and not isinstance(number, bool) else None
            return replace(alone, last_rows=whole or call.last_rows or _ROWS)
        case "p":
            return _percentile(alone, number)
        case _:
            return alone


def _percentile(call: tree.Call, number: object) -> tree.Call | None:
    """`quantile(x, 0.9)` and `percentile(x, 90)`: a whole one has a name."""
    if isinstance(number, bool) or not isinstance(number, int | float):
        return None
    percent = number * 100 if isinstance(number, float) and number <= 1 else number
    if not 0 <= percent <= 100 or abs(percent - round(percent)) > _NEAR:
        return None
    return replace(call, name=f"p{round(percent)}")


def _of_history(node: tree.Expr) -> tree.Expr:
    """A field, or the left side of a comparison, as a metric; a text is the name of one."""
    name = node.value if isinstance(node, tree.Literal) else None
    if isinstance(name, str) and name:
        return tree.Field(tree.Path(("logged", *name.split("."))))
    if isinstance(node, tree.Compare):
        return replace(node, left=_of_history(node.left))
    path = node.path if isinstance(node, tree.Field) else None
    if path is None or not path.segments:
        return node
    named = path.segments[1:] if PREFIXES.get(str(path.segments[0])) is not None else path.segments
    return tree.Field(tree.Path(("logged", *named), path.exact)) if named else node


_NUMBER: Final = r"\d*\.?\d+(?:e[+-]?\d+)?"
_COMPARED_WITH: Final = re.compile(
    rf"(?P<field>[^\W\d][\w./]*)\s*(?:==?|[<>]=?)\s*(?:{_NUMBER}\s*[*+-]\s*)?\Z", re.IGNORECASE
)
_BEFORE_FIELD: Final = re.compile(
    rf"\s*(?:[*/+-]\s*{_NUMBER}\s*)?(?:==?|[<>]=?)\s*(?:{_NUMBER}\s*[*+-]\s*)?(?P<field>[^\W\d][\w./]*)", re.IGNORECASE
)
_NEAR_TEXT: Final = 200


def largest_of_all(node: tree.Call, text: str | None, span: Span) -> str | None:
    """`summary.acc = max(summary.acc)`: a field beside its own largest value, which is that of all runs."""
    if text is None or span == NOWHERE or len(node.arguments) != 1 or node.name not in ROW_AGGREGATES:
        return None
    written = to_text(node.arguments[0])
    before = _COMPARED_WITH.search(text[max(0, span.start - _NEAR_TEXT) : span.start])
    behind = _BEFORE_FIELD.match(text[span.end : span.end + _NEAR_TEXT])
    named = {one["field"].removeprefix("summary.") for one in (before, behind) if one is not None}
    if written.removeprefix("summary.") not in named:
        return None
    return f"value(runs | group : {node.name}({written}))"


def element_meant(path: tree.Path, is_metric: IsMetric) -> str | None:
    """`loss[-1]`, `loss.iloc[-1]`, `logged.loss[1000]`: a value of a metric's history."""
    if not path.segments or not isinstance(path.segments[-1], int):
        return None
    place, named = path.segments[-1], path.segments[:-1]
    if named and named[-1] in _INDEXERS:
        named = named[:-1]
    if named and (named[0] == "logged" or PREFIXES.get(str(named[0])) is not None):
        named = named[1:]
    if not named or path.segments[0] == "config" or named[0] in RUN_FIELDS or not is_metric(named):
        return None
    metric = tree.Field(tree.Path(("logged", *named)))
    if place in (-1, 0):
        return to_text(tree.Call("last" if place else "first", (metric,)))
    return None if place < 0 else to_text(tree.Call("at", (metric, tree.Literal(place))))
