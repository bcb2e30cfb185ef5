"""What a server says of histories: the forms of `historyKeys` and of rows, and where one is none of them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import chain
from operator import itemgetter
from typing import Any, Final, TypeAlias

from runql.semantic.json_text import read_json

Odd: TypeAlias = tuple[tuple[str, ...], Any, str]
"""Where something odd stands, the thing itself, and what must stand there."""

STEP: Final = "_step"
MOST_STEPS: Final = 2**53
NON_FINITE: Final = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
"""The texts in which some servers write these numbers."""

_NULL: Final = type(None)
_STEP_TYPES: Final = frozenset({int, float})
_ROW: Final = "a row"


def odd_history_keys(value: Any) -> Odd | None:
    """`{"lastStep": n, "keys": {name: {"typeCounts": [{"type": t, "count": n}]}}}`, each part of which may be null."""
    if isinstance(value, str):
        try:
            value = read_json(value).value
        except ValueError:
            return (), value, "a record, its JSON text or null"
        if not isinstance(value, dict):
            return (), value, "a record"
    return None if value is None else next(_oddities(value), None)


def _oddities(value: Mapping[str, Any]) -> Iterator[Odd]:
    last = value.get("lastStep")
    if last is not None and not (type(last) in _STEP_TYPES and -MOST_STEPS <= last <= MOST_STEPS):
        yield ("lastStep",), last, "a step or null"
    keys = value.get("keys")
    if type(keys) is not dict:
        if keys is not None:
            yield ("keys",), keys, "a record or null"
        return
    for name, info in keys.items():
        if type(info) is not dict:
            yield ("keys", name), info, "a record"
            continue
        counts = info.get("typeCounts")
        if type(counts) is not list:
            yield ("keys", name, "typeCounts"), counts, "a list"
            continue
        for at, entry in enumerate(counts):
            count = entry.get("count") if type(entry) is dict else None
            if type(count) is not int or not 0 <= count <= MOST_STEPS or type(entry.get("type")) is not str:
                yield ("keys", name, "typeCounts", str(at)), entry, "a record of a `type` and a `count`"


def odd_samples(value: Any) -> Odd | None:
    """A list of rows for each spec."""
    for at, rows in enumerate(value or ()):
        if type(rows) is not list:
            return (str(at),), rows, "a list of rows"
        odd = _odd_rows(rows)
        if odd is not None:
            return (str(at), *odd[0]), odd[1], odd[2]
    return None


def odd_lines(value: Any) -> Odd | None:
    """Rows as records, or as the JSON texts of such: the texts are looked at when they are read."""
    for at, row in enumerate(value or ()):
        if type(row) not in (dict, str):
            return (str(at),), row, _ROW
    return None


def _odd_rows(rows: list[Any]) -> Odd | None:
    if not {*map(type, rows)} <= {dict}:
        return next(((str(at),), row, _ROW) for at, row in enumerate(rows) if type(row) is not dict)
    try:
        steps = list(map(itemgetter(STEP), rows))
    except KeyError:
        steps = [row[STEP] for row in rows if STEP in row]
    types = {*map(type, steps)}
    if types <= {int} or (types <= _STEP_TYPES and all(map(math.isfinite, steps))):
        return None
    return next(
        ((str(at), STEP), row[STEP], "a step") for at, row in enumerate(rows) if STEP in row and not is_step(row[STEP])
    )


def is_step(value: Any) -> bool:
    """Whether a value can be the step of a row."""
    return type(value) in _STEP_TYPES and math.isfinite(value)


def holds_texts(rows: list[dict[str, Any]]) -> bool:
    """Whether any cell of these rows is a text."""
    return str in {*map(type, chain.from_iterable(map(dict.values, rows)))}
