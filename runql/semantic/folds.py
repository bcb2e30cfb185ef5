"""The aggregates over rows by their names, the percentiles among them: `p90` and its like."""

from __future__ import annotations

import re
from dataclasses import replace

from runql.language.aggregates import HISTORY_AGGREGATES, HISTORY_PERCENTILE, PERCENTILE, ROW_AGGREGATES
from runql.language.entry import Function

_PERCENTILE = re.compile(r"p(\d{1,2}|100)")
_ANY_PERCENTILE = re.compile(r"p([0-9][0-9.e-]*)")


def percentile_of(name: str) -> float | None:
    """The percentage that `p90` asks for, or `percentile(x, 99.5)`, whose fold is called `p99.5`; else `None`."""
    match = _ANY_PERCENTILE.fullmatch(name)
    return float(match[1]) if match else None


def fold_named(name: str) -> Function | None:
    """The aggregate of a name, `p90` and its like included; `None` if there is none."""
    return ROW_AGGREGATES.get(name) if _PERCENTILE.fullmatch(name) is None else _filled(PERCENTILE, name)


def history_fold_named(name: str) -> Function | None:
    """The aggregate of a metric's history, `p90` and its like included; `None` if there is none."""
    is_percentile = _PERCENTILE.fullmatch(name) is not None
    return _filled(HISTORY_PERCENTILE, name) if is_percentile else HISTORY_AGGREGATES.get(name)


def _filled(function: Function, name: str) -> Function:
    doc, example = (text.format(name=name, percent=name[1:]) for text in (function.doc, function.example))
    return replace(function, name=name, doc=doc, example=example)
