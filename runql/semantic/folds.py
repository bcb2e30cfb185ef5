"""The aggregates over rows by their names, the percentiles among them: `p90` and its like."""

from __future__ import annotations

import re
from dataclasses import replace

from runql.language.aggregates import HISTORY_AGGREGATES, HISTORY_PERCENTILE, PERCENTILE, ROW_AGGREGATES
from runql.language.entry import Function

_PERCENTILE = re.compile(r"p(\d{1,2}|100)")


def percentile_of(name: str) -> int | None:
    """The percentage that `p90` asks for; `None` for a name that is no percentile."""
    match = _PERCENTILE.fullmatch(name)
    return int(match[1]) if match else None


def fold_named(name: str) -> Function | None:
    """The aggregate of a name, `p90` and its like included; `None` if there is none."""
    percent = percentile_of(name)
    return ROW_AGGREGATES.get(name) if percent is None else _filled(PERCENTILE, name, percent)


def history_fold_named(name: str) -> Function | None:
    """The aggregate of a metric's history, `p90` and its like included; `None` if there is none."""
    percent = percentile_of(name)
    return HISTORY_AGGREGATES.get(name) if percent is None else _filled(HISTORY_PERCENTILE, name, percent)


def _filled(function: Function, name: str, percent: int) -> Function:
    doc, example = (text.format(name=name, percent=percent) for text in (function.doc, function.example))
    return replace(function, name=name, doc=doc, example=example)
