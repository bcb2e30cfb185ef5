"""The records of an answer field by field: they are many, lie apart in memory, and have the same few fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any


def columns_of_records(names: Sequence[str], records: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]] | None:
    """What stands under each of these names, record by record; `None` if one of them lacks one.

    Each record is looked into once.
    """
    if not records:
        return {name: [] for name in names}
    try:
        if len(names) < 2:  # for a single name no tuple is made
            return {name: list(map(itemgetter(name), records)) for name in names}
        return dict(zip(names, map(list, zip(*map(itemgetter(*names), records), strict=True)), strict=True))
    except KeyError:
        return None


def is_empty(values: Sequence[Any]) -> bool:
    """Whether each of these values is null: told without a look at their types, for most fields of most answers are."""
    return not values or (values[0] is None and values.count(None) == len(values))
