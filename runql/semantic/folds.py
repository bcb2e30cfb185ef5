"""The aggregates over rows by their names, the percentiles among them: `p90` and its like."""

from __future__ import annotations

import re
from dataclasses import replace

from runql.language.aggregates import PERCENTILE, ROW_AGGREGATES
from runql.language.entry import Function

_PERCENTILE = re.compile(r"p(\d{1,2}|100)")


def percentile_of(name: str) -> int | None:
    """The percentage that `p90` asks for; `None` for a name that is no percentile."""
    match = _PERCENTILE.fullmatch(name)
    return int(match[1]) if match else None


def fold_named(name: str) -> Function | None:
    """The aggregate of a name, `p90` and its like included; `None` if there is none."""
    percent = percentile_of(name)
    if percent is None:
        return ROW_AGGREGATES.get(name)
    doc, example = (text.format(name=name, percent=percent) for text in (PERCENTILE.doc, PERCENTILE.example))
    return replace(PERCENTILE, name=name, doc=doc, example=example)
