"""Runs by ranges of a number that has more values than there are colours."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

from runql.charts.table import ChartTable

_RANGES: Final = 6


def in_ranges(
    table: ChartTable, by: str, runs_by: Mapping[str, dict[str, list[int]]]
) -> dict[str, dict[str, list[int]]]:
    """The runs by ranges of a number, of about as many runs each; those without a number are one more."""
    numbers = dict(zip(table.texts(by), map(_or_gap, table.numbers(by)), strict=True))
    held = {value: runs for value, runs in runs_by.items() if not math.isnan(numbers[value])}
    total, before = sum(map(len, held.values())), 0
    parts: dict[int, list[str]] = {}
    for value, runs in held.items():
        parts.setdefault(int((before + len(runs) / 2) * _RANGES / total), []).append(value)
        before += len(runs)
    ends = _end_texts(sorted({end for values in parts.values() for end in (numbers[values[0]], numbers[values[-1]])}))
    named = {
        " to ".join(dict.fromkeys(ends[numbers[one]] for one in (values[0], values[-1]))): values
        for values in parts.values()
    }
    named |= {value: [value] for value in runs_by if value not in held}
    table.say(f"{len(held):,} values of {by} in {len(parts)} ranges, of about as many runs each")
    return {
        name: {run: rows for value in values for run, rows in runs_by[value].items()} for name, values in named.items()
    }


def _end_texts(ends: Sequence[float]) -> dict[float, str]:
    """Numbers in as few digits as tell them apart, at least three."""
    for digits in range(3, 17):
        texts = [f"{end:.{digits}g}".replace("e-0", "e-").replace("e+0", "e") for end in ends]
        if len(set(texts)) == len(texts):
            break
    return dict(zip(ends, texts, strict=True))


def _or_gap(value: float | None) -> float:
    return math.nan if value is None else value
